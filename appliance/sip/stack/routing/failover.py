"""An outgoing call that its server has not answered yet; another server may (RFC 3263 §4.3)."""

from dataclasses import dataclass, field

from appliance.core.orders import Place
from appliance.sip.stack.routing.servers import SipServer

SILENT_S = 4.0  # three retransmissions by UDP (RFC 3261 §17.1.1.2); a working server sends 100 Trying at once
ELSEWHERE = {0, 503}  # no answer, or a temporary failure, for which RFC 3261 §21.5.4 suggests another server


@dataclass(slots=True)
class InviteAttempt:
    """An INVITE without any answer. `outcome`: code and reason, once it has failed; others: to try in a direct call."""

    order: Place
    server: SipServer | None
    began: float
    outcome: tuple[int, str] | None = None
    others: list[SipServer] = field(default_factory=list)

    def in_vain(self, now: float) -> bool:
        """Whether to try another server, if there is one."""
        return self.outcome is not None or now - self.began >= SILENT_S
