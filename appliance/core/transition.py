"""One step of the core in progress: the state being changed, and the orders and events that result."""

from operator import attrgetter
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from appliance.core import call_quality, call_states, diagnosis, events
from appliance.core.call_states import Signal
from appliance.core.model import (
    AccessPart,
    AccountsPart,
    AppliancePart,
    AudioPart,
    By,
    Call,
    CallId,
    CallsPart,
    CallState,
    Cause,
    Conference,
    Direction,
    DoorsPart,
    End,
    OutgoingMessage,
    PanelPart,
    PendingReply,
    RequestId,
    RulesPart,
    Settings,
    State,
    Transfer,
    VisitorRing,
)
from appliance.core.orders import DropAnnouncement, FinishRecording, Order

ERROR_SHOWN_S = 3.0

P = TypeVar("P")


class Part(Protocol[P]):
    """A part of the state, which a rule changes by assignment: `turn.doors = replace(turn.doors, ...)`."""

    def __get__(self, turn: "Turn", owner: "type[Turn] | None" = None) -> P:
        """Read it."""

    def __set__(self, turn: "Turn", part: P) -> None:
        """Change it."""


def state_part(name: str) -> Any:
    """The part of that name. A property, as C reads it in half the time of a `__get__`, and each step reads fifty."""

    def change(turn: "Turn", part: object) -> None:
        turn.state = replace(turn.state, **{name: part})

    return property(attrgetter(f"state.{name}"), change)


