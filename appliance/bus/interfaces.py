"""The four interfaces as tables: the methods of each object, and its properties.

docs/reference/dbus/ documents the same for people; a test compares the two. An addition keeps an interface's number,
any other change needs a new one.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from msgspec import to_builtins

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.bus import residents
from appliance.bus.shapes import Asked, BusMethod, Interface, Property
from appliance.bus.texts import bounded, digit_methods, search_of
from appliance.core import inputs, orders
from appliance.core.model import (
    PLAYABLE,
    AccountId,
    ButtonId,
    CallId,
    DoorId,
    RecordedSound,
    RecordingChannels,
    RecordingFormat,
    RecordingId,
    RecordingOrder,
    RecordingSide,
    Speech,
    Tone,
    UrlSound,
    kind_of,
)

ROOT = "/org/intercomd"
DECLINE = 603
MOST_RECORDINGS = 200  # of a page
OF_RECORDING = "recording:"  # before its id, in place of a sound's name


def call_path(call: str) -> str:
    """The path of a call's object."""
    return f"{ROOT}/calls/{call.replace('-', '_')}"


def clean(text: Any) -> str:
    """A text that D-Bus accepts: UTF-8 without NUL; None is empty. Callers choose their own names."""
    string = "" if text is None else str(text)
    return string.encode(errors="replace").decode().replace("\0", "\ufffd")


def _text(name: str, key: str) -> Property:
    return Property(name, "s", lambda view: clean(view[key]))


def _remote(name: str, key: str) -> Property:
    return Property(name, "s", lambda view: clean(view["remote"][key]))


def _flag(name: str, key: str) -> Property:
    return Property(name, "b", lambda view: bool(view[key]))


# -- the methods' actions ----------------------------------------------------------------------------------------------


async def _dial(asked: Asked, to: str) -> list[Any]:
    reply = await asked.do(inputs.Dial(bounded(to)))
    if reply.call is None:
        raise IntercomError(ErrorCode.UNAVAILABLE, "No call was placed.", reply.warning)
    return [call_path(reply.call)]


async def _hang_up_all(asked: Asked) -> list[Any]:
    for call in asked.daemon.snapshot()["calls"]:
        with suppress(IntercomError):  # it may have ended meanwhile, as wanted
            await asked.do(inputs.HangUpCall(CallId(call["id"])))
    return []


async def _open_named(asked: Asked, door: str, seconds: float) -> list[Any]:
    await asked.do(inputs.OpenDoor(DoorId(bounded(door)), None if seconds == 0 else seconds))
    return []


async def _open(asked: Asked, seconds: float) -> list[Any]:
    return await _open_named(asked, asked.id, seconds)


async def _hold(asked: Asked, seconds: float) -> list[Any]:
    await asked.do(inputs.HoldDoor(DoorId(asked.id), None if seconds == 0 else seconds))
    return []


def _of_door(make: Callable[[DoorId], inputs.Action]) -> Callable[..., Awaitable[list[Any]]]:
    async def act(asked: Asked) -> list[Any]:
        await asked.do(make(DoorId(asked.id)))
        return []

    return act


async def _press(asked: Asked, button: str, seconds: float) -> list[Any]:
    await asked.do(inputs.PressButton(ButtonId(bounded(button)), seconds))
    return []


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


async def _talk(asked: Asked, seconds: float) -> list[Any]:
    await asked.do(inputs.Talk(seconds))
    return []


async def _stop_talk(asked: Asked) -> list[Any]:
    await asked.do(inputs.StopTalk())
    return []


def _hearer(asked: Asked) -> CallId | None:
    """The object's call; None for the station's object: its speaker."""
    return CallId(asked.id) if asked.id else None


def _done(reply: orders.Reply) -> list[Any]:
    if reply.error is not None:
        raise reply.error
    return []


async def _play_tone(asked: Asked, tone: str, country: str, seconds: float) -> list[Any]:
    if tone not in PLAYABLE:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"{bounded(tone)} is no tone.", f"Choose one of: {', '.join(PLAYABLE)}."
        )
    await asked.do(inputs.PlayTone(Tone(tone), _hearer(asked), bounded(country), seconds))
    return []


async def _play_sound(asked: Asked, sound: str, loop: bool, volume: float) -> list[Any]:
    """`sound` may be a URL, or recording: and the id of one."""
    if sound.startswith(OF_RECORDING):
        recording = RecordingId(bounded(sound.removeprefix(OF_RECORDING)))
        recorded = RecordedSound(recording, _hearer(asked), loop=loop, volume=volume)
        return _done(await asked.daemon.play_recording(recorded, asked.who))
    if "://" not in sound:
        await asked.do(inputs.PlaySound(bounded(sound), _hearer(asked), loop=loop, volume=volume))
        return []
    wanted = UrlSound(bounded(sound), _hearer(asked), loop=loop, volume=volume)
    return _done(await asked.daemon.play_url(wanted, asked.who))


