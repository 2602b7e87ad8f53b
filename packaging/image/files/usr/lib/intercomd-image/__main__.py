"""intercomd-image: what the image for a memory card does beside the door phone itself."""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import settings
import slots
import wellness

BOOT = Path("/boot/firmware")
RUN = Path("/run")
GOOD = RUN / "intercomd-image/good"
HELD = slots.NOTES / "held"
CHECK_S = 90
TRIES = 3
NOT_MOUNTED = "Failed mounting bundle"  # what rauc says
UNITS = ("intercomd.service", "intercomd-guard.service")
QUIET_S = 3600


def main() -> int:
    """Run one command; status 0 if it did what it is for."""
    parser = argparse.ArgumentParser(prog="intercomd-image", description="The two slots of this card.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("status", help="the versions in both slots").set_defaults(act=lambda _given: status())
    update_ = commands.add_parser("update", help="install a newer image into the other slot, and restart")
    update_.add_argument("bundle", nargs="?", help="file or address; without it UPDATES of station.txt, as each night")
    update_.set_defaults(act=lambda given: update(given.bundle))
    commands.add_parser("back", help="restart into the other slot, and stay there").set_defaults(act=lambda _: back())
    # For the units.
    for name, act in (("settings", apply), ("check", check), ("good", good), ("failed", failed)):
        commands.add_parser(name).set_defaults(act=lambda _given, act=act: act())
    given = parser.parse_args()
    return given.act(given)


def status() -> int:
    """Print which slot runs, and what the other one has."""
    here = slots.current()
    for slot in "AB":
        well = slots.was_well(slot) or "nothing that was well"
        left = slots.left(slot, slots.environment())
        running = f"runs, version {slots.version()}" if slot == here else f"has {well}, tries left: {left}"
        print(f"slot {slot}  {running}")
    return 0


def apply() -> int:
    """Do what station.txt says; its errors are beside it."""
    source, report = BOOT / "station.txt", BOOT / "station-errors.txt"
    unread = []
    try:
        text = source.read_text("utf-8", "replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        text = ""
        unread = [f"station.txt cannot be read ({error.strerror}): write the card again, or take another one."]
    found, errors = settings.parse(text)
    errors = unread + errors
    for name, content in settings.files(found).items():
        file = RUN / name
        file.parent.mkdir(parents=True, exist_ok=True)
        # networkd is no root, and is to read its file; the others hold a password.
        mode = 0o644 if name.startswith("systemd/") else 0o600
        with open(file, "w", opener=lambda path, flags, mode=mode: os.open(path, flags, mode)) as stream:
            stream.write(content)
    if "HOST_NAME" in found:
        socket.sethostname(found["HOST_NAME"])
    zone = RUN / "intercomd-image/localtime"  # where /etc/localtime leads
    zone.parent.mkdir(parents=True, exist_ok=True)
    zone.unlink(missing_ok=True)
    zone.symlink_to(settings.ZONES / found.get("TIME_ZONE", "Etc/UTC"))
    try:
        if errors:
            print("\n".join(errors), file=sys.stderr)
            report.write_text("\n".join(errors) + "\n")
        else:
            report.unlink(missing_ok=True)
    except OSError as error:  # the card; everything else is done
        print(f"{report} cannot be changed: {error.strerror}.", file=sys.stderr)
    return 0


def check() -> int:
    """Wait until the door phone works; status 1 if it does not within the time, or the daemon ends again and again."""
    end = time.monotonic() + CHECK_S
    while wrong := wellness.unwell(state := _state(), {name: _unit(name, "ActiveState") for name in UNITS}):
        if time.monotonic() >= end or wellness.hopeless(state, int(_unit(UNITS[0], "NRestarts") or 0)):
            print("\n".join(wrong), file=sys.stderr)
            return 1
        time.sleep(2)
    print("The door phone works.")
    return 0


def _state() -> dict[str, Any] | None:
    ended = subprocess.run(["intercomctl", "state", "--json"], capture_output=True, text=True, check=False)
    return json.loads(ended.stdout) if ended.returncode == 0 else None


def _unit(name: str, property_: str) -> str:
    asked = ["systemctl", "show", f"--property={property_}", "--value", name]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def good() -> int:
    """After the self-test: U-Boot may try this slot as often as at first, and an update can come back to it."""
    _stay()
    slots.note_well(slots.current(), slots.version())
    return 0


def _stay() -> None:
    """Give this slot all its tries again, and keep the identity that this start has made up."""
    subprocess.run(["rauc", "status", "mark-good"], check=True)
    if "\nMACHINE_ID=" not in f"\n{slots.environment()}":
        subprocess.run(["fw_setenv", "MACHINE_ID", Path("/etc/machine-id").read_text().strip()], check=True)
    GOOD.parent.mkdir(exist_ok=True)
    GOOD.touch()


def failed() -> int:
    """The self-test has failed, or has not ended: go back if this is an update that never was well."""
    if GOOD.exists():
        return 0
    slot = slots.current()
    stays = slots.verdict(slot, slots.environment(), slots.version())
    if stays:
        print(f"Not well, see intercomd-image-check. {stays} So slot {slot} stays.", file=sys.stderr)
        _stay()  # else its tries would run out, and restarts do not mend it
        return 0
    print(f"Version {slots.version()} is not well: back to slot {slots.OTHER[slot]}.", file=sys.stderr)
    slots.write(HELD, slots.version())
    subprocess.run(["rauc", "status", "mark-bad"], check=True)
    return subprocess.run(["systemctl", "reboot"], check=True).returncode


def update(bundle: str | None) -> int:
    """Install a bundle into the other slot, and restart when there is no call. Each night, only one that is newer."""
    if bundle is None:
        source = RUN / "intercomd-image/updates"
        if not source.exists():
            print("station.txt on the boot partition has no UPDATES; name a bundle.", file=sys.stderr)
            return 2
        bundle = source.read_text().strip()
        asked = subprocess.run(
            ["rauc", "info", "--output-format=json", bundle], capture_output=True, text=True, check=False
        )
        if asked.returncode:
            print(asked.stderr, file=sys.stderr)
            return 1
        offered = json.loads(asked.stdout)["version"]
        held = HELD.read_text().strip() if HELD.exists() else slots.version()
        if not (_newer(offered, slots.version()) and _newer(offered, held)):
            print(f"{offered} is offered; it is not newer than {slots.version()}, or somebody went back from it.")
            return 0
    return _restart() if _installed(bundle) else 1


def _installed(bundle: str) -> bool:
    """Have rauc write the other slot, and show what it says.

    It tries again only where the bundle was not mounted: udev opens the device by which rauc reads an address; if it
    closes that first, rauc has none any more (https://github.com/rauc/rauc/pull/1741).
    """
    for _ in range(TRIES):
        lost = False
        with subprocess.Popen(
            ["rauc", "install", bundle], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as rauc:
            for line in rauc.stdout or ():
                print(line, end="", flush=True)
                lost |= NOT_MOUNTED in line
        if rauc.returncode == 0 or not lost:
            return rauc.returncode == 0
    return False


def _newer(one: str, other: str) -> bool:
    return subprocess.run(["dpkg", "--compare-versions", one, "gt", other], check=False).returncode == 0


def back() -> int:
    """Restart into the other slot; what runs now is not installed again by itself."""
    slot = slots.current()
    other = slots.OTHER[slot]
    if not slots.was_well(other):
        print(f"Slot {other} has nothing to go back to.", file=sys.stderr)
        return 1
    slots.write(HELD, slots.version())
    subprocess.run(["rauc", "status", "mark-active", "other"], check=True)
    return _restart()


def _restart() -> int:
    if subprocess.run(["intercomctl", "idle", "--seconds", str(QUIET_S)], check=False).returncode == 3:  # noqa: PLR2004
        print("There still is a call or an open door; the next restart takes the other slot.", file=sys.stderr)
        return 0
    return subprocess.run(["systemctl", "reboot"], check=True).returncode


if __name__ == "__main__":
    sys.exit(main())
