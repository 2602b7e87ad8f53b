"""A call of ours that its server has not answered yet; another server may (RFC 3263 §4.3)."""

from dataclasses import dataclass

from appliance.core.orders import Place
from appliance.sip.stack.routing.servers import Server

SILENT_S = 4.0  # three retransmissions by UDP (RFC 3261 §17.1.1.2), where a server says 100 Trying at once
ELSEWHERE = {0, 503}  # nothing came; or it cannot now, which RFC 3261 §21.5.4 has tried elsewhere


@dataclass(slots=True)
class Attempt:
    """An INVITE without an answer of any kind. `outcome`: code and reason, where it came to nothing."""

    order: Place
    server: Server | None
    began: float
    outcome: tuple[int, str] | None = None

    def in_vain(self, now: float) -> bool:
        """Whether another server should be tried, if there is one."""
        return self.outcome is not None or now - self.began >= SILENT_S
