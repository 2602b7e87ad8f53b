"""One hierarchy of errors: what happened, why, and what to do, for every channel alike."""


class IntercomError(Exception):
    """An error that a person or a program can act on.

    `code` is public (kebab case, see docs/reference/errors.md) and keeps its meaning; `message` says what happened,
    `cause` why, `resolution` what to do about it.
    """

    def __init__(self, code: str, message: str, cause: str = "", resolution: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.cause, self.resolution = code, message, cause, resolution

    def __str__(self) -> str:
        """The whole error as sentences, as the log and the command line show it."""
        *first, last = [part for part in (self.message, self.cause, self.resolution) if part] or [self.code]
        return " ".join([*(part if part[-1] in ".!?:" else f"{part}." for part in first), last])
