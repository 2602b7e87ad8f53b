"""Brings about a call's hold by re-INVITE (RFC 3264 §8.4): one at a time, repeated after glare, not after a refusal."""

import math
import random

from appliance.sip.stack import translate

BUSY_AGAIN_S = 0.05
OK, REFUSALS, REQUEST_PENDING = 200, 300, 491
BUSY, BUSY_MOST = 500, 5  # with Retry-After, RFC 3261 §14.2: an INVITE is not finished; some answer this for ever
INSTEAD_S = 30.0  # between two re-INVITEs in place of an UPDATE, as other UPDATEs than refreshes are refused, too
CROSSED_MOST = 20  # refreshes in a row: enough for the rest of a session
ENDS_CALL = frozenset({408, 481})  # RFC 3261 §12.2.1.2: pjsip sends BYE, and the call's end reports the code
OWNER_AGAIN_S = (2.1, 4.0)  # RFC 3261 §14.1: the owner of the Call-ID waits longer
OTHER_AGAIN_S = (0.1, 2.0)

Refusal = tuple[int, str, str]  # code, reason and message


def after_glare(now: float, *, call_id_is_ours: bool) -> float:
    """When to repeat a re-INVITE that crossed one of the far end."""
    return now + random.uniform(*(OWNER_AGAIN_S if call_id_is_ours else OTHER_AGAIN_S))  # noqa: S311


class HoldNegotiation:
    """The hold of one call. `held`: as the far end has accepted it; `asked`: in progress; `_refused`: not repeated."""

    def __init__(self) -> None:
        self.held = False
        self.asked: bool | None = None
        self._refused: bool | None = None
        self._again_at = 0.0
        self._busy = 0  # answers in a row

    def due(self, wanted: bool, now: float) -> bool:
        """Whether to send the re-INVITE towards `wanted` now."""
        if wanted == self.held:
            self._refused = None
        return self.asked is None and wanted not in {self.held, self._refused} and now >= self._again_at

    def postpone(self, now: float) -> None:
        """Try again later: the re-INVITE could not be sent during another negotiation."""
        self.asked = None
        self._again_at = now + BUSY_AGAIN_S

    def answered(self, code: int, now: float, *, call_id_is_ours: bool, later: bool = False) -> bool:
        """Process the final response to our re-INVITE; False for a refusal that the core must be informed of.

        later: it asks us to try again (Retry-After).
        """
        asked, self.asked = self.asked, None
        if asked is None:
            return True
        self._busy = self._busy + 1 if code == BUSY and later else 0
        if code == REQUEST_PENDING or 0 < self._busy <= BUSY_MOST:
            self._again_at = after_glare(now, call_id_is_ours=call_id_is_ours)
            return True
        if code >= REFUSALS:
            self._refused = asked
            return False
        self.held = asked
        return True


class Reinvites:
    """Our re-INVITEs of one call. pjsip repeats one by itself, with a password or another session interval.

    So a refusal lasts unless pjsip repeats the request before the loop's next turn.

    A refresh of the session (RFC 4028) that meets another change of the far end is not repeated by pjsip, which would
    end the call once the session expires: it is repeated here. So is one by UPDATE that is refused, as some far ends
    allow that method and take re-INVITEs alone.
    """

    def __init__(self) -> None:
        self._newest = ""  # CSeq
        self._refusal: Refusal | None = None
        self._refresh_at: float | None = None
        self._crossed = 0  # refreshes in a row
        self._instead_at = -math.inf  # when a re-INVITE last took an UPDATE's place

    def sent(self, request: str) -> None:
        """Note that a re-INVITE was sent, for the first time or again. Any of them refreshes the session."""
        self._newest, self._refusal, self._refresh_at = translate.header(request, "CSeq"), None, None

    def refused(self, code: int, reason: str, message: str) -> None:
        """Note a refusal that the call outlives; without a message, no answer came.

        pjsip may have repeated the re-INVITE already.
        """
        if code not in ENDS_CALL and (not message or self.answers(message)):
            self._refusal = code, reason, message

    def answers(self, message: str) -> bool:
        """Whether the message answers the newest one, and not the call's first INVITE."""
        return translate.header(message, "CSeq") == self._newest

    def lasting(self) -> Refusal | None:
        """Return the refusal of the newest one, once."""
        refusal, self._refusal = self._refusal, None
        return refusal

    def refreshed(self, code: int, now: float, *, call_id_is_ours: bool, later: bool) -> None:
        """A refresh has its final response. later: it asks us to try again (Retry-After)."""
        crossed = code == REQUEST_PENDING or (code == BUSY and later)
        self._crossed = self._crossed + 1 if crossed else 0
        if 0 < self._crossed <= CROSSED_MOST:
            self._refresh_at = after_glare(now, call_id_is_ours=call_id_is_ours)

    def updated(self, code: int, now: float) -> None:
        """Our UPDATE has this final response, 0 for none yet. pjsip repeats a refused one itself, with an offer."""
        if OK <= code < REFUSALS:
            self._refresh_at = None
        elif code >= REFUSALS and code not in ENDS_CALL and now - self._instead_at >= INSTEAD_S:
            self._instead_at, self._refresh_at = now, now + BUSY_AGAIN_S

    def due(self, now: float) -> bool:
        """Whether to send a refresh again now."""
        return self._refresh_at is not None and now >= self._refresh_at

    def postpone(self, now: float) -> None:
        """Try again later: the refresh could not be sent during another negotiation."""
        self._refresh_at = now + BUSY_AGAIN_S
