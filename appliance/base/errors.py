"""One hierarchy of errors: what happened, why, and what to do, for every channel alike."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class ErrorCode(StrEnum):
    """The code of an error: for programs, and never renamed. Some are reserved: see docs/reference/contract.md."""

    http_status: int

    def __new__(cls, code: str, http_status: int) -> Self:
        """Make a member: its value is the code."""
        made = str.__new__(cls, code)
        made._value_, made.http_status = code, http_status
        return made

    ACCOUNT_NOT_FOUND = "account-not-found", 404
    ACCOUNT_UNREGISTERED = "account-unregistered", 503
    AUDIO_UNAVAILABLE = "audio-unavailable", 503
    BODY_TOO_LONG = "body-too-long", 413
    BUTTON_NOT_FOUND = "button-not-found", 404
    CALL_NOT_FOUND = "call-not-found", 404
    CALL_WRONG_STATE = "call-wrong-state", 409
    CODE_NOT_FOUND = "code-not-found", 404
    CONFERENCE_NOT_FOUND = "conference-not-found", 404
    CONFIG_INVALID = "config-invalid", 409
    CONFLICT = "conflict", 409
    DIGITS_UNSUPPORTED = "digits-unsupported", 409
    DOOR_BLOCKED = "door-blocked", 409
    DOOR_LOCKED_DOWN = "door-locked-down", 409
    DOOR_NOT_FOUND = "door-not-found", 404
    ERROR = "error", 500
    EVENT_UNKNOWN = "event-unknown", 404
    FILE_UNSUPPORTED = "file-unsupported", 415
    FLAT_NOT_FOUND = "flat-not-found", 404
    FORBIDDEN = "forbidden", 403
    ICE_FAILED = "ice-failed", 502
    LAMP_NOT_FOUND = "lamp-not-found", 404
    MEDIA_UPDATE_FAILED = "media-update-failed", 502
    METHOD_NOT_ALLOWED = "method-not-allowed", 405
    NO_ACCOUNT = "no-account", 409
    NOT_FOUND = "not-found", 404
    NUMBER_INVALID = "number-invalid", 400
    OPERATION_NOT_FOUND = "operation-not-found", 404
    ORDER_FAILED = "order-failed", 502
    PARAMETER_INVALID = "parameter-invalid", 400
    PLAYBACK_NOT_FOUND = "playback-not-found", 404
    PRECONDITION_FAILED = "precondition-failed", 412
    RANGE_NOT_SATISFIABLE = "range-not-satisfiable", 416
    RATE_LIMITED = "rate-limited", 429
    RECORDING_ALREADY_RUNNING = "recording-already-running", 409
    RECORDING_NO_MEDIA = "recording-no-media", 409
    RECORDING_NOT_FOUND = "recording-not-found", 404
    RECORDING_NOT_RUNNING = "recording-not-running", 409
    RULE_NOT_FOUND = "rule-not-found", 404
    SENSOR_NOT_FOUND = "sensor-not-found", 404
    SERVER_UNREACHABLE = "server-unreachable", 502
    STORAGE_FULL = "storage-full", 507
    SUBSCRIPTION_NOT_FOUND = "subscription-not-found", 404
    TEXT_TOO_LONG = "text-too-long", 400
    TOKEN_NOT_FOUND = "token-not-found", 404
    TOO_MANY_CALLS = "too-many-calls", 409
    TRANSFER_NOT_REQUESTED = "transfer-not-requested", 409
    UNAUTHORIZED = "unauthorized", 401
    UNAVAILABLE = "unavailable", 503
    UPGRADE_REQUIRED = "upgrade-required", 426


HTTP_STATUS: dict[ErrorCode, int] = {code: code.http_status for code in ErrorCode}

# Codes that clients may know already and that nothing raises yet, each with the reason.
RESERVED: dict[ErrorCode, str] = {
    ErrorCode.ACCOUNT_UNREGISTERED: "Calls are placed without a registration too, because many servers accept them.",
}

URN = "urn:intercomd:error:"

# What is usually the cause of an error of a code, and its remedy, where the place that raises it knows none of its own.
_IDS = "The id is misspelt, or the configuration has changed."
_VALUE = "A value is of another kind or outside its limits."
_BOUNDS = "/docs of the station describes each request with its limits."
_BUSY = "The station is busy, starting or stopping, or a part of it does not work."
_DOCTOR = "Try again; if that does not help, `intercomctl doctor` says what is wrong."
USUAL: dict[ErrorCode, tuple[str, str]] = {
    ErrorCode.ACCOUNT_NOT_FOUND: (_IDS, "GET /v1/accounts lists the accounts."),
    ErrorCode.ACCOUNT_UNREGISTERED: ("The registrar has not accepted the account.", "GET /v1/accounts says why."),
    ErrorCode.AUDIO_UNAVAILABLE: ("The sound card is missing, or another program uses it.", _DOCTOR),
    ErrorCode.BODY_TOO_LONG: ("The body of a request has a limit.", "Send less."),
    ErrorCode.BUTTON_NOT_FOUND: (_IDS, "GET /v1/panel lists the buttons."),
    ErrorCode.CALL_NOT_FOUND: ("It has ended or never existed.", "GET /v1/calls lists the calls."),
    ErrorCode.CALL_WRONG_STATE: ("The call is in another state.", "GET /v1/calls/{call} shows it."),
    ErrorCode.CODE_NOT_FOUND: ("It was removed or never existed.", "GET /v1/codes lists the codes and cards."),
    ErrorCode.CONFERENCE_NOT_FOUND: ("It has ended or never existed.", "GET /v1/conferences lists the conferences."),
    ErrorCode.CONFIG_INVALID: ("A setting does not fit.", "`intercomctl config check` names the line to correct."),
    ErrorCode.CONFLICT: ("Something else is there already, or goes on.", "GET /v1/state shows what holds now."),
    ErrorCode.DIGITS_UNSUPPORTED: ("The far end takes no digits.", "Set sip.digits_otherwise."),
    ErrorCode.DOOR_BLOCKED: ("A sensor blocks the door.", "Look at the panel, then clear the sensor."),
    ErrorCode.DOOR_LOCKED_DOWN: ("Somebody has locked the door down.", "End the lockdown first."),
    ErrorCode.DOOR_NOT_FOUND: (_IDS, "GET /v1/doors lists the doors."),
    ErrorCode.ERROR: ("A fault in the program, not in the request.", "The log has the details; please report it."),
    ErrorCode.EVENT_UNKNOWN: ("The type is misspelt.", "docs/reference/events.md lists the types."),
    ErrorCode.FILE_UNSUPPORTED: ("The file is of another format.", "Use a WAV file with 16 bit."),
    ErrorCode.FLAT_NOT_FOUND: (_IDS, "GET /v1/contacts lists the flats."),
    ErrorCode.FORBIDDEN: ("The token or the configuration does not allow it.", "Use a token that does, or change it."),
    ErrorCode.ICE_FAILED: ("No path for sound was found.", "Check the firewalls between both."),
    ErrorCode.LAMP_NOT_FOUND: (_IDS, "GET /v1/panel lists the lamps."),
    ErrorCode.MEDIA_UPDATE_FAILED: ("The far end refused it.", "The call goes on as before; try again later."),
    ErrorCode.METHOD_NOT_ALLOWED: ("The path is for other methods.", "The header Allow lists them."),
    ErrorCode.NO_ACCOUNT: ("No account fits this number.", "Name an account, or give a SIP address."),
    ErrorCode.NOT_FOUND: ("The path is misspelt.", "GET /v1 lists all requests."),
    ErrorCode.NUMBER_INVALID: ("It is neither a target, nor a SIP address, nor a number.", "Correct it."),
    ErrorCode.OPERATION_NOT_FOUND: ("It was another client's, or is over for long.", "Read it sooner."),
    ErrorCode.ORDER_FAILED: ("What was begun did not succeed.", "The events say at which step."),
    ErrorCode.PARAMETER_INVALID: (_VALUE, _BOUNDS),
    ErrorCode.PLAYBACK_NOT_FOUND: ("It has ended, or none was begun.", "`playback` of the call shows what plays."),
    ErrorCode.PRECONDITION_FAILED: ("It has changed since it was read.", "Read it again."),
    ErrorCode.RANGE_NOT_SATISFIABLE: ("The file is shorter.", "Its length is in Content-Range."),
    ErrorCode.RATE_LIMITED: ("Too many requests came at once.", "Wait, and send fewer."),
    ErrorCode.RECORDING_ALREADY_RUNNING: ("It was begun before.", "Stop it first."),
    ErrorCode.RECORDING_NO_MEDIA: ("There is no sound to record.", "Wait for media.started."),
    ErrorCode.RECORDING_NOT_FOUND: ("It was deleted or never existed.", "GET /v1/recordings lists the recordings."),
    ErrorCode.RECORDING_NOT_RUNNING: ("None was begun, or it has ended.", "Begin one first."),
    ErrorCode.RULE_NOT_FOUND: ("It was removed or never existed.", "GET /v1/rules lists the rules."),
    ErrorCode.SENSOR_NOT_FOUND: (_IDS, "GET /v1/panel lists the sensors."),
    ErrorCode.SERVER_UNREACHABLE: ("The server does not answer.", "Check the network and the server."),
    ErrorCode.STORAGE_FULL: ("No space is left.", "Delete something, or use a larger disc."),
    ErrorCode.SUBSCRIPTION_NOT_FOUND: ("It was removed or never existed.", "GET /v1/push lists them."),
    ErrorCode.TEXT_TOO_LONG: ("A text has a limit.", "Shorten it."),
    ErrorCode.TOKEN_NOT_FOUND: ("It was removed or never existed.", "GET /v1/tokens lists the tokens."),
    ErrorCode.TOO_MANY_CALLS: ("All lines are in use.", "End a call first."),
    ErrorCode.TRANSFER_NOT_REQUESTED: ("The far end has not asked for one.", "See call.transfer_requested."),
    ErrorCode.UNAUTHORIZED: ("No valid token came with the request.", "`intercomctl token add` makes one."),
    ErrorCode.UNAVAILABLE: (_BUSY, _DOCTOR),
    ErrorCode.UPGRADE_REQUIRED: ("Events come by streams.", "Use WebSocket, SSE or a long poll."),
}


def explained(error: "IntercomError") -> tuple[str, str]:
    """The cause and the remedy of an error, for clients: its own, or the usual ones of its code."""
    cause, resolution = USUAL.get(error.code, USUAL[ErrorCode.ERROR])
    return error.cause or cause, error.resolution or resolution


class IntercomError(Exception):
    """An error on which a person or a program can act.

    `code` is public (kebab case, see docs/reference/errors.md) and keeps its meaning; `message` says what happened,
    `cause` why, `resolution` what to do about it.
    """

    def __init__(self, code: ErrorCode, message: str, cause: str = "", resolution: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.cause, self.resolution = code, message, cause, resolution

    def __str__(self) -> str:
        """The whole error as sentences, as the log and the command line show it."""
        return sentences(self.message, self.cause, self.resolution) or self.code


def sentences(*parts: str) -> str:
    """Join the non-empty parts as sentences, with a full stop between them; the last one keeps its end."""
    said = [part.strip() for part in parts if part.strip()]
    if not said:
        return ""
    *first, last = said
    return " ".join([*(part if part[-1] in ".!?:" else f"{part}." for part in first), last])


def reason(error: BaseException) -> str:
    """The text of an error, without the number that Python puts before it."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.strerror}: {error.filename}" if error.filename else error.strerror


def survive(act: Callable[[], Result], failed: Callable[[Exception], None]) -> Result | None:
    """Return the result of `act`, or after any exception call `failed` and return None.

    For a loop, a thread or the log, which must outlive a fault in our code. Besides `contained` in
    sip/stack/callbacks.py, the only place that catches every exception; elsewhere an `except` names the errors that it
    expects.
    """
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - see above
        failed(error)
        return None


def problem(error: IntercomError) -> dict[str, Any]:
    """The error as a problem object (RFC 9457)."""
    cause, resolution = explained(error)
    return {
        "type": URN + error.code,
        "title": error.code.replace("-", " ").capitalize(),
        "status": HTTP_STATUS.get(error.code, 500),
        "detail": error.message,
        "code": error.code,
        "cause": cause,
        "resolution": resolution,
    }
