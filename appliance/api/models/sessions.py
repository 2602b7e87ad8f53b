"""Sessions of browsers."""

from typing import Annotated

from msgspec import Meta

from appliance.api.models.base import AnswerBody
from appliance.api.models.tokens import TokenScope
from appliance.core.views.base import Time


class BrowserSession(AnswerBody):
    """The client of this request, with its scopes."""

    client: Annotated[str, Meta(description="Its name in events.", examples=["http:kitchen-tablet"])]
    scopes: list[TokenScope]
    expires: Annotated[Time | None, Meta(description="When the session ends; null: the request brought no session.")]
