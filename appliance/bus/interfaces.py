"""The interfaces as tables: the methods of each object, and its properties.

docs/reference/dbus/ documents the same for people; a test compares the two. An addition keeps an interface's number,
any other change needs a new one.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from appliance.base.errors import ErrorCode, IntercomError
from appliance.bus import lists, residents, sounds
from appliance.bus.calls import CALL
from appliance.bus.conferences import CONFERENCE, make_conference
from appliance.bus.listed import methods
from appliance.bus.paths import call_path
from appliance.bus.shapes import Asked, BusMethod, Interface, Property, clean, fields
from appliance.bus.texts import bounded
from appliance.core import inputs
from appliance.core.model import CallId, DoorId
from appliance.core.views.accounts import Account
from appliance.core.views.doors import Door
from appliance.core.views.snapshot import Snapshot
from appliance.orders import subjects

# -- the methods' actions ----------------------------------------------------------------------------------------------


async def _dial(asked: Asked, to: str) -> list[Any]:
    reply = await asked.do(inputs.Dial(bounded(to)))
    if reply.call is None:
        raise IntercomError(ErrorCode.UNAVAILABLE, "No call was placed.", reply.warning)
    return [call_path(reply.call)]


async def _hang_up_all(asked: Asked) -> list[Any]:
    for call in asked.daemon.snapshot().calls:
        with suppress(IntercomError):  # it may have ended meanwhile, as wanted
            await asked.do(inputs.HangUpCall(CallId(call.id)))
    return []


async def _open_named(asked: Asked, door: str, seconds: float) -> list[Any]:
    await asked.do(inputs.OpenDoor(DoorId(bounded(door)), None if seconds == 0 else seconds))
    return []


async def _list_sounds(asked: Asked) -> list[Any]:
    return [[clean(each["name"]) for each in await asyncio.to_thread(asked.daemon.sounds)]]


async def _volume(asked: Asked, percent: float) -> list[Any]:
    await asked.do(inputs.ChangeAudio(volume=percent, speaker_muted=False))
    return []


async def _gain(asked: Asked, percent: float) -> list[Any]:
    await asked.do(inputs.ChangeAudio(gain=percent, microphone_muted=False))
    return []


async def _muted(asked: Asked, speaker: bool, microphone: bool) -> list[Any]:
    await asked.do(inputs.ChangeAudio(speaker_muted=speaker, microphone_muted=microphone))
    return []


async def _test_sound(asked: Asked, seconds: float, apply: bool) -> list[Any]:
    reply = await asked.do(inputs.TestSound(seconds, apply))
    assert reply.trial is not None
    return [reply.trial.result.value]


def _level(side: str, name: str, signature: str, field: str, unknown: Any) -> Property:
    def value(view: Snapshot) -> Any:
        found = getattr(getattr(view.audio, side), field)
        return unknown if found is None else found

    return Property(name, signature, value)


def _names(name: str, named: Callable[[Snapshot], Iterator[tuple[str, str | None]]]) -> Property:
    """The names for people of those parts that have one, by their ids."""
    return Property(name, "a{ss}", lambda view: {clean(id_): clean(shown) for id_, shown in named(view) if shown})


def _last_opening(name: str, field: str) -> Property:
    """A text of the door's last opening; empty if the station knows of none."""
    return Property(name, "s", lambda view: clean(getattr(view.last_opening, field, None)))


def _storage(view: Snapshot, field: str, unknown: Any) -> Any:
    return getattr(view.storage, field, unknown)


# -- the tables --------------------------------------------------------------------------------------------------------

