"""What the state means outside: `desired` for the adapters, `snapshot` for clients. Both are functions of it alone."""

from datetime import UTC, datetime
from math import inf
from typing import Any

from appliance.core import call_states, diagnosis, wall_clock
from appliance.core.access import dtmf
from appliance.core.accounts import callers
from appliance.core.appliance import persistence
from appliance.core.calls import call_timers, forwarding, updates
from appliance.core.conferences import mixing
from appliance.core.desired import CallMedia, Desired, RelayPulse, Sound
from appliance.core.doors import pulses, sensors
from appliance.core.model import (
    DARK,
    DIRECT,
    AccountSettings,
    AccountState,
    Call,
    CallState,
    Conference,
    Direction,
    DoorSettings,
    EarlySource,
    Hold,
    LampId,
    LampSettings,
    Pattern,
    Picture,
    SensorSettings,
    Settings,
    Shine,
    State,
    Target,
    Tone,
    Transfer,
    TransferPolicy,
    Watch,
)
from appliance.core.panel import buttons, self_tests

READY, UNCONFIGURED = "ready", "not configured"

# -- desired ---------------------------------------------------------------------------------------------------------


def desired(state: State) -> Desired:
    """All that should hold now."""
    return Desired(
        lamps=lamps(state),
        sound=Sound(
            calls=tuple(media(state, call) for call in state.calls if call.alive),
            links=mixing.links(state),
            tone=tone(state),
            measure=state.sound_trial is not None,
            peers=callers.addresses(state.settings),
            encrypted=callers.encrypted(state.settings),
        ),
        relays=tuple(
            RelayPulse(door, pulse.id, int(pulse.until * 1e9), pulse.held)
            for door, pulse in state.pulses
            if state.relay_ready
        ),
        recordings=tuple(r.id for r in state.recordings if r.ready),
        quiet_hours=state.runtime.quiet_hours,
        kept=persistence.of(state),
        wake_at=wake_at(state),
        status=status(state),
    )


def pictures(state: State) -> tuple[Picture, ...]:
    """All that is true for the panel to show, the most important first: a lamp shows the first that it knows.

    SPEAK: somebody hears the panel's microphone. RECORDING: samples are written.
    """
    beside = {
        Picture.DOOR_OPEN: any(pulse.energised for _, pulse in state.pulses),
        Picture.RECORDING: any(recording.begun for recording in state.recordings),
        Picture.SPEAK: any(media(state, call).microphone for call in state.calls if call.alive),
    }
    return (*(shown for shown, true in beside.items() if true), situation(state))


def picture(state: State) -> Picture:
    """What the panel shows as a whole: that a door is open, else how the station stands."""
    first = pictures(state)[0]
    return first if first is Picture.DOOR_OPEN else situation(state)


def situation(state: State) -> Picture:
    """How the station stands: the first that is true.

    UNREGISTERED while no call can be had: SIP is not there, or accounts are configured and none of them is registered.
    """
    call = state.active
    if call is not None and call.talks:
        return Picture.HELD if rests(state, call) else Picture.IN_CALL
    if call is not None and call.direction is Direction.INCOMING:
        return Picture.RINGING
    if call is not None or state.ring is not None:
        return Picture.DIALING
    if state.error_until is not None:
        return Picture.ERROR
    if not state.sip_ready or (state.settings.accounts and not registered(state)):
        return Picture.UNREGISTERED
    return Picture.ERROR if state.failed else Picture.IDLE


def lamps(state: State) -> tuple[tuple[LampId, Shine], ...]:
    """How each lamp shines: as it is tried, else as the first picture is shown that it has a pattern for."""
    if not state.settings.lamps:
        return ()
    true, tried, dark = pictures(state), {trial.lamp: trial for trial in state.lamp_trials}, wall_clock.is_night(state)

    def shine(lamp: LampSettings) -> Shine:
        known, trial = dict(lamp.pictures), tried.get(lamp.id)
        shown = next((each for each in true if each in known), None)
        if trial is not None:
            pattern, color = trial.pattern, trial.color
        else:
            pattern, color = (known[shown], dict(lamp.colors).get(shown)) if shown is not None else (Pattern.OFF, None)
        if pattern is Pattern.OFF:
            return DARK
        return Shine(pattern, color or lamp.color, lamp.night_brightness if dark else lamp.brightness)

    return tuple((lamp.id, shine(lamp)) for lamp in state.settings.lamps)


