"""The streams of events that clients follow: digits go to a program only while one of its streams brings them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, cast

from starlette.requests import HTTPConnection

from appliance.api.http.event_filter import EventSubscription
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import By
from appliance.core.events import DtmfReceived
from appliance.core.model import CallId, DigitsTo


class EventStreams:
    """The WebSockets and SSE streams of all clients."""

    def __init__(self, daemon: HttpPorts) -> None:
        self._daemon = daemon
        self._followed: list[tuple[str, EventSubscription]] = []

    @contextmanager
    def follow(self, who: str, subscription: EventSubscription) -> Iterator[None]:
        """Count a stream while it lasts; then digits that no stream of this client brings go to the codes again."""
        stream = who, subscription
        self._followed.append(stream)
        try:
            yield
        finally:
            self._followed.remove(stream)
            for call in self._daemon.calls():
                if call.led_by == who and call.digits_to is DigitsTo.PROGRAM:
                    self.check(who, call.id)

    def bring_digits(self, who: str, call: str) -> bool:
        """Whether a stream of the client brings it the digits of the call."""
        return any(client == who and each.brings(DtmfReceived.TYPE, call) for client, each in self._followed)

    def check(self, who: str, call: str) -> None:
        """Report that no stream brings the client the digits of a call that it gets, if so."""
        if not self.bring_digits(who, call):
            self._daemon.digits_unread(CallId(call))


def _streams(connection: HTTPConnection) -> EventStreams:
    return cast("EventStreams", connection.app.state.streams)


Streams = Annotated[EventStreams, By(_streams)]
