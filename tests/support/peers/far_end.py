"""A far end that is a process of its own, and takes commands at a socket."""

import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.peers.sipp import bound
from tests.support.waiting import until


class FarEnd(ABC):
    """`with FarEnd(…) as far`: it listens for SIP and takes commands; at the end it is killed.

    output: the file in its directory that has what it prints.
    """

    output = "log"

    def __init__(self, directory: Path, address: str, port: int) -> None:
        self.directory, self.address, self.port = directory, address, port
        self.process: subprocess.Popen[bytes]
        self.socket: socket.socket | None = None

    @abstractmethod
    def prepare(self) -> Sequence[str]:
        """Write its configuration, and return its command."""

    @abstractmethod
    def connect(self) -> None:
        """Connect to its socket, once it listens for SIP."""

    @property
    def environment(self) -> Mapping[str, str] | None:
        """Its environment; None for ours."""
        return None

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")[-3000:]

    def __enter__(self) -> Self:
        command = self.prepare()
        with (self.directory / self.output).open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environment,
                cwd=self.directory,
            )
        try:
            until(self.listens, type(self).__name__, log=lambda: self.log)
            self.connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.socket is not None:
            self.socket.close()

    def listens(self) -> bool:
        """Whether it listens for SIP."""
        assert self.process.poll() is None, self.log
        return bound(self.address, self.port, pid=self.process.pid)
