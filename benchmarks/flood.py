"""Many HTTP clients that request at a fixed rate, whatever the answers: `python -m benchmarks.flood SOCKET [TOKEN]`.

SOCKET: the path of a Unix socket, or HOST:PORT. At SIGTERM it prints how many answers had which status, and how many
of the refusals lacked Retry-After.
"""

import contextlib
import selectors
import signal
import socket
import sys
import time
from collections import Counter

CLIENTS, PER_S = 200, 1000
PATH = "/v1/state"
STATUS, LENGTH = slice(9, 12), b"content-length: "


class Client:
    """One connection, which has at most one request at a time and connects again when it is closed."""

    def __init__(self, place: str, token: str) -> None:
        host, _, port = place.rpartition(":")
        self._address: str | tuple[str, int] = (host, int(port)) if host and "/" not in place else place
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        self._request = f"GET {PATH} HTTP/1.1\r\nHost: {place if host else 'flood'}\r\n{bearer}\r\n".encode()
        self.socket: socket.socket | None = None
        self._read = b""
        self.due = 0.0

    def connect(self) -> socket.socket:
        """A socket that is being connected: `ask` when it is writable. Raises OSError."""
        family = socket.AF_UNIX if isinstance(self._address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        early = contextlib.suppress(BlockingIOError) if family == socket.AF_INET else contextlib.nullcontext()
        with early:
            self.socket.connect(self._address)
        return self.socket

    def ask(self) -> None:
        """Send the request. Raises OSError."""
        assert self.socket is not None
        self._read = b""
        self.socket.sendall(self._request)

    def answer(self) -> tuple[str, bool] | None:
        """The status, and whether it has Retry-After, once the answer is complete. Raises OSError."""
        assert self.socket is not None
        part = self.socket.recv(1 << 16)
        if not part:
            raise ConnectionResetError
        self._read += part
        head, end, body = self._read.partition(b"\r\n\r\n")
        lower = head.lower()
        if not end or len(body) < int(lower.partition(LENGTH)[2].split(b"\r\n")[0] or 0):
            return None
        return head[STATUS].decode(), b"retry-after: " in lower

    def close(self) -> None:
        """Close the connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class Flood:
    """All clients, in one thread."""

    def __init__(self, place: str, token: str) -> None:
        self.answers: Counter[str] = Counter()
        self.over = False
        self._selector = selectors.DefaultSelector()
        self._idle = [Client(place, token) for _ in range(CLIENTS)]

    def run(self) -> None:
        """Request until `over`: each client in its turn, so that the rate is the same whatever the answers."""
        begun, asked = time.monotonic(), 0
        while not self.over:
            due = int((time.monotonic() - begun) * PER_S)
            while asked < due:
                asked += 1
                if not self._idle:
                    self.answers["every client waits"] += 1
                    continue
                self._ask(self._idle.pop(0))
            for key, ready in self._selector.select(0.001):
                if ready & selectors.EVENT_WRITE:
                    self._selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
                    self._send(key.data)
                else:
                    self._read(key.data)

    def _ask(self, client: Client) -> None:
        if client.socket is not None:
            self._send(client)
            return
        try:
            self._selector.register(client.connect(), selectors.EVENT_WRITE, client)
        except OSError:  # the listener's queue is full
            self._lost(client)

    def _send(self, client: Client) -> None:
        try:
            client.ask()
        except OSError:
            self._lost(client)

    def _read(self, client: Client) -> None:
        try:
            answer = client.answer()
        except OSError:
            self._lost(client)
            return
        if answer is None:
            return
        status, retry = answer
        self.answers[status] += 1
        self.answers["503 without Retry-After"] += status == "503" and not retry
        self._idle.append(client)

    def _lost(self, client: Client) -> None:
        if client.socket is not None and client.socket in self._selector.get_map():
            self._selector.unregister(client.socket)
        client.close()
        self.answers["closed"] += 1
        self._idle.append(client)


def main() -> None:
    """Run the command line."""
    flood = Flood(*[*sys.argv[1:], ""][:2])

    def end(*_: object) -> None:
        flood.over = True

    signal.signal(signal.SIGTERM, end)
    print("flooding", flush=True)  # noqa: T201 - its output protocol
    flood.run()
    counts = (f"{name.replace(' ', '_')}={count}" for name, count in sorted(flood.answers.items()))
    print("answers", *counts, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
