"""The benchmarks run, and write what they promise; no time is looked at."""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.core.model import State
from appliance.core.step import step
from benchmarks import __main__ as program
from benchmarks import arm64, emulated, measures, report
from benchmarks.visits import INPUTS_OF_A_VISIT, SETTINGS, visits
from tests.support.processes import living, tree
from tests.support.waiting import until

BEGUN = """
import signal, subprocess
from benchmarks.processes import kept

def main():
    subprocess.Popen(["sh", "-c", "echo up >up; exec sleep 600"], start_new_session=True)
    signal.pause()

kept(main)
"""
ROOT = Path(__file__).resolve().parents[2]
FACTS = dict.fromkeys(
    ("machine", "cores", "memory_gb", "kernel", "intercomd", "python", "pjsua2", "baresip", "taken", "load_before"), "?"
)

BUILD = """#!/bin/sh -e
# Stands for packaging/deb --only pjsua2 --into DIRECTORY arm64.
umask 022
echo "$1 $2 $5" >>builds
mkdir -p tree/DEBIAN tree/usr/lib/python3/dist-packages
echo "$(cat packaging/pjsua2/configure)" >tree/usr/lib/python3/dist-packages/pjsua2.py
cat >tree/DEBIAN/control <<END
Package: python3-pjsua2
Version: 1
Architecture: arm64
Maintainer: x <x@x>
Description: x
END
dpkg-deb --build tree "$4/python3-pjsua2_1_arm64.deb" >&2
"""


def test_what_a_benchmark_has_started_ends_with_it(tmp_path):
    begun = subprocess.Popen([sys.executable, "-c", BEGUN], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    until((tmp_path / "up").exists, "what it starts")
    started = tree(begun.pid)
    begun.terminate()
    begun.wait()
    until(lambda: not living(started), "the end of all")


@pytest.mark.long(60)
@pytest.mark.far_end
def test_a_tiny_round_of_the_benchmarks_measures_all_three_and_writes_a_table(tmp_path):
    words = [sys.executable, "-m", "benchmarks", "--tiny", "--to", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "benchmarks.json").read_text())
    told = found["measures"]
    for measure in ("start", "order", "ring"):
        assert set(told[measure]) == {"intercomd", "pjsua2", "baresip"}
    for measure in ("edge", "heal", "step"):
        assert set(told[measure]) == {"intercomd"}
    assert all(len(values["samples"]) == 1 for subjects in told.values() for values in subjects.values())
    assert len(found["flood"]["samples"]["press"]) == len(found["flood"]["samples"]["clients"]) == 1
    assert len(found["healing"]["samples"]["address"]["udp"]) == 1
    assert all(list(sizes) == ["20"] for sizes in found["growth"]["samples"].values())
    table = (tmp_path / "benchmarks.md").read_text()
    assert "| Order to INVITE, ms |" in table
    assert "| Another address: registered there, s |" in table
    assert found["kernel"] in table


def test_the_core_s_visits_are_calls_that_are_answered():
    given = visits(3)
    assert len(given) == 1 + 3 * INPUTS_OF_A_VISIT
    state, told = State(SETTINGS), []
    for each in given:
        taken = step(state, each)
        state = taken.state
        told += [event.TYPE for event in taken.events]
    assert told.count("call.connected") == told.count("call.ended") == 3
    assert not state.calls.living


def test_a_part_that_fails_leaves_what_the_others_have_measured(monkeypatch, tmp_path):
    def fails(_directory, _size):
        raise TimeoutError("no registrar came")

    def measured(step):
        return lambda *_: report.results({"step": {"intercomd": [step]}}, FACTS, 1.0, measures.TINY)

    parts = {
        "growth": lambda *_: {"state": {"100": [0.5]}},
        "healing": lambda *_: {"link": {"udp": [3.0]}},
        "arm64": lambda *_: {},
    }
    words = ["--to", str(tmp_path)]
    monkeypatch.setattr(program, "PARTS", parts)
    monkeypatch.setattr(program, "_times", measured(10_000.0))
    assert program.main(words) == 0
    monkeypatch.setattr(program, "PARTS", parts | {"growth": lambda *_: {"state": {"100": [0.25]}}, "healing": fails})
    monkeypatch.setattr(program, "_times", measured(20_000.0))
    with pytest.raises(TimeoutError):
        program.main(words)
    table = (tmp_path / "benchmarks.md").read_text()
    assert "| step, 1/s | 20,000" in table
    assert "| GET /v1/state | 0.25" in table
    assert "| Link down for 30 s: registered again, s | 3.0" in table, "the part that failed shows what it had"
    assert json.loads((tmp_path / "benchmarks.json").read_text())["measures"]["step"]["intercomd"]["max"] == 20_000


