"""Settings, messages and reports of one call; a part of org.intercomd.Call1."""

from functools import partial
from typing import Any, get_args

from appliance.base.errors import ErrorCode, IntercomError
from appliance.bus.paths import call_path, conference_path, find_call
from appliance.bus.shapes import Asked, BusMethod, Property, fields, of_object
from appliance.bus.texts import all_chosen, bounded, chosen, plain
from appliance.core import inputs
from appliance.core.calls.statistics import check_interval
from appliance.core.messages.texts import check_content
from appliance.core.model import (
    CallId,
    CodecName,
    Content,
    DetectionKind,
    DigitMethod,
    LinkDirection,
    TransferPolicy,
    UpdatePolicy,
)
from appliance.core.views.calls import Call
from appliance.core.views.snapshot import Snapshot

CODECS, POLICIES = get_args(CodecName), get_args(UpdatePolicy)
SPEAKER = "speaker"
of_call = partial(of_object, CallId)


def _change_codecs(call: CallId, codecs: list[str]) -> inputs.Action:
    if not codecs or len(set(codecs)) != len(codecs):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, "No codec is named, or one twice.", "", f"Choose from: {', '.join(CODECS)}."
        )
    return inputs.UpdateCall(call, all_chosen("codecs", codecs, CODECS))


def _digit_methods(call: CallId, methods: list[str]) -> inputs.Action:
    return inputs.SetDigitMethods(call, all_chosen("methods", methods, DigitMethod))


def _detect(call: CallId, kinds: list[str]) -> inputs.Action:
    return inputs.DetectSound(call, all_chosen("kinds", kinds, DetectionKind))


def _report_every(call: CallId, seconds: int) -> inputs.Action:
    check_interval(seconds)
    return inputs.SetStatisticsInterval(call, seconds)


async def _send_message(asked: Asked, text: str) -> list[Any]:
    reply = await asked.do(inputs.SendCallText(CallId(asked.id), plain(text)))
    return [reply.message or ""]


async def _send_info(asked: Asked, content_type: str, body: str) -> list[Any]:
    content = Content(bounded(content_type), body)
    check_content(content)
    reply = await asked.do(inputs.SendInfo(CallId(asked.id), content))
    return [reply.message or ""]


def _target(view: Snapshot, target: str) -> str:
    """The id of a link's target: a call or the conference, given by its path, or the speaker. Raises IntercomError."""
    known = {SPEAKER: SPEAKER} | {conference_path(each.id): each.id for each in view.conferences}
    return known.get(target) or find_call(view, target)


async def _link(asked: Asked, target: str, direction: str, gain: float) -> list[Any]:
    wanted = chosen("direction", direction, LinkDirection)
    await asked.do(inputs.LinkSound(CallId(asked.id), _target(asked.daemon.snapshot(), target), wanted, gain))
    return []


async def _unlink(asked: Asked, target: str) -> list[Any]:
    await asked.do(inputs.UnlinkSound(CallId(asked.id), _target(asked.daemon.snapshot(), target)))
    return []


def _links(view: Call) -> list[list[Any]]:
    return [[_shown(each.target), str(each.direction), each.gain] for each in view.links]


def _shown(target: str) -> str:
    if target == SPEAKER:
        return SPEAKER
    return conference_path(target) if target.startswith("k-") else call_path(target)


METHODS = (
    BusMethod("SetDigitMethods", of_call(_digit_methods), takes=(("methods", "as"),)),
    BusMethod(
        "SetTransferPolicy",
        of_call(lambda call, policy: inputs.SetTransferPolicy(call, chosen("policy", policy, TransferPolicy))),
        takes=(("policy", "s"),),
    ),
    BusMethod(
        "SetUpdatePolicy",
        of_call(lambda call, policy: inputs.AskUpdates(call, chosen("policy", policy, POLICIES) == "ask")),
        takes=(("policy", "s"),),
    ),
    BusMethod("ChangeCodecs", of_call(_change_codecs), takes=(("codecs", "as"),)),
    BusMethod("SendMessage", _send_message, takes=(("text", "s"),), gives=(("message", "s"),)),
    BusMethod("SendInfo", _send_info, takes=(("content_type", "s"), ("body", "s")), gives=(("message", "s"),)),
    BusMethod("SetStatisticsInterval", of_call(_report_every), takes=(("seconds", "u"),)),
    BusMethod("ReportLevels", of_call(inputs.ReportLevels), takes=(("on", "b"),)),
    BusMethod("Detect", of_call(_detect), takes=(("kinds", "as"),)),
    BusMethod("LinkSound", _link, takes=(("target", "s"), ("direction", "s"), ("gain", "d"))),
    BusMethod("UnlinkSound", _unlink, takes=(("target", "s"),)),
)
PROPERTIES = (
    Property("DigitMethods", "as", lambda view: [str(each) for each in view.dtmf]),
    *fields(Call, "transfer_policy", "statistics_interval"),
    Property("LevelsReported", "b", lambda view: "level" in view.report),
    Property("Detections", "as", lambda view: [str(each) for each in view.detect]),
    Property("Links", "a(ssd)", _links),
)
