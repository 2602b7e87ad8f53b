"""Subscriptions of browsers to Web Push (RFC 8030): where rings are sent to while no page is open, and the key for it.

A subscription is a URL that a client chooses, so it is looked at here, and its address again before each message
(`push/deliver.py`). The URL is a secret, as everyone who has it could send to the device: no request shows it.
"""

import base64
import binascii
import ipaddress
import logging
import re
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from appliance.base import durable, times
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.record import RecordWithSecrets
from appliance.base.types import Json
from appliance.core import wall_clock

log = logging.getLogger(__name__)

FILE, KEY = "push.json", "push.key"
MOST_OF_ONE = 8  # of one token: a new one replaces its oldest
MOST = 64
LONGEST = 1 << 18  # bytes of the file
LONGEST_URL = 1024
POINT = 65  # bytes of a public key of P-256, uncompressed
SECRET = 16  # bytes of a browser's secret (RFC 8291 §3.2)
LANGUAGE = re.compile(r"[a-z]{2}")


class Subscription(RecordWithSecrets):
    """A browser's subscription. p256dh, auth: its keys (RFC 8291); language: of the notifications.

    of: SHA-256 of the token that it was made with, "" for a client without one; session: that of its cookie, or "".
    client: who made it, as in events. created: in seconds since 1970, UTC.
    """

    SECRETS = frozenset({"endpoint", "auth"})

    id: str
    endpoint: str
    p256dh: str
    auth: str
    language: str
    of: str
    session: str
    client: str
    created: float


