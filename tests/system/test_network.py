"""The network as the kernel and the resolver's file describe it; tests/daemon/network/test_network.py has its loss."""

import asyncio
import struct

import pytest

from appliance.core import inputs
from appliance.system import network
from appliance.system.network import NetworkMonitor, nameservers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        (
            "# nothing\nsearch home\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # here\n",
            ("192.0.2.1", "2001:db8::1"),
        ),
        ("nameserver\noptions rotate\n", ()),
    ],
)
def test_nameservers_are_read_from_the_resolvers_file(tmp_path, text, found):
    file = tmp_path / "resolv.conf"
    assert nameservers(file) == ()
    file.write_text(text)
    assert nameservers(file) == found


def test_what_the_kernel_lists_is_no_loopback_address():
    assert all(not address.startswith(("127.", "::1", "fe80")) for address in network.addresses())


def test_a_broken_attribute_ends_the_list():
    good = struct.pack("=HH4s", 8, 1, b"\xc0\x00\x02\x07")
    assert list(network._attributes(good + struct.pack("=HH", 2, 1) + good)) == [(1, b"\xc0\x00\x02\x07")]


def test_it_is_reported_once_at_first_and_then_when_nameservers_are_others(tmp_path, monkeypatch):
    file, new = tmp_path / "etc" / "resolv.conf", tmp_path / "new"
    file.parent.mkdir()
    file.write_text("nameserver 192.0.2.1\n")
    new.write_text("nameserver 192.0.2.2\n")
    monkeypatch.setattr(network, "RESOLVER", file)

    async def scenario():
        told = asyncio.Queue()
        watch = NetworkMonitor(told.put_nowait)
        watch.start()
        try:
            first = await asyncio.wait_for(told.get(), 120)
            assert isinstance(first, inputs.NetworkChanged)
            assert first.nameservers == ("192.0.2.1",)
            new.rename(file)  # as resolvconf and NetworkManager do
            assert (await asyncio.wait_for(told.get(), 120)).nameservers == ("192.0.2.2",)
        finally:
            watch.stop()
            watch.stop()
        assert told.empty()

    asyncio.run(scenario())


def test_without_netlink_the_network_is_taken_as_it_is(monkeypatch, caplog):
    real = network.socket.socket

    def forbidden(family=-1, *rest):
        if family == network.socket.AF_NETLINK:
            raise PermissionError("not allowed")
        return real(family, *rest)

    async def scenario():
        watch = NetworkMonitor(pytest.fail)
        watch.start()
        watch.stop()

    monkeypatch.setattr(network.socket, "socket", forbidden)
    asyncio.run(scenario())
    assert "The kernel does not report network changes: not allowed" in caplog.text


def test_a_kernel_that_refuses_to_list_is_no_end(monkeypatch, caplog):
    def refused():
        raise OSError("refused")

    async def scenario():
        watch = NetworkMonitor(pytest.fail)
        watch.start()
        watch.stop()

    monkeypatch.setattr(network, "addresses", refused)
    asyncio.run(scenario())
    assert "The network cannot be examined: refused" in caplog.text
