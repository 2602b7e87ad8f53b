"""The room of messages: its inputs, requests and timers."""

from appliance.core import inputs
from appliance.core.dispatch import asks, on, on_call, performs, takes
from appliance.core.messages import texts
from appliance.core.model import State
from appliance.core.transition import Turn

take = takes(
    on(inputs.MessageReceived, texts.received),  # `access` takes MessageAnswered, as some messages are digits
    on_call(inputs.InfoReceived, lambda turn, call, given: texts.info_received(turn, call, given.content)),
    on(inputs.SipLost, lambda turn, _: texts.sip_lost(turn)),
)

perform = performs(
    asks(inputs.SendText, texts.send_text),
    asks(inputs.SendCallText, texts.send_in_call),
    asks(inputs.SendInfo, texts.send_in_call),
)


def due(turn: Turn) -> None:
    """Act on every deadline of this room that has passed."""
    if turn.messages:
        texts.due(turn)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [message.deadline for message in state.messages]
