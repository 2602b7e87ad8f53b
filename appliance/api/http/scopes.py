"""The scopes that a token needs for each request. An order that no row names needs `admin`."""

from appliance.core.model import AccessScope

VIEW, CALL, DOOR, ADMIN = AccessScope.VIEW, AccessScope.CALL, AccessScope.DOOR, AccessScope.ADMIN
ALL = VIEW, CALL, AccessScope.DIGITS, DOOR, ADMIN
_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})

# The scopes of a request are in the first row with its path, or with a path above it; "" matches every path.
_TO_READ = (
    ("/v1/session", ()),  # any valid token
    ("/v1/operations", ()),  # only the token that began the operation, or a token with ADMIN
    ("/v1/recordings", (CALL,)),  # they have people's words
    ("/v1/codes", (ADMIN,)),
    ("/v1/tokens", (ADMIN,)),
    ("/v1/config", (ADMIN,)),
    ("/v1/support-bundle", (ADMIN,)),
    ("", (VIEW,)),
)
_TO_DELETE = (("/v1/recordings", (ADMIN,)),)  # also the finished part of a running recording
_TO_ACT = (
    ("/v1/session", ()),
    ("/v1/recordings/live", (CALL,)),
    ("/v1/calls", (CALL,)),
    ("/v1/conferences", (CALL,)),
    ("/v1/events", (CALL,)),  # clients' own: others act on them
    ("/v1/contacts", (CALL,)),
    ("/v1/messages", (CALL,)),
    ("/v1/audio", (CALL,)),
    ("/v1/doors", (DOOR,)),
    ("/v1/panel/buttons", (DOOR, CALL)),  # a button may ring, and may open a door
    ("/v1/config/runtime", (CALL,)),  # do not disturb; the route itself demands `admin` for the rest
    ("/v1/doctor", (VIEW,)),  # it only looks
    ("", (ADMIN,)),
)


def guarded(path: str) -> bool:
    """Whether a request over TCP needs a token."""
    return path.startswith("/v1/") or path == "/metrics"


def looks(method: str) -> bool:
    """Whether a request with this method changes nothing."""
    return method in _LOOKS


def needed(method: str, path: str) -> tuple[AccessScope, ...]:
    """The scopes that a request needs, all of them, besides any valid token; method: "GET" for a WebSocket."""
    lines = _TO_READ if looks(method) else _TO_DELETE + _TO_ACT if method == "DELETE" else _TO_ACT
    return next(scopes for above, scopes in lines if above in {"", path} or path.startswith(f"{above}/"))