def test_the_table_has_spread_and_ratios_and_the_parts_of_a_sum():
    samples = {
        "pss_idle": {"intercomd": [30.0, 40.0, 50.0], "pjsua2": [20.0]},
        "pss_idle/guard": {"intercomd": [5.0]},
        "step": {"intercomd": [12345.6]},
    }
    found = report.results(samples, FACTS, 1.0, measures.TINY)
    about = {"taken": "?", "took_s": 1, "load_before": "?"}
    found["flood"] = {**about, "samples": {"press": [12.34, 10.0, 20.0], "press_p99": [20.0], "503": [431.4]}}
    found["healing"] = {**about, "samples": {"link": {"udp": [3.04, 1.0]}}}
    found["growth"] = {**about, "samples": {"codes": {"100": [0.5], "20": [0.25]}}}
    found["arm64"] = {"taken": "?", "took_s": 1, "samples": {"import": 3532.58, "step": 0.4045, "invite": 1.926}}
    found["station"] = {
        "taken": "?",
        "load_before": "?",
        "took_s": 1,
        "samples": {"start": 1320.0, "start/SIP process": 66.0},
    }
    table = report.table(found)
    assert "| Imports of the daemon | 3,532.58 | 2,676.2 |" in table
    assert "| Start until calls are possible | 1,320.00 | 1,000.0 |" in table
    assert "| &nbsp;&nbsp;of that SIP process | 66.00 | 50.0 |" in table
    assert "| Press to INVITE in the flood, ms | 12.3 (10.0 to 20.0; 3) |" in table
    assert "| Requests refused with Retry-After, 1/s | 431 (431 to 431; 1) |" in table
    assert "| | 20 | 100 |" in table
    assert "| GET /v1/codes, all (1,000 at most) | 0.25 (0.25 to 0.25; 1) | 0.50 (0.50 to 0.50; 1) |" in table
    assert "| Link down for 30 s: registered again, s | 2.0 (1.0 to 3.0; 2) |  |" in table
    assert "| Memory (PSS), idle, MB | 40.0 (30.0 to 50.0; 3) | 20.0 (20.0 to 20.0; 1) |  | 2.0 |  |" in table
    assert "of that guard | 5.0" in table
    assert "| step, 1/s | 12,346 (12,346 to 12,346; 1) |" in table


def test_an_emulated_program_counts_into_a_file_of_its_own_with_the_processes_that_it_forks(tmp_path, monkeypatch):
    monkeypatch.setattr(arm64, "CACHE", tmp_path / "cache")
    counts, emulator = tmp_path / "counts", f"qemu-{platform.machine()}"
    counts.mkdir()
    script = "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done"
    for command in (script, f"({script}; true)"):
        words = [emulator, "-plugin", f"{arm64.plugin()},to={counts}", "/bin/sh", "-c", command]
        subprocess.run(words, check=True, timeout=120)
    plain, forked = sorted(emulated.counts(counts).values())
    assert plain > 100_000
    assert forked > plain


def test_an_emulated_python_has_its_own_modules_and_what_it_starts_by_its_own_name_counts_too(tmp_path, monkeypatch):
    monkeypatch.setattr(arm64, "CACHE", tmp_path / "cache")
    root, script, counts = tmp_path / "root", tmp_path / "python3", tmp_path / "counts"
    python = root / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.symlink_to(Path(sys.executable).resolve())
    (root / "lib").symlink_to(Path(sys.base_prefix) / "lib")
    emulated.stand_in(script, counts, (f"qemu-{platform.machine()}",), python)
    guard = "[sys.executable, '-I', '-S', '-c', 'pass']"
    code = f"import os, sys; print(sys.base_prefix); os.spawnve(os.P_WAIT, sys.executable, {guard}, {{}})"
    words = [script, "-I", "-S", "-c", code]
    done = subprocess.run(words, check=True, timeout=120, capture_output=True, text=True)
    assert done.stdout == f"{root}\n"
    assert len(emulated.counts(counts)) == 2


def test_the_station_s_instructions_are_medians_of_all_processes_together_and_of_each():
    before, after = {1: 1e6, 2: 5e6}, {1: 3e6, 2: 5e6, 3: 4e6}
    assert emulated.since(before, after) == {1: 2e6, 2: 0, 3: 4e6}
    taken = [{1: 2e6, 2: 1e6}, {1: 4e6, 2: 1e6}, {1: 9e6}]
    assert emulated.medians("ring", taken, {"daemon": 1, "SIP process": 2}) == {
        "ring": 5.0,
        "ring/daemon": 4.0,
        "ring/SIP process": 1.0,
    }


def test_the_root_for_arm64_has_what_the_package_depends_on():
    control = (ROOT / "packaging" / "debian" / "control").read_text()
    depends = control.partition("\nDepends:")[2].partition("\nRecommends:")[0]
    names = set(re.findall(r"^ (python3-[a-z0-9-]+)", depends, re.MULTILINE)) - {"python3-pjsua2"}
    assert len(names) > 5
    assert names <= set(arm64.PACKAGES)


def test_pjsua2_for_arm64_is_built_once_for_each_state_of_its_recipe(tmp_path, monkeypatch):
    monkeypatch.setattr(arm64, "ROOT", tmp_path)
    monkeypatch.setattr(arm64, "CACHE", tmp_path / "cache")
    recipe, builds = tmp_path / "packaging" / "pjsua2" / "configure", tmp_path / "builds"
    recipe.parent.mkdir(parents=True)
    script = tmp_path / "packaging" / "deb"
    script.write_text(BUILD)
    script.chmod(0o755)
    folders = []
    for state in ("first", "first", "second"):
        recipe.write_text(state)
        folders.append(arm64.pjsua2())
        assert (folders[-1] / "pjsua2.py").read_text() == f"{state}\n"
    assert folders[0] == folders[1] != folders[2]
    assert builds.read_text() == "--only pjsua2 arm64\n" * 2


def test_a_file_that_the_emulator_has_only_just_made_counts_nothing(tmp_path):
    (tmp_path / "10").write_bytes(b"")
    (tmp_path / "11").write_bytes((1234).to_bytes(8, sys.byteorder))
    assert emulated.counts(tmp_path) == {11: 1234}


def test_the_document_is_what_the_benchmarks_and_the_findings_make():
    """By hand it would be lost at the next `make bench`."""
    found = json.loads((ROOT / "docs" / "benchmarks.json").read_text(encoding="utf-8"))
    assert (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8") == report.table(found)
