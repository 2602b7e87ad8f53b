"""Orders whose outcome comes later."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from appliance.api.models.appliance import StoredEvent
from appliance.api.models.base import AnswerBody, Done, Problem
from appliance.api.models.calls import CallDone
from appliance.core.views.base import Time


class Operation(AnswerBody):
    """An order whose outcome comes later. Only its client and `admin` see it.

    The newest 200 since the start of the daemon are kept, and every one that runs: at most 128 run at once, 96 of one
    client; further orders are refused (429).
    """

    id: str
    order: Annotated[str, Meta(description="The operationId of the order.", examples=["transfer_call"])]
    call: Annotated[str | None, Meta(description="The call that the order is about.")]
    state: Literal["running", "succeeded", "failed"]
    started: Time
    ended: Time | None
    event: Annotated[StoredEvent | None, Meta(description="The event that reports the outcome.")]
    result: Annotated[
        dict[str, Any] | None, Meta(description="The answer of an order that has one, such as a test's result.")
    ]
    error: Annotated[Problem | None, Meta(description="Why it failed.")]


class Begun(AnswerBody):
    """The order was accepted, and its outcome comes later."""

    operation: Operation


class DoneLater(Done):
    """The order was accepted. With status 200 it has succeeded meanwhile."""

    operation: Operation


class CallDoneLater(CallDone):
    """The order about a call was accepted. With status 200 it has succeeded meanwhile."""

    operation: Operation


class MessageTaken(AnswerBody):
    """The message is being sent: `message.sent` or `message.failed` (`info.…`) with its id follows.

    With status 200 it has arrived.
    """

    message: str
    operation: Operation
