"""A database damaged in one place: what a station makes of it. `python -m tests.store.flips 1000` tries many places."""

import json
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from msgspec.structs import replace

from appliance.api.http.idempotency import Repeats
from appliance.base.errors import IntercomError
from appliance.core.inputs import BookRead, PartFailed
from appliance.core.model import CallId, CallSearch, CredentialKind, LockoutScope, RecordingFacts
from appliance.core.orders import KeepCredential, KeepLockouts, LogCall
from appliance.store import database, recording_index
from appliance.store.answers import Answers
from appliance.store.audit import Audit
from appliance.store.calllog import CallLog
from appliance.store.codes import CodeStore
from appliance.store.journal import Journal
from appliance.store.make_room import RoomMaker
from appliance.store.quota import Limits
from appliance.store.recording_lists import RecordingLists
from appliance.store.writer import Writer
from tests.core.access.test_credentials import code
from tests.core.station import ready
from tests.store.stores import Inbox, envelope
from tests.store.test_calllog import OVER

FILE, RECORDINGS = database.FILE, "recordings"
WORKS, SET_ASIDE, SAID = "works", "set aside, said so", "works but for what it named"
ROWS = 40
ANSWER = json.dumps({"asked": "x", "status": 200, "headers": [], "body": "{}"})


def used(directory: Path, *, in_wal: bool = False, of_doors: str = "door.unlocked") -> Path:
    """The state of a station that has been used; in_wal: its process was killed, and the rows are in the WAL.

    of_doors: the type of its events of doors.
    """
    inbox = Inbox()
    writer = Writer(directory, inbox)
    codes, journal, doors = CodeStore(writer, inbox), Journal(directory, writer), Audit(writer)
    journal.open()
    codes.open()
    for number in range(ROWS):
        codes.keep(KeepCredential(code(f"{4000 + number}", CredentialKind.CODE)))
        row = envelope(journal.take(), of_doors)
        journal.append(row)
        doors.append(row)
    codes.lock(KeepLockouts(((LockoutScope.KEYPAD, "street", "front", 3, 0.0),)))
    calls, answers = CallLog(writer, "boot"), Answers(writer)
    (directory / RECORDINGS).mkdir()
    for number in range(1, 1 + ROWS):
        calls.write(LogCall(replace(OVER, id=CallId(f"c-{number}")), 15.5, missed=False))
        answers.keep(f"{number}", ANSWER, 1e9)
        entry = RecordingFacts(
            number, f"r-{number}", f"c-{number}", "sip:x@y", "2026-01-01T00:00:00Z", complete=True, bytes=9
        )
        writer.ask(lambda connection, entry=entry: recording_index.insert(connection, entry))
        (directory / RECORDINGS / f"r-{number}.wav").write_bytes(bytes(9))
    writer.ask(lambda _: None)
    assert len(doors.list()) == len(calls.list()) == len(answers.stored()) == ROWS
    if in_wal:
        killed = directory.with_name(f"{directory.name}-killed")
        shutil.copytree(directory, killed)
        shutil.rmtree(directory)
        killed.rename(directory)
        return directory
    journal.close()
    writer.close(60.0)
    return directory


def outcome(directory: Path, *, least: int = ROWS) -> str:
    """How a station that starts with this database ends: one of the outcomes above, or what went wrong.

    least: how many rows of each list the database has for certain.
    """
    inbox = Inbox()
    writer = Writer(directory, inbox)
    try:
        codes, journal, doors = CodeStore(writer, inbox), Journal(directory, writer), Audit(writer)
        journal.open()
        codes.open()
        _, events = journal.since(0, 1000)
        if any(not {"type", "data", "time"} <= event.keys() for event in events):
            return "an event without its fields"
        row = envelope(journal.take(), "door.unlocked")
        journal.append(row)
        doors.append(row)
        codes.keep(KeepCredential(code("9876")))
        if why := others(directory, writer, least):
            return why
        if not has(listed(doors, writer), row):
            if not named(inbox):
                return f"the audit lacks a row; {[told.why for told in inbox.of(PartFailed)]}"
            row = envelope(journal.take(), "door.unlocked")  # the first one is in the file that was set aside
            doors.append(row)
            if not has(listed(doors, writer), row):
                return "the audit of the new database lacks a row"
        if not inbox.of(BookRead):
            return f"codes were not read: {[told.why for told in inbox.of(PartFailed)]}"
        read = inbox.of(BookRead)[-1]
        ready().give(BookRead, book=read.book, lockouts=read.lockouts)  # what the core makes of it
        if not named(inbox) and len(listed(doors, writer)) < least:
            return "the audit has lost rows"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        writer.close(60.0)
    if named(inbox):
        return SET_ASIDE if list(directory.glob(f"{FILE}.damaged-*")) else "said to be set aside, and is not"
    return SAID if inbox.of(PartFailed) else WORKS


