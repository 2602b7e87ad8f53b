"""The journal: ids that nothing makes come twice, the newest events kept, and lost ones reported."""

import math
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.core.events import EventsLost
from appliance.core.inputs import PartFailed, PartRecovered
from appliance.store import database, event_ids
from appliance.store import journal as journals
from appliance.store.event_ids import Reservation
from appliance.store.journal import Journal
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox, envelope
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]

ALL = 10_000


@contextmanager
def journal(directory, *, keep=10_000, block=100_000, clean=True, inbox=None):
    """An open journal, with what it says was lost; not `clean`: it ends as if killed, after its events are on disc."""
    writer = Writer(directory, inbox or Inbox())
    journal = Journal(directory, writer, keep, block=block)
    lost = journal.open()
    yield journal, lost
    if clean:
        journal.close()
    assert writer.close(PATIENCE_S)


def tell(journal, count, kind="call.connected"):
    numbers = []
    for _ in range(count):
        numbers.append(journal.take())
        journal.append(envelope(numbers[-1], kind))
    return numbers


@pytest.mark.parametrize(("when", "newest"), [("2026-11-20T06:07:08.5Z", 1_795_154_828.5), ("soon", math.inf)])
def test_the_time_of_the_newest_event_is_known_after_a_start(tmp_path, when, newest):
    with journal(tmp_path) as (first, _):
        assert first.right_s == math.inf
        tell(first, 1)
        first.append(envelope(first.take(), "call.connected") | {"time": when})
    with journal(tmp_path) as (second, _):
        assert second.right_s == newest


NOW = datetime(2028, 6, 1, 12, tzinfo=UTC)


def at(days, boot="b", uptime_days=0.0):
    """An event so many days after NOW by the clock of then."""
    time = (NOW + timedelta(days=days)).isoformat()
    return {"type": "x.y", "time": time, "uptime": uptime_days * 86_400.0, "boot": boot, "data": {}}


@pytest.mark.parametrize(
    ("events", "right_days"),
    [
        ([at(-3), at(-2, uptime_days=1), at(-0.1, uptime_days=2.9), at(0, uptime_days=3)], 0),
        ([at(-1.2), at(-700, uptime_days=1), at(-0.1, uptime_days=1.1), at(0, uptime_days=1.2)], 0),
        ([at(-800, "a"), at(-700.1), at(-0.1, uptime_days=0.1), at(0, uptime_days=0.2)], -700),
        ([at(-800, "a"), at(-700.1, "a"), at(-0.1), at(0)], -700.1),
        ([at(-5, uptime_days=1), at(-0.1, uptime_days=5.9), at(0, uptime_days=6)], 0),
        ([at(-0.5, "a"), at(-700), at(-0.4, uptime_days=0.1), at(0, uptime_days=0.5)], 0),
        ([at(-900, "a"), at(-3), at(-1.5, uptime_days=1.5), at(0, uptime_days=3)], 0),
        ([at(700, "a"), at(-0.1), at(0)], 0),
    ],
    ids=[
        *("steady", "set behind, then right", "leaps while it runs", "leaps before a start"),
        *("nothing happens for days", "no battery clock", "leapt two days ago", "set back"),
    ],
)
def test_a_leap_of_the_clock_on_the_day_before_the_end_is_known_after_a_start(tmp_path, events, right_days):
    """Or a restart would end the guard that keeps recordings and lists, when a server of time is years ahead."""
    with journal(tmp_path) as (first, _):
        for event in events:
            first.append(event | {"id": first.take()})
    with journal(tmp_path) as (second, _):
        assert second.right_s == pytest.approx((NOW + timedelta(days=right_days)).timestamp(), abs=1.0)


def test_ids_begin_at_one_and_go_on_after_a_clean_end(tmp_path):
    boots = set()
    with journal(tmp_path) as (first, lost):
        assert lost is None
        assert tell(first, 3) == [1, 2, 3]
        boots.add(first.boot)
    with journal(tmp_path) as (second, lost):
        assert lost is None
        assert tell(second, 2) == [4, 5]
        boots.add(second.boot)
        assert second.since(0, ALL) == (None, [envelope(number) for number in (1, 2, 3, 4, 5)])
    assert len(boots) == 2


def test_after_an_unclean_end_ids_go_on_beyond_the_reserved_block_and_the_gap_is_reported(tmp_path):
    with journal(tmp_path, clean=False) as (first, _):
        tell(first, 3)
    with journal(tmp_path) as (second, lost):
        assert lost == EventsLost(from_=4, to=100_000, certain=False)
        assert second.take() == 100_001
        second.append(envelope(100_001, "events.lost"))
        assert second.since(3, ALL) == (None, [envelope(100_001, "events.lost")])
        assert second.since(50_000, ALL) == (None, [envelope(100_001, "events.lost")])


