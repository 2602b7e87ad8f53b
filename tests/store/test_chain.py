"""The chain of the audit: what was changed or removed is named, and what a chain cannot show."""

import json
import logging
from contextlib import closing, contextmanager

import pytest

from appliance.store import database
from appliance.store.audit import Audit
from appliance.store.lists import chain
from appliance.store.lists.retention import Limit, Retention
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox, envelope

TABLES = ("audit", "refusals")
STRANGE = "INSERT INTO audit VALUES ({}, 99, '{{}}', x'00', x'00', x'00')"  # by its number


@contextmanager
def opened(directory, keep=50_000):
    writer = Writer(directory, Inbox())
    audit = Audit(writer, keep)
    yield audit, writer
    audit.close()
    assert writer.close(PATIENCE_S)


def fill(directory, first, last, kind="door.unlocked", keep=50_000):
    with opened(directory, keep) as (audit, _):
        for number in range(first, last + 1):
            audit.append(envelope(number, kind))
            audit.list(1)


def faults(directory):
    with closing(database.reader(directory)) as connection:
        return {table: found for table in TABLES if (found := chain.faults(connection, table))}


def change(directory, *statements):
    """What somebody does who can write the file."""
    with closing(database.connect(directory)) as connection:
        for statement in statements:
            connection.execute(statement)


def forge(directory, number, text):
    """A change by somebody who knows how digest and hash are made, and writes those of this row too."""
    with closing(database.connect(directory)) as connection:
        (before,) = connection.execute("SELECT hash FROM audit WHERE number = ?", (number - 1,)).fetchone()
        digested = chain.digest(b"salt", text)
        row = text.decode(), b"salt", digested, chain.link(before, number, digested), number
        connection.execute("UPDATE audit SET envelope = ?, salt = ?, digest = ?, hash = ? WHERE number = ?", row)


def after(number):
    """What is said of a row that does not fit the one before it."""
    return f"row {number} does not follow from the row before it: one of both was changed"


def test_a_chain_that_nobody_changed_is_whole_also_over_restarts(tmp_path):
    fill(tmp_path, 1, 5)
    fill(tmp_path, 6, 8)
    fill(tmp_path, 9, 12, "door.denied")
    assert faults(tmp_path) == {}
    with closing(database.reader(tmp_path)) as connection:
        assert [chain.newest(connection, table)[0] for table in TABLES] == [8, 4]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET envelope = replace(envelope, 'unlocked', 'denied') WHERE number = 3", ["row 3 was changed"]),
        ("UPDATE audit SET envelope = envelope || ' '", [f"row {number} was changed" for number in range(1, 7)]),
        ("UPDATE audit SET salt = x'00' WHERE number = 6", ["row 6 was changed"]),
        ("DELETE FROM audit WHERE number = 3", ["row 3 was removed"]),
        ("DELETE FROM audit WHERE number BETWEEN 1 AND 2", ["rows 1 to 2 were removed"]),
        ("DELETE FROM audit WHERE number > 4", ["rows 5 to 6 were removed"]),
        ("DELETE FROM audit", ["rows 1 to 6 were removed"]),
        ("UPDATE audit SET hash = x'00' WHERE number = 3", [after(3), after(4)]),
        ("UPDATE audit SET hash = 'text' WHERE number = 6", [after(6), "row 6, the newest, was changed"]),
        (STRANGE.format(0), ["row 0 does not belong there", "row 0 was changed"]),
        (STRANGE.format(-5), ["row -5 does not belong there", "row -5 was changed", "rows -4 to 0 were removed"]),
        ("UPDATE chains SET first = 'text', hash = 'text' WHERE name = 'audit'", ["row 6, the newest, was changed"]),
    ],
)  # fmt: skip
def test_what_was_changed_or_removed_is_named(tmp_path, statement, found):
    fill(tmp_path, 1, 6)
    change(tmp_path, statement)
    named = faults(tmp_path)["audit"]
    assert [fault for fault in named if fault in found] == found, named


def test_rows_that_change_places_are_named(tmp_path):
    fill(tmp_path, 1, 4)
    change(
        tmp_path,
        "UPDATE audit SET number = 99 WHERE number = 2",
        "UPDATE audit SET number = 2 WHERE number = 3",
        "UPDATE audit SET number = 3 WHERE number = 99",
    )
    assert faults(tmp_path)["audit"] == [after(number) for number in (2, 3, 4)]


