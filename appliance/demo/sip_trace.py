"""Reads SIP messages from a trace that pjsip wrote: everything that a station sent and received, verbatim."""

import re
from datetime import datetime
from pathlib import Path

from appliance.base.record import Record

# Its first line, as in: 2026-11-20 22:14:02.711 pjsua_core.c RX 9 bytes Request msg BYE/cseq=1 from UDP 127.0.0.1:5060:
_HEAD = re.compile(
    r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) +\S+ +\.*(?P<way>RX|TX) \d+ bytes .*"
    r" (?:from|to) \S+ (?P<peer>\S+):$",
    re.MULTILINE,
)
_END = b"\n--end msg--"
_DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.MULTILINE)
_EVENTS = re.compile(r"^a=rtpmap:\d+ telephone-event/", re.MULTILINE | re.IGNORECASE)


class TracedMessage(Record):
    """A SIP message. `at`: seconds since 1970, to the millisecond; method: for a response, the method of its CSeq.

    status: 0 for a request. direction: of the SDP's audio (RFC 3264 §5.1), "" without SDP. takes_digits: the SDP offers
    or accepts telephone-event (RFC 4733 §7.1.1).
    """

    at: float
    received: bool
    peer: str
    first_line: str
    method: str
    status: int
    call_id: str
    to_tag: bool
    direction: str
    takes_digits: bool

    def __str__(self) -> str:
        """A short form for people."""
        what = f"{self.status} to {self.method}" if self.status else self.method
        return f"{'received' if self.received else 'sent'} {what}{f' ({self.direction})' if self.direction else ''}"


class Trace:
    """A trace that is still being written; each `read` appends to `messages`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[TracedMessage] = []
        self._at = 0  # offset of the first incomplete message

    def read(self) -> list[TracedMessage]:
        """All complete messages so far."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._at)
                new = file.read()
        except FileNotFoundError:
            return self.messages
        complete = new[: new.rfind(_END) + len(_END)] if _END in new else b""
        self._at += len(complete)
        for part in complete.split(_END):
            text = part.decode("utf-8", "replace").replace("\r\n", "\n")
            if head := _HEAD.search(text):
                self.messages.append(_message(head, text[head.end() + 1 :]))
        return self.messages


def _message(head: re.Match[str], text: str) -> TracedMessage:
    top, _, body = text.partition("\n\n")
    first_line, *rest = top.split("\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    status = int(first_line.split()[1]) if first_line.startswith("SIP/2.0 ") else 0
    has_sdp = "m=audio" in body
    direction = _DIRECTION.search(body)
    return TracedMessage(
        at=datetime.strptime(head["time"], "%Y-%m-%d %H:%M:%S.%f").astimezone().timestamp(),
        received=head["way"] == "RX",
        peer=head["peer"],
        first_line=first_line,
        method=headers.get("cseq", "0 ").split()[-1] if status else first_line.split()[0],
        status=status,
        call_id=headers.get("call-id", ""),
        to_tag=";tag=" in headers.get("to", ""),
        direction=(direction[1] if direction else "sendrecv") if has_sdp else "",
        takes_digits=bool(_EVENTS.search(body)),
    )