APPLIANCE = Interface(
    "org.intercomd.Appliance1",
    methods=(
        BusMethod("Dial", _dial, takes=(("to", "s"),), gives=(("call", "o"),)),
        BusMethod("HangupAll", _hang_up_all),
        BusMethod("MakeConference", make_conference, takes=(("participants", "as"),), gives=(("conference", "o"),)),
        BusMethod("OpenDoor", _open_named, takes=(("door", "s"), ("seconds", "d"))),
        BusMethod("SetVolume", _volume, takes=(("percent", "d"),)),
        BusMethod("SetGain", _gain, takes=(("percent", "d"),)),
        BusMethod("SetSoundMuted", _muted, takes=(("speaker", "b"), ("microphone", "b"))),
        BusMethod("TestSound", _test_sound, takes=(("seconds", "d"), ("apply", "b")), gives=(("result", "s"),)),
        BusMethod("SendMessage", residents.send_message, takes=(("to", "s"), ("text", "s")), gives=(("message", "s"),)),
        BusMethod("SetDoNotDisturb", residents.set_do_not_disturb, takes=(("on", "b"),)),
        BusMethod("SetForwarding", residents.set_forwarding, takes=(("calls", "s"), ("to", "s"))),
        BusMethod("SetQuietHours", residents.set_quiet_hours, takes=(("begin", "s"), ("end", "s"))),
        *methods(subjects.AUDIO, subjects.FLATS, subjects.SENSORS, subjects.EVENTS, subjects.BUTTONS),
        *sounds.METHODS,
        BusMethod("ListSounds", _list_sounds, gives=(("sounds", "as"),)),
        *lists.METHODS,
    ),
    properties=(
        Property("Station", "s", lambda view: clean(view.appliance.station)),
        Property("Ready", "b", lambda view: bool(view.appliance.ready)),
        Property("Address", "s", lambda view: clean(view.appliance.address)),
        Property("Status", "s", lambda view: clean(view.appliance.status)),
        Property(
            "Failed",
            "a(ss)",
            lambda view: [[clean(each.part), clean(each.why)] for each in view.appliance.failed],
        ),
        Property("Buttons", "as", lambda view: [clean(each.id) for each in view.panel.buttons]),
        _level("speaker", "Volume", "d", "percent", -1.0),
        _level("speaker", "SpeakerMuted", "b", "muted", unknown=False),
        _level("microphone", "Gain", "d", "percent", -1.0),
        _level("microphone", "MicrophoneMuted", "b", "muted", unknown=False),
        Property("Cards", "as", lambda view: [clean(each.id) for each in view.audio.devices]),
        Property("Storage", "s", lambda view: _storage(view, "state", "")),
        Property("FreeBytes", "t", lambda view: _storage(view, "free_bytes", 0)),
        Property("RecordingsBytes", "t", lambda view: _storage(view, "recordings_bytes", 0)),
        Property("DoNotDisturb", "b", lambda view: view.runtime.do_not_disturb),
        Property(
            "Forwarding",
            "a{ss}",
            lambda view: {each: clean(getattr(view.runtime.forwarding, each)) for each in residents.FORWARDED},
        ),
        Property(
            "QuietHours",
            "(ss)",
            lambda view: [clean(getattr(view.runtime.quiet_hours, each)) for each in ("begin", "end")],
        ),
        Property("Quiet", "b", lambda view: view.runtime.quiet),
        Property("Flats", "a(ss)", lambda view: [[clean(each.flat), clean(each.name)] for each in view.directory]),
        Property("Contacts", "a(ss)", lambda view: [[clean(each.name), clean(each.state)] for each in view.contacts]),
        Property("Sensors", "as", lambda view: [clean(each.id) for each in view.panel.sensors]),
        Property("Targets", "as", lambda view: [clean(each.name) for each in view.targets]),
        _names("TargetNames", lambda view: ((each.name, each.display_name) for each in view.targets)),
        _names("ButtonNames", lambda view: ((each.id, each.name) for each in view.panel.buttons)),
        _names("LampNames", lambda view: ((each.id, each.name) for each in view.panel.lamps)),
    ),
    signals=(("Event", (("id", "t"), ("type", "s"), ("json", "s"))),),
)

DOOR = Interface(
    "org.intercomd.Door1",
    methods=methods(subjects.DOORS),
    properties=(
        *fields(Door, "id", "name", "state", "available", "unlocked", "by", "means"),
        _last_opening("LastOpened", "time"),
        _last_opening("LastOpenedBy", "by"),
        _last_opening("LastMeans", "means"),
        *fields(Door, "contact", "alarm", "pulse_s", "max_s", "max_hold_s"),
    ),
)

ACCOUNT = Interface(
    "org.intercomd.Account1",
    methods=methods(subjects.ACCOUNTS),
    properties=fields(
        Account, "name", "display_name", "state", "uri", "registrar", "server", "code", "reason", "explanation"
    ),
)

INTERFACES = (APPLIANCE, CALL, CONFERENCE, DOOR, ACCOUNT)
