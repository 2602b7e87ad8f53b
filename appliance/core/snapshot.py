"""The state as clients read it: calls, accounts, doors, panel. A function of the state alone."""

from datetime import UTC, datetime
from typing import Any

from appliance.core import call_states, diagnosis, wall_clock
from appliance.core.accounts import callers
from appliance.core.calls import forwarding
from appliance.core.doors import pulses, sensors
from appliance.core.model import (
    DIRECT,
    AccountSettings,
    AccountState,
    Call,
    Conference,
    DoorSettings,
    LampId,
    LampOutput,
    SensorSettings,
    State,
    Target,
    Transfer,
    Watch,
)
from appliance.core.panel.indications import lamps, picture, pictures, tone
from appliance.core.status_line import conference_summary, lacking, name_of, registration, status, summary


def snapshot(state: State, epoch: float) -> dict[str, Any]:
    """The whole state for clients (GET /v1/state).

    `epoch`: the wall clock's time at CLOCK_MONOTONIC 0, in seconds since 1970.
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


def lamp_view(state: State, lamp: LampId, shine: LampOutput) -> dict[str, Any]:
    """A lamp for clients, with what its hardware can do."""
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
    """A target for clients, with its state if it is watched."""
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
    """Codes and cards for clients, without anything that would reveal their digits."""
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
    """A call that has not ended, as the call object (the contract, section 2)."""
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
    """A call as the log stores it; `ended` None: the call has not ended."""
    facts = call_facts(call, call.created if ended is None else ended, epoch)
    return facts | {"ended": iso(ended, epoch), "missed": missed}


def call_facts(call: Call, now: float, epoch: float) -> dict[str, Any]:
    """The fields of a call that stay true after its end."""
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
