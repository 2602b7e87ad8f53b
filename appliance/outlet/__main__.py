"""The process: `python -m appliance.outlet`, started only by the daemon, or with --try by an examination.

Its first line of input is `Settings`, as JSON; the end of its input ends it. Each line of its output is JSON: whether
the broker works, an order that was refused, or the findings of an examination.
"""

import ctypes
import json
import logging
import os
import resource
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from appliance.base import libraries
from appliance.outlet import settings

if TYPE_CHECKING:
    from appliance.outlet.serve import Outlet

# Against a broker that sends a message of 100 MB: paho takes all of it before anybody can look at it.
MEMORY_BYTES = 96 * 2**20
STACK_BYTES = 512 * 1024
PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve, or with --try examine; 1: paho is missing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: the daemon ends us
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.stack_size(STACK_BYTES)
    threading.excepthook = _failed
    logging.basicConfig(level=logging.INFO, format="mqtt: %(levelname)s %(message)s")
    first = sys.stdin.buffer.readline()
    if not first:
        return 0
    of = settings.read(first)
    examines = sys.argv[1:] == ["--try"]
    try:
        from appliance.outlet import serve, trial  # noqa: PLC0415  late: paho is optional
    except ImportError as error:
        message, cause = "The library for MQTT is not installed.", f"{error}."
        resolution = libraries.remedy("python3-paho-mqtt", "paho-mqtt")
        if examines:
            _say([{"level": "problem", "message": message, "cause": cause, "resolution": resolution}])
        else:
            _report(f"{message} {cause}", resolution)
        return 1
    if examines:
        _say(trial.examine(of))
        return 0
    outlet = serve.Outlet(of, _report, _refused)
    threading.Thread(target=_until_the_end, args=[outlet], name="input", daemon=True).start()
    outlet.run()
    return 0


def _until_the_end(outlet: "Outlet") -> None:
    while sys.stdin.buffer.read(1):
        pass
    outlet.stop()


def _report(why: str, resolution: str) -> None:
    _say({"why": why, "resolution": resolution})


def _refused(order: str, why: str, more: int) -> None:
    _say({"order": order, "why": why, "more": more})


def _say(what: Any) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def _failed(of: threading.ExceptHookArgs) -> None:
    """End the process when one of its threads has failed: the daemon starts another one."""
    if of.exc_type is MemoryError:
        _report("The broker sent more than the station takes.", "Look who publishes what at the broker.")
    else:
        threading.__excepthook__(of)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
