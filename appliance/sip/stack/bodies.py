"""The session description in a message's body: the body itself, or one of its parts (RFC 5621 §3.1).

pjsip answers the same question for itself; both must find the same description.
"""

import re
from collections.abc import Iterator

from appliance.sip.stack import translate

BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
UNNAMED = re.compile(r"^--(\S+)", re.MULTILINE)  # the first delimiter of a body whose header names no boundary
DEEPEST = 3  # multiparts within each other


def has_sdp(message: str) -> bool:
    """Whether the message carries a session description."""
    return bool(session_description(message))


def session_description(message: str) -> str:
    """The session description that the message carries, "" without one."""
    return _within(translate.header(message, "Content-Type"), translate.body(message), DEEPEST)


def _within(content_type: str, content: str, depth: int) -> str:
    """The session description in content of that type; multiparts are read `depth` levels deep."""
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/sdp" and content.strip():
        return content
    if not media.startswith("multipart/") or depth == 0:
        return ""
    found = (
        _within(translate.header(part, "Content-Type"), translate.split(part)[1], depth - 1)
        for part in _parts(content_type, content)
    )
    return next(filter(None, found), "")


def _parts(content_type: str, content: str) -> Iterator[str]:
    """The parts of a multipart body (RFC 2046 §5.1.1): an empty first line, headers, a blank line, and content.

    If the closing delimiter is missing, the last part has all the rest.
    """
    named = BOUNDARY.search(content_type) or UNNAMED.search(content)
    if named is None:
        return
    boundary = re.escape(next(filter(None, named.groups()), ""))
    delimiter = rf"(?:^|{translate.LINE_END})--{boundary}(--)?[ \t]*(?={translate.LINE_END}|$)"
    _, *rest = re.split(delimiter, content)
    for closing, part in zip(rest[::2], rest[1::2], strict=True):
        if closing:
            return
        yield part
