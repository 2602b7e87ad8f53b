"""Digits that a caller is asked for, of a call that the receiver's token has answered.

They go to a program while one of its streams brings them: that is a stream of this process, with the name of the token.
When it ends, digits go to the codes of doors again.
"""

import http
import http.client
import json
import queue
import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import Annotated, Self
from urllib.parse import quote

from msgspec import Meta

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.outlet.station import FAULTS, REFUSED, Station

CONNECTS_S = 10.0  # from the answer of a call until people can talk
ENDS = "#"
CONNECTED, RECEIVED = "call.connected", "dtmf.received"


class Wish(Record):
    """What to ask a caller: the text that is said, "" for none; digits at most; seconds for each of them."""

    text: Annotated[str, Meta(max_length=1000)] = ""
    digits: Annotated[int, Meta(ge=1, le=32)] = 16
    seconds: Annotated[float, Meta(ge=1, le=60)] = 15.0


class Typed(Record):
    """What a caller has typed. ended: by "#", by their "number", or by "time"."""

    digits: str
    ended: str


class GoneError(Exception):
    """The call has ended."""


class NotAllowedError(Exception):
    """The token does not allow it."""


class Digits:
    """`with Digits(…) as digits`: the digits of one call. Raises IntercomError, GoneError and NotAllowedError."""

    def __init__(self, station: Station, call: str, token: str) -> None:
        self._station, self._token = station, token
        self._path = f"/v1/calls/{quote(call, safe='')}"
        kinds = f"{RECEIVED},{CONNECTED},call.final"
        self._connection = station.connection(f"/v1/events?types={kinds}&call={quote(call, safe='')}", token)
        self._socket = self._connection.sock  # http.client gives it to the answer
        self._lines: queue.Queue[str | None] = queue.Queue()  # None: the stream has ended

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.__exit__)
            self._begin()
            until = time.monotonic() + CONNECTS_S
            self._line(until)  # the stream has begun: what happens from now on comes
            status, call = self._station.order("GET", self._path, None, self._token)
            if status == http.HTTPStatus.OK and call["state"] != "connected":
                while self._event(until)["type"] != CONNECTED:
                    pass
            self._order("PATCH", "", {"digits_to": "program"})
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # which ends the other thread's reading
        self._connection.close()

    def _begin(self) -> None:
        try:
            answer = self._connection.getresponse()
        except FAULTS as error:
            raise _unanswered(reason(error)) from error
        if answer.status in REFUSED:
            raise NotAllowedError
        if answer.status != http.HTTPStatus.OK:
            raise _unanswered(f"It answers {answer.status}.")
        threading.Thread(target=self._read, args=[answer], name="digits", daemon=True).start()

    def asked(self, wish: Wish) -> Typed:
        """Say the text, and wait for the digits."""
        if wish.text:
            self._order("POST", "/say", {"text": wish.text})
        digits = ""
        while len(digits) < wish.digits:
            try:
                event = self._event(time.monotonic() + wish.seconds)
            except TimeoutError:
                return Typed(digits, "time")
            digit = event["data"].get("digit") if event["type"] == RECEIVED else None
            if digit == ENDS:
                return Typed(digits, ENDS)
            digits += digit or ""
        return Typed(digits, "number")

    def _order(self, method: str, what: str, body: Json) -> None:
        status, said = self._station.order(method, f"{self._path}{what}", body, self._token)
        if status in REFUSED:
            raise NotAllowedError
        if status == http.HTTPStatus.NOT_FOUND:
            raise GoneError
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise _unanswered(str(said.get("detail", status)))

    def _event(self, until: float) -> Json:
        while True:
            name, _, value = self._line(until).partition(": ")
            if name == "data":
                event: Json = json.loads(value)
                if event["type"] not in {RECEIVED, CONNECTED, "events.lost"}:
                    raise GoneError
                return event

    def _line(self, until: float) -> str:
        try:
            line = self._lines.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None
        if line is None:
            raise GoneError
        return line

    def _read(self, answer: http.client.HTTPResponse) -> None:
        with suppress(*FAULTS, AttributeError):  # the daemon ends, or the other thread has closed it
            for line in answer:
                self._lines.put(line.decode().rstrip("\n"))
        self._lines.put(None)


def _unanswered(why: str) -> IntercomError:
    return IntercomError(
        ErrorCode.UNAVAILABLE, "The caller cannot be asked for digits.", why, "See the log of the station."
    )
