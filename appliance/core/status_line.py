"""The station's state in one line, for the service manager and for people."""

from appliance.core.calls import forwarding
from appliance.core.model import BROWSERS, Settings, State
from appliance.core.summaries import conference_summary, registration_line, summary

READY = "ready"
UNCONFIGURED = "not configured"


def status(state: State) -> str:
    """The status line, as `systemctl status` shows it."""
    if state.appliance.stopping:
        return "stopping"
    errors = "the changed configuration has errors and is not used" if state.appliance.rejected else ""
    later = f"a restart will change {state.appliance.needs_restart}" if state.appliance.needs_restart else ""
    lack = lacking(state.settings)
    now = condition(state)
    return "; ".join(filter(None, [errors, later, lack, "" if lack and now == READY else now]))


def lacking(settings: Settings) -> str:
    """The words for a configuration without which calls are impossible; "" for a complete one."""
    if settings.targets or settings.accounts or settings.callers == "anyone" or rings_browsers(settings):
        return ""
    if settings.buttons or settings.lamps or settings.doors:
        return f"{UNCONFIGURED}: it has no target to call"
    return UNCONFIGURED


def rings_browsers(settings: Settings) -> bool:
    """Whether a press rings the station's page."""
    rung = (*(each.target for each in settings.buttons), *(each.target for each in settings.chords))
    bells = (settings.plan(name) for name in rung)
    plans = (*filter(None, bells), *(entry.plan for entry in settings.directory))
    return any(BROWSERS in step.targets for plan in plans for step in plan.steps)


def condition(state: State) -> str:
    """Faults, registrations and, last, the current call."""
    sip = [] if state.appliance.sip_ready else ["SIP is not ready"]
    failed = [f"{part}: {why}" for part, why in state.appliance.failed]
    known = [registration_line(state, settings) for settings in state.settings.accounts if state.appliance.sip_ready]
    standing = "; ".join([*sip, *failed, *known, *forwarding.standing(state)])
    call = state.calls.active
    others = state.count - 1
    if call is None:
        calling = []
    elif state.conference is None or call.conference is None:
        calling = [summary(call)]
    else:
        calling = [conference_summary(state, state.conference)]
    calling += [f"{others} more"] if others > 0 else []
    return ", ".join(filter(None, [standing, *calling])) or READY
