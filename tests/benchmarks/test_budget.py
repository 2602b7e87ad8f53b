"""The budget: what exceeds it is named with its figure, its limit and a remedy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.core.step import step
from benchmarks import budget, check, instructions
from benchmarks.budget import Budget, Limit

ROOT = Path(__file__).resolve().parents[2]
STEP = "    turn = Turn(state, "  # where `step` begins
SMALL = Budget({"instructions.step": Limit("Instructions of a step", 0.8, "Profile it.")}, {"sip": ("pydantic",)})


def full(value: float) -> dict[str, float]:
    """Each figure of this checkout's budget, at so much of its limit."""
    return {name: limit.limit * value for name, limit in budget.read().limits.items()}


def nothing_forbidden() -> dict[str, frozenset[str]]:
    return {process: frozenset({"sys"}) for process in budget.read().forbidden}


def test_what_keeps_to_the_budget_passes(monkeypatch, capsys):
    monkeypatch.setattr(check, "measured", lambda: (full(1.0), nothing_forbidden()))
    assert check.main() == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert all(limit.title in printed.out for limit in budget.read().limits.values())


@pytest.mark.parametrize("name", budget.read().limits)
def test_each_figure_over_its_limit_fails_with_figure_limit_and_remedy(monkeypatch, capsys, name):
    limit = budget.read().limits[name]
    monkeypatch.setattr(check, "measured", lambda: ({**full(1.0), name: limit.limit * 2}, nothing_forbidden()))
    assert check.main() == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert limit.title in said
    assert f"{budget.show(limit.limit * 2)}, the limit is {budget.show(limit.limit)}" in said
    assert said.endswith(limit.remedy)


def test_a_module_that_must_not_be_loaded_is_named_with_its_process():
    loaded = {"sip": frozenset({"pydantic.main", "pydantic", "pydantic_core"})}
    (said,) = budget.excesses(SMALL, {"instructions.step": 0.1}, loaded)
    assert said.startswith("sip: loads pydantic (2 modules), and must not.")


def test_a_figure_without_a_limit_and_a_limit_without_a_figure_both_fail():
    said = budget.excesses(SMALL, {"instructions.new": 1.0}, {})
    assert [each.partition(":")[0] for each in said] == ["instructions.step", "instructions.new", "sip"]


def test_a_busy_loop_in_step_shows_in_the_difference_of_two_children():
    printed = "bare 10\nimported 11\nno_steps 12\nsteps 13\nno_rings 14\nrings 15\n"
    totals = {10: 1_000_000, 11: 501_000_000, 12: 502_000_000, 13: 742_000_000, 14: 600_000_000, 15: 640_000_000}
    report = "".join(f"==9== \n=={pid}== I   refs:      {total:,}\n" for pid, total in totals.items())
    steps = instructions.STEPS * 12
    assert instructions.differences(printed, report) == {"import": 500.0, "step": 240 / steps, "invite": 4.0}


def test_the_program_that_valgrind_counts_runs_each_workload_in_a_child_of_its_own():
    words = [sys.executable, "-m", "benchmarks.instructions"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    pairs = [line.split() for line in done.stdout.splitlines()]
    assert [workload for workload, _ in pairs] == ["bare", "imported", "no_steps", "steps", "no_rings", "rings"]
    assert len({pid for _, pid in pairs}) == len(pairs)


def test_a_step_allocates_something():
    assert instructions.allocated() > 100


@pytest.mark.far_end
def test_a_loop_that_is_put_into_step_is_counted_and_exceeds_the_budget(monkeypatch, tmp_path, capsys):
    """In a copy of the code. valgrind counts instructions, so neither the machine's speed nor its load matters."""
    for room in ("appliance", "benchmarks"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / "appliance" / "core" / "step.py"
    code = module.read_text(encoding="utf-8")
    assert code.count(STEP) == 1
    module.write_text(code.replace(STEP, f"    sum(range(3000))\n{STEP}"), encoding="utf-8")
    monkeypatch.setattr(instructions, "ROOT", tmp_path)
    counted = {f"instructions.{what}": count for what, count in instructions.counted().items()}
    monkeypatch.setattr(check, "measured", lambda: (full(1.0) | counted, nothing_forbidden()))
    assert check.main() == 1
    assert "Instructions of a step, millions: " in capsys.readouterr().err


def test_a_copy_that_each_step_makes_is_counted_and_exceeds_the_budget(monkeypatch, capsys):
    monkeypatch.setattr("appliance.core.step.step", lambda state, given: (bytes(2_000), step(state, given))[1])
    monkeypatch.setattr(
        check, "measured", lambda: (full(1.0) | {"bytes.step": instructions.allocated()}, nothing_forbidden())
    )
    assert check.main() == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("Over budget: Bytes that a step allocates: ")
