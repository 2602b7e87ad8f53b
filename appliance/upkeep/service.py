"""The service, which does not use the files of a station while others change them."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError
from appliance.system import lock

UNIT = "intercomd.service"


@contextmanager
def stopped(state: Path) -> Iterator[None]:
    """Without a daemon on the state: if the service uses it, it stops, and starts again in any case.

    Raises IntercomError, also while another daemon than the service uses the state.
    """
    ours = False
    try:
        try:
            held = lock.take(state)
        except IntercomError:
            if not _systemctl("is-active", "--quiet", UNIT):
                raise
            ours = True  # so it starts again too if this program is interrupted while it stops
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
    if not runs:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"{UNIT} does not start again.",
            "What was asked for is done.",
            f"Look at `journalctl -u {UNIT}`, and start it.",
        )


def _systemctl(*words: str) -> bool:
    """Whether systemctl says yes; no without systemd."""
    try:
        return subprocess.run(["systemctl", *words], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
