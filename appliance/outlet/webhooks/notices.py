"""What the daemon gets of an event that went to a receiver."""

from collections.abc import Callable

from appliance.base.errors import IntercomError, sentences
from appliance.base.types import Json
from appliance.outlet.settings import Webhook

Say = Callable[[Json], None]


def notice(of: Webhook, envelope: Json, status: int, why: IntercomError | None = None, *, asked: bool = False) -> Json:
    """What became of an event. status: of the answer, 0: there was none. asked: it was a question."""
    said = {"receiver": of.name, "event": envelope["id"], "name": envelope["type"], "about": envelope["call"]}
    said |= {"ring": envelope["data"].get("ring"), "status": status, "asked": asked}
    return said if why is None else said | {"why": sentences(why.message, why.cause, why.resolution)}
