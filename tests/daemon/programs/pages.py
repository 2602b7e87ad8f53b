"""The programs of docs/how-to/programs, each as a process of its own that runs what its page shows, word for word."""

import itertools
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from tests.support.daemon import Daemon
from tests.support.waiting import until

PAGES = Path(__file__).resolve().parents[3] / "docs/how-to/programs"
NUMBERS = itertools.count()
SHOWN = re.compile(r"(?ms)^```python\n(.*?)^```$")


class Program:
    """`with Program(page, directory, door, …arguments) as program`: what it prints are its `lines`."""

    def __init__(self, page: str, directory: Path, door: Daemon, *arguments: str) -> None:
        (self.source,) = SHOWN.findall((PAGES / f"{page}.md").read_text())
        self.file, self.directory, self.arguments = directory / f"{page}.py", directory, arguments
        wanted = {"name": f"{page}-{next(NUMBERS)}", "scopes": ["view", "call", "digits"]}
        self.environment = {
            **os.environ,
            "INTERCOM_STATION": (door.directory / "http.address").read_text().strip().rstrip("/"),
            "INTERCOM_TOKEN": door.post("/v1/tokens", wanted)["text"],
        }
        self.lines: list[str] = []
        self.process: subprocess.Popen[str]
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self.file.write_text(self.source)
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, str(self.file), *self.arguments],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def says(self, words: str) -> str:
        """The first line with these words, once it is there."""

        def said() -> str | None:
            ended = self.process.poll() is not None
            found = next((line for line in self.lines if words in line), None)
            assert found or not ended, self.told()
            return found

        return str(until(said, words, log=self.told))

    def done(self) -> list[str]:
        """All lines, once it has ended by itself and in order."""
        until(lambda: self.process.poll() is not None, "the end of the program", log=self.told)
        self._reader.join()
        assert self.process.returncode == 0, self.told()
        return self.lines

    def told(self) -> str:
        """What it has printed."""
        return "\n".join(self.lines)
