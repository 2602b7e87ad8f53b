"""What people and programs expect of HTTP: errors in plain words, HEAD, 304, and nothing that is ignored in silence."""

import pytest

from tests.api.conftest import TOKEN

CALL = {"to": "kitchen"}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_without_its_content_type_is_refused_with_the_header_that_is_missing(client, station, kind):
    answer = client.post("/v1/calls", content='{"to": "kitchen"}', headers={"Content-Type": kind} if kind else {})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "parameter-invalid")
    assert problem["detail"] == "The body does not say that it is JSON."
    assert (kind or "missing") in problem["cause"]
    assert "Content-Type: application/json" in problem["resolution"]
    assert station.requests == []


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "/v1/calls", {"to": 5}, "to: must be a text"),
        ("POST", "/v1/calls", {}, "to: is missing"),
        ("POST", "/v1/calls", [], "body: must be an object"),
        ("POST", "/v1/calls", CALL | {"wrong": 1}, "wrong: there is no such field"),
        ("POST", "/v1/doors/front/open", {"seconds": "long"}, "seconds: must be a number"),
        ("POST", "/v1/tokens", {"name": "wall", "scopes": "view"}, "scopes: must be a list"),
        ("POST", "/v1/tokens", {"name": "wall", "scopes": ["all"]}, "scopes.0: must be one of"),
        ("POST", "/v1/tokens", {"name": "wall", "scopes": []}, "scopes: must have at least 1 entry"),
        ("PATCH", "/v1/config/runtime", {"do_not_disturb": "maybe"}, "do_not_disturb: must be true or false"),
        ("GET", "/v1/log/calls?limit=many", None, "limit: must be a whole number"),
        ("GET", "/v1/log/calls?limit=--1", None, "limit: must be a whole number"),
        ("GET", "/v1/log/calls?limit=0", None, "limit: must be at least 1"),
        ("GET", "/v1/log/calls?limit=-1", None, "limit: must be at least 1"),
        ("GET", "/v1/events?since=-1", None, "since: must be at least 0"),
        ("GET", f"/v1/events?since={10**19}", None, f"since: must be at most {10**18}"),
        ("GET", "/v1/log/calls?after=yesterday", None, "after: must be a time"),
        ("GET", "/v1/log/calls?cursor=y", None, "cursor: must be `next` of the previous page"),
        ("POST", "/v1/tokens", {"name": "-", "scopes": ["view"]}, "name: must be 1 to 40 letters, digits, spaces"),
        ("POST", "/v1/calls", CALL | {"headers": {"Via": "x"}}, "headers: must be X- and 1 to 62 letters"),
        (
            "PATCH",
            "/v1/config/runtime",
            {"quiet_hours": {"begin": "9", "end": ""}},
            "quiet_hours.begin: must be empty, or a time of the day",
        ),
    ],
)
def test_a_wrong_type_is_refused_in_words_with_a_remedy(client, station, method, path, body, words):
    problem = client.request(method, path, json=body).json()
    assert problem["code"] == "parameter-invalid"
    assert words in problem["cause"]
    assert problem["resolution"] == "/docs of the station describes each request."


def test_a_body_that_is_no_json_says_where(client):
    answer = client.post("/v1/calls", content="{", headers={"Content-Type": "application/json"})
    assert answer.json()["cause"].startswith("body: is not JSON: ")


@pytest.mark.parametrize("body", [b'{"to": "\xff"}', b'{"\xff": ""}', b"\xff", b'{"to": "\xed\xa0\x80"}'])
def test_a_body_that_is_no_text_is_refused_like_any_other(client, station, body):
    answer = client.post("/v1/calls", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")
    assert answer.json()["cause"].startswith("body: is not ")
    assert station.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/state?verbose=1",
        "/v1/log/calls?limt=5",
        "/v1/log/doors?direction=incoming",
        "/v1/recordings?owner=Ann",
        "/v1/events?type=call.*&wait=0",
        "/v1/codes?zone=UTC",
    ],
)
def test_a_parameter_that_the_path_does_not_take_is_refused(client, path):
    problem = client.get(path).json()
    assert (problem["status"], problem["code"]) == (400, "parameter-invalid")
    assert problem["detail"].startswith("There is no parameter ")
    assert problem["cause"].startswith("This path takes ")


def test_each_get_has_a_head(client, station):
    row = station.recordings.add()
    paths = [
        "/",
        "/v1",
        "/v1/state",
        "/v1/log/doors",
        "/openapi.json",
        "/docs",
        f"/v1/recordings/{row.id}/audio",
        "/livez",
    ]
    for path in paths:
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers.get("content-length") == got.headers.get("content-length")
    assert client.head("/v1/nothing").status_code == 404
    assert client.head("/v1/doors/front/open").status_code == 405


def test_the_head_of_a_stream_of_events_ends(client, station):
    answer = client.head("/v1/events", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["x-accel-buffering"] == "no"


def test_a_head_needs_a_token_as_its_get_does(shared):
    with shared.tcp(token=None) as stranger:
        assert stranger.head("/v1/state").status_code == 401
        assert stranger.head("/v1/state", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_file_that_the_client_has_is_not_sent_again(client, station):
    row = station.recordings.add()
    for path in ("/app.js", "/", f"/v1/recordings/{row.id}/audio"):
        tag = client.get(path).headers["etag"]
        for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            answer = client.get(path, headers={"If-None-Match": known})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_part_of_a_file_that_the_client_has_is_not_sent_again(client, station):
    """RFC 9110 §13.2.2: If-None-Match comes before the Range."""
    row = station.recordings.add()
    for path in ("/app.js", f"/v1/recordings/{row.id}/audio"):
        part = {"Range": "bytes=0-1"}
        tag = client.get(path, headers=part).headers["etag"]
        assert client.get(path, headers=part | {"If-None-Match": '"other"'}).status_code == 206
        answer = client.get(path, headers=part | {"If-None-Match": tag})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip ; q=0.000, br", False),
        ("identity", False),
    ],
)
@pytest.mark.parametrize("path", ["/", "/app.js"])
def test_a_file_is_packed_for_those_who_take_it_so(client, path, accepted, packed):
    given = {"Accept-Encoding": accepted}
    sent = client.get(path, headers=given)
    assert ("content-encoding" in sent.headers) is packed
    known = client.get(path, headers=given | {"If-None-Match": sent.headers["etag"]})
    assert (known.status_code, known.headers["vary"]) == (304, "Accept-Encoding")


@pytest.mark.parametrize("wanted", ["lines=1-2", "x", "", "seconds=0-1"])
def test_a_range_in_another_unit_is_ignored(client, station, wanted):
    row = station.recordings.add()
    answer = client.get(f"/v1/recordings/{row.id}/audio", headers={"Range": wanted})
    assert (answer.status_code, len(answer.content)) == (200, 16_044)


def test_an_unknown_event_leads_to_the_list_over_http(client):
    answer = client.get("/v1/events?types=calls.*&wait=0").json()
    assert (answer["code"], answer["resolution"]) == ("event-unknown", "/docs of the station lists all types.")
