"""The service, which does not use the files of a station while others change them."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError
from appliance.system import lock

UNIT = "intercomd.service"
_AGAIN = "tail --pid={} -f /dev/null; exec systemctl start " + UNIT  # once the process has ended


@contextmanager
def stopped(state: Path) -> Iterator[None]:
    """Without a daemon on the state: if the service uses it, it stops, and starts again in any case.

    This program may be killed meanwhile: then a transient unit of systemd starts the service.

    Raises IntercomError, also while another daemon than the service uses the state.
    """
    ours = False
    again = f"intercomd-again-{os.getpid()}.service"
    try:
        try:
            held = lock.take(state)
        except IntercomError:
            if not _systemctl("is-active", "--quiet", UNIT):
                raise
            ours = True  # so it starts again too if this program is interrupted while it stops
            unit = f"--unit={again}", f"--description=Start of {UNIT} if the command that stopped it is killed"
            _said_yes("systemd-run", "--quiet", "--collect", *unit, "/bin/sh", "-c", _AGAIN.format(os.getpid()))
            if not _systemctl("stop", UNIT):
                ours = False
                raise IntercomError(
                    ErrorCode.FORBIDDEN, f"{UNIT} cannot be stopped.", "Only root may stop it.", "Run it as root."
                ) from None
            held = lock.take(state)
        if held < 0:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"{state} cannot be locked.",
                f"{state / 'lock'} cannot be written, or is a link.",
                "Run it as root, on a disc that can be written.",
            )
        try:
            if os.geteuid() == 0:
                os.fchown(held, state.stat().st_uid, state.stat().st_gid)  # the service takes it too
            yield
        finally:
            os.close(held)
    finally:
        runs = not ours or _systemctl("start", UNIT)
        if ours and runs:
            _systemctl("stop", again)  # it would start the service a second later, even if somebody had stopped it
    if not runs:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"{UNIT} does not start again.",
            "What was asked for is done.",
            f"Look at `journalctl -u {UNIT}`, and start it.",
        )


def _systemctl(*words: str) -> bool:
    return _said_yes("systemctl", *words)


def _said_yes(*argv: str) -> bool:
    """Whether a program of systemd says yes; no without systemd."""
    try:
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
