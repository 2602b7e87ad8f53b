"""ICE in a call (RFC 8445, RFC 8839): candidates of both sides are tried, and a working pair carries the sound.

pjsua has no callback that reports the pair, or whether the far end takes part; its report on the call has both. So that
is read, from each agreement on media until ICE is settled.
"""

import re

from appliance.base import times
from appliance.core import inputs
from appliance.core.model import CallId, Candidate, IceFault

LOOK_S = 0.1
REPORT = re.compile(r"ICE role: \w+, state: (?P<state>[A-Za-z ]+), comp_cnt")
PAIR = re.compile(r"\[0\]: L:(\S+) \((.)\) --> R:(\S+) \((.)\)")  # of the first component, RTP
KINDS = {"h": "host", "s": "srflx", "p": "prflx", "r": "relay"}
UNDER_WAY = {"Session Initialized", "Negotiation In Progress"}
SUCCESS, FAILED = "Negotiation Success", "Negotiation Failed"

Pair = tuple[Candidate, Candidate]


class Ice:
    """ICE of one call. `runs`: it is not settled yet, so no packets are due."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._look_at = 0.0
        self._reported: Pair | IceFault | None = None

    @property
    def runs(self) -> bool:
        """Whether ICE is still in progress."""
        return self._since is not None

    def begin(self, now: float) -> None:
        """Offer and answer agree, for the first time or again; ICE may begin, or begin again."""
        if self._since is None:
            self._since = now
        self._look_at = now

    def due(self, now: float) -> bool:
        """Whether to read the report now."""
        return self._since is not None and now >= self._look_at

    def look(self, report: str, now: float) -> Pair | IceFault | None:
        """The news in pjsua's report: our candidate and the far end's, or the fault; None for no news."""
        assert self._since is not None
        self._look_at = now + LOOK_S
        found = REPORT.search(report)
        state = found["state"] if found else ""
        news: Pair | IceFault | None = None
        if state in UNDER_WAY:
            if now - self._since < times.current.ice_checks_s:
                return None
            news = IceFault.TIMEOUT
        elif state == FAILED:
            news = IceFault.FAILED_CHECKS
        elif state == SUCCESS and (pair := PAIR.search(report)):
            news = Candidate(KINDS[pair[2]], pair[1]), Candidate(KINDS[pair[4]], pair[3])
        self._since = None
        if news == self._reported:
            return None
        self._reported = news or self._reported
        return news

    def news(self, call: CallId, report: str, now: float) -> inputs.IceCompleted | inputs.IceFailed | None:
        """Return the change as an input of the core, None without a change."""
        found = self.look(report, now)
        if isinstance(found, IceFault):
            return inputs.IceFailed(at=now, call=call, fault=found)
        return None if found is None else inputs.IceCompleted(at=now, call=call, local=found[0], remote=found[1])
