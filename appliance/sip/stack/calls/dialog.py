"""A call's dialog as its messages show it, and the message that would end it if this process died.

While pjsip runs, it ends its own dialogs. If it is gone, the daemon sends the last message that was made here, from
another port: CANCEL before the answer, 480 to a caller that we have not answered, BYE in a call. The far end matches
it by the dialog's ids and the branch, not by the port (RFC 3261 §9.2, §12.2.2, §17.1.3). Calls by TCP or TLS have no
such message.
"""

import re
from collections.abc import Callable

from appliance.base import ids
from appliance.core.model import CallId
from appliance.sip.stack import translate
from appliance.sip.stack.routing.servers import PORTS, destination_of
from appliance.sip.wire import Farewell

ROUTE = re.compile("<[^<>]+>")
ABOVE_ALL = 1 << 24  # pjsip's CSeq begin below 2^15 (sip_dialog.c); gaps are no error (RFC 3261 §12.2.2)
PROVISIONAL, OK, REFUSED = 100, 200, 300
UNAVAILABLE = "SIP/2.0 480 Temporarily Unavailable"


class DialogMessage:
    """The parts of a request or response (code 0: a request) that a dialog depends on."""

    def __init__(self, text: str) -> None:
        first, second, *_ = [*str(translate.LINE.split(text, maxsplit=1)[0]).split(" "), "", ""]
        self.code = int(second) if first == "SIP/2.0" and second.isdigit() else 0
        self.uri = translate.clean(second)
        self._headers = [(name.lower(), value) for name, value in translate.headers(text)]
        self.number, _, self.method = self.one("cseq").partition(" ")
        # the sender's URI within the dialog; then the proxies that stay on the path, the last first
        self.contact = translate.address(self.one("contact"))[0]
        self.recorded = [route for value in self.all("record-route") for route in ROUTE.findall(value)]

    @property
    def by_udp(self) -> bool:
        """Whether its last hop was by UDP (RFC 3261 §18.1.1)."""
        return self.one("via").partition(" ")[0].upper() == "SIP/2.0/UDP"

    def all(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for found, value in self._headers if found == name]

    def one(self, name: str) -> str:
        """The first value of a header, "" without the header."""
        return next(iter(self.all(name)), "")


class Dialog:
    """One call's dialog. Posts a Farewell whenever another message would end the call."""

    def __init__(self, call: CallId, post: Callable[[Farewell], None]) -> None:
        self._call, self._post = call, post
        self._invite = DialogMessage("")  # that began the call
        self.peer = ""  # host:port of the far end's packets
        self._bye: Callable[[str], None] | None = None  # to that Contact, once the dialog is established
        self._branch = f"z9hG4bK{ids.new('')}"
        self._reported: Farewell | None = None

    def sent(self, text: str, to: str) -> None:
        """INVITE, UPDATE or an answer to one of them was sent to that host:port."""
        message = DialogMessage(text)
        if self._bye is not None or message.method != "INVITE":
            return
        if not message.code:
            self._invite, self.peer = message, to
            self._send(to, f"CANCEL {message.uri} SIP/2.0", same(message, "CANCEL"))
        elif PROVISIONAL < message.code < OK:
            self._send(to, UNAVAILABLE, same(message, "INVITE"))
        elif OK <= message.code < REFUSED:
            self._establish(self._invite, self._invite.recorded, (message.one("to"), message.one("from")), message)

    def came(self, text: str, source: str) -> None:
        """INVITE, UPDATE or an answer to one of them came from that host:port."""
        message = DialogMessage(text)
        answered = OK <= message.code < REFUSED
        if self._bye is not None:
            if message.contact and (answered or not message.code):  # a target refresh (RFC 3261 §12.2)
                self._bye(message.contact)
        elif message.method == "INVITE" and not message.code:
            self._invite, self.peer = message, source
            self._send(source, UNAVAILABLE, same(message, "INVITE", tag=f";tag={self._branch}"))
        elif message.method == "INVITE" and answered:
            names = self._invite.one("from"), message.one("to")
            self._establish(message, message.recorded[::-1], names, self._invite)

    def _establish(self, theirs: DialogMessage, routes: list[str], names: tuple[str, str], ours: DialogMessage) -> None:
        """names: From and To of our requests in the dialog."""
        here = destination_of(ours.contact)
        via = f"SIP/2.0/UDP {here.host}:{here.port or PORTS['udp']}" if here is not None else "SIP/2.0/UDP intercomd"
        headers = [
            ("Via", f"{via};rport;branch={self._branch}"),
            *(("Route", route) for route in routes),
            ("From", names[0]),
            ("To", names[1]),
            ("Call-ID", ours.one("call-id")),
            ("CSeq", f"{ABOVE_ALL} BYE"),
        ]

        def bye(contact: str) -> None:
            """Send along the route, or, if its name would have to be resolved, where the INVITE went."""
            hop = destination_of(routes[0].strip("<>") if routes else contact)
            at = hop.known.at if hop is not None and hop.transport == "udp" and hop.known is not None else self.peer
            self._send(at, f"BYE {contact} SIP/2.0", headers)

        self._bye = bye
        bye(theirs.contact or self._invite.uri)

    def _send(self, to: str, start: str, headers: list[tuple[str, str]]) -> None:
        host, _, port = to.rpartition(":")
        if not self._invite.by_udp or not port.isdigit():
            return
        hops = [] if start.startswith("SIP/2.0") else ["Max-Forwards: 70"]
        lines = [start, *(f"{name}: {value}" for name, value in headers), *hops, "Content-Length: 0"]
        farewell = Farewell(self._call, host.strip("[]"), int(port), "\r\n".join([*lines, "", ""]))
        if farewell != self._reported:
            self._reported = farewell
            self._post(farewell)


def same(message: DialogMessage, method: str, tag: str = "") -> list[tuple[str, str]]:
    """The headers that CANCEL copies from its INVITE, and a response from its request (RFC 3261 §8.2.6.2, §9.1)."""
    return [
        *(("Via", via) for via in message.all("via")),
        *(("Route", route) for route in message.all("route") if method == "CANCEL"),
        ("From", message.one("from")),
        ("To", message.one("to") + tag),
        ("Call-ID", message.one("call-id")),
        ("CSeq", f"{message.number} {method}"),
    ]
