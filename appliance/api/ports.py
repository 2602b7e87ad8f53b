"""The functions of the daemon that the HTTP interface calls. It knows the daemon by these protocols alone."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from appliance.api.answers.operations import Operations
from appliance.api.http.sessions import Sessions
from appliance.api.http.tokens import Token, Tokens
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.core import inputs, orders
from appliance.core.model import (
    AccessScope,
    CallId,
    CallSearch,
    Cause,
    Direction,
    RecordedSound,
    RecordingSearch,
    Speech,
    StoredRecording,
    UrlSound,
)
from appliance.core.views.calls import Call
from appliance.core.views.codes import Code
from appliance.core.views.conferences import Conference
from appliance.core.views.rules import Rule, Verdict
from appliance.core.views.snapshot import Snapshot


class Recordings(Protocol):
    """The index of recordings. All methods but `peaks` may block on the disc, so they are called in a thread."""

    def list(self, limit: int, cursor: int | None, search: RecordingSearch) -> Sequence[StoredRecording]:
        """At most `limit` rows before the number `cursor` (None: from the newest) that match, newest first."""

    def get(self, recording: str) -> StoredRecording:
        """The row with that id. Raises recording-not-found."""

    def sound(self, recording: str) -> Path:
        """The file of that id, repaired if it was cut off. Raises recording-not-found, conflict or unavailable."""

    async def peaks(self, recording: str) -> Json:
        """Its waveform (`models.Waveform`). Raises recording-not-found, conflict, rate-limited or unavailable."""

    def delete(self, recording: str, by: str) -> None:
        """Remove a finished recording for the client `by`. Raises recording-not-found, conflict or unavailable."""

    def protect(self, recording: str, by: str, *, wanted: bool) -> None:
        """Protect a recording for the client `by`, or no longer. Raises recording-not-found or unavailable."""


class CallLog(Protocol):
    """The call log. Its method may block on the disc, so it is called in a thread."""

    def list(self, limit: int, before: int | None, search: CallSearch) -> Sequence[tuple[int, Json]]:
        """At most `limit` numbers and calls (`views.calls.LoggedCall`) before the number `before`, newest first."""


class Audit(Protocol):
    """Events of doors, keypads, codes and refused access. Its method may block on the disc."""

    def list(self, limit: int, cursor: int | None, after: str, before: str) -> Sequence[Json]:
        """At most `limit` envelopes with ids below `cursor`, newest first. after, before: of their times, in UTC.

        Each has the `hash` of its row.
        """


class Subscriptions(Protocol):
    """The subscriptions of browsers to notifications. All methods but `list` may block on the disc."""

    def key(self) -> str:
        """The station's public key. Raises unavailable."""

    def list(self, of: str | None) -> list[Json]:
        """Those of a token, by its SHA-256, None: all; shaped as `models.PushSubscription`. Raises unavailable."""

    def add(self, given: Json, of: str, session: str, client: str) -> Json:
        """Add one that is shaped as `models.NewPushSubscription`. Raises parameter-invalid, conflict or unavailable."""

    def remove(self, wanted: str, of: str | None) -> None:
        """Remove one of a token, None: of any. Raises subscription-not-found or unavailable."""

    def leave(self, session: str) -> None:
        """Remove the subscriptions of a session that ends. Raises unavailable."""


class Answers(Protocol):
    """Answers to orders with an Idempotency-Key, which outlast a restart."""

    def keep(self, name: str, answer: str, seconds: float) -> None:
        """Store an answer, which counts for so many seconds; returns at once."""

    def stored(self) -> Sequence[tuple[str, str, float]]:
        """Each name with its answer and the seconds for which it counts still, oldest first. May block on the disc."""


class Histogram(Protocol):
    """Counts of values up to each bound."""

    sum: float

    def cumulated(self) -> list[tuple[str, float]]:
        """Each bound as text, with the number of values up to it; the last is +Inf."""