def tone(state: State) -> Tone | None:
    """What the station's own speaker plays beside a call."""
    call = state.active
    if state.sound_trial is not None:
        return Tone.TEST if state.now >= state.sound_trial.tone_at else None
    if call is None and state.ring is None:
        return None if state.error_until is None else Tone.ERROR
    if call is None or call.confirm:
        return Tone.DIALING
    if call.unanswered_here:
        return Tone.RINGING if call.answers_at is None else Tone.AUTO_ANSWER
    if call.state in {CallState.DIALING, CallState.RINGING}:
        return Tone.DIALING
    if call.state is not CallState.CONNECTED:
        return None
    if call.end_announced:
        return Tone.ENDING
    if state.waiting is not None:
        return Tone.WAITING
    return Tone.HELD if rests(state, call) else None


def rests(state: State, front: Call) -> bool:
    """Whether nobody here hears what is in front: a call that one side holds, or a conference that the panel left."""
    return front.hold is not Hold.NONE if front.conference is None else state.away


def media(state: State, call: Call) -> CallMedia:
    """A call's audio. Nobody is heard while it is held or behind another.

    Nor before it is connected, unless a client wants a caller to hear the panel: it rings here then, so people know.
    Of a conference that is in front all are heard who talk, unless the panel has left it.
    """
    in_front = call is state.active
    if call.conference is None:
        talks = in_front and mixing.talks(call)
        speaker = microphone = talks
    else:
        mix = mixing.mix(state)
        talks = call.id in mix.participants
        speaker, microphone = talks and mix.speaker and call.id not in mix.muted, talks and mix.microphone
    before = in_front and call.state is CallState.EARLY_MEDIA and not call.unanswered_here and not state.away
    early = call.state is CallState.EARLY_MEDIA and call.unanswered_here and call.hold is Hold.NONE
    panel = early and in_front and call.early is EarlySource.PANEL
    account = state.settings.account(call.account)
    return CallMedia(
        call.id,
        held=call.held_local,
        microphone=(microphone and not call.muted) or panel,
        speaker=speaker or before,
        tone=(talks and call.end_announced) or (early and not panel),
        confirm=call.state is CallState.CONNECTED and bool(call.confirm),
        asks=updates.asks(state, call),
        recording=next((r.id for r in state.recordings if r.call == call.id and r.ready), None),
        transferable=call.transfer_policy is not TransferPolicy.REFUSE,
        inband=call.state is CallState.CONNECTED and account is not None and account.inband_digits,
    )


def wake_at(state: State) -> float | None:
    """The earliest deadline."""
    times = [
        state.error_until,
        state.ring.until if state.ring is not None else None,
        *(at for call in state.calls for at in (call.deadline, call_timers.wake(call), updates.wake(call))),
        *(at for account in state.accounts for at in (account.wake, account.expires_at)),
        *(message.deadline for message in state.messages),
        *(transfer.until for transfer in state.transfers),
        *(contact.wake for contact in state.contacts),
        *(dtmf.wake(call) for call in state.calls),
        *(keeping.until for keeping in state.keepings),
        *(run.until for run in state.runs),
        *(pulses.wake(pulse) for _, pulse in state.pulses),
        *sensors.wake(state),
        *(each.until for each in state.unkept),
        *self_tests.wake(state),
        wall_clock.wake(state),
        *(buttons.wake(press) for _, press in state.presses),
    ]
    earliest = min((t for t in times if t is not None), default=inf)
    return None if earliest == inf else earliest


def status(state: State) -> str:
    """One line for people, as `systemctl status` shows it."""
    if state.stopping:
        return "stopping"
    errors = "the changed configuration has errors and is not used" if state.rejected else ""
    later = f"a restart will change {state.needs_restart}" if state.needs_restart else ""
    lack = lacking(state.settings)
    now = condition(state)
    return "; ".join(filter(None, [errors, later, lack, "" if lack and now == READY else now]))


def lacking(settings: Settings) -> str:
    """What is missing before anybody can be called, or call; "" if nothing is."""
    if settings.targets or settings.accounts or settings.callers == "anyone":
        return ""
    if settings.buttons or settings.lamps or settings.doors:
        return f"{UNCONFIGURED}: it has no target to call"
    return UNCONFIGURED


def condition(state: State) -> str:
    """What the station lacks, as whom it is registered, and last the call there is."""
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


def registered(state: State) -> bool:
    """Whether some account is registered."""
    return any(account.state is AccountState.REGISTERED for account in state.accounts)


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


# -- snapshot --------------------------------------------------------------------------------------------------------


