"""What is read of ICE in pjsua's report on a call, and for how long."""

import pytest

from appliance.base import times
from appliance.core.model import Candidate, IceFault
from appliance.sip.stack.calls.ice import LOOK_S, Ice

PAIR = """
     #0 audio opus @48kHz, sendrecv, peer=10.9.0.1:4000
     SRTP status: Not active Crypto-suite:
     ICE role: {role}, state: {state}, comp_cnt: 2
        [0]: L:{here} (h) --> R:{there} ({kind})
        [1]: L:10.9.0.7:4001 (h) --> R:10.9.0.1:4001 (h)
       RX pt=96, last update:never
"""
HERE = Candidate("host", "10.9.0.7:4000")


def report(state, there="10.9.0.1:4000", kind="h", here="10.9.0.7:4000"):
    return PAIR.format(role="Controlling", state=state, there=there, kind=kind, here=here)


@pytest.fixture
def ice():
    made = Ice()
    made.begin(10.0)
    return made


def test_it_is_looked_at_while_it_is_under_way(ice):
    assert not Ice().due(10.0)
    assert ice.due(10.0)
    assert ice.look(report("Negotiation In Progress"), 10.0) is None
    assert ice.runs and not ice.due(10.0) and ice.due(10.0 + LOOK_S)


@pytest.mark.parametrize(
    ("kind", "name", "there"),
    [
        ("h", "host", "10.9.0.1:4000"),
        ("s", "srflx", "192.0.2.1:4000"),
        ("p", "prflx", "10.9.0.1:9"),
        ("r", "relay", "[2001:db8::1]:4000"),
    ],
)
def test_the_pair_that_was_found_is_reported_once(kind, name, there, ice):
    found = report("Negotiation Success", there, kind)
    assert ice.look(found, 10.1) == (HERE, Candidate(name, there))
    assert not ice.runs
    ice.begin(20.0)  # a re-INVITE that leaves it as it is
    assert ice.look(found, 20.0) is None
    ice.begin(30.0)  # one that began it again
    assert ice.look(report("Negotiation In Progress"), 30.0) is None
    moved = report("Negotiation Success", there, kind, here="10.9.0.8:4000")
    assert ice.look(moved, 30.1) == (Candidate("host", "10.9.0.8:4000"), Candidate(name, there))


def test_a_failure_is_reported_once(ice):
    assert ice.look(report("Negotiation Failed"), 18.0) is IceFault.FAILED_CHECKS
    ice.begin(18.1)
    assert ice.look(report("Negotiation Failed"), 18.2) is None


def test_it_is_not_waited_for_without_end(ice):
    """As for a far end that answers all checks, and never nominates a pair."""
    assert ice.look(report("Negotiation In Progress"), 10.0 + times.current.ice_checks_s - 0.1) is None
    assert ice.look(report("Negotiation In Progress"), 10.0 + times.current.ice_checks_s) is IceFault.TIMEOUT
    assert not ice.runs


@pytest.mark.parametrize("text", ["", "#0 audio opus", report("Candidate Gathering Complete")])
def test_a_far_end_without_it_is_no_news(text, ice):
    assert ice.look(text, 10.0) is None
    assert not ice.runs
