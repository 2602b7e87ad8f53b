"""Where the targets are: addresses at once, names when DNS has answered, and again after a while."""

import time

import pytest

from appliance.sip import servers
from appliance.sip.known import AGAIN_S, Known
from appliance.sip.servers import Server


@pytest.fixture
def names(monkeypatch):
    """What DNS says; a name that is not in it is unknown."""
    said = {}

    def locate(host, port, transport):
        if host not in said:
            raise OSError("unknown")
        return [Server(host, address, 5060) for address in said[host]]

    monkeypatch.setattr(servers, "locate", locate)
    return said


def settled(known, now):
    """A turn, and further ones at that moment until what was asked is answered."""
    end = time.monotonic() + 120
    changed = known.turn(now)
    while known._looking:
        assert time.monotonic() < end
        time.sleep(0.01)
        changed = known.turn(now) or changed
    return changed


def test_addresses_need_nobody_to_be_asked(names):
    known = Known()
    known.desire(("192.0.2.1", "2001:db8::1"))
    assert known.addresses == {"192.0.2.1", "2001:db8::1"}
    assert not known.turn(100.0)
    known.desire(("192.0.2.1",))
    assert known.addresses == {"192.0.2.1"}


def test_names_are_looked_up_and_looked_up_again(names):
    names["kitchen.test"] = ["192.0.2.5", "192.0.2.6"]
    known = Known()
    known.desire(("192.0.2.1", "kitchen.test", "gone.test"))
    assert settled(known, 100.0)
    assert known.addresses == {"192.0.2.1", "192.0.2.5", "192.0.2.6"}
    names["kitchen.test"] = ["192.0.2.7"]
    assert not settled(known, 100.0 + AGAIN_S - 1)
    assert settled(known, 100.0 + AGAIN_S)
    assert known.addresses == {"192.0.2.1", "192.0.2.7"}
    del names["kitchen.test"]
    assert not settled(known, 100.0 + 2 * AGAIN_S)
    assert known.addresses == {"192.0.2.1", "192.0.2.7"}
