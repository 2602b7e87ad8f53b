"""The command line of the daemon: `intercomd`, or `python -m appliance`."""

import argparse
import faulthandler
import gc
import json
import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import appliance
from appliance.base.errors import ErrorCode, IntercomError, sentences
from appliance.base.printable import unread_is_dropped

if TYPE_CHECKING:
    from appliance.config.directory import Flat
    from appliance.config.schema import Config
    from appliance.sip.process import SipProcess

DEFAULT = Path("/etc/intercomd/intercomd.toml")
SIMULATED = Path(__file__).resolve().parents[1] / "hardware" / "simulated.toml"


def main(arguments: list[str] | None = None) -> int:
    """Run the daemon, or print the requested text; exit status 0: success, 1: an error was printed, 2: wrong usage."""
    with unread_is_dropped():
        given = parser().parse_args(arguments)
    try:
        return run(given)
    except IntercomError as err:
        from appliance.system import journald  # noqa: PLC0415  late: seldom needed
        from appliance.system.notify import Notify  # noqa: PLC0415

        journald.send(str(err))
        Notify().status(str(err))
        return 1


def parser() -> argparse.ArgumentParser:
    """All options; the man page is generated from them."""
    made = argparse.ArgumentParser(
        prog="intercomd", description="Turns a small board into a SIP intercom or door phone; runs until SIGTERM."
    )
    made.add_argument("--config", type=Path, metavar="FILE", help=f"configuration file (default {DEFAULT})")
    made.add_argument("--state", type=Path, metavar="DIR", help="directory of the journal, recordings and token")
    made.add_argument("--demo", action="store_true", help="simulated panel and relay, real SIP")
    made.add_argument(
        "--check", action="store_true", help="check the configuration and exit: status 1 if it has errors"
    )
    made.add_argument("--print-events", action="store_true", help="print each event's JSON Schema and exit")
    made.add_argument("--print-openapi", action="store_true", help="print the HTTP interface's OpenAPI and exit")
    made.add_argument("--print-config-schema", action="store_true", help="print the configuration's JSON Schema")
    made.add_argument("--record-inputs", type=Path, metavar="FILE", help="run, and record all inputs for --replay")
    made.add_argument("--replay", type=Path, metavar="FILE", help="replay a recording: status 1 if a decision differs")
    made.add_argument("--version", action="version", version=f"intercomd {appliance.__version__}")
    return made


def run(given: argparse.Namespace) -> int:
    """Do what the options request. Raises IntercomError."""
    if given.print_events:
        from appliance.api.openapi.event_schemas import schemas  # noqa: PLC0415  late: for this alone

        return show(schemas())
    if given.print_openapi:
        from appliance.api.app import openapi  # noqa: PLC0415  late: starlette

        return show(openapi())
    if given.replay:
        return replay(given.replay)
    if given.check:
        return check(source(given))
    if given.print_config_schema:
        from appliance.config.schema import Config  # noqa: PLC0415  late: pydantic

        return show(Config.model_json_schema())
    return serve(given)


def source(given: argparse.Namespace) -> Path:
    """The configuration file."""
    return Path(given.config or (SIMULATED if given.demo and SIMULATED.exists() else DEFAULT))


def configured(path: Path, *, outside: bool = False) -> tuple["Config", dict[str, str], tuple["Flat", ...]]:
    """The configuration, the passwords by their tables, and the directory. Raises IntercomError.

    outside: this is not the service, so that credentials of systemd cannot be looked at.
    """
    from appliance.config import directory  # noqa: PLC0415  late: pydantic
    from appliance.config.load import load  # noqa: PLC0415
    from appliance.config.secrets import passwords  # noqa: PLC0415

    config = load(path)
    secrets = passwords(config, path.name, outside=outside)
    flats = directory.read(config)
    if any(account.transport == "tls" for account in config.account.values()):
        from appliance.config import certificates  # noqa: PLC0415  late: ssl

        certificates.look(config, path.name)
    if any(account.inband_digits for account in config.account.values()):
        from appliance.config import features  # noqa: PLC0415  late: seldom

        features.look(config)
    return config, secrets, flats


