"""The file of SIP messages keeps to its size: the newest messages are in it, and what was before beside it."""

import ctypes
import os

import pytest

from appliance.sip.stack import trace_file
from appliance.sip.stack.trace_file import MOST_BYTES, TraceFile

LIBC = ctypes.CDLL(None)
LIBC.fopen.restype = ctypes.c_void_p


class Written:
    """A file that C code has open for appending, as pjsip has its log."""

    def __init__(self, path):
        self._file = ctypes.c_void_p(LIBC.fopen(bytes(path), b"ab"))

    def write(self, data):
        assert LIBC.fwrite(data, 1, len(data), self._file) == len(data)

    def close(self):
        LIBC.fclose(self._file)


@pytest.fixture
def traced(tmp_path):
    path = tmp_path / "sip.trace"
    written = Written(path)  # which makes the file
    yield path, written, TraceFile(str(path))
    written.close()


def test_what_stays_in_the_buffer_of_the_library_is_written(traced):
    path, written, trace = traced
    written.write(b"INVITE")
    trace.turn()
    assert path.read_bytes() == b"INVITE" and not path.with_name("sip.trace.1").exists()


def test_a_file_that_is_full_begins_again_and_the_older_one_has_what_was_before(traced):
    path, written, trace = traced
    older = path.with_name("sip.trace.1")
    for round_ in range(3):
        written.write(b"%d" % round_ + b"-" * MOST_BYTES)
        trace.turn()
        assert path.read_bytes() == b"" and older.read_bytes() == b"-" * MOST_BYTES
        assert older.stat().st_mode & 0o777 == 0o600
        written.write(b"new")
        trace.turn()
        assert path.read_bytes() == b"new"


def test_of_a_huge_file_of_an_earlier_version_only_the_end_is_kept(traced):
    path, written, trace = traced
    with path.open("r+b") as file:
        file.truncate(10 * MOST_BYTES)
    written.write(b"the end")
    trace.turn()
    older = path.with_name("sip.trace.1").read_bytes()
    assert (path.stat().st_size, len(older), older[-7:]) == (0, MOST_BYTES, b"the end")


def test_where_the_older_file_cannot_be_written_the_newest_messages_count(traced, monkeypatch):
    path, written, trace = traced

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trace_file.os, "sendfile", full)
    written.write(b"-" * (MOST_BYTES + 1))
    trace.turn()
    written.write(b"new")
    trace.turn()
    assert path.read_bytes() == b"new" and not path.with_name("sip.trace.1").exists()


def test_a_link_in_the_place_of_the_older_file_is_not_followed(traced):
    path, written, trace = traced
    other = path.with_name("other")
    other.write_text("theirs")
    path.with_name("sip.trace.1").symlink_to(other)
    written.write(b"-" * (MOST_BYTES + 1))
    trace.turn()
    assert other.read_text() == "theirs" and path.stat().st_size == 0


def test_a_file_that_was_removed_by_hand_keeps_to_its_size_too(traced):
    path, written, trace = traced
    with path.open("rb") as removed:
        path.unlink()
        written.write(b"-" * (MOST_BYTES + 1))
        trace.turn()
        assert os.fstat(removed.fileno()).st_size == 0
    assert not path.exists()
