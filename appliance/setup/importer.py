"""A configuration from the boot partition: imported once, its secrets moved to where only the service may read them.

The boot partition is FAT: everybody on the board can read it, and so can anyone with the card in a computer. The file
there is a normal configuration, in which an account may have `password` instead of `password_file`. It replaces a
configuration only if that one configures nothing, or if `[setup]` has `replace = true`.
"""

import os
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import tomli

from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record
from appliance.base.toml import dump
from appliance.base.types import Json
from appliance.config import describe
from appliance.config import files as regular
from appliance.config.load import CODE, check
from appliance.config.secrets import LONGEST as LONGEST_PASSWORD
from appliance.config.secrets import read
from appliance.doctor import configuration
from appliance.setup import station

IMPORTED = "intercomd.imported.toml"
ERRORS = "intercomd-errors.txt"
WIPED = "intercomd.wiped"
LONGEST = 1 << 20
_MOVED = (
    "# This is what intercomd imported. Its passwords and digits were moved to {file} and files\n"
    "# beside it. To change something, write all settings into a file intercomd.toml here, and restart the board. An\n"
    '# account with password = "" keeps the one it has.\n\n'
)


class Imported(Record):
    """The result: the configuration in use now, and what could not be done beside it."""

    file: Path
    changed: bool
    warning: str = ""


def run(source: Path, file: Path) -> Imported:
    """Import `source` as `file`, and blank its secrets there.

    Raises IntercomError with all errors of `source`, which are written beside it too; nothing has changed then.
    Whenever the power fails, the next run does the rest.
    """
    try:
        try:
            _wipe(source.with_name(WIPED))  # left by a power cut
            imported = _import(source, file) if source.exists() else Imported(file, changed=False)
        except OSError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"{source} could not be imported.",
                f"{error.filename or file}: {error.strerror}.",
                "Make the file system writable, and restart the board.",
            ) from error
    except IntercomError as error:
        _report(source, error)
        raise
    return imported


def _import(source: Path, file: Path) -> Imported:
    raw = _parse(source)
    setup = raw.pop("setup", {})
    config, secrets = _separate(raw, file.parent, source.name)
    checked = check(config, source.name)
    there = station.configured(file)
    text = f"# Imported by intercomd-setup from {source}.\n\n{dump(config)}"
    if there and _contents(file) != config and setup != {"replace": True}:
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"{source.name}: This station is already configured in {file}.",
            "An import replaces a configuration only on request.",
            "Add to the file: [setup] and, in the next line, replace = true",
        )
    for look in configuration.looks(checked, source.name, secrets.keys()):
        look()
    for path, secret in secrets.items():
        durable.update(path, f"{secret}\n", mode=0o600, user=station.USER, group=station.GROUP)
    changed = _contents(file) != config and station.write(file, text)
    try:
        _blank(source, raw, file)
        durable.remove(source.with_name(ERRORS))
    except OSError as error:
        return Imported(
            file,
            changed,
            f"The secrets in {source} could not be blanked: {error.strerror}. Everyone who can read the boot partition "
            f"knows them. Remove the file, or mount {source.parent} for writing.",
        )
    return Imported(file, changed)


def _parse(source: Path) -> Json:
    try:
        contents, _ = regular.read(source, LONGEST)
        # Editors on other systems may write a byte-order mark, and line ends of two characters.
        return tomli.loads(contents.decode("utf-8-sig").replace("\r\n", "\n"))
    except regular.UnfitError as error:
        raise IntercomError(CODE, f"{source.name}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise IntercomError(CODE, f"{source.name}: this is not UTF-8.", resolution="Save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        # Without its text: a parser's message may quote the file, which may hold a password.
        line = f" line {error.lineno}:" if isinstance(error, tomli.TOMLDecodeError) else ""
        raise IntercomError(
            CODE, f"{source.name}:{line} this is not valid TOML.", resolution="Correct that line or the one before it."
        ) from error


def _separate(raw: Json, directory: Path, name: str) -> tuple[Json, dict[Path, str]]:
    """The configuration without passwords, and the passwords by their new files."""
    config, secrets = deepcopy(raw), {}
    accounts = config.get("account")
    for account, table in accounts.items() if isinstance(accounts, dict) else ():
        if not isinstance(table, dict) or "password" not in table:
            continue
        where, path = f"{name}: account.{account}.password", directory / f"{account}.password"
        password = table.pop("password")
        if "password_file" in table:
            raise IntercomError(CODE, f"{where}: either password or password_file, not both.")
        if not isinstance(password, str) or not password.isprintable() or len(password) > LONGEST_PASSWORD:
            raise IntercomError(
                CODE, f"{where}: it must be a text of one line, of at most {LONGEST_PASSWORD} characters."
            )
        if "/" in account or account.startswith("."):
            raise IntercomError(CODE, f"{where}: the account's name is not valid.")
        table["password_file"] = str(path)
        if password:
            secrets[path] = password
        else:
            read(str(path))  # an existing file stays; raises if none exists
    return config, secrets


def _blank(source: Path, raw: Json, file: Path) -> None:
    """Leave a copy without secrets under another name, so that it is not imported again, and wipe the original.

    The clusters of a replaced file keep their bytes. So the original is overwritten in place: after its name is gone,
    so that a half-overwritten file is never imported.
    """
    durable.update(source.with_name(IMPORTED), _MOVED.format(file=file) + dump(_blanked(raw, ())))
    source.replace(source.with_name(WIPED))
    durable.sync(source.parent)
    _wipe(source.with_name(WIPED))


def _wipe(path: Path) -> None:
    if not path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, b"\n" * os.fstat(descriptor).st_size)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    durable.remove(path)


def _blanked(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _blanked(inner, (*path, key)) for key, inner in value.items()}
    return "" if isinstance(value, str) and _secret(path) else value


def _secret(path: tuple[str, ...]) -> bool:
    if path[-1] == "password":
        return True
    field = describe.resolve(path)[2]
    return field is not None and describe.describe(path[-1], field).secret


def _contents(file: Path) -> Json | None:
    try:
        return tomli.loads(regular.read(file)[0].decode("utf-8-sig"))
    except (OSError, ValueError):
        return None


def _report(source: Path, error: IntercomError) -> None:
    """Write the error beside the file, for the person who puts the card into a computer again."""
    text = f"intercomd.toml was not imported.\n\n{error}\n\nCorrect it, and restart the board.\n"
    with suppress(OSError):  # the journal has it too
        durable.update(source.with_name(ERRORS), text.replace("\n", "\r\n"))
