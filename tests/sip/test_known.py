"""Addresses of the targets: known at once, or when DNS has answered, and looked up again after a while."""

import pytest

from appliance.base import times
from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.servers import SipServer
from appliance.sip.stack.routing.trusted_hosts import Known
from tests.support.waiting import until

AGAIN_S = times.current.trusted_name_again_s
FAILED_AGAIN_S, MISSED_AGAIN_S = times.current.trusted_name_failed_again_s, times.current.trusted_name_missed_again_s


@pytest.fixture
def names(monkeypatch):
    """What DNS says; a name that is not in it is unknown."""
    said = {}

    def locate(host, port, transport):
        if host.lower() not in said:
            raise OSError("unknown")
        return [SipServer(host, address, 5060) for address in said[host.lower()]]

    monkeypatch.setattr(servers, "locate", locate)
    return said


def settled(known, now):
    """A turn, and further ones at that moment until what was asked is answered."""
    changes = []

    def answered():
        changes.append(known.turn(now))
        return not known.looking

    until(answered, "the addresses of all names")
    return any(changes)


def test_addresses_need_no_one_to_be_asked(names):
    known = Known()
    known.desire(("sip:a@192.0.2.1:5062", "sip:a@[2001:db8::1]", "tel:110"))
    assert known.addresses == {"192.0.2.1", "2001:db8::1"}
    assert not known.turn(100.0)
    known.desire(("sip:a@192.0.2.1",))
    assert known.addresses == {"192.0.2.1"}


def test_names_are_looked_up_and_looked_up_again(names):
    names["kitchen.test"] = ["192.0.2.5", "192.0.2.6"]
    known = Known()
    known.desire(("sip:a@192.0.2.1", "sip:a@Kitchen.test"))
    assert settled(known, 100.0)
    assert known.addresses == {"192.0.2.1", "192.0.2.5", "192.0.2.6"}
    names["kitchen.test"] = ["192.0.2.7"]
    assert not settled(known, 100.0 + AGAIN_S - 1)
    assert settled(known, 100.0 + AGAIN_S)
    assert known.addresses == {"192.0.2.1", "192.0.2.7"}
    del names["kitchen.test"]
    assert not settled(known, 100.0 + 2 * AGAIN_S)
    assert known.addresses == {"192.0.2.1", "192.0.2.7"}, "a flood must not shut it out meanwhile"


def test_a_name_vouches_for_the_addresses_that_it_leads_to(names):
    names["kitchen.test"] = ["192.0.2.5", "2001:db8:0:0:0:0:0:5"]
    known = Known()
    known.desire(("sip:a@192.0.2.1", "sip:a@Kitchen.test"))
    assert known.names("192.0.2.5", "kitchen.test") == (), "nothing is known yet"
    settled(known, 100.0)
    assert known.names("192.0.2.5", "") == ("kitchen.test",)
    assert known.names("2001:db8::5", "") == ("kitchen.test",)
    assert known.names("192.0.2.1", "") == (), "an address is no name"
    assert known.names("192.0.2.6", "kitchen.test") == ()


def test_a_name_that_cannot_be_looked_up_vouches_for_nothing_and_is_looked_up_again_soon(names):
    names["kitchen.test"] = ["192.0.2.5"]
    known = Known()
    known.desire(("sip:a@kitchen.test",))
    settled(known, 100.0)
    del names["kitchen.test"]
    settled(known, 100.0 + AGAIN_S)
    assert known.names("192.0.2.5", "") == ()
    names["kitchen.test"] = ["192.0.2.5"]
    settled(known, 100.0 + AGAIN_S + FAILED_AGAIN_S - 1)
    assert known.names("192.0.2.5", "") == ()
    settled(known, 100.0 + AGAIN_S + FAILED_AGAIN_S)
    assert known.names("192.0.2.5", "") == ("kitchen.test",)


def test_a_call_from_elsewhere_has_the_name_looked_up_again_but_not_for_each_call(names):
    names["kitchen.test"] = ["192.0.2.5"]
    known = Known()
    known.desire(("sip:a@kitchen.test",))
    settled(known, 100.0)
    names["kitchen.test"] = ["192.0.2.6"]
    assert known.names("192.0.2.6", "kitchen.test") == ()
    settled(known, 100.0 + MISSED_AGAIN_S - 1)
    assert known.names("192.0.2.6", "kitchen.test") == ()
    settled(known, 100.0 + MISSED_AGAIN_S)
    assert known.names("192.0.2.6", "kitchen.test") == ("kitchen.test",)
    assert known.names("192.0.2.5", "") == (), "the address that the name has lost"
