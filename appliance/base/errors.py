"""One hierarchy of errors: message, cause and remedy, the same on every channel."""

from typing import Any

# The contract's codes (section 4); below the line, codes of HTTP alone.
HTTP_STATUS: dict[str, int] = {
    "call-not-found": 404,
    "call-wrong-state": 409,
    "too-many-calls": 409,
    "number-invalid": 400,
    "no-account": 409,
    "account-not-found": 404,
    "account-unregistered": 503,
    "server-unreachable": 502,
    "parameter-invalid": 400,
    "media-update-failed": 502,
    "digits-unsupported": 409,
    "ice-failed": 502,
    "audio-unavailable": 503,
    "button-not-found": 404,
    "lamp-not-found": 404,
    "recording-already-running": 409,
    "recording-not-running": 409,
    "recording-not-found": 404,
    "recording-no-media": 409,
    "storage-full": 507,
    "playback-not-found": 404,
    "file-unsupported": 415,
    "text-too-long": 400,
    "transfer-not-requested": 409,
    "conference-not-found": 404,
    "code-not-found": 404,
    "door-not-found": 404,
    "flat-not-found": 404,
    "door-locked-down": 409,
    "door-blocked": 409,
    "sensor-not-found": 404,
    "unauthorized": 401,
    "forbidden": 403,
    "rate-limited": 429,
    "event-unknown": 404,
    "config-invalid": 409,
    "conflict": 409,
    "unavailable": 503,
    # --
    "not-found": 404,
    "method-not-allowed": 405,
    "body-too-long": 413,
    "range-not-satisfiable": 416,
    "upgrade-required": 426,
    "error": 500,
}


URN = "urn:intercomd:error:"


class IntercomError(Exception):
    """An error on which a person or a program can act.

    `code` is public (kebab case, see docs/reference/errors.md) and keeps its meaning; `message` says what happened,
    `cause` why, `resolution` what to do about it.
    """

    def __init__(self, code: str, message: str, cause: str = "", resolution: str = "") -> None:
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
