"""Makes a call's hold true by re-INVITE (RFC 3264 §8.4): one at a time, again after glare, and none after a refusal."""

import random

BUSY_AGAIN_S = 0.05
MEDIA_BUSY = 70013  # PJ_EINVALIDOP: an offer or answer is pending in pjsua
REQUEST_PENDING = 491
BUSY, BUSY_MOST = 500, 5  # RFC 3261 §14.2: the INVITE before is not over there; but a far end may say so for ever
OWNER_AGAIN_S = (2.1, 4.0)  # RFC 3261 §14.1: who owns the Call-ID waits longer
OTHER_AGAIN_S = (0.1, 2.0)


def after_glare(now: float, *, call_id_is_ours: bool) -> float:
    """When a re-INVITE is sent again that met one of the far end's."""
    return now + random.uniform(*(OWNER_AGAIN_S if call_id_is_ours else OTHER_AGAIN_S))  # noqa: S311


class Hold:
    """`held` is what the far end has agreed to; `asked` what is on its way; `refused` what it will not have."""

    def __init__(self) -> None:
        self.held = False
        self.asked: bool | None = None
        self._refused: bool | None = None
        self._again_at = 0.0
        self._busy = 0  # answers in a row

    def due(self, wanted: bool, now: float) -> bool:
        """Whether the re-INVITE towards `wanted` is to be sent now."""
        if wanted == self.held:
            self._refused = None
        return self.asked is None and wanted not in {self.held, self._refused} and now >= self._again_at

    def postpone(self, now: float) -> None:
        """It could not be sent: something else is being negotiated."""
        self.asked = None
        self._again_at = now + BUSY_AGAIN_S

    def answered(self, code: int, now: float, *, call_id_is_ours: bool) -> bool:
        """Take the final response to ours; False when it was a refusal that the core must know of."""
        asked, self.asked = self.asked, None
        if asked is None:
            return True
        self._busy = self._busy + 1 if code == BUSY else 0
        if code == REQUEST_PENDING or 0 < self._busy <= BUSY_MOST:
            self._again_at = after_glare(now, call_id_is_ours=call_id_is_ours)
            return True
        if code >= 300:  # noqa: PLR2004
            self._refused = asked
            return False
        self.held = asked
        return True