async def _say(asked: Asked, text: str, language: str, voice: str, rate: int) -> list[Any]:
    wanted = Speech(text, _hearer(asked), language=bounded(language), voice=bounded(voice), rate=rate)
    return _done(await asked.daemon.say(wanted, asked.who))


async def _stop_sound(asked: Asked) -> list[Any]:
    await asked.do(inputs.StopSound(_hearer(asked)))
    return []


async def _stop_tone(asked: Asked) -> list[Any]:
    await asked.do(inputs.StopTone(_hearer(asked)))
    return []


def _level(side: str, name: str, signature: str, field: str, unknown: Any) -> Property:
    def value(view: Json) -> Any:
        found = view["audio"][side][field]
        return unknown if found is None else found

    return Property(name, signature, value)


async def _list_recordings(asked: Asked, search: dict[str, str], limit: int, cursor: int) -> list[Any]:
    if not 1 <= limit <= MOST_RECORDINGS:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"A page cannot have {limit} recordings.", f"It has 1 to {MOST_RECORDINGS}."
        )
    wanted = search_of(search)
    rows = await asyncio.to_thread(asked.daemon.recordings.list, limit + 1, cursor or None, wanted)
    page = [
        to_builtins(row) | {"kind": kind_of(row.id), "url": f"/v1/recordings/{row.id}/audio"} for row in rows[:limit]
    ]
    following = rows[limit - 1].number if len(rows) > limit else None
    return [json.dumps({"recordings": page, "next": following})]


async def _delete_recording(asked: Asked, recording: str) -> list[Any]:
    await asyncio.to_thread(asked.daemon.recordings.delete, bounded(recording), asked.who)
    return []


async def _protect_recording(asked: Asked, recording: str, protected: bool) -> list[Any]:
    await asyncio.to_thread(asked.daemon.recordings.protect, bounded(recording), asked.who, wanted=protected)
    return []


def _storage(view: Json, field: str, unknown: Any) -> Any:
    return unknown if view["storage"] is None else view["storage"][field]


def _of_call(make: Callable[..., inputs.Action]) -> Callable[..., Awaitable[list[Any]]]:
    async def act(asked: Asked, *given: Any) -> list[Any]:
        await asked.do(make(CallId(asked.id), *given))
        return []

    return act


async def _record_with(asked: Asked, parameters: dict[str, str]) -> list[Any]:
    channels, file_format = parameters.get("channels"), parameters.get("format")
    known = {"channels", "format", "note"}
    for name, wanted, words in (("channels", channels, RecordingChannels), ("format", file_format, RecordingFormat)):
        if wanted is not None and wanted not in set(words):
            what = f"There is no {name} {bounded(wanted)}."
            raise IntercomError(ErrorCode.PARAMETER_INVALID, what, f"Choose from: {', '.join(words)}.")
    if unknown := set(parameters) - known:
        what = f"A recording has no {bounded(min(unknown))}."
        raise IntercomError(ErrorCode.PARAMETER_INVALID, what, f"Choose from: {', '.join(sorted(known))}.")
    order = inputs.StartRecording(
        CallId(asked.id),
        None if channels is None else RecordingChannels(channels),
        None if file_format is None else RecordingFormat(file_format),
        bounded(parameters.get("note", "")),
    )
    await asked.do(order)
    return []


def _of_recording(to: RecordingOrder) -> Callable[..., Awaitable[list[Any]]]:
    async def act(asked: Asked, side: str = "") -> list[Any]:
        recording = next(
            (each["recording"] for each in asked.daemon.snapshot()["calls"] if each["id"] == asked.id), None
        )
        if recording is None:
            raise IntercomError(
                ErrorCode.RECORDING_NOT_RUNNING, "The call is not being recorded.", "", "StartRecording records it."
            )
        await asked.do(inputs.SteerRecording(RecordingId(recording), to, _side(side)))
        return []

    return act


def _side(named: str) -> RecordingSide | None:
    """A side of a recording; None for both, which are named by no text."""
    if named and named not in set(RecordingSide):
        what = f"A recording has no side {bounded(named)}."
        raise IntercomError(ErrorCode.PARAMETER_INVALID, what, "", "Name local or remote, or neither for both.")
    return RecordingSide(named) if named else None


async def _transfer(asked: Asked, to: str) -> list[Any]:
    """`to` may be the path of another call's object."""
    call = CallId(asked.id)
    other = next((each["id"] for each in asked.daemon.snapshot()["calls"] if call_path(each["id"]) == to), None)
    await asked.do(inputs.TransferCall(call, bounded(to)) if other is None else inputs.ConnectCalls(call, other))
    return []


