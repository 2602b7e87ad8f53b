"""SIP headers that clients may send: X- headers of one line each."""

import re

from appliance.base.errors import ErrorCode, IntercomError

NAME = re.compile(r"[Xx]-[A-Za-z0-9-]{1,62}")


def check(headers: tuple[tuple[str, str], ...]) -> None:
    """Raise IntercomError for a header that cannot be sent."""
    for name, value in headers:
        if not NAME.fullmatch(name) or not value.isprintable():
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"The header {name!r} cannot be sent.",
                "Only X- headers with printable values are allowed.",
                "Rename it, or leave it out.",
            )
