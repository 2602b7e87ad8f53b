"""Codes and cards on disc: their stored fields, the lockouts, and the device's key for digests."""

import logging
import os
import secrets
import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import MsgspecError, convert, json

from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.inputs import BookRead, CredentialKept, CredentialNotKept, Input, PartFailed
from appliance.core.model import Credential, CredentialBook, CredentialId, CredentialTerms, LockoutScope
from appliance.core.orders import DropCredential, KeepCredential, KeepLockouts
from appliance.store.writer import After, Job, Writer

log = logging.getLogger(__name__)

KEY_BYTES = 32
PART = "codes"
StoredLockout = tuple[LockoutScope, str, str, int, float]  # scope, who, door, wrong codes, seconds that are left
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class CodeStore:
    """The book in the writer's database. No method waits; all are called by one thread."""

    def __init__(self, writer: Writer, post: Callable[[Input], None]) -> None:
        self._writer, self._post = writer, post

    def open(self) -> None:
        """Post the whole book as soon as the disc can be read; report the cause if it cannot."""
        self._writer.submit(self._read)

    def keep(self, order: KeepCredential) -> None:
        """Write a credential to disc."""
        row = order.code.id, json.encode(order.code).decode()
        self._write(
            order.code.id,
            order.code.terms,
            lambda connection: connection.execute("INSERT OR REPLACE INTO codes VALUES (?, ?)", row),
            again=order.again,
        )

    def drop(self, order: DropCredential) -> None:
        """Remove a credential from the disc."""
        self._write(
            order.code,
            None,
            lambda connection: connection.execute("DELETE FROM codes WHERE id = ?", (order.code,)),
            again=order.again,
        )

    def lock(self, order: KeepLockouts) -> None:
        """Write these lockouts to disc, as soon as it works."""

        def replace(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM lockouts")
            connection.executemany(
                "INSERT INTO lockouts (scope, who, door, wrong, seconds) VALUES (?, ?, ?, ?, ?)", order.lockouts
            )

        self._writer.submit(replace)

    def _write(
        self,
        wanted: CredentialId,
        terms: CredentialTerms | None,
        change: Callable[[sqlite3.Connection], object],
        *,
        again: bool,
    ) -> None:
        """Post what the disc has of the credential then.

        Without `again` it is tried once: a person at the door does not wait for a disc that may recover.
        """

        def run(connection: sqlite3.Connection) -> After:
            change(connection)
            return lambda: self._post(CredentialKept(at=time.monotonic(), id=wanted, terms=terms))

        def refuse(why: str) -> None:
            self._post(CredentialNotKept(at=time.monotonic(), id=wanted, why=why))

        job: Job = run
        if not self._writer.submit(job, refuse=None if again else refuse):
            refuse("Too many writes are waiting, or the service is stopping.")

    # -- in the writer thread ------------------------------------------------------------------------------------------

    def _read(self, connection: sqlite3.Connection) -> After:
        rows = connection.execute("SELECT id, code FROM codes ORDER BY id").fetchall()
        read = {name: _whole(name, code) for name, code in rows}
        credentials = tuple(code for code in read.values() if code is not None)
        damaged = [name for name, code in read.items() if code is None]
        kept = connection.execute("SELECT scope, who, door, wrong, seconds FROM lockouts").fetchall()
        lockouts = tuple(found for row in kept if (found := _lockout(row)) is not None)
        if len(lockouts) < len(kept):
            log.warning("damaged on the disc, and forgotten: %d lockouts of codes", len(kept) - len(lockouts))
        try:
            secret = device_key(self._writer.directory, in_use=bool(rows))
        except IntercomError as error:
            failed = PartFailed(at=time.monotonic(), part=PART, why=error.message, resolution=error.resolution)
            return lambda: self._post(failed)
        book = CredentialBook(secret, credentials)

        def post() -> None:
            self._post(BookRead(at=time.monotonic(), book=book, lockouts=lockouts))
            if damaged:
                self._post(
                    PartFailed(
                        at=time.monotonic(),
                        part=PART,
                        why=f"Codes are damaged on the disc and open nothing: {', '.join(damaged)}.",
                        resolution="Check the disc or SD card; remove these codes and add them again.",
                    )
                )

        return post


def _whole(name: object, text: str) -> Credential | None:
    """A stored credential; None if its row is damaged: by another name it could be removed on the disc nowhere."""
    try:
        code = json.decode(text, type=Credential)
    except (MsgspecError, UnicodeError, TypeError):
        return None
    return code if code.id == name else None


def _lockout(row: tuple[Any, ...]) -> StoredLockout | None:
    """A stored lockout; None if its row is damaged."""
    try:
        found: StoredLockout = convert(row, StoredLockout)
    except MsgspecError:
        return None
    return found


def device_key(directory: Path, *, in_use: bool) -> str:
    """The key in `directory`, in hexadecimal; created if none is in use.

    Raises IntercomError, and OSError, which may be temporary.
    """
    path = directory / "device.key"
    new_key = (
        f"Restore the file from a copy. Or write 64 random hexadecimal digits into it (openssl rand -hex 32 >{path}), "
        f"let the service's user alone read it, restart the service, and replace all codes."
    )
    try:
        with path.open("rb") as file:
            others = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _OTHERS
            kept = file.read(1024).decode("ascii", "replace").strip()
    except FileNotFoundError:
        if in_use:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"Codes are not accepted: {path} is missing, and the stored codes need it.",
                resolution=new_key,
            ) from None
        return _new_key(path)
    except (PermissionError, IsADirectoryError) as error:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"Codes are not accepted: {path} cannot be read ({error.strerror}).",
            resolution=f"Make the service's user its owner (chown intercomd: {path}), and restart the service.",
        ) from error
    if others:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"Codes are not accepted: others may read {path}.",
            resolution=f"chmod 0600 {path}, restart the service, and replace the codes that others may have read.",
        )
    try:
        if len(bytes.fromhex(kept)) == KEY_BYTES:
            return kept
    except ValueError:
        pass
    raise IntercomError(
        ErrorCode.UNAVAILABLE,
        f"Codes are not accepted: {path} contains no key.",
        resolution=new_key,
    )


def _new_key(path: Path) -> str:
    fresh = secrets.token_hex(KEY_BYTES)
    durable.replace(path, fresh + "\n")
    return fresh
