"""An outgoing call that nobody has answered yet; another server, or another connection, may help (RFC 3263 §4.3)."""

import errno
import os
from dataclasses import dataclass, field

from appliance.core.orders import Place
from appliance.sip.stack.routing.servers import SipServer

SILENT_S = 4.0  # three retransmissions by UDP (RFC 3261 §17.1.1.2); a working server sends 100 Trying at once
ELSEWHERE = {0, 503}  # no answer, or a temporary failure, for which RFC 3261 §21.5.4 suggests another server
# The reasons that pjsip gives where a connection ended: most of such were dead before, as that of a PBX that restarted.
LOST = "(PJ_EEOF)", *map(os.strerror, (errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT))


@dataclass(slots=True)
class InviteAttempt:
    """An INVITE without a final answer. `outcome`: code and reason, once it has failed in a way that may help.

    others: servers to try in a direct call; repeated: the call's INVITE was sent before.
    """

    order: Place
    server: SipServer | None
    began: float
    outcome: tuple[int, str] | None = None
    others: list[SipServer] = field(default_factory=list)
    repeated: bool = False

    @property
    def left(self) -> list[SipServer]:
        """The servers to try next: the others, or the same one by a new connection, once."""
        lost = self.outcome is not None and self.lost(*self.outcome)
        return self.others or ([self.server] if lost and self.server is not None else [])

    def in_vain(self, now: float, *, tried: bool) -> bool:
        """Whether to try another server, if there is one."""
        return self.outcome is not None or (not tried and now - self.began >= SILENT_S)

    def lost(self, code: int, reason: str) -> bool:
        """Whether the connection ended, for the first time: no answer can come by it."""
        return code == 0 and not self.repeated and any(each in reason for each in LOST)


def may_help(attempt: InviteAttempt | None, code: int, reason: str, *, tried: bool) -> bool:
    """The INVITE has failed: whether it may be sent again. tried: it had a provisional answer, as while it rings."""
    if attempt is None or code not in ELSEWHERE or (tried and not attempt.lost(code, reason)):
        return False
    attempt.outcome = code, reason
    return True
