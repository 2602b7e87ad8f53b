"""One station: its requests, its recorded sound, and its events."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import ClassVar, Self
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from intercomd_client import answers
from intercomd_client.connection import CONNECT_S, part, refused
from intercomd_client.errors import IntercomdError, StationUnreachableError, StationUntrustedError
from intercomd_client.operations import Operations
from intercomd_client.refusals import RateLimitedError, UnavailableError

LOST = "events.lost"
PROTOCOLS = [Subprotocol("intercomd.v1.since")]
CLOSE_S = 1.0  # how long the end of a stream waits for the station's consent
MALFORMED = ValueError, TypeError, KeyError  # what reading a message of another program raises
PASSING = StationUnreachableError, UnavailableError, RateLimitedError  # errors that time may mend

_log = logging.getLogger("intercomd_client")


class Event(answers.Envelope):
    """An event. `data` depends on `type`: docs/reference/events.md of intercomd describes both.

    state: in `events.lost` only: the whole state after the loss. Start over from this state; it has what the events up
    to its `last_event` changed.
    """


class Station(Operations):
    """One station. The methods are named as the operations of its OpenAPI description; see Connection for arguments."""

    FIRST_PAUSE_S: ClassVar[float] = 0.5  # between attempts to reach the station again, each twice the one before
    LONGEST_PAUSE_S: ClassVar[float] = 30.0
    SILENT_S: ClassVar[float] = 10.0  # of a stream: the station sends something every 3 s, if only an id
    STEADY_S: ClassVar[float] = 10.0  # a stream that lasted so long is followed by another one at once

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def read_recorded_sound(self, recording: str, /) -> AsyncGenerator[bytes, None]:
        """The file of a complete recording in pieces: WAV or Ogg, as the recording's `format` says."""
        path = f"/v1/recordings/{part(recording)}/audio"
        try:
            async with self._http.stream("GET", path) as reply:
                if not reply.is_success:
                    raise refused(reply.status_code, await reply.aread())
                async for piece in reply.aiter_bytes():
                    yield piece
        except httpx.RequestError as err:
            raise self._unreachable(err) from err

    async def events(
        self,
        since: int | None = None,
        *,
        types: Sequence[str] = (),
        call: str = "",
        connected: Callable[[bool], None] | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Events as they come, without end; a lost connection is made again, and none is missed or comes twice.

        since: the id after which they begin; None: now. types: only these; `call.*` stands for all that begin with
        `call.`, `call.final` for the last event of each call. call: only those of this call. The station keeps the
        newest 10,000 events. If a program was away for longer, or did not take events for long, `events.lost` comes in
        place of the lost ones, with the state. connected: is called with True when there is a connection, before the
        events that come by it, and with False when it is lost.

        Raises IntercomdError if the first connection fails, and later if the station refuses another one, for example
        because the token was removed. A station that does not answer is tried again after at most 30 s.
        """
        if since is None:
            now = await self._ask(answers.Events, "GET", "/v1/events", query={"wait": 0})
            try:
                since = int(now["since"])
            except MALFORMED as err:
                raise self._unreadable(err) from err
        reached, pause, report = False, 0.0, connected or (lambda _: None)
        while True:
            try:
                stream = await self._stream(since, types, call)
            except IntercomdError as err:
                # `error`: a fault of the station, or what a proxy says in its place. It refuses nobody.
                passes = isinstance(err, PASSING) or err.code == IntercomdError.code
                if not (reached and passes) or isinstance(err, StationUntrustedError):
                    raise
                _log.info("%s The next attempt follows in %s s.", err, pause)
            else:
                reached, began = True, time.monotonic()
                report(True)
                async with stream, aclosing(self._heard(stream, since)) as heard:
                    async for seen, event in heard:
                        since = seen
                        if event is not None:
                            pause = 0.0
                            yield event
                    report(False)
                if time.monotonic() - began >= self.STEADY_S:
                    pause = 0.0
            await asyncio.sleep(pause)
            pause = min(max(2 * pause, self.FIRST_PAUSE_S), self.LONGEST_PAUSE_S)

    async def _stream(self, since: int, types: Sequence[str], call: str) -> ClientConnection:
        """A new stream of events. Raises IntercomdError."""
        wanted = {"since": since, "types": ",".join(types), "call": call}
        path = f"/v1/events?{urlencode({name: value for name, value in wanted.items() if value != ''})}"
        try:
            if self._by_socket:
                return await unix_connect(
                    self._address,
                    f"ws://localhost{path}",
                    subprotocols=PROTOCOLS,
                    open_timeout=CONNECT_S,
                    close_timeout=CLOSE_S,
                    compression=None,
                    max_size=None,  # events.lost has the whole state
                )
            return await connect(
                f"ws{self._address.removeprefix('http')}{path}",
                subprotocols=PROTOCOLS,
                additional_headers=self._authorization,
                ssl=self._trusted,
                proxy=None,
                open_timeout=CONNECT_S,
                close_timeout=CLOSE_S,
                compression=None,
                max_size=None,
            )
        except InvalidStatus as err:
            raise refused(err.response.status_code, bytes(err.response.body or b"")) from err
        except (OSError, WebSocketException) as err:
            raise self._unreachable(err) from err

    async def _heard(self, stream: ClientConnection, since: int) -> AsyncGenerator[tuple[int, Event | None], None]:
        """Events, each with its id, until the stream ends, or misses some that the station may still have.

        Ids come without an event while none passes the filters.
        """
        begin = since
        try:
            while True:
                async with asyncio.timeout(self.SILENT_S):
                    message = await stream.recv()
                told = json.loads(message)
                if "since" in told:
                    since = int(told["since"])
                    yield since, None
                    continue
                if told["type"] == LOST and told["data"]["certain"] and since != begin:
                    return  # they did not fit into the queue of this stream
                since = int(told["id"])
                yield since, told
        except TimeoutError:
            _log.info("No connection to %s: nothing came for %s s.", self._address, self.SILENT_S)
        except (ConnectionClosed, *PASSING) as err:
            _log.info("The stream of events from %s ended: %s", self._address, err)
        except MALFORMED as err:
            _log.warning("A message from %s is no event: %r", self._address, err)
