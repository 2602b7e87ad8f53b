"""Offers of browsers: how often they count, and what a client learns when none becomes a call."""

import asyncio

import pytest

from appliance.app.browsers import Browsers
from appliance.base.errors import IntercomError
from appliance.core.model import CallId
from appliance.sip.wire import OfferAnswered
from tests.sip.test_browser_offers import OFFER, PEER, text

CALL, ANNA = CallId("c-1"), "http:anna"


def answering(code, reason="", sdp=""):
    async def ask(offer):
        return OfferAnswered(offer.call, code, reason, sdp)

    return Browsers(ask)


def refusal(browsers, offer=None):
    with pytest.raises(IntercomError) as error:
        asyncio.run(browsers.call(CALL, text(OFFER) if offer is None else offer, PEER, ANNA))
    return error.value


def test_an_answer_is_that_of_the_station_with_the_name_of_the_stream():
    told = asyncio.run(answering(200, sdp="v=0\r\nb=RS:0\r\n").call(CALL, text(OFFER), PEER, ANNA))
    assert told == "v=0\r\na=mid:0\r\n"


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [(486, "Busy Here", "call-wrong-state"), (488, "Not Acceptable Here", "unavailable"), (0, "gone", "unavailable")],
)
def test_a_call_that_is_refused_has_a_cause(code, reason, expected):
    error = refusal(answering(code, reason))
    assert error.code == expected
    assert code == 486 or reason in error.cause


def test_an_offer_that_does_not_fit_costs_no_call():
    assert refusal(answering(200), "v=0").code == "parameter-invalid"


def test_an_answer_that_does_not_come_is_not_waited_for(set_times):
    async def ask(_):
        await asyncio.sleep(3600)

    set_times(browser_answered_s=0.01)
    assert refusal(Browsers(ask)).code == "unavailable"


def test_offers_have_a_rate():
    async def many():
        browsers, refused = answering(486), []
        for _ in range(12):
            try:
                await browsers.call(CALL, text(OFFER), PEER, ANNA)
            except IntercomError as error:
                refused.append(str(error.code))
        return refused

    assert asyncio.run(many()) == ["call-wrong-state"] * 10 + ["rate-limited"] * 2