@pytest.mark.parametrize("block", [2, 10, 100])
def test_ids_stay_consecutive_over_blocks_and_are_reserved_before_use(tmp_path, block):
    with journal(tmp_path, block=block, clean=False) as (first, _):
        for expected in range(1, 200):
            until(lambda expected=expected: event_ids.read(tmp_path).upto >= expected)
            assert tell(first, 1) == [expected]
    with journal(tmp_path, block=block) as (second, _):
        assert second.take() >= 200


def test_the_next_block_is_reserved_while_half_of_the_old_one_is_left(tmp_path):
    with journal(tmp_path, block=1000) as (first, _):
        tell(first, 400)
        assert event_ids.read(tmp_path).upto == 1000
        tell(first, 200)
        until(lambda: event_ids.read(tmp_path).upto > 1000)


KILLED = """
import os, sys
from pathlib import Path
from appliance.store.journal import Journal
from appliance.store.writer import Writer
directory = Path(sys.argv[1])
writer = Writer(directory, print)
journal = Journal(directory, writer, block=200)
lost = journal.open()
os.write(1, f"lost {lost.from_} {lost.to}\\n".encode() if lost else b"lost none\\n")
while True:
    number = journal.take()
    kind = "door.unlocked" if number % 50 == 0 else "call.held"
    journal.append({"id": number, "type": kind, "time": "2026", "uptime": 1.0, "boot": "b", "data": {}})
    os.write(1, f"{number}\\n".encode())
    if number % 20 == 0:
        writer.ask(lambda _: None)  # as slow as the disc, so that blocks are reserved in time
"""


