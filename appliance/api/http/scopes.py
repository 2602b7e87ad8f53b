"""The scopes that a token needs for each request. An order about no subject of the list needs `admin`."""

from appliance.core.model import AccessScope
from appliance.orders.table import ORDERS, SUBJECTS

VIEW, CALL, DOOR, ADMIN = AccessScope.VIEW, AccessScope.CALL, AccessScope.DOOR, AccessScope.ADMIN
ALL = VIEW, CALL, AccessScope.LISTEN, AccessScope.DIGITS, DOOR, ADMIN
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
# The longest path first, as one may lie above another.
_TO_ACT = (*sorted({(each.root, each.scopes) for each in SUBJECTS}, reverse=True), ("", (ADMIN,)))
_TO_DELETE = tuple((each.of.root, each.scopes) for each in ORDERS if each.method == "DELETE" and each.scopes)


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
