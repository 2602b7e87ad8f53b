"""Tokens for clients over TCP."""

from typing import Annotated, Literal

from msgspec import Meta

from appliance.api.http.tokens import NAME
from appliance.api.models.base import AnswerBody, Moment, OrderBody
from appliance.core.views.base import Time
from appliance.orders.invalid import form

TokenScope = Literal["view", "call", "listen", "digits", "door", "admin"]


class NewAccessToken(OrderBody):
    """A token to make."""

    name: Annotated[
        str,
        Meta(
            pattern=form(
                rf"^{NAME}\Z",
                "1 to 40 letters, digits, spaces, dots, - and _, with a letter or a digit at both ends",
            ),
            description="The client that gets it.",
            examples=["kitchen-tablet"],
        ),
    ]
    scopes: Annotated[
        list[TokenScope],
        Meta(
            min_length=1,
            max_length=5,
            description="view: read state, logs and events. call: calls, messages, sound and recordings. listen: with "
            "call, talk and listen at the door from a browser. door: open "
            "and lock doors. admin: everything. To press a button of the panel, call and door are needed.",
        ),
    ]
    expires: Annotated[Moment | None, Meta(description="From when on it is not accepted; null: never.")] = None


class AccessToken(AnswerBody):
    """A token, without its text."""

    id: str
    name: str
    scopes: list[TokenScope]
    created: Time
    expires: Time | None
    valid: Annotated[bool, Meta(description="False after its end.")]


class AccessTokens(AnswerBody):
    """All tokens, oldest first; the station's own one is not among them."""

    tokens: list[AccessToken]


class AccessTokenMade(AnswerBody):
    """A token was made."""

    token: AccessToken
    text: Annotated[
        str, Meta(description="What the client sends after `Authorization: Bearer`. It is not shown again.")
    ]
