# ruff: noqa: INP001 - Python imports it by its name alone
"""Writes the modules on the call stack whenever a hop of a walk is called, a JSON line for each into WALK_RECORDS.

Each Python process that has this folder on PYTHONPATH imports it when it starts. WALK_HOPS names the hops, as in
runtime/inbox.py:put. WALK_PHASE is a file that names what is done now; empty: nothing is written.
"""

import json
import os
import sys
import threading
from types import FrameType

HOPS = frozenset(os.environ.get("WALK_HOPS", "").split())
PACKAGE = "/appliance/"
NAMES = frozenset(hop.rpartition(":")[2] for hop in HOPS)


def module(frame: FrameType) -> str:
    """The module of a frame, below the package; "" for others."""
    return frame.f_code.co_filename.rpartition(PACKAGE)[2] if PACKAGE in frame.f_code.co_filename else ""


def called(frame: FrameType, event: str, _: object) -> None:
    """Write a call, if it is a hop."""
    if event != "call" or frame.f_code.co_name not in NAMES:
        return
    hop = f"{module(frame) or os.path.basename(frame.f_code.co_filename)}:{frame.f_code.co_name}"  # noqa: PTH119
    with open(os.environ["WALK_PHASE"], encoding="utf-8") as file:  # noqa: PTH123
        phase = file.read()
    if hop not in HOPS or not phase:
        return
    stack = []
    at: FrameType | None = frame
    while at is not None:
        stack.append(module(at))
        at = at.f_back
    given = [type(value).__name__ for value in list(frame.f_locals.values())[:3]]
    record = {"phase": phase, "station": os.environ["WALK_STATION"], "hop": hop, "given": given}
    with open(os.environ["WALK_RECORDS"], "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(json.dumps({**record, "modules": [name for name in reversed(stack) if name]}) + "\n")


if HOPS:
    threading.setprofile(called)
    sys.setprofile(called)
