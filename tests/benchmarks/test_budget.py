"""The budget: what exceeds it is named with its figure, its limit and a remedy."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import budget, check, instructions
from benchmarks.budget import Budget, Limit

ROOT = Path(__file__).resolve().parents[2]
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
