"""The base of all errors, and those in which no station answers; `refusals` has one for each code of the contract."""


class IntercomdError(Exception):
    """A request failed.

    `code` is for programs and keeps its meaning. `message` says what happened, `cause` why, and `resolution` what to do
    about it; both may be empty. `status` is that of the HTTP answer; None: there was no answer. This class itself has
    the code `error`, or one that this version of the library does not know.
    """

    code = "error"

    def __init__(
        self, message: str, cause: str = "", resolution: str = "", *, code: str = "", status: int | None = None
    ) -> None:
        super().__init__(" ".join(filter(None, (message, cause, resolution))))
        self.message, self.cause, self.resolution, self.status = message, cause, resolution, status
        self.code = code or self.code


class StationUnreachableError(IntercomdError):
    """No station answers, or the connection was lost. Whether an order was carried out is unknown: see README.md."""

    code = "station-unreachable"


class StationUntrustedError(StationUnreachableError):
    """The certificate of the station is not trusted: another machine may stand in for the station."""

    code = "station-untrusted"
