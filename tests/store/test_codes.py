"""Codes on disc: durable before they are reported, without their digits, and under a key that nobody else may read."""

import sqlite3
from contextlib import closing, contextmanager

import pytest

from appliance.core.inputs import BookRead, CredentialKept, CredentialNotKept, PartFailed
from appliance.core.model import Credential, CredentialId, CredentialKind, Day, DoorId, LockoutScope, Period
from appliance.core.orders import DropCredential, KeepCredential, KeepLockouts
from appliance.store import codes, database
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox

CODE = Credential(
    id=CredentialId("a-1"),
    kind=CredentialKind.CODE,
    owner="Cleaner",
    digest="ab" * 32,
    doors=(DoorId("front"), DoorId("gate")),
    length=4,
    schedule=(Period((Day.MONDAY, Day.FRIDAY), "08:00", "12:00"),),
    uses=3,
    expires=1.8e9,
)


@contextmanager
def opened(directory, inbox):
    writer = Writer(directory, inbox)
    book = codes.CodeStore(writer, inbox)
    book.open()
    yield book
    assert writer.close(PATIENCE_S)


def read(directory):
    inbox = Inbox()
    with opened(directory, inbox):
        (told,) = inbox.wait(BookRead)
    return told


def test_a_code_is_there_after_a_restart_as_it_was(tmp_path):
    inbox = Inbox()
    with opened(tmp_path, inbox) as book:
        (first,) = inbox.wait(BookRead)
        assert (first.book.codes, first.lockouts) == ((), ())
        book.keep(KeepCredential(CODE))
        (kept,) = inbox.wait(CredentialKept)
        assert (kept.id, kept.terms) == (CODE.id, CODE.terms)
        with closing(sqlite3.connect(tmp_path / database.FILE)) as connection:
            assert connection.execute("SELECT count(*) FROM codes").fetchone() == (1,), "before it was told"
    again = read(tmp_path)
    assert (again.book.codes, again.book.secret) == ((CODE,), first.book.secret)


def test_a_code_that_is_removed_is_gone(tmp_path):
    inbox = Inbox()
    with opened(tmp_path, inbox) as book:
        book.keep(KeepCredential(CODE))
        book.drop(DropCredential(CODE.id))
        told = inbox.wait(CredentialKept, 2)
        assert [(each.id, each.terms) for each in told] == [(CODE.id, CODE.terms), (CODE.id, None)]
    assert read(tmp_path).book.codes == ()


def test_lockouts_are_kept_in_place_of_those_before(tmp_path):
    inbox = Inbox()
    newest = ((LockoutScope.KEYPAD, "street", "front", 5, 30.0), (LockoutScope.DOOR, "front", "", 7, 0.0))
    with opened(tmp_path, inbox) as book:
        book.lock(KeepLockouts(((LockoutScope.CALLER, "kitchen", "front", 1, 0.0),)))
        book.lock(KeepLockouts(newest))
    assert read(tmp_path).lockouts == newest


def test_what_cannot_be_written_is_reported_once_and_not_tried_again(tmp_path):
    inbox, directory = Inbox(), tmp_path / "state"
    with opened(directory, inbox) as book:
        inbox.wait(BookRead)
        with closing(sqlite3.connect(directory / database.FILE)) as connection:
            connection.execute("CREATE TRIGGER full BEFORE INSERT ON codes BEGIN SELECT RAISE(ABORT, 'no'); END")
            connection.commit()
        book.keep(KeepCredential(CODE))
        (told,) = inbox.wait(CredentialNotKept)
        assert (told.id, bool(told.why)) == (CODE.id, True)
    assert inbox.of(CredentialKept) == []


def test_after_the_end_nothing_is_kept(tmp_path):
    inbox = Inbox()
    with opened(tmp_path, inbox) as book:
        pass
    book.keep(KeepCredential(CODE))
    (told,) = inbox.of(CredentialNotKept)
    assert "stopping" in told.why


def test_the_key_is_for_the_service_alone_and_stays_the_same(tmp_path):
    key = codes.device_key(tmp_path, in_use=False)
    assert len(bytes.fromhex(key)) == 32
    assert (tmp_path / "device.key").stat().st_mode & 0o777 == 0o600
    assert codes.device_key(tmp_path, in_use=True) == key
    assert codes.device_key(tmp_path / "..", in_use=False) != key


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("ab" * 32, 0o640, "others may read"),
        ("ab" * 31, 0o600, "contains no key"),
        ("no key", 0o600, "contains no key"),
    ],
)
def test_a_key_that_others_may_know_or_that_is_none_is_not_used(tmp_path, content, mode, why):
    path = tmp_path / "device.key"
    path.write_text(content)
    path.chmod(mode)
    inbox = Inbox()
    with opened(tmp_path, inbox):
        (failed,) = inbox.wait(PartFailed)
    assert failed.part == "codes"
    assert why in failed.why
    assert str(path) in failed.resolution or "Put back" in failed.resolution
    assert inbox.of(BookRead) == []


def test_a_key_that_cannot_be_read_is_named_and_hinders_nothing_else(tmp_path):
    (tmp_path / "device.key").mkdir()  # as root, whom no file mode hinders
    inbox = Inbox()
    with opened(tmp_path, inbox) as book:
        (failed,) = inbox.wait(PartFailed)
        assert (failed.part, "device.key cannot be read" in failed.why) == ("codes", True)
        book.keep(KeepCredential(CODE))
        inbox.wait(CredentialKept)


def test_a_key_that_is_gone_is_not_made_again_while_codes_are_kept_by_it(tmp_path):
    inbox = Inbox()
    with opened(tmp_path, inbox) as book:
        book.keep(KeepCredential(CODE))
        inbox.wait(CredentialKept)
    (tmp_path / "device.key").unlink()
    inbox = Inbox()
    with opened(tmp_path, inbox):
        (failed,) = inbox.wait(PartFailed)
        assert "is missing, and the stored codes need it" in failed.why
    assert not (tmp_path / "device.key").exists()


def test_a_code_is_read_as_earlier_versions_wrote_it(tmp_path):
    read(tmp_path)
    written = (
        '{"id":"a-1","kind":"code","owner":"Cleaner","digest":"%s","doors":["front","gate"],"length":4,'
        '"schedule":[{"days":["mon","fri"],"begin":"08:00","end":"12:00"}],"uses":3,"expires":1800000000.0}'
    )
    with closing(sqlite3.connect(tmp_path / database.FILE)) as connection, connection:
        connection.execute("INSERT INTO codes VALUES (?, ?)", (CODE.id, written % CODE.digest))
    assert read(tmp_path).book.codes == (CODE,)
