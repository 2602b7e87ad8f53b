"""Messages that clients send: to a callee, or in a call. Each raises IntercomError if it is not possible."""

from appliance.core import inputs
from appliance.core.accounts.addresses import callee
from appliance.core.lookup import connected, find_call
from appliance.core.messages import texts
from appliance.core.model import MessageMethod
from appliance.core.orders import Reply
from appliance.core.transition import Turn


def send_text(turn: Turn, action: inputs.SendText, asked: inputs.Requested) -> Reply:
    """Send a MESSAGE outside any call."""
    uri, account = callee(turn, action.to, action.account)
    message = texts.send(turn, MessageMethod.MESSAGE, action.content, uri, account, None)
    return Reply(asked.request, message=message)


def send_in_call(turn: Turn, action: inputs.SendCallText | inputs.SendInfo, asked: inputs.Requested) -> Reply:
    """Send a MESSAGE or an INFO to the far end of a call."""
    method = MessageMethod.MESSAGE if isinstance(action, inputs.SendCallText) else MessageMethod.INFO
    call = connected(find_call(turn, action.call))
    message = texts.send(turn, method, action.content, call.remote.uri, call.account, call.id)
    return Reply(asked.request, message=message)
