"""Limits on guessing targets' passwords: wrong answers lock out their source, and unknown sources for the target.

Each further wrong answer after a lockout doubles its time. A target's lockout never applies to its own address, nor to
sources that have proved its password: otherwise anybody could lock out the real phone.
"""

import ipaddress
from collections import OrderedDict

from msgspec.structs import replace

from appliance.base.record import Record
from appliance.core.model import (
    LOCKOUT_CLEARS_AGAIN_S,
    LOCKOUT_DOUBLINGS,
    LOCKOUT_FIRST_S,
    LOCKOUT_FORGOTTEN_S,
    LOCKOUT_LONGEST_S,
    LockoutScope,
)
from appliance.sip.wire import Counted, GuessCounts

FREE_OF_SOURCE, FREE_OF_TARGET = 5, 15  # the last of so many wrong answers locks out
SOURCES = 256  # counted at once; the source that was silent longest is forgotten
KNOWN, KNOWN_S = 8, 30 * 86_400.0  # sources of a target that have proved its password recently


class Locked(Record):
    """A lockout that begins: of the source or the target `who`."""

    scope: LockoutScope
    who: str
    seconds: float


class Guesses:
    """All counters. now: seconds of a monotonic clock. counts: of the previous process."""

    def __init__(self, counts: GuessCounts | None = None) -> None:
        counts = counts or GuessCounts()
        self._sources = OrderedDict((each.who, each) for each in counts.sources)
        self._targets = {each.who: each for each in counts.targets}  # never more than the configuration has
        self._known = {target: OrderedDict(sources) for target, sources in counts.shown}

    @property
    def counts(self) -> GuessCounts:
        """The counters now."""
        shown = tuple((target, tuple(sources.items())) for target, sources in self._known.items())
        return GuessCounts(tuple(self._sources.values()), tuple(self._targets.values()), shown)

    def locks_out(self, target: str, address: str, now: float, *, at_home: bool) -> bool:
        """Whether answers from that address are ignored. at_home: it is the target's own address."""
        source = source_of(address)
        count, of_target = self._sources.get(source), self._targets.get(target)
        if count is not None and now < count.until:
            return True
        return of_target is not None and now < of_target.until and not at_home and not self._knows(target, source, now)

    def wrong(self, target: str, address: str, now: float, *, at_home: bool) -> list[Locked]:
        """Count a wrong answer; returns the lockouts that begin. From the target's own address it counts only there."""
        source = source_of(address)
        before = self._sources.pop(source, None) or Counted(source)
        self._sources[source], seconds = _one_more(before, target, FREE_OF_SOURCE, now)
        while len(self._sources) > SOURCES:
            self._sources.popitem(last=False)
        found = [Locked(LockoutScope.SOURCE, source, seconds)]
        if not at_home and not self._knows(target, source, now):
            before = self._targets.get(target) or Counted(target)
            self._targets[target], seconds = _one_more(before, target, FREE_OF_TARGET, now)
            found.append(Locked(LockoutScope.TARGET, target, seconds))
        return [locked for locked in found if locked.seconds]

    def right(self, target: str, address: str, now: float) -> None:
        """A right answer: the source becomes known, and its wrong answers for this target are forgotten for once.

        Its wrong answers for other targets are not: otherwise the owner of one password could guess at others for ever.
        """
        source = source_of(address)
        if (count := self._sources.get(source)) is not None:
            self._sources[source] = _cleared(count, target, now)
        known = self._known.setdefault(target, OrderedDict())
        known.pop(source, None)
        known[source] = now
        while len(known) > KNOWN:
            known.popitem(last=False)

    def known(self, now: float) -> set[str]:
        """The sources that have proved a password lately."""
        proven = ((target, source) for target, sources in self._known.items() for source in sources)
        return {source for target, source in proven if self._knows(target, source, now)}

    def _knows(self, target: str, source: str, now: float) -> bool:
        known = self._known.get(target)
        return known is not None and now - known.get(source, -KNOWN_S) < KNOWN_S


def _one_more(before: Counted, target: str, free: int, now: float) -> tuple[Counted, float]:
    """Count one more; returns also the seconds of the lockout that begins, 0 for none."""
    wrong = {} if now - before.last >= LOCKOUT_FORGOTTEN_S else dict(before.wrong)
    wrong[target] = wrong.get(target, 0) + 1
    counted = replace(before, wrong=tuple(wrong.items()), last=now)
    beyond = sum(wrong.values()) - free
    if beyond < 0:
        return counted, 0.0
    seconds: float = min(LOCKOUT_FIRST_S * 2 ** min(beyond, LOCKOUT_DOUBLINGS), LOCKOUT_LONGEST_S)
    return replace(counted, until=now + seconds), seconds


def _cleared(before: Counted, target: str, now: float) -> Counted:
    """Forget the wrong answers for a target, once in some minutes: a phone and a guesser may share an address."""
    wrong, cleared = dict(before.wrong), dict(before.cleared)
    if target not in wrong or now - cleared.get(target, -LOCKOUT_CLEARS_AGAIN_S) < LOCKOUT_CLEARS_AGAIN_S:
        return before
    del wrong[target]
    return replace(before, wrong=tuple(wrong.items()), cleared=tuple({**cleared, target: now}.items()))


def source_of(address: str) -> str:
    """Return the source of an address: the address for IPv4, its /64 network for IPv6, as a host has many addresses."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)  # noqa: PLR2004