def others(directory: Path, writer: Writer, least: int) -> str:
    """What goes wrong with the calls, recordings and answers that the database lists; "" if nothing does.

    Of each at most one row may be lost, unless the database was set aside meanwhile.
    """
    calls, answers, recordings = (
        CallLog(writer, "later"),
        Answers(writer),
        RecordingLists(directory / RECORDINGS, writer),
    )
    calls.open()
    calls.write(LogCall(replace(OVER, id=CallId("c-new")), 15.5, missed=False))
    answers.keep("new", ANSWER, 1e9)
    writer.ask(RoomMaker(directory / RECORDINGS, Inbox(), lambda: 0.0, lambda: Limits(0, count=ROWS)).make, 60.0)
    lists: dict[str, Callable[[], int]] = {
        "calls": lambda: len([call["remote"]["uri"] for _, call in calls.list(search=CallSearch(party="x"))]),
        "recordings": lambda: len(recordings.list()),
        "answers": lambda: len(Repeats(None, answers.keep, answers.stored())._answers),  # type: ignore[arg-type]
    }
    for name, count in lists.items():
        with suppress(IntercomError):  # said so, and it is looked at
            lost = count() < least - 1
            writer.ask(lambda _: None, timeout_s=60.0)  # which the look comes before
            if lost and not list(directory.glob(f"{FILE}.damaged-*")):
                return f"{name} were lost"
    return ""


def named(inbox: Inbox) -> bool:
    """Whether it was reported that a damaged database was set aside."""
    return any("renamed to" in told.why for told in inbox.of(PartFailed))


def has(rows: list[dict[str, object]], row: dict[str, object]) -> bool:
    """Whether the rows of the audit have this one."""
    return any(each["id"] == row["id"] for each in rows)


def text(row: object) -> str:
    """A row as it is on disc."""
    return json.dumps(row)


def listed(doors: Audit, writer: Writer) -> list[dict[str, object]]:
    """The newest rows of the audit, once what was queued is written; again where a database was set aside meanwhile."""
    for last in (False, False, True):
        try:
            writer.ask(lambda _: None, timeout_s=60.0)
            return list(doors.list())
        except IntercomError:
            if last:
                raise
    return []


def flipped(directory: Path, copy: Path, byte: int, bit: int, suffix: str = "") -> Path:
    """A copy of a state with one bit changed in its database, or in the file with this suffix."""
    shutil.copytree(directory, copy)
    file = copy / f"{FILE}{suffix}"
    data = bytearray(file.read_bytes())
    data[byte] ^= 1 << bit
    file.write_bytes(data)
    return copy


def changed(directory: Path, copy: Path, change: Callable[[sqlite3.Connection], object]) -> Path:
    """A copy of a state whose database was changed by statements."""
    shutil.copytree(directory, copy)
    with closing(sqlite3.connect(copy / FILE, isolation_level=None)) as connection:
        change(connection)
    return copy


def many(count: int, seed: int) -> Counter[str]:
    """Flip `count` bits, two thirds over the whole file with every second one in its first page, the rest in a WAL."""
    dice, found = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        base, killed = used(Path(place) / "base"), used(Path(place) / "killed", in_wal=True)
        for number in range(count):
            suffix, state = ("-wal", killed) if number % 3 == 2 else ("", base)
            size = (state / f"{FILE}{suffix}").stat().st_size
            byte = dice.randrange(4096 if number % 2 and not suffix else size)
            bit = dice.randrange(8)
            copy = flipped(state, Path(place) / "copy", byte, bit, suffix)
            # From a damaged page of a WAL on, SQLite takes none: the rows there are lost as in a power cut.
            ended = outcome(copy, least=0 if suffix else ROWS)
            if ended not in {WORKS, SET_ASIDE, SAID}:
                print(f"byte {byte}, bit {bit}{suffix}: {ended}", flush=True)
            found[ended if ended in {WORKS, SET_ASIDE, SAID} else "neither"] += 1
            shutil.rmtree(copy)
    return found


if __name__ == "__main__":
    print(dict(many(int(sys.argv[1]), int((*sys.argv, "1")[2]))))
