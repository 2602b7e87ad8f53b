"""Responses with a body of JSON."""

from typing import Any

import msgspec
from starlette import responses


class JSONResponse(responses.JSONResponse):
    """A body of records, of plain values, or of both."""

    def render(self, content: Any) -> bytes:
        """Encode the body."""
        return msgspec.json.encode(content)
