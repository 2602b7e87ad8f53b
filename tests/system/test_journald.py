"""Log records as the journal gets them, at a socket of the test's own."""

import fcntl
import logging
import os
import socket
import struct
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from appliance.core import inputs
from appliance.core.model import Settings
from appliance.runtime.reactor import Reactor
from appliance.system import journald
from tests.runtime.test_reactor import Memory

LONG = 120.0


class Journal:
    """The journal's end of its socket."""

    def __init__(self, path):
        self.path = str(path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.sock.settimeout(LONG)

    def heard(self):
        """The next record's fields, from a datagram or from a file."""
        data, files, _, _ = socket.recv_fds(self.sock, 1 << 20, 1)
        if not files:
            return decode(data)
        (file,) = files
        try:
            assert not data
            assert fcntl.fcntl(file, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE
            return decode(os.pread(file, os.fstat(file).st_size, 0))
        finally:
            os.close(file)


def decode(data):
    """The protocol read as its document says, by other means than it is written."""
    fields = {}
    while data:
        line, _, rest = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = struct.unpack("<Q", rest[:8])
            value, rest = rest[8 : 8 + length], rest[8 + length :]
            assert rest[:1] == b"\n"
            rest = rest[1:]
        assert name.decode() not in fields
        fields[name.decode()] = value.decode()
        data = rest
    return fields


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "journal")
    yield made
    made.sock.close()


@pytest.fixture
def log(journal):
    """A logger whose records go to the journal alone."""
    handler = journald.JournalHandler(journal.path)
    logger = logging.Logger("appliance.test")  # noqa: LOG001  one that pytest does not listen to: it keeps what is long
    logger.addHandler(handler)
    yield logger
    handler.close()


def test_record_has_its_message_priority_and_place(journal, log):
    log.warning("disc %s is full", "sda")
    fields = journal.heard()
    assert fields["MESSAGE"] == "disc sda is full"
    assert fields["PRIORITY"] == "4"
    assert fields["SYSLOG_IDENTIFIER"] == "intercomd"
    assert fields["CODE_FILE"] == __file__
    assert int(fields["CODE_LINE"]) > 0
    assert fields["CODE_FUNC"] == "test_record_has_its_message_priority_and_place"
    assert not {"MESSAGE_ID", "INTERCOMD_EVENT", "INTERCOMD_CALL"} & fields.keys()


@pytest.mark.parametrize(
    ("level", "priority"),
    [(1, 7), (logging.DEBUG, 7), (logging.INFO, 6), (25, 6), (logging.WARNING, 4), (logging.ERROR, 3), (99, 2)],
)
def test_levels_are_those_of_syslog(level, priority):
    assert journald.priority(level) == priority


def test_event_has_its_type_its_id_and_its_call(journal, log):
    log.info("call.ended", extra={"event": "call.ended", "call": "c1"})
    fields = journal.heard()
    assert (fields["INTERCOMD_EVENT"], fields["INTERCOMD_CALL"]) == ("call.ended", "c1")
    assert uuid.UUID(fields["MESSAGE_ID"]).version == 5
    log.info("door.unlocked", extra={"event": "door.unlocked", "call": None})
    other = journal.heard()
    assert other["MESSAGE_ID"] != fields["MESSAGE_ID"]
    assert "INTERCOMD_CALL" not in other


def test_the_id_of_an_event_is_the_same_for_ever():
    assert journald.message_id("call.ended") == "ab30b9bd1a885bf6a5426d546fb7787f"


def test_reactor_names_the_event_of_each_log_line(journal, log, monkeypatch):
    monkeypatch.setattr("appliance.runtime.reactor.log", log)
    reactor = Reactor(Settings(station="Front door"), Memory())
    reactor._take(inputs.Started(at=1.0, version="1"))
    fields = journal.heard()
    assert fields["INTERCOMD_EVENT"] == "appliance.started"
    assert fields["MESSAGE"].startswith("appliance.started ")


LONG_TEXTS = {
    "one line": "a b",
    "nothing": "",
    "two lines": "a\nPRIORITY=0",
    "an end of line": "a\n",
    "other letters": "Tür, 門",
    "half a letter": "a\udcff",
    "as long as a datagram cannot be": "x" * 1_000_000,
    "long, of many lines": "xyz\n" * 250_000,
}


@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS.keys())
def test_every_text_arrives_whole_and_as_one_field(journal, log, text):
    log.info("%s", text)
    fields = journal.heard()
    assert fields["MESSAGE"] == text.replace("\udcff", "?")
    assert fields["PRIORITY"] == "6"


def test_error_carries_its_traceback(journal, log):
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        log.exception("It failed")
    fields = journal.heard()
    assert fields["MESSAGE"].startswith("It failed\nTraceback")
    assert fields["MESSAGE"].endswith("ZeroDivisionError: division by zero")
    assert fields["PRIORITY"] == "3"


