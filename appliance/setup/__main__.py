"""The command line of the set-up: `intercomd-setup`."""

import argparse
import getpass
import os
import sys
from contextlib import suppress
from pathlib import Path

import tomli
from msgspec.structs import replace

import appliance
from appliance.audio.cards import cards
from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError, sentences
from appliance.base.printable import unread_is_dropped
from appliance.board.chips import chips
from appliance.board.firmware import model
from appliance.config.load import check
from appliance.core.model import BROWSERS
from appliance.core.views.appliance import Finding
from appliance.doctor import lines, sound
from appliance.setup import ask, choices, importer, render, station
from appliance.setup.ask import Terminal

CHECKED = "Check the path, and its disc."
CONFIG = Path("/etc/intercomd/intercomd.toml")
BOOT = Path("/boot/firmware/intercomd.toml")


def main(arguments: list[str] | None = None, root: Path = Path("/")) -> int:
    """Run the set-up; the exit status: 0 done, 1 refused or not possible, 2 wrong usage. `root`: of the files."""
    with unread_is_dropped():
        given = parser().parse_args(arguments)
    try:
        return import_(given) if given.import_ else set_up(given, root)
    except IntercomError as err:
        print(err, file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was written.", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """All options; the man page is generated from them."""
    made = argparse.ArgumentParser(
        prog="intercomd-setup",
        description="Finds sound cards and GPIO lines, proposes a configuration for intercomd, checks it, and says "
        "what to wire.",
    )
    made.add_argument("--yes", action="store_true", help="ask nothing: accept the proposal")
    made.add_argument(
        "--ring",
        default="",
        metavar="URI",
        help=f"what the button rings: an address such as sip:kitchen@192.0.2.10, or {BROWSERS} for the station's page, "
        "which then comes by HTTPS in the whole network",
    )
    made.add_argument("--print", action="store_true", help="print the configuration and write nothing")
    made.add_argument("--force", action="store_true", help="replace an existing configuration, which is kept as .old")
    made.add_argument("--config", type=Path, metavar="FILE", default=CONFIG, help=f"file to write (default {CONFIG})")
    made.add_argument(
        "--import",
        dest="import_",
        type=Path,
        metavar="FILE",
        nargs="?",
        const=BOOT,
        help=f"import this configuration (default {BOOT}): check it, and move its secrets away",
    )
    made.add_argument("--version", action="version", version=f"intercomd-setup {appliance.__version__}")
    return made


def import_(given: argparse.Namespace) -> int:
    """`intercomd-setup --import`."""
    done = importer.run(given.import_, given.config)
    print(f"{done.file} {'was imported from' if done.changed else 'already has the content of'} {given.import_}.")
    if done.warning:
        print(done.warning, file=sys.stderr)
        return 1
    return 0


def set_up(given: argparse.Namespace, root: Path) -> int:
    """Propose, ask, check, write, and print what to wire."""
    file: Path = given.config
    terminal = Terminal(_input, getpass.getpass, print)
    replaces = not given.print and station.configured(file)
    if replaces and not given.force:
        failed = IntercomError(
            ErrorCode.CONFLICT,
            f"This station is already configured in {file}.",
            "",
            "Add --force to replace it (it is kept as .old), or --print to see the proposal.",
        )
        if given.yes or not ask.confirmed(
            terminal, f"This station is already configured in {file}. Replace it?", default=False
        ):
            raise failed
    lines_ = chips(root / "dev")
    try:
        found = cards()
    except IntercomError as error:
        found = ()
        print(error, file=sys.stderr)
    for path, why in lines_.closed:
        print(f"{path} cannot be examined: {why}. Run this as root.", file=sys.stderr)
    chosen = replace(choices.suggest(found, lines_), ring=given.ring)
    if not given.yes and not given.print:
        chosen = ask.questions(terminal, chosen, found, lines_)
    password_file = file.with_name(f"{render.ACCOUNT}.password")
    text = render.configuration(chosen, model(root), password_file)
    findings = examined(text, file, root)
    if given.print:
        print(text, end="")
    else:
        try:
            file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            if chosen.account:
                secret = f"{chosen.account.password}\n"
                durable.update(password_file, secret, mode=0o600, user=station.USER, group=station.GROUP)
            station.write(file, text)
        except OSError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"{file} cannot be written.",
                f"{error.strerror}.",
                "Run this as root: sudo intercomd-setup" if isinstance(error, PermissionError) else CHECKED,
            ) from error
        report(chosen, findings, file)
    return 1 if any(finding.level == "problem" for finding in findings) else 0


def examined(text: str, file: Path, root: Path) -> list[Finding]:
    """The doctor's findings about it. Raises IntercomError if the file would have errors."""
    config = check(tomli.loads(text), file.name)
    return [*sound.examine(config, root / "proc"), *lines.examine(config, root)]


def report(chosen: choices.Choices, findings: list[Finding], file: Path) -> None:
    """Print the result: the written file, the wiring that remains to do, and the faults."""
    print(f"\n{file} is written.\n\nWire it:")
    for sentence in render.wiring(chosen) or ["There is nothing to wire: no line was chosen."]:
        print(f"  {sentence}")
    wrong = [finding for finding in findings if finding.level != "ok"]
    if wrong:
        print("\nNot ready yet:")
    for finding in wrong:
        said = sentences(f"{finding.check}:", finding.message, finding.cause, finding.resolution)
        print(f"  {finding.level}: {said}")
    print("\nThen:\n  sudo systemctl restart intercomd intercomd-guard\n  intercomctl panel test")
    if chosen.ring == BROWSERS:
        print("  sudo intercomctl page")
    if not chosen.ring:
        print(f"\nThe button has no target yet: see the end of {file}.")


def _input(question: str) -> str:
    """Like input(), which would print its question on standard error if standard output is not a terminal."""
    print(question, end="", flush=True)
    line = sys.stdin.readline() if sys.stdin is not None else ""  # None: it is closed
    if not line:
        raise EOFError
    if not sys.stdin.isatty():
        print(line, end="")
    return line


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        sys.exit(main())
    os._exit(1)