@unread_is_dropped()
def check(path: Path) -> int:
    """Check the configuration."""
    from appliance.config.core_settings import core_settings  # noqa: PLC0415  late: for this alone
    from appliance.doctor import configuration, https, lamps, numbered, phones, trust  # noqa: PLC0415

    config, _, flats = configured(path, outside=True)
    served = https.examine(config)
    for found in served:
        if found.level == "problem":
            where = f"{path.name}: {found.check}: {found.message}"
            raise IntercomError(ErrorCode.CONFIG_INVALID, where, found.cause, found.resolution)
    print(f"{path}: OK")
    soon = (found for found in served if found.level == "warning")
    unseen = (
        *configuration.unseen(config),
        *configuration.hidden(config),
        *phones.notes(config, core_settings(config)),
    )
    for note in (*lamps.notes(config), *trust.notes(config, flats), *numbered.notes(config), *unseen, *soon):
        print(sentences(f"Note: {note.check}:", note.message, note.cause, note.resolution))
    return 0


def serve(given: argparse.Namespace) -> int:
    """Run the daemon until it is stopped.

    Three processes load at once: the SIP process, one that reads the configuration, for which it needs much that the
    daemon does not, and the daemon.
    """
    from appliance.base import apart  # noqa: PLC0415
    from appliance.sip import process  # noqa: PLC0415

    path = source(given)
    first = process.spawn_early()
    gc.disable()  # imports leave no garbage, and searching for it takes a tenth of their time
    try:
        read = apart.begin(partial(configured, path))
        from appliance.app import daemon  # noqa: F401, PLC0415  here, while it is read

        return run_app(given, path, *read(), first)
    finally:
        gc.enable()
        if first is not None:
            first.abandon()


def run_app(
    given: argparse.Namespace,
    path: Path,
    config: "Config",
    secrets: dict[str, str],
    flats: tuple["Flat", ...],
    first: "SipProcess | None",
) -> int:
    """Run the daemon with its configuration, which comes from `path`; first: a SIP process that is started already."""
    import asyncio  # noqa: PLC0415

    from appliance.app.daemon import App  # noqa: PLC0415
    from appliance.app.paths import Places  # noqa: PLC0415
    from appliance.app.sip_settings import sip_settings  # noqa: PLC0415
    from appliance.system import journald, lock  # noqa: PLC0415

    journald.never_wait()
    logging.basicConfig(level=logging.INFO, handlers=[journald.handler()])
    faulthandler.enable()  # a daemon that hangs gets SIGABRT from systemd's watchdog: the log then shows where it hung
    state = given.state or default_state()
    places = Places(state, Path(os.environ["RUNTIME_DIRECTORY"]) if "RUNTIME_DIRECTORY" in os.environ else state)
    held = lock.take(state)
    try:
        recorder = None
        if given.record_inputs:
            from appliance.replay.record import Recorder  # noqa: PLC0415  late: seldom

            recorder = Recorder(given.record_inputs)
        if first is not None:
            first.begin(sip_settings(config, secrets, places))
        # Objects that live as long as the daemon are not examined for garbage again and again.
        gc.freeze()
        gc.enable()
        simulated = given.demo or config.panel.lines == "simulated"
        app = App(config, secrets, places, simulated=simulated, file=path, flats=flats, recorder=recorder, first=first)
        asyncio.run(app.run())
    finally:
        if held >= 0:
            os.close(held)
    return 0


@unread_is_dropped()
def replay(path: Path) -> int:
    """Print a recorded run as it goes now; 0: same results, 1: different ones, 2: it cannot be read."""
    from appliance.replay import run as recorded  # noqa: PLC0415  late: not for the daemon

    try:
        report = recorded.replay(path)
    except IntercomError as err:
        print(err, file=sys.stderr)
        return 2
    print(*report.timeline, sep="\n")
    print(f"{report.inputs} inputs, recorded {report.recorded} by intercomd {report.version}.")
    print(f"The recording ends: {report.ended}." if report.ended else "The recording is incomplete.")
    if report.version != appliance.__version__:
        print(f"This is intercomd {appliance.__version__}: a difference may be intended.")
    print(
        "The replay matches the recording." if report.difference is None else f"The replay differs: {report.difference}"
    )
    return 0 if report.difference is None else 1


def default_state() -> Path:
    """The directory of systemd's StateDirectory=, else the user's own. Raises IntercomError."""
    if "STATE_DIRECTORY" in os.environ:
        return Path(os.environ["STATE_DIRECTORY"])
    from appliance.base import durable  # noqa: PLC0415  late: not for the service

    return durable.state_of_user("intercomd", "--state")


@unread_is_dropped()
def show(what: object) -> int:
    """Print a value as JSON."""
    print(json.dumps(what, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
