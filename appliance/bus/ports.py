"""The functions of the daemon that the D-Bus interface calls. It knows the daemon by these protocols alone."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Protocol

from appliance.base.types import Json
from appliance.core import inputs, orders
from appliance.core.model import CallSearch, RecordedSound, RecordingSearch, Speech, UrlSound
from appliance.core.views.snapshot import Snapshot


class Recordings(Protocol):
    """The index of recordings. Its methods may block on the disc, so they are called in a thread."""

    def list(self, limit: int, cursor: int | None, search: RecordingSearch) -> Sequence[Any]:
        """At most `limit` rows before the number `cursor` that match, newest first."""

    def delete(self, recording: str, by: str) -> None:
        """Remove a finished recording for the client `by`. Raises IntercomError."""

    def protect(self, recording: str, by: str, *, wanted: bool) -> None:
        """Protect a recording for the client `by`, or no longer. Raises IntercomError."""


class CallLog(Protocol):
    """The calls that are over. It may block on the disc, so it is called in a thread."""

    def list(self, limit: int, before: int | None, search: CallSearch) -> Sequence[tuple[int, Json]]:
        """At most `limit` numbers and calls before a number that match, newest first. Raises IntercomError."""


class BusPorts(Protocol):
    """The daemon as the bus sees it; all methods are called on the loop's thread and return at once."""

    async def request(self, action: inputs.Action, who: str) -> orders.Reply:
        """Post a Requested input and wait for its Reply; `who` goes into events.

        Raises IntercomError `unavailable` if none comes in time.
        """

    async def say(self, wanted: Speech, who: str) -> orders.Reply:
        """Speak a text; the reply comes when its sound is about to begin. Raises IntercomError."""

    async def play_url(self, wanted: UrlSound, who: str) -> orders.Reply:
        """Play the sound of a URL; the reply comes when it is about to begin. Raises IntercomError."""

    async def play_recording(self, wanted: RecordedSound, who: str) -> orders.Reply:
        """Play a finished recording; the reply comes when it is about to begin. Raises IntercomError."""

    @property
    def recordings(self) -> Recordings:
        """The index of recordings."""

    @property
    def call_log(self) -> CallLog:
        """The calls that are over."""

    def sounds(self) -> list[Json]:
        """The sounds that can be played by name, each with its `name`. May block on the disc."""

    def snapshot(self) -> Snapshot:
        """The whole state, as in GET /v1/state."""

    def subscribe(self, since: int) -> AsyncGenerator[Json, None]:
        """Envelopes after the event `since`, then live ones, until the daemon stops."""
