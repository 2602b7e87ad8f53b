"""Where a server's name leads: SRV records as DNS sends them, their order, and addresses."""

import random
import struct
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sip.stack.accounts.registration import Choice
from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.servers import SipServer, SrvRecord, literal, locate, ordered, read

QUESTION = b"\x04_sip\x04_udp\x03pbx\x04test\x00"


def answer(*records, questions=1):
    """A DNS message; each record is its type and its data. Names point to the question's."""
    head = struct.pack("!6H", 1, 0x8180, questions, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data for kind, data in records)
    return head + (QUESTION + struct.pack("!HH", 33, 1)) * questions + body


def srv(priority, weight, port, target):
    return 33, struct.pack("!3H", priority, weight, port) + target


def test_srv_records_are_read_and_others_left():
    pointing = b"\x05edge1\xc0\x16"  # edge1.pbx.test: the rest stands in the question
    message = answer(
        srv(10, 60, 5060, pointing), (5, b"\x00"), srv(20, 0, 5080, b"\x05edge2\x00"), srv(0, 0, 0, b"\x00")
    )
    assert read(message) == [SrvRecord(10, 60, 5060, "edge1.pbx.test"), SrvRecord(20, 0, 5080, "edge2")]


@given(st.binary(max_size=80), st.integers(0, 60))
def test_no_message_is_too_broken_to_be_read(garbage, cut):
    good = answer(srv(10, 60, 5060, b"\x05edge1\xc0\x16"))
    for message in (garbage, good[:cut], good[:cut] + garbage, answer((33, garbage)), answer(srv(1, 1, 1, garbage))):
        assert all(isinstance(one, SrvRecord) for one in read(message))


def test_a_name_that_points_to_itself_is_no_name():
    assert read(answer(srv(1, 1, 5060, b"\xc0\x34"))) == []


def test_lower_priorities_come_first_and_weights_share_the_rest():
    chance = random.Random(1).random
    a, b, backup = SrvRecord(1, 90, 5060, "a"), SrvRecord(1, 10, 5060, "b"), SrvRecord(2, 0, 5060, "backup")
    orders = [ordered([backup, b, a], chance) for _ in range(400)]
    assert all(order[2] is backup for order in orders)
    first = Counter(order[0].target for order in orders)
    assert 320 < first["a"] < 400
    assert {order[0].target for order in (ordered([SrvRecord(1, 0, 1, "x"), SrvRecord(1, 0, 1, "y")], chance),)} <= {
        "x",
        "y",
    }
    assert ordered([], chance) == []


@pytest.mark.parametrize(("transport", "port"), [("udp", 5060), ("tcp", 5060), ("tls", 5061)])
def test_an_address_is_not_looked_up(transport, port, monkeypatch):
    monkeypatch.setattr(servers.socket, "getaddrinfo", None)
    assert locate("192.0.2.5", 0, transport) == [SipServer("192.0.2.5", "192.0.2.5", port)]
    assert locate("192.0.2.5", 99, transport)[0].port == 99
    assert literal("pbx.test", 0, transport) is None


def test_an_ipv6_address_is_written_in_brackets_and_sent_to_without():
    server = literal("[2001:db8::5]", 0, "tcp")
    assert server == SipServer("[2001:db8::5]", "2001:db8::5", 5060)
    assert (server.version, server.at) == (6, "[2001:db8::5]:5060")
    assert server.route("tcp") == "sip:[2001:db8::5]:5060;maddr=2001:db8::5;transport=tcp"
    old = SipServer("pbx.test", "192.0.2.5", 5080)
    assert (old.version, old.at) == (4, "192.0.2.5:5080")


def test_addresses_of_a_kind_that_we_cannot_send_by_are_left_out(monkeypatch):
    answers = [(None, None, None, "", (address, 0)) for address in ("2001:db8::1", "192.0.2.1")]
    monkeypatch.setattr(servers.socket, "getaddrinfo", lambda *_: answers)
    assert [server.version for server in locate("pbx.test", 5060, "udp")] == [6, 4]
    assert locate("pbx.test", 5060, "udp", (4,)) == [SipServer("pbx.test", "192.0.2.1", 5060)]
    del answers[1]
    with pytest.raises(OSError, match="listen on"):
        locate("pbx.test", 5060, "udp", (4,))


def test_services_lead_to_addresses_and_what_has_none_is_left_out(monkeypatch):
    addresses = {"edge1.test": ["192.0.2.1", "192.0.2.2"], "edge3.test": ["192.0.2.3"], "pbx.test": ["192.0.2.9"]}

    def getaddrinfo(host, *rest):
        if host not in addresses:
            raise OSError("unknown")
        return [(None, None, None, "", (address, 0)) for address in addresses[host]]

    monkeypatch.setattr(servers.socket, "getaddrinfo", getaddrinfo)
    records = {
        "_sips._tcp.pbx.test": [
            SrvRecord(3, 0, 5081, "edge3.test"),
            SrvRecord(2, 0, 5080, "gone.test"),
            SrvRecord(1, 0, 5080, "edge1.test"),
        ]
    }
    monkeypatch.setattr(servers, "services", lambda name: records.get(name, []))
    assert locate("pbx.test", 0, "tls") == [
        SipServer("pbx.test", "192.0.2.1", 5080),
        SipServer("pbx.test", "192.0.2.2", 5080),
        SipServer("pbx.test", "192.0.2.3", 5081),
    ]
    assert locate("pbx.test", 0, "udp") == [SipServer("pbx.test", "192.0.2.9", 5060)]
    assert locate("pbx.test", 7, "tls") == [SipServer("pbx.test", "192.0.2.9", 7)]
    with pytest.raises(OSError, match="unknown"):
        locate("gone.test", 0, "udp")


@pytest.mark.parametrize("name", ["a" * 64 + ".test", ".."])
def test_a_name_that_can_be_none_is_an_error_like_one_that_is_not_there(name):
    with pytest.raises(OSError):
        locate(name, 0, "udp")


A, B, C = (SipServer("pbx.test", f"192.0.2.{number}", 5060) for number in (1, 2, 3))


def test_the_server_that_works_is_kept_and_the_next_one_taken_when_it_fails():
    choice = Choice()
    choice.offer((A, B, C))
    assert (choice.now, choice.more) == (A, True)
    choice.move_on()
    assert (choice.now, choice.more) == (B, True)
    choice.settle(works=True)
    choice.offer((A, B, C))
    assert (choice.now, choice.more) == (B, True)
    choice.move_on()
    assert choice.now == A
    choice.move_on()
    assert (choice.now, choice.more) == (C, False)
    choice.settle(works=False)
    assert (choice.now, choice.more) == (A, True)
    choice.offer((B, C))
    assert choice.now == B
    choice.offer((B,))
    assert not choice.more
