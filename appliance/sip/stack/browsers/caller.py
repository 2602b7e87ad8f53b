"""The browser's side of one call in SIP (RFC 3261): a caller on loopback, where nothing is lost and nothing repeated.

It gives its offer once. A browser takes no second one: how a call is held is decided in the bridge alone.
"""

import secrets
from urllib.parse import quote

from appliance.sip.stack import translate
from appliance.sip.wire import Offer

ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS"
TAKEN = {"BYE", "OPTIONS"}
COPIED = ("Via", "From", "To", "Call-ID", "CSeq")  # into each response (RFC 3261 §8.2.6.2)
FINAL, REFUSED = 200, 300


class Caller:
    """A call of a browser. uri: where it goes; to: the station, for people; place: our address and port."""

    def __init__(self, offer: Offer, uri: str, to: str, place: str) -> None:
        self.call, self.who, self.id = offer.call, offer.who, secrets.token_hex(16)
        self.code = 0  # of the final response to the INVITE
        self.reason = self.answer = ""
        self.over = False
        self._sdp, self._uri, self._place = offer.sdp, uri, place
        holder = offer.who.partition(":")[2]
        shown = holder.replace("\\", "\\\\").replace('"', '\\"')
        self._from = f'"{shown}" <sip:{quote(holder, safe="")}@browser.invalid>;tag={secrets.token_hex(8)}'
        self._to, self._branch = f"<{to}>", _branch()

    def invite(self) -> str:
        """The INVITE with the offer."""
        headers = [("Allow", ALLOWED), ("Content-Type", "application/sdp")]
        return self._request("INVITE", self._branch, headers, self._sdp)

    def receive(self, message: str) -> str:
        """Take a message of the station; the message to send in return, "" for none."""
        first = translate.LINE.split(message, maxsplit=1)[0].split(" ", 2)
        if first[0] == "SIP/2.0":
            return self._answered(message, int(first[1]), first[2])
        if first[0] == "ACK":
            return ""
        self.over |= first[0] == "BYE"
        return _response(message, "200 OK" if first[0] in TAKEN else "488 Not Acceptable Here")

    def _answered(self, message: str, code: int, reason: str) -> str:
        if code < FINAL or translate.header(message, "CSeq").partition(" ")[2] != "INVITE":
            return ""
        self.code, self.reason, self.over = code, translate.clean(reason), code >= REFUSED
        self._to = translate.header(message, "To")
        if self.over:
            return self._request("ACK", self._branch)
        self.answer = translate.body(message)
        self._uri = translate.address(translate.header(message, "Contact"))[0]
        return self._request("ACK", _branch())

    def _request(self, method: str, branch: str, headers: list[tuple[str, str]] | None = None, body: str = "") -> str:
        named = [
            ("Via", f"SIP/2.0/UDP {self._place};rport;branch={branch}"),  # else pjsip may answer by another transport
            ("Max-Forwards", "70"),
            ("From", self._from),
            ("To", self._to),
            ("Call-ID", self.id),
            ("CSeq", f"1 {method}"),
            ("Contact", f"<sip:browser@{self._place}>"),
            *(headers or ()),
        ]
        return _message(f"{method} {self._uri} SIP/2.0", named, body)


def _response(request: str, status: str) -> str:
    wanted = [(name, value) for name, value in translate.headers(request) if name in COPIED]
    return _message(f"SIP/2.0 {status}", wanted)


def _message(first: str, headers: list[tuple[str, str]], body: str = "") -> str:
    lines = [first, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body.encode())}"]
    return "\r\n".join([*lines, "", body])


def _branch() -> str:
    return f"z9hG4bK{secrets.token_hex(8)}"
