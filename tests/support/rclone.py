"""Remotes of rclone: a directory, and a server that can hang, each described in a configuration file of its own."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from tests.support.peers.sipp import free_port
from tests.support.waiting import until

PASSWORD = "correct-horse-battery"


def obscured(word: str) -> str:
    """Return a password as the configuration file has it, which hides it from a glance alone."""
    return subprocess.run(["rclone", "obscure", "--", word], check=True, capture_output=True, text=True).stdout.strip()


def configuration(file: Path, **remotes: dict[str, str]) -> str:
    """Write the configuration file; its path."""
    tables = (
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in table.items()) for name, table in remotes.items()
    )
    file.write_text("\n".join(tables))
    file.chmod(0o600)
    return str(file)


class Server:
    """`with Server(directory, address) as server`: a WebDAV server by rclone, which needs a password."""

    def __init__(self, directory: Path, address: str) -> None:
        self.directory = directory
        self.directory.mkdir()
        self.address, self.port = address, free_port(address)
        self.remote = {
            "type": "webdav",
            "url": f"http://{address}:{self.port}",
            "vendor": "other",
            "user": "door",
            "pass": obscured(PASSWORD),
        }

    def __enter__(self) -> Self:
        """Return it once it answers."""
        words = ("serve", "webdav", "--addr", f"{self.address}:{self.port}", "--user", "door", "--pass", PASSWORD)
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "rclone", "--config", "", *words, str(self.directory)],
            stderr=subprocess.DEVNULL,
        )
        until(self._answers, "the server of rclone")
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the server has ended"
        with socket.socket() as client:
            return client.connect_ex((self.address, self.port)) == 0

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        """Accept connections, and answer nothing from now on."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        self.process.send_signal(signal.SIGCONT)
