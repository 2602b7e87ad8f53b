"""The daemon, as a client of its HTTP interface sees it: events as they happen, pages of the journal, the state."""

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.times import Times
from appliance.base.types import Json
from appliance.base.unixhttp import UnixConnection

FAULTS = (OSError, http.client.HTTPException, ValueError)  # no connection, no answer, or none that can be read


class Station:
    """Requests to the daemon. `page` and `state` raise IntercomError; `follow` is for a thread of its own."""

    def __init__(self, socket: Path, times: Times) -> None:
        self._socket, self._times = socket, times

    def page(self, after: int) -> list[Json]:
        """The next events of the journal after an id, those that it has lost as `events.lost`."""
        events: list[Json] = self._ask(f"/v1/events?since={after}&wait=0")["events"]
        return events

    def state(self) -> Json:
        """The whole state."""
        return self._ask("/v1/state")

    def follow(self, put: Callable[[Json], None]) -> None:
        """Pass on events for ever. An interrupted stream goes on where it was, so some events may be old by then.

        The first stream begins with the next event.
        """
        since: int | None = None
        while True:
            connection = UnixConnection(self._socket, self._times.http_request_s)
            try:
                where = "/v1/events" if since is None else f"/v1/events?since={since}"
                connection.request("GET", where, headers={"Accept": "text/event-stream"})
                for line in connection.getresponse():
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "id":
                        since = int(value)
                    elif name == "data":
                        put(json.loads(value))
            except FAULTS:
                pass  # the daemon ends, and so does this process, or its loop stands still
            finally:
                connection.close()
            time.sleep(self._times.daemon_again_s)

    def _ask(self, path: str) -> Json:
        connection = UnixConnection(self._socket, self._times.http_request_s)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            reply: Json = json.loads(answer.read())
        except FAULTS as error:
            raise IntercomError(
                ErrorCode.SERVER_UNREACHABLE, "The daemon does not answer.", reason(error), "Look into its log."
            ) from error
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise IntercomError(ErrorCode.UNAVAILABLE, "The daemon refuses.", str(reply.get("detail", "")))
        return reply
