"""Which packet counts as the answer of a STUN server."""

import struct

import pytest

from appliance.sip.stack.routing.stun import answers, check
from tests.support.peers import stun

ASKED = b"twelve bytes"
PUBLIC = stun.mapped(("192.0.2.77", 4000))


def plain(host):
    """MAPPED-ADDRESS, as servers of RFC 3489 send it."""
    return stun.attribute(0x0001, struct.pack("!BBH", 0, 1, 4000) + bytes(map(int, host.split("."))))


def answer(*attributes, kind=stun.ANSWER, transaction=ASKED):
    return stun.message(kind, *attributes, transaction=transaction)


@pytest.mark.parametrize(
    "data",
    [
        answer(PUBLIC),
        answer(stun.mapped(("192.168.178.20", 4000))),
        answer(plain("192.0.2.77")),
        answer(stun.attribute(0x8022, b"a server"), PUBLIC),
        answer(plain("0.0.0.0"), PUBLIC),
    ],
)
def test_an_answer_with_an_address_counts(data):
    assert answers(data, ASKED)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        answer(PUBLIC)[:19],
        answer(PUBLIC)[:-3],
        answer(PUBLIC) + bytes(9000),
        answer(PUBLIC, transaction=b"another one!"),
        answer(PUBLIC, kind=stun.BINDING),
        answer(PUBLIC, kind=stun.REFUSAL),
        answer(),
        answer(stun.attribute(0x0020, b"")),
        answer(stun.attribute(0x0020, struct.pack("!BBH", 0, 2, 4000) + bytes(16))),
        *(
            answer(named(host))
            for named in (plain, lambda host: stun.mapped((host, 4000)))
            for host in ("0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.7.7", "224.0.0.1", "240.0.0.1", "255.255.255.255")
        ),
    ],
)
def test_what_names_no_address_that_phones_can_send_to_does_not_count(data):
    assert not answers(data, ASKED)


def test_an_attribute_whose_length_is_a_lie_ends_the_search():
    """It is longer than the packet: nothing is read behind the end, and no search is endless."""
    assert not answers(answer(struct.pack("!HH", 0x8022, 0xFFFF), PUBLIC), ASKED)


@pytest.mark.parametrize("host", ["stun..lan", f"{64 * 'a'}.lan"])
def test_a_server_whose_name_no_dns_has_is_one_without_an_address(host):
    """Else the thread that checks it would end, and nothing would report why."""
    with pytest.raises(OSError, match=r"."):
        check((host, 3478), "0.0.0.0")
