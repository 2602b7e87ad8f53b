"""The file of rclone by which recordings are copied elsewhere: checked before it is used, as rclone explains little."""

import configparser
import os
import re
import shutil
import stat
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.config import files
from appliance.config.schema.audio import RecordingTable
from appliance.config.secrets import OTHERS

PROGRAM = "rclone"
_SHORTEST = 6  # characters of a secret: a shorter word would hide others
_WORD = re.compile(r"[^\s\"',{}]+")  # a token is written as JSON
# Where a remote is, and as whom: messages of faults need that.
_HARMLESS = frozenset({"type", "host", "port", "url", "endpoint", "user", "vendor", "provider", "region", "remote"})


def secrets(table: RecordingTable) -> frozenset[str]:
    """Check rclone's file for the copies of recordings, and return its secrets, which no message may show.

    Reads the disc. Raises IntercomError.
    """
    if shutil.which(PROGRAM, path=os.defpath) is None:
        raise _unable(f"{PROGRAM} is not installed.", f"apt install {PROGRAM}")
    parser = _parsed(Path(table.copy_config_file))
    remote = table.copy_to.partition(":")[0]
    if not parser.has_section(remote):
        raise _unable(
            f"{table.copy_config_file} describes no remote {remote}.",
            f"Describe it: {PROGRAM} --config {table.copy_config_file} config. Or change recording.copy_to.",
        )
    values = (value for name in parser.sections() for key, value in parser.items(name) if key not in _HARMLESS)
    return frozenset(word for value in values for word in _WORD.findall(value or "") if len(word) >= _SHORTEST)


def _parsed(path: Path) -> configparser.RawConfigParser:
    try:
        contents, mode = files.read(path)
        text = contents.decode()
    except FileNotFoundError as error:
        remedy = f"Make it: {PROGRAM} --config {path} config. Then: chown intercomd {path}; chmod 0600 {path}"
        raise _unable(f"There is no {path}.", remedy) from error
    except (OSError, ValueError) as error:
        raise _unable(
            f"{path} cannot be read: {reason(error)}.", f"chown intercomd {path}; chmod 0600 {path}"
        ) from error
    if mode & OTHERS:
        cause = f"Other users can read {path}: its mode is {stat.S_IMODE(mode):04o}."
        raise _unable(cause, f"chmod 0600 {path}")
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters=("=",))
    try:
        parser.read_string(text)
    except configparser.Error as error:
        remedy = "Keep it without a password of its own, for the service's user alone."
        raise _unable(f"{path} is not a file of {PROGRAM}, or it is encrypted.", remedy) from error
    return parser


def _unable(cause: str, resolution: str) -> IntercomError:
    return IntercomError(ErrorCode.UNAVAILABLE, "Recordings cannot be copied elsewhere.", cause, resolution)
