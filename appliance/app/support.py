"""The support bundle: data from which others can understand a fault, without the station's secrets."""

import platform
from contextlib import suppress
from typing import Any

import appliance
from appliance.base.types import Json
from appliance.base.wall_time import stamp
from appliance.board.firmware import model
from appliance.replay.redaction import HIDDEN, Masks

EVENTS, LOGGED = 500, 100


class _Masks(Masks):
    """Hides also a client's own data of a call."""

    def hide(self, value: Any, name: str = "") -> Any:
        return (HIDDEN if value else "") if name == "custom_data" else super().hide(value, name)


def bundle(parts: Json) -> Json:
    """The parts with digits replaced, and passwords, texts, values of headers and notes removed; and the machine."""
    hidden: Json = _Masks().hide(parts)
    return {"version": appliance.__version__, "made": stamp(), "machine": _machine(), **hidden}


def _machine() -> Json:
    system = ""
    with suppress(OSError):
        system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return {
        "board": model(),
        "system": system,
        "kernel": platform.release(),
        "processor": platform.machine(),
        "python": platform.python_version(),
    }
