"""A skipped test fails, however it is skipped, in one process and in several."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"

SKIPS = {
    "by a mark": '@pytest.mark.skip(reason="why")\ndef test_one(): pass',
    "by a condition": '@pytest.mark.skipif(True, reason="why")\ndef test_one(): pass',
    "in the test": 'def test_one(): pytest.skip("why")',
    "in a fixture": '@pytest.fixture\ndef thing(): pytest.skip("why")\ndef test_one(thing): pass',
    "as a file": 'pytest.skip("why", allow_module_level=True)',
    "for a module": 'pytest.importorskip("no_such_module", reason="why")\ndef test_one(): pass',
}


def run(folder: Path, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(CONFTEST, folder)
    (folder / "test_it.py").write_text(f"import pytest\n{test}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", folder]
    environment = {**os.environ, "PYTHONPATH": str(CONFTEST.parents[1])}
    words = [*command, *options, folder]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, env=environment)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "workers"])
@pytest.mark.parametrize("way", SKIPS)
def test_a_skip_fails_and_reports_its_reason(tmp_path: Path, way: str, options: tuple[str, ...]) -> None:
    result = run(tmp_path, SKIPS[way], *options)
    assert result.returncode != 0, result.stdout
    assert "which fails: packaging/bootstrap test installs what tests need" in result.stdout
    assert "why" in result.stdout


def test_what_runs_and_what_is_expected_to_fail_are_left_alone(tmp_path: Path) -> None:
    result = run(tmp_path, "def test_one(): pass\n@pytest.mark.xfail\ndef test_two(): assert False")
    assert result.returncode == 0, result.stdout
