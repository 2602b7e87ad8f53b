"""The far end of every measured call: a plain UDP socket that reads the kernel's time of each packet."""

import multiprocessing
import re
import socket
import struct
import time
from dataclasses import dataclass

ADDRESS = "127.0.0.1"
SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>; Python does not export it. CLOCK_REALTIME
TIMESPEC = struct.Struct("qq")
PATIENCE_S = 20.0
LONGEST = 65535
SSRC = slice(8, 12)  # RFC 3550 §5.1
CODECS = {"PCMA": "8 PCMA/8000", "opus": "96 opus/48000/2"}


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message; `at`: nanoseconds of CLOCK_REALTIME when the kernel received it."""

    first: str
    headers: dict[str, list[str]]
    at: int
    source: tuple[str, int]

    @property
    def method(self) -> str:
        """INVITE and so on; "" for a response."""
        return "" if self.first.startswith("SIP/2.0") else self.first.partition(" ")[0]

    @property
    def code(self) -> int:
        """A response's code; 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0

    def header(self, name: str) -> str:
        """The first header of that name."""
        return self.headers[name.lower()][0]


class Peer:
    """Sends and receives SIP messages one at a time; answers BYE automatically."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, 0))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.port: int = self._socket.getsockname()[1]
        self.uri = f"sip:peer@{ADDRESS}:{self.port}"
        self._calls = 0
        self._refused: set[str] = set()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def receive(self, until: float) -> Message:
        """The next message. Raises TimeoutError."""
        while True:
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            data, extra, _, source = self._socket.recvmsg(LONGEST, socket.CMSG_SPACE(TIMESPEC.size))
            seconds, nanoseconds = TIMESPEC.unpack(extra[0][2])
            lines = data.decode("utf-8", "replace").partition("\r\n\r\n")[0].split("\r\n")
            if not lines[0].strip():
                continue  # a keep-alive
            headers: dict[str, list[str]] = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                headers.setdefault(name.strip().lower(), []).append(value.strip())
            return Message(lines[0], headers, seconds * 10**9 + nanoseconds, source)

    def request(self, method: str) -> Message:
        """The next request of that method; handles others on the way, such as ACK. Raises TimeoutError."""
        until = time.monotonic() + self._patience_s
        while True:
            message = self.receive(until)
            if message.method == method:
                return message
            if message.method == "BYE":
                self.respond(message, 200)

    def response(self, call: str, code: int) -> Message:
        """A call's next response with that code. Raises TimeoutError, and ConnectionError for a refusal."""
        until = time.monotonic() + self._patience_s
        while True:
            message = self.receive(until)
            if message.header("call-id") != call:
                continue
            if message.code == code:
                return message
            if message.code >= 400:  # noqa: PLR2004 - RFC 3261 §7.2
                raise ConnectionError(message.first)

    def respond(self, request: Message, code: int) -> None:
        """Answer a request, without a body."""
        copied = [
            f"{name.title()}: {value}" for name in ("via", "from", "call-id", "cseq") for value in request.headers[name]
        ]
        told = request.header("to")
        to = told if ";tag=" in told else f"{told};tag=peer"
        self._send([f"SIP/2.0 {code} Told", *copied, f"To: {to}"], request.source)

    def refused_invite(self) -> int:
        """Receive a call and refuse it; returns when its INVITE arrived."""
        while True:
            invite = self.request("INVITE")
            self.respond(invite, 486)
            if (call := invite.header("call-id")) not in self._refused:  # otherwise it was a retransmission
                self._refused.add(call)
                return invite.at

    def invite(self, uri: str, codec: str, rtp_port: int) -> "Dialog":
        """Call `uri` with an offer of one codec."""
        self._calls += 1
        number, _, name = CODECS[codec].partition(" ")
        user, host, port = re.fullmatch(r"sip:(\w+)@([\d.]+):(\d+)", uri).groups()  # type: ignore[union-attr]
        sdp = [
            "v=0",
            f"o=- 1 1 IN IP4 {ADDRESS}",
            "s=-",
            f"c=IN IP4 {ADDRESS}",
            "t=0 0",
            f"m=audio {rtp_port} RTP/AVP {number}",
            f"a=rtpmap:{number} {name}",
            "a=ptime:20",
        ]
        dialog = Dialog(self, f"sip:{user}@{host}:{port}", (host, int(port)), f"b{self.port}-{self._calls}")
        dialog.sent = self._send(dialog.lines("INVITE"), dialog.target, "".join(f"{line}\r\n" for line in sdp))
        return dialog

    def _send(self, lines: list[str], to: tuple[str, int], sdp: str = "") -> int:
        kind = ["Content-Type: application/sdp"] if sdp else []
        text = "\r\n".join([*lines, *kind, f"Content-Length: {len(sdp)}", "", sdp]).encode()
        now = time.time_ns()  # loopback delivers the packet within the call
        self._socket.sendto(text, to)
        return now


class Dialog:
    """A call by the peer. `sent`: when its INVITE was sent, as Message.at."""

    def __init__(self, peer: Peer, uri: str, target: tuple[str, int], name: str) -> None:
        self._peer, self._uri, self.target, self._name = peer, uri, target, name
        self._to = f"<{uri}>"
        self._answered = False
        self.sent = 0

    def lines(self, method: str, number: int = 1) -> list[str]:
        """A request's first line and headers.

        CANCEL, and the ACK of a refusal, have the branch of their INVITE (RFC 3261 §9.1 and §17.1.1.3).
        """
        branch = f"z9hG4bK{self._name}-{method if self._answered else 'INVITE'}"
        return [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {ADDRESS}:{self._peer.port};branch={branch}",
            "Max-Forwards: 70",
            f"From: <{self._peer.uri}>;tag={self._name}",
            f"To: {self._to}",
            f"Call-ID: {self._name}",
            f"CSeq: {number} {method}",
            f"Contact: <{self._peer.uri}>",
        ]

    def rings(self) -> int:
        """Wait for 180; returns when it arrived."""
        return self._response(180).at

    def cancel(self) -> None:
        """Cancel the call while it rings."""
        self._send("CANCEL")
        self._to = self._response(487).header("to")
        self._send("ACK")

    def answered(self) -> None:
        """Wait for 200 and send ACK."""
        self._to = self._response(200).header("to")
        self._answered = True
        self._send("ACK")

    def hang_up(self) -> None:
        """End the answered call."""
        self._send("BYE", 2)
        self._response(200)

    def _response(self, code: int) -> Message:
        return self._peer.response(self._name, code)

    def _send(self, method: str, number: int = 1) -> None:
        self._peer._send(self.lines(method, number), self.target)  # noqa: SLF001 - two classes, one socket


class Echo:
    """Returns every RTP packet, with another SSRC, in a separate process."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, 0))
        self.port: int = self._socket.getsockname()[1]
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=self._run, daemon=True)
        self._process.start()

    def close(self) -> None:
        """Stop the process."""
        self._process.terminate()
        self._process.join()
        self._socket.close()

    def _run(self) -> None:
        while True:
            data, source = self._socket.recvfrom(LONGEST)
            packet = bytearray(data)
            packet[SSRC] = b"echo"
            self._socket.sendto(packet, source)
