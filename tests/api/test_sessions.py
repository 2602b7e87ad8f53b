"""/v1/session: a browser's login, what its cookie may do, and from where."""

import stat
import time
from functools import partial

import pytest

from appliance.api import app
from appliance.api.http import auth
from appliance.api.http.sessions import MOST, MOST_OF_ONE, Sessions, cookie, digest
from appliance.base.errors import IntercomError
from appliance.core.model import AccessScope
from tests.api.conftest import TOKEN
from tests.api.test_access import requested

VIEW, CALL, DOOR, ADMIN = AccessScope.VIEW, AccessScope.CALL, AccessScope.DOOR, AccessScope.ADMIN
NAME = "intercom-8080"
OURS = {"Origin": "http://127.0.0.1:8080"}
TLS = auth.Listener(hosts=frozenset({"127.0.0.1:8080"}), tls=True)
OPEN = "POST", "/v1/doors/front/open"
STATE = "GET", "/v1/state"


@pytest.fixture
def ask(station):
    return partial(requested, app.build(station, TOKEN))


def login(ask, token=TOKEN, **given):
    """The header of a browser that has logged in."""
    answer = ask("POST", "/v1/session", OURS | {"Authorization": f"Bearer {token}"}, **given)
    assert answer.status_code == 200, answer.text
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def test_a_session_stands_for_the_token_until_it_ends(ask, station):
    browser = login(ask)
    assert ask(*STATE, browser).status_code == 200
    assert ask(*OPEN, browser | OURS).status_code == 200
    assert station.requests[0][1] == "http:token"
    shown = ask("GET", "/v1/session", browser).json()
    assert (shown["client"], shown["scopes"]) == ("http:token", ["view", "call", "listen", "digits", "door", "admin"])
    assert shown["expires"] is not None
    ended = ask("DELETE", "/v1/session", browser | OURS)
    assert ended.json() == {"warning": None} and "Max-Age=0" in ended.headers["set-cookie"]
    assert ask(*STATE, browser).status_code == 401
    assert ask("DELETE", "/v1/session", {"Authorization": f"Bearer {TOKEN}"}).json()["warning"]


def test_no_script_reads_the_cookie_no_other_site_sends_it_and_by_https_it_stays_there(ask):
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    plain = ask("POST", "/v1/session", bearer | OURS).headers["set-cookie"]
    assert plain.startswith(f"{NAME}=") and "; Secure" not in plain
    encrypted = ask("POST", "/v1/session", bearer | {"Origin": "https://127.0.0.1:8080"}, TLS).headers["set-cookie"]
    assert encrypted.startswith("__Host-intercom-8080=") and "; Secure" in encrypted
    for made in (plain, encrypted):
        assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=7776000"} <= set(made.split("; "))
        assert "domain" not in made.lower() and TOKEN not in made


def test_a_session_may_do_what_its_token_allows_and_no_longer_than_it(ask, station):
    token, text = station.tokens.add("tablet", (VIEW,), None)
    browser = login(ask, text)
    assert ask("GET", "/v1/session", browser).json()["scopes"] == ["view"]
    assert ask(*STATE, browser).status_code == 200
    assert ask(*OPEN, browser | OURS).status_code == 403
    assert station.denials[-1] == ("http:tablet", "192.0.2.7", "door")
    station.tokens.remove(token.id)
    assert ask(*STATE, browser).status_code == 401


def test_a_token_that_is_shown_counts_before_the_cookie(ask, station):
    browser = login(ask)
    _, text = station.tokens.add("tablet", (VIEW,), None)
    assert ask("GET", "/v1/session", browser | {"Authorization": f"Bearer {text}"}).json()["client"] == "http:tablet"
    assert ask(*STATE, browser | {"Authorization": "Bearer wrong"}).status_code == 401


def test_a_session_begins_with_a_token_and_not_with_a_cookie(ask):
    assert ask("POST", "/v1/session", login(ask) | OURS).status_code == 401
    assert ask("POST", "/v1/session", OURS).status_code == 401