@pytest.mark.parametrize("text", ["short", "x" * 1_000_000])
def test_journal_that_hangs_is_not_waited_for_and_what_it_missed_is_counted(journal, log, text):
    for number in range(2_000):  # more than any queue of datagrams takes
        log.info("%d %s", number, text if number > 1_990 else "")
    taken = []
    journal.sock.setblocking(False)
    while True:
        try:
            taken.append(journal.heard()["MESSAGE"])
        except BlockingIOError:
            break
    log.info("again")
    assert journal.heard()["MESSAGE"].startswith(f"{2_000 - len(taken)} records are missing")
    assert journal.heard()["MESSAGE"] == "again"


def test_journal_that_is_started_again_is_found_again(journal, log, tmp_path):
    journal.sock.close()
    log.info("lost")
    Path(journal.path).unlink()
    log.info("lost")
    again = Journal(journal.path)
    log.info("found")
    assert again.heard()["MESSAGE"].startswith("2 records are missing")
    assert again.heard()["MESSAGE"] == "found"
    log.info("next")
    assert again.heard()["MESSAGE"] == "next"
    again.sock.close()


SAYS = "import logging; from appliance.system import journald; journald.SOCKET = {path!r}; "
SAYS += "logging.basicConfig(level=20, handlers=[journald.handler()]); logging.info('hello %s', 1)"


def say(path, stderr, stream):
    """Run a process that logs, with JOURNAL_STREAM as given; what it wrote to standard error comes by `stderr`."""
    environment = {**os.environ, "JOURNAL_STREAM": stream}
    subprocess.run([sys.executable, "-c", SAYS.format(path=path)], stderr=stderr, env=environment, check=True)


@pytest.mark.parametrize("stream", ["", "1:2", "nonsense"])
def test_elsewhere_records_are_plain_lines(journal, tmp_path, stream):
    with (tmp_path / "stderr").open("wb") as file:
        say(journal.path, file, stream)
    assert (tmp_path / "stderr").read_text() == "hello 1\n"


def test_records_go_to_the_journal_when_standard_error_does(journal, tmp_path):
    with (tmp_path / "stderr").open("wb") as file:
        found = os.fstat(file.fileno())
        say(journal.path, file, f"{found.st_dev}:{found.st_ino}")
    assert (tmp_path / "stderr").read_text() == ""
    assert journal.heard()["MESSAGE"] == "hello 1"


def stream_of(file):
    """What systemd sets JOURNAL_STREAM to where standard error is that."""
    found = os.fstat(file.fileno())
    return f"{found.st_dev}:{found.st_ino}"


def test_journal_that_hangs_does_not_hold_up_who_writes_to_standard_error():
    """As the SIP process does, which shares it."""
    program = (
        "import logging; from appliance.system import journald; journald.never_wait(); lines = logging.StreamHandler();"
        "[lines.handle(logging.makeLogRecord({'msg': 'x' * 100})) for _ in range(10_000)]"
    )
    ours, theirs = socket.socketpair()
    with ours, theirs:
        environment = {**os.environ, "JOURNAL_STREAM": stream_of(theirs)}
        subprocess.run([sys.executable, "-c", program], stderr=theirs, env=environment, timeout=120)
        assert ours.recv(100) == b"x" * 100


@pytest.mark.parametrize(("stream", "waits"), [("", True), ("1:2", True), (None, False)])
def test_standard_error_that_is_no_journal_is_left_as_it_is(stream, waits):
    program = "import os; from appliance.system import journald; journald.never_wait(); print(os.get_blocking(2))"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        environment = {**os.environ, "JOURNAL_STREAM": stream_of(theirs) if stream is None else stream}
        argv = [sys.executable, "-c", program]
        ended = subprocess.run(argv, stdout=subprocess.PIPE, stderr=theirs, env=environment, text=True, timeout=120)
        assert ended.stdout == f"{waits}\n"


def test_what_ends_a_process_is_reported_as_an_error(journal, tmp_path):
    program = (
        "from appliance.system import journald; import sys; journald.SOCKET = sys.argv[1]; journald.send('100 %s')"
    )
    argv = [sys.executable, "-c", program, journal.path]
    with (tmp_path / "stderr").open("wb") as file:
        subprocess.run(
            argv, stderr=file, env={**os.environ, "JOURNAL_STREAM": stream_of(file)}, check=True, timeout=120
        )
        subprocess.run(argv, stderr=file, check=True, timeout=120)
    assert (tmp_path / "stderr").read_text() == "100 %s\n"
    fields = journal.heard()
    assert (fields["MESSAGE"], fields["PRIORITY"]) == ("100 %s", "3")
