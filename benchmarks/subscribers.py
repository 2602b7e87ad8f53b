"""WebSocket clients that only search for one event: cheap enough for a hundred of them."""

import base64
import os
import selectors
import socket
import time
from collections.abc import Iterable

PATIENCE_S = 20.0
WANTED = b'"button.pressed"'


class Subscribers:
    """Several connections to /v1/events (RFC 6455: a server's data is not masked, so a text appears as it is)."""

    def __init__(self, places: Iterable[tuple[socket.socket, str, str]]) -> None:
        """Take connected sockets, each with its Host and token."""
        self._selector = selectors.DefaultSelector()
        self._sockets = []
        for connected, host, token in places:
            connected.settimeout(PATIENCE_S)
            protocols = ", ".join(["intercomd.v1", *([f"bearer.{token}"] if token else [])])
            lines = [
                "GET /v1/events HTTP/1.1",
                f"Host: {host}",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
                f"Sec-WebSocket-Protocol: {protocols}",
            ]
            connected.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connected.recv(1) or b"\r\n\r\n"
            if not answer.startswith(b"HTTP/1.1 101"):
                raise ConnectionError(answer.decode())
            connected.setblocking(False)
            self._selector.register(connected, selectors.EVENT_READ)
            self._sockets.append(connected)

    def all_have_it(self) -> float:
        """Wait until the event has reached every client; returns when it reached the last (CLOCK_MONOTONIC)."""
        until = time.monotonic() + PATIENCE_S
        waiting = dict.fromkeys(self._sockets, b"")
        while waiting:
            for key, _ in self._selector.select(PATIENCE_S):
                connected = key.fileobj
                assert isinstance(connected, socket.socket)
                data = connected.recv(1 << 16)
                if connected in waiting:
                    waiting[connected] += data
                    if WANTED in waiting[connected]:
                        del waiting[connected]
            if time.monotonic() > until:
                raise TimeoutError(f"{len(waiting)} subscribers were not told")
        return time.monotonic()

    def quiet(self, seconds: float) -> None:
        """Read until nothing has arrived for so long."""
        while ready := self._selector.select(seconds):
            for key, _ in ready:
                assert isinstance(key.fileobj, socket.socket)
                key.fileobj.recv(1 << 16)

    def close(self) -> None:
        """Close the connections."""
        for connected in self._sockets:
            connected.close()
        self._selector.close()
