"""A receiver of webhooks, over HTTP or HTTPS: checks each signature, and notes what came."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from appliance.base.types import Json
from tests.support.daemon import loopback
from tests.support.peers.sipp import free_port
from tests.support.waiting import pause

SECRET = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
TOLERATED_S = 300
Answers = Callable[["Got"], "tuple[int, Json | None]"]


def signed_right(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures is right, and the time is of now (Standard Webhooks 1.0.0)."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < TOLERATED_S
    return fresh and f"v1,{wanted}" in headers["webhook-signature"].split()


class Got:
    """One request."""

    def __init__(self, path: str, headers: Mapping[str, str], body: bytes, secret: str) -> None:
        self.at, self.path, self.body = time.monotonic(), path, body
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.right = signed_right(secret, self.headers, body)
        self.event: Json = json.loads(body)

    @property
    def kind(self) -> str:
        """The type of the station's event."""
        return str(self.event["data"]["type"])


class Receiver:
    """`with Receiver(directory) as receiver`. answers: a status, and a body or None, for each request.

    certificate: of HTTPS, and its key. It listens at one address, also after `stop` and `start`.
    """

    def __init__(
        self, directory: Path, certificate: tuple[str, str] | None = None, *, answers: Answers | None = None
    ) -> None:
        self.answers = answers or (lambda _: (204, None))
        self.secret, self._certificate = SECRET, certificate
        directory.mkdir(parents=True, exist_ok=True)
        self.file = directory / "receiver.secret"
        self.file.write_text(f"{SECRET}\n")
        self.file.chmod(0o600)
        self.address = loopback()
        self.port = free_port(self.address)
        self.got: list[Got] = []
        self.busy_s = 0.0  # before each answer
        self._server: http.server.ThreadingHTTPServer | None = None
        self._open: set[Any] = set()

    @property
    def url(self) -> str:
        """Where it takes events."""
        return f"http{'s' if self._certificate else ''}://{self.address}:{self.port}/hook"

    def settings(self, **more: object) -> Json:
        """The table of this receiver, in the local network."""
        return {"url": self.url, "secret_file": str(self.file), "local": True, **more}

    def start(self) -> None:
        """Listen."""
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                if receiver._certificate is not None:
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(*receiver._certificate)
                    self.request = context.wrap_socket(self.request, server_side=True)
                super().setup()
                receiver._open.add(self.request)

            def finish(self) -> None:
                receiver._open.discard(self.request)
                super().finish()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got = Got(self.path, dict(self.headers.items()), body, receiver.secret)
                status, said = receiver.answers(got)
                receiver.got.append(got)
                pause(receiver.busy_s)
                text = b"" if said is None else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server((self.address, self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Be gone, as a killed one: connections break."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(2)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def of(self, kind: str) -> list[Json]:
        """The envelopes of a type."""
        return [got.event["data"] for got in list(self.got) if got.kind == kind]

    @property
    def order(self) -> list[int]:
        """The ids of all events, repetitions left out: they have the same `webhook-id`."""
        found: dict[str, int] = {}
        for got in list(self.got):
            found.setdefault(got.headers["webhook-id"], got.event["data"]["id"])
        return [*found.values()]
