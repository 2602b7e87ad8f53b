"""Transfers of calls."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.core.model.ids import CallId


class Role(StrEnum):
    """Our part in a transfer (RFC 5589 §2): we pass a far end on, or are passed on."""

    TRANSFEROR = "transferor"
    TRANSFEREE = "transferee"


class TransferPolicy(StrEnum):
    """What becomes of a far end's wish that we talk with somebody else: not done, done, or asked of a client."""

    REFUSE = "refuse"
    FOLLOW = "follow"
    ASK = "ask"


class TransferState(StrEnum):
    """A client is asked, the outcome is waited for, or the far end is to end its call with us as it is done."""

    ASKED = "asked"
    UNDER_WAY = "under_way"
    DONE = "done"


class Kind(StrEnum):
    """Of a transfer (RFC 5589): to an address, or to the far end of another call, whose place is then taken."""

    BLIND = "blind"
    ATTENDED = "attended"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer of `call`.

    other: of the transferor, the call whose far end the one of `call` shall talk with, if attended; of the transferee,
    its new call, once it is placed. replaces, referred_by: the headers that one is to have (RFC 3891, RFC 3892), "" for
    none. rang: its ringing was told to the transferor.
    """

    call: CallId
    role: Role
    to: str
    until: float
    other: CallId | None = None
    state: TransferState = TransferState.UNDER_WAY
    replaces: str = ""
    referred_by: str = ""
    rang: bool = False

    def leaves(self, call: CallId) -> bool:
        """Whether it is this transfer that the far end of `call` ends it for, if it does."""
        if self.role is Role.TRANSFEROR:
            return call == self.other or (call == self.call and self.state is TransferState.DONE)
        return call == self.call and self.state is not TransferState.ASKED
