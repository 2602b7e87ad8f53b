"""Transfers in pjsua2: REFER, and what the far end makes of it."""

import time
from collections.abc import Callable

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.orders import Refer
from appliance.sip import translate

Post = Callable[[inputs.TransferProgressed], None]


def refer(order: Refer, call: pj.Call, other: pj.Call | None, parameters: pj.CallOpParam, post: Post) -> None:
    """Send it, or tell at once that it can not be sent."""
    try:
        if order.other is None:
            call.xfer(f"<{order.to}>", parameters)
        elif other is not None:
            call.xferReplaces(other, parameters)
        else:
            told(order, "The other call is over", post)
    except pj.Error as error:
        told(order, translate.clean(error.reason), post)


def told(order: Refer, reason: str, post: Post) -> None:
    """It came to nothing here."""
    post(inputs.TransferProgressed(at=time.monotonic(), call=order.call, code=0, reason=reason))
