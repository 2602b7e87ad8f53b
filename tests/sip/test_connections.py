"""Connections of an address that is gone are ended; all others stay."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from appliance.sip.stack.routing import connections
from tests.support.daemon import loopback


@pytest.fixture
def pair():
    """Both ends of a connection, and who listens for more."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((loopback(), 0)))
        ours = stack.enter_context(socket.create_connection(listener.getsockname(), source_address=(loopback(), 0)))
        theirs, _ = listener.accept()
        stack.enter_context(theirs)
        yield listener, ours, theirs


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_connections_of_an_address_that_the_machine_has_stay(pair):
    _, ours, theirs = pair
    connections.leave_dead()
    ours.sendall(b"x")
    assert theirs.recv(1) == b"x"


def test_connections_of_an_address_that_is_gone_are_ended_and_nothing_else(pair, monkeypatch):
    listener, ours, theirs = pair
    gone = ours.getsockname()[0]
    monkeypatch.setattr(connections, "_ours", lambda _, address: address != gone)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        before = descriptors()
        connections.leave_dead()
        assert descriptors() == before
        assert theirs.recv(1) == b""
        datagrams.sendto(b"x", listener.getsockname())
    with socket.create_connection(listener.getsockname()):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_address_of_the_machine_is_known_as_such(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    assert connections._ours(family, address)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_an_address_of_nobody_is_known_as_such(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    assert not connections._ours(family, address)
