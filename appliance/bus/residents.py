"""Methods for residents: ring a flat, send a text, do-not-disturb, forwarding, quiet hours."""

from typing import Any

from appliance.base.errors import ErrorCode, IntercomError
from appliance.bus.shapes import Asked
from appliance.bus.texts import bounded, plain
from appliance.core import inputs

FORWARDED = ("always", "quiet", "busy", "no_answer")


async def send_message(asked: Asked, to: str, text: str) -> list[Any]:
    """Send a text outside calls; the id of the message. Raises IntercomError."""
    reply = await asked.do(inputs.SendText(bounded(to), plain(text)))
    return [reply.message or ""]


async def set_do_not_disturb(asked: Asked, on: bool) -> list[Any]:
    """Begin or end do-not-disturb."""
    await asked.do(inputs.ChangeRuntime(do_not_disturb=on))
    return []


async def set_forwarding(asked: Asked, calls: str, to: str) -> list[Any]:
    """Set where these calls are forwarded; an empty `to` ends it. Raises IntercomError."""
    if calls not in FORWARDED:
        what = f"No calls are called {bounded(calls)}."
        raise IntercomError(ErrorCode.PARAMETER_INVALID, what, "", f"Choose from: {', '.join(FORWARDED)}.")
    change: dict[str, Any] = {calls: bounded(to)}
    await asked.do(inputs.ChangeRuntime(**change))
    return []


async def set_quiet_hours(asked: Asked, begin: str, end: str) -> list[Any]:
    """Set the quiet hours of each day; two empty texts end them. Their time profile stays. Raises IntercomError."""
    hours = inputs.QuietHoursChange(bounded(begin), bounded(end))
    await asked.do(inputs.ChangeRuntime(quiet_hours=hours))
    return []
