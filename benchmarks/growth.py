"""What requests and a start cost as the history grows: events, calls, recordings and codes.

The history is written by the daemon's own stores, which keep the newest part of it only: 10,000 events and calls,
50,000 openings of doors. A million recordings are rows of the index alone, since a million files would take a day.
Processor time is measured, since it depends neither on the disc nor on what else runs.
"""

import sqlite3
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from appliance.core.inputs import Input
from appliance.core.model import (
    By,
    Call,
    CallId,
    CallState,
    Cause,
    Credential,
    CredentialId,
    CredentialKind,
    Direction,
    DoorId,
    End,
    RecordingFacts,
    RecordingId,
    Remote,
)
from appliance.core.orders import KeepCredential, LogCall
from appliance.store import recording_index
from appliance.store.audit import Audit
from appliance.store.calllog import CallLog
from appliance.store.codes import CodeStore
from appliance.store.journal import Journal
from appliance.store.writer import Writer
from benchmarks.processes import cpu_s, pss_mb, say
from benchmarks.subjects import NULL, Daemon, noise

MOST_CODES = 1_000  # the core refuses more
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 500  # rows before the writer gets its turn
PATIENCE_S = 600.0
QUIET_S = 0.5
REQUESTS = 100  # of each kind in a sample

ROWS = {
    "state": "GET /v1/state",
    "events": "GET /v1/events, the oldest 200",
    "calls": "GET /v1/log/calls, the newest 50",
    "calls_deep": "GET /v1/log/calls, from the middle",
    "doors": "GET /v1/log/doors, the newest 50",
    "doors_deep": "GET /v1/log/doors, from the middle",
    "recordings": "GET /v1/recordings, the newest 50",
    "recordings_deep": "GET /v1/recordings, from the middle",
    "codes": "GET /v1/codes, all (1,000 at most)",
    "write": "A door opened: its row of the audit",
    "start": "Start, until the daemon rests",
    "pss": "Memory (PSS) of the daemon, MB",
    "disc": "Database, MB",
}
MEGABYTES = frozenset({"pss", "disc"})


def ignore(_: Input) -> None:
    """Take what the stores post."""


def build(directory: Path, size: int) -> None:
    """Write a history of so many events, calls, openings, recordings, and codes as far as the core allows."""
    writer = Writer(directory, ignore)
    journal = Journal(directory, writer)
    journal.open()
    calls, audit, codes = CallLog(writer, journal.boot), Audit(writer), CodeStore(writer, ignore)
    codes.open()
    for number in range(size):
        opened = _opened(journal.take(), journal.boot)
        journal.append({**opened, "type": "call.connected"})  # an opening would be written at once, by itself
        audit.append(opened)
        calls.write(LogCall(_call(number), 15.5, missed=False))
        if number % AT_ONCE == 0:
            writer.ask(lambda _: None, PATIENCE_S)
    for number in range(min(size, MOST_CODES)):
        codes.keep(KeepCredential(_code(number)))
        writer.ask(lambda _: None, PATIENCE_S)
    writer.ask(lambda connection: recordings(connection, size), PATIENCE_S)
    journal.close()
    calls.close()
    audit.close()
    if not writer.close(PATIENCE_S):
        raise TimeoutError("the history is not on disc")


