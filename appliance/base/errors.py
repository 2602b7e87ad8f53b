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
    SENSOR_NOT_FOUND = "sensor-not-found", 404
    SERVER_UNREACHABLE = "server-unreachable", 502
    STORAGE_FULL = "storage-full", 507
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
    return {
        "type": URN + error.code,
        "title": error.code.replace("-", " ").capitalize(),
        "status": HTTP_STATUS.get(error.code, 500),
        "detail": error.message,
        "code": error.code,
        "cause": error.cause,
        "resolution": error.resolution,
    }
