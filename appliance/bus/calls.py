"""org.intercomd.Call1: a call."""

from collections.abc import Awaitable, Callable
from typing import Any

from appliance.base.errors import ErrorCode, IntercomError
from appliance.bus import call_details, sounds
from appliance.bus.call_details import of_call
from appliance.bus.listed import methods
from appliance.bus.paths import NONE, conference_path, named_call
from appliance.bus.shapes import Asked, BusMethod, Interface, Property, clean, fields
from appliance.bus.texts import bounded, chosen
from appliance.core import inputs
from appliance.core.model import (
    CallId,
    RecordingChannels,
    RecordingFormat,
    RecordingId,
    RecordingOrder,
    RecordingSide,
)
from appliance.core.views.calls import Call
from appliance.orders import subjects


async def _record_with(asked: Asked, parameters: dict[str, str]) -> list[Any]:
    known = {"channels", "format", "note"}
    if unknown := set(parameters) - known:
        what = f"A recording has no {bounded(min(unknown))}."
        raise IntercomError(ErrorCode.PARAMETER_INVALID, what, f"Choose from: {', '.join(sorted(known))}.")
    order = inputs.StartRecording(
        CallId(asked.id),
        chosen("channels", parameters["channels"], RecordingChannels) if "channels" in parameters else None,
        chosen("format", parameters["format"], RecordingFormat) if "format" in parameters else None,
        bounded(parameters.get("note", "")),
    )
    await asked.do(order)
    return []


def _of_recording(to: RecordingOrder) -> Callable[..., Awaitable[list[Any]]]:
    async def act(asked: Asked, side: str = "") -> list[Any]:
        recording = next((each.recording for each in asked.daemon.snapshot().calls if each.id == asked.id), None)
        if recording is None:
            raise IntercomError(
                ErrorCode.RECORDING_NOT_RUNNING, "The call is not being recorded.", "", "StartRecording records it."
            )
        await asked.do(
            inputs.SteerRecording(RecordingId(recording), to, chosen("side", side, RecordingSide) if side else None)
        )
        return []

    return act


async def _transfer(asked: Asked, to: str) -> list[Any]:
    """`to` may be the path of another call's object."""
    call, other = CallId(asked.id), named_call(asked.daemon.snapshot(), to)
    await asked.do(inputs.TransferCall(call, bounded(to)) if other is None else inputs.ConnectCalls(call, other))
    return []


def _remote(name: str, field: str) -> Property:
    return Property(name, "s", lambda view: clean(getattr(view.remote, field)))


CALL = Interface(
    "org.intercomd.Call1",
    methods=(
        *methods(subjects.CALLS),
        BusMethod("SwitchTo", of_call(inputs.SwitchTo)),
        BusMethod("Mute", of_call(lambda call: inputs.MuteCall(call, muted=True))),
        BusMethod("Unmute", of_call(lambda call: inputs.MuteCall(call, muted=False))),
        *sounds.METHODS,
        BusMethod("StartRecordingWith", _record_with, takes=(("parameters", "a{ss}"),)),
        BusMethod("PauseRecording", _of_recording(RecordingOrder.PAUSE)),
        BusMethod("ResumeRecording", _of_recording(RecordingOrder.RESUME)),
        BusMethod("MuteRecording", _of_recording(RecordingOrder.MUTE), takes=(("side", "s"),)),
        BusMethod("UnmuteRecording", _of_recording(RecordingOrder.UNMUTE), takes=(("side", "s"),)),
        BusMethod("DiscardRecording", _of_recording(RecordingOrder.DISCARD)),
        BusMethod("Transfer", _transfer, takes=(("to", "s"),)),
        *call_details.METHODS,
    ),
    properties=(
        *fields(Call, "id", "state", "direction"),
        _remote("Remote", "uri"),
        _remote("RemoteName", "display_name"),
        _remote("Target", "target"),
        _remote("TargetName", "target_name"),
        *fields(Call, "account", "hold", "muted", "active"),
        Property("Conference", "o", lambda view: conference_path(view.conference) if view.conference else NONE),
        *fields(Call, "recording", "recording_paused", "recording_muted"),
        *call_details.PROPERTIES,
    ),
)