def snapshot(state: State, epoch: float) -> dict[str, Any]:
    """The whole state for clients (GET /v1/state).

    `epoch`: what the wall clock showed at CLOCK_MONOTONIC 0, in seconds since 1970.
    """
    presses, shown = dict(state.presses), dict(lamps(state))
    return {
        "appliance": {
            "station": state.settings.station,
            "ready": state.sip_ready and not state.stopping,
            "configured": not lacking(state.settings),
            "stopping": state.stopping,
            "address": state.sip_address,
            "dropped_requests": state.dropped,
            "status": status(state),
            "failed": [{"part": part, "why": why} for part, why in state.failed],
        },
        "network": {
            "up": not state.offline,
            "addresses": [] if state.network is None else list(state.network.addresses),
            "nameservers": [] if state.network is None else list(state.network.nameservers),
        },
        "accounts": [account_view(state, settings, epoch) for settings in state.settings.accounts],
        "calls": [call_view(state, call, state.now, epoch) for call in in_order(state)],
        "conferences": [] if state.conference is None else [conference_view(state, state.conference, epoch)],
        "doors": [door_view(state, door, epoch) for door in state.settings.doors],
        "panel": {
            "picture": picture(state),
            "pictures": list(pictures(state)),
            "buttons": [
                {
                    "id": button.id,
                    "action": button.action,
                    "long_action": button.long_action,
                    "double_action": button.double_action,
                    "target": button.target or None,
                    "down": button.id in presses and presses[button.id].down,
                    "stuck": button.id in presses and presses[button.id].stuck,
                    "glitches": dict(state.glitches).get(button.id, 0),
                }
                for button in state.settings.buttons
            ],
            "chords": [
                {
                    "id": chord.id,
                    "buttons": list(chord.buttons),
                    "action": chord.action,
                    "target": chord.target or None,
                }
                for chord in state.settings.chords
            ],
            "night": wall_clock.is_night(state),
            "lamps": [lamp_view(state, lamp.id, shown[lamp.id]) for lamp in state.settings.lamps],
            "keypads": [{"id": keypad.id} for keypad in state.settings.keypads],
            "readers": [
                {"id": reader.id, "discarded": dict(state.discarded).get(reader.id, 0)}
                for reader in state.settings.readers
            ],
            "sensors": [sensor_view(state, sensor, epoch) for sensor in state.settings.sensors],
            "tone": tone(state),
        },
        "runtime": forwarding.view(state),
        "targets": [
            {"name": target.name, "uri": target.uri, "account": target.account or None}
            for target in state.settings.targets
        ],
        "directory": [
            {"flat": entry.flat, "name": entry.name, "targets": [t for step in entry.plan.steps for t in step.targets]}
            for entry in state.settings.directory
        ],
        "contacts": [contact_view(state, target, epoch) for target in state.settings.targets],
    }


def door_view(state: State, door: DoorSettings, epoch: float) -> dict[str, Any]:
    """A door for clients."""
    pulse = dict(state.pulses).get(door.id)
    energised = pulse is not None and pulse.energised
    contact = next((sensors.of(state, s.id) for s in state.settings.sensors if s.door == door.id), None)
    return {
        "id": door.id,
        "state": pulses.condition(state, door.id),
        "unlocked": energised,
        "until": iso(pulse.until if pulse is not None else None, epoch),
        "by": pulse.by if pulse is not None else None,
        "means": pulse.means if pulse is not None else None,
        "contact": None if contact is None else sensors.LEAF[contact.active],
        "alarm": None if contact is None else contact.alarm or None,
        "strike": door.strike,
        "pulse_s": door.pulse_s,
        "max_s": door.max_s,
        "max_hold_s": door.max_hold_s,
        "available": state.relay_ready,
    }


def lamp_view(state: State, lamp: LampId, shine: Shine) -> dict[str, Any]:
    """A lamp for clients, with what is known of its hardware."""
    kind = dict(state.lamp_kinds).get(lamp)
    return {
        "id": lamp,
        "pattern": shine.pattern,
        "color": shine.color,
        "brightness": shine.brightness,
        "dims": None if kind is None else kind.dims,
        "colors": None if kind is None else kind.colors,
    }


def sensor_view(state: State, sensor: SensorSettings, epoch: float) -> dict[str, Any]:
    """A sensor for clients."""
    block = next((block for block in state.blocks if block.sensor == sensor.id), None)
    return {
        "id": sensor.id,
        "kind": sensor.kind,
        "door": sensor.door,
        "active": sensors.of(state, sensor.id).active,
        "blocks_until": iso(None if block is None else block.until, epoch),
    }


def contact_view(state: State, target: Target, epoch: float) -> dict[str, Any]:
    """A target for clients, with what is known of it where it is watched."""
    contact = state.contact(target.name)
    return {
        "name": target.name,
        "uri": target.uri,
        "account": target.account or None,
        "watched": target.watch is not Watch.OFF,
        "state": contact.state,
        "since": iso(contact.since, epoch),
        "code": contact.code,
        "reason": contact.reason,
    }


def codes(state: State) -> list[dict[str, Any]]:
    """Codes and cards for clients: nothing that their digits could be found by."""
    return (
        []
        if state.book is None
        else [
            {
                "id": code.id,
                "kind": code.kind,
                "owner": code.owner,
                "doors": list(code.doors),
                "schedule": [
                    {"days": list(period.days), "begin": period.begin, "end": period.end} for period in code.schedule
                ],
                "uses": code.uses,
                "expires": iso(code.expires, 0.0),
            }
            for code in state.book.codes
        ]
    )


