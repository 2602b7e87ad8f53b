"""Contacts watched by subscription: when it begins, its reports, and when it is repeated."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import ContactState, Package, Target, Watch
from appliance.core.orders import Subscribe, Unsubscribe
from tests.core.accounts.test_accounts import begun as with_accounts
from tests.core.accounts.test_accounts import granted
from tests.core.station import Station

HALL = Target("hall", "sip:301@pbx.example", account="office", watch=Watch.SUBSCRIBE, watch_s=30.0)
ASKED = Subscribe("hall", "sip:301@pbx.example", "office", Package.PRESENCE)
CALLS = replace(ASKED, package=Package.DIALOG)
C = ContactState


def begun() -> Station:
    """The account is registered, and its server has been asked."""
    return granted(with_accounts(targets=(HALL,))).wait(2.1)


def tells(station: Station, state: ContactState, reason: str = "") -> Station:
    return station.give(inputs.ContactNotified, contact="hall", state=state, reason=reason)


def ends(station: Station, code: int, reason: str = "", after: float | None = None) -> Station:
    return station.give(inputs.SubscriptionEnded, contact="hall", code=code, reason=reason, retry_after_s=after)


def changes(station: Station) -> list:
    return [(event.new, event.code) for event in station.told if isinstance(event, events.ContactChanged)]


def test_a_server_is_asked_once_its_account_is_registered():
    station = with_accounts(targets=(replace(HALL, name="cellar", account="home"), HALL)).wait(2.1)
    assert station.orders(Subscribe) == []
    assert granted(station).wait(2.1).orders(Subscribe) == [ASKED]
    granted(station).wait(10.0)  # again
    assert station.orders(Subscribe) == [ASKED]


def test_and_also_where_that_comes_to_nothing():
    station = with_accounts(targets=(HALL,)).wait(40.1)
    assert station.orders(Subscribe) == [ASKED]


def test_what_it_reports_is_reported_at_once_and_only_changes_are():
    station = begun()
    for state in (C.AVAILABLE, C.AVAILABLE, C.BUSY, C.UNAVAILABLE):
        tells(station, state)
    assert changes(station) == [(C.AVAILABLE, 200), (C.BUSY, 200), (C.UNAVAILABLE, 200)]
    tells(station, C.UNKNOWN, "pending")
    tells(station, C.UNKNOWN, "pending")
    assert changes(station)[3:] == [(C.UNKNOWN, 200)]
    assert station.state.accounts.contact("hall").reason == "pending"


def test_it_is_asked_again_every_so_often_whatever_it_reports():
    station = tells(begun(), C.AVAILABLE)
    tells(station.wait(20.0), C.BUSY).wait(10.1)
    assert station.orders(Subscribe) == [ASKED] * 2
    tells(station, C.BUSY).wait(30.1)
    assert station.orders(Subscribe) == [ASKED] * 3


@pytest.mark.parametrize(
    ("code", "reason", "after", "least", "most"),
    [
        (403, "Forbidden", None, 300.0, 300.0),
        (404, "Not Found", None, 300.0, 300.0),
        (0, "No answer", None, 30.0, 30.0),
        (408, "", None, 30.0, 30.0),
        (503, "", None, 30.0, 30.0),
        (200, "rejected", None, 300.0, 300.0),
        (200, "giveup", None, 30.0, 30.0),
        (200, "probation", 100.0, 100.0, 105.0),
        (503, "", 0.0, 5.0, 10.0),
        (503, "", 1e6, 3600.0, 3605.0),
        (481, "", None, 30.0, 30.0),
    ],
)
def test_a_refusal_is_reported_and_it_is_asked_again_calmly(code, reason, after, least, most):
    station = ends(begun(), code, reason, after)
    assert changes(station) == [(C.UNKNOWN, code)]
    station.wait(least - 0.1)
    assert len(station.orders(Subscribe)) == 1
    station.wait(most - least + 0.2)
    assert station.orders(Subscribe) == [ASKED] * 2


@pytest.mark.parametrize(
    ("code", "reason", "kept"), [(200, "deactivated", True), (200, "timeout", True), (481, "", False)]
)
def test_what_must_begin_again_does_so_soon(code, reason, kept):
    station = ends(tells(begun(), C.BUSY), code, reason)
    assert station.state.accounts.contact("hall").state is (C.BUSY if kept else C.UNKNOWN)
    station.wait(10.1)
    assert station.orders(Subscribe) == [ASKED] * 2
    ends(station, code, reason)  # at once, again
    assert station.state.accounts.contact("hall").state is C.UNKNOWN
    station.wait(29.0)
    assert len(station.orders(Subscribe)) == 2


def test_a_server_that_knows_no_presence_is_asked_of_calls():
    station = ends(begun(), 489, "Bad Event")
    assert station.orders(Subscribe) == [ASKED, CALLS]
    tells(station, C.BUSY).wait(30.1)
    assert station.orders(Subscribe) == [ASKED, CALLS, CALLS]
    ends(station, 489, "Bad Event").wait(300.1)
    assert changes(station) == [(C.BUSY, 200), (C.UNKNOWN, 489)]
    assert station.orders(Subscribe)[3:] == [ASKED]


def test_one_that_never_reports_is_not_waited_for():
    station = begun().wait(40.1)
    assert changes(station) == [(C.UNKNOWN, 0)]
    assert station.state.accounts.contact("hall").reason == "No state was reported"


def test_a_new_address_of_the_station_is_sent_to_the_server():
    station = tells(begun(), C.AVAILABLE).give(inputs.NetworkChanged, addresses=("192.0.2.7",))
    station.give(inputs.NetworkChanged, addresses=("192.0.2.8",)).wait(4.1)
    assert station.orders(Subscribe) == [ASKED] * 2


def test_without_sip_nothing_is_asked_and_nothing_is_heard():
    station = tells(begun(), C.AVAILABLE).give(inputs.SipLost, why="gone")
    tells(station, C.BUSY)
    ends(station, 404)
    station.give(inputs.NetworkChanged, addresses=("192.0.2.7",))
    station.give(inputs.NetworkChanged, addresses=("192.0.2.8",)).wait(100.0)
    assert changes(station) == [(C.AVAILABLE, 200)]
    assert station.orders(Subscribe) == [ASKED]


def test_of_others_nothing_is_taken():
    station = begun()
    before = station.state.accounts.contacts
    station.give(inputs.ContactNotified, contact="nobody", state=C.BUSY)
    station.give(inputs.SubscriptionEnded, contact="nobody", code=404, reason="")
    assert (station.state.accounts.contacts, changes(station)) == (before, [])


def test_a_reload_ends_what_is_not_wanted_any_more_and_begins_what_is_elsewhere():
    station = tells(begun(), C.AVAILABLE)

    def reload(*targets):
        settings = replace(station.state.settings, targets=targets)
        station.give(inputs.ConfigChanged, settings=settings, applied="target.hall", needs_restart="").wait(2.1)

    reload(HALL)
    assert (station.orders(Unsubscribe), len(station.orders(Subscribe))) == ([], 1)
    moved = replace(HALL, uri="sip:302@pbx.example")
    reload(moved)
    assert station.orders(Unsubscribe) == [Unsubscribe("hall")]
    assert station.orders(Subscribe)[-1].uri == moved.uri
    reload(replace(moved, watch=Watch.OFF))
    assert station.orders(Unsubscribe) == [Unsubscribe("hall")] * 2
    assert station.state.accounts.contacts == ()
