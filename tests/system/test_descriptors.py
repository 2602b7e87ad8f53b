"""Descriptors kept back, and a loop that has none: what they leave behind."""

import subprocess
import sys
from pathlib import Path

from appliance.system.descriptors import Reserve
from appliance.system.loopfaults import Rarely

ROOT = Path(__file__).parents[2]

# In a process of its own, as it uses all descriptors up.
USED_UP = """
import os, resource, socket
from contextlib import suppress
from appliance.system.descriptors import Reserve

resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
reserve, used = Reserve(8), []
with suppress(OSError):
    while True:
        used.append(os.open(os.devnull, os.O_RDONLY))
with reserve.lend():
    pairs = [socket.socketpair() for _ in range(4)]
    with suppress(OSError):
        socket.socketpair()
        raise SystemExit("more than it had")
del pairs
with suppress(OSError):
    os.open(os.devnull, os.O_RDONLY)  # what the pairs had
with reserve.lend():
    socket.socketpair()
print("well")
"""


def test_descriptors_are_there_when_all_others_are_used_up():
    done = subprocess.run(
        [sys.executable, "-c", USED_UP], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert (done.stdout, done.returncode) == ("well\n", 0), done.stderr


def open_now() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def test_a_reserve_is_given_back():
    before = open_now()
    reserve = Reserve(8)
    assert len(open_now() - before) >= 8
    reserve.close()
    assert open_now() <= before


def test_a_loop_without_descriptors_says_so_once_a_minute():
    now, said = [0.0], []

    class Loop:
        def default_exception_handler(self, context):
            said.append(context["message"])

    rarely = Rarely(lambda: now[0])
    for _ in range(1000):
        rarely(Loop(), {"message": "accept failed", "exception": OSError(24, "x")})
    rarely(Loop(), {"message": "another"})
    now[0] = 61.0
    rarely(Loop(), {"message": "accept failed", "exception": OSError(24, "x")})
    assert said == ["accept failed", "another", "accept failed (999 more since the last such line)"]
    for number in range(100):
        rarely(Loop(), {"message": str(number)})
    assert len(rarely._seen) <= 32
