"""What a SIP message or its SDP says."""

import re


def found(pattern: str, message: str) -> re.Match[str]:
    """Return the first match; ^ and $ stand for the ends of lines."""
    match = re.search(pattern, message, re.MULTILINE)
    assert match, f"no {pattern} in {message}"
    return match
