"""The filters of the call log."""

from appliance.base.record import Record


class CallSearch(Record):
    """Which calls of the log are wanted: those that match all that is given. Times are UTC, as in events.

    after, before: of the begin. party: a part of the far end's name or address. outcome: the cause of the end. call:
    the id.
    """

    after: str = ""
    before: str = ""
    party: str = ""
    direction: str = ""
    outcome: str = ""
    missed: bool | None = None
    call: str = ""