class Turn:
    """The working state of one `step`, so that rules can change it while `State` itself stays an immutable value.

    now: when the input happened, CLOCK_MONOTONIC seconds. decided: when it is processed, later if the daemon was busy.
    """

    __slots__ = ("_made", "decided", "events", "finished", "fresh", "front", "now", "orders", "state")

    settings: Part[Settings] = state_part("settings")
    calls: Part[CallsPart] = state_part("calls")
    messages: Part[tuple[OutgoingMessage, ...]] = state_part("messages")
    conference: Part[Conference | None] = state_part("conference")
    transfers: Part[tuple[Transfer, ...]] = state_part("transfers")
    rings: Part[tuple[VisitorRing, ...]] = state_part("rings")
    accounts: Part[AccountsPart] = state_part("accounts")
    doors: Part[DoorsPart] = state_part("doors")
    access: Part[AccessPart] = state_part("access")
    panel: Part[PanelPart] = state_part("panel")
    audio: Part[AudioPart] = state_part("audio")
    appliance: Part[AppliancePart] = state_part("appliance")
    rules: Part[RulesPart] = state_part("rules")

    def __init__(self, state: State, now: float, fresh: str, taken: float = 0.0) -> None:
        self.state = state if state.now == now else replace(state, now=now)
        self.now, self.decided, self.fresh = now, max(now, taken), fresh
        self.front = state.calls.active  # as last reported
        self.orders: list[Order] = []
        self.events: list[events.Event] = []
        self.finished: tuple[tuple[Call, End], ...] = ()  # in few steps, so no list is made in each
        self._made = 0

    def new_id(self) -> str:
        """A unique id; a second one of the same step sorts after the first."""
        self._made += 1
        return self.fresh if self._made == 1 else f"{self.fresh}-{self._made}"

    def order(self, order: Order) -> None:
        """Add an order for an adapter."""
        self.orders.append(order)

    def emit(self, event: events.Event) -> None:
        """Report an event."""
        self.events.append(event)

    def put(self, call: Call, *, behind: bool = False) -> Call:
        """Store a changed or new call. behind: a new one goes behind all others."""
        self.become(replace(self.state, calls=self.calls.with_call(call, behind=behind)))
        return call

    def bring(self, call: Call) -> None:
        """Bring a call to the foreground."""
        self.become(replace(self.state, calls=self.calls.with_front(call)))

    def become(self, state: State) -> None:
        """Replace the state, and report which calls lost and which gained the speaker and the microphone."""
        had, has = call_states.with_sound(self.state), call_states.with_sound(state)
        self.state = state
        for call in had:
            if call not in has:
                self.emit(events.CallActiveChanged(call, old=True, new=False))
        for call in has:
            if call not in had:
                self.emit(events.CallActiveChanged(call, old=False, new=True))

    def move(self, call: Call, signal: Signal, *first: events.Event) -> Call | None:
        """Move a call along the transition table and set its deadline; the given events precede call.state_changed.

        None, and no event, if the table has no such pair.
        """
        new = call_states.TABLE.get((call.state, signal))
        if new is None:
            return None
        deadline = call_states.deadline(call, new, self.settings.deadlines, self.now)
        moved = replace(call, state=new, deadline=deadline)
        for event in first:
            self.emit(event)
        self.emit(events.CallStateChanged(call.id, old=call.state, new=new))
        return self.put(moved)

    def finish(self, call: Call, end: End) -> None:
        """End a call for good: emit its one final event, finish its recording, and remove it from the state."""
        if call.media.quality is not None:
            self.emit(call_quality.statistics(call, call.media.quality, final=True))
        if call.media.started:
            self.emit(events.MediaEnded(call.id))
        end = replace(end, explanation=diagnosis.call(self.settings, call, end))
        self.finished = (*self.finished, (replace(call, end=end), end))
        self.move(replace(call, end=end), Signal.OVER)
        self.calls = replace(self.calls, living=tuple(c for c in self.calls.living if c.id != call.id))
        talked = self.now - call.times.connected_since if call.times.connected_since is not None else 0.0
        final = final_event(call, end)
        self.emit(
            final(
                call.id,
                cause=end.cause,
                code=end.code,
                reason=end.reason,
                by=end.by,
                direction=call.direction,
                duration_s=round(talked, 3),
                total_s=round(self.now - call.created, 3),
                missed=missed(call, end),
                explanation=end.explanation,
                headers=dict(call.headers.end),
                from_=call.caller,
                to=call.called,
                codec=call.media.codec,
            )
        )
        failed = final is events.CallFailed or (final is events.CallRejected and call.direction is Direction.OUTGOING)
        goes_on = any(ring.id == call.ring for ring in self.rings)  # a visitor's ring, with other calls
        if failed and not goes_on and not call.apart:
            self.show_error()
        self.end_recordings(call.id)

    def show_error(self) -> None:
        """Show on the panel, and play, that something failed."""
        self.panel = replace(self.panel, error_until=self.now + ERROR_SHOWN_S)

    def show_busy(self) -> None:
        """Show on the panel, and play, that a press rings nobody now: also while others ring or talk."""
        self.panel = replace(self.panel, busy_until=self.now + ERROR_SHOWN_S)

    def reply_once_saved(self, request: RequestId, warning: str) -> None:
        """Reply to a client once everything is on disc: at the end of this step, if nothing changed."""
        waiting = PendingReply(request, self.now + self.settings.times.state_saved_s, warning)
        self.appliance = replace(self.appliance, pending_replies=(*self.appliance.pending_replies, waiting))

    def end_recordings(self, call: CallId) -> None:
        """Finish the call's recordings that never began; one that did ends when its file is closed."""
        for recording in self.calls.recordings:
            if recording.call == call and recording.ready and not recording.begun:
                self.order(FinishRecording(recording.id, recording.discarded_by))
            elif recording.call == call and recording.announcing_until is not None:
                self.order(DropAnnouncement(recording.id))
        self.calls = replace(
            self.calls,
            recordings=tuple(r for r in self.calls.recordings if r.call != call or r.begun),
        )


def final_event(call: Call, end: End) -> type[events.FinalEvent]:
    """The type of a call's final event, one of four (docs/reference/contract.md)."""
    if call.times.connected_since is not None:
        return events.CallEnded
    if call.direction is Direction.INCOMING:
        return events.CallRejected if end.by is By.LOCAL else events.CallCanceled
    if end.cause in {Cause.CANCELED, Cause.REPLACED, Cause.SHUTDOWN, Cause.ANSWERED_ELSEWHERE}:
        return events.CallCanceled
    return events.CallRejected if end.cause in {Cause.BUSY, Cause.REJECTED} else events.CallFailed


def missed(call: Call, end: End) -> bool:
    """Whether nobody answered an incoming call; False if we refused the call, or if another phone answered it."""
    noticed = call.answered_by_us or end.cause in {Cause.REJECTED, Cause.UNAUTHORIZED, Cause.ANSWERED_ELSEWHERE}
    return call.direction is Direction.INCOMING and not noticed


def unanswered(call: Call) -> bool:
    """Whether this is an outgoing call that nobody has answered yet."""
    return call.direction is Direction.OUTGOING and call.state in {
        CallState.DIALING,
        CallState.RINGING,
        CallState.EARLY_MEDIA,
    }
