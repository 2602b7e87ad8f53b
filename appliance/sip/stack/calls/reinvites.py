"""Our re-INVITE: pjsip repeats it by itself with a password or another session interval, so a refusal may not last."""

from appliance.sip.stack import translate

Refusal = tuple[int, str, str]  # code, reason and message


class Reinvites:
    """Our re-INVITEs of one call. A refusal lasts unless pjsip repeats the request before the loop's next turn."""

    def __init__(self) -> None:
        self._newest = ""  # CSeq
        self._refusal: Refusal | None = None

    def sent(self, request: str) -> None:
        """One was sent, for the first time or again."""
        self._newest, self._refusal = translate.header(request, "CSeq"), None

    def refused(self, code: int, reason: str, message: str) -> None:
        """One was refused; without a message, because nothing came. pjsip may have repeated it already."""
        if not message or translate.header(message, "CSeq") == self._newest:
            self._refusal = code, reason, message

    def lasting(self) -> Refusal | None:
        """Return the refusal of the newest one, once."""
        refusal, self._refusal = self._refusal, None
        return refusal
