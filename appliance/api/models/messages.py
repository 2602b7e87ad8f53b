"""Texts and INFO."""

from typing import Annotated

from msgspec import Meta, field

from appliance.api.models.base import Callee, ContentType, Headers, OrderBody
from appliance.core.inputs.bounds import LINE


class Text(OrderBody):
    """A text message, sent by SIP MESSAGE."""

    text: Annotated[str, Meta(min_length=1, description="At most 1,000 bytes of UTF-8.")]
    content_type: ContentType = "text/plain"
    headers: Annotated[Headers, Meta(max_length=16, description="Headers of the message.")] = field(
        default_factory=dict
    )


class Letter(Text, kw_only=True):
    """A text message outside of calls."""

    to: Callee
    account: Annotated[str, Meta(max_length=64, pattern=LINE, description="As in a request to place a call.")] = ""


class Info(OrderBody):
    """Content of an INFO request."""

    content_type: ContentType
    body: Annotated[str, Meta(description="At most 1,000 bytes of UTF-8.")]
    headers: Annotated[Headers, Meta(max_length=16, description="Headers of the INFO request.")] = field(
        default_factory=dict
    )
