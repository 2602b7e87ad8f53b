"""Accounts, the network and contacts as clients read them."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import AccountState, ContactState
from appliance.core.model.accounts import Srtp, Transport
from appliance.core.views.base import Name, Time


class Account(Record):
    """An account and its registration."""

    name: str
    display_name: Name
    state: AccountState
    user: str
    uri: Annotated[str, Meta(description="SIP address of the station at this account.")]
    registrar: Annotated[str, Meta(description="As configured.")]
    transport: Transport
    srtp: Srtp
    server: Annotated[str, Meta(description="address:port of the registrar's last response; empty before the first.")]
    registered_since: Time | None
    expires: Annotated[Time | None, Meta(description="End of the current registration.")]
    failures: Annotated[int, Meta(description="Consecutive failures.")]
    retry_at: Annotated[Time | None, Meta(description="Time of the next attempt after a failure.")]
    code: Annotated[int, Meta(description="SIP code of the last failure; 0: none, or no response.")]
    reason: str
    explanation: Annotated[str, Meta(description="One sentence on the last failure that names the setting to check.")]
    summary: Annotated[str, Meta(description="Summary for display.")]


class Network(Record):
    """The machine's network."""

    up: bool
    addresses: Annotated[
        tuple[str, ...], Meta(description="Addresses at which others can reach it; none while it is down.")
    ]
    nameservers: tuple[str, ...]


class Target(Record):
    """A person or phone that can be called by name."""

    name: str
    display_name: Name
    uri: str
    account: Annotated[str | None, Meta(description="Account for its calls.")]


class Contact(Record):
    """A target and, if it is watched, its state."""

    name: str
    display_name: Name
    uri: str
    account: str | None
    watched: bool
    state: ContactState
    since: Annotated[Time | None, Meta(description="Begin of this state.")]
    code: Annotated[int, Meta(description="SIP code of its last response; 0: none was received.")]
    reason: str


class Entry(Record):
    """A flat of the directory."""

    flat: Annotated[str, Meta(description="Number that a visitor types.")]
    name: Annotated[str, Meta(description="Name for display.")]
    targets: Annotated[tuple[str, ...], Meta(description="Names of the targets to ring, one after another.")]
