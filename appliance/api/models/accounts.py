"""Accounts, the network, contacts."""

from appliance.api.models.base import AnswerBody, Done
from appliance.core.views.accounts import Account, Contact, Entry


class Accounts(AnswerBody):
    """All accounts."""

    accounts: list[Account]


class AccountDone(Done):
    """The request about an account was accepted."""

    account: Account


class Contacts(AnswerBody):
    """The directory, and the targets."""

    directory: list[Entry]
    contacts: list[Contact]
