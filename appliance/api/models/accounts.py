"""Accounts, the network, contacts."""

from typing import Literal

from pydantic import Field

from appliance.api.models.base import AnswerBody, Done, Name, Time
from appliance.core.model import AccountState, ContactState


class Account(AnswerBody):
    """An account and its registration."""

    name: str
    display_name: Name
    state: AccountState
    user: str
    uri: str = Field(description="SIP address of the station at this account.")
    registrar: str = Field(description="As configured.")
    transport: Literal["udp", "tcp", "tls"]
    srtp: Literal["off", "optional", "mandatory"]
    server: str = Field(description="address:port of the registrar's last response; empty before the first.")
    registered_since: Time | None
    expires: Time | None = Field(description="End of the current registration.")
    failures: int = Field(description="Consecutive failures.")
    retry_at: Time | None = Field(description="Time of the next attempt after a failure.")
    code: int = Field(description="SIP code of the last failure; 0: none, or no response.")
    reason: str
    explanation: str = Field(description="One sentence on the last failure that names the setting to check.")
    summary: str = Field(description="Summary for display.")


class Accounts(AnswerBody):
    """All accounts."""

    accounts: list[Account]


class AccountDone(Done):
    """The request about an account was accepted."""

    account: Account


class Network(AnswerBody):
    """The machine's network."""

    up: bool
    addresses: list[str] = Field(description="Addresses at which others can reach it; none while it is down.")
    nameservers: list[str]


class Target(AnswerBody):
    """A person or phone that can be called by name."""

    name: str
    display_name: Name
    uri: str
    account: str | None = Field(description="Account for its calls.")


class Contact(AnswerBody):
    """A target and, if it is watched, its state."""

    name: str
    display_name: Name
    uri: str
    account: str | None
    watched: bool
    state: ContactState
    since: Time | None = Field(description="Begin of this state.")
    code: int = Field(description="SIP code of its last response; 0: none was received.")
    reason: str


class Entry(AnswerBody):
    """A flat of the directory."""

    flat: str = Field(description="Number that a visitor types.")
    name: str = Field(description="Name for display.")
    targets: list[str] = Field(description="Names of the targets to ring, one after another.")


class Contacts(AnswerBody):
    """The directory, and the targets."""

    directory: list[Entry]
    contacts: list[Contact]
