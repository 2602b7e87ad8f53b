"""Digest authentication: a caller proves that it knows a password without sending it (RFC 3261 §22, RFC 7616).

A challenge carries a nonce that contains its time and address, signed with a key of this process, so unanswered
challenges need no memory. The process stores only how often each nonce was used, so that it accepts no overheard answer
a second time. An answer counts as a guess only from the address that was challenged: otherwise anybody could forge a
phone's address and lock the phone out with wrong answers, without ever seeing a challenge.

An answer is made for one request: for its method, its address (Request-URI), and our realm. So a phone's answer to
another server, or to another request, is worth nothing here.

We request MD5, which every phone supports: libre gives up a call if SHA-256 is offered beside it (RFC 8760). The
password's length protects the password, and the nonce protects the answer.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from enum import StrEnum

from appliance.base.record import Record
from appliance.core.accounts import sip_uris

LIFE_S = 60.0
ALGORITHM = "MD5"
PARAMETER = re.compile(r'([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')
ESCAPED = re.compile(r"\\(.)")
COUNT = re.compile(r"[0-9A-Fa-f]{8}")
NONCE = re.compile(r"([0-9a-f]{1,16})\.([0-9a-f]{32})\.([0-9a-f]{32})\.([0-9a-f]{64})")
NEEDED = {"username", "realm", "nonce", "uri", "response", "nc", "cnonce"}


class Verdict(StrEnum):
    """The verdict on an answer to a challenge. MISSING: no answer; STALE: an answer to an invalid challenge."""

    ACCEPTED = "accepted"
    MISSING = "missing"
    STALE = "stale"
    WRONG = "wrong"
    REPLAYED = "replayed"


class Credentials(Record):
    """An Authorization header (RFC 7616 §3.4)."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    count: int
    cnonce: str


class Challenges:
    """All challenges made with one key. `realm` is visible to everybody who is challenged."""

    def __init__(self, realm: str, key: bytes | None = None) -> None:
        self.realm = realm
        self._key = key or secrets.token_bytes(32)
        self._used: dict[str, tuple[int, float]] = {}  # nonce: its highest count, and until when it is valid

    def make(self, address: str, now: float, *, stale: bool = False) -> str:
        """The value of WWW-Authenticate for that address; now: seconds of a monotonic clock."""
        made, salt = f"{int(now * 1000):x}", secrets.token_hex(16)
        asked = self._tag(salt, address)
        nonce = f"{made}.{salt}.{asked}.{self._sign(made, salt, asked)}"
        realm = self.realm.replace("\\", "\\\\").replace('"', '\\"')
        suffix = ", stale=true" if stale else ""
        return f'Digest realm="{realm}", nonce="{nonce}", algorithm={ALGORITHM}, qop="auth"{suffix}'

    def judge(
        self, header: str, request: tuple[str, str], password_of: Callable[[str], str | None], address: str, now: float
    ) -> Verdict:
        """Judge the Authorization header of a request from an address; `password_of` a user, None for an unknown user.

        request: its method and its Request-URI.

        An unknown user takes as long as a wrong password. Only a right answer uses up a count: otherwise anybody who
        sees a nonce could use it up for its owner.
        """
        given = read(header)
        if given is None:
            return Verdict.MISSING
        made, ours = self._made(given.nonce, address)
        if made is None or not 0 <= now - made < LIFE_S:  # or of the previous process, which a phone may remember
            return Verdict.STALE
        self._used = {nonce: use for nonce, use in self._used.items() if now < use[1]}
        again = given.count <= self._used.get(given.nonce, (0, 0.0))[0]
        if not ours:
            return Verdict.REPLAYED if again else Verdict.STALE
        password = password_of(given.username)
        method, uri = request
        expected = response(given, method, password if password is not None else secrets.token_hex(8))
        right = hmac.compare_digest(expected.encode(), given.response.lower().encode())
        if not right or password is None or given.realm != self.realm:
            return Verdict.WRONG
        if again or not sip_uris.are_same(given.uri, uri):
            return Verdict.REPLAYED
        self._used[given.nonce] = given.count, made + LIFE_S
        return Verdict.ACCEPTED

    def _made(self, nonce: str, address: str) -> tuple[float | None, bool]:
        """When a nonce was made, None if not by this process, and whether it was made for that address."""
        found = NONCE.fullmatch(nonce)
        if found is None or not hmac.compare_digest(self._sign(*found.group(1, 2, 3)), found[4]):
            return None, False
        return int(found[1], 16) / 1000, hmac.compare_digest(self._tag(found[2], address), found[3])

    def _tag(self, salt: str, address: str) -> str:
        return hmac.new(self._key, f"{salt}@{address}".encode(), hashlib.sha256).hexdigest()[:32]

    def _sign(self, made: str, salt: str, asked: str) -> str:
        return hmac.new(self._key, f"{made}.{salt}.{asked}.{self.realm}".encode(), hashlib.sha256).hexdigest()


def read(header: str) -> Credentials | None:
    """Parse an Authorization header; None if it is invalid, or differs from our challenge (qop=auth, MD5)."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    found = {
        name.lower(): ESCAPED.sub(r"\1", quoted) if quoted else plain for name, quoted, plain in PARAMETER.findall(rest)
    }
    if not found.keys() >= NEEDED or found.get("qop") != "auth":
        return None
    if found.get("algorithm", ALGORITHM).upper() != ALGORITHM:
        return None
    if COUNT.fullmatch(found["nc"]) is None:
        return None
    return Credentials(
        username=found["username"],
        realm=found["realm"],
        nonce=found["nonce"],
        uri=found["uri"],
        response=found["response"],
        count=int(found["nc"], 16),
        cnonce=found["cnonce"],
    )


def response(given: Credentials, method: str, password: str) -> str:
    """The right answer for this password (RFC 7616 §3.4.1)."""

    def digest(text: str) -> str:
        return hashlib.md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()

    secret = digest(f"{given.username}:{given.realm}:{password}")
    request = digest(f"{method}:{given.uri}")
    return digest(f"{secret}:{given.nonce}:{given.count:08x}:{given.cnonce}:auth:{request}")
