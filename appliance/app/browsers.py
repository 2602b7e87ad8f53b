"""Calls from browsers: each offer of a client becomes a call, of which the client's connection is the life."""

import asyncio
from collections.abc import Callable, Coroutine

from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.rate import Rate
from appliance.core.model import CallId
from appliance.sip.browser_offers import UnfitError, for_browser, for_station
from appliance.sip.wire import Offer, OfferAnswered

AT_ONCE, PER_S = 10, 1.0  # offers of all clients together
OK, BUSY = 200, 486


class Browsers:
    """Takes the offers of browsers. ask: has one answered by the SIP process."""

    def __init__(self, ask: Callable[[Offer], Coroutine[None, None, OfferAnswered]]) -> None:
        self._ask = ask
        self._rate = Rate(AT_ONCE, 1 / PER_S)

    async def call(self, call: CallId, sdp: str, peer: str, who: str) -> str:
        """Make a call of an offer: the answer for the browser. peer: its address. Raises IntercomError."""
        if not self._rate.allows(asyncio.get_running_loop().time()):
            raise IntercomError(ErrorCode.RATE_LIMITED, "Browsers call too often.", "", "Wait 1 s.")
        try:
            ours = for_station(sdp, peer)
        except UnfitError as error:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                "The station cannot use this offer.",
                str(error),
                "Allow the microphone, and use a current browser.",
            ) from error
        limit_s = times.current.browser_answered_s
        try:
            answered = await asyncio.wait_for(self._ask(Offer(call, who, ours)), limit_s)
        except TimeoutError:
            answered = OfferAnswered(call, 0, f"It was not answered within {limit_s:g} s.", "")
        if answered.code == OK:
            return for_browser(answered.sdp, ours)
        if answered.code == BUSY:
            raise IntercomError(
                ErrorCode.CALL_WRONG_STATE,
                "The station is in another call.",
                "Somebody else talks at the door, or all lines are in use.",
                "Wait until that call is over; GET /v1/calls shows it.",
            )
        why = f"{answered.code} {answered.reason}" if answered.code else answered.reason
        raise IntercomError(ErrorCode.UNAVAILABLE, "The station does not take the call.", why)
