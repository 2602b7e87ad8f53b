"""The audit: every opening and refusal, on disc at once, paged, bounded, and whole after a kill."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.core.events import EVENTS
from appliance.core.inputs import OpeningsRead, PartFailed
from appliance.core.model import OpenedBy
from appliance.store import database
from appliance.store.audit import TYPES, Audit
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox, envelope
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
KEPT = ("door.unlocked", "door.denied", "keypad.refused", "keypad.accepted", "access.locked_out", "code.added")


@contextmanager
def opened(directory, keep=50_000):
    writer = Writer(directory, Inbox())
    audit = Audit(writer, keep)
    yield audit
    audit.close()
    assert writer.close(PATIENCE_S)


def test_it_keeps_what_concerns_doors_and_access_and_nothing_else(tmp_path):
    with opened(tmp_path) as audit:
        for number, kind in enumerate((*KEPT, "call.connected", "keypad.digit", "dtmf.received"), 1):
            audit.append(envelope(number, kind))
        assert [each["type"] for each in audit.list()] == list(KEPT[::-1])


def test_pages_follow_each_other_newest_first(tmp_path):
    with opened(tmp_path) as audit:
        for number in range(1, 8):
            audit.append(envelope(number, "door.denied"))
        first = audit.list(3)
        second = audit.list(3, first[-1]["id"])
        third = audit.list(3, second[-1]["id"])
    assert [each["id"] for each in (*first, *second, *third)] == [7, 6, 5, 4, 3, 2, 1]


def opened_by(number, by, door="front", **changed):
    data = {"door": door, "by": by, "means": "api", "seconds": 3.0, "held": False} | changed
    return envelope(number, "door.unlocked") | {"data": data}


def test_the_last_opening_of_each_door_is_posted_once_it_is_read(tmp_path):
    with opened(tmp_path) as audit:
        rows = opened_by(1, "Ann"), opened_by(2, "Ben"), opened_by(3, "Cid", "gate"), opened_by(4, "x", means="magic")
        for row in (*rows[:3], envelope(5, "door.locked")):
            audit.append(row)
        audit.list()
        inbox = Inbox()
        audit.open(inbox, ("front", "gate"))
        ((found),) = inbox.wait(OpeningsRead)
        seen = {each.door: (each.by, each.means, each.held, each.at) for each in found.openings}
        assert seen == {
            "front": ("Ben", OpenedBy.API, False, 1795154828.123456),
            "gate": ("Cid", OpenedBy.API, False, 1795154828.123456),
        }
        audit.append(rows[3])
        audit.list()
        audit.open(inbox, ("front", "gate"))
        again = inbox.wait(OpeningsRead, 2)[1].openings
        assert [each.door for each in again] == ["gate"]  # a damaged row is no opening


def test_it_is_searched_by_time(tmp_path):
    with opened(tmp_path) as audit:
        for number, (kind, day) in enumerate((("door.unlocked", 19), ("door.denied", 20), ("door.unlocked", 21)), 1):
            audit.append(envelope(number, kind) | {"time": f"2026-11-{day}T06:00:00.000000Z"})
        assert [each["id"] for each in audit.list(after="2026-11-20T06:00:00.000000Z")] == [3, 2]
        assert [each["id"] for each in audit.list(before="2026-11-20T06:00:00.000000Z")] == [1]
        assert [each["id"] for each in audit.list(1, 3, "2026-11-20T06:00:00.000000Z")] == [2]


def test_the_oldest_go_once_there_are_too_many(tmp_path):
    with opened(tmp_path, keep=5) as audit:
        for number in range(1, 21):
            audit.append(envelope(number, "door.denied"))
            audit.list(1)
        assert [each["id"] for each in audit.list()] == [20, 19, 18, 17, 16]


def test_refusals_push_no_opening_out(tmp_path):
    with opened(tmp_path, keep=5) as audit:
        audit.append(envelope(1, "door.unlocked"))
        audit.append(envelope(2, "access.token_added"))
        for number in range(3, 203):
            audit.append(envelope(number, ("door.denied", "access.denied", "keypad.refused")[number % 3]))
            audit.list(1)
        assert [each["id"] for each in audit.list()] == [202, 201, 200, 199, 198, 2, 1]
        assert [each["id"] for each in audit.list(3, cursor=199)] == [198, 2, 1]


OF_THE_OPENINGS = {
    *("door.unlocked", "door.locked", "door.hold_ending", "door.locked_down", "door.lockdown_ended"),
    *("door.opened", "door.closed", "door.held_open", "door.forced", "keypad.accepted"),
    *("code.added", "code.changed", "code.removed", "access.token_added", "access.token_removed"),
}


@pytest.mark.parametrize("kind", [kind for kind in EVENTS if kind.startswith(TYPES) and kind not in OF_THE_OPENINGS])
def test_what_anybody_may_cause_who_opens_nothing_pushes_no_opening_out(tmp_path, kind):
    with opened(tmp_path, keep=5) as audit:
        audit.append(envelope(1, "door.unlocked"))
        for number in range(2, 22):
            audit.append(envelope(number, kind))
        assert [each["id"] for each in audit.list()] == [21, 20, 19, 18, 17, 1]


def test_refusals_push_no_opening_out_while_the_disc_does_not_work(tmp_path):
    (tmp_path / "state").write_text("a file where the directory should be")
    with opened(tmp_path / "state", keep=5) as audit:
        audit.append(envelope(1, "door.unlocked"))
        for number in range(2, 202):
            audit.append(envelope(number, "door.denied"))
        (tmp_path / "state").unlink()
        assert [each["id"] for each in audit.list()] == [201, 200, 199, 198, 197, 1]


def test_a_reader_finds_what_was_put_while_the_disc_did_not_work_as_soon_as_it_works(tmp_path, set_times):
    set_times(disc_again_s=(PATIENCE_S, PATIENCE_S))
    (tmp_path / "state").write_text("a file where the directory should be")
    inbox = Inbox()
    writer = Writer(tmp_path / "state", inbox)
    audit = Audit(writer)
    audit.append(envelope(1, "door.unlocked"))
    inbox.wait(PartFailed)
    (tmp_path / "state").unlink()
    assert [each["id"] for each in audit.list()] == [1]
    audit.append(envelope(2, "door.unlocked"))
    assert [each["id"] for each in audit.list()] == [2, 1]
    audit.close()
    assert writer.close(PATIENCE_S)


def test_an_audit_of_the_version_before_is_taken_apart(tmp_path):
    with closing(database.connect(tmp_path, database.STEPS[:3])) as connection:
        rows = [(number, json.dumps(envelope(number, kind))) for number, kind in enumerate(KEPT, 1)]
        connection.executemany("INSERT INTO audit VALUES (?, ?)", rows)
    with opened(tmp_path) as audit:
        audit.append(envelope(9, "door.unlocked"))
        assert [each["type"] for each in audit.list()] == ["door.unlocked", *KEPT[::-1]]
    with closing(database.reader(tmp_path)) as connection:
        kept = [json.loads(text)["type"] for (text,) in connection.execute("SELECT envelope FROM refusals ORDER BY id")]
    assert kept == ["door.denied", "keypad.refused", "access.locked_out"]


def test_it_is_there_after_a_restart(tmp_path):
    with opened(tmp_path) as audit:
        audit.append(envelope(1, "door.unlocked"))
    with opened(tmp_path) as audit:
        audit.append(envelope(9, "door.denied"))
        assert [each["id"] for each in audit.list()] == [9, 1]


def test_one_that_cannot_be_read_says_why(tmp_path):
    with opened(tmp_path / "state") as audit:
        audit.append(envelope(1, "door.denied"))
        audit.list()
        (tmp_path / "state" / "intercomd.sqlite3").rename(tmp_path / "away")
        with pytest.raises(IntercomError) as caught:
            audit.list()
    assert caught.value.code == "unavailable"


WRITES = """
import sys, time
from pathlib import Path
from appliance.store.audit import TYPES, Audit
from appliance.store.writer import Writer
from tests.store.stores import envelope
audit = Audit(Writer(Path(sys.argv[1]), print))
number = 0
while True:
    number += 1
    audit.append(envelope(number, "door.denied"))
    audit.list(1)
    print(number, flush=True)
"""


def test_all_that_was_seen_on_disc_is_there_after_a_kill(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    told = 0
    for line in process.stdout:
        told = int(line)
        if told >= 20:
            break
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    process.stdout.close()
    with opened(tmp_path) as audit:
        kept = [each["id"] for each in audit.list(200)]
    assert kept == list(range(kept[0], 0, -1))
    assert kept[0] >= told


def test_an_event_that_comes_while_too_many_writes_wait_is_in_the_audit(tmp_path):
    """It stayed in memory until the next event: a thousand wrong codes in a second fill the queue with lockouts."""
    writer, release = Writer(tmp_path, lambda _: None, capacity=2), threading.Event()
    writer.ask(lambda _: None)  # the database is there

    def busy(_connection):
        release.wait(60)

    while writer.submit(busy):
        pass
    audit = Audit(writer)
    audit.append(envelope(1, "door.denied"))
    release.set()
    until(lambda: [each["id"] for each in audit.list()] == [1], "the event")
    assert writer.close(PATIENCE_S)
