"""The daemon, as a client of its HTTP interface sees it: events, pages of the journal, the state, and orders."""

import http.client
import json
import re
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.times import Times
from appliance.base.types import Json
from appliance.base.unixhttp import UnixConnection

LONGEST_NAME, LONGEST_PLACE = 64, 64
REFUSED = {401, 403}  # answers to an order: the token is not valid, or lacks a scope
_PLACE = re.compile(r"\{(\w+)\}")
ACTS_WITH = "Token-Name"  # the header by which a local client acts with the scopes of a token alone
FAULTS = (OSError, http.client.HTTPException, ValueError)  # no connection, no answer, or none that can be read


def filled(path: str, value: Callable[[str], object]) -> str:
    """The path of an order with the values of its places. Raises LookupError, with the place's name, if it has none."""

    def place(found: re.Match[str]) -> str:
        given = value(found[1])
        if not isinstance(given, str) or not 0 < len(given) <= LONGEST_PLACE:
            raise LookupError(found[1])
        return quote(given, safe="")

    return _PLACE.sub(place, path)


def shown(order: str) -> str:
    """The name of an order, which may be anything, as it is reported."""
    return "".join(each for each in order if each.isprintable())[:LONGEST_NAME]


class Station:
    """Requests to the daemon, which raise IntercomError but for `follow`; that is for a thread of its own."""

    def __init__(self, socket: Path, times: Times) -> None:
        self._socket, self._times = socket, times

    def page(self, after: int) -> list[Json]:
        """The next events of the journal after an id, those that it has lost as `events.lost`."""
        events: list[Json] = self._ask(f"/v1/events?since={after}&wait=0")["events"]
        return events

    def state(self) -> Json:
        """The whole state."""
        return self._ask("/v1/state")

    def last(self) -> int:
        """The id of the newest event."""
        newest: int = self.state()["last_event"]
        return newest

    def calls(self) -> list[Json]:
        """The calls of now."""
        calls: list[Json] = self._ask("/v1/calls")["calls"]
        return calls

    def recording(self) -> Json | None:
        """The newest complete recording, or None."""
        found: list[Json] = self._ask("/v1/recordings?limit=2")["recordings"]
        return next((each for each in found if each["complete"]), None)

    def order(self, method: str, path: str, body: Json | None, token: str) -> tuple[int, Json]:
        """Give an order with the scopes of a token; the answer and its status."""
        return self._exchange(method, path, body, {ACTS_WITH: token})

    def connection(self, path: str, token: str = "") -> UnixConnection:
        """A request for a stream of events; its answer is to be read. Raises IntercomError.

        token: has the scopes of this token alone.
        """
        connection = UnixConnection(self._socket, self._times.http_request_s)
        acts = {ACTS_WITH: token} if token else {}
        try:
            connection.request("GET", path, headers={"Accept": "text/event-stream"} | acts)
        except FAULTS as error:
            connection.close()
            raise _unanswered(error) from error
        return connection

    def follow(self, put: Callable[[Json], None]) -> None:
        """Pass on events for ever. An interrupted stream goes on where it was, so some events may be old by then.

        The first stream begins with the next event.
        """
        since: int | None = None
        while True:
            where = "/v1/events" if since is None else f"/v1/events?since={since}"
            # A fault: the daemon ends, and so does this process, or its loop stands still.
            with suppress(IntercomError, *FAULTS), closing(self.connection(where)) as connection:
                for line in connection.getresponse():
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "id":
                        since = int(value)
                    elif name == "data":
                        put(json.loads(value))
            time.sleep(self._times.daemon_again_s)

    def _ask(self, path: str) -> Json:
        status, reply = self._exchange("GET", path)
        if status != http.HTTPStatus.OK:
            raise IntercomError(ErrorCode.UNAVAILABLE, "The daemon refuses.", str(reply.get("detail", "")))
        return reply

    def _exchange(
        self, method: str, path: str, body: Json | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Json]:
        connection = UnixConnection(self._socket, self._times.http_request_s)
        sent, kind = (None, {}) if body is None else (json.dumps(body), {"Content-Type": "application/json"})
        try:
            connection.request(method, path, sent, kind | (headers or {}))
            answer = connection.getresponse()
            reply: Json = json.loads(answer.read() or b"{}")
        except FAULTS as error:
            raise _unanswered(error) from error
        finally:
            connection.close()
        return answer.status, reply


def _unanswered(error: Exception) -> IntercomError:
    return IntercomError(
        ErrorCode.SERVER_UNREACHABLE, "The daemon does not answer.", reason(error), "Look into its log."
    )
