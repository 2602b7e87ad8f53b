"""Watched contacts: when they are probed, the meaning of their answers, and the events."""

from collections import Counter

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import Contact, ContactState, Target, Watch
from appliance.core.orders import Probe
from tests.core import sent
from tests.core.station import SETTINGS, Station, ready

DESK = Target("desk", "sip:desk@192.0.2.3", watch=Watch.OPTIONS, watch_s=30.0)
HALL = Target("hall", "sip:301@pbx.example", account="office", watch=Watch.OPTIONS)
C = ContactState


def begun(*targets: Target) -> Station:
    """SIP is ready, and all that are watched have been asked."""
    return ready(targets=(*SETTINGS.targets, *(targets or (DESK,)))).wait(2.1)


def answers(station: Station, code: int, reason: str = "", contact: str = "desk") -> Station:
    return station.give(inputs.ContactAnswered, contact=contact, code=code, reason=reason)


def changes(station: Station) -> list:
    return [(event.contact, event.old, event.new) for event in station.told if isinstance(event, events.ContactChanged)]


def test_what_is_watched_is_asked_when_sip_is_ready_and_nothing_else():
    station = begun(DESK, HALL)
    assert Counter(station.orders(Probe)) == Counter(
        [Probe("desk", "sip:desk@192.0.2.3"), Probe("hall", "sip:301@pbx.example", "office")]
    )


@pytest.mark.parametrize(
    ("code", "state"),
    [(200, C.AVAILABLE), (405, C.AVAILABLE), (486, C.BUSY), (600, C.BUSY)]
    + [(code, C.UNAVAILABLE) for code in (0, 404, 408, 480, 503)],
)
def test_an_answer_says_how_it_is(code, state):
    station = answers(begun(), code, "Said")
    assert changes(station) == [("desk", C.UNKNOWN, state)]
    assert station.last(events.ContactChanged).code == code
    shown = sent.snapshot(station.state, 0.0)["contacts"]
    assert [(each["name"], each["watched"], each["state"]) for each in shown][-1] == ("desk", True, state)
    assert (shown[-1]["code"], shown[-1]["reason"]) == (code, "Said")
    assert next((each["watched"], each["state"]) for each in shown) == (False, C.UNKNOWN)


def test_it_is_asked_again_and_only_a_change_is_reported():
    station = begun()
    for code in (200, 200, 0, 0, 200):
        answers(station, code).wait(30.0)
    assert changes(station) == [
        ("desk", C.UNKNOWN, C.AVAILABLE),
        ("desk", C.AVAILABLE, C.UNAVAILABLE),
        ("desk", C.UNAVAILABLE, C.AVAILABLE),
    ]
    assert len(station.orders(Probe)) == 6


def test_an_answer_that_never_comes_and_one_that_comes_unasked():
    station = begun().wait(40.1)
    assert changes(station) == [("desk", C.UNKNOWN, C.UNAVAILABLE)]
    answers(station, 200)
    answers(station, 200, contact="kitchen")
    answers(station, 200, contact="nobody")
    assert len(changes(station)) == 1
    assert station.state.accounts.contact("kitchen") == Contact("kitchen")


def test_without_sip_no_one_is_asked_and_after_it_all_are():
    station = answers(begun(), 200).give(inputs.SipLost, why="gone").wait(100.0)
    assert len(station.orders(Probe)) == 1
    assert station.state.accounts.contact("desk").state is C.AVAILABLE
    station.give(inputs.SipReady, address="127.0.0.1:5060").wait(2.1)
    assert len(station.orders(Probe)) == 2
    station.give(inputs.StopRequested).wait(100.0)
    answers(station, 0)
    assert len(station.orders(Probe)) == 2
    assert len(changes(station)) == 1


def test_a_reload_watches_others():
    station = answers(begun(), 200)
    settings = replace(station.state.settings, targets=(HALL,))
    station.give(inputs.ConfigChanged, settings=settings, applied="target.hall", needs_restart="").wait(2.1)
    assert station.orders(Probe)[-1] == Probe("hall", "sip:301@pbx.example", "office")
    assert [contact.name for contact in station.state.accounts.contacts] == ["hall"]
    before = station.state.accounts.contacts
    station.give(inputs.ConfigChanged, settings=settings, applied="", needs_restart="")
    assert station.state.accounts.contacts == before


def test_a_reload_before_sip_is_ready_asks_no_one():
    station = Station()
    settings = replace(SETTINGS, targets=(DESK,))
    station.give(inputs.ConfigChanged, settings=settings, applied="target.desk", needs_restart="").wait(5.0)
    assert station.orders(Probe) == []
