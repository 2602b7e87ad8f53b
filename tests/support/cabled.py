"""Stations at the ends of a cable, with accounts at a Kamailio."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from appliance.base.types import Json
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import PBX, BadCable, Machine
from tests.support.peers.registrars import Kamailio, account
from tests.support.waiting import until

Side = tuple[Daemon, str]  # a station, and its id of the call


def station(directory: Path, machine: Machine, registrar: Kamailio, user: str, other: str, **settings: Any) -> Daemon:
    """A daemon at that end, with the account `user`; its button rings `other`."""
    table = account(directory, registrar, user)
    return Daemon(
        directory / user,
        within=machine.within,
        **{
            "sip": {"address": "0.0.0.0", "port": 0, "trace": True},
            "account": {"office": table},
            "target": {"far": {"uri": other, "account": "office"}},
            **settings,
        },
    )


def flows(*sides: Side) -> None:
    """Sound comes at each of these stations, from now on."""
    for side in sides:
        until(partial(_has_received, *side, _received(*side) + 50), "sound")


def _has_received(door: Daemon, call: str, packets: int) -> bool:
    return _received(door, call) > packets


def _received(door: Daemon, call: str) -> int:
    quality: Json | None = door.get(f"/v1/calls/{call}")["quality"]
    return quality["received"] if quality else 0


@contextmanager
def called_over_a_bad_cable(directory: Path, **spoiled: float) -> Iterator[tuple[Side, Side]]:
    """One station has rung the other, which has answered, over a BadCable: both, and sound flows."""
    patient = {"deadlines": {"disconnecting_s": 600}}
    with (
        BadCable(directory, **spoiled) as cable,
        Kamailio(directory / "k", address=PBX, within=cable.pbx.within) as kamailio,
        station(directory, cable.door, kamailio, "201", "202", **patient) as door,
        station(directory, cable.pbx, kamailio, "202", "201", **patient) as far,
    ):
        for each in (door, far):
            each.wait("account.registered")
        door.press("ring")
        call = door.wait("call.dialing")["call"]
        came = far.wait("call.ringing")["call"]
        far.press("answer")
        sides = (door, call), (far, came)
        for each, number in sides:
            each.wait("call.connected", number)
        flows(*sides)
        yield sides
