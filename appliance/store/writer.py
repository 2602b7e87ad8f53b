"""The thread that alone writes to disc: small jobs, committed in batches, retried when the disc fails."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError, reason, survive
from appliance.core.inputs import Input, PartFailed, PartRecovered
from appliance.store import database

log = logging.getLogger(__name__)

PART = "storage"

After = Callable[[], None]
Job = Callable[[sqlite3.Connection], After | None]
"""Runs inside a transaction in the writer thread, again from its beginning after a failure; may return what is to be
done once the transaction is on disc."""

T = TypeVar("T")


class _Entry(Struct):
    job: Job
    due: float
    refuse: Callable[[str], None] | None
    failed: bool = False


class Writer:
    """Accepts jobs from any thread and never makes the caller wait.

    A disc that is full, read-only or missing is reported once by PartFailed("storage"). Unwritten jobs are kept and
    tried again after growing pauses; PartRecovered reports that all of them are on disc. A damaged database is set
    aside and a new one begun. If another file has taken the database's name, or none has it, the writer goes on there.
    """

    def __init__(
        self,
        directory: Path,
        post: Callable[[Input], None],
        *,
        capacity: int = 1000,
    ) -> None:
        self.directory = directory
        self.renewed: list[Callable[[], None]] = []  # called after another database has replaced the former
        self._post = post
        self._capacity = capacity
        self._retry_s = times.current.disc_again_s[0]
        self._retry_at = 0.0
        self._failing = False
        self._closing = False
        self._changed = threading.Condition()
        self._entries: list[_Entry] = []  # in the order of arrival, in which those that are due run
        self._connection: sqlite3.Connection | None = None
        self._files: database.Files = {}  # of the connection
        self._lost = False  # whether the database was gone at the start, and a new one is to be reported
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(
        self, job: Job, *, delay_s: float = 0.0, refuse: Callable[[str], None] | None = None, single: bool = False
    ) -> bool:
        """Queue `job` to run in `delay_s` seconds; False if there is no room for it, or after `close`.

        A job with `refuse` is tried only once, even while the disc fails; `refuse` then gets the reason. single: there
        is always room for it, as its sender queues one at a time, or as many as calls are recorded.
        """
        with self._changed:
            if self._closing or (len(self._entries) >= self._capacity and not single):
                return False
            self._entries.append(_Entry(job, time.monotonic() + delay_s, refuse))
            self._changed.notify()
        return True

    def ask(
        self,
        job: Callable[[sqlite3.Connection], T],
        timeout_s: float | None = None,
        done: Callable[[T], None] | None = None,
    ) -> T:
        """Run `job` in the writer thread and wait for its result: not for the asyncio thread.

        done: gets the result in the writer thread once it is on disc, even if nobody waits for it any more. Raises
        IntercomError: the job's own, or `unavailable`.
        """
        answer: Future[T] = Future()
        limit_s = times.current.disc_answers_s if timeout_s is None else timeout_s

        def run(connection: sqlite3.Connection) -> After:
            try:
                result = job(connection)
            except IntercomError as error:
                outcome = error
                return lambda: answer.set_exception(outcome)

            def finish() -> None:
                if done is not None:
                    done(result)
                answer.set_result(result)

            return finish

        def refuse(why: str) -> None:
            answer.set_exception(IntercomError(ErrorCode.UNAVAILABLE, "The storage does not work.", why))

        if not self.submit(run, refuse=refuse):
            refuse("Too many writes are waiting, or the service is stopping.")
        try:
            return answer.result(limit_s)
        except TimeoutError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                "The storage does not answer.",
                f"The disc took longer than {limit_s:g} s.",
                "Try again.",
            ) from error

    def suspect(self, error: Exception) -> None:
        """After an error of a reader: have the database looked at, which sets a damaged one aside."""
        if database.is_damage(error):
            self.submit(lambda _: database.check(self.directory))

    def close(self, timeout_s: float | None = None) -> bool:
        """Write all queued jobs, due or not, once each; True if that ended in time."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(times.current.disc_closes_s if timeout_s is None else timeout_s)
        return not self._thread.is_alive()

    # -- the writer thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._lost = database.is_lost(self.directory)
        while batch := self._next_batch():
            self._write(batch)
        self._disconnect()

    def _next_batch(self) -> list[_Entry]:
        """Wait until a job is due; returns nothing only at the end."""
        with self._changed:
            while self._entries or not self._closing:
                now = time.monotonic()
                ready = [entry for entry in self._entries if self._due(entry) <= now]
                if ready:
                    self._entries = [entry for entry in self._entries if self._due(entry) > now]
                    return ready
                self._changed.wait(min((self._due(entry) - now for entry in self._entries), default=None))
            return []

    def _due(self, entry: _Entry) -> float:
        if self._closing:
            return 0.0
        return entry.due if entry.refuse else max(entry.due, self._retry_at)

    def _write(self, batch: list[_Entry]) -> None:
        failures = self._attempt(batch)
        if failures and self._closing:
            log.error("rows could not be written before the end: %s", failures[0][1])
        elif failures:
            self._retry_later(failures)
        else:
            self._report_recovery()

    def _attempt(self, batch: list[_Entry]) -> list[tuple[_Entry, Exception]]:
        """Run all jobs in one transaction; if it fails, each in its own, so that a bad job cannot stop the others.

        Returns the jobs to retry, each with the reason.
        """
        errors: list[Exception] = []
        afters = survive(lambda: self._transact(batch), errors.append)  # the thread must live for the other jobs
        if afters is None:
            if len(batch) == 1:
                return self._failed(batch[0], errors[0])
            return [failure for entry in batch for failure in self._attempt([entry])]
        for after in afters:
            survive(after, lambda error: log.error("the callback of a store job failed", exc_info=error))
        return []

    def _transact(self, batch: list[_Entry]) -> list[After]:
        """Run a batch in one transaction. Raises any error of a job or the database; nothing is stored then."""
        connection = self._connect()
        connection.execute("BEGIN IMMEDIATE")
        with ExitStack() as undo:
            undo.callback(_roll_back, connection)
            afters = [entry.job(connection) for entry in batch]
            connection.execute("COMMIT")
            undo.pop_all()
        return [after for after in afters if after is not None]

    def _connect(self) -> sqlite3.Connection:
        """The connection to the file that has the database's name now.

        SQLite would go on writing to a file that was removed, replaced, or covered by a mount: nobody reads that again.
        """
        lost = self._connection is not None and database.files(self.directory, ("",)).get("") != self._files.get("")
        if lost:
            database.leave(self.directory, self._files)
            self._disconnect()
        if self._connection is None:
            self._connection = database.connect(self.directory)
            self._files = database.files(self.directory)
        if lost:
            self._renew(
                "The database was removed or replaced while the service was running; what it had is not there.",
                "If that was not intended, stop the service, put the former file back, and start it.",
            )
        if self._lost:
            self._lost = False
            self._renew(
                "The database was gone or empty at the start; a new one was created, without codes and lists.",
                "Check the disc or SD card. If that was not intended, restore a backup (intercomctl restore).",
            )
        return self._connection

    def _failed(self, entry: _Entry, error: Exception) -> list[tuple[_Entry, Exception]]:
        error = database.cause(error, self.directory)
        if not database.is_disc_error(error):
            log.error("a store job failed and was dropped", exc_info=error)
            if entry.refuse:
                entry.refuse("This is a fault of intercomd; see the log.")
            return []
        if not database.is_full(error):
            # A new connection for each try: the file may have been replaced, or the disc mounted again. On a full disc,
            # the end of the old one would free a little space, and the storage would seem to work for a moment.
            self._disconnect()
        if database.is_damage(error) and self._set_aside(error):
            return self._attempt([entry])
        if entry.refuse:
            entry.refuse(database.explain(error, self.directory)[0])
            return []
        entry.failed = True
        return [(entry, error)]

    def _retry_later(self, failures: list[tuple[_Entry, Exception]]) -> None:
        with self._changed:
            self._entries[:0] = [entry for entry, _ in failures]
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(self._retry_s * 2, times.current.disc_again_s[1])
        why, resolution = database.explain(failures[0][1], self.directory)
        self._report_failure(why, resolution)

    def _report_failure(self, why: str, resolution: str) -> None:
        if not self._failing:
            self._failing = True
            log.warning("storage fails: %s", why)
            self._post(PartFailed(at=time.monotonic(), part=PART, why=why, resolution=resolution))

    def _report_recovery(self) -> None:
        with self._changed:
            waiting = any(entry.failed for entry in self._entries)
        if self._failing and not waiting:
            self._failing = False
            self._retry_at, self._retry_s = 0.0, times.current.disc_again_s[0]
            log.info("storage works again")
            self._post(PartRecovered(at=time.monotonic(), part=PART))

    def _set_aside(self, error: Exception) -> bool:
        """Whether there is now room for a new database."""
        try:
            name = database.set_aside(self.directory)
        except OSError as failure:
            log.warning("a damaged database could not be set aside: %s", reason(failure))
            return False
        self._renew(
            f"The database was damaged ({error}); it was renamed to {name.name} and a new one was created.",
            "Check the disc or SD card. Recordings are listed again from their files.",
        )
        return True

    def _renew(self, why: str, resolution: str) -> None:
        """Have the new database filled again; reported as a failure, which the first write into it ends."""
        for act in self.renewed:
            act()
        self._report_failure(why, resolution)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def act(after: After) -> None:
    """Call the callback that a job returned; for `Writer.ask`."""
    after()


def nothing() -> None:
    """The callback of a job that needs no callback."""


def _roll_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):  # the error that ends the transaction is the one to report
        connection.execute("ROLLBACK")
