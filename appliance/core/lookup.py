"""Find the call or time profile that a request names. Raises errors for an unknown one, and for a wrong state."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import Call, CallId, Settings
from appliance.core.transition import Turn


def find_call(turn: Turn, wanted: CallId) -> Call:
    """Find a call by its id, or raise call-not-found."""
    call = turn.calls.get(wanted)
    if call is None:
        raise IntercomError(
            ErrorCode.CALL_NOT_FOUND,
            f"There is no call {wanted}.",
            "It has ended or never existed.",
            "GET /v1/calls lists them.",
        )
    return call


def check_profile(settings: Settings, wanted: str) -> None:
    """Raise parameter-invalid for a time profile that is not configured."""
    if settings.profile(wanted) is None:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"There is no time profile {wanted!r}.",
            f"The configuration has {', '.join(each.name for each in settings.profiles) or 'none'}.",
            f"Name one of these, or add [profile.{wanted}] to the configuration.",
        )


def connected(call: Call) -> Call:
    """Return the call if people can talk in it, else raise call-wrong-state."""
    if not call.talks:
        raise wrong_state(call, "used for this", "connected")
    return call


def unanswered_here(call: Call, done: str) -> Call:
    """Return the call if it is incoming and nobody here has answered, else raise call-wrong-state."""
    if not call.unanswered_here:
        raise wrong_state(call, done, "incoming")
    return call


def too_many_calls(turn: Turn) -> IntercomError:
    """The error for a call above the limit."""
    return IntercomError(
        ErrorCode.TOO_MANY_CALLS,
        "No further call can be placed.",
        f"The limit is {turn.settings.max_calls} calls.",
        "End one of them, or set sip.max_calls higher.",
    )


def wrong_state(call: Call, done: str, needed_state: str) -> IntercomError:
    """The error for a call that is in the wrong state."""
    return IntercomError(
        ErrorCode.CALL_WRONG_STATE,
        f"Call {call.id} cannot be {done} now.",
        f"It is {call.state}{', but the far end has not confirmed it by its digit yet' if call.confirm else ''}.",
        f"Only a call that is {needed_state} can.",
    )
