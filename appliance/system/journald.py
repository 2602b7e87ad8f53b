"""Log records as records of systemd's journal, with fields; without a journal on standard error, as plain lines.

The protocol is a datagram to a socket, guaranteed by systemd (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): a line
NAME=value for each field, or for a value of several lines NAME, its length in eight bytes, and the value. A record that
is too long for a datagram is written to a sealed memory file, whose descriptor is sent.
"""

import errno
import fcntl
import logging
import os
import socket
import struct
import sys
import uuid
from collections.abc import Mapping

from appliance.base.errors import survive

SOCKET = "/run/systemd/journal/socket"
IDENTIFIER = "intercomd"
_EVENTS = uuid.UUID("5c1f7a0e-6c1b-4b0e-9a51-5d0f6c1c2f27")  # the namespace of MESSAGE_IDs: must never change
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))  # syslog(3)
_DEBUG = 7
_TOO_LONG = {errno.EMSGSIZE, errno.ENOBUFS}
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


def handler() -> logging.Handler:
    """The handler for log records: the journal if standard error is connected to it, else standard error."""
    made: logging.Handler = logging.StreamHandler()
    if to_journal():
        made = JournalHandler(SOCKET)
    made.setFormatter(logging.Formatter("%(message)s"))
    return made


def to_journal() -> bool:
    """Whether standard error is connected to the journal."""
    return _is_journal(os.environ.get("JOURNAL_STREAM", ""))


def never_wait() -> None:
    """Let standard error drop lines while the journal hangs: otherwise its pipe would fill, and the station would wait.

    This also affects processes that share it, such as the SIP process, which write to it directly.
    """
    if to_journal():
        os.set_blocking(sys.stderr.fileno(), False)


def send(text: str) -> None:
    """Log why this process ends: one record of the priority error, or a plain line without a journal."""
    handler().handle(logging.makeLogRecord({"name": __name__, "msg": "%s", "args": (text,), "levelno": logging.ERROR}))


def message_id(event: str) -> str:
    """The MESSAGE_ID of an event type: the same on every machine, in every version."""
    return uuid.uuid5(_EVENTS, event).hex


class JournalHandler(logging.Handler):
    """Sends to the journal at `path`, and never waits for it.

    If the journal accepts nothing (it hangs, or is restarting), the record is lost; the number of lost ones is reported
    as soon as it accepts one. A record's `event` and `call` (`extra=` of the logging call) become fields.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._lost = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record. Called under the handler's lock."""
        # As with every handler, a record that cannot be written must not end its writer.
        data = survive(lambda: encode(self._fields(record)), lambda _: self.handleError(record))
        if data is None:
            return
        try:
            if self._lost:
                text = f"{self._lost} records are missing before this one: the journal did not accept them"
                self._send(encode({"MESSAGE": text, "PRIORITY": "4", "SYSLOG_IDENTIFIER": IDENTIFIER}))
                self._lost = 0
            self._send(data)
        except OSError:
            self._lost += 1

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()

    def _fields(self, record: logging.LogRecord) -> dict[str, str]:
        fields = {
            "MESSAGE": self.format(record),
            "PRIORITY": str(priority(record.levelno)),
            "SYSLOG_IDENTIFIER": IDENTIFIER,
            "CODE_FILE": record.pathname,
            "CODE_LINE": str(record.lineno),
            "CODE_FUNC": record.funcName or "",
            "LOGGER": record.name,
        }
        event, call = getattr(record, "event", None), getattr(record, "call", None)
        if event:
            fields |= {"MESSAGE_ID": message_id(event), "INTERCOMD_EVENT": event}
        if call:
            fields["INTERCOMD_CALL"] = call
        return fields

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendto(data, self._path)
        except OSError as error:
            if error.errno not in _TOO_LONG:
                raise
            self._send_file(data)

    def _send_file(self, data: bytes) -> None:
        file = os.memfd_create("intercomd-journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with open(file, "wb", closefd=False) as writer:
                writer.write(data)
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("=i", file))
            self._socket.sendmsg([], [rights], 0, self._path)
        finally:
            os.close(file)


def encode(fields: Mapping[str, str]) -> bytes:
    """The fields in the protocol's format."""
    parts = []
    for name, value in fields.items():
        raw = value.encode(errors="replace")
        parts.append(
            b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(raw)), raw)
            if b"\n" in raw
            else b"%s=%s\n" % (name.encode(), raw)
        )
    return b"".join(parts)


def priority(level: int) -> int:
    """A level of the logging module as a syslog priority."""
    return next((number for least, number in _PRIORITIES if level >= least), _DEBUG)


def _is_journal(stream: str) -> bool:
    """Whether `stream`, device:inode of systemd's connection, is still our standard error."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or replaced by a test
        return False
    return stream == f"{found.st_dev}:{found.st_ino}"
