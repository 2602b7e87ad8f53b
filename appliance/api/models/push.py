"""Notifications of rings by Web Push."""

from typing import Annotated

from msgspec import Meta

from appliance.api.models.base import AnswerBody, OrderBody
from appliance.core.views.base import Time
from appliance.orders.invalid import form

ENDPOINT, P256DH, AUTH = (
    "https://push.example.net/send/4f1c",
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "BTBZMqHH6r4Tts7J_aSIgg",
)


class PushKeys(OrderBody):
    """The keys of a subscription, in base64url (RFC 8291)."""

    p256dh: Annotated[str, Meta(max_length=100, description="The browser's public key.", examples=[P256DH])]
    auth: Annotated[str, Meta(max_length=32, description="The browser's secret.", examples=[AUTH])]


class NewPushSubscription(OrderBody):
    """A browser that wants to be notified."""

    endpoint: Annotated[
        str,
        Meta(
            max_length=1024, description="The https address of its push service, on the Internet.", examples=[ENDPOINT]
        ),
    ]
    keys: PushKeys
    language: Annotated[
        str,
        Meta(
            pattern=form(r"^[a-z]{2}\Z", "a language of two small letters, as in en"),
            description="Of the notifications.",
            examples=["en"],
        ),
    ] = "en"


class PushSubscription(AnswerBody):
    """A browser that is notified, without its address and keys."""

    id: str
    client: Annotated[str, Meta(description="Who made it, as in events.", examples=["http:kitchen-tablet"])]
    service: Annotated[str, Meta(description="The host of its push service.", examples=["push.example.net"])]
    language: str
    created: Time
    valid: Annotated[bool, Meta(description="False after the end of its token: nothing is sent any more.")]
    problem: Annotated[str, Meta(description="Why its last notification did not get through; empty if it did.")]


class Push(AnswerBody):
    """The key, and subscriptions, oldest first."""

    key: Annotated[
        str,
        Meta(description="For `applicationServerKey` of a browser's push manager (RFC 8292).", examples=[P256DH]),
    ]
    subscriptions: list[PushSubscription]


class PushSubscribed(AnswerBody):
    """A browser will be notified."""

    subscription: PushSubscription
