"""Changes of a call by re-INVITE (RFC 3261 §14) or UPDATE (RFC 3311): reported, or decided by a client."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from appliance.base import times
from appliance.core import inputs
from appliance.core.model import CallId, UpdateChange
from appliance.sip.stack.calls import offers
from appliance.sip.stack.calls.offers import OfferedAudio
from appliance.sip.stack.translate import Headers

REQUEST_PENDING = 491
Described = tuple[Headers, str, str]  # of a message: headers, the type of its body, and the body without keys
NOTHING: Described = ((), "", "")
Post = Callable[[inputs.UpdateReceived | inputs.UpdateSent | inputs.UpdateAnswered], None]


class Updates:
    """The changes of one call. codecs: the codecs to offer, () for all configured ones.

    waits: the far end's re-INVITE waits for a client's decision. answer: the SDP that would accept the re-INVITE.
    chooses: our next offer changes the codec.
    """

    def __init__(self, call: CallId, post: Post) -> None:
        self._call, self._post = call, post
        self._theirs: tuple[UpdateChange, ...] = ()
        self._ours: tuple[UpdateChange, ...] = ()
        self.waits, self.answer, self.chooses = False, "", False
        self.codecs: tuple[str, ...] = ()
        self._wanted_at: float | None = None
        self._until = 0.0

    # -- by the far end ----------------------------------------------------------------------------------------------

    def comes(self, now: OfferedAudio, wanted: OfferedAudio | None, described: Described, *, asked: bool) -> bool:
        """Report the changes of an arrived offer; returns False without any. asked: the offer waits for a decision.

        described: the re-INVITE with the offer.
        """
        self._theirs = () if wanted is None else offers.changes(now, wanted)
        if not self._theirs:
            return False
        self.waits = asked
        headers, content_type, body = described
        received = inputs.UpdateReceived(
            at=time.monotonic(),
            call=self._call,
            changes=self._theirs,
            asked=asked,
            headers=headers,
            content_type=content_type,
            body=body,
        )
        self._post(received)
        return True

    def answered(self, code: int, reason: str) -> None:
        """The far end's change has its final response; without changes only a refusal is reported."""
        theirs, self._theirs, self.waits = self._theirs, (), False
        if theirs or code >= 300:  # noqa: PLR2004
            self._report(theirs, code, reason, ours=False)

    # -- by us -------------------------------------------------------------------------------------------------------

    def want(self, codecs: tuple[str, ...], now: float) -> None:
        """Offer only these codecs from now on."""
        self.codecs, self._wanted_at, self._until = codecs, now, now + times.current.call_change_waits_s

    @contextmanager
    def choosing(self) -> Iterator[None]:
        """Offers made inside this context shall change the codec."""
        self.chooses = True
        try:
            yield
        finally:
            self.chooses = False

    @property
    def busy(self) -> bool:
        """Whether an offer waits until it can be sent."""
        return self._wanted_at is not None

    @property
    def under_way(self) -> bool:
        """Whether a re-INVITE that we have sent for a change is unanswered."""
        return bool(self._ours)

    def due(self, now: float) -> bool:
        """Whether to send the offer of codecs now."""
        return self._wanted_at is not None and now >= self._wanted_at

    def postpone(self, now: float) -> None:
        """Try again later: the offer could not be sent during another negotiation. After a while, report a failure."""
        self._wanted_at = now + times.current.call_change_again_s
        if now >= self._until:
            self._wanted_at, self.codecs = None, ()
            self._report((UpdateChange.CODEC,), REQUEST_PENDING, "Another change is in progress", ours=True)

    def crossed(self, again_at: float) -> bool:
        """Our re-INVITE crossed one of the far end. Returns whether ours offers codecs, and so is sent again then."""
        if UpdateChange.CODEC not in self._ours or again_at >= self._until:
            return False
        self._ours, self._wanted_at = (), again_at
        return True

    def sent(self, *changes: UpdateChange) -> None:
        """Our re-INVITE was sent."""
        self._ours = changes
        if UpdateChange.CODEC in changes:
            self._wanted_at = None
        self._post(inputs.UpdateSent(at=time.monotonic(), call=self._call, changes=changes))

    def settle(self, code: int, reason: str, described: Described, *, reported: bool) -> None:
        """Our re-INVITE has its final response. The flag: its refusal is reported elsewhere, or it is sent again."""
        ours, self._ours = self._ours, ()
        if code >= 300 and UpdateChange.CODEC in ours:  # noqa: PLR2004
            self.codecs = ()
        if ours and not reported:
            self._report(ours, code, reason, described, ours=True)

    def _report(
        self, changes: tuple[UpdateChange, ...], code: int, reason: str, described: Described = NOTHING, *, ours: bool
    ) -> None:
        headers, content_type, body = described
        answered = inputs.UpdateAnswered(
            at=time.monotonic(),
            call=self._call,
            changes=changes,
            code=code,
            reason=reason,
            ours=ours,
            headers=headers,
            content_type=content_type,
            body=body,
        )
        self._post(answered)
