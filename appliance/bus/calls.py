"""org.intercomd.Call1: a call."""

from collections.abc import Awaitable, Callable
from typing import Any

from appliance.base.errors import ErrorCode, IntercomError
from appliance.bus import sounds
from appliance.bus.paths import NONE, conference_path, named_call
from appliance.bus.shapes import Asked, BusMethod, Interface, Property, clean, flag, text
from appliance.bus.texts import bounded, digit_methods
from appliance.core import inputs
from appliance.core.model import (
    CallId,
    RecordingChannels,
    RecordingFormat,
    RecordingId,
    RecordingOrder,
    RecordingSide,
)

DECLINE = 603


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
            what = f"{name} cannot be {bounded(wanted)}."
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
    call, other = CallId(asked.id), named_call(asked.daemon.snapshot(), to)
    await asked.do(inputs.TransferCall(call, bounded(to)) if other is None else inputs.ConnectCalls(call, other))
    return []


def _remote(name: str, key: str) -> Property:
    return Property(name, "s", lambda view: clean(view["remote"][key]))


SET_DIGIT_METHODS = _of_call(lambda call, named: inputs.SetDigitMethods(call, digit_methods(named)))

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
        *sounds.METHODS,
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
        text("Id", "id"),
        text("State", "state"),
        text("Direction", "direction"),
        _remote("Remote", "uri"),
        _remote("RemoteName", "display_name"),
        _remote("Target", "target"),
        text("Account", "account"),
        text("Hold", "hold"),
        flag("Muted", "muted"),
        flag("Active", "active"),
        Property("Conference", "o", lambda view: conference_path(view["conference"]) if view["conference"] else NONE),
        text("Recording", "recording"),
        flag("RecordingPaused", "recording_paused"),
        Property("RecordingMuted", "as", lambda view: view["recording_muted"]),
        Property("DigitMethods", "as", lambda view: view["dtmf"]),
    ),
)