class Counts(Protocol):
    """Counts of the events since the start, for GET /metrics."""

    @property
    def calls(self) -> Mapping[tuple[Direction, Cause], int]: ...  # noqa: D102
    @property
    def setup(self) -> Mapping[Direction, Histogram]: ...  # noqa: D102
    @property
    def mos(self) -> Histogram: ...  # noqa: D102
    @property
    def lag(self) -> Mapping[str, Histogram]: ...  # noqa: D102
    @property
    def doors(self) -> Mapping[tuple[str, str], int]: ...  # noqa: D102
    @property
    def xruns(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def audio_failures(self) -> int: ...  # noqa: D102


class Measured(Record):
    """Figures of the daemon. storage: free bytes and size of each place."""

    counts: Counts
    snapshot: Snapshot
    waiting_inputs: int
    subscribers: int
    longest_queue: int
    storage: dict[str, tuple[int, int]]


class HttpPorts(Protocol):
    """The daemon as the HTTP interface sees it; all methods are called on the loop's thread and return at once."""

    @property
    def recordings(self) -> Recordings:
        """The index of recordings."""

    @property
    def call_log(self) -> CallLog:
        """The calls that have ended."""

    @property
    def audit(self) -> Audit:
        """The audit: openings of doors, and refusals."""

    @property
    def answers(self) -> Answers:
        """The answers to earlier orders."""

    def rules(self) -> Sequence[Rule]:
        """All rules: of the configuration, and of clients."""

    def try_rules(self, at: datetime | None, supposed: Mapping[str, str]) -> Sequence[Verdict]:
        """What each rule would do at that time, else now, and why. supposed: values of the state, by their paths."""

    def rule_tokens(self) -> dict[str, str]:
        """The ids of the tokens that made rules, by the names of the rules."""

    def codes(self) -> Sequence[Code]:
        """All codes and cards. Raises `unavailable` until they have been read."""

    def configuration(self) -> Json:
        """All settings that are in force, by their tables, without secrets."""

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

    def sounds(self) -> list[Json]:
        """The sounds that can be played by name, shaped as `models.NamedSound`. May block on the disc."""

    async def call_from_browser(self, call: CallId, offer: str, peer: str, who: str) -> str:
        """Make a call of a browser's offer. Returns the answer, a session description. Raises IntercomError.

        call: its id from then on; peer: the browser's address.
        """

    def ice_servers(self) -> list[str]:
        """The servers that show a browser its address outside (RFC 7064)."""

    def authority(self) -> str:
        """The certificate of the station's own authority in PEM; empty where none signed the one in use."""

    def snapshot(self) -> Snapshot:
        """The whole state."""

    def call(self, wanted: str) -> Call | None:
        """The call with that id, also for a while after its end; else None."""

    def calls(self) -> Sequence[Call]:
        """All calls."""

    def conference(self, wanted: str) -> Conference | None:
        """The conference with that id, also for a while after its end; else None."""

    def last_event(self) -> int:
        """The id of the newest event."""

    def subscribe(self, since: int) -> AsyncGenerator[Json, None]:
        """Envelopes after the event `since`, then live ones, until the daemon stops.

        `events.lost` reports events that are not kept, or were lost because the subscriber's queue was full.
        """

    async def doctor(self) -> list[Json]:
        """The findings of an examination of the station, each shaped as a `Finding`."""

    async def support_bundle(self) -> Json:
        """Collect the support bundle, shaped as `models.SupportBundle`, without secrets."""

    async def measure(self) -> Measured:
        """Figures for GET /metrics."""

    def ready(self) -> tuple[bool, str]:
        """Whether calls are possible; if not, the cause."""

    def alive(self) -> bool:
        """Whether the daemon takes inputs."""

    @property
    def tokens(self) -> Tokens:
        """The tokens of clients."""

    @property
    def sessions(self) -> Sessions:
        """The sessions of browsers."""

    @property
    def subscriptions(self) -> Subscriptions:
        """The subscriptions of browsers to notifications of rings."""

    @property
    def operations(self) -> Operations:
        """The orders whose outcome comes later."""

    def token_added(self, token: Token, by: str) -> None:
        """Report a new token."""

    def token_removed(self, token: Token, by: str) -> None:
        """Report that a token was removed."""

    def digits_unread(self, call: CallId) -> None:
        """Report that the program that gets the digits of a call follows no events any more that bring them."""

    def locked_out(self, source: str, seconds: float) -> None:
        """Report that refusals of an address are no longer reported, for a while."""

    def denied(self, who: str, source: str, scope: AccessScope) -> None:
        """Post AccessDenied: `who` as far as known, `source` an address, `scope` view, call, door or admin."""
