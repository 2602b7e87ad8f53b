import asyncio
import socket
import stat
from functools import partial

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import app
from appliance.api.http import auth
from tests.api.conftest import TOKEN
from tests.api.fake import Station

LOOPBACK = auth.Listener(hosts=frozenset({"127.0.0.1:8080", "localhost:8080", "[::1]:8080"}))

PROTECTED = [
    ("GET", "/v1/state", "view"),
    ("GET", "/v1/calls", "view"),
    ("GET", "/v1/events", "view"),
    ("GET", "/v1/recordings/r-001/audio", "call"),
    ("GET", "/v1/nothing", "view"),
    ("GET", "/v1/codes", "admin"),
    ("POST", "/v1/calls", "call"),
    ("PATCH", "/v1/calls/c-1", "call"),
    ("DELETE", "/v1/calls/c-1", "call"),
    ("POST", "/v1/panel/buttons/kitchen/press", "door"),
    ("POST", "/v1/nothing", "admin"),
    ("POST", "/v1/doors/front/open", "door"),
]


@pytest.mark.parametrize(("method", "path", "scope"), PROTECTED)
@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", "\xe9"])
def test_over_tcp_nothing_is_shown_or_done_without_the_token(station, method, path, scope, token):
    headers = {} if token is None else {"Authorization": f"Bearer {token}".encode("latin-1")}
    answer = asked(station, method, path, headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert station.requests == []
    assert station.denials == [("http:unknown", "192.0.2.7", scope)]


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_the_token_counts_as_a_bearers_only(station, scheme):
    assert asked(station, "GET", "/v1/state", {"Authorization": f"{scheme} {TOKEN}"}).status_code == 401


@pytest.mark.parametrize("path", [f"/v1/state?token={TOKEN}", f"/v1/state?access_token={TOKEN}"])
def test_a_token_in_the_address_does_not_count(station, path):
    assert asked(station, "GET", path, {}).status_code == 401


@pytest.mark.parametrize(
    "path", ["/", "/app.js", "/base/session.js", "/style.css", "/icon.svg", "/livez", "/readyz", "/openapi.json"]
)
def test_page_health_and_description_need_no_token(station, path):
    assert asked(station, "GET", path, {}).status_code == 200
    assert station.denials == []


FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "evil.example:8080"},
    {"Host": "127.0.0.1"},
    {"Host": "127.0.0.1:9"},
    {"Host": "127.0.0.1:8080.evil.example"},
    {"Host": ""},
    {"Origin": "http://evil.example"},
    {"Origin": "https://127.0.0.1:8080"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://127.0.0.1:8081"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "null"},
    {"Origin": ""},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/v1/state", "/", "/livez"])
def test_a_foreign_host_or_origin_is_refused_even_with_the_token(station, headers, path):
    answer = asked(station, "GET", path, {"Authorization": f"Bearer {TOKEN}"} | headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert station.denials == [("http:unknown", "192.0.2.7", "view")]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:8080", "Origin": "http://localhost:8080"},
        {"Host": "LocalHost:8080", "Origin": "http://localhost:8080"},
        {"Host": "[::1]:8080"},
        {"Origin": "http://127.0.0.1:8080"},
    ],
)
def test_our_own_names_and_page_are_served(station, headers):
    assert asked(station, "GET", "/v1/state", {"Authorization": f"Bearer {TOKEN}"} | headers).status_code == 200


def test_the_unix_socket_is_authorised_by_its_mode_alone(shared, station):
    with shared.unix() as client:
        assert client.get("/v1/state", headers={"Host": "anything", "Origin": "http://x"}).status_code == 200
        assert client.post("/v1/doors/front/open").status_code == 200
    assert station.denials == []


def test_a_request_from_no_known_listener_is_refused(station):
    """An unknown address (the peer has gone) must not pass for the Unix socket."""
    answer = asked(station, "POST", "/v1/doors/front/open", {"Authorization": f"Bearer {TOKEN}"}, listener=None)
    assert answer.status_code == 403
    assert station.requests == []


def test_a_peer_that_has_gone_opens_no_door(served, station):
    """A peer without a name from getpeername is no Unix socket."""
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", served.bound.port)) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # RST at close
            host = f"127.0.0.1:{served.bound.port}".encode()
            gone.sendall(b"POST /v1/doors/front/open HTTP/1.1\r\nHost: " + host + b"\r\nContent-Length: 0\r\n\r\n")
    with served.tcp() as client:
        assert client.get("/v1/state").status_code == 200
    assert station.requests == []


