"""What holds right after an attack: a press rings, a phone that the station knows calls, and its memory is back."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.support import presses
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets, good_call

Address = tuple[str, int]

MORE_MB = 20  # what a process may weigh more than before


@contextlib.contextmanager
def outlived(
    door: Daemon, record: Callable[[str, object], None], far: Callable[[], Packets] | None = None
) -> Iterator[Any]:
    """The block is an attack; after it the station is what it was. How soon it was is recorded, and printed.

    far: makes the phone that the button rings; by default at this machine's address of it.
    """
    child, before = door.sip(), door.memory()
    yield
    ended = time.monotonic()
    door.begin()
    with far() if far else Packets(door.far_address, door.far_port, to=door.address) as phone:
        (pressed_s,) = presses.rings(door, phone, 1)
        phone.to = address_of(door)
        called_s = good_call(door, phone) - ended
    after = door.memory()
    figures: dict[str, object] = {
        "a press to its INVITE, s": round(pressed_s, 3),
        "a known phone talked after s": round(called_s, 3),
    }
    figures["MB more"] = {name: round(after[name] - before[name], 1) for name in after}
    record("after the attack", figures)
    print(figures)
    assert door.sip() == child
    for process, megabytes in after.items():
        assert megabytes < before[process] + MORE_MB, process


def address_of(door: Daemon) -> Address:
    host, _, port = door.address.rpartition(":")
    return host, int(port)


def rings(door: Daemon, phone: Packets) -> None:
    """A press's INVITE comes to the phone, which is busy."""
    call = door.ring()
    phone.answer(phone.invited(), "486 Busy Here")
    door.final(call, by="remote")
