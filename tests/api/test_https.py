"""HTTPS: what is served, and the attacks that the listener meets."""

import asyncio
import http.client
import json
import socket
import ssl
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, suppress

import httpx
import pytest
from websockets.sync.client import connect

from appliance.api import app
from appliance.api.http import auth, connections, handshakes, server
from appliance.base.errors import IntercomError
from tests.api.conftest import PATIENCE_S, TOKEN, Served, run
from tests.support.certificates import Authority
from tests.support.waiting import until


class Given:
    """A certificate for `names` that does not change."""

    names = frozenset({"localhost", "127.0.0.1", "*.door.example"})
    host = "127.0.0.1"

    def __init__(self, certificate: str, key: str) -> None:
        self._context = handshakes.context()
        self._context.load_cert_chain(certificate, key)

    async def context(self) -> ssl.SSLContext:
        return self._context


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def https(station, loop, authority) -> Generator[Served, None, None]:
    certificate, key = authority.sign("door", "door", "DNS:localhost", "IP:127.0.0.1")
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, Given(certificate, key))
    yield Served(station, run(loop, listening.start()), loop)
    run(loop, listening.stop())


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority.file)


@pytest.fixture
def client(https, authority) -> Generator[httpx.Client, None, None]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(
        base_url=https.bound.url, headers=headers, verify=trusting(authority), timeout=PATIENCE_S, trust_env=False
    ) as made:
        yield made


def plain(https) -> socket.socket:
    return socket.create_connection(("127.0.0.1", https.bound.port), PATIENCE_S)


def ended(connection: socket.socket) -> bytes:
    """What comes until the other side has closed the connection."""
    told = b""
    try:
        while more := connection.recv(4096):
            told += more
    except ConnectionError:
        pass
    return told


