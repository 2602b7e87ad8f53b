"""A source that asks too often, against real sockets: its requests are dropped, what belongs to a call comes."""

import ipaddress
import socket
import struct
from types import SimpleNamespace

import pytest

from appliance.base import times
from appliance.core import inputs
from appliance.sip.stack.routing import floods as module
from appliance.sip.stack.routing.floods import (
    FILTERED,
    FILTERED_S,
    SILENT_S,
    Floods,
    drops,
    only_from,
    requests_not_from,
)

INVITES, OTHER = b"INVITE sip:door SIP/2.0\r\n\r\n", b"BYE sip:door SIP/2.0\r\n\r\n"


class Pjsip:
    """The part of pjsua2 that counts: `shut` are those of whom it has dropped something, `dropped` how many."""

    def __init__(self):
        self.shut, self.dropped, self.known, self.calls = [], 0, [], []

    def floodsLimit(self, limits):
        assert limits.surplusAtOnce > limits.atOnce > limits.knownAtOnce

    def floodsKnow(self, addresses):
        self.known = sorted(addresses)

    def farEnds(self):
        return self.calls

    def floodsShut(self):
        told, self.shut = self.shut, []
        return told

    def floodsDropped(self):
        count, self.dropped = self.dropped, 0
        return count


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6])
def port(request):
    with socket.socket(request.param, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1" if request.param == socket.AF_INET else "::1", 0))
        listening.settimeout(120)
        yield listening


@pytest.fixture
def floods(port):
    told = []
    made = Floods(told.append)
    made.told, made.pjsip = told, Pjsip()
    made.listen(made.pjsip, port.getsockname()[1])
    yield made
    made.close()


def arrive(port, source, *packets):
    """Those that come through; the last one, from elsewhere, proves that all have arrived."""
    with socket.socket(port.family, socket.SOCK_DGRAM) as sender, socket.socket(port.family, socket.SOCK_DGRAM) as last:
        sender.bind((source, 0))
        for packet in packets:
            sender.sendto(packet, port.getsockname())
        last.sendto(b"the last packet", port.getsockname())
    come = []
    while (packet := port.recv(100)) != b"the last packet":
        come.append(packet)
    return come


def source(port):
    """An address that packets to this port can come from; by IPv6, loopback has one only."""
    return "127.0.0.9" if port.family == socket.AF_INET else "::1"


def shut(floods, address, now):
    """pjsip drops a request from there."""
    floods.pjsip.shut = [address]
    floods.turn(now)


def denied(floods):
    return [(told.who, told.source, told.scope) for told in floods.told if isinstance(told, inputs.AccessDenied)]


def test_its_invites_are_dropped_and_all_else_comes(floods, port):
    address = source(port)
    assert arrive(port, address, INVITES) == [INVITES]
    shut(floods, address, 100.0)
    assert arrive(port, address, INVITES, OTHER, INVITES) == [OTHER]
    if port.family == socket.AF_INET:
        assert arrive(port, "127.0.0.8", INVITES, OTHER) == [INVITES, OTHER]


def test_the_port_has_one_socket(floods):
    assert len(floods._sockets) == 1


@pytest.mark.parametrize("method", [b"INVITE", b"MESSAGE", b"OPTIONS", b"REGISTER", b"SUBSCRIBE"])
def test_each_request_that_costs_something_is_dropped(method, floods, port):
    shut(floods, source(port), 100.0)
    assert arrive(port, source(port), method + b" sip:door SIP/2.0\r\n\r\n", OTHER) == [OTHER]


def test_a_source_that_goes_on_is_reported_once_and_one_that_comes_back_again(floods, port):
    address = source(port)
    for now in (100.0, 100.1, 130.0, 160.0, 200.0):
        shut(floods, address, now)
    assert denied(floods) == [("caller", address, "call")]
    shut(floods, address, 200.0 + SILENT_S)
    assert len(denied(floods)) == 2


def test_the_kernel_lets_pjsip_look_again_after_a_while(floods, port):
    address = source(port)
    shut(floods, address, 100.0)
    floods.turn(100.0 + FILTERED_S - 0.1)
    assert arrive(port, address, INVITES) == []
    floods.turn(100.0 + FILTERED_S)
    assert arrive(port, address, INVITES) == [INVITES]


def test_who_is_known_by_now_is_heard_at_once(floods, port):
    address = source(port)
    shut(floods, address, 100.0)
    floods.know({address})
    assert floods.pjsip.known == [address]
    assert arrive(port, address, INVITES) == [INVITES]


def test_the_far_end_of_a_call_is_heard_though_its_address_was_shut_out_before(floods, port):
    address = source(port)
    shut(floods, address, 100.0)
    floods.pjsip.calls = [address]
    floods.turn(100.1)
    assert arrive(port, address, INVITES) == [INVITES]


def test_what_kernel_and_pjsip_have_dropped_is_counted(floods, port):
    shut(floods, source(port), 100.0)
    assert arrive(port, source(port), INVITES, INVITES, OTHER) == [OTHER]
    floods.pjsip.dropped = 7
    floods.turn(110.0)
    floods.turn(120.0)
    assert [told.count for told in floods.told if isinstance(told, inputs.RequestsDropped)] == [9]


def test_some_time_after_a_flood_its_memory_is_given_back_once(floods, monkeypatch):
    given = []
    monkeypatch.setattr(module, "LIBC", SimpleNamespace(malloc_trim=given.append))
    floods.pjsip.dropped, begin, later = 7, 110.0, 110.0 + times.current.flood_memory_again_s
    for now in (begin, later - 0.1):
        floods.turn(now)
    assert given == [], "transactions still have it"
    for now in (later, later + 100.0):
        floods.turn(now)
    assert given == [0]


def test_kernel_that_does_not_say_what_it_dropped_has_dropped_nothing():
    class Emulated:
        """As in qemu-user, which answers with one word of nine."""

        def getsockopt(self, level, option, size):
            return bytes(4)

    assert drops(Emulated()) == 0


def test_only_registrars_connect_by_tcp():
    with socket.create_server(("127.0.0.1", 0)) as server:
        floods = Floods(print)
        floods.listen(Pjsip(), 0)
        floods.admit({"127.0.0.9", "127.0.0.8"})
        where = server.getsockname()
        for registrar in ("127.0.0.9", "127.0.0.8"):
            socket.create_connection(where, 20, (registrar, 0)).close()
        with pytest.raises(TimeoutError):
            socket.create_connection(where, 0.2, ("127.0.0.7", 0))
        floods.admit({"127.0.0.7"})
        socket.create_connection(where, 20, ("127.0.0.7", 0)).close()
        floods.close()


def test_as_many_as_ever_come_it_remembers_a_bounded_number(floods, port):
    floods.pjsip.shut = [f"127.1.{number // 250}.{number % 250}" for number in range(1000)]
    floods.turn(100.0)
    if port.family == socket.AF_INET:
        assert arrive(port, "127.1.3.249", INVITES) == []
        assert arrive(port, "127.1.0.0", INVITES) == [INVITES]
    assert len(floods._filtered) == FILTERED


@pytest.mark.parametrize("count", [0, 1, FILTERED])
@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
@pytest.mark.parametrize("program", [requests_not_from, only_from])
def test_each_jump_of_a_filter_ends_inside_it(program, address, count):
    steps = program([ipaddress.ip_address(address)] * count)
    for place, (_, true, false, _) in enumerate(steps):
        assert place + max(true, false) < len(steps)
        struct.pack("HBBI", *steps[place])