def _of_account(make: Callable[[AccountId], inputs.Action]) -> Callable[..., Awaitable[list[Any]]]:
    async def act(asked: Asked) -> list[Any]:
        await asked.do(make(AccountId(asked.id)))
        return []

    return act


# -- the tables --------------------------------------------------------------------------------------------------------

PLAY_TONE = BusMethod("PlayTone", _play_tone, takes=(("tone", "s"), ("country", "s"), ("seconds", "d")))
STOP_TONE = BusMethod("StopTone", _stop_tone)
PLAY_SOUND = BusMethod("PlaySound", _play_sound, takes=(("sound", "s"), ("loop", "b"), ("volume", "d")))
STOP_SOUND = BusMethod("StopSound", _stop_sound)
SET_DIGIT_METHODS = _of_call(lambda call, named: inputs.SetDigitMethods(call, digit_methods(named)))
SAY = BusMethod("Say", _say, takes=(("text", "s"), ("language", "s"), ("voice", "s"), ("rate", "u")))

APPLIANCE = Interface(
    "org.intercomd.Appliance1",
    methods=(
        BusMethod("Dial", _dial, takes=(("to", "s"),), gives=(("call", "o"),)),
        BusMethod("HangupAll", _hang_up_all),
        BusMethod("OpenDoor", _open_named, takes=(("door", "s"), ("seconds", "d"))),
        BusMethod("SetVolume", _volume, takes=(("percent", "d"),)),
        BusMethod("SetGain", _gain, takes=(("percent", "d"),)),
        BusMethod("SetSoundMuted", _muted, takes=(("speaker", "b"), ("microphone", "b"))),
        BusMethod("TestSound", _test_sound, takes=(("seconds", "d"), ("apply", "b")), gives=(("result", "s"),)),
        BusMethod("Talk", _talk, takes=(("seconds", "d"),)),
        BusMethod("StopTalk", _stop_talk),
        BusMethod("RingFlat", residents.ring_flat, takes=(("flat", "s"),)),
        BusMethod("SendMessage", residents.send_message, takes=(("to", "s"), ("text", "s")), gives=(("message", "s"),)),
        BusMethod("SetDoNotDisturb", residents.set_do_not_disturb, takes=(("on", "b"),)),
        BusMethod("SetForwarding", residents.set_forwarding, takes=(("calls", "s"), ("to", "s"))),
        BusMethod("PressButton", _press, takes=(("button", "s"), ("seconds", "d"))),
        PLAY_TONE,
        STOP_TONE,
        PLAY_SOUND,
        STOP_SOUND,
        SAY,
        BusMethod(
            "ListRecordings",
            _list_recordings,
            takes=(("search", "a{ss}"), ("limit", "u"), ("cursor", "t")),
            gives=(("json", "s"),),
        ),
        BusMethod("DeleteRecording", _delete_recording, takes=(("recording", "s"),)),
        BusMethod("ProtectRecording", _protect_recording, takes=(("recording", "s"), ("protected", "b"))),
    ),
    properties=(
        Property("Station", "s", lambda view: clean(view["appliance"]["station"])),
        Property("Ready", "b", lambda view: bool(view["appliance"]["ready"])),
        Property("Address", "s", lambda view: clean(view["appliance"]["address"])),
        Property("Status", "s", lambda view: clean(view["appliance"]["status"])),
        Property(
            "Failed",
            "a(ss)",
            lambda view: [[clean(each["part"]), clean(each["why"])] for each in view["appliance"]["failed"]],
        ),
        Property("Buttons", "as", lambda view: [clean(each["id"]) for each in view["panel"]["buttons"]]),
        _level("speaker", "Volume", "d", "percent", -1.0),
        _level("speaker", "SpeakerMuted", "b", "muted", unknown=False),
        _level("microphone", "Gain", "d", "percent", -1.0),
        _level("microphone", "MicrophoneMuted", "b", "muted", unknown=False),
        Property("Cards", "as", lambda view: [clean(each["id"]) for each in view["audio"]["devices"]]),
        Property("Storage", "s", lambda view: _storage(view, "state", "")),
        Property("FreeBytes", "t", lambda view: _storage(view, "free_bytes", 0)),
        Property("RecordingsBytes", "t", lambda view: _storage(view, "recordings_bytes", 0)),
        Property("DoNotDisturb", "b", lambda view: bool(view["runtime"]["do_not_disturb"])),
        Property(
            "Forwarding",
            "a{ss}",
            lambda view: {each: clean(view["runtime"]["forwarding"][each]) for each in residents.FORWARDED},
        ),
        Property("Targets", "as", lambda view: [clean(each["name"]) for each in view["targets"]]),
    ),
    signals=(("Event", (("id", "t"), ("type", "s"), ("json", "s"))),),
)

