"""The call log: paged, bounded, and whole after every kind of end."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.base.errors import IntercomError
from appliance.core.inputs import PartFailed
from appliance.core.model import By, Call, CallId, CallSearch, CallState, Cause, Direction, End, Remote
from appliance.core.orders import LogCall
from appliance.store import database
from appliance.store.calllog import CallLog
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
BEGUN = Call(
    CallId("c-1"), Direction.INCOMING, CallState.INCOMING, Remote("sip:kitchen@x", target="kitchen"), 10.0, 70.0
)
OVER = replace(BEGUN, times=replace(BEGUN.times, connected_since=12.0), end=End(Cause.HANGUP, 200, "OK", By.REMOTE))


@contextmanager
def opened(directory, *, boot="b-1", keep=10_000, inbox=None):
    writer = Writer(directory, inbox or Inbox())
    log = CallLog(writer, boot, keep)
    log.open()
    yield log
    log.close()
    assert writer.close(PATIENCE_S)


def begin(log, name, *, missed=True):
    log.write(LogCall(replace(BEGUN, id=CallId(name)), None, missed))


def end(log, name):
    log.write(LogCall(replace(OVER, id=CallId(name)), 15.5, missed=False))


def names(rows):
    return [call["id"] for _, call in rows]


def test_a_call_is_listed_once_it_is_over_with_all_that_is_known_of_it(tmp_path):
    with opened(tmp_path) as log:
        begin(log, "c-1")
        assert log.list() == []
        end(log, "c-1")
        ((number, call),) = log.list()
    assert number == 1
    assert (call["id"], call["direction"], call["remote"]["target"]) == ("c-1", "incoming", "kitchen")
    assert (call["duration_s"], call["missed"]) == (3.5, False)
    assert call["end"] == {"cause": "hangup", "code": 200, "reason": "OK", "by": "remote", "explanation": ""}
    assert call["created"] < call["connected_since"] < call["ended"]


def test_pages_follow_each_other_newest_first_in_the_order_in_which_calls_began(tmp_path):
    with opened(tmp_path) as log:
        for name in "zyxwv":  # ids of a clock that runs backwards
            begin(log, name)
        for name in "vxyzw":
            end(log, name)
        first = log.list(limit=2)
        second = log.list(2, first[-1][0])
        third = log.list(2, second[-1][0])
    assert names(first) + names(second) + names(third) == list("vwxyz")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, ["c-3", "c-2", "c-1"]),
        ({"direction": "outgoing"}, ["c-2"]),
        ({"party": "KITCH"}, ["c-3", "c-1"]),
        ({"party": "sip:bob@"}, ["c-2"]),
        ({"party": "Bob B"}, ["c-2"]),
        ({"party": "bob bÄr"}, ["c-2"]),
        ({"party": "B?r"}, []),
        ({"party": "%"}, []),
        ({"party": "\0"}, []),
        ({"missed": True}, ["c-3"]),
        ({"missed": False, "outcome": "hangup"}, ["c-2", "c-1"]),
        ({"after": "9999"}, []),
        ({"after": "2000-01-01T00:00:00.000000Z", "before": "9999"}, ["c-3", "c-2", "c-1"]),
        ({"before": "2000-01-01T00:00:00.000000Z"}, []),
    ],
)
def test_it_is_searched(tmp_path, search, found):
    bob = replace(OVER, direction=Direction.OUTGOING, remote=Remote("sip:bob@x", "Bob Bär"))
    missed = replace(OVER, end=End(Cause.NO_ANSWER, 480, "Later", By.REMOTE))
    with opened(tmp_path) as log:
        for name, call in {"c-1": OVER, "c-2": bob, "c-3": missed}.items():
            log.write(LogCall(replace(call, id=CallId(name)), 15.5, missed=call is missed))
        assert names(log.list(search=CallSearch(**search))) == found
        assert names(log.list(1, search=CallSearch(**search))) == found[:1]


def test_it_is_there_after_a_restart_and_goes_on(tmp_path):
    with opened(tmp_path) as log:
        begin(log, "c-1")
        end(log, "c-1")
    with opened(tmp_path, boot="b-2") as log:
        end(log, "c-2")
        assert names(log.list()) == ["c-2", "c-1"]


def test_calls_that_an_unclean_end_left_open_are_reported_as_cut_off(tmp_path):
    with opened(tmp_path) as log:
        begin(log, "c-1", missed=True)
        begin(log, "c-2", missed=False)
    with opened(tmp_path, boot="b-2") as log:
        begin(log, "c-3")  # a call of this start is none of those
        until(lambda: len(log.list()) == 2)
        (_, second), (_, first) = log.list()
    assert (first["id"], first["missed"], second["id"], second["missed"]) == ("c-1", True, "c-2", False)
    assert first["ended"] is None
    assert (first["end"]["cause"], first["end"]["by"]) == ("error", "device")


def test_a_damaged_call_does_not_keep_others_from_being_reported_as_cut_off(tmp_path):
    with opened(tmp_path) as log:
        begin(log, "c-1")
        begin(log, "c-2")
    with closing(database.connect(tmp_path)) as connection:
        connection.execute("UPDATE calls SET call = substr(call, 1, 20) WHERE id = 'c-1'")
    with opened(tmp_path, boot="b-2") as log:
        until(lambda: names(log.list()) == ["c-2"])


def test_no_more_than_the_newest_are_kept(tmp_path):
    with opened(tmp_path, keep=3) as log:
        for number in range(1, 8):
            end(log, f"c-{number}")
            log.list()  # waits until it is written
        assert names(log.list()) == ["c-7", "c-6", "c-5"]
    with closing(sqlite3.connect(tmp_path / database.FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (3,)


def test_while_the_disc_fails_no_more_than_the_newest_wait(tmp_path):
    directory = tmp_path / "state"
    directory.write_text("in the way")
    inbox = Inbox()
    with opened(directory, keep=3, inbox=inbox) as log:
        inbox.wait(PartFailed)
        for number in range(1, 8):
            end(log, f"c-{number}")
        directory.unlink()  # the log makes one of its own
        until(lambda: directory.joinpath(database.FILE).exists())
        until(lambda: len(log.list()) == 3)
        assert names(log.list()) == ["c-7", "c-6", "c-5"]


def test_a_log_that_cannot_be_read_says_why(tmp_path):
    with opened(tmp_path / "state") as log:
        end(log, "c-1")
        log.list()
        (tmp_path / "state" / database.FILE).rename(tmp_path / "elsewhere")
        with pytest.raises(IntercomError) as raised:
            log.list()
        (tmp_path / "elsewhere").rename(tmp_path / "state" / database.FILE)
    assert raised.value.code == "unavailable"


KILLED = """
import os, sys
from msgspec.structs import replace
from pathlib import Path
from appliance.core.model import CallId
from appliance.core.orders import LogCall
from appliance.store.calllog import CallLog
from appliance.store.writer import Writer
from tests.store.test_calllog import BEGUN, OVER
writer = Writer(Path(sys.argv[1]), print)
log = CallLog(writer, sys.argv[2])
log.open()
number = 0
while True:
    number += 1
    name = CallId(f"c-{sys.argv[2]}-{number:06}")
    log.write(LogCall(replace(BEGUN, id=name), None, True))
    writer.ask(lambda _: None)
    os.write(1, f"begun {name}\\n".encode())
    log.write(LogCall(replace(OVER, id=name), 15.5, False))
    if number % 3 == 0:
        writer.ask(lambda _: None)
        os.write(1, f"over {name}\\n".encode())
"""


def test_killed_again_and_again_every_call_that_was_on_disc_is_in_the_log_once(tmp_path):
    begun, over = set(), set()
    for boot in range(6):
        argv = [sys.executable, "-c", KILLED, str(tmp_path), f"b{boot}"]
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE)
        try:
            lines = [process.stdout.readline() for _ in range(5 + 11 * boot)]
        finally:
            os.kill(process.pid, signal.SIGKILL)
            lines += process.stdout.read().splitlines(keepends=True)
            process.stdout.close()
            process.wait(PATIENCE_S)
        for line in lines:
            if line.endswith(b"\n"):
                state, name = line.decode().split()
                (begun if state == "begun" else over).add(name)
    with opened(tmp_path, boot="last") as log:
        until(lambda: set(names(log.list(100_000))) >= begun)
        rows = log.list(100_000)
    assert len(names(rows)) == len(set(names(rows)))
    ends = {call["id"]: call["end"]["cause"] for _, call in rows}
    assert {ends[name] for name in over} == {"hangup"}
    assert set(ends.values()) <= {"hangup", "error"}
