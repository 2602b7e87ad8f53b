"""Digits by INFO, as phones and gateways write them."""

import pytest

from appliance.core.model import Content
from appliance.sip.stack.calls.dtmf import carries, signalled

RELAY = "application/dtmf-relay"


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("Signal=5\nDuration=160\n", ("5", 160)),
        ("Signal= 5\nDuration= 160\n", ("5", 160)),
        ("signal = d\nduration = 80", ("D", 80)),
        ("Duration=250\nSignal=*", ("*", 250)),
        ("Signal=10\nDuration=160", ("*", 160)),
        ("Signal=11\nDuration=160", ("#", 160)),
        ("Signal=12", ("A", 0)),
        ("Signal=15", ("D", 0)),
        ("Signal=1\nDuration=long", ("1", 0)),
        ("Signal=1\nDuration=-5", ("1", 0)),
        ("5", ("5", 0)),
        ("#\n", ("#", 0)),
        ("11", ("#", 0)),
        ("Signal=16\nDuration=160", None),
        ("Signal=17", None),
        ("Signal=99", None),
        ("Signal=110", None),
        ("Signal=12345", None),
        ("Signal=\nDuration=160", None),
        ("Signal=", None),
        ("Signal", None),
        ("Signal=!", None),
        ("Signal=hook-flash", None),
        ("Signal=R", None),
        ("Signal=٣", None),
        ("Signal=¹", None),
        ("Signal=12 34", None),
        ("d=5", None),
        ("", None),
    ],
)
def test_the_digit_of_an_info_is_its_whole_signal(body, digit):
    assert signalled(body) == digit


@pytest.mark.parametrize(
    ("kind", "body", "whether"),
    [
        (RELAY, "", True),
        ("application/dtmf", "5", True),
        ("application/vnd.nortelnetworks.digits", "d=5", True),
        ("audio/telephone-event", "\x05", True),
        ("text/plain", "Signal=5\nDuration=160", True),
        ("", " signal =5", True),
        ("text/plain", "The Signal=5", False),
        ("application/json", "{}", False),
    ],
)
def test_an_info_with_a_digit_is_known_by_its_type_or_by_what_it_says(kind, body, whether):
    assert carries(Content(kind, body, ())) is whether
