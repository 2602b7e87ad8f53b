"""Times in requests."""

from datetime import datetime

from appliance.base.errors import ErrorCode, IntercomError


def seconds(moment: str | None) -> float | None:
    """Convert a time to seconds since 1970. Raises IntercomError."""
    if moment is None:
        return None
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, "The request is not valid.", f"expires: there is no moment {moment}"
        ) from None
