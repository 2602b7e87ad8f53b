"""Where receivers may be: the addresses that no setting allows, those that one does, and names that lead to them."""

import ipaddress
import socket
import time

import pytest

from appliance.outlet.webhooks import addresses

LOCAL = [
    *("127.0.0.1", "127.9.9.9", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *("::1", "fd12::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.5", "2002:7f00:1::", "2002:c0a8:101::1"),
    *("64:ff9b::10.0.0.5", "64:ff9b:1::c0a8:101", "::10.0.0.5"),
]
NEVER = [
    *("169.254.169.254", "169.254.1.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
    *("100.100.100.200", "168.63.129.16", "::", "fe80::1", "fe80::1%lo", "ff02::1", "fd00:ec2::254"),
    *("::ffff:169.254.169.254", "2002:a9fe:a9fe::", "64:ff9b::169.254.169.254", "::169.254.169.254"),
    "2001:0:a9fe:a9fe::",  # Teredo, by a server at 169.254.169.254
]
PUBLIC = ["192.0.32.10", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]


@pytest.mark.parametrize("address", LOCAL)
def test_a_local_address_is_refused_unless_it_is_allowed(address):
    with pytest.raises(addresses.RefusedError) as refused:
        addresses.judge(address, local=False, plain=False)
    assert not refused.value.forbidden
    addresses.judge(address, local=True, plain=False)
    addresses.judge(address, local=True, plain=True)


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("local", [False, True])
def test_an_address_that_no_receiver_has_is_always_refused(address, local):
    with pytest.raises(addresses.RefusedError) as refused:
        addresses.judge(address, local=local, plain=False)
    assert refused.value.forbidden


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_refused_without_tls_only(address):
    for local in (False, True):
        addresses.judge(address, local=local, plain=False)
        with pytest.raises(addresses.RefusedError) as refused:
            addresses.judge(address, local=local, plain=True)
        assert refused.value.plain


def test_a_public_address_of_the_house_itself_is_local(monkeypatch):
    own = (ipaddress.ip_network("2a00:1450::/48"),)
    monkeypatch.setattr("appliance.base.outside.addresses.own_networks", lambda: own)
    with pytest.raises(addresses.RefusedError):
        addresses.judge("2a00:1450::7", local=False, plain=False)
    addresses.judge("2a00:1450::7", local=True, plain=True)


def names(monkeypatch, *answers):
    """Have each look-up give the next of these lists of addresses; how often it was asked."""
    asked = []

    def look(_host, port, **_):
        asked.append(port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers[len(asked) - 1]]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


def test_a_name_that_leads_to_one_refused_address_is_refused_whole(monkeypatch):
    names(monkeypatch, ["1.1.1.1", "169.254.169.254"])
    with pytest.raises(addresses.RefusedError, match=r"169\.254\.169\.254"):
        addresses.connect("rebound.example", 80, time.monotonic() + 60, 60, local=True, plain=False)


def test_what_was_judged_is_connected_to_and_the_name_is_not_asked_again(monkeypatch):
    """DNS rebinding: the second answer for the name would be another machine."""
    with socket.create_server(("127.0.0.2", 0)) as listener:
        port = listener.getsockname()[1]
        asked = names(monkeypatch, ["127.0.0.2"], ["127.0.0.3"])
        made = addresses.connect("rebound.example", port, time.monotonic() + 60, 60, local=True, plain=False)
        with made:
            assert made.getpeername() == ("127.0.0.2", port)
    assert len(asked) == 1


def test_of_several_addresses_the_first_that_answers_is_used(monkeypatch):
    with socket.create_server(("127.0.0.2", 0)) as listener:
        port = listener.getsockname()[1]
        names(monkeypatch, ["127.0.0.3", "127.0.0.2"])
        with addresses.connect("two.example", port, time.monotonic() + 60, 60, local=True, plain=False) as made:
            assert made.getpeername()[0] == "127.0.0.2"