class Subscriptions:
    """The subscriptions in one file, and the key beside it. All but `some` and `known` block on the disc.

    counts: whether the token of that SHA-256 is valid. emptied: called once the last one is removed.
    """

    def __init__(self, state: Path, counts: Callable[[str], bool], clock: Callable[[], float] = time.time) -> None:
        self._path, self._key, self._counts, self._clock = state / FILE, state / KEY, counts, clock
        self._by_id: dict[str, Subscription] = {}  # oldest first
        self._problems: dict[str, str] = {}  # of the last message to each
        self._changing = threading.Lock()
        self._fault: IntercomError | None = None
        self._public = ""
        self.emptied: Callable[[], None] = lambda: None

    def load(self) -> None:
        """Read the file, if there is one. Raises IntercomError if it cannot be used: then nobody is notified."""
        try:
            self._by_id, self._fault = read(self._path), None
        except IntercomError as error:
            self._by_id, self._fault = {}, error
            raise

    @property
    def some(self) -> bool:
        """Whether there is any."""
        return bool(self._by_id)

    def known(self) -> Sequence[Subscription]:
        """Those whose token is valid."""
        return [each for each in self._by_id.values() if self._is_valid(each)]

    def key(self) -> str:
        """The public key of the station (RFC 8292 §3.2); made when it is first asked for. Raises IntercomError."""
        with self._changing:
            if not self._public:
                if not self._key.exists():
                    made = _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256").decode()
                    try:
                        durable.replace(self._key, made)
                    except OSError as error:
                        raise _not_written(self._key, error) from error
                der = _openssl("pkey", "-in", str(self._key), "-pubout", "-outform", "DER")
                self._public = _text(der[-POINT:])
        return self._public

    def private_key(self) -> str:
        """The key's file, in PEM. Raises OSError."""
        return self._key.read_text(encoding="ascii")

    def list(self, of: str | None) -> list[Json]:
        """The subscriptions of a token, None: all, oldest first, shaped as `models.PushSubscription`.

        Raises IntercomError if the file was not read.
        """
        self._check()
        return [self._view(each) for each in self._by_id.values() if of is None or each.of == of]

    def add(self, given: Json, of: str, session: str, client: str) -> Json:
        """Add a browser's subscription, shaped as `models.NewPushSubscription`, or renew it. Raises IntercomError."""
        _check_endpoint(given["endpoint"])
        keys = given["keys"]
        for name, length in (("p256dh", POINT), ("auth", SECRET)):
            _check_bytes(name, keys[name], length)
        if not LANGUAGE.fullmatch(given["language"]):
            raise _unfit("The language is unknown.", "It has two letters, as en.")
        with self._changing:
            self._check()
            same = next((each for each in self._by_id.values() if each.endpoint == given["endpoint"]), None)
            made = Subscription(
                same.id if same is not None and same.of == of else f"s-{secrets.token_hex(4)}",
                given["endpoint"],
                keys["p256dh"],
                keys["auth"],
                given["language"],
                of,
                session,
                client,
                self._clock(),
            )
            others = [each for each in self._by_id.values() if each is not same]
            own = [each for each in others if each.of == of]
            surplus = {each.id for each in own[: max(0, len(own) + 1 - MOST_OF_ONE)]}
            wanted = [*(each for each in others if each.id not in surplus), made]
            if len(wanted) > MOST:  # those of removed tokens stay until others need their places
                wanted = [each for each in wanted if each is made or self._is_valid(each)]
            if len(wanted) > MOST:
                raise IntercomError(
                    ErrorCode.CONFLICT,
                    "No more devices can be notified.",
                    f"There are {MOST}.",
                    "Remove one that is not used; GET /v1/push lists them.",
                )
            self._write(wanted)
            self._problems.pop(made.id, None)
        shown = self._view(made)
        log.info("device %s of %s is notified of rings by %s", made.id, client, shown["service"])
        return shown

    def remove(self, wanted: str, of: str | None) -> None:
        """Remove one of a token, None: of any. Raises IntercomError."""
        with self._changing:
            self._check()
            found = self._by_id.get(wanted)
            if found is None or (of is not None and found.of != of):
                raise IntercomError(
                    ErrorCode.SUBSCRIPTION_NOT_FOUND,
                    f"There is no subscription {wanted}.",
                    resolution="GET /v1/push lists them.",
                )
            self._write([each for each in self._by_id.values() if each is not found])
        log.info("device %s of %s is notified no longer", wanted, found.client)

    def leave(self, session: str) -> None:
        """Remove the subscriptions of a session that ends. Raises IntercomError."""
        if session and any(each.session == session for each in self._by_id.values()):
            with self._changing:
                self._write([each for each in self._by_id.values() if each.session != session])

    def drop(self, gone: str) -> None:
        """Remove one that its push service does not know any more. Raises IntercomError."""
        with self._changing:
            self._write([each for each in self._by_id.values() if each.id != gone])

    def note(self, of: str, problem: str) -> None:
        """Note what was wrong with the last message to one; "": nothing."""
        if problem:
            self._problems[of] = problem
        else:
            self._problems.pop(of, None)

    def _is_valid(self, one: Subscription) -> bool:
        return not one.of or self._counts(one.of)

    def _view(self, one: Subscription) -> Json:
        return {
            "id": one.id,
            "client": one.client,
            "service": urlsplit(one.endpoint).hostname,
            "language": one.language,
            "created": wall_clock.iso(one.created, 0.0, timespec="seconds"),
            "valid": self._is_valid(one),
            "problem": self._problems.get(one.id, ""),
        }

    def _check(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _write(self, wanted: Sequence[Subscription]) -> None:
        try:
            durable.replace(self._path, encoded(wanted))
        except OSError as error:
            raise _not_written(self._path, error) from error
        self._by_id = {each.id: each for each in wanted}
        if not wanted:
            self.emptied()


def read(path: Path) -> dict[str, Subscription]:
    """The subscriptions in a file by their ids; none without it. Raises IntercomError."""
    remedy = f"Remove {path}, restart the service, and turn notifications on again on each device."
    kept = durable.records(path, tuple[Subscription, ...], LONGEST, "Nobody is notified of rings.", remedy)
    return {each.id: each for each in kept or ()}


def encoded(wanted: Sequence[Subscription]) -> str:
    """The text of the file."""
    return msgspec.json.encode(wanted).decode() + "\n"


def erase(state: Path, name: str) -> int:
    """Remove a person's devices, while no daemon runs: how many. Raises OSError."""
    from appliance.store.lists.erase import Person  # noqa: PLC0415  late: the daemon erases nobody

    person = Person(name)
    try:
        kept = read(state / FILE)
    except IntercomError:
        (state / FILE).unlink()  # nobody can use it
        return 0
    left = [each for each in kept.values() if not person.named(re.sub(r"[._-]", " ", each.client.partition(":")[2]))]
    if len(left) < len(kept):
        durable.update(state / FILE, encoded(left))
    return len(kept) - len(left)


def _check_endpoint(endpoint: str) -> None:
    """Raise IntercomError unless it may be the address of a push service."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _unfit("The address of the push service cannot be read.", f"{error}.") from error
    if len(endpoint) > LONGEST_URL or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        raise _unfit("The address of the push service cannot be used.", f"It has at most {LONGEST_URL} plain letters.")
    if parts.scheme != "https" or parts.username is not None or parts.password is not None or "#" in endpoint:
        raise _unfit("The address of the push service is not a plain https address.", "")
    if port == 0 or "." not in host.strip(".") or _is_address(host):
        raise _unfit("The address of the push service is not on the Internet.", f"Its host is {host!r}.")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".").rpartition(".")[2].isdigit()  # an address in a form that only resolvers take
    return True


def _check_bytes(name: str, given: str, length: int) -> None:
    try:
        found = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != length or (length == POINT and found[0] != 4):  # noqa: PLR2004 - an uncompressed point, SEC 1 §2.3.3
        raise _unfit("The keys of the subscription cannot be used.", f"{name} is not {length} bytes in base64url.")


def _text(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unfit(message: str, cause: str) -> IntercomError:
    return IntercomError(ErrorCode.PARAMETER_INVALID, message, cause, "Send what the browser's push manager gives.")


def _not_written(path: Path, error: OSError) -> IntercomError:
    return IntercomError(
        ErrorCode.UNAVAILABLE,
        f"The subscriptions were not changed: {path} cannot be written.",
        reason(error),
        "Check the disc, and try again.",
    )


def _openssl(*words: str) -> bytes:
    try:
        done = subprocess.run(
            ["openssl", *words], capture_output=True, check=True, timeout=times.current.certificate_made_s
        )
    except (OSError, subprocess.SubprocessError) as error:
        missing = isinstance(error, FileNotFoundError) and error.filename == "openssl"
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The station has no key for notifications.",
            "The program openssl is not installed." if missing else f"{reason(error)}.",
            f"Install the package openssl and check the disc, or remove a damaged {KEY} of the state.",
        ) from error
    return done.stdout
