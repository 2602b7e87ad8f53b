"""The errors of each operation, for the OpenAPI description.

A test of the core, and Schemathesis at a real station, fail for an error that is missing here.
"""

from collections.abc import Iterator
from typing import Any

from appliance.api.http import scopes
from appliance.api.http.problems import MEDIA_TYPE
from appliance.base.errors import URN
from appliance.base.errors import ErrorCode as E

Described = dict[str, Any]

_PROBLEM = "#/components/schemas/Problem"
_ALWAYS = E.UNAVAILABLE, E.FORBIDDEN, E.ERROR  # forbidden: for another host, or from a page of another site
_GUARDED = E.UNAUTHORIZED, E.RATE_LIMITED
_OF_PLACE = {  # of a part of the path
    "account": E.ACCOUNT_NOT_FOUND,
    "button": E.BUTTON_NOT_FOUND,
    "call": E.CALL_NOT_FOUND,
    "code": E.CODE_NOT_FOUND,
    "conference": E.CONFERENCE_NOT_FOUND,
    "door": E.DOOR_NOT_FOUND,
    "flat": E.FLAT_NOT_FOUND,
    "lamp": E.LAMP_NOT_FOUND,
    "operation": E.OPERATION_NOT_FOUND,
    "recording": E.RECORDING_NOT_FOUND,
    "sensor": E.SENSOR_NOT_FOUND,
    "token": E.TOKEN_NOT_FOUND,
}
_PLAYED = E.AUDIO_UNAVAILABLE, E.CALL_WRONG_STATE
_FETCHED = E.SERVER_UNREACHABLE, E.FILE_UNSUPPORTED, E.RECORDING_NOT_FOUND, E.ORDER_FAILED
_SPOKEN = E.TEXT_TOO_LONG, E.ORDER_FAILED
_DIALLED = E.NUMBER_INVALID, E.NO_ACCOUNT, E.TOO_MANY_CALLS
_IN_CONFERENCE = E.CALL_NOT_FOUND, E.CALL_WRONG_STATE
_OPENED = E.DOOR_BLOCKED, E.DOOR_LOCKED_DOWN
OF_OPERATION: dict[str, tuple[E, ...]] = {
    "accept_transfer": (E.TRANSFER_NOT_REQUESTED, E.TOO_MANY_CALLS),
    "accept_update": (E.CALL_WRONG_STATE,),
    "add_code": (E.DOOR_NOT_FOUND,),
    "add_participant": (*_IN_CONFERENCE, *_DIALLED),
    "answer_call": (E.CALL_WRONG_STATE, E.TEXT_TOO_LONG),
    "begin_conference": (*_IN_CONFERENCE, *_DIALLED),
    "change_audio": (E.AUDIO_UNAVAILABLE,),
    "change_call": (E.CALL_WRONG_STATE, E.TEXT_TOO_LONG),
    "change_code": (E.DOOR_NOT_FOUND, E.CONFLICT),
    "change_conference": (E.CONFLICT,),
    "change_participant": (E.CALL_NOT_FOUND, E.CONFLICT),
    "change_recording": (E.CONFLICT,),
    "change_runtime": (E.NUMBER_INVALID, E.PRECONDITION_FAILED),
    "delete_recording": (E.CONFLICT,),
    "discard_recording": (E.CONFLICT,),
    "hold_call": (E.CALL_WRONG_STATE,),
    "hold_door": _OPENED,
    "let_caller_talk": (E.CALL_WRONG_STATE, E.CONFLICT),
    "let_visitor_talk": (E.CALL_WRONG_STATE,),
    "link_sound": (E.AUDIO_UNAVAILABLE, E.CALL_WRONG_STATE, E.CONFERENCE_NOT_FOUND, E.CONFLICT),
    "open_door": _OPENED,
    "place_call": (*_DIALLED, E.TEXT_TOO_LONG),
    "play_sound": (*_PLAYED, *_FETCHED),
    "play_sound_on_speaker": (*_PLAYED, *_FETCHED),
    "play_tone": _PLAYED,
    "play_tone_on_speaker": _PLAYED,
    "read_events": (E.EVENT_UNKNOWN, E.UPGRADE_REQUIRED),
    "read_recorded_sound": (E.CONFLICT, E.RANGE_NOT_SATISFIABLE),
    "read_waveform": (E.CONFLICT,),
    "record_conference": (E.RECORDING_ALREADY_RUNNING, E.RECORDING_NO_MEDIA),
    "refuse_transfer": (E.TRANSFER_NOT_REQUESTED,),
    "refuse_update": (E.CALL_WRONG_STATE,),
    "reject_call": (E.CALL_WRONG_STATE,),
    "remove_code": (E.CONFLICT,),
    "remove_participant": (E.CALL_NOT_FOUND, E.CONFLICT),
    "report_event": (E.CALL_NOT_FOUND,),
    "resume_call": (E.CALL_WRONG_STATE,),
    "ring_call": (E.CALL_WRONG_STATE,),
    "ring_flat": (E.TOO_MANY_CALLS,),
    "say_in_call": (*_PLAYED, *_SPOKEN),
    "say_on_speaker": (*_PLAYED, *_SPOKEN),
    "send_digits": (E.CALL_WRONG_STATE, E.DIGITS_UNSUPPORTED),
    "send_early_media": (E.CALL_WRONG_STATE,),
    "send_info": (E.CALL_WRONG_STATE, E.TEXT_TOO_LONG, E.ORDER_FAILED),
    "send_message": (E.NUMBER_INVALID, E.NO_ACCOUNT, E.TEXT_TOO_LONG, E.ORDER_FAILED),
    "send_text": (E.CALL_WRONG_STATE, E.TEXT_TOO_LONG, E.ORDER_FAILED),
    "start_recording": (E.RECORDING_ALREADY_RUNNING, E.RECORDING_NO_MEDIA, E.TEXT_TOO_LONG, E.ORDER_FAILED),
    "stop_recording": (E.RECORDING_NOT_RUNNING, E.RECORDING_NO_MEDIA),
    "stop_recording_conference": (E.RECORDING_NOT_RUNNING, E.CONFLICT),
    "stop_sound": (E.PLAYBACK_NOT_FOUND,),
    "stop_sound_on_speaker": (E.PLAYBACK_NOT_FOUND,),
    "stop_tone": (E.CONFLICT,),
    "stop_tone_on_speaker": (E.CONFLICT,),
    "transfer_call": (E.CALL_WRONG_STATE, E.NUMBER_INVALID, E.NO_ACCOUNT, E.ORDER_FAILED),
    "transfer_done": (E.TRANSFER_NOT_REQUESTED,),
    "transfer_failed": (E.TRANSFER_NOT_REQUESTED,),
    "try_sound": (E.AUDIO_UNAVAILABLE,),
    "update_call": (E.CALL_WRONG_STATE, E.ORDER_FAILED),
}