def test_a_row_that_was_forged_with_its_hashes_does_not_fit_the_next_one(tmp_path):
    fill(tmp_path, 1, 4)
    forge(tmp_path, 3, b"{}")
    assert faults(tmp_path) == {"audit": [after(4)]}


def test_a_newest_row_that_was_forged_with_its_hashes_does_not_fit_the_end(tmp_path):
    fill(tmp_path, 1, 4)
    forge(tmp_path, 4, b"{}")
    assert faults(tmp_path) == {"audit": ["row 4, the newest, was changed"]}


def test_newest_rows_that_were_removed_stay_missing_when_others_follow(tmp_path):
    fill(tmp_path, 1, 4)
    change(tmp_path, "DELETE FROM audit WHERE number > 2")
    fill(tmp_path, 5, 6)
    assert faults(tmp_path) == {"audit": ["rows 3 to 4 were removed"]}


def test_without_the_ends_of_the_chain_events_are_kept_and_what_was_removed_is_named(tmp_path):
    fill(tmp_path, 1, 6, keep=3)
    change(tmp_path, "DELETE FROM chains")
    fill(tmp_path, 7, 7)
    assert faults(tmp_path) == {"audit": ["rows 1 to 3 were removed"]}
    with opened(tmp_path) as (audit, _):
        assert [each["id"] for each in audit.list()] == [7, 6, 5, 4]


def test_a_forger_of_the_whole_file_is_found_by_a_hash_that_was_noted_only(tmp_path):
    """What a chain cannot show: who writes everything again, or cuts off the end and knows the table of ends."""
    fill(tmp_path, 1, 4)
    with opened(tmp_path) as (audit, _):
        noted = {each["id"]: each["hash"] for each in audit.list()}
    change(
        tmp_path,
        "DELETE FROM audit WHERE number > 2",
        "UPDATE chains SET last = 2, hash = (SELECT hash FROM audit WHERE number = 2) WHERE name = 'audit'",
    )
    fill(tmp_path, 5, 6)
    assert faults(tmp_path) == {}
    with opened(tmp_path) as (audit, _):
        kept = {each["hash"] for each in audit.list()}
    assert noted[2] in kept and noted[4] not in kept


def test_limits_remove_the_oldest_rows_and_leave_a_chain(tmp_path):
    fill(tmp_path, 1, 9, keep=4)
    assert faults(tmp_path) == {}
    with opened(tmp_path) as (audit, writer):
        Retention(writer, lambda: [Limit(2)], audit.tidy).tidy()
        assert writer.ask(lambda _: None) is None
        assert [each["id"] for each in audit.list()] == [9, 8]
    assert faults(tmp_path) == {}
    change(tmp_path, "DELETE FROM audit WHERE number = 8")
    assert faults(tmp_path) == {"audit": ["row 8 was removed"]}


def test_the_newest_hashes_are_noted_in_the_log_when_they_have_changed(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "appliance.store.audit"), opened(tmp_path) as (audit, writer):
        retention = Retention(writer, lambda: [Limit(9)], audit.tidy)
        audit.append(envelope(1, "door.unlocked"))
        (kept,) = audit.list()
        for _ in range(2):
            retention.tidy()
            writer.ask(lambda _: None)
        assert caplog.messages == [f"audit of doors: newest opening: row 1, hash {kept['hash']}"]


def test_rows_of_the_version_before_are_chained_in_their_order(tmp_path):
    with closing(database.connect(tmp_path, database.STEPS[:6])) as connection:
        for table, ids in (("audit", (3, 9, 40)), ("refusals", ())):
            rows = [(number, json.dumps(envelope(number, "door.unlocked"))) for number in ids]
            connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
    fill(tmp_path, 41, 42)
    fill(tmp_path, 43, 43, "door.denied")
    assert faults(tmp_path) == {}
    with closing(database.reader(tmp_path)) as connection:
        assert connection.execute("SELECT number, id FROM audit").fetchall() == [
            (1, 3),
            (2, 9),
            (3, 40),
            (4, 41),
            (5, 42),
        ]
    change(tmp_path, "UPDATE audit SET envelope = '{}' WHERE id = 9")
    assert faults(tmp_path) == {"audit": ["row 2 was changed"]}
