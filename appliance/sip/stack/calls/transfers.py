"""Transfers in pjsua2: REFER sent and received, and its outcome."""

import time
from collections.abc import Callable
from urllib.parse import unquote

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import CallId
from appliance.core.orders import NotifyTransfer, Refer
from appliance.sip.stack import translate

Post = Callable[[inputs.TransferProgressed], None]
ACCEPTED, FINAL, PENDING, DECLINE = 202, 200, 491, 603
LASTS_S = 180  # longer than our handling of a REFER may take


def refer(order: Refer, call: pj.Call, other: pj.Call | None, parameters: pj.CallOpParam, post: Post) -> None:
    """Send a REFER, or report at once that it cannot be sent."""
    for name, value in order.headers:
        parameters.txOption.headers.append(translate.to_header(name, value))
    try:
        if order.other is None:
            call.xfer(f"<{order.to}>", parameters)
        elif other is not None:
            call.xferReplaces(other, parameters)
        else:
            report_failure(order, "The other call is over", post)
    except pj.Error as error:
        report_failure(order, translate.clean(error.reason), post)


def report_failure(order: Refer, reason: str, post: Post) -> None:
    """Report that the REFER was not sent."""
    post(inputs.TransferProgressed(at=time.monotonic(), call=order.call, code=0, reason=reason))


class Referred:
    """The REFERs of a call's far end, which are carried out one at a time. message: the REFER that is arriving."""

    def __init__(self) -> None:
        self.message = ""
        self._event = ""  # of the REFER that is being carried out
        self._accepted = 0

    @property
    def by(self) -> str:
        """The Referred-By header (RFC 3892 §2.1)."""
        return translate.header(self.message, "Referred-By")

    def answer(self, *, welcome: bool) -> int:
        """The response's code; NOTIFY reports the progress of an accepted REFER."""
        if not welcome:
            return DECLINE
        if self._event:
            return PENDING
        self._accepted += 1
        number = translate.header(self.message, "CSeq").partition(" ")[0]
        self._event = "refer" if self._accepted == 1 else f"refer;id={number}"  # RFC 3515 §2.4.6
        return ACCEPTED

    def request(self, call: CallId, wanted: str, code: int) -> inputs.TransferRequested:
        """What the REFER that was answered so asks for. wanted: its Refer-To."""
        to, replaces = refer_to(wanted)
        return inputs.TransferRequested(
            at=time.monotonic(),
            call=call,
            to=to,
            replaces=replaces,
            referred_by=self.by,
            refused=0 if code == ACCEPTED else code,
            headers=translate.own_headers(self.message),
        )

    def notify(self, order: NotifyTransfer, call: pj.Call) -> None:
        """Report progress (RFC 3515 §2.4.4 and 2.4.5)."""
        last = order.code >= FINAL
        state = "terminated;reason=noresource" if last else f"active;expires={LASTS_S}"
        request = pj.CallSendRequestParam()
        request.method = "NOTIFY"
        for name, value in (("Event", self._event or "refer"), ("Subscription-State", state)):
            request.txOption.headers.append(translate.to_header(name, value))
        request.txOption.contentType = "message/sipfrag;version=2.0"
        request.txOption.msgBody = f"SIP/2.0 {order.code} {translate.clean(order.reason)}\r\n"
        if last:
            self._event = ""
        call.sendRequest(request)


def refer_to(value: str) -> tuple[str, str]:
    """URI and Replaces of a Refer-To (RFC 3515 §2.1); "" if the URI requests another method than INVITE."""
    address, _, headers = translate.address(value)[0].partition("?")
    uri, _, method = address.partition(";method=")
    method, *parameters = method.split(";")
    if method not in {"", "INVITE"}:
        return "", ""
    pairs = (header.partition("=") for header in headers.split("&"))
    replaces = next((unquote(text) for name, _, text in pairs if name.lower() == "replaces"), "")
    return ";".join([uri, *parameters]), translate.clean(replaces)
