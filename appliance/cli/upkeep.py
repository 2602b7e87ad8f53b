"""Backup, restore, wipe and updates: done with files of the station, as they are for root and the service's user."""

import argparse
import signal
import sys

from appliance.base import signals
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.cli.client import Client, WrongUsageError
from appliance.upkeep import restore as restored_
from appliance.upkeep import save
from appliance.upkeep import update as update_
from appliance.upkeep import wipe as wiped_

saved, restored, updated, wiped = save.words, restored_.words, update_.words, wiped_.words


def backup(_client: Client, given: argparse.Namespace) -> Json:
    """`intercomctl backup`."""
    _end_in_order()
    wanted = {"recordings": given.recordings, "secrets": not given.without_secrets}
    return save.save(given.file, given.state, given.config, **wanted)


def restore(_client: Client, given: argparse.Namespace) -> Json:
    """`intercomctl restore`."""
    _end_in_order()
    confirm(given, f"All codes, logs and settings in {given.state} and {given.config} are replaced, and calls end.")
    return restored_.restore(given.file, given.state, given.config)


def update(_client: Client, given: argparse.Namespace) -> Json:
    """`intercomctl update`. A signal does not end it: apt goes on, and its marks are set."""
    if given.at is not None and given.act != "install":
        raise WrongUsageError("--at is for install.", "Write `sudo intercomctl update install --at 03:30`.")
    match given.act:
        case "install":
            return update_.install(given.at)
        case "back":
            return update_.back()
        case _:
            return update_.show()


def wipe(_client: Client, given: argparse.Namespace) -> Json:
    """`intercomctl wipe`."""
    _end_in_order()
    if given.everything:
        confirm(given, f"All in {given.state}, all recordings and all settings are erased for good, and calls end.")
        return wiped_.everything(given.state, given.config, _say)
    name = wiped_.a_name(given.person)
    confirm(given, f"Codes, calls, events and recordings with the name {name!r} are erased for good, and calls end.")
    return wiped_.person(name, given.state, given.config)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _end_in_order() -> None:
    """Let SIGHUP and SIGTERM end the command as Ctrl-C does: it cleans up, and the service starts again.

    A second signal must not interrupt the cleaning.
    """
    numbers = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)

    def end(*_: object) -> None:
        signals.ignore(numbers)
        raise KeyboardInterrupt

    for number in numbers:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup and a shell's background leave it
            signal.signal(number, end)


def confirm(given: argparse.Namespace, what: str) -> None:
    """Ask the person at the terminal; where nobody can be asked, --yes is needed. Raises IntercomError."""
    if given.yes:
        return
    if not sys.stdin.isatty():
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "Nothing was changed.", what, "Add --yes if you want that.")
    sys.stderr.write(f"{what} Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "Nothing was changed.", "The answer was not yes.")