def test_the_page_and_orders_are_served_over_tls(https, client):
    assert https.bound.url == f"https://127.0.0.1:{https.bound.port}/"
    assert client.get("/").status_code == 200
    assert client.post("/v1/doors/front/open").status_code == 200
    assert client.get("/v1/state", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_an_event_stream_and_a_websocket_work_over_tls(https, client, authority):
    with client.stream("GET", "/v1/events", headers={"Accept": "text/event-stream"}) as stream:
        lines = stream.iter_lines()
        https.tell("custom", note="by sse")
        assert "by sse" in next(line for line in lines if line.startswith("data:"))
    uri = f"wss://127.0.0.1:{https.bound.port}/v1/events"
    origin = f"https://127.0.0.1:{https.bound.port}"
    protocols = [f"bearer.{TOKEN}", "intercomd.v1"]
    with connect(uri, ssl=trusting(authority), subprotocols=protocols, origin=origin, proxy=None) as feed:
        https.tell("custom", note="by websocket")
        assert json.loads(feed.recv(PATIENCE_S))["data"]["note"] == "by websocket"


def test_plain_http_to_the_tls_port_gets_an_answer_that_says_so(https):
    with plain(https) as connection:
        connection.sendall(b"GET /v1/state HTTP/1.1\r\nHost: localhost\r\n\r\n")
        told = ended(connection)
    assert told.startswith(b"HTTP/1.1 400 ") and b"HTTPS only" in told and b"https://" in told


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x00\x05hello", b"\x16" * 4000, b"\x16\x03\x01\xff\xff" + b"x" * 70000])
def test_a_broken_handshake_ends_the_connection_and_others_are_served(https, client, sent):
    with plain(https) as connection:
        with suppress(OSError):  # it is ended before all is sent
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        assert b"HTTP" not in ended(connection)
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_tls_before_1_2_is_refused(https, version):
    """openssl's client, as Python's refuses to speak it by itself."""
    where = ["-connect", f"127.0.0.1:{https.bound.port}", version, "-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(["openssl", "s_client", *where], input=b"", capture_output=True, timeout=PATIENCE_S)
    assert done.returncode != 0 and b"Cipher is (NONE)" in done.stdout


@pytest.mark.parametrize("suites", ["ECDHE+AES+SHA1", "ECDHE+AES+SHA256:!AESGCM:!AESCCM", "ECDHE+AES+SHA384:!AESGCM"])
def test_no_suite_with_cbc_is_taken(https, authority, suites):
    trusted = trusting(authority)
    trusted.maximum_version = ssl.TLSVersion.TLSv1_2
    trusted.set_ciphers(suites)
    with plain(https) as connection, pytest.raises(ssl.SSLError):
        trusted.wrap_socket(connection, server_hostname="localhost")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_served(https, authority, version):
    trusted = trusting(authority)
    trusted.minimum_version = trusted.maximum_version = version
    with trusted.wrap_socket(plain(https), server_hostname="localhost") as connection:
        connection.sendall(
            f"GET /livez HTTP/1.1\r\nHost: localhost:{https.bound.port}\r\nConnection: close\r\n\r\n".encode()
        )
        assert ended(connection).startswith(b"HTTP/1.1 200 ")


def test_nothing_follows_the_handshake_but_answers(https, authority):
    """A ticket for resumption, which a client reads while it sends its first request in another thread, broke it."""
    trusted = trusting(authority)
    trusted.minimum_version = ssl.TLSVersion.TLSv1_3
    with trusted.wrap_socket(plain(https), server_hostname="localhost") as connection:
        connection.sendall(
            f"GET /livez HTTP/1.1\r\nHost: localhost:{https.bound.port}\r\nConnection: close\r\n\r\n".encode()
        )
        assert ended(connection).startswith(b"HTTP/1.1 200 ")
        assert not connection.session.has_ticket


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["silent", "half a hello"])
def test_handshakes_held_open_are_bounded_and_others_are_served(https, client, sent, loop):
    faults = []
    loop.set_exception_handler(lambda _, context: faults.append(context))
    held = [plain(https) for _ in range(handshakes.MOST_OF_ONE * 3)]
    try:
        for connection in held:
            try:
                connection.sendall(sent)
            except ConnectionError:
                continue  # it has made room already
        assert client.get("/livez").status_code == 200
        for connection in held[: handshakes.MOST_OF_ONE]:
            assert ended(connection) == b""
        assert not faults  # each would fill the log by one traceback
    finally:
        loop.set_exception_handler(None)
        for connection in held:
            connection.close()


@pytest.mark.parametrize("known", [False, True], ids=["a browser", "a browser of a client"])
def test_a_handshake_from_each_of_many_addresses_ends_none_of_a_browser(https, client, authority, monkeypatch, known):
    """A browser begins up to six at once; a machine has as many addresses as it likes, most of all by IPv6."""
    monkeypatch.setattr(handshakes, "place", str)  # else all of 127.0.0.0/8 are one source
    monkeypatch.setattr(connections, "place", str)
    monkeypatch.setattr(connections, "CLIENTS", {})
    monkeypatch.setattr(handshakes, "CLIENTS", connections.CLIENTS)
    if known:
        assert client.get("/v1/state").status_code == 200
    where, strangers = ("127.0.0.1", https.bound.port), range(handshakes.MOST - 1)
    with ExitStack() as stack:

        def held(source: str) -> socket.socket:
            return stack.enter_context(socket.create_connection(where, PATIENCE_S, (source, 0)))

        for n in strangers:
            held(f"127.0.1.{1 + n}")
        begun = [held("127.0.0.1") for _ in range(6)]
        for n in strangers if known else ():
            held(f"127.0.2.{1 + n}")
        for each in begun:
            stack.enter_context(trusting(authority).wrap_socket(each, server_hostname="localhost"))


def test_a_handshake_that_is_not_done_in_time_is_closed(https, set_times):
    set_times(https_handshake_s=0.2)
    with plain(https) as silent, plain(https) as slow:
        slow.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert ended(silent) == ended(slow) == b""


def test_a_request_that_does_not_come_after_the_handshake_is_closed(https, authority, set_times):
    set_times(http_request_s=0.2)
    with trusting(authority).wrap_socket(plain(https), server_hostname="localhost") as connection:
        assert ended(connection) == b""


def test_an_oversized_header_is_refused_over_tls(https, authority):
    connection = http.client.HTTPSConnection(
        "localhost", https.bound.port, timeout=PATIENCE_S, context=trusting(authority)
    )
    try:
        connection.request("GET", "/livez", headers={"X-Long": "x" * 200_000})
        status = connection.getresponse().status
    except OSError:
        status = 400  # closed while the header was still being sent
    finally:
        connection.close()
    assert status in {400, 431}
    assert https.station.requests == []


@pytest.mark.parametrize(
    "foreign",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.2:{port}"},
        {"Host": "a.b.door.example:{port}"},
        {"Host": "door.example:{port}"},
        {"Host": "127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:{port}"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_a_foreign_host_or_origin_is_refused_over_tls_even_with_the_token(https, client, foreign):
    headers = {name: value.format(port=https.bound.port) for name, value in foreign.items()}
    assert client.post("/v1/doors/front/open", headers=headers).status_code == 403
    assert https.station.requests == []


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "front.door.example", "127.0.0.1"])
def test_the_names_of_the_certificate_and_our_own_pages_are_served(https, client, host):
    headers = {"Host": f"{host}:{https.bound.port}", "Origin": f"https://{host}:{https.bound.port}"}
    assert client.get("/v1/state", headers=headers).status_code == 200


def test_the_address_that_the_client_has_reached_counts_as_our_name_even_if_the_certificate_lacks_it(
    station, loop, authority
):
    given = Given(*authority.sign("named", "named", "DNS:localhost"))
    given.names = frozenset({"localhost"})
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, given)
    bound = run(loop, listening.start())
    try:
        with httpx.Client(verify=trusting(authority), timeout=PATIENCE_S, trust_env=False) as client:
            url, named = f"https://localhost:{bound.port}/livez", {"Host": f"127.0.0.1:{bound.port}"}
            assert client.get(url, headers=named).status_code == 200
            assert client.get(url, headers={"Host": f"192.0.2.1:{bound.port}"}).status_code == 403
    finally:
        run(loop, listening.stop())


