"""What is in a message's body: the body itself, or its parts (RFC 5621 §3.1), as a session description, or a digit.

pjsip looks for the session description for itself; both must find the same one.
"""

import re
from collections.abc import Iterator

from appliance.core.model import Content
from appliance.sip.stack import translate

BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
UNNAMED = re.compile(r"^--(\S+)", re.MULTILINE)  # the first delimiter of a body whose header names no boundary
DEEPEST = 3  # multiparts within each other


def has_sdp(message: str) -> bool:
    """Whether the message carries a session description."""
    return bool(session_description(message))


def session_description(message: str) -> str:
    """The session description that the message carries, "" without one."""
    found = (part for media, part in _innermost(message) if media == "application/sdp" and part.strip())
    return next(found, "")


def contents(message: str) -> Iterator[Content]:
    """What the message carries: its body, or the innermost parts of a multipart body, without headers."""
    return (Content(translate.clean(media), translate.text(part)) for media, part in _innermost(message))


def _innermost(message: str) -> Iterator[tuple[str, str]]:
    return _within(translate.header(message, "Content-Type"), translate.body(message), DEEPEST)


def _within(content_type: str, content: str, depth: int) -> Iterator[tuple[str, str]]:
    """Content of that type, with its media type; of multiparts, which are read `depth` levels deep, their parts."""
    media = content_type.partition(";")[0].strip().lower()
    if not media.startswith("multipart/"):
        yield media, content
    elif depth:
        for part in _parts(content_type, content):
            yield from _within(translate.header(part, "Content-Type"), translate.split(part)[1], depth - 1)


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