def test_killed_again_and_again_no_id_is_used_twice_and_the_lost_range_covers_the_rest(tmp_path):
    last, kept = 0, 0
    for round_ in range(10):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
        try:
            told = process.stdout.readline().split()
            numbers = [int(process.stdout.readline()) for _ in range(40 + 97 * round_)]
        finally:
            os.kill(process.pid, signal.SIGKILL)
            rest = process.stdout.read()
            process.stdout.close()
            process.wait(PATIENCE_S)
        numbers += [int(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
        assert numbers[0] > last, f"round {round_}: {numbers[0]} came after {last}"
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        if round_:
            assert told[1] != b"none"
            assert int(told[1]) <= last + 2  # one may have reached the disc and not the pipe
            assert int(told[2]) == numbers[0] - 1
            assert int(told[1]) > kept, "what was on disc is not called lost"
        kept, last = int(told[2]) if round_ else 0, numbers[-1]


@pytest.mark.parametrize(
    ("damage", "first"),
    [
        pytest.param(lambda d: (d / event_ids.FILE).unlink(), 3 + 2 * 100_000, id="reservation lost"),
        pytest.param(lambda d: (d / event_ids.FILE).write_bytes(b"\xff\xfe"), 3 + 2 * 100_000, id="reservation torn"),
        pytest.param(lambda d: (d / event_ids.FILE).write_text('{"upto": "9"}'), 200_003, id="reservation strange"),
        pytest.param(lambda d: (d / database.FILE).unlink(), 4, id="database lost"),
        pytest.param(lambda d: (d / database.FILE).write_bytes(b"rubbish" * 999), 4, id="database damaged"),
    ],
)
def test_ids_are_not_used_again_whichever_file_is_damaged(tmp_path, damage, first):
    with journal(tmp_path) as (before, _):
        tell(before, 3)
    damage(tmp_path)
    with journal(tmp_path) as (after, lost):
        assert after.take() == first
        assert lost.to == first - 1
        assert lost.from_ == (1 if first == 4 else 4)


def test_with_both_files_damaged_ids_go_on_from_the_clock(tmp_path):
    (tmp_path / database.FILE).write_bytes(b"rubbish" * 999)
    (tmp_path / event_ids.FILE).write_bytes(b"")
    with journal(tmp_path) as (after, lost):
        assert after.take() > 1_700_000_000_000
        assert not lost.certain


def test_only_the_newest_are_kept_in_memory_and_on_disc(tmp_path):
    with journal(tmp_path, keep=50) as (first, _):
        for _ in range(12):
            tell(first, 50)
            first._writer.ask(first._flush)
        assert first.since(540, ALL) == ((541, 550), [envelope(number) for number in range(551, 601)])
        assert first.since(550, ALL) == (None, [envelope(number) for number in range(551, 601)])
        assert first.since(599, ALL) == (None, [envelope(600)])
        assert first.since(600, ALL) == (None, [])
        assert first.since(540, 2) == ((541, 550), [envelope(551), envelope(552)])
        rows = first._writer.ask(lambda connection: connection.execute("SELECT count(*) FROM events").fetchone()[0])
        assert rows < 50 + 500 + 50
    with journal(tmp_path, keep=50) as (second, lost):
        assert lost is None
        assert second.since(0, ALL) == ((1, 550), [envelope(number) for number in range(551, 601)])


def test_an_id_from_the_future_is_answered_by_the_range_that_no_one_has(tmp_path):
    with journal(tmp_path) as (first, _):
        tell(first, 3)
        assert first.since(7, ALL) == ((4, 7), [])
        assert first.since(3, ALL) == (None, [])


def test_who_opened_the_door_does_not_wait_for_the_batch(tmp_path):
    inbox = Inbox()
    writer = Writer(tmp_path, inbox)
    one = Journal(tmp_path, writer)
    one.open()
    submitted = []
    submit = writer.submit
    writer.submit = lambda job, **kw: submitted.append(kw.get("delay_s")) or submit(job, **kw)
    tell(one, 2)
    tell(one, 1, "door.unlocked")
    assert submitted == [1.0, 0.0]
    with database.reader(tmp_path) as connection:
        until(lambda: connection.execute("SELECT count(*) FROM events").fetchone() == (3,))
    assert writer.close(PATIENCE_S)


def test_an_event_that_comes_while_others_are_written_waits_for_no_further_one(tmp_path, set_times):
    set_times(journal_written_s=0.01)
    go = threading.Event()
    with journal(tmp_path, clean=False) as (one, _):
        writer = one._writer
        writer.submit(lambda _: go.wait(PATIENCE_S) and None)
        until(lambda: not writer._entries)
        tell(one, 1, "door.unlocked")
        writer.submit(lambda _: tell(one, 1) and None)  # in the same batch, after the first event was taken
        go.set()
        with database.reader(tmp_path) as connection:
            until(lambda: connection.execute("SELECT count(*) FROM events").fetchone() == (2,), "both events on disc")


def test_a_directory_that_cannot_be_used_is_reported_once_and_the_journal_works_in_memory(tmp_path):
    state = tmp_path / "state"
    state.write_text("in the way")
    inbox = Inbox()
    with journal(state, inbox=inbox) as (first, lost):
        assert lost is not None
        numbers = tell(first, 300)
        assert numbers == list(range(numbers[0], numbers[0] + 300))
        assert [one["id"] for one in first.since(numbers[0], ALL)[1]] == numbers[1:]
        assert inbox.wait(PartFailed)[0].part == "storage"
        state.unlink()
        inbox.wait(PartRecovered)
        until(lambda: event_ids.read(state).upto > numbers[-1])
        assert len(inbox.of(PartFailed)) == 1
    assert event_ids.read(state) == Reservation(numbers[-1], clean=True)
    with journal(state) as (second, lost):
        assert lost is None
        assert second.take() == numbers[-1] + 1
        assert len(second.since(numbers[0] - 1, ALL)[1]) == 300


def test_with_a_stuck_writer_ids_and_events_go_on(tmp_path):
    go = threading.Event()
    writer = Writer(tmp_path, Inbox(), capacity=3)
    one = Journal(tmp_path, writer, keep=100, block=10)
    one.open()
    writer.submit(lambda _: go.wait(PATIENCE_S) and None)
    until(lambda: not writer._entries)
    assert tell(one, 500) == list(range(1, 501))
    assert len(one.since(0, ALL)[1]) == 100
    go.set()
    until(lambda: event_ids.read(tmp_path).upto > 500)
    one.close()
    assert writer.close(PATIENCE_S)
    with journal(tmp_path, keep=100) as (second, lost):
        assert lost is None
        assert second.since(0, ALL) == ((1, 400), [envelope(number) for number in range(401, 501)])


@pytest.mark.parametrize("tried_again", [False, True])
def test_openings_while_the_disc_fails_leave_room_in_the_queue_and_come_to_disc_once(tmp_path, tried_again):
    state, inbox = tmp_path / "state", Inbox()
    with journal(state, keep=100, inbox=inbox) as (one, _):
        writer = one._writer
        writer.ask(lambda _: None)
        state.rename(tmp_path / "away")
        state.write_text("in the way")
        for _ in range(20):
            numbers = tell(one, 20, "door.unlocked")
            if tried_again:
                with suppress(IntercomError):
                    writer.ask(lambda _: None)
        inbox.wait(PartFailed)
        assert len(writer._entries) <= 5
        state.unlink()
        (tmp_path / "away").rename(state)
        inbox.wait(PartRecovered)
        assert writer.ask(lambda connection: connection.total_changes) <= 220
        with database.reader(state) as connection:
            found = connection.execute("SELECT id FROM events").fetchall()
        assert {number for (number,) in found} >= set(range(numbers[-1] - 99, numbers[-1] + 1))


def test_events_that_the_start_could_not_wait_for_stay_on_disc(tmp_path, set_times):
    """A slow migration of another table, say, comes first."""
    with journal(tmp_path) as (first, _):
        old = tell(first, 3)
    set_times(journal_read_s=0.01)
    inbox, slow = Inbox(), threading.Event()
    writer = Writer(tmp_path, inbox)
    writer.submit(lambda _: slow.wait(PATIENCE_S) and None)
    second = Journal(tmp_path, writer)
    second.open()
    slow.set()
    new = tell(second, 2 * journals._DELETE_EVERY)
    second.close()
    assert writer.close(PATIENCE_S)
    set_times(journal_read_s=PATIENCE_S)
    with journal(tmp_path) as (third, _):
        assert [event["id"] for event in third.since(0, ALL)[1]] == [*old, *new]
