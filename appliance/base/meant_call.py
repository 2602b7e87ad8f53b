"""The call that an order means which names none."""

from collections.abc import Sequence

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json


def meant(calls: Sequence[Json], act: str) -> str:
    """The id of the only call, or of the only one for which the act is possible. Raises IntercomError."""
    possible = calls if len(calls) == 1 else [call for call in calls if _fits(call, act)]
    if len(possible) == 1:
        return str(possible[0]["id"])
    names = ", ".join(call["id"] for call in calls)
    raise IntercomError(
        ErrorCode.CALL_NOT_FOUND,
        f"There are {len(calls)} calls." if calls else "There is no call.",
        f"They are {names}." if calls else "",
        "Name one." if calls else "",
    )


def _fits(call: Json, act: str) -> bool:
    if act in {"answer", "reject"}:
        return bool(call["state"] == "incoming")
    return call["hold"] in {"local", "both"} if act == "resume" else bool(call["active"])