def test_a_client_that_trusts_another_authority_ends_the_handshake_and_others_are_served(https, client, tmp_path):
    with pytest.raises(ssl.SSLCertVerificationError), plain(https) as connection:
        trusting(Authority(tmp_path / "other")).wrap_socket(connection, server_hostname="localhost")
    assert client.get("/livez").status_code == 200


def test_after_stop_nothing_listens_and_no_handshake_stays_open(station, loop, authority):
    certificate, key = authority.sign("door", "door", "DNS:localhost")
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, Given(certificate, key))
    bound = run(loop, listening.start())
    with socket.create_connection(("127.0.0.1", bound.port), PATIENCE_S) as silent:
        until(lambda: run(loop, waiting()), "the connection at the listener")
        run(loop, listening.stop())
        assert ended(silent) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", bound.port), PATIENCE_S)


async def waiting() -> bool:
    """Whether a handshake has begun on this loop."""
    return any("Handshakes._shake" in repr(task.get_coro()) for task in asyncio.all_tasks())


def test_an_address_beyond_loopback_needs_a_certificate(station):
    async def scenario():
        with pytest.raises(IntercomError) as failed:
            await server.HttpServer(app.build(station, TOKEN), None, "192.0.2.1", 0).start()
        return failed.value

    assert "unencrypted" in asyncio.run(scenario()).cause


@pytest.mark.parametrize(
    ("host", "reached", "ours"),
    [
        ("192.0.2.7:8443", ("::ffff:192.0.2.7", 8443), True),
        ("[2001:db8::7]:8443", ("2001:db8::7", 8443), True),
        ("192.0.2.7", ("192.0.2.7", 443), True),
        ("192.0.2.7", ("192.0.2.7", 8443), False),
        ("192.0.2.8:8443", ("192.0.2.7", 8443), False),
        ("evil.example:8443", ("192.0.2.7", 8443), False),
        ("192.0.2.7:8443", None, False),
    ],
)
def test_the_address_that_a_client_has_reached_is_ours_by_tls_only(host, reached, ours):
    assert auth.Listener(tls=True).is_ours(host, reached) is ours
    assert not auth.Listener().is_ours(host, reached)
