"""A press rings at once while the station is attacked, and after it; `pytest -s` prints the figures.

Floods by strangers and as known phones are in test_made_up_sources.py and test_floods.py.
"""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.simulator import panel
from appliance.store import database
from tests.daemon.faults.test_system_faults import CAN_MOUNT, Limited, Mounted
from tests.daemon.security.test_local_users import HALF
from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets
from tests.support.presses import rings, told
from tests.support.waiting import PATIENCE_S, paced, until

OF_ITS_OWN = Mounted if CAN_MOUNT else Limited  # a station whose disc can be filled
A_SECOND, PRESSES = 200, 8
PANEL = {"keypad": {"street": {"doors": ["front"]}}, "reader": {"street": {"doors": ["front"]}}}


@contextlib.contextmanager
def again_and_again(act, rate=A_SECOND):
    """Perform it so often a second in the block; each time with another number."""
    over = threading.Event()

    def perform():
        for number in paced(rate):
            if over.is_set():
                return
            act(number)

    with ThreadPoolExecutor(1) as others:
        performing = others.submit(perform)
        try:
            yield
        finally:
            over.set()
            performing.result()


@contextlib.contextmanager
def answers_from_elsewhere(door, far):
    """Somebody who reads the INVITEs answers them from another address."""
    with Packets(loopback(), to=door.address) as thief:

        def answer(number):
            invite = next((each for each in reversed(far.seen) if each.startswith("INVITE")), "")
            status = ("200 OK", "183 Session Progress", "302 Moved Temporarily", "603 Decline")[number % 4]
            if invite:
                thief.send(thief.reply(invite, status, thief.sdp if status < "3" else ""))

        with again_and_again(answer):
            yield
    assert door.of("answer.doubted")


@contextlib.contextmanager
def requests_as_the_phone(door, far):
    """Somebody sends requests with the phone's address as their source."""
    with Packets(far.address, to=door.address) as forged:
        request, name = forged.request("OPTIONS"), forged.dialog.encode()
        with again_and_again(lambda number: forged.send(request.replace(name, b"%s%d" % (name, number))), 1000):
            yield


@contextlib.contextmanager
def guesses(door, _far):
    """Somebody holds one foreign card after the other to the reader, and types one wrong code after the other."""

    def guess(number):
        for at in ({"card": f"{number:08}", "reader": "street"}, {"keys": f"{number:04}#", "keypad": "street"}):
            asyncio.run(panel.ask(door.directory / "panel.sock", at))

    with again_and_again(guess, 20):
        yield
    assert door.of("door.denied")


@contextlib.contextmanager
def half_requests(door, _far):
    """Two hundred and fifty local clients finish no request."""
    argv = [sys.executable, "-c", HALF, str(door.directory / "http.sock")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as others:
        try:
            assert others.stdout.read(5) == b"begun"
            others.stdin.write(bytes(1000))  # rounds for longer than any press takes
            yield
        finally:
            others.kill()


@contextlib.contextmanager
def a_full_disc(door, _far):
    """Others fill the disc."""
    door.fill()
    door.wait("appliance.degraded", part="storage")
    yield
    door.clear()
    door.wait("appliance.recovered", part="storage")


def damaged(door, statement):
    """Damage the database while the station uses it."""
    path = door.directory / database.FILE
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=PATIENCE_S)) as other:
        other.execute(statement)


@contextlib.contextmanager
def a_damaged_database(door, _far):
    """A table is gone, and the database is set aside."""
    damaged(door, "DROP TABLE calls")
    yield
    until(lambda: door.ever("appliance.degraded", part="storage"), "the damage is named", log=door.told)


@contextlib.contextmanager
def a_damaged_journal(door, _far):
    """Each row lacks its type, and clients ask for all of them."""
    damaged(door, "UPDATE events SET envelope = json_remove(envelope, '$.type')")
    with again_and_again(lambda _: door.get("/v1/events?since=0&wait=1"), 20):
        yield


ATTACKS = (
    answers_from_elsewhere,
    requests_as_the_phone,
    guesses,
    half_requests,
    a_full_disc,
    a_damaged_database,
    a_damaged_journal,
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_press_rings_while_the_station_is_attacked_and_after_it(attack, tmp_path, record_property):
    kind = OF_ITS_OWN if attack is a_full_disc else Daemon
    with kind(tmp_path / "d", panel=PANEL, door={"front": {}}) as door, Packets(door.far_address, door.far_port) as far:
        rings(door, far, 1)  # the first press opens connections
        door.begin()
        with attack(door, far):
            figures = {"during": told(rings(door, far, PRESSES))}
        door.begin()
        figures["after"] = told(rings(door, far, PRESSES))
    record_property("press to INVITE in ms", figures)
    print(figures)
