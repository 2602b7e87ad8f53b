"""A push service (RFC 8030) by HTTPS, with devices of its own, and for a Firefox by WebSocket as Mozilla's.

It proves what a real one would: the signature of the station (RFC 8292), its audience and its age. It cannot read
what it passes on; the devices of its own can, by http_ece, and a Firefox by what its authors wrote.
"""

import base64
import contextlib
import json
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from appliance.base.types import Json

LONGEST_S = 24 * 3600


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data(text_: str) -> bytes:
    return base64.urlsafe_b64decode(text_ + "=" * (-len(text_) % 4))


@dataclass
class Device:
    """A browser, by its keys."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def subscription(self, language: str = "en") -> Json:
        """What its page gives the station."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "keys": {"p256dh": text(point), "auth": text(self.secret)},
            "language": language,
        }

    def read(self, body: bytes) -> Any:
        """What a message says."""
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"))


@dataclass
class Message:
    """What came; status: its answer. at: CLOCK_MONOTONIC."""

    channel: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    status: int
    at: float


class PushService:
    """At a listening socket of another machine; `keys`: of the stations that may send, by channel."""

    def __init__(self, name: str, listening: socket.socket, certificate: str, key: str) -> None:
        self.origin = f"https://{name}:{listening.getsockname()[1]}"
        self.messages: list[Message] = []
        self.keys: dict[str, str] = {}
        self.answers: dict[str, tuple[int, str]] = {}  # by channel: a status, and where it leads
        self._came = threading.Condition()
        self._browser: ServerConnection | None = None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = ThreadingHTTPServer(("", 0), self._handler(), bind_and_activate=False)
        self._server.socket.close()
        listening.listen()
        self._server.socket = context.wrap_socket(listening, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def device(self, key: str) -> Device:
        """A new device, which takes messages of the station with this key."""
        channel = secrets.token_hex(8)
        self.keys[channel] = key
        return Device(f"{self.origin}/send/{channel}")

    def of(self, device: Device) -> list[Message]:
        """The messages to a device."""
        return [each for each in self.messages if each.channel == device.endpoint.rpartition("/")[2]]

    def wait(self, device: Device, count: int = 1, patience: float = 60.0) -> list[Message]:
        """Wait for that many messages to a device."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.of(device)) >= count, patience), self.of(device)
        return self.of(device)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                channel = urlsplit(self.path).path.rpartition("/")[2]
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, leads = service.answers.get(channel) or (service.judge(channel, headers), "")
                service.take(Message(channel, headers, body, status, time.monotonic()))
                self.send_response(status)
                if leads:
                    self.send_header("Location", leads)
                self.send_header("Content-Length", "0")
                self.end_headers()

        return Handler

    def judge(self, channel: str, headers: dict[str, str]) -> int:
        """The status that a message deserves."""
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if channel not in self.keys:
            return 410
        if scheme.lower() != "vapid" or "ttl" not in headers:
            return 401
        parts = dict(each.strip().split("=", 1) for each in rest.split(","))
        if data(parts["k"]) != data(self.keys[channel]):  # with padding or without
            return 403
        signed, _, signature = parts["t"].rpartition(".")
        raw, key = data(signature), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data(parts["k"]))
        pair = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            key.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return 403
        claims = json.loads(data(signed.partition(".")[2]))
        lasts = time.time() < claims["exp"] < time.time() + LONGEST_S
        return 201 if lasts and claims["aud"] == self.origin and claims["sub"].startswith("mailto:") else 401

    def take(self, message: Message) -> None:
        """Note a message, and pass it on to a Firefox."""
        if message.status < 300 and self._browser is not None:
            given = {"encoding": message.headers["content-encoding"]}
            told = {
                "messageType": "notification",
                "channelID": message.channel,
                "version": secrets.token_hex(8),
                "data": text(message.body),
                "headers": given,
            }
            with contextlib.suppress(ConnectionClosed):
                self._browser.send(json.dumps(told))
        with self._came:
            self.messages.append(message)
            self._came.notify_all()

    @contextlib.contextmanager
    def for_firefox(self, listening: socket.socket) -> Iterator[str]:
        """Serve a Firefox at another socket: the address for its dom.push.serverURL."""
        listening.listen()
        host, port = listening.getsockname()
        with serve(self._talk, sock=listening, subprotocols=[Subprotocol("push-notification")]) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"ws://{host}:{port}/"
            server.shutdown()

    def _talk(self, browser: ServerConnection) -> None:
        for line in browser:
            if line == "{}":
                browser.send("{}")
                continue
            said = json.loads(line)
            match said["messageType"]:
                case "hello":
                    self._browser = browser
                    who: Json = {"uaid": said.get("uaid") or secrets.token_hex(16), "use_webpush": True}
                    browser.send(json.dumps({"messageType": "hello", "status": 200, "broadcasts": {}, **who}))
                case "register":
                    channel = said["channelID"]
                    self.keys[channel] = said["key"]
                    where = {"channelID": channel, "pushEndpoint": f"{self.origin}/send/{channel}"}
                    browser.send(json.dumps({"messageType": "register", "status": 200, **where}))
                case "unregister":
                    self.keys.pop(said["channelID"], None)
                    told = {"messageType": "unregister", "status": 200, "channelID": said["channelID"]}
                    browser.send(json.dumps(told))
                case _:
                    pass  # what it has received, and other news that it wants
