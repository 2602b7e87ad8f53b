"""The machine's network: report its changes, register accounts again at once, and move calls to a new address."""

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.accounts import registration, subscriptions
from appliance.core.model import Network
from appliance.core.orders import Renew
from appliance.core.transition import Turn


def changed(turn: Turn, given: inputs.NetworkChanged) -> None:
    """The network changed, or is known for the first time: then only its absence is reported."""
    before = turn.accounts.network
    now = Network(given.addresses, given.nameservers)
    turn.accounts = replace(turn.accounts, network=now)
    if not now.addresses:
        if before is None or before.addresses:
            turn.emit(events.NetworkDown())
        return
    if given.addresses != turn.accounts.last_addresses:
        moved = bool(turn.accounts.last_addresses)
        turn.accounts = replace(turn.accounts, last_addresses=given.addresses)
        if moved and turn.appliance.sip_ready:
            turn.order(Renew())
    if before is None:
        return
    if not before.addresses:
        turn.emit(events.NetworkUp(addresses=", ".join(now.addresses)))
    else:
        turn.emit(events.NetworkChanged(addresses=", ".join(now.addresses), nameservers=", ".join(now.nameservers)))
    registration.network_changed(turn)
    subscriptions.network_changed(turn)
