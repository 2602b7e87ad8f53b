"""Texts and INFO."""

from pydantic import Field

from appliance.api.models.base import ContentType, Headers, Line, OrderBody


class Text(OrderBody):
    """A text message, sent by SIP MESSAGE."""

    text: str = Field(min_length=1, max_length=1000, description="At most 1,000 bytes of UTF-8.")
    content_type: ContentType = "text/plain"
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the message.")


class Letter(Text):
    """A text message outside of calls."""

    to: str = Field(
        min_length=1,
        max_length=512,
        pattern=Line,
        description="Name of a target, a SIP URI, or a number at an account.",
    )
    account: str = Field(default="", max_length=64, pattern=Line, description="As in a request to place a call.")


class Info(OrderBody):
    """Content of an INFO request."""

    content_type: ContentType
    body: str = Field(max_length=1000, description="At most 1,000 bytes of UTF-8.")
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the INFO request.")
