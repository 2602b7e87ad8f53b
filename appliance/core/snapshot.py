"""The state as clients read it: a function of the state alone."""

from appliance.core import wall_clock
from appliance.core.accounts.view import account_view, contact_view, network_view, target_view
from appliance.core.audio.view import audio_view
from appliance.core.calls.recording import message_of
from appliance.core.calls.view import call_view, in_order
from appliance.core.conferences.view import conference_view
from appliance.core.doors.view import doors_view
from appliance.core.model import State
from appliance.core.panel.view import panel_view
from appliance.core.status_line import lacking, status
from appliance.core.views.accounts import Entry
from appliance.core.views.appliance import Appliance, Failed
from appliance.core.views.recordings import Storage, VisitorMessage
from appliance.core.views.runtime import Hours, Runtime
from appliance.core.views.snapshot import Snapshot


def snapshot(state: State, epoch: float, last_event: int = 0) -> Snapshot:
    """The whole state for clients (GET /v1/state).

    `epoch`: the wall clock's time at CLOCK_MONOTONIC 0, in seconds since 1970.
    """
    settings = state.settings
    return Snapshot(
        appliance=appliance_view(state),
        network=network_view(state),
        accounts=tuple([account_view(state, account, epoch) for account in settings.accounts]),
        calls=tuple([call_view(state, call, state.now, epoch) for call in in_order(state)]),
        conferences=() if state.conference is None else (conference_view(state, state.conference, epoch),),
        doors=doors_view(state, epoch),
        panel=panel_view(state, epoch),
        audio=audio_view(state, epoch),
        runtime=runtime_view(state),
        targets=tuple([target_view(target) for target in settings.targets]),
        directory=tuple(
            [
                Entry(each.flat, each.name, tuple(t for step in each.plan.steps for t in step.targets))
                for each in settings.directory
            ]
        ),
        contacts=tuple([contact_view(state, target, epoch) for target in settings.targets]),
        message=message_view(state),
        storage=storage_view(state),
        last_event=last_event,
        time=wall_clock.utc(state.now, epoch),
    )


def appliance_view(state: State) -> Appliance:
    """The station itself for clients."""
    station = state.appliance
    return Appliance(
        station=state.settings.station,
        device=state.settings.device,
        ready=station.sip_ready and not station.stopping,
        configured=not lacking(state.settings),
        stopping=station.stopping,
        address=station.sip_address,
        zone="" if station.clock is None else station.clock.zone,
        dropped_requests=station.dropped,
        doubted_answers=station.doubted,
        status=status(state),
        offered_version=station.offered_version,
        failed=tuple([Failed(part, why) for part, why in station.failed]),
    )


def storage_view(state: State) -> Storage | None:
    """The space for recordings for clients."""
    found = state.appliance.storage
    if found is None:
        return None
    return Storage(
        state=found.space,
        free_bytes=found.free_bytes,
        needed_bytes=found.needed_bytes,
        recordings_bytes=found.recordings_bytes,
    )


def runtime_view(state: State) -> Runtime:
    """The run-time settings as clients read them."""
    runtime = state.runtime
    return Runtime(
        forwarding=runtime.forwarding,
        quiet_hours=Hours(runtime.quiet_hours.begin, runtime.quiet_hours.end, runtime.quiet_hours.profile),
        do_not_disturb=runtime.do_not_disturb,
        quiet=state.appliance.quiet,
    )


def message_view(state: State) -> VisitorMessage | None:
    """The visitor's message as clients see it; None without a message, or after its end was ordered."""
    message = message_of(state) if state.calls.recordings else None
    if message is None or message.unwanted:
        return None
    return VisitorMessage(message.id, message.rung, message.begun)
