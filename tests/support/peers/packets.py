"""A far end that is sent packet by packet, for what no well-behaved program does."""

import base64
import re
import secrets
import socket
import struct
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Self

from tests.support.daemon import Daemon
from tests.support.peers.messages import found
from tests.support.waiting import paced, until

PATIENCE_S = 120.0
FINAL = tuple(f"SIP/2.0 {code}" for code in range(2, 7))  # how final answers begin
PACKET_S = 0.02  # of sound, and so between two packets of a telephone event


def here(address: str, port: int) -> socket.socket:
    """A UDP socket."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, port))
    return made


def place(host: str, port: int) -> str:
    """An address and a port, as an address of SIP has them: IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def fresh_key() -> str:
    """A key of SRTP (AES_CM_128, RFC 4568 §6.2) that no call has used, as a crypto line has it."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def transaction(request: str) -> tuple[str, ...]:
    """What an INVITE and its ACK have in common: Call-ID, and number of CSeq."""
    return found(r"^Call-ID: *(.*?)\r?$", request)[1], found(r"^CSeq: *(\d+)", request)[1]


def repeated(request: str) -> tuple[str, ...]:
    """What a request has in common with itself when it is sent again, and with no other one."""
    return request.partition(" ")[0], *transaction(request)


class Packets:
    """`with Packets(address) as far`: a UDP socket, and one dialog's worth of SIP over it.

    to: address:port of the station that is called; a station that calls us is answered by `reply`. bound: what makes a
    UDP socket at an address and port, where it is not this machine's.
    """

    def __init__(
        self,
        address: str,
        port: int = 0,
        to: str = "",
        name: bytes = b"",
        bound: Callable[[str, int], socket.socket] | None = None,
    ) -> None:
        self.socket = (bound or here)(address, port)
        self.rtp = (bound or here)(address, 0)
        self.address, self.port = self.socket.getsockname()[:2]
        host, _, number = to.rpartition(":")
        self.to = (host.strip("[]"), int(number or 0))
        self.name = name
        self.dialog = uuid.uuid4().hex
        self.seen: list[str] = []  # every message that came, as text
        self._over: set[tuple[str, ...]] = set()  # requests that `reply` has given a final answer
        self._acknowledged: dict[tuple[str, ...], bytes] = {}  # INVITEs whose final answer has had this ACK
        self._tag = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.rtp.close()

    @property
    def place(self) -> str:
        """Our address and port, as an address of SIP has them."""
        return place(self.address, self.port)

    @property
    def sdp(self) -> str:
        version = "IP6" if ":" in self.address else "IP4"
        return (
            f"v=0\r\no=far 1 1 IN {version} {self.address}\r\ns=-\r\nc=IN {version} {self.address}\r\nt=0 0\r\n"
            f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 8 101\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n"
        )

    def request(
        self, method: str, seq: int = 1, body: str = "", kind: str = "application/sdp", headers: str = ""
    ) -> bytes:
        """A request of our dialog; the same arguments give the same bytes, so the same transaction."""
        to = place(*self.to[:2])
        # CANCEL, and the ACK of a refusal, belong to the INVITE's own transaction (RFC 3261 §9.1, §17.1.1.3)
        branch = "INVITE" if method == "CANCEL" or (method == "ACK" and not self._tag) else method
        tag = f";tag={self._tag}" if self._tag else ""
        head = (
            f"{method} sip:door@{to} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.place};branch=z9hG4bK{self.dialog}{branch}{seq}\r\n"
            "From: [name]<sip:far@[here]>;tag=far\r\n"
            f"To: <sip:door@{to}>{tag}\r\nCall-ID: {self.dialog}\r\nCSeq: {seq} {method}\r\n"
            f"Contact: <sip:far@[here]>\r\nMax-Forwards: 70\r\n{headers}"
        ).replace("[here]", self.place)
        content = f"Content-Type: {kind}\r\n" if body else ""
        packet = f"{head}{content}Content-Length: {len(body)}\r\n\r\n{body}"
        return packet.encode().replace(b"[name]", self.name)

    def invite(self) -> bytes:
        return self.request("INVITE", body=self.sdp)

    def inside(
        self, invite: str, method: str, seq: int = 1, body: str = "", kind: str = "application/sdp", headers: str = ""
    ) -> bytes:
        """Our request in the dialog that their `invite`, and our answer to it, have made."""
        asked = dict(re.findall(r"^([\w-]+): *(.*?)\r?$", invite, re.MULTILINE))
        to = found("<(.*?)>", asked["Contact"])[1]
        content = f"Content-Type: {kind}\r\n" if body else ""
        return (
            f"{method} {to} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.place};branch=z9hG4bK{self.dialog}{method}{seq}\r\n"
            f"From: {asked['To']};tag=far\r\nTo: {asked['From']}\r\nCall-ID: {asked['Call-ID']}\r\n"
            f"CSeq: {seq} {method}\r\nContact: <sip:far@{self.place}>\r\nMax-Forwards: 70\r\n"
            f"{headers}{content}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def reply(
        self,
        request: str,
        status: str,
        body: str = "",
        headers: Sequence[str] = (),
        kind: str = "application/sdp",
    ) -> bytes:
        """The answer to a request that came. After a final one, `receive` passes over the request if it comes again."""
        if status >= "2":
            self._over.add(repeated(request))
        names = ("Via:", "From:", "To:", "Call-ID:", "CSeq:")
        kept = [line for line in request.split("\r\n") if line.startswith(names)]
        lines = [f"{line};tag=far" if line.startswith("To:") and ";tag=" not in line else line for line in kept]
        lines += [f"Contact: <sip:far@{self.place}>"]
        lines += [*headers, *([f"Content-Type: {kind}"] if body else [])]
        return "\r\n".join([f"SIP/2.0 {status}", *lines, f"Content-Length: {len(body)}", "", body]).encode()

    def send(self, *packets: bytes) -> None:
        for packet in packets:
            if packet.startswith(b"ACK "):
                with suppress(AssertionError):  # of no transaction: its headers are broken
                    self._acknowledged[transaction(packet.decode(errors="replace"))] = packet
            self.socket.sendto(packet, self.to)

    def receive(self, begin: str, method: str, patience: float = PATIENCE_S) -> str:
        """The next message with that first line (its beginning) and method; what comes before it is passed over.

        So is a final answer to an INVITE that comes again as its ACK was late, which is sent again.
        """
        end = time.monotonic() + patience
        while True:
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                data, self.to = self.socket.recvfrom(65536)
            except TimeoutError:
                raise AssertionError(f"no {begin} {method} in {self.seen}") from None
            message = data.decode(errors="replace")
            self.seen.append(message)
            number = message.partition("CSeq:")[2].partition("\r\n")[0]
            if message.startswith(begin) and number.endswith(method):
                if repeated(message) in self._over:
                    continue
                final = message.startswith(FINAL) and number.endswith(" INVITE")
                if final and (ack := self._acknowledged.get(transaction(message))):
                    self.socket.sendto(ack, self.to)
                    continue
                if begin.startswith("SIP/2.0 2") and method == "INVITE":
                    self._tag = message.partition("\nTo:")[2].partition("\r")[0].partition("tag=")[2]
                return message

    def ask(self, request: bytes, begin: str, method: str) -> str:
        """Send it again and again until that answer comes: by UDP packets get lost (RFC 3261 §17.1)."""
        for _ in range(int(PATIENCE_S)):
            self.send(request)
            with suppress(AssertionError):
                return self.receive(begin, method, patience=1)
        raise AssertionError(f"no {begin} {method} in {self.seen}")

    def invited(self) -> str:
        """The next INVITE."""
        return self.receive("INVITE", "INVITE")

    def answer(self, invite: str, status: str, body: str = "", kind: str = "application/sdp") -> None:
        """Answer it again and again until its ACK comes: by UDP packets get lost (RFC 3261 §13.3.1.4, §17.2.1)."""
        final, end = self.reply(invite, status, body, kind=kind), time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.send(final)
            with suppress(AssertionError):
                while transaction(self.receive("ACK", "ACK", patience=1)) != transaction(invite):
                    pass
                return
        raise AssertionError(f"no ACK of {status} in {self.seen}")

    def accepted(self, answer: Callable[[], object]) -> str:
        """The INVITE was sent: let `answer` take the call, and return the 200."""
        self.receive("SIP/2.0 180", "INVITE")
        answer()
        return self.receive("SIP/2.0 200", "INVITE")

    def called(self, answer: Callable[[], object]) -> str:
        """The same, and acknowledge the 200."""
        accepted = self.accepted(answer)
        self.send(self.request("ACK"))
        return accepted

    def rings(self, door: Daemon, invite: bytes = b"") -> str:
        """Call the station again and again until it rings, as by UDP packets get lost: the call's id."""
        for _ in range(int(PATIENCE_S)):
            self.send(invite or self.invite())
            with suppress(AssertionError):
                return door.rung(patience=1)
        return door.rung(patience=0)

    def talk_to(self, door: Daemon, invite: bytes = b"") -> tuple[str, str]:
        """Call the station, which answers: the call, and the 200. invite: another INVITE than the usual one."""
        call = self.rings(door, invite)
        accepted = self.called(lambda: door.press("answer"))
        return door.talk(call), accepted

    def rung_by(self, door: Daemon) -> str:
        """The station rings us, and we answer: the call's id."""
        call = door.ring()
        self.answer(self.invited(), "200 OK", self.sdp)
        return door.talk(call)

    def hung_up_by(self, door: Daemon, call: str) -> None:
        """A client of the station hangs up, and we confirm it."""
        door.post(f"/v1/calls/{call}/hangup")
        self.send(self.reply(self.receive("BYE", "BYE"), "200 OK"))

    def hang_up(self, seq: int = 9) -> None:
        self.ask(self.request("BYE", seq), "SIP/2.0 200", "BYE")

    def press(self, accepted: str, digit: str, number: int, rate: float = 1 / PACKET_S) -> None:
        """A telephone event of 160 ms (RFC 4733), as they want it by their SDP; `number`: of the digit in the call.

        rate: packets a second. A far end that is made to try codes sends more than one that sends sound.
        """
        port = int(accepted.partition("m=audio ")[2].split()[0])
        kind = int(found(r"^a=rtpmap:(\d+) telephone-event/8000", accepted)[1])
        began, sequence = 8000 * number, 100 * number
        for _, step in zip(paced(rate), range(1, 11), strict=False):  # the last one three times
            last = step >= 8
            duration = min(step, 8) * 160
            event = struct.pack("!BBH", "0123456789*#ABCD".index(digit), 10 | (0x80 if last else 0), duration)
            marker = 0x80 if step == 1 else 0
            head = struct.pack("!BBHII", 0x80, kind | marker, (sequence + step) % 2**16, began, 0x1234)
            self.rtp.sendto(head + event, (self.to[0], port))


def good_call(door: Daemon, phone: Packets | None = None) -> float:
    """A call of a known far end, in which all is as usual, goes through; returns when people could talk.

    phone: the far end; by default one at the address that the station knows.
    """
    with nullcontext(phone) if phone else Packets(door.far_address, to=door.address) as far:
        far.ask(far.invite(), "SIP/2.0 180", "INVITE")
        call = door.wait("call.incoming", source=f"{far.address}:{far.port}")["call"]
        door.press("answer")

        def connected() -> bool:  # the 200 comes again if its ACK was lost
            if not door.of("call.connected", call):
                with suppress(AssertionError):
                    far.receive("SIP/2.0 200", "INVITE", patience=1)
                    far.send(far.request("ACK"))
            return bool(door.of("call.connected", call))

        until(connected, "connected", log=lambda: far.seen)
        door.talk(call)
        talked = time.monotonic()
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
    return talked