def utc(moment: datetime) -> str:
    """A time as events have it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _opened(number: int, boot: str) -> dict[str, Any]:
    data = {"door": "front", "by": "code", "seconds": 5.0, "who": "Ann", "call": None, "id": number}
    return {
        "id": number,
        "type": "door.unlocked",
        "time": utc(FIRST + timedelta(seconds=number)),
        "uptime": float(number),
        "boot": boot,
        "call": None,
        "data": data,
    }


def _call(number: int) -> Call:
    return Call(
        CallId(f"c-{number:026}"),
        Direction.INCOMING,
        CallState.CONNECTED,
        Remote("sip:kitchen@192.0.2.1", target="kitchen"),
        10.0,
        70.0,
        end=End(Cause.HANGUP, 200, "OK", By.REMOTE),
    )


def _code(number: int) -> Credential:
    name = CredentialId(f"k-{number:026}")
    return Credential(
        id=name,
        kind=CredentialKind.CODE,
        owner=f"Flat {number}",
        digest=f"{number:064x}",
        doors=(DoorId("front"),),
        length=6,
    )


def recordings(connection: sqlite3.Connection, size: int) -> None:
    """Rows of the index, as Recordings makes them."""
    for number in range(size):
        entry = RecordingFacts(
            number + 1,
            RecordingId(f"r-{number:026}"),
            CallId(f"c-{number:026}"),
            "sip:kitchen@192.0.2.1",
            utc(FIRST + timedelta(minutes=number)),
            60.0,
            960_044,
            "0" * 64,
            complete=True,
            party="Kitchen",
            doors=("front",) if number % 3 else (),
            outcome=Cause.HANGUP,
        )
        recording_index.insert(connection, entry)


def run(directory: Path, sizes: tuple[int, ...], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Samples: row → size → milliseconds of the daemon's processor time for one, or megabytes."""
    samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    microphone = noise(directory / "growth.wav")
    for size in sizes:
        say(f"growth: a history of {size:,}")
        (directory / str(size)).mkdir()
        build(directory / str(size), size)
    for number in range(rounds):
        for size in sizes if number % 2 == 0 else sizes[::-1]:
            say(f"growth {number + 1}/{rounds} {size:,}")
            for row, value in _measured(directory / str(size), microphone, size).items():
                samples[row][str(size)].append(round(value, 4))
    return {row: dict(values) for row, values in samples.items()}


def _measured(directory: Path, microphone: Path, size: int) -> dict[str, float]:
    daemon = Daemon(directory, microphone, NULL, "sip:nobody@127.0.0.1:9")
    daemon.start()
    try:
        daemon.settle()
        pid = daemon.program.pid
        _quiet(pid)
        found = {"start": cpu_s(pid) * 1e3, "pss": pss_mb(pid)}
        found["disc"] = sum(path.stat().st_size for path in directory.glob("intercomd.sqlite3*")) / 1e6
        middle = size // 2
        oldest = daemon.ask("/v1/events?wait=0&since=0")["since"]
        paths = {
            "state": "/v1/state",
            "events": f"/v1/events?wait=0&since={max(oldest - 300, 0)}",
            "calls": "/v1/log/calls",
            "calls_deep": f"/v1/log/calls?cursor={max(size - min(size, 10_000) // 2, 1)}",
            "doors": "/v1/log/doors",
            "doors_deep": f"/v1/log/doors?cursor={max(size - min(size, 50_000) // 2, 1)}",
            "recordings": "/v1/recordings",
            "recordings_deep": f"/v1/recordings?cursor={middle}",
            "codes": "/v1/codes",
        }
        for row, path in paths.items():
            daemon.ask(path)
            before = cpu_s(pid)
            for _ in range(REQUESTS):
                daemon.ask(path)
            found[row] = (cpu_s(pid) - before) / REQUESTS * 1e3
    finally:
        daemon.stop()
    return {**found, "write": _written(directory)}


def _quiet(pid: int) -> None:
    """Wait until the daemon has read its history, and rests."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        before = cpu_s(pid)
        time.sleep(QUIET_S)
        if cpu_s(pid) - before < QUIET_S / 20:
            return
    raise TimeoutError("the daemon does not rest")


def _written(directory: Path) -> float:
    """Processor time of the writer for an opening of the door that is written at once."""
    writer = Writer(directory, ignore)
    audit = Audit(writer)
    first = 10**9  # beyond the ids of the history
    writer.ask(lambda _: None, PATIENCE_S)
    before = time.process_time()
    for number in range(REQUESTS // 4):
        audit.append(_opened(first + number, "b"))
        writer.ask(lambda _: None, PATIENCE_S)
    took = time.process_time() - before
    writer.ask(lambda connection: connection.execute("DELETE FROM audit WHERE id >= ?", (first,)), PATIENCE_S)
    writer.close(PATIENCE_S)
    return took / (REQUESTS // 4) * 1e3
