"""Programs that give way: niceness, limits, environment, and an end with their caller."""

import asyncio
import subprocess
import sys

import pytest

from appliance.base import idle_programs
from tests.support.processes import status
from tests.support.waiting import until

REPORT = """
import os, resource, subprocess
print(os.nice(0), *(resource.getrlimit(each)[0] for each in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)))
print(open("/proc/self/oom_score_adj").read().strip(), resource.getrlimit(resource.RLIMIT_AS)[0])
print(subprocess.check_output(["ionice"], text=True).strip(), os.environ.get("SECRET"), os.environ.get("GIVEN"))
"""


def test_a_program_gives_way_to_others_and_has_limits_and_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("SECRET", "1")
    status, output, errors = asyncio.run(
        idle_programs.run(
            *(sys.executable, "-c", REPORT),
            cpu_s=9,
            file_bytes=7,
            memory_bytes=2**30,
            environment={"GIVEN": "2"},
        )
    )
    limits = ["19", "9", "7", "1000", str(2**30)]
    assert (status, output.decode().split(), errors) == (0, [*limits, "idle", "None", "2"], "")


@pytest.mark.parametrize("words", [["sh", "-c", "echo because >&2; exit 3"], ["there-is-no-such-program"]])
def test_a_failure_has_its_status_and_its_words(words):
    status, output, errors = asyncio.run(idle_programs.run(*words, cpu_s=9))
    assert status != 0 and output == b"" and errors


def test_a_program_ends_with_its_caller_even_if_that_is_killed(tmp_path):
    alive = tmp_path / "pid"
    inner = f"import os, signal; print(os.getpid(), file=open({str(alive)!r}, 'w'), flush=True); signal.pause()"
    outer = (
        "import asyncio, sys\nfrom appliance.base import idle_programs\n"
        f"asyncio.run(idle_programs.run(sys.executable, '-c', {inner!r}, cpu_s=9, file_bytes=99))"
    )
    caller = subprocess.Popen([sys.executable, "-c", outer])
    try:
        until(lambda: alive.exists() and alive.read_text().endswith("\n"), "its process")
    finally:
        caller.kill()
        caller.wait()
    until(lambda: status(int(alive.read_text())) is None, "its end")
