"""Sessions of browsers."""

from pydantic import Field

from appliance.api.models.base import AnswerBody, Time
from appliance.api.models.tokens import TokenScope


class BrowserSession(AnswerBody):
    """The client of this request, with its scopes."""

    client: str = Field(description="Its name in events.", examples=["http:kitchen-tablet"])
    scopes: list[TokenScope]
    expires: Time | None = Field(description="When the session ends; null: the request brought no session.")
