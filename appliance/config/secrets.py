"""Passwords and secrets of webhooks: in files that the service alone can read, or systemd credentials."""

import os
import stat
from codecs import BOM_UTF8
from collections.abc import Collection
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.config import files
from appliance.config.schema import Config

TURN, BROKER, WEBHOOK = "sip.turn", "mqtt", "webhook."
SIGNING = "whsec_"  # what a secret of Standard Webhooks begins with
KEYS, KEY_SIZES = 2, range(24, 65)  # of the secret of a webhook, and the bytes of each
CODE = ErrorCode.CONFIG_INVALID
SHORTEST, LONGEST = 8, 256  # characters; an account's password may be shorter, as its registrar chose it
MOST = LONGEST * 4 + len(BOM_UTF8) + 2 * len("\r\n")  # bytes of a file: UTF-8 has up to four for a character
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def passwords(config: Config, name: str, *, outside: bool = False, but: Collection[Path] = ()) -> dict[str, str]:
    """Each password by its table, as in account.office, sip.turn, mqtt or webhook.house.

    `name` begins each line of errors. outside: this is not the service, so that credentials cannot be looked at.
    but: files that are left out, as they are still to be written.

    Raises IntercomError `config-invalid`, whose text has no secret.
    """
    found: dict[str, str] = {}
    problems: list[IntercomError] = []
    for table, file in _files(config).items():
        if Path(file) in but or (outside and out_of_sight(file)):
            continue
        try:
            found[table] = read(file)
            if table.startswith("target."):
                long_enough(found[table], file)
            if table.startswith(WEBHOOK) and config.webhook[table.removeprefix(WEBHOOK)].form == "cloudevents":
                signing(found[table], file)
        except IntercomError as error:
            where = f"{name}: {_setting(table)}: {error.message}"
            problems.append(IntercomError(CODE, where, error.cause, error.resolution))
    if len(problems) > 1:
        raise IntercomError(CODE, "\n".join(str(problem) for problem in problems))
    if problems:
        raise problems[0]
    return found


def unseen(config: Config) -> dict[str, str]:
    """The credentials that cannot be looked at here, by their settings."""
    return {_setting(table): file for table, file in _files(config).items() if out_of_sight(file)}


def out_of_sight(setting: str) -> bool:
    """Whether it names a credential, and this process got none: systemd passes them to the service alone."""
    return "/" not in setting and "CREDENTIALS_DIRECTORY" not in os.environ


def _files(config: Config) -> dict[str, str]:
    """The files and credentials of all passwords, by their tables."""
    files = {f"account.{account}": table.password_file for account, table in config.account.items()}
    files |= {f"target.{target}": table.password_file for target, table in config.target.items() if table.password_file}
    if config.sip.turn_password_file:
        files[TURN] = config.sip.turn_password_file
    if config.mqtt.host and config.mqtt.password_file:
        files[BROKER] = config.mqtt.password_file
    return files | {f"{WEBHOOK}{receiver}": table.secret_file for receiver, table in config.webhook.items()}


def _setting(table: str) -> str:
    if table == TURN:
        return f"{TURN}_password_file"
    return f"{table}.{'secret' if table.startswith(WEBHOOK) else 'password'}_file"


def read(setting: str) -> str:
    """The password in the file that the setting names, without line ends after it. Raises IntercomError."""
    path, credential = file_of(setting)
    try:
        contents, mode = files.read(path)
    except FileNotFoundError as error:
        raise _no_credential(setting, path.parent) if credential else unreadable(path, error) from error
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    # systemd stores credentials where only the service may read them, with file modes of its own.
    if not credential and mode & OTHERS:
        raise IntercomError(
            CODE,
            f"other users can read {path}",
            f"Its mode is {stat.S_IMODE(mode):04o}.",
            f"Let only the service's user read it: chmod 0600 {path}",
        )
    try:
        password = contents.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        password = ""
    if not password or len(password) > LONGEST or len(contents) > MOST or not password.isprintable():
        raise IntercomError(
            CODE,
            f"{path} contains no password",
            f"It must contain one line of 1 to {LONGEST} characters in UTF-8.",
            "Write only the password into it.",
        )
    return password


def long_enough(password: str, setting: str) -> None:
    """Raise IntercomError for a password that a caller could guess."""
    if len(password) < SHORTEST:
        raise IntercomError(
            CODE,
            f"the password in {file_of(setting)[0]} is too short",
            f"It has {len(password)} characters and could be guessed; at least {SHORTEST} are needed.",
            "Write a longer one, such as openssl rand -base64 12 prints, into the file and the phone.",
        )


def signing(secret: str, setting: str) -> None:
    """Raise IntercomError for what is no secret of a webhook: one or two of whsec_ and base64 of 24 to 64 bytes."""
    from base64 import b64decode  # noqa: PLC0415  late: few stations have webhooks

    keys = secret.split(" ")
    try:
        sizes = [len(b64decode(key.removeprefix(SIGNING), validate=True)) for key in keys if key.startswith(SIGNING)]
    except ValueError:
        sizes = []
    if len(sizes) != len(keys) or len(keys) > KEYS or not all(size in KEY_SIZES for size in sizes):
        raise IntercomError(
            CODE,
            f"{file_of(setting)[0]} contains no secret of a webhook",
            f"It must contain {SIGNING} and {KEY_SIZES[0]} to {KEY_SIZES[-1]} bytes in base64, or two of them.",
            f'Make one: echo "{SIGNING}$(openssl rand -base64 32)"',
        )


def file_of(setting: str) -> tuple[Path, bool]:
    """The file's path, and whether it is a systemd credential: a bare name, without a slash."""
    if "/" in setting:
        return Path(setting), False
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory is None:
        raise _no_credential(setting, None)
    return Path(directory) / setting, True


def _no_credential(setting: str, directory: Path | None) -> IntercomError:
    """The error for a credential that is not in the directory of credentials."""
    cause = "systemd passed no credentials: CREDENTIALS_DIRECTORY is not set."
    if directory is not None:
        cause = f"systemd passed {', '.join(sorted(each.name for each in directory.glob('*'))) or 'none'}."
    return IntercomError(
        CODE,
        f"there is no credential {setting}",
        cause,
        f"Add LoadCredential={setting}:/path to the unit, or give the path of a file here.",
    )


def unreadable(path: Path, error: OSError | ValueError) -> IntercomError:
    """The error for a file that cannot be read."""
    remedy = "Make that user the owner of the file, and let the user enter the directory."
    if denied := files.refused(path, error, remedy):
        cause, resolution = denied
    elif isinstance(error, FileNotFoundError):
        cause, resolution = "There is no such file.", f"Write the password into it, then: chmod 0600 {path}"
    elif isinstance(error, files.UnfitError):
        cause, resolution = f"{error.strerror}.", "Give the path of a regular file that holds the password."
    else:
        cause, resolution = f"{reason(error)}.", "Give the path of a file that holds the password."
    return IntercomError(CODE, f"{path} cannot be read", cause, resolution)
