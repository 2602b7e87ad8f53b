"""Tokens for clients over TCP."""

from typing import Annotated, Literal

from pydantic import Field

from appliance.api.http.tokens import NAME
from appliance.api.models.base import AnswerBody, Moment, OrderBody, Time
from appliance.core.model import AccessScope

TokenScope = Literal[AccessScope.VIEW, AccessScope.CALL, AccessScope.DIGITS, AccessScope.DOOR, AccessScope.ADMIN]


class NewAccessToken(OrderBody):
    """A token to make."""

    name: str = Field(pattern=f"^{NAME}$", description="The client that gets it.", examples=["kitchen-tablet"])
    scopes: list[TokenScope] = Field(
        min_length=1,
        max_length=4,
        description="view: read state, logs and events. call: calls, messages, sound and recordings. door: open and "
        "lock doors. admin: everything. To press a button of the panel, call and door are needed.",
    )
    expires: Annotated[Moment | None, Field(description="From when on it is not accepted; null: never.")] = None


class AccessToken(AnswerBody):
    """A token, without its text."""

    id: str
    name: str
    scopes: list[TokenScope]
    created: Time
    expires: Time | None
    valid: bool = Field(description="False after its end.")


class AccessTokens(AnswerBody):
    """All tokens, oldest first; the station's own one is not among them."""

    tokens: list[AccessToken]


class AccessTokenMade(AnswerBody):
    """A token was made."""

    token: AccessToken
    text: str = Field(description="What the client sends after `Authorization: Bearer`. It is not shown again.")
