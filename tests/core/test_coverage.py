"""Every branch of the core is taken by the tables of its tests alone; nothing is excused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "appliance" / "core"
# not those that find their way by themselves: what is only met by chance is not tested
TABLES = sorted(
    path
    for path in Path(__file__).parent.rglob("test_*.py")
    if path.stem
    not in {"test_bounded_walks", "test_coverage", "test_every_state", "test_sequences", "test_small_walks"}
    and not path.stem.startswith("test_walk_of_")
)
# nor such tests among the tables
BY_NAME = ["-q", "-k", "not every_state and not random"]


@pytest.mark.long(170)
def test_every_branch_of_the_core_is_taken(tmp_path, record_property):
    settings = tmp_path / "coverage.ini"
    settings.write_text("[run]\nbranch = true\n[report]\nexclude_lines =\n")
    data, report = tmp_path / "data", tmp_path / "report.json"
    coverage = [sys.executable, "-m", "coverage"]
    shared = [f"--rcfile={settings}", f"--data-file={data}"]
    ran = subprocess.run(
        [*coverage, "run", *shared, f"--source={CORE}", "-m", "pytest", *BY_NAME, "-p", "no:cacheprovider", *TABLES],
        cwd=ROOT,
        env={
            name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_", "PYTEST_"))
        },
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    subprocess.run([*coverage, "json", *shared, "-q", "-o", report], cwd=ROOT, check=True)
    told = json.loads(report.read_text())
    assert set(told["files"]) == {str(path.relative_to(ROOT)) for path in CORE.rglob("*.py")}
    missing = [
        f"{name}: lines {file['missing_lines']}, branches {file['missing_branches']}, excused {file['excluded_lines']}"
        for name, file in told["files"].items()
        if file["missing_lines"] or file["missing_branches"] or file["excluded_lines"]
    ]
    assert not missing, "\n" + "\n".join(missing)
    assert told["totals"]["percent_covered"] == 100
    record_property("figures", f"{told['totals']['num_branches']} branches")