def test_the_unix_socket_needs_no_session(shared):
    with shared.unix() as client:
        shown = client.get("/v1/session").json()
        scopes = ["view", "call", "listen", "digits", "door", "admin"]
        assert shown == {"client": "http:unix", "scopes": scopes, "expires": None}
        assert client.post("/v1/session").status_code == 401


def test_a_session_of_the_stations_own_token_ends_with_that_token(ask, station):
    browser = login(ask)
    assert requested(app.build(station, "another-token-of-the-station-0123456789"), *STATE, browser).status_code == 401


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (f"{NAME}=a", "a"),
        (f"other=1; {NAME}=a;{NAME}-2=b", "a"),
        (f"{NAME}=a=b==", "a=b=="),
        (f"{NAME}=a; {NAME}=b", ""),
        ("", ""),
        (NAME, ""),
        (f"x{NAME}=a", ""),
    ],
)
def test_the_cookie_is_the_one_with_its_name(sent, found):
    assert cookie(sent, NAME) == found


# -- the file ----------------------------------------------------------------------------------------------------------


def test_sessions_survive_a_restart_and_the_file_has_no_cookie(tmp_path):
    sessions = Sessions(tmp_path / "http.sessions")
    session, text = sessions.begin(digest(b"a token"))
    again = Sessions(tmp_path / "http.sessions")
    again.load()
    assert again.find(text) == session and again.find("") is again.find("wrong") is None
    assert stat.S_IMODE((tmp_path / "http.sessions").stat().st_mode) == 0o600
    assert text not in (tmp_path / "http.sessions").read_text()


def test_a_session_ends_after_90_days_and_with_a_clock_from_before_it_began(tmp_path):
    now = [1e9]
    sessions = Sessions(tmp_path / "http.sessions", lambda: now[0])
    _, text = sessions.begin("of")
    now[0] += 90 * 86_400 - 1
    assert sessions.find(text)
    for wrong in (now[0] + 1, 1e9 - 1):
        now[0] = wrong
        assert sessions.find(text) is None


def test_the_oldest_session_of_a_token_makes_room_and_those_of_others_stay(tmp_path):
    sessions = Sessions(tmp_path / "http.sessions")
    _, other = sessions.begin("other")
    _, first = sessions.begin("one")
    for _ in range(MOST_OF_ONE - 1):
        sessions.begin("one")
    assert sessions.find(first)
    sessions.begin("one")
    assert sessions.find(first) is None and sessions.find(other)


def test_there_are_never_more_sessions_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.api.http.sessions.MOST", 5)
    sessions = Sessions(tmp_path / "http.sessions")
    made = [sessions.begin(str(number))[1] for number in range(8)]
    assert [bool(sessions.find(text)) for text in made] == [False] * 3 + [True] * 5
    assert MOST == 256


@pytest.mark.parametrize("content", [b"", b"[{}]", b"\xff" * 9, b'[{"of":"\xff"}]'])
def test_a_damaged_file_means_that_everybody_logs_in_again(tmp_path, content):
    (tmp_path / "http.sessions").write_bytes(content)
    (tmp_path / "http.sessions").chmod(0o600)
    sessions = Sessions(tmp_path / "http.sessions")
    sessions.load()
    _, text = sessions.begin("of")
    assert sessions.find(text)


def test_a_file_that_others_could_write_counts_for_nothing(tmp_path):
    _, text = Sessions(tmp_path / "http.sessions").begin("of")
    (tmp_path / "http.sessions").chmod(0o620)
    sessions = Sessions(tmp_path / "http.sessions")
    sessions.load()
    assert sessions.find(text) is None


def test_a_full_disc_begins_and_ends_no_session(tmp_path):
    sessions = Sessions(tmp_path / "http.sessions")
    session, text = sessions.begin("of")
    (tmp_path / "http.sessions.new").mkdir()  # in the way, as a full disc is
    for change in (lambda: sessions.begin("of"), lambda: sessions.end(session)):
        with pytest.raises(IntercomError, match="was not changed"):
            change()
    assert sessions.find(text) and time.time() < session.expires
