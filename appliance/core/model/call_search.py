"""The filters of the call log."""

from appliance.base.record import Record


class CallSearch(Record):
    """A search in the call log: a call must match every field that is not empty. Times are UTC, as in events.

    after, before: bounds of the call's begin. party: a part of the far end's name or address. outcome: the cause of the
    end. call: the id.
    """

    after: str = ""
    before: str = ""
    party: str = ""
    direction: str = ""
    outcome: str = ""
    missed: bool | None = None
    call: str = ""
