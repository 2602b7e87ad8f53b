"""One damaged row costs that row, whatever list it is in: the others are read, and written on; the doctor names it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from appliance.api.http.idempotency import Repeats, _restored
from appliance.core.inputs import BookRead, PartFailed
from appliance.core.model import CallSearch, CredentialBook, CredentialId, LockoutScope, RecordingFacts, RecordingSearch
from appliance.core.orders import DropCredential, KeepCredential, KeepLockouts
from appliance.store import database, recording_index
from appliance.store.answers import Answers
from appliance.store.audit import Audit
from appliance.store.codes import CodeStore
from appliance.store.lists import chain
from appliance.store.lists.examine import examine
from appliance.store.make_room import RoomMaker
from appliance.store.quota import Limits
from appliance.store.recording_lists import RecordingLists
from appliance.store.writer import Writer
from tests.core.access.test_codes import door, open_now, press
from tests.core.access.test_credentials import SECRET, code
from tests.store.stores import PATIENCE_S, Inbox, envelope
from tests.store.test_calllog import begin, end, names, opened
from tests.support.waiting import until

ODD = ("[]", "7", '"text"', "null", "{}", '{"id": "c-2"}', "no JSON")
FAR = (1 << 40, (1 << 63) - 1)


def change(directory: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(directory / database.FILE, isolation_level=None)) as connection:
        assert connection.execute(statement, values).rowcount == 1


def named(directory: Path, check: str) -> tuple[str, ...]:
    """The faults that the doctor names."""
    (faults,) = (each.faults for each in examine(directory) if each.check == check)
    return faults


@contextmanager
def writing(directory: Path, inbox: Inbox | None = None) -> Iterator[Writer]:
    writer = Writer(directory, inbox or Inbox())
    yield writer
    assert writer.close(PATIENCE_S)


# -- calls -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ODD)
def test_a_damaged_call_costs_that_call(tmp_path: Path, text: str) -> None:
    with opened(tmp_path) as log:
        for number in (1, 2, 3):
            end(log, f"c-{number}")
    change(tmp_path, "UPDATE calls SET call = ? WHERE id = 'c-2'", text)
    with opened(tmp_path) as log:
        assert names(log.list()) == ["c-3", "c-1"]
        for search in ({"party": "kitchen"}, {"after": "2020", "before": "2100"}, {"direction": "incoming"}):
            assert names(log.list(search=CallSearch(**search))) == ["c-3", "c-1"]
    assert named(tmp_path, "log.calls") == ("table calls: the text of row 2 cannot be read",)


@pytest.mark.parametrize("text", ODD)
def test_a_damaged_call_that_was_cut_off_keeps_no_other_from_its_end(tmp_path: Path, text: str) -> None:
    with opened(tmp_path) as log:
        begin(log, "c-1")
        begin(log, "c-2")
    change(tmp_path, "UPDATE calls SET call = ? WHERE id = 'c-2'", text)
    with opened(tmp_path, boot="b-2") as log:
        until(lambda: names(log.list()) == ["c-1"])


@pytest.mark.parametrize("number", FAR)
def test_a_call_whose_number_is_damaged_removes_no_others(tmp_path: Path, number: int) -> None:
    with opened(tmp_path, keep=4) as log:
        for name in ("c-1", "c-2"):
            end(log, name)
    change(tmp_path, "UPDATE calls SET number = ? WHERE id = 'c-2'", number)
    with opened(tmp_path, keep=4) as log:
        for name in ("c-3", "c-4", "c-5"):
            end(log, name)
        assert set(names(log.list())) == {"c-2", "c-3", "c-4", "c-5"}


# -- the audit of doors ------------------------------------------------------------------------------------------------


def audited(directory: Path, *events: int, kind: str = "door.unlocked", keep: int = 50_000) -> list[int]:
    """Add events; the ids of all."""
    with writing(directory) as writer:
        audit = Audit(writer, keep)
        for number in events:
            audit.append(envelope(number, kind))
        ids = [each["id"] for each in audit.list()]
        audit.close()
    return ids


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize(("table", "kind"), [("audit", "door.unlocked"), ("refusals", "door.denied")])
def test_a_damaged_row_of_the_audit_costs_that_row(tmp_path: Path, table: str, kind: str, text: str) -> None:
    audited(tmp_path, 1, 2, 3, kind=kind)
    change(tmp_path, f"UPDATE {table} SET envelope = ? WHERE number = 2", text)
    assert audited(tmp_path, 4, kind=kind) == [4, 3, 1]
    with writing(tmp_path) as writer:
        assert [each["id"] for each in Audit(writer).list(after="2020", before="2100")] == [4, 3, 1]
    assert f"table {table}: the text of row 2 cannot be read" in named(tmp_path, "log.doors")


@pytest.mark.parametrize("last", [0, 1, 5, -7, 11, *FAR, "text"])
def test_a_damaged_end_of_the_chain_costs_no_row_before_and_none_after(tmp_path: Path, last: object) -> None:
    audited(tmp_path, 1, 2, 3)
    change(tmp_path, "UPDATE chains SET last = ? WHERE name = 'audit'", last)
    for number in (4, 5):
        assert audited(tmp_path, number, keep=6) == list(range(number, 0, -1))
    with closing(database.reader(tmp_path)) as connection:
        assert chain.newest(connection, "audit")[0] >= 5


# -- recordings --------------------------------------------------------------------------------------------------------

OF_RECORDINGS = {
    "an id that leads elsewhere": ("id", "../kept"),
    "an id in capitals": ("id", "R-2"),
    "an id with a sign": ("id", "r-2!"),
    "an id that is too long": ("id", f"r-{'2' * 63}"),
    "an id that is no text": ("id", b"r-2"),
    "a clock that is none": ("clock", "rigit"),
    "doors that are no text": ("doors", b"front"),
    "bytes that are a text": ("bytes", "x"),
    "a length that is a text": ("duration_s", "x"),
    "a begin that is no text": ("started", b"2026"),
    "a note that is no text": ("note", b"x"),
    "a copy that is a number": ("copied", b"x"),
}


@contextmanager
def indexed(directory: Path) -> Iterator[Writer]:
    """Three recordings with their files."""
    (directory / "recordings").mkdir()
    with writing(directory) as writer:
        for number in (1, 2, 3):
            entry = RecordingFacts(
                number, f"r-{number}", "c-1", "sip:x@y", f"2026-01-0{number}T00:00:00Z", complete=True, bytes=9
            )
            writer.ask(lambda db, entry=entry: recording_index.insert(db, entry))
            (directory / "recordings" / f"r-{number}.wav").write_bytes(bytes(9))
        yield writer


@pytest.mark.parametrize("fault", OF_RECORDINGS)
def test_a_damaged_row_of_recordings_costs_that_row_and_deletes_nothing_elsewhere(tmp_path: Path, fault: str) -> None:
    column, value = OF_RECORDINGS[fault]
    with indexed(tmp_path) as writer:
        (tmp_path / "kept.json").write_text("a lockdown")
        change(tmp_path, f"UPDATE recordings SET {column} = ? WHERE number = 2", value)
        lists = RecordingLists(tmp_path / "recordings", writer)
        assert [each.id for each in lists.list()] == ["r-3", "r-1"]
        assert [each.id for each in lists.list(search=RecordingSearch(party="sip:x"))] == ["r-3", "r-1"]
        assert "r-1" in lists.uncopied() and lists.get("r-3").number == 3
        assert "table recordings: the text of row 2 cannot be read" in named(tmp_path, "recording")
        room = RoomMaker(tmp_path / "recordings", Inbox(), lambda: 0.0, lambda: Limits(free_bytes=0, count=2))
        writer.ask(room.make)
        assert [each.id for each in lists.list()] == ["r-3"], "the limits are kept all the same"
    assert (tmp_path / "kept.json").exists()


@pytest.mark.parametrize("started", ["2026-02-31T00:00:00Z", "x", "", "9999-12-31T23:59:59-23:59"])
def test_a_begin_that_is_no_time_keeps_no_limit_from_being_kept(tmp_path: Path, started: str) -> None:
    with indexed(tmp_path) as writer:
        change(tmp_path, "UPDATE recordings SET started = ? WHERE number = 1", started)
        limits = Limits(free_bytes=0, count=1, age_s=1.0)
        writer.ask(RoomMaker(tmp_path / "recordings", Inbox(), lambda: 0.0, lambda: limits).make)
        assert len(RecordingLists(tmp_path / "recordings", writer).list()) <= 1


# -- answers to orders -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", FAR)
def test_an_answer_whose_number_is_damaged_removes_no_others(tmp_path: Path, number: int) -> None:
    with writing(tmp_path) as writer:
        answers = Answers(writer, 4)
        for name in ("a", "b"):
            answers.keep(name, "{}", 60.0)
        answers.stored()
        change(tmp_path, "UPDATE answers SET number = ? WHERE name = 'b'", number)
        for name in ("c", "d", "e"):
            answers.keep(name, "{}", 60.0)
        assert {name for name, _, _ in answers.stored()} == {"b", "c", "d", "e"}


WHOLE = {"asked": "x", "status": 200, "headers": [], "body": "{}"}


@pytest.mark.parametrize(
    "text", [*ODD, json.dumps(WHOLE | {"status": "x"}), json.dumps(WHOLE | {"headers": [["\u0444", ""]]})]
)
@pytest.mark.parametrize("column", ["answer", "name", "until"])
def test_a_damaged_answer_costs_that_answer_and_not_the_interface(tmp_path: Path, column: str, text: str) -> None:
    with writing(tmp_path) as writer:
        answers = Answers(writer)
        for name in ("a", "b", "c"):
            answers.keep(name, json.dumps(WHOLE), 60.0)
        answers.stored()
        value = text if column != "name" else text.encode()
        change(tmp_path, f"UPDATE answers SET {column} = ? WHERE name = 'b'", value)
        repeats = Repeats(None, answers.keep, answers.stored())  # type: ignore[arg-type]
        assert set(repeats._answers) - {value} == ({"a", "c"})
        assert _restored(json.dumps(WHOLE), 1.0)


# -- codes and lockouts ------------------------------------------------------------------------------------------------


def book(directory: Path, inbox: Inbox) -> BookRead:
    with writing(directory, inbox) as writer:
        CodeStore(writer, inbox).open()
        (read,) = inbox.wait(BookRead)
    return read


def test_a_code_that_has_another_name_on_disc_opens_nothing_and_is_named(tmp_path: Path) -> None:
    """Removed from the book it would stay on the disc, and come back with each start."""
    kept = [code(digits) for digits in ("4711", "4712")]
    with writing(tmp_path) as writer:
        store = CodeStore(writer, Inbox())
        store.open()
        for each in kept:
            store.keep(KeepCredential(each))
    change(tmp_path, "UPDATE codes SET id = 'other' WHERE id = ?", kept[1].id)
    inbox = Inbox()
    assert [each.id for each in book(tmp_path, inbox).book.codes] == [kept[0].id]
    assert "open nothing: other." in inbox.wait(PartFailed)[0].why
    with writing(tmp_path) as writer:
        CodeStore(writer, Inbox()).drop(DropCredential(CredentialId(kept[1].id)))
    assert [each.id for each in book(tmp_path, Inbox()).book.codes] == [kept[0].id]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seconds", "x"),
        ("seconds", b"\0"),
        ("wrong", "x"),
        ("wrong", 1.5),
        ("who", b"x"),
        ("door", b"x"),
        ("scope", "pad"),
    ],
)
def test_a_damaged_lockout_is_forgotten_and_codes_work(tmp_path: Path, column: str, value: object) -> None:
    with writing(tmp_path) as writer:
        store = CodeStore(writer, Inbox())
        store.open()
        store.keep(KeepCredential(code("4711")))
        locked = (LockoutScope.KEYPAD, "yard", "front", 5, 60.0)
        store.lock(KeepLockouts((locked, (LockoutScope.DOOR, "front", "", 2, 0.0))))
    change(tmp_path, f"UPDATE lockouts SET {column} = ? WHERE who = 'front'", value)
    read = book(tmp_path, Inbox())
    assert read.lockouts == (locked,)
    station = door()
    station.give(BookRead, book=CredentialBook(SECRET, (code("4711"),)), lockouts=read.lockouts)
    press(station, "4711#")
    assert open_now(station)
