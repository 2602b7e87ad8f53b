"""A check of the tree that fails says which file to change, and by which command."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.tree.conftest import REMEDIES, remedy
from tests.tree.sources import ROOT, text

HERE = ROOT / "tests/tree"


def test_each_module_of_checks_has_a_remedy():
    modules = {path.stem for path in HERE.glob("test_*.py")} - {"test_remedies"}
    assert modules == REMEDIES.keys(), f"Change REMEDIES in tests/tree/conftest.py: {modules ^ REMEDIES.keys()}"


@pytest.mark.parametrize("module", REMEDIES)
def test_a_remedy_names_files_and_commands_that_are_there(module):
    said = remedy(module)
    named = re.findall(r"(?:[\w-]+/)+[\w.-]+\.\w+|\b[A-Z]\w+\.md", said)
    assert named and not [each for each in named if not (ROOT / each).exists()]
    for name in re.findall(r"\b([A-Z]{4,}(?:_[A-Z]+)*)\b(?!\.md)", said):
        assert any(re.search(rf"(?m)^{name}\b", text(ROOT / each)) for each in named if each.endswith(".py")), name
    for target in re.findall(r"make (\w+)", said):
        assert re.search(rf"(?m)^{target}:", text(ROOT / "Makefile"))


def test_a_failing_check_shows_its_remedy(tmp_path):
    shutil.copy(HERE / "conftest.py", tmp_path)
    (tmp_path / "test_times.py").write_text("def test_of_times():\n    assert 1 == 2\n")
    alone = "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)
    command = [sys.executable, "-m", "pytest", *alone, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "what mends it" in done.stdout and remedy("test_times") in done.stdout
