"""Transfers of calls."""

from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.clock import Deadline
from appliance.core.model.ids import CallId


class TransferRole(StrEnum):
    """Our role in a transfer (RFC 5589 §2): we transfer a far end, or a far end transfers us."""

    TRANSFEROR = "transferor"
    TRANSFEREE = "transferee"


class TransferPolicy(StrEnum):
    """How to handle a far end's transfer request: refuse it, follow it, or ask a client."""

    REFUSE = "refuse"
    FOLLOW = "follow"
    ASK = "ask"


class TransferState(StrEnum):
    """A client must decide, the outcome is awaited, or it succeeded and the far end should now end its call with us."""

    ASKED = "asked"
    UNDER_WAY = "under_way"
    DONE = "done"


class TransferKind(StrEnum):
    """The kind of a transfer (RFC 5589): to an address, or to the far end of another call, which is replaced."""

    BLIND = "blind"
    ATTENDED = "attended"


class Transfer(Record):
    """A transfer of `call`.

    other: as transferor, the call whose far end is the destination of an attended transfer; as transferee, our new
    call, once it is placed. replaces, referred_by: headers of the new call (RFC 3891, RFC 3892), "" for none. rang: the
    transferor knows that the new call rings.
    """

    call: CallId
    role: TransferRole
    to: str
    until: Deadline
    other: CallId | None = None
    state: TransferState = TransferState.UNDER_WAY
    replaces: str = ""
    referred_by: str = ""
    rang: bool = False

    def leaves(self, call: CallId) -> bool:
        """Whether the far end would end `call` because of this transfer."""
        if self.role is TransferRole.TRANSFEROR:
            return call == self.other or (call == self.call and self.state is TransferState.DONE)
        return call == self.call and self.state is not TransferState.ASKED
