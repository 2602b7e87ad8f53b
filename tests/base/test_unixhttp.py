"""A local client connects although too many others wait to be accepted, for which the kernel refuses it at once."""

import socket
import threading
from contextlib import closing

import pytest

from appliance.base.unixhttp import UnixConnection
from tests.support.waiting import PATIENCE_S


def connected(path, timeout_s):
    connection = UnixConnection(path, timeout_s)
    try:
        connection.connect()
    except OSError:
        connection.close()
        raise
    return connection.sock


@pytest.fixture
def full(tmp_path):
    """A listener without room, and the clients that have taken it."""
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "sock"))
        listening.listen(0)
        with closing(socket.socket(socket.AF_UNIX)) as other:
            other.connect(str(tmp_path / "sock"))
            yield tmp_path / "sock", listening


def test_a_client_waits_for_room_and_connects_once_there_is_some(full):
    path, listening = full
    begun, accepted = threading.Event(), []

    def accept():
        begun.wait()
        accepted.extend(listening.accept()[0] for _ in range(2))

    accepting = threading.Thread(target=accept)
    accepting.start()
    with pytest.raises(BlockingIOError):
        connected(path, 0.0)
    begun.set()
    with closing(connected(path, PATIENCE_S)) as one:
        assert one.gettimeout() == PATIENCE_S
        one.sendall(b"order")
        accepting.join()
        assert accepted[1].recv(5) == b"order"
    for each in accepted:
        each.close()


def test_a_client_gives_up_in_its_time(full):
    path, _ = full
    with pytest.raises(BlockingIOError):
        connected(path, 0.05)


def test_what_is_no_socket_is_refused_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        connected(tmp_path / "none", PATIENCE_S)
