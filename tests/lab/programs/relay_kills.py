"""Kills or stops daemon, guard or both in pulses and holds of a relay; runs in the guest.

relay_kills.py WHO SIGNAL ACT SECONDS COUNT DEADLINE: WHO daemon, guard or both; SIGNAL KILL or STOP; ACT open or hold,
for SECONDS. The processes get the signal by their ids at a random moment while the relay is energised, and the line's
level is sampled until it is inactive, and for 5 s from then on. A line of JSON each time: {"after": seconds that the
relay was energised before, "inactive": seconds from the signal, or null if that did not come within DEADLINE seconds,
"back": seconds from then until it was energised again, or null}. The line's pull is at the energised level, so a
process that lets go of it opens the door.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import gpiod
from pacing import paced, pause

LABEL, RELAY = "board", 2
STILL_S = 5.0
MOMENT_S = 5.0  # of the pulse or hold, in which the moment lies: at most half of the shortest one
PATIENCE_S = 120.0
UNITS = {"daemon": ["intercomd"], "guard": ["intercomd-guard"], "both": ["intercomd", "intercomd-guard"]}


def chip():
    """The path of the chip with the relay."""
    for path in Path("/dev").glob("gpiochip*"):
        with gpiod.Chip(str(path)) as found:
            if found.get_info().label == LABEL:
                return path
    raise SystemExit(f"no chip {LABEL}")


PATH = chip()
(VALUE,) = Path("/sys/devices/platform").glob(f"gpio-sim*/{PATH.name}/sim_gpio{RELAY}/value")


def energised():
    return VALUE.read_text().strip() == "1"


def guarded():
    """Whether the guard has the line."""
    with gpiod.Chip(str(PATH)) as opened:
        return opened.get_line_info(RELAY).consumer == "intercomd-guard"


def until(condition, what):
    deadline = time.monotonic() + PATIENCE_S
    for now in paced(0.02):
        if condition():
            return
        if now > deadline:
            raise SystemExit(f"{what}: not within {PATIENCE_S} s")


def process(unit):
    return int(subprocess.check_output(["systemctl", "show", "--property=MainPID", "--value", unit]))


def open_door(act, seconds):
    """Begin a pulse or hold, as soon as somebody can; when the relay was seen energised."""
    # Without this, systemd would wait ever longer before it starts the daemon again.
    subprocess.run(["systemctl", "reset-failed", "intercomd", "intercomd-guard"], check=True)
    subprocess.run(["systemctl", "start", "intercomd-guard", "intercomd"], check=True)
    until(lambda: guarded() and not energised(), "the guard holds the line inactive")
    order = ["intercomctl", "door", "front", act, "--seconds", seconds]
    until(lambda: subprocess.run(order, capture_output=True).returncode == 0, "a pulse")
    until(energised, "the relay is energised")
    assert guarded()
    return time.monotonic()


def main(who, name, act, seconds, count, deadline_s):
    number = getattr(signal, f"SIG{name}")
    done = 0
    while done < count:
        began = open_door(act, seconds)
        pause(random.uniform(0, MOMENT_S))
        processes = [os.pidfd_open(process(unit)) for unit in UNITS[who]]
        at = time.monotonic()
        if energised():  # else this machine is so busy that the pulse was over before: another one is tried
            for each in processes:
                signal.pidfd_send_signal(each, number)
            print(json.dumps({"after": at - began, **follow(at, deadline_s)}), flush=True)
            done += 1
        for each in processes:  # those that are stopped
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(each, signal.SIGKILL)
            os.close(each)


def follow(at, deadline_s):
    for now in paced(0.001):
        if not energised():
            inactive = time.monotonic() - at
            break
        if now > at + deadline_s:
            return {"inactive": None, "back": None}
    began = time.monotonic()
    for now in paced(0.005):
        if energised():
            return {"inactive": inactive, "back": now - began}
        if now > began + STILL_S:
            return {"inactive": inactive, "back": None}
    return None


if __name__ == "__main__":
    main(*sys.argv[1:5], int(sys.argv[5]), float(sys.argv[6]))
