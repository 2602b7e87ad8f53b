# Made by python -m appliance.generate from the HTTP interface. Change that, not this.
"""An error for each code of the contract, as in docs/reference/errors.md of intercomd."""

from intercomd_client.errors import IntercomdError


class AccountNotFoundError(IntercomdError):
    """The station's error `account-not-found`."""

    code = "account-not-found"


class AccountUnregisteredError(IntercomdError):
    """The station's error `account-unregistered`."""

    code = "account-unregistered"


class AudioUnavailableError(IntercomdError):
    """The station's error `audio-unavailable`."""

    code = "audio-unavailable"


class BodyTooLongError(IntercomdError):
    """The station's error `body-too-long`."""

    code = "body-too-long"


class ButtonNotFoundError(IntercomdError):
    """The station's error `button-not-found`."""

    code = "button-not-found"


class CallNotFoundError(IntercomdError):
    """The station's error `call-not-found`."""

    code = "call-not-found"


class CallWrongStateError(IntercomdError):
    """The station's error `call-wrong-state`."""

    code = "call-wrong-state"


class CodeNotFoundError(IntercomdError):
    """The station's error `code-not-found`."""

    code = "code-not-found"


class ConferenceNotFoundError(IntercomdError):
    """The station's error `conference-not-found`."""

    code = "conference-not-found"


class ConfigInvalidError(IntercomdError):
    """The station's error `config-invalid`."""

    code = "config-invalid"


class ConflictError(IntercomdError):
    """The station's error `conflict`."""

    code = "conflict"


class DigitsUnsupportedError(IntercomdError):
    """The station's error `digits-unsupported`."""

    code = "digits-unsupported"


class DoorBlockedError(IntercomdError):
    """The station's error `door-blocked`."""

    code = "door-blocked"


class DoorLockedDownError(IntercomdError):
    """The station's error `door-locked-down`."""

    code = "door-locked-down"


class DoorNotFoundError(IntercomdError):
    """The station's error `door-not-found`."""

    code = "door-not-found"


class EventUnknownError(IntercomdError):
    """The station's error `event-unknown`."""

    code = "event-unknown"


class FileUnsupportedError(IntercomdError):
    """The station's error `file-unsupported`."""

    code = "file-unsupported"


class FlatNotFoundError(IntercomdError):
    """The station's error `flat-not-found`."""

    code = "flat-not-found"


class ForbiddenError(IntercomdError):
    """The station's error `forbidden`."""

    code = "forbidden"


class IceFailedError(IntercomdError):
    """The station's error `ice-failed`."""

    code = "ice-failed"


class LampNotFoundError(IntercomdError):
    """The station's error `lamp-not-found`."""

    code = "lamp-not-found"


class MediaUpdateFailedError(IntercomdError):
    """The station's error `media-update-failed`."""

    code = "media-update-failed"


class MethodNotAllowedError(IntercomdError):
    """The station's error `method-not-allowed`."""

    code = "method-not-allowed"


class NoAccountError(IntercomdError):
    """The station's error `no-account`."""

    code = "no-account"


class NotFoundError(IntercomdError):
    """The station's error `not-found`."""

    code = "not-found"


class NumberInvalidError(IntercomdError):
    """The station's error `number-invalid`."""

    code = "number-invalid"


class OperationNotFoundError(IntercomdError):
    """The station's error `operation-not-found`."""

    code = "operation-not-found"


class OrderFailedError(IntercomdError):
    """The station's error `order-failed`."""

    code = "order-failed"


class ParameterInvalidError(IntercomdError):
    """The station's error `parameter-invalid`."""

    code = "parameter-invalid"


class PlaybackNotFoundError(IntercomdError):
    """The station's error `playback-not-found`."""

    code = "playback-not-found"


class PreconditionFailedError(IntercomdError):
    """The station's error `precondition-failed`."""

    code = "precondition-failed"


class RangeNotSatisfiableError(IntercomdError):
    """The station's error `range-not-satisfiable`."""

    code = "range-not-satisfiable"


class RateLimitedError(IntercomdError):
    """The station's error `rate-limited`."""

    code = "rate-limited"


class RecordingAlreadyRunningError(IntercomdError):
    """The station's error `recording-already-running`."""

    code = "recording-already-running"


