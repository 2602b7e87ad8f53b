"""A source that asks too often, against real sockets: its requests are dropped, what belongs to a call comes."""

import socket
import struct

import pytest

from appliance.sip.floods import AT_ONCE, PER_S, SHUT_KEPT, SHUT_S, Floods, only_from, requests_not_from

INVITES, OTHER = b"INVITE sip:door SIP/2.0\r\n\r\n", b"BYE sip:door SIP/2.0\r\n\r\n"


@pytest.fixture
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(20)
        yield listening


@pytest.fixture
def floods(port):
    told = []
    made = Floods(told.append)
    made.told = told
    made.listen(port.getsockname()[1])
    yield made
    made.close()


def arrive(port, source, *packets):
    """Those that come through; the last one, from elsewhere, tells that all are there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, socket.socket(type=socket.SOCK_DGRAM) as last:
        sender.bind((source, 0))
        for packet in packets:
            sender.sendto(packet, port.getsockname())
        last.sendto(b"the last packet", port.getsockname())
    come = []
    while (packet := port.recv(100)) != b"the last packet":
        come.append(packet)
    return come


def flood(floods, source, now):
    return [floods.refuses(f"{source}:5060", now) for _ in range(AT_ONCE + 2)]


def test_so_many_calls_at_once_are_let_through(floods, port):
    assert flood(floods, "127.0.0.9", 100.0) == [False] * AT_ONCE + [True, True]
    assert [(d.who, d.source, d.scope) for d in floods.told] == [("caller", "127.0.0.9", "call")]


def test_calls_at_the_allowed_rate_go_on_for_ever(floods, port):
    assert not any(floods.refuses("127.0.0.9:5060", n / PER_S) for n in range(500))


def test_its_invites_are_dropped_and_all_else_comes(floods, port):
    assert arrive(port, "127.0.0.9", INVITES) == [INVITES]
    flood(floods, "127.0.0.9", 100.0)
    assert arrive(port, "127.0.0.9", INVITES, OTHER, INVITES) == [OTHER]
    assert arrive(port, "127.0.0.8", INVITES, OTHER) == [INVITES, OTHER]


def test_the_port_has_one_socket(floods):
    assert len(floods._sockets) == 1


@pytest.mark.parametrize("method", [b"INVITE", b"MESSAGE", b"OPTIONS", b"SUBSCRIBE"])
def test_each_request_that_costs_memory_is_dropped(method, floods, port):
    flood(floods, "127.0.0.9", 100.0)
    assert arrive(port, "127.0.0.9", method + b" sip:door SIP/2.0\r\n\r\n", OTHER) == [OTHER]


def test_several_sources_are_shut_out_each_for_its_time(floods, port):
    flood(floods, "127.0.0.9", 100.0)
    flood(floods, "127.0.0.8", 110.0)
    floods.turn(100.0 + SHUT_S)
    assert arrive(port, "127.0.0.9", INVITES) == [INVITES]
    assert arrive(port, "127.0.0.8", INVITES) == []
    floods.turn(110.0 + SHUT_S)
    assert arrive(port, "127.0.0.8", INVITES) == [INVITES]


def test_only_registrars_connect_by_tcp():
    with socket.create_server(("127.0.0.1", 0)) as server:
        floods = Floods(print)
        floods.listen(0)
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
    for number in range(1000):
        flood(floods, f"127.1.{number // 250}.{number % 250}", 100.0)
    assert arrive(port, "127.1.3.249", INVITES) == []
    assert arrive(port, "127.1.0.0", INVITES) == [INVITES]
    assert len(floods._shut) == SHUT_KEPT


@pytest.mark.parametrize("count", [0, 1, SHUT_KEPT])
@pytest.mark.parametrize("program", [requests_not_from, only_from])
def test_each_jump_of_a_filter_ends_inside_it(program, count):
    steps = program([1] * count)
    for place, (_, true, false, _) in enumerate(steps):
        assert place + max(true, false) < len(steps)
        struct.pack("HBBI", *steps[place])
