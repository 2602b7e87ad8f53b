"""What events are about: the facts of their call and of their conference, filled in where events leave the core.

Rules report ids. A program that follows events alone needs more: who called whom, by which codec, and who is in the
conference. It is computed here, once for all events, from the state that the step left.
"""

from collections import deque
from typing import Any

from msgspec import UNSET, to_builtins

from appliance.base.types import Json
from appliance.core.conferences import mixing
from appliance.core.events import Event, RecordingEvent
from appliance.core.model import Call, Conference, Joining, ParticipantState, State
from appliance.core.step import Step
from appliance.core.summaries import name_of
from appliance.core.views.events import CallOfEvent, ConferenceFacts, ConferenceMember
from appliance.runtime.ended_calls import READABLE_S, Ended

MOST = 20  # conferences that are kept; there is one at a time


class Met:
    """A conference, and all who were invited or in it, by their calls; ended: when, None while it lasts."""

    __slots__ = ("conference", "ended", "joined", "members")

    def __init__(self, conference: Conference) -> None:
        self.conference = conference
        self.members: dict[str, ConferenceMember] = {}
        self.joined: set[str] = set()  # of these, the calls that were in it
        self.ended: float | None = None

    def facts(self, state: State) -> ConferenceFacts:
        """The conference in its events: who is in it, who is invited; after its end, who was."""
        if self.ended is not None:
            there = self.joined
            invited = self.members.keys() - there
        else:
            stages = self.conference.participants
            there = {each.call for each in stages if each.stage is ParticipantState.IN}
            coming = {ParticipantState.INVITING, ParticipantState.COMING}
            invited = {each.call for each in stages if each.stage in coming and each.joining is Joining.INVITED}
        return ConferenceFacts(
            id=self.conference.id,
            participants=tuple([each for call, each in self.members.items() if call in there]),
            invitations=tuple([each for call, each in self.members.items() if call in invited]),
            speaker=self.ended is None and mixing.mix(state).speaker,
        )


class Subjects:
    """Calls and conferences, also for a while after their end."""

    def __init__(self) -> None:
        self.ended = Ended()
        self._met: deque[Met] = deque(maxlen=MOST)
        self._passing: tuple[Call, ...] = ()  # that ended in the last step
        self._made: tuple[Any, ...] = ()  # from what `_shown` was made
        self._shown: Json = {}

    def follow(self, before: State, taken: Step) -> None:
        """Take in the results of a step, before its events are reported."""
        self._passing = taken.ended
        old, new = before.conference, taken.state.conference
        if new is old:
            return
        for each in (old, new):
            if each is not None:
                self._take(each, before, taken.state)
        if old is not None and (new is None or new.id != old.id):
            self._met[-1 if new is None else -2].ended = taken.state.now

    def _take(self, conference: Conference, before: State, after: State) -> None:
        if not self._met or self._met[-1].conference.id != conference.id:
            self._met.append(Met(conference))
        met = self._met[-1]
        met.conference = conference
        for each in conference.participants:
            call = after.calls.get(each.call) or before.calls.get(each.call)
            if call is not None:
                met.members[each.call] = ConferenceMember(call.id, call.remote.uri, name_of(call), each.joining)
            if each.stage is ParticipantState.IN:
                met.joined.add(each.call)

    def add(self, envelope: Json, event: Event, state: State) -> None:
        """Add to an event's envelope `about`, its call, and `conference`; each only if it is known."""
        call = None
        if (wanted := envelope["call"]) is not None:
            call = state.calls.get(wanted) or self._over(wanted)
            if call is not None:
                envelope["about"] = self._facts(call)
        conference = getattr(event, "conference", None)
        if conference is None and call is not None and isinstance(event, RecordingEvent):
            conference = call.conference
        if conference is not None and (met := self._conference(conference)) is not None:
            envelope["conference"] = to_builtins(met.facts(state))

    def conference(self, wanted: str, now: float) -> Met | None:
        """A conference that has ended, for a while after its end; None for any other id."""
        met = self._conference(wanted)
        return None if met is None or met.ended is None or now - met.ended > READABLE_S else met

    def over(self, action: object) -> bool:
        """Whether an order is about a call or a conference that has ended lately."""
        met = self._conference(getattr(action, "conference", None) or "")
        return getattr(action, "call", None) in self.ended or (met is not None and met.ended is not None)

    def _over(self, wanted: str) -> Call | None:
        """A call that ended in this step, or lately."""
        found = next((call for call in self._passing if call.id == wanted), None)
        return self.ended.call(wanted) if found is None else found

    def _facts(self, call: Call) -> Json:
        """The facts of a call, made again only after a change: a call has dozens of events."""
        made = call.id, call.remote, call.media.codec, call.local_uri, call.account, call.conference
        if made != self._made:
            self._made, self._shown = made, to_builtins(facts_in_events(call))
        return self._shown

    def _conference(self, wanted: str) -> Met | None:
        return next((met for met in reversed(self._met) if met.conference.id == wanted), None)


def facts_in_events(call: Call) -> CallOfEvent:
    """A call in its events: what is empty is left out, since the journal keeps it with each of them."""
    remote = call.remote
    return CallOfEvent(
        direction=call.direction,
        from_=call.caller,
        to=call.called,
        display_name=remote.display_name or UNSET,
        target=remote.target or UNSET,
        target_name=remote.target_name or UNSET,
        codec=call.media.codec or UNSET,
        account=call.account or UNSET,
        conference=call.conference or UNSET,
    )
