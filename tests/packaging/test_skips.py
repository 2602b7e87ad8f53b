"""A skipped test fails, however it is skipped, in one process and in several."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

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


FINE = "def test_one(): pass\n@pytest.mark.xfail\ndef test_two(): assert False"


def run(folder: Path, tests: Mapping[str, str], *options: str) -> tuple[int, dict[str, str]]:
    """Run files of tests at once, as each start of pytest costs seconds: the status, and the report of each file."""
    shutil.copy(CONFTEST, folder)
    files = {f"test_{way.replace(' ', '_')}": way for way in tests}
    for name, way in files.items():
        (folder / f"{name}.py").write_text(f"import pytest\n{tests[way]}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", folder]
    words = [*command, "--continue-on-collection-errors", f"--junitxml={folder / 'report.xml'}", *options, folder]
    environment = {**os.environ, "PYTHONPATH": str(CONFTEST.parents[1])}
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, env=environment)
    reported = dict.fromkeys(tests, "")
    for case in ET.parse(folder / "report.xml").iter("testcase"):
        (name,) = files.keys() & {case.get("classname"), case.get("name")}
        reported[files[name]] += "".join(f"{each.tag}: {each.text}\n" for each in case) or "passed\n"
    assert all(reported.values()), ran.stdout
    return ran.returncode, reported


@pytest.fixture(scope="module", params=[(), ("-n", "1")], ids=["one process", "workers"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, str]]:
    return run(tmp_path_factory.mktemp("skips"), {**SKIPS, "not at all": FINE}, *request.param)


@pytest.mark.parametrize("way", SKIPS)
def test_a_skip_fails_and_reports_its_reason(way: str, ran: tuple[int, dict[str, str]]) -> None:
    status, said = ran
    assert status != 0
    assert said[way].startswith(("failure:", "error:")), said[way]
    assert "which fails: packaging/bootstrap test installs what tests need" in said[way]
    assert "why" in said[way]


def test_what_runs_and_what_is_expected_to_fail_are_left_alone(ran: tuple[int, dict[str, str]]) -> None:
    _, said = ran
    assert said["not at all"].split()[0] == "passed"
    assert "failure:" not in said["not at all"]
    assert "error:" not in said["not at all"]
