"""What clients read of the state that a reactor holds. Interfaces import it, so a station without them does not."""

import time
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from appliance.base import wall_time
from appliance.core import snapshot
from appliance.core.access.view import codes_view
from appliance.core.calls.view import call_view, in_order
from appliance.core.conferences.view import conference_view, ended_conference
from appliance.core.model import CallId
from appliance.core.rules.view import rules_view, tried
from appliance.core.views.calls import Call
from appliance.core.views.codes import Code
from appliance.core.views.conferences import Conference
from appliance.core.views.rules import Rule, Verdict
from appliance.core.views.snapshot import Snapshot
from appliance.runtime.reactor import Reactor


class Shown:
    """The views of a reactor's state."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor

    def snapshot(self) -> Snapshot:
        """The state as clients see it, with the id of the last event in it."""
        state = self._reactor.state
        now = max(time.monotonic(), state.now)
        return snapshot.snapshot(replace(state, now=now), wall_time.epoch(), self._reactor.feed.last)

    def calls(self) -> tuple[Call, ...]:
        """All calls as clients see them."""
        state, now, epoch = self._reactor.state, time.monotonic(), wall_time.epoch()
        return tuple([call_view(state, call, now, epoch) for call in in_order(state)])

    def call(self, wanted: str) -> Call | None:
        """One call as clients see it, also for a while after its end; None for any other id."""
        state, now, epoch = self._reactor.state, time.monotonic(), wall_time.epoch()
        if (call := state.calls.get(CallId(wanted))) is not None:
            return call_view(state, call, now, epoch)
        found = self._reactor.subjects.ended.find(wanted, now)
        return None if found is None else call_view(state, found[0], found[1], epoch, found[1])

    def conference(self, wanted: str) -> Conference | None:
        """A conference as clients see it, also for a while after its end; None for any other id."""
        state, epoch = self._reactor.state, wall_time.epoch()
        if state.conference is not None and state.conference.id == wanted:
            return conference_view(state, state.conference, epoch)
        met = self._reactor.subjects.conference(wanted, time.monotonic())
        if met is None or met.ended is None:
            return None
        return ended_conference(met.conference, met.members.values(), met.ended, epoch)

    def rules(self) -> tuple[Rule, ...]:
        """All rules as clients see them."""
        return rules_view(self._reactor.state)

    def try_rules(self, at: datetime | None, supposed: Mapping[str, str]) -> tuple[Verdict, ...]:
        """What each rule would do at that time, else now, and why. supposed: values of the state, by their paths."""
        state = self._reactor.state
        if at is not None and (clock := state.appliance.clock) is not None:  # the offsets of then: it may be summer
            offsets = tuple([(zone, wall_time.offset_s(at, zone)) for zone, _ in clock.offsets])
            clock = replace(clock, utc_offset_s=wall_time.offset_s(at), offsets=offsets)
            state = replace(state, appliance=replace(state.appliance, clock=clock))
        return tried(state, at, supposed)

    def rule_tokens(self) -> dict[str, str]:
        """The ids of the tokens that made rules, by the names of the rules."""
        return {rule.name: rule.maker for rule in self._reactor.state.rules.made if rule.maker}

    def codes(self) -> tuple[Code, ...]:
        """All codes and cards as clients see them. Raises `unavailable`."""
        return codes_view(self._reactor.state)
