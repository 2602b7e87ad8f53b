import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.api.http import idempotency
from appliance.core import orders
from tests.api import fake
from tests.support.waiting import until

KEY = "Idempotency-Key"


def test_the_same_order_with_the_same_key_acts_once(client, station):
    station.replies = fake.placed("c-1")
    first, second = (client.post("/v1/calls", json={"to": "Kitchen"}, headers={KEY: "a"}) for _ in range(2))
    assert len(station.requests) == 1
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    assert second.headers.get_list("content-security-policy") == first.headers.get_list("content-security-policy")


def test_without_a_key_each_order_acts(client, station):
    for _ in range(2):
        client.post("/v1/doors/front/open")
    assert len(station.requests) == 2


def test_another_key_is_another_order(client, station):
    for key in "bc":
        client.post("/v1/doors/front/open", headers={KEY: key})
    assert len(station.requests) == 2


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/doors/front/open", {"seconds": 2}), ("/v1/doors/back/open", {"seconds": 1})]
)
def test_the_same_key_with_another_order_is_a_conflict(client, station, path, body):
    key = {KEY: f"d{path}"}
    client.post("/v1/doors/front/open", json={"seconds": 1}, headers=key)
    answer = client.post(path, json=body, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert len(station.requests) == 1


def test_two_clients_do_not_share_keys(shared, station):
    for client in (shared.tcp(), shared.unix()):
        with client:
            client.post("/v1/doors/front/open", headers={KEY: "e"})
    assert len(station.requests) == 2


def test_a_refusal_is_repeated_too(client, station):
    station.replies = fake.refused("call-wrong-state")
    answers = [client.post("/v1/calls/c-1/answer", headers={KEY: "f"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert len(station.requests) == 1


def test_what_was_unavailable_may_be_tried_again(client, station):
    station.replies = fake.refused("unavailable")
    assert client.post("/v1/calls/c-1/answer", headers={KEY: "g"}).status_code == 503
    station.replies = fake.redundant("")
    assert client.post("/v1/calls/c-1/answer", headers={KEY: "g"}).status_code == 200


def test_a_fault_of_intercomd_is_not_kept(client, station):
    station.replies = lambda _: 1 / 0
    assert client.post("/v1/calls/c-1/answer", headers={KEY: "h"}).status_code == 500
    station.replies = fake.redundant("")
    assert client.post("/v1/calls/c-1/answer", headers={KEY: "h"}).status_code == 200


EXPIRES = "Order-Expires"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/doors/front/open", None),
        ("POST", "/v1/calls", {"to": "Kitchen"}),
        ("PATCH", "/v1/audio", {"volume": 50}),
        ("DELETE", "/v1/calls/c-1", None),
    ],
)
@pytest.mark.parametrize("late", ["2026-07-01T06:00:00Z", "2026-07-01T06:00:00.999+00:00"])
def test_an_order_that_comes_after_its_client_has_given_it_up_does_nothing(client, station, method, path, body, late):
    answer = client.request(method, path, json=body, headers={EXPIRES: late})
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")
    assert "too late" in answer.json()["detail"]
    assert station.requests == []


def test_an_order_that_comes_in_time_acts(client, station):
    assert client.post("/v1/doors/front/open", headers={EXPIRES: "2126-07-01T06:00:00.000Z"}).status_code == 200
    assert len(station.requests) == 1


def test_a_late_order_may_be_given_again_with_its_key(client, station):
    for expires, status in (("2026-07-01T06:00:00Z", 412), ("2126-07-01T06:00:00Z", 200)):
        headers = {KEY: "late", EXPIRES: expires}
        assert client.post("/v1/doors/front/open", headers=headers).status_code == status
    assert len(station.requests) == 1


@pytest.mark.parametrize("odd", ["", "soon", "-Infinity"])
def test_an_end_that_is_no_time_is_refused(client, station, odd):
    answer = client.post("/v1/doors/front/open", headers={EXPIRES: odd})
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")
    assert station.requests == []


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_that_is_none_is_refused(client, station, key):
    answer = client.post("/v1/doors/front/open", headers={KEY: key})
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")
    assert station.requests == []


def test_the_same_order_while_the_first_runs_waits_for_its_answer(shared, station):
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly(action, who):
        station.requests.append((action, who))
        asked.set()
        await goes_on.wait()
        return orders.Reply("q-1", warning="slow")

    station.request = slowly

    def post(_):
        with shared.tcp() as client:
            return client.post("/v1/doors/front/open", headers={KEY: "i"}).json()

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(post, n) for n in range(2)]
        asyncio.run_coroutine_threadsafe(asked.wait(), shared.loop).result(120)
        shared.on_loop(goes_on.set)
        assert [answer.result(120) for answer in answers] == [{"warning": "slow"}] * 2
    assert len(station.requests) == 1


def again(app, answers, now=lambda: 0.0):
    """The middleware after a restart."""
    return idempotency.Repeats(app, answers.keep, answers.stored(), now)


def test_after_a_restart_the_answer_is_the_same_and_counts_no_longer_than_a_day():
    (app, served), answers, now = counting(), fake.Answers(), [0.0]
    posted(idempotency.Repeats(app, answers.keep), "a")
    after = again(app, answers, lambda: now[0])
    assert posted(after, "a") == 200
    assert len(served) == 1
    assert posted(after, "a", body=b"{}") == 409
    now[0] = 86_401.0
    posted(after, "a")
    assert len(served) == 2


def test_a_clock_that_went_back_keeps_an_answer_for_a_day_and_not_for_ever():
    (app, served), answers, now = counting(), fake.Answers(), [0.0]
    posted(idempotency.Repeats(app, lambda name, answer, _: answers.keep(name, answer, 1e9)), "a")
    after = again(app, answers, lambda: now[0])
    now[0] = 86_401.0
    posted(after, "a")
    assert len(served) == 2


def test_nothing_that_is_stored_has_the_key_or_the_body(served, station):
    key = {KEY: "my-own-key-1234"}
    with served.tcp() as client:
        assert client.post("/v1/calls/c-1/dtmf", json={"digits": "482915"}, headers=key).status_code == 200
    until(station.answers.stored, "the answer, which is kept after it was sent")
    ((name, answer, _),) = station.answers.stored()
    assert not any(secret in name + answer for secret in ("my-own-key", "482915"))


def test_the_text_of_a_new_token_is_not_stored(served, station):
    with served.tcp() as client:
        made = client.post("/v1/tokens", json={"name": "kitchen", "scopes": ["view"]}, headers={KEY: "j"})
        assert made.json()["text"]
    assert station.answers.stored() == []


def test_an_answer_that_is_long_is_not_stored(served, station):
    station.findings = [
        {"check": "x", "level": "ok", "message": "m" * 5_000, "cause": "", "resolution": ""},
    ]
    with served.tcp() as client:
        assert client.post("/v1/doctor", headers={KEY: "k"}).status_code == 200
    assert station.answers.stored() == []


def posted(repeats: idempotency.Repeats, key: str, body: bytes = b"") -> int:
    """The status of a POST with `key` through the middleware alone."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/x",
        "query_string": b"",
        "headers": [(b"idempotency-key", key.encode())],
        idempotency.WHO: "somebody",
    }
    asyncio.run(repeats(scope, receive, send))
    return sent[0]["status"]


def counting():
    served = []

    async def app(scope, receive, send):
        served.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app, served


def test_an_answer_is_kept_for_a_day():
    now = [0.0]
    app, served = counting()
    repeats = idempotency.Repeats(app, fake.Answers().keep, clock=lambda: now[0])
    posted(repeats, "a")
    now[0] = 86_399.0
    posted(repeats, "a")
    assert len(served) == 1
    now[0] = 86_401.0
    posted(repeats, "a")
    assert len(served) == 2


def test_not_more_than_a_thousand_answers_are_kept():
    app, served = counting()
    repeats = idempotency.Repeats(app, fake.Answers().keep)
    for number in range(1_100):
        posted(repeats, str(number))
    assert len(repeats._answers) == idempotency.KEPT
    posted(repeats, "1099")
    assert len(served) == 1_100
    posted(repeats, "0")
    assert len(served) == 1_101
