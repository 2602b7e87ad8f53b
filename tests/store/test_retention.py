"""The journal, the call log and the audit keep what their limits allow, and an examination finds what is damaged."""

import json
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
from msgspec.structs import replace

from appliance.core.model import By, Call, CallId, CallSearch, CallState, Cause, Direction, End, Remote
from appliance.core.orders import LogCall
from appliance.store import database
from appliance.store.audit import Audit
from appliance.store.calllog import CallLog
from appliance.store.journal import Journal
from appliance.store.lists.examine import examine
from appliance.store.lists.retention import EVENTS, Limit, Retention, surplus
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox, envelope

DAY_S = 86_400.0
YEAR_S = 365 * DAY_S


@contextmanager
def writing(directory):
    writer = Writer(directory, Inbox())
    yield writer
    assert writer.close(PATIENCE_S)


def ago(seconds):
    return datetime.fromtimestamp(time.time() - seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def event(number, seconds=0.0, kind="door.unlocked"):
    return {**envelope(number, kind), "time": ago(seconds)}


def tidied(writer, limits, *tidies):
    """What Retention makes of the lists with these limits."""
    Retention(writer, lambda: limits, *tidies).tidy()
    writer.ask(lambda _: None)


@pytest.mark.parametrize(
    ("ages", "limit", "left"),
    [
        ((40, 31, 29, 0), Limit(100, 30 * DAY_S), [29, 0]),
        ((40, 31, 29, 0), Limit(1, 30 * DAY_S), [0]),
        ((40, 31, 29, 0), Limit(3), [31, 29, 0]),
        ((1, 0), Limit(100, 30 * DAY_S), [1, 0]),
        ((33, 32, 31), Limit(100, 30 * DAY_S), []),
        # A clock that was not set, years behind, or ahead, ages no row, and keeps none that is before an old one.
        ((29, 20_000, 0), Limit(100, 30 * DAY_S), [29, 20_000, 0]),
        ((29, 300, 0), Limit(100, 30 * DAY_S), [29, 300, 0]),
        ((-400, 40, 20_000, 1), Limit(100, 30 * DAY_S), [20_000, 1]),
        ((20_000,), Limit(100, 30 * DAY_S), [20_000]),
    ],
)
def test_what_is_too_old_or_too_many_goes_by_the_order_of_rows(tmp_path, ages, limit, left):
    with closing(database.connect(tmp_path)) as connection:
        rows = [(number, json.dumps(event(number, days * DAY_S))) for number, days in enumerate(ages, 1)]
        connection.executemany("INSERT INTO events VALUES (?, ?)", rows)
        upto = surplus(connection, EVENTS, limit)
    assert [days for number, days in enumerate(ages, 1) if number > upto] == left


def test_old_events_leave_the_journal_on_disc_and_in_memory_but_its_newest_stays(tmp_path):
    with writing(tmp_path) as writer:
        journal = Journal(tmp_path, writer)
        journal.open()
        for days in (50, 40, 1):
            journal.append(event(journal.take(), days * DAY_S))
        tidied(writer, [Limit(100, 30 * DAY_S)], journal.tidy)
        lost, kept = journal.since(0, 10)
        assert (lost, [each["id"] for each in kept]) == ((1, 2), [3])
        tidied(writer, [Limit(100, DAY_S / 2)], journal.tidy)
        assert [each["id"] for each in journal.since(0, 10)[1]] == [3]
        with closing(database.reader(tmp_path)) as connection:
            assert connection.execute("SELECT id FROM events").fetchall() == [(3,)]


def test_a_limit_of_the_journal_that_has_changed_holds_at_once(tmp_path):
    with writing(tmp_path) as writer:
        journal = Journal(tmp_path, writer, 4)
        journal.open()
        for _ in range(4):
            journal.append(envelope(journal.take()))
        tidied(writer, [Limit(2)], journal.tidy)
        assert [each["id"] for each in journal.since(0, 10)[1]] == [3, 4]
        tidied(writer, [Limit(3)], journal.tidy)
        for _ in range(2):
            journal.append(envelope(journal.take()))
        assert [each["id"] for each in journal.since(0, 10)[1]] == [4, 5, 6]


CALL = Call(
    CallId("c-1"), Direction.INCOMING, CallState.CONNECTED, Remote("sip:kitchen@192.0.2.1"), 0.0, 0.0,
    end=End(Cause.HANGUP, 200, "OK", By.REMOTE),
)  # fmt: skip


def logged(number, days):
    began = time.monotonic() - days * DAY_S
    return LogCall(replace(CALL, id=CallId(f"c-{number}"), created=began), began + 1, missed=False)


def test_calls_go_by_age_and_by_count(tmp_path):
    with writing(tmp_path) as writer:
        calls = CallLog(writer, "b")
        for number, days in enumerate((50, 3, 2, 1)):
            calls.write(logged(number, days))
        assert len(calls.list()) == 4
        tidied(writer, [Limit(100, 30 * DAY_S)], calls.tidy)
        assert [call["id"] for _, call in calls.list()] == ["c-3", "c-2", "c-1"]
        tidied(writer, [Limit(2)], calls.tidy)
        assert [call["id"] for _, call in calls.list()] == ["c-3", "c-2"]
        calls.write(logged(4, 0))
        assert [call["id"] for _, call in calls.list()] == ["c-4", "c-3"], "the new limit holds for later calls"


def test_openings_and_refusals_go_by_age(tmp_path):
    with writing(tmp_path) as writer:
        audit = Audit(writer)
        audit.append(event(1, 50 * DAY_S))
        audit.append(event(2, 40 * DAY_S, "door.denied"))
        audit.append(event(3, DAY_S))
        audit.append(event(4, DAY_S, "door.denied"))
        assert len(audit.list()) == 4
        tidied(writer, [Limit(100, 30 * DAY_S)], audit.tidy)
        assert [each["id"] for each in audit.list()] == [4, 3]


def hold_up(busy, free, _connection):
    busy.set()
    assert free.wait(PATIENCE_S)


def test_a_limit_that_was_raised_holds_for_rows_that_wait_for_the_disc(tmp_path):
    with writing(tmp_path) as writer:
        journal, calls, audit = Journal(tmp_path, writer, 2), CallLog(writer, "b", 2), Audit(writer, 2)
        journal.open()
        tidied(writer, [Limit(4)] * 3, journal.tidy, calls.tidy, audit.tidy)
        busy, free = threading.Event(), threading.Event()
        writer.submit(partial(hold_up, busy, free))
        assert busy.wait(PATIENCE_S)
        for number in range(1, 6):
            journal.append(event(journal.take()))
            calls.write(logged(number, 0))
            audit.append(event(number))
        free.set()
        journal.close()
        writer.ask(lambda _: None)
        assert len(calls.list()) == len(audit.list()) == 4
        with closing(database.reader(tmp_path)) as connection:
            assert connection.execute("SELECT count(*) FROM events").fetchone() == (4,)


def test_lists_are_tidied_when_the_service_starts(tmp_path):
    with writing(tmp_path) as writer:
        audit = Audit(writer)
        audit.append(event(1, 50 * DAY_S))
        assert len(audit.list()) == 1
        Retention(writer, lambda: [Limit(100, 30 * DAY_S)], audit.tidy).open()
        writer.ask(lambda _: None)
        assert audit.list() == []


# -- the examination ---------------------------------------------------------------------------------------------------


def filled(directory, events=4):
    with writing(directory) as writer:
        journal, calls, audit = Journal(directory, writer), CallLog(writer, "b"), Audit(writer)
        journal.open()
        for _ in range(events):
            number = journal.take()
            journal.append(envelope(number, "door.unlocked"))
            audit.append(envelope(number, "door.unlocked" if number % 2 else "door.denied"))
        calls.write(logged(1, 0))
        for each in (journal, calls, audit):
            each.close()


def test_lists_that_are_whole_are_counted(tmp_path):
    filled(tmp_path)
    found = {each.check: each for each in examine(tmp_path)}
    assert {check: (each.rows, each.faults) for check, each in found.items()} == {
        "log.events": (4, ()),
        "log.calls": (1, ()),
        "log.doors": (4, ()),
        "recording": (0, ()),
    }
    assert found["log.doors"].oldest == found["log.doors"].newest == envelope(1)["time"]


def test_text_that_is_damaged_is_named_with_its_row(tmp_path):
    filled(tmp_path, 12)
    with closing(database.connect(tmp_path)) as connection:
        connection.execute("UPDATE events SET envelope = 'x' || envelope WHERE id BETWEEN 2 AND 6")
        connection.execute("UPDATE calls SET call = ''")
    found = {each.check: each.faults for each in examine(tmp_path)}
    assert found == {
        "log.events": (
            "table events: the text of row 2 cannot be read",
            "table events: the text of row 3 cannot be read",
            "table events: the text of row 4 cannot be read",
            "table events: 2 more rows",
        ),
        "log.calls": ("table calls: the text of row 1 cannot be read",),
        "log.doors": (),
        "recording": (),
    }


def test_lists_leave_out_what_is_damaged(tmp_path):
    filled(tmp_path)
    with closing(database.connect(tmp_path)) as connection:
        connection.execute("UPDATE events SET envelope = 'x' || envelope WHERE id = 2")
        connection.execute("UPDATE audit SET envelope = 'x' || envelope WHERE id = 3")
        connection.execute("INSERT INTO calls (id, boot, over, call) VALUES ('c-2', 'b', 1, '{\"id\": ')")
    with writing(tmp_path) as writer:
        journal = Journal(tmp_path, writer)
        journal.open()
        assert [each["id"] for each in journal.since(0, 9)[1]] == [1, 3, 4]
        assert [each["id"] for each in Audit(writer).list()] == [4, 2, 1]
        calls = CallLog(writer, "b")
        assert [call["id"] for _, call in calls.list()] == ["c-1"]
        assert calls.list(search=CallSearch(party="kitchen", after="2020", before="2100"))


def test_pages_that_are_damaged_are_found_in_their_list_only(tmp_path):
    filled(tmp_path, 400)
    with closing(database.connect(tmp_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (tmp_path / database.FILE).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    found = {each.check: each.faults for each in examine(tmp_path)}
    assert found["log.events"]
    assert all("events" in fault for fault in found["log.events"])
    assert not found["log.calls"] and not found["log.doors"]


def test_without_a_database_nothing_is_examined(tmp_path):
    assert examine(tmp_path) == []