@pytest.mark.usefixtures("guesses_at_once")
def test_many_refusals_are_answered_with_429_and_no_longer_reported_but_the_token_still_works(served, station):
    with served.tcp(token="wrong") as client:
        answers = [client.get("/v1/state") for _ in range(40)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 401
    assert limited and limited[0].json()["code"] == "rate-limited" and limited[0].headers["retry-after"] == "60"
    assert station.lockouts == [("127.0.0.1", pytest.approx(60.0))]
    assert len(station.denials) == len(answers) - len(limited)
    with served.tcp() as client:
        assert client.get("/v1/state").status_code == 200


@pytest.mark.usefixtures("guesses_at_once")
def test_a_local_user_who_changes_addresses_counts_as_one_source(station):
    asked = partial(requested, app.build(station, TOKEN))
    addresses = [f"127.0.0.{number}" for number in range(1, 40)] + ["::1"]
    answers = [asked("GET", "/v1/state", {}, client=address).status_code for address in addresses]
    assert answers.count(429) >= 20
    assert {source for _, source, _ in station.denials} == {"127.0.0.1"}
    asked("GET", "/v1/state", {}, client="192.0.2.9")
    assert station.denials[-1][1] == "192.0.2.9"


def test_patience_comes_back_at_its_rate_and_ends_in_a_lockout_that_nothing_prolongs():
    now = [0.0]
    patience = auth.Patience(burst=2, per_s=0.5, lockout_s=8, clock=lambda: now[0])
    assert [patience.spend("a") for _ in range(4)] == [(0, False), (0, False), (8, True), (8, False)]
    assert patience.spend("b") == (0, False)
    now[0] = 2.0
    assert patience.spend("a") == (6, False)
    assert [patience.spend("b") for _ in range(3)] == [(0, False), (0, False), (8, True)]
    now[0] = 8.0
    assert [patience.spend("a") for _ in range(3)] == [(0, False), (0, False), (8, True)]


def test_a_lockout_is_no_longer_than_it_is_set_at_a_time_where_the_sum_is_rounded_up():
    now = 4.4
    assert now + 60.0 - now > 60.0
    patience = auth.Patience(burst=1, lockout_s=60.0, clock=lambda: now)
    assert [patience.spend("a") for _ in range(3)] == [(0, False), (60.0, True), (60.0, False)]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 5)), max_size=60))
def test_patience_never_allows_more_than_burst_and_rate_and_keeps_few_sources(spent):
    now = [0.0]
    patience = auth.Patience(burst=3, per_s=1, sources=4, clock=lambda: now[0])
    allowed: list[float] = []
    for source, wait in spent:
        now[0] += wait
        if not patience.spend(source)[0] and source == "a":
            allowed.append(now[0])
        assert len(patience._known) <= 4
    if {source for source, _ in spent} <= set("abcd"):
        assert len(allowed) <= 3 + now[0] + 1e-6


def test_every_answer_forbids_what_the_page_does_not_need(station):
    for path in ("/", "/v1/state", "/nothing"):
        headers = asked(station, "GET", path, {}).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
        assert "date" in headers


def test_the_page_has_no_script_or_style_of_its_own_and_nothing_from_elsewhere(station):
    page = asked(station, "GET", "/", {}).text
    assert "<script>" not in page and " style=" not in page and "onclick" not in page
    assert "http://" not in page and "https://" not in page


# -- the token's file --------------------------------------------------------------------------------------------------


def test_the_token_is_made_once_and_private(tmp_path):
    path = tmp_path / "http.token"
    made = auth.token(path)
    assert len(made) >= 43
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert auth.token(path) == made
    assert [each.name for each in tmp_path.iterdir()] == ["http.token"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_token_that_others_could_read_is_replaced(tmp_path, mode):
    path = tmp_path / "http.token"
    made = auth.token(path)
    path.chmod(mode)
    assert auth.token(path) != made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n", b"\xff" * 60, bytes(44)])
def test_a_damaged_token_is_replaced_and_the_log_says_so(tmp_path, content, caplog):
    """Zeros, which a power cut may leave in place of a file, would be a token that everybody can guess."""
    path = tmp_path / "http.token"
    path.write_bytes(content)
    path.chmod(0o600)
    assert len(auth.token(path)) >= 43
    assert path.read_bytes() != content
    assert "a new token takes its place" in caplog.text


def test_a_half_made_token_is_no_obstacle(tmp_path):
    (tmp_path / "http.token.new").write_text("half")
    assert auth.token(tmp_path / "http.token") == auth.token(tmp_path / "http.token")


def asked(station: Station, method, path, headers, listener: auth.Listener | None = LOOPBACK):
    """One request to a new application."""
    return requested(app.build(station, TOKEN), method, path, headers, listener)


def requested(
    application,
    method,
    path,
    headers,
    listener: auth.Listener | None = LOOPBACK,
    client: str = "192.0.2.7",
):
    """One request to the application without a network, as the TCP listener would pass it on."""

    async def marked(scope, receive, send):
        await application(scope if listener is None else {**scope, auth.LISTENER: listener}, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(marked, client=(client, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as connection:
            return await connection.request(method, path, headers=headers)

    return asyncio.run(ask())
