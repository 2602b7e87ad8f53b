"""A web server whose answers, well-formed or not, are given by path."""

import contextlib
import re
import socketserver
import ssl
import threading
from collections.abc import Callable
from typing import Any, Self

Answer = bytes | Callable[[Any], None]  # what is sent, or what acts on the connection


class WebServer:
    """Listens on a free port of 127.0.0.1 for a `with` block. certificate: of HTTPS, and its key."""

    def __init__(self, certificate: tuple[str, str] | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []  # the paths, in their order
        self.heads: list[str] = []
        web, secured = self, None
        if certificate is not None:
            secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            secured.load_cert_chain(*certificate)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    connection = self.request
                    if secured is not None:
                        connection = secured.wrap_socket(connection, server_side=True)
                    web._serve(connection)
                    connection.close()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http{'s' if secured else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, connection: Any) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(4096)
            if not part:
                return
            head += part
        head, _, body = head.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        while length and len(body) < int(length[1]):  # else the end of the connection would take our answer along
            part = connection.recv(4096)
            if not part:
                return
            body += part
        head += b"\r\n\r\n"
        path = head.split()[1].decode()
        self.asked.append(path)
        self.heads.append(head.decode())
        answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        if isinstance(answer, bytes):
            connection.sendall(answer)
        else:
            answer(connection)


def page(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A complete answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "\r\n"]).encode() + body


def redirect(to: str) -> bytes:
    """An answer that sends the client elsewhere."""
    return page(b"", f"Location: {to}", status="302 Found")