def codes(path: str, method: str, operation: Described) -> list[E]:
    """The errors of an operation, by their status."""
    return sorted(dict.fromkeys(_codes(path, method, operation)), key=lambda code: (code.http_status, code))


def responses(path: str, method: str, operation: Described) -> Described:
    """The responses that report them, by status."""
    by_status: dict[int, list[E]] = {}
    for code in codes(path, method, operation):
        by_status.setdefault(code.http_status, []).append(code)
    return {
        str(status): {"$ref": f"#/components/responses/{found[0]}"} if len(found) == 1 else _response(found)
        for status, found in by_status.items()
    }


def components() -> Described:
    """The responses that report one error, by its code."""
    return {str(code): _response([code]) for code in E}


def any_other() -> Described:
    """The response of an operation for all other errors."""
    content = {"schema": {"$ref": _PROBLEM}, "example": _example(E.ERROR)}
    return {"description": "Another error (RFC 9457).", "content": {MEDIA_TYPE: content}}


def _response(found: list[E]) -> Described:
    schema = {"$ref": _PROBLEM, "properties": {"code": {"enum": [str(code) for code in found]}}}
    content = {"schema": schema, "example": _example(found[0])}
    return {"description": " or ".join(f"`{code}`" for code in found), "content": {MEDIA_TYPE: content}}


def _example(code: E) -> Described:
    title = code.replace("-", " ").capitalize()
    return {
        "type": URN + code,
        "title": title,
        "status": code.http_status,
        "detail": f"{title}.",
        "instance": "/v1/…",
        "code": str(code),
        "cause": "",
        "resolution": "",
    }


def _codes(path: str, method: str, operation: Described) -> Iterator[E]:
    yield from _ALWAYS
    if scopes.guarded(path):
        yield from _GUARDED
    given = operation.get("parameters", ())
    if given or "requestBody" in operation:
        yield E.PARAMETER_INVALID
    if method != "get":
        yield E.BODY_TOO_LONG
    if method == "post":
        yield from (E.CONFLICT, E.PARAMETER_INVALID)  # of the Idempotency-Key
    yield from (_OF_PLACE[each["name"]] for each in given if each["in"] == "path" and each["name"] in _OF_PLACE)
    yield from OF_OPERATION.get(operation["operationId"], ())
