"""More requests than the daemon handles: some wait for their turn, the rest get 503, and no lane starves another."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from appliance.api.http import admission, connections
from appliance.api.http.admission import ROOM, UNANSWERED, Admission, BusyError, Lane, Places
from appliance.api.http.auth import LISTENER, Listener
from appliance.api.http.dependencies import WHO
from tests.api.conftest import PATIENCE_S
from tests.api.test_connections import open_one, read_to_the_end

UNIX, TCP = Listener(unix=True), Listener()


def scope(path: str = "/v1/state", method: str = "GET", listener: Listener = TCP, kind: str = "http") -> dict[str, Any]:
    given: dict[str, Any] = {"type": kind, "path": path, LISTENER: listener, WHO: "http:token", "headers": []}
    return given if kind == "websocket" else {**given, "method": method}


LANES = [
    (scope(), Lane.TCP),
    (scope(listener=UNIX), Lane.UNIX),
    (scope("/v1/doors/front/open", "POST"), Lane.ORDERS),
    (scope("/v1/calls/c-1", "DELETE", UNIX), Lane.ORDERS),
    (scope("/livez"), Lane.HEALTH),
    (scope("/readyz", listener=UNIX), Lane.HEALTH),
    (scope("/"), Lane.STRANGERS),
    (scope("/openapi.json", "POST"), Lane.STRANGERS),
    (scope("/openapi.json", listener=UNIX), Lane.UNIX),
    (scope("/v1/events", kind="websocket"), Lane.TCP),
]


@pytest.mark.parametrize(("given", "lane"), LANES)
def test_what_needs_no_token_shares_no_lane_with_orders_and_clients(given, lane):
    assert admission.lane_of(given) == lane


class Middleware:
    """An Admission before an application that answers only when the test lets it."""

    def __init__(self) -> None:
        self.places = Places()
        self.begun: list[str] = []
        self.answer = asyncio.Event()
        self._admission = Admission(self._app, self.places)
        self.tasks: list[asyncio.Task[list[dict[str, Any]]]] = []

    async def _app(self, scope, receive, send) -> None:
        self.begun.append(scope["path"])
        await self.answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    def ask(self, *scopes: dict[str, Any]) -> None:
        self.tasks += [asyncio.create_task(self._ask(each)) for each in scopes]

    async def _ask(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def send(message) -> None:
            sent.append(message)

        await self._admission(given, None, send)
        return sent

    async def statuses(self) -> list[int]:
        self.answer.set()
        return [sent[0]["status"] for sent in await asyncio.gather(*self.tasks)]


def on_a_loop(test: Callable[[Middleware], Any]) -> None:
    async def run() -> None:
        await test(Middleware())

    asyncio.run(run())


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def test_one_request_begins_in_each_turn_of_the_loop():
    async def test(middleware: Middleware) -> None:
        middleware.ask(*[scope()] * 10)
        for number in range(1, 10):
            await turns(1)
            assert len(middleware.begun) <= number
        await turns(20)
        assert len(middleware.begun) == 10
        assert await middleware.statuses() == [200] * 10

    on_a_loop(test)


def test_beyond_those_that_have_begun_and_those_that_wait_requests_get_503_with_retry_after():
    async def test(middleware: Middleware) -> None:
        middleware.ask(*[scope()] * UNANSWERED)
        await turns(100)
        middleware.ask(*[scope()] * (ROOM[Lane.TCP] + 5))
        await turns(100)
        assert len(middleware.begun) == UNANSWERED
        refused = [task.result() for task in middleware.tasks if task.done()]
        assert len(refused) == 5
        start, body = refused[0]
        assert start["status"] == 503
        assert dict(start["headers"])[b"retry-after"] == b"1"
        assert json.loads(body["body"])["code"] == "unavailable"
        assert (await middleware.statuses()).count(200) == UNANSWERED + ROOM[Lane.TCP]

    on_a_loop(test)


@pytest.mark.parametrize(
    ("flood", "other"),
    [
        (scope("/"), scope("/v1/doors/front/open", "POST")),
        (scope("/livez"), scope("/v1/calls/c-1/hangup", "POST")),
        (scope(), scope("/v1/state", listener=UNIX)),
        (scope(), scope("/livez")),
        (scope("/v1/calls", "POST"), scope()),
    ],
)
def test_a_full_lane_keeps_no_other_waiting(flood, other):
    async def test(middleware: Middleware) -> None:
        middleware.ask(*[flood] * 100)
        await turns(1)
        middleware.ask(other)
        await turns(len(Lane) + 3)
        assert other["path"] in middleware.begun[1:]
        await middleware.statuses()

    on_a_loop(test)


def test_a_place_is_free_again_when_the_answer_begins_or_the_request_fails():
    async def test(middleware: Middleware) -> None:
        async def fails(*_: object) -> None:
            raise RuntimeError

        async def downloads(scope, receive, send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await asyncio.Event().wait()

        async def nowhere(message) -> None:
            pass

        for app in (fails, downloads):
            middlewares = [Admission(app, middleware.places) for _ in range(UNANSWERED + 1)]
            tasks = [asyncio.create_task(each(scope(), None, nowhere)) for each in middlewares]
            await turns(100)
            assert [await self_or_error(task) for task in tasks if task.done()] == [RuntimeError] * (
                UNANSWERED + 1 if app is fails else 0
            )
        await asyncio.wait_for(middleware.places.take(Lane.TCP), PATIENCE_S)
        for task in tasks:
            task.cancel()

    async def self_or_error(task) -> type[BaseException] | None:
        return type(task.exception())

    on_a_loop(test)


def test_a_waiting_request_that_is_cancelled_leaves_its_place():
    async def test(middleware: Middleware) -> None:
        places = middleware.places
        waiting = [asyncio.create_task(places.take(Lane.TCP)) for _ in range(ROOM[Lane.TCP])]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        left = UNANSWERED - outcomes.count(None)  # those that began before
        assert left < UNANSWERED
        await turns(100)
        for _ in range(left):
            await asyncio.wait_for(places.take(Lane.TCP), PATIENCE_S)

    on_a_loop(test)


def test_a_request_that_is_cancelled_in_the_moment_of_its_turn_leaves_its_place():
    async def test(middleware: Middleware) -> None:
        places = middleware.places
        for _ in range(UNANSWERED):
            await places.take(Lane.TCP)
        waiting = asyncio.create_task(places.take(Lane.TCP))
        await turns(3)
        places.give(Lane.TCP)  # to the one that waits, which has not noticed it yet
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        after = asyncio.create_task(places.take(Lane.TCP))
        await turns(100)
        assert after.done()

    on_a_loop(test)


def test_clients_that_follow_events_are_counted_apart_and_keep_no_place(monkeypatch):
    monkeypatch.setattr(admission, "FOLLOWERS", 20)

    async def test(middleware: Middleware) -> None:
        middleware.ask(*[scope("/v1/events")] * 25)
        await turns(100)
        assert len(middleware.begun) == 20
        middleware.ask(scope())
        await turns(100)
        assert middleware.begun[-1] == "/v1/state"
        assert (await middleware.statuses()).count(503) == 5
        assert not middleware.places.followers

    on_a_loop(test)


def test_the_clients_with_one_token_leave_room_for_followers_with_another(monkeypatch):
    monkeypatch.setattr(admission, "FOLLOWERS_OF_ONE", 20)

    async def test(middleware: Middleware) -> None:
        middleware.ask(*[scope("/v1/events")] * 25)
        await turns(100)
        assert len(middleware.begun) == 20
        middleware.ask(scope("/v1/events") | {WHO: "http:display"})
        await turns(100)
        assert len(middleware.begun) == 21
        assert (await middleware.statuses()).count(503) == 5
        assert not middleware.places.followers

    on_a_loop(test)


def test_a_refusal_says_what_to_do():
    error = BusyError("Why.")
    assert (error.code, error.code.http_status, error.resolution) == ("unavailable", 503, "Try again after 1 s.")


def test_a_connection_for_which_there_is_no_room_gets_503_too(served, monkeypatch):
    monkeypatch.setattr(connections, "MOST_OF_ONE", 3)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stream = stack.enter_context(open_one(served, "unix"))
            stream.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
            assert stream.recv(12) == b"HTTP/1.1 200"
        surplus: socket.socket = stack.enter_context(open_one(served, "unix"))
        head, _, body = read_to_the_end(surplus).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 1" in head
        assert json.loads(body)["status"] == 503