class RecordingNoMediaError(IntercomdError):
    """The station's error `recording-no-media`."""

    code = "recording-no-media"


class RecordingNotFoundError(IntercomdError):
    """The station's error `recording-not-found`."""

    code = "recording-not-found"


class RecordingNotRunningError(IntercomdError):
    """The station's error `recording-not-running`."""

    code = "recording-not-running"


class RuleNotFoundError(IntercomdError):
    """The station's error `rule-not-found`."""

    code = "rule-not-found"


class SensorNotFoundError(IntercomdError):
    """The station's error `sensor-not-found`."""

    code = "sensor-not-found"


class ServerUnreachableError(IntercomdError):
    """The station's error `server-unreachable`."""

    code = "server-unreachable"


class StorageFullError(IntercomdError):
    """The station's error `storage-full`."""

    code = "storage-full"


class SubscriptionNotFoundError(IntercomdError):
    """The station's error `subscription-not-found`."""

    code = "subscription-not-found"


class TextTooLongError(IntercomdError):
    """The station's error `text-too-long`."""

    code = "text-too-long"


class TokenNotFoundError(IntercomdError):
    """The station's error `token-not-found`."""

    code = "token-not-found"


class TooManyCallsError(IntercomdError):
    """The station's error `too-many-calls`."""

    code = "too-many-calls"


class TransferNotRequestedError(IntercomdError):
    """The station's error `transfer-not-requested`."""

    code = "transfer-not-requested"


class UnauthorizedError(IntercomdError):
    """The station's error `unauthorized`."""

    code = "unauthorized"


class UnavailableError(IntercomdError):
    """The station's error `unavailable`."""

    code = "unavailable"


class UpgradeRequiredError(IntercomdError):
    """The station's error `upgrade-required`."""

    code = "upgrade-required"


BY_CODE: dict[str, type[IntercomdError]] = {
    "account-not-found": AccountNotFoundError,
    "account-unregistered": AccountUnregisteredError,
    "audio-unavailable": AudioUnavailableError,
    "body-too-long": BodyTooLongError,
    "button-not-found": ButtonNotFoundError,
    "call-not-found": CallNotFoundError,
    "call-wrong-state": CallWrongStateError,
    "code-not-found": CodeNotFoundError,
    "conference-not-found": ConferenceNotFoundError,
    "config-invalid": ConfigInvalidError,
    "conflict": ConflictError,
    "digits-unsupported": DigitsUnsupportedError,
    "door-blocked": DoorBlockedError,
    "door-locked-down": DoorLockedDownError,
    "door-not-found": DoorNotFoundError,
    "event-unknown": EventUnknownError,
    "file-unsupported": FileUnsupportedError,
    "flat-not-found": FlatNotFoundError,
    "forbidden": ForbiddenError,
    "ice-failed": IceFailedError,
    "lamp-not-found": LampNotFoundError,
    "media-update-failed": MediaUpdateFailedError,
    "method-not-allowed": MethodNotAllowedError,
    "no-account": NoAccountError,
    "not-found": NotFoundError,
    "number-invalid": NumberInvalidError,
    "operation-not-found": OperationNotFoundError,
    "order-failed": OrderFailedError,
    "parameter-invalid": ParameterInvalidError,
    "playback-not-found": PlaybackNotFoundError,
    "precondition-failed": PreconditionFailedError,
    "range-not-satisfiable": RangeNotSatisfiableError,
    "rate-limited": RateLimitedError,
    "recording-already-running": RecordingAlreadyRunningError,
    "recording-no-media": RecordingNoMediaError,
    "recording-not-found": RecordingNotFoundError,
    "recording-not-running": RecordingNotRunningError,
    "rule-not-found": RuleNotFoundError,
    "sensor-not-found": SensorNotFoundError,
    "server-unreachable": ServerUnreachableError,
    "storage-full": StorageFullError,
    "subscription-not-found": SubscriptionNotFoundError,
    "text-too-long": TextTooLongError,
    "token-not-found": TokenNotFoundError,
    "too-many-calls": TooManyCallsError,
    "transfer-not-requested": TransferNotRequestedError,
    "unauthorized": UnauthorizedError,
    "unavailable": UnavailableError,
    "upgrade-required": UpgradeRequiredError,
}
