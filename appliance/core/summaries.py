"""Calls, conferences and accounts in one line, for people."""

from appliance.core.model import AccountSettings, AccountState, Call, CallState, Conference, Direction, Hold, State


def registration_line(state: State, settings: AccountSettings) -> str:
    """An account in one line."""
    account = state.accounts.get(settings.name)
    if account.state is AccountState.REGISTERED:
        return f"registered as {settings.user}"
    why = f": {account.explanation}" if account.explanation else ""
    return f"not registered as {settings.user}{why}"


def name_of(call: Call) -> str:
    """The far end, for people."""
    return call.remote.target_name or call.remote.target or call.remote.display_name or call.remote.uri


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
            return f"in a call with {who}{held[call.media.hold]}{', apart from the room' if call.apart else ''}"
        case CallState.DISCONNECTING:
            return f"the call with {who} is ending"
        case CallState.ENDED:
            return f"the call with {who} is over"
        case _:
            return f"{who} calls" if call.direction is Direction.INCOMING else f"calling {who}"


def conference_summary(state: State, conference: Conference) -> str:
    """A conference in one line."""
    here = [state.calls.get(participant.call) for participant in conference.participants]
    names = ", ".join(name_of(call) for call in here if call is not None and call.alive)
    held = ", held by us" if conference.held else ""
    return f"in a conference with {names}{held}" if names else "the conference ends"
