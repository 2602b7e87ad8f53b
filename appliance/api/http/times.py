"""Times in requests. A time without an offset is in the station's time zone."""

from datetime import datetime

from appliance.base import wall_time
from appliance.base.errors import ErrorCode, IntercomError


def seconds(moment: str | None) -> float | None:
    """Convert a time to seconds since 1970. Raises IntercomError."""
    if moment is None:
        return None
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, "The request is not valid.", f"expires: there is no moment {moment}"
        ) from None


def utc(moment: datetime | None) -> str:
    """A time as events and the lists on disc have it; empty for None. Raises IntercomError."""
    if moment is None:
        return ""
    try:
        return wall_time.utc(moment)
    except (ValueError, OverflowError):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, "The request is not valid.", f"There is no moment {moment} in UTC."
        ) from None
