"""The station's state in one line, for the service manager and for people."""

from appliance.core.calls import forwarding
from appliance.core.model import (
    AccountSettings,
    AccountState,
    Call,
    CallState,
    Conference,
    Direction,
    Hold,
    Settings,
    State,
)

READY = "ready"


UNCONFIGURED = "not configured"


def status(state: State) -> str:
    """The status line, as `systemctl status` shows it."""
    if state.stopping:
        return "stopping"
    errors = "the changed configuration has errors and is not used" if state.rejected else ""
    later = f"a restart will change {state.needs_restart}" if state.needs_restart else ""
    lack = lacking(state.settings)
    now = condition(state)
    return "; ".join(filter(None, [errors, later, lack, "" if lack and now == READY else now]))


def lacking(settings: Settings) -> str:
    """What the configuration lacks before calls are possible; "" if it lacks nothing."""
    if settings.targets or settings.accounts or settings.callers == "anyone":
        return ""
    if settings.buttons or settings.lamps or settings.doors:
        return f"{UNCONFIGURED}: it has no target to call"
    return UNCONFIGURED


def condition(state: State) -> str:
    """Faults, registrations and, last, the current call."""
    sip = [] if state.sip_ready else ["SIP is not ready"]
    failed = [f"{part}: {why}" for part, why in state.failed]
    known = [registration(state, settings) for settings in state.settings.accounts if state.sip_ready]
    standing = "; ".join([*sip, *failed, *known, *forwarding.standing(state)])
    call = state.active
    others = state.count - 1
    if call is None:
        calling = []
    elif state.conference is None or call.conference is None:
        calling = [summary(call)]
    else:
        calling = [conference_summary(state, state.conference)]
    calling += [f"{others} more"] if others > 0 else []
    return ", ".join(filter(None, [standing, *calling])) or READY


def registration(state: State, settings: AccountSettings) -> str:
    """An account in one line."""
    account = state.account(settings.name)
    if account.state is AccountState.REGISTERED:
        return f"registered as {settings.user}"
    why = f": {account.explanation}" if account.explanation else ""
    return f"not registered as {settings.user}{why}"


def name_of(call: Call) -> str:
    """The far end, for people."""
    return call.remote.target or call.remote.display_name or call.remote.uri


def conference_summary(state: State, conference: Conference) -> str:
    """A conference in one line."""
    here = [state.call(participant.call) for participant in conference.participants]
    names = ", ".join(name_of(call) for call in here if call is not None and call.alive)
    held = ", held by us" if conference.held else ""
    return f"in a conference with {names}{held}" if names else "the conference ends"


def summary(call: Call) -> str:
    """A call in one line."""
    who = name_of(call)
    match call.state:
        case CallState.CONNECTED if call.confirm:
            return f"{who} has answered and must confirm"
        case CallState.CONNECTED:
            held = {
                Hold.NONE: "",
                Hold.LOCAL: ", held by us",
                Hold.REMOTE: ", held by them",
                Hold.BOTH: ", held by both",
            }
            return f"in a call with {who}{held[call.hold]}"
        case CallState.DISCONNECTING:
            return f"the call with {who} is ending"
        case CallState.ENDED:
            return f"the call with {who} is over"
        case _:
            return f"{who} calls" if call.direction is Direction.INCOMING else f"calling {who}"