CALL = Interface(
    "org.intercomd.Call1",
    methods=(
        BusMethod("Answer", _of_call(inputs.AnswerCall)),
        BusMethod("Reject", _of_call(inputs.RejectCall), takes=(("code", "u"),)),
        BusMethod("Hangup", _of_call(inputs.HangUpCall)),
        BusMethod("Hold", _of_call(lambda call: inputs.HoldCall(call, held=True))),
        BusMethod("Resume", _of_call(lambda call: inputs.HoldCall(call, held=False))),
        BusMethod("SwitchTo", _of_call(inputs.SwitchTo)),
        BusMethod("Mute", _of_call(lambda call: inputs.MuteCall(call, muted=True))),
        BusMethod("Unmute", _of_call(lambda call: inputs.MuteCall(call, muted=False))),
        BusMethod("SendDigits", _of_call(inputs.SendDigits), takes=(("digits", "s"),)),
        BusMethod("SetDigitMethods", SET_DIGIT_METHODS, takes=(("methods", "as"),)),
        PLAY_TONE,
        STOP_TONE,
        PLAY_SOUND,
        STOP_SOUND,
        SAY,
        BusMethod("StartRecording", _of_call(inputs.StartRecording)),
        BusMethod("StartRecordingWith", _record_with, takes=(("parameters", "a{ss}"),)),
        BusMethod("StopRecording", _of_call(inputs.StopRecording)),
        BusMethod("PauseRecording", _of_recording(RecordingOrder.PAUSE)),
        BusMethod("ResumeRecording", _of_recording(RecordingOrder.RESUME)),
        BusMethod("MuteRecording", _of_recording(RecordingOrder.MUTE), takes=(("side", "s"),)),
        BusMethod("UnmuteRecording", _of_recording(RecordingOrder.UNMUTE), takes=(("side", "s"),)),
        BusMethod("DiscardRecording", _of_recording(RecordingOrder.DISCARD)),
        BusMethod("Transfer", _transfer, takes=(("to", "s"),)),
        BusMethod("AcceptTransfer", _of_call(inputs.AcceptTransfer)),
        BusMethod("RefuseTransfer", _of_call(lambda call: inputs.EndTransfer(call, DECLINE, "Decline"))),
    ),
    properties=(
        _text("Id", "id"),
        _text("State", "state"),
        _text("Direction", "direction"),
        _remote("Remote", "uri"),
        _remote("RemoteName", "display_name"),
        _remote("Target", "target"),
        _text("Account", "account"),
        _text("Hold", "hold"),
        _flag("Muted", "muted"),
        _flag("Active", "active"),
        _text("Recording", "recording"),
        _flag("RecordingPaused", "recording_paused"),
        Property("RecordingMuted", "as", lambda view: view["recording_muted"]),
        Property("DigitMethods", "as", lambda view: view["dtmf"]),
    ),
)

DOOR = Interface(
    "org.intercomd.Door1",
    methods=(
        BusMethod("Open", _open, takes=(("seconds", "d"),)),
        BusMethod("Hold", _hold, takes=(("seconds", "d"),)),
        BusMethod("Release", _of_door(inputs.ReleaseDoor)),
        BusMethod("Lock", _of_door(inputs.LockDoor)),
        BusMethod("Unlock", _of_door(inputs.UnlockDoor)),
    ),
    properties=(
        _text("Id", "id"),
        _text("State", "state"),
        _flag("Available", "available"),
        _flag("Unlocked", "unlocked"),
        _text("By", "by"),
        _text("Means", "means"),
        _text("Contact", "contact"),
        _text("Alarm", "alarm"),
        Property("PulseSeconds", "d", lambda view: float(view["pulse_s"])),
        Property("MaxSeconds", "d", lambda view: float(view["max_s"])),
        Property("MaxHoldSeconds", "d", lambda view: float(view["max_hold_s"])),
    ),
)

ACCOUNT = Interface(
    "org.intercomd.Account1",
    methods=(
        BusMethod("Register", _of_account(inputs.RegisterAccount)),
        BusMethod("Unregister", _of_account(inputs.UnregisterAccount)),
    ),
    properties=(
        _text("Name", "name"),
        _text("State", "state"),
        _text("Uri", "uri"),
        _text("Registrar", "registrar"),
        _text("Server", "server"),
        Property("Code", "u", lambda view: int(view["code"])),
        _text("Reason", "reason"),
        _text("Explanation", "explanation"),
    ),
)

INTERFACES = (APPLIANCE, CALL, DOOR, ACCOUNT)
