import asyncio
import errno
import logging
import os
import signal
import socket
import stat

import httpx
import pytest

from appliance.api import app
from appliance.api.http import server
from appliance.base.errors import IntercomError
from tests.api.conftest import PATIENCE_S, TOKEN
from tests.api.fake import Station


@pytest.fixture
def application(tmp_path):
    return app.build(Station(tmp_path), TOKEN)


def test_a_free_port_is_found_and_both_listeners_answer(served):
    assert served.bound.port > 0
    assert served.bound.url == f"http://127.0.0.1:{served.bound.port}/"
    for client in (served.tcp(), served.unix()):
        with client:
            assert client.get("/livez").status_code == 200


def test_the_socket_is_for_owner_and_group_only(served):
    assert stat.S_IMODE(served.bound.socket.stat().st_mode) == 0o660


def test_after_stop_nothing_listens_and_the_socket_is_gone(application, tmp_path):
    async def scenario():
        listening = server.HttpServer(application, tmp_path / "s", "127.0.0.1", 0)
        bound = await listening.start()
        await listening.stop()
        await listening.stop()
        return bound

    bound = asyncio.run(scenario())
    assert not (tmp_path / "s").exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", bound.port), 5)


def test_stop_does_not_wait_for_open_event_streams(application, tmp_path):
    async def scenario():
        from websockets.asyncio.client import connect

        listening = server.HttpServer(application, None, "127.0.0.1", 0)
        bound = await listening.start()
        uri = f"ws://127.0.0.1:{bound.port}/v1/events"
        sock = socket.create_connection(("127.0.0.1", bound.port))  # past any proxy
        async with connect(uri, sock=sock, subprotocols=[f"bearer.{TOKEN}", "intercomd.v1"]) as feed:
            await asyncio.wait_for(listening.stop(), 120)
            await asyncio.wait_for(feed.wait_closed(), 120)

    asyncio.run(scenario())


def test_without_a_socket_path_there_is_only_tcp(application):
    async def scenario():
        listening = server.HttpServer(application, None, "::1", 0)
        bound = await listening.start()
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
                answer = await client.get(f"{bound.url}livez")
        finally:
            await listening.stop()
        return bound, answer

    bound, answer = asyncio.run(scenario())
    assert bound.socket is None and bound.url == f"http://[::1]:{bound.port}/"
    assert answer.status_code == 200


def failing(application, path=None, address="127.0.0.1", port=0) -> IntercomError:
    async def scenario():
        listening = server.HttpServer(application, path, address, port)
        with pytest.raises(IntercomError) as failed:
            await listening.start()
        return failed.value

    return asyncio.run(scenario())


def test_a_busy_port_is_named_with_what_to_do(application):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        error = failing(application, port=port)
    assert error.code == "unavailable"
    assert f"127.0.0.1:{port}" in error.message and "already" in error.cause and f"{port}" in error.resolution


@pytest.mark.parametrize(
    ("number", "why", "remedy"),
    [
        (errno.EADDRNOTAVAIL, "does not have this address", "Set http.address to one of them"),
        (errno.EACCES, "for root", "Set http.port to 1024 or more"),
        (errno.ENETDOWN, "Network is down", "Set http.address and http.port"),
    ],
)
def test_each_cause_of_a_port_that_does_not_open_has_its_remedy(monkeypatch, number, why, remedy):
    class Refusing(socket.socket):
        def bind(self, _):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(IntercomError) as failed:
        server._tcp("192.0.2.1", 443, encrypted=True)
    assert "192.0.2.1:443" in failed.value.message
    assert why in failed.value.cause and remedy in failed.value.resolution


def test_the_body_of_an_answer_does_not_wait_for_the_acknowledgement_of_its_head():
    with (
        server._tcp("127.0.0.1", 0, encrypted=False) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_only_loopback_addresses_are_taken(application, address):
    error = failing(application, address=address)
    assert error.code == "config-invalid" and "http.address" in error.resolution


def test_a_socket_left_by_a_killed_daemon_is_taken_over(application, tmp_path):
    path = tmp_path / "s"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()

    async def scenario():
        listening = server.HttpServer(application, path, "127.0.0.1", 0)
        await listening.start()
        await listening.stop()

    asyncio.run(scenario())


def test_a_socket_in_use_is_left_alone_and_no_port_stays_open(application, tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        error = failing(application, path)
        assert error.code == "unavailable" and "Another daemon" in error.cause
        assert path.exists()


def test_a_file_in_the_sockets_place_is_left_alone(application, tmp_path):
    path = tmp_path / "s"
    path.write_text("precious")
    assert failing(application, path).code == "unavailable"
    assert path.read_text() == "precious"


@pytest.mark.parametrize("name", ["no/such/directory", "long" * 40])
def test_a_socket_that_cannot_be_made_is_reported(application, tmp_path, name):
    assert failing(application, tmp_path / name).code == "unavailable"


def test_signals_stay_the_daemons(application):
    async def scenario():
        before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
        listening = server.HttpServer(application, None, "127.0.0.1", 0)
        await listening.start()
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
        await listening.stop()

    asyncio.run(scenario())


def test_no_request_is_logged(served, caplog):
    caplog.set_level(logging.INFO)
    with served.tcp() as client:
        client.get("/v1/state")
        client.get("/v1/nothing", headers={"Authorization": "Bearer wrong"})
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert ours == []
    assert TOKEN not in caplog.text


def test_an_idle_server_does_not_wake_up(application):
    """uvicorn's own main loop wakes ten times a second."""

    async def scenario():
        listening = server.HttpServer(application, None, "127.0.0.1", 0)
        await listening.start()
        loop = asyncio.get_running_loop()
        timers = [handle for handle in loop._scheduled if not handle.cancelled()]
        await listening.stop()
        return timers

    assert asyncio.run(scenario()) == []
