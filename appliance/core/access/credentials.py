"""Codes and cards: find the one that was shown, and decide whether it opens anything now. Changes no state.

Digits are compared as HMAC-SHA256 (RFC 2104) under the device's key: every code each time, and in constant time.
"""

import hashlib
import hmac

from appliance.core import wall_clock
from appliance.core.model import Credential, CredentialBook, CredentialKind, Denial, State

SHORTEST, LONGEST = 4, 12  # digits of a code


def digest(secret: str, kind: CredentialKind, shown: str) -> str:
    """The stored form of a code's digits or a card's number, in hexadecimal; so is `secret`, the key."""
    return hmac.new(
        bytes.fromhex(secret), f"{kind}:{shown}".encode("utf-8", "backslashreplace"), hashlib.sha256
    ).hexdigest()


def match(book: CredentialBook, kind: CredentialKind, shown: str) -> Credential | None:
    """The code with these digits, or the card with this number."""
    wanted, found = digest(book.secret, kind, shown), None
    for credential in book.codes:
        if hmac.compare_digest(credential.digest, wanted):
            found = credential
    return found


def longest(book: CredentialBook | None) -> int:
    """The number of digits of the longest code; 0 without codes."""
    return max((c.length for c in book.codes), default=0) if book is not None else 0


def why_not(state: State, credential: Credential) -> str:
    """Why the credential opens nothing now, for people; "" if it opens its doors."""
    clock, now = state.appliance.clock, state.now
    if credential.uses == 0:
        return Denial.USED_UP
    if credential.expires is not None:
        if clock is None or not clock.trusted:
            return Denial.NO_CLOCK
        if clock.epoch + now >= credential.expires:
            return Denial.EXPIRED
    weekly = wall_clock.why_not(credential.schedule, clock, now)
    return weekly or wall_clock.profile_why_not(state, credential.profile) or ""
