"""How soon a press rings: from the moment when the button's line moves until the phone has the INVITE."""

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets

PRESSES = 20


def rings(door: Daemon, far: Packets, count: int = PRESSES) -> list[float]:
    """Press the button, whose phone is busy, again and again since `begin`: the seconds until each INVITE."""
    found = []
    with ThreadPoolExecutor(1) as finger:
        for _ in range(count):
            pressing = finger.submit(door.press, "ring")
            invite, came = far.invited(), time.monotonic()
            far.answer(invite, "486 Busy Here")
            found.append(came - pressing.result())
            door.next("ring.ended", ring=door.next("ring.started")["data"]["ring"])
    return found


def told(seconds: Sequence[float]) -> str:
    """Median and largest, in milliseconds."""
    return f"median {1000 * statistics.median(seconds):.1f}, largest {1000 * max(seconds):.1f}"
