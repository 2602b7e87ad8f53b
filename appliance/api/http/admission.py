"""How many requests the daemon handles: one begins in each turn of the loop, some wait, and the rest get 503.

A request takes about a millisecond of the loop, which also has to process the panel's edges. If every request began as
soon as it is read, hundreds of clients would keep a visitor's press waiting for all of them. Each lane has places of
its own and its turn, so that no kind of request can starve another: strangers cannot delay the orders of clients,
clients of the TCP port cannot delay the Unix socket, and nobody delays the supervisor.
"""

import asyncio
from collections import Counter, deque
from enum import StrEnum

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.api.http import problems, scopes
from appliance.api.http.auth import LISTENER, UNKNOWN, Listener
from appliance.api.http.dependencies import WHO
from appliance.api.http.problems import RETRY_S
from appliance.base.errors import ErrorCode, IntercomError

UNANSWERED = 16  # of each lane: begun, and their answer has not
FOLLOWERS = 128  # of events, by WebSocket, SSE and long poll together, and those who wait for an outcome
FOLLOWERS_OF_ONE = 96  # of one token, or of the Unix socket
WAITS = "intercomd.waits"  # key in the ASGI scope: a function, with which a request says that it waits from now on
HEALTH = frozenset({"/livez", "/readyz"})
EVENTS = "/v1/events"
TOO_MANY = "Clients send more requests than it can handle."


class Lane(StrEnum):
    """A kind of request."""

    ORDERS = "orders"
    HEALTH = "health"
    UNIX = "unix"  # everything else on the Unix socket
    TCP = "tcp"  # everything else with the token
    STRANGERS = "strangers"  # pages, which need no token


ROOM = {Lane.ORDERS: 32, Lane.HEALTH: 8, Lane.UNIX: 32, Lane.TCP: 32, Lane.STRANGERS: 8}  # waiting requests


class BusyError(IntercomError):
    """The refusal of a request for which there is no room."""

    def __init__(self, cause: str) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, "The station is busy.", cause, f"Try again after {RETRY_S} s.")


def lane_of(scope: Scope) -> Lane:
    """The lane of a request that `auth.Gate` has let pass."""
    listener: Listener = scope.get(LISTENER, UNKNOWN)
    if scope["path"] in HEALTH:
        return Lane.HEALTH
    if not listener.unix and not scopes.guarded(scope["path"]):
        return Lane.STRANGERS
    if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
        return Lane.ORDERS
    return Lane.UNIX if listener.unix else Lane.TCP


class Places:
    """The places of both listeners together, since they share one loop."""

    def __init__(self) -> None:
        self.followers: Counter[str] = Counter()  # by their token
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}
        self._unanswered: Counter[Lane] = Counter()
        self._begun = False  # one in this turn of the loop
        self._next = deque(Lane)  # the lane whose turn it is comes first

    async def take(self, lane: Lane) -> None:
        """Wait for a place; `give` it back. Raises `unavailable` if too many wait."""
        waiting = self._waiting[lane]
        if not self._begun and not waiting and self._unanswered[lane] < UNANSWERED:
            self._begin(lane)
            return
        if len(waiting) >= ROOM[lane]:
            raise BusyError(TOO_MANY)
        place = asyncio.get_running_loop().create_future()
        waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.give(lane)
            raise

    def give(self, lane: Lane) -> None:
        """Give a place back: the answer has begun, or never will."""
        self._unanswered[lane] -= 1
        if not self._begun and any(self._waiting.values()):
            self._turn()

    def follow(self, who: str) -> bool:
        """Count one more follower with this token; `leave` ends it. False if there are too many."""
        if self.followers.total() >= FOLLOWERS or self.followers[who] >= FOLLOWERS_OF_ONE:
            return False
        self.followers[who] += 1
        return True

    def leave(self, who: str) -> None:
        """Count one follower less."""
        self.followers[who] -= 1
        if not self.followers[who]:
            del self.followers[who]

    def _begin(self, lane: Lane) -> None:
        self._unanswered[lane] += 1
        self._begun = True
        asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """Let one waiting request begin, of the lanes in turn."""
        self._begun = False
        for _ in Lane:
            lane, waiting = self._next[0], self._waiting[self._next[0]]
            self._next.rotate(-1)
            while waiting and self._unanswered[lane] < UNANSWERED:
                place = waiting.popleft()
                if not place.done():  # its client may be gone
                    place.set_result(None)
                    self._begin(lane)
                    return


class Admission:
    """ASGI middleware behind `auth.Gate`, which refuses strangers before they take a place."""

    def __init__(self, app: ASGIApp, places: Places) -> None:
        self.app, self._places = app, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when there is a place, or answer it with 503."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        try:
            if scope["path"] == EVENTS and (scope["type"] == "websocket" or scope["method"] == "GET"):
                await self._follow(scope, receive, send)
            else:
                await self._answer(scope, receive, send)
        except BusyError as error:
            refusal = problems.response(error, scope["path"], {"Retry-After": str(RETRY_S)})
            await refusal(scope, receive, send)

    async def _follow(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count among the followers, and need a place only to begin: a long poll waits for its answer for a minute."""
        who = scope[WHO]
        if not self._places.follow(who):
            raise BusyError(f"{FOLLOWERS} clients, or {FOLLOWERS_OF_ONE} with this token, follow the events already.")
        try:
            await self._places.take(lane := lane_of(scope))
            self._places.give(lane)
            await self.app(scope, receive, send)
        finally:
            self._places.leave(who)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the place until the answer begins, or waits for an event: a long download needs none."""
        await self._places.take(lane := lane_of(scope))
        holds, follows = True, False

        def leave() -> None:
            nonlocal holds
            if holds:
                holds = False
                self._places.give(lane)

        def waits() -> bool:
            """Count among the followers from now on, and need no place; False if there are too many."""
            nonlocal follows
            follows = follows or self._places.follow(scope[WHO])
            if follows:
                leave()
            return follows

        async def outgoing(message: Message) -> None:
            leave()
            await send(message)

        scope[WAITS] = waits
        try:
            await self.app(scope, receive, outgoing)
        finally:
            leave()
            if follows:
                self._places.leave(scope[WHO])
