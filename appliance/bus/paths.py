"""The paths of objects on the bus, and the calls that clients name by them."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.bus.texts import bounded
from appliance.core.model import CallId
from appliance.core.views.snapshot import Snapshot

ROOT = "/org/intercomd"
NONE = "/"  # in place of an object that does not exist, as D-Bus has no empty path


def call_path(call: str) -> str:
    """The path of a call's object."""
    return f"{ROOT}/calls/{call.replace('-', '_')}"


def conference_path(conference: str) -> str:
    """The path of a conference's object."""
    return f"{ROOT}/conferences/{conference.replace('-', '_')}"


def name_path(kind: str, name: str) -> str:
    """The path of a configured name's object: - becomes _2d and _ becomes _5f, so that paths are unique."""
    return f"{ROOT}/{kind}/{name.replace('_', '_5f').replace('-', '_2d')}"


def named_call(snapshot: Snapshot, text: str) -> CallId | None:
    """The call whose object's path a text is; None for a text that is no path of a call. Raises IntercomError."""
    return find_call(snapshot, text) if text.startswith(f"{ROOT}/calls/") else None


def find_call(snapshot: Snapshot, path: str) -> CallId:
    """The call whose object has this path. Raises IntercomError if there is no such call."""
    paths = {call_path(each.id): CallId(each.id) for each in snapshot.calls}
    if path not in paths:
        raise IntercomError(
            ErrorCode.CALL_NOT_FOUND,
            f"There is no call at {bounded(path)}.",
            "It has ended or never existed.",
            f"The calls are {', '.join(paths)}." if paths else "There are no calls now.",
        )
    return paths[path]
