"""The process of `python -m appliance.outlet`, started only by the daemon, or with --try by an examination.

Its first line of input is `Settings`, as JSON; the end of its input ends it. Each line of its output is JSON: whether
the broker or a receiver works, an order that was refused, what became of an event, or the findings of an examination.
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
from appliance.outlet.faults import finding

if TYPE_CHECKING:
    from appliance.outlet.serve import Outlet
    from appliance.outlet.webhooks.serve import Webhooks

# Against a broker that sends a message of 100 MB: paho takes all of it before anybody can look at it.
MEMORY_BYTES = 96 * 2**20
LAST_BYTES = 2**20  # more, for the words about it
STACK_BYTES = 512 * 1024
PR_SET_PDEATHSIG = 1
MISSING = "The library for MQTT is not installed."


def main() -> int:
    """Serve, or with --try examine; 1: paho is missing, and there is nothing else to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: the daemon ends us
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES + LAST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.stack_size(STACK_BYTES)
    threading.excepthook = _failed
    sys.excepthook = _main_failed
    logging.basicConfig(level=logging.INFO, format="outlet: %(levelname)s %(message)s")
    first = sys.stdin.buffer.readline()
    if not first:
        return 0
    of = settings.read(first)
    if sys.argv[1:] == ["--try"]:
        return _examine(of)
    outlet, webhooks = _outlet(of), _webhooks(of)
    if outlet is None and webhooks is None:
        return 1
    ends = threading.Thread(target=_until_the_end, args=[outlet, webhooks], name="input", daemon=True)
    ends.start()
    if outlet is not None:
        outlet.run()
    ends.join()
    return 0


def _outlet(of: settings.Settings) -> "Outlet | None":
    """What speaks with the broker, where one is named and paho is there."""
    if not of.host:
        return None
    try:
        from appliance.outlet import serve  # noqa: PLC0415  late: paho is optional
    except ImportError as error:
        _report(f"{MISSING} {error}.", _package())
        return None
    return serve.Outlet(of, _report, _refused)


def _webhooks(of: settings.Settings) -> "Webhooks | None":
    """What sends events to receivers, where some are named. It runs."""
    if not of.webhooks:
        return None
    from appliance.outlet.webhooks.serve import PART, Webhooks  # noqa: PLC0415  late: few stations have webhooks

    webhooks = Webhooks(of, _say)
    webhooks.start()
    _say({"part": PART, "why": "", "resolution": ""})
    return webhooks


def _examine(of: settings.Settings) -> int:
    """Say what is found, of the broker, or of the receivers."""
    if of.webhooks:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  late: few stations have webhooks

        from appliance.outlet.webhooks import trial as webhook_trial  # noqa: PLC0415

        with ThreadPoolExecutor(len(of.webhooks)) as each_apart:  # one that hangs delays no other one
            _say(list(each_apart.map(lambda each: webhook_trial.examine(each, of.times), of.webhooks)))
        return 0
    try:
        from appliance.outlet import trial  # noqa: PLC0415  late: paho is optional
    except ImportError as error:
        _say([finding("problem", MISSING, f"{error}.", _package())])
        return 1
    _say(trial.examine(of))
    return 0


def _package() -> str:
    return libraries.remedy("python3-paho-mqtt", "paho-mqtt")


def _until_the_end(outlet: "Outlet | None", webhooks: "Webhooks | None") -> None:
    while sys.stdin.buffer.read(1):
        pass
    if webhooks is not None:
        webhooks.stop()
    if outlet is not None:
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
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES + LAST_BYTES,) * 2)
        _report("The broker sent more than the station takes.", "Look who publishes what at the broker.")
    else:
        threading.__excepthook__(of)
    os._exit(1)


def _main_failed(*of: Any) -> None:
    """End the process when the main thread has failed."""
    _failed(threading.ExceptHookArgs((*of, threading.main_thread())))
