"""Whether a rule's conditions hold: times, time profile, holiday, and state."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import wall_clock
from appliance.core.doors.rules import as_text
from appliance.core.model import Denial, Rule, State

NAMES = ("id", "name", "flat", "part")  # the fields by which a path finds an element of a list
Scalar = str | float | bool | None


def why_not(state: State, rule: Rule, supposed: Mapping[str, str] | None = None) -> str:
    """Why the rule does not act now, in a sentence's part; "" if all its conditions hold.

    supposed: values of the state that count in place of the present ones, by their paths.
    """
    clock = state.appliance.clock
    if (why := wall_clock.why_not(rule.times, clock, state.now)) is not None:
        return "none of its times is active" if why is Denial.NOT_NOW else why
    if (why := wall_clock.profile_why_not(state, rule.profile)) is not None:
        return f"the time profile {rule.profile} is not active" if why is Denial.NOT_NOW else why
    return _holiday(state, rule) or _state(state, rule, supposed or {})


def _holiday(state: State, rule: Rule) -> str:
    clock = state.appliance.clock
    if rule.holiday is None:
        return ""
    if clock is None or not clock.trusted:
        return Denial.NO_CLOCK
    today = wall_clock.local_time(clock, state.now).date()
    found = wall_clock.is_holiday(state, today)
    if found is None:
        return Denial.NO_HOLIDAYS
    return "" if found is rule.holiday else f"{today} is {'a' if found else 'no'} holiday"


def _state(state: State, rule: Rule, supposed: Mapping[str, str]) -> str:
    if not rule.state:
        return ""
    from appliance.core.snapshot import snapshot  # noqa: PLC0415  late: few rules look at the state

    shown = snapshot(state, 0.0)
    for path, wanted in rule.state:
        try:
            found = supposed[path] if path in supposed else as_text(value_at(shown, path))
        except LookupError:
            return f"the state has no {path}"
        if found != wanted:
            return f"{path} is {found or 'not set'}, not {wanted}"
    return ""


def check_places(state: State, paths: Sequence[str]) -> None:
    """Raise IntercomError for a place of the state that does not exist."""
    if not paths:
        return
    from appliance.core.snapshot import snapshot  # noqa: PLC0415  late: few rules look at the state

    shown = snapshot(state, 0.0)
    for path in paths:
        try:
            value_at(shown, path)
        except LookupError:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"The state has no {path}.",
                "It names no single value of GET /v1/state.",
                "Write it as doors.front.state: parts of lists by their id or name.",
            ) from None


def value_at(shown: object, path: str) -> Scalar:
    """The value of the state at a path such as doors.front.state. Raises LookupError."""
    for part in path.split("."):
        shown = _within(shown, part)
    if shown is None or isinstance(shown, str | float | int):
        return shown
    raise LookupError(path)


def _within(shown: object, part: str) -> object:
    if isinstance(shown, Struct):
        if part in shown.__struct_fields__:
            return getattr(shown, part)
    elif isinstance(shown, tuple | list):
        for each in shown:
            if isinstance(each, Struct) and any(getattr(each, name, None) == part for name in NAMES):
                return each
    raise LookupError(part)