def in_order(state: State) -> list[Call]:
    """The calls, the oldest first."""
    return sorted(state.calls, key=lambda call: call.created)


def account_view(state: State, settings: AccountSettings, epoch: float) -> dict[str, Any]:
    """An account for clients."""
    account = state.account(settings.name)
    waits = account.state is AccountState.FAILED and account.wake is not None
    return {
        "name": settings.name,
        "state": account.state,
        "user": settings.user,
        "uri": diagnosis.address_of(settings),
        "registrar": settings.registrar,
        "transport": settings.transport,
        "srtp": settings.srtp,
        "server": account.server,
        "registered_since": iso(account.registered_since, epoch),
        "expires": iso(account.expires_at, epoch),
        "failures": account.failures,
        "retry_at": iso(account.wake if waits else None, epoch),
        "code": account.code,
        "reason": account.reason,
        "explanation": account.explanation,
        "summary": registration(state, settings),
    }


def call_view(state: State, call: Call, now: float, epoch: float) -> dict[str, Any]:
    """The call object (the contract, section 2) of a call that lasts."""
    return call_facts(call, now, epoch) | {
        "state": call.state,
        "legacy_state": call_states.LEGACY[call.state],
        "hold": call.hold,
        "active": call.id in call_states.with_sound(state),
        "muted": call.muted,
        "conference": call.conference,
        "transfer_policy": call.transfer_policy,
        "transfer": transfer_view(state.transfer(call.id), epoch),
        "ended": None,
        "summary": summary(call),
    }


def conference_view(state: State, conference: Conference, epoch: float) -> dict[str, Any]:
    """The conference for clients."""
    since = conference.connected_since
    calling = {call.id: call for call in state.calls}
    return {
        "id": conference.id,
        "state": conference.state,
        "held": conference.held,
        "muted": conference.muted,
        "created": iso(conference.created, epoch),
        "connected_since": iso(since, epoch),
        "duration_s": 0.0 if since is None else round(max(0.0, state.now - since), 3),
        "participants": [
            {
                "call": participant.call,
                "joining": participant.joining,
                "state": participant.stage,
                "muted": participant.muted,
                "hold": calling[participant.call].hold,
                "name": name_of(calling[participant.call]),
            }
            for participant in conference.participants
        ],
        "summary": conference_summary(state, conference),
    }


def transfer_view(transfer: Transfer | None, epoch: float) -> dict[str, Any] | None:
    """A transfer that is under way, for clients."""
    if transfer is None:
        return None
    until = iso(transfer.until, epoch)
    return {"role": transfer.role, "state": transfer.state, "to": transfer.to, "until": until}


def logged_call(call: Call, ended: float | None, epoch: float, *, missed: bool) -> dict[str, Any]:
    """A call as the log keeps it; `ended` None: it lasts."""
    facts = call_facts(call, call.created if ended is None else ended, epoch)
    return facts | {"ended": iso(ended, epoch), "missed": missed}


def call_facts(call: Call, now: float, epoch: float) -> dict[str, Any]:
    """What is true of a call however long ago it was."""
    user, host = callers.parts(call.remote.uri) or ("", "")
    return {
        "id": call.id,
        "account": call.account or DIRECT,
        "direction": call.direction,
        "remote": {
            "uri": call.remote.uri,
            "user": user,
            "host": host,
            "display_name": call.remote.display_name,
            "target": call.remote.target or None,
        },
        "local_uri": call.local_uri,
        "number": call.number,
        "headers": dict(call_states.received(call)),
        "custom_data": call.custom_data,
        "codec": None if call.codec is None else {"name": call.codec.name, "clock_rate_hz": call.codec.clock_rate_hz},
        "srtp": call.srtp,
        "transport": call.transport,
        "created": iso(call.created, epoch),
        "ringing_since": iso(call.ringing_since, epoch),
        "connected_since": iso(call.connected_since, epoch),
        "duration_s": 0.0 if call.connected_since is None else round(max(0.0, now - call.connected_since), 3),
        "ring": call.ring,
        "recording": call.recording,
        "quality": None
        if call.quality is None
        else {"received": call.quality.received, "lost": call.quality.lost, "jitter_ms": call.quality.jitter_ms},
        "end": None
        if call.end is None
        else {
            "cause": call.end.cause,
            "code": call.end.code,
            "reason": call.end.reason,
            "by": call.end.by,
            "explanation": call.end.explanation,
        },
    }


def iso(at: float | None, epoch: float) -> str | None:
    """A monotonic time as RFC 3339 in UTC, with microseconds; None stays None."""
    return (
        None
        if at is None
        else datetime.fromtimestamp(epoch + at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )
