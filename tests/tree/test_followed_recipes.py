"""Each recipe of CONTRIBUTING.md, followed to the letter in a copy of the tree: its files alone, then `make generated`.

What a recipe leaves out fails here: in the checks of the tree and of the catalogue, and in the checks of the recipe
itself, whose tests of the core must take each branch that the recipe adds there.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from itertools import chain
from xml.etree import ElementTree as ET

import pytest

from tests.tree.sources import ROOT, text
from tests.tree.test_recipes import recipe
from tests.tree.written_by_recipe import RECIPES

# What is compiled comes along: a file that a recipe changes is compiled again, as it is newer. Other workers may just
# write some of it, to a name with one more ending.
LEFT_OUT = (".git", ".venv", ".*_cache", ".hypothesis", "*.egg-info", "*.pyc.*")
MADE = {"build", "dist", "out"}  # at the top of the tree
TREE = "tests/tree", "tests/catalogue"
CORE = "tests/core/"
COVERED = "-m", "coverage", "run", "--branch", "--source=appliance/core"
REPORT = "-o", "junit_family=xunit1"  # which names the file of each test
SUBJECTS = "appliance/core/"
STEP = re.compile(r"(?m)^\d\. (.+?):")
FIRST, *OTHERS = RECIPES  # the first one waits for the copy
SHARED = re.search(r"(?ms)^## Recipes\n(.*?)^###", text(ROOT / "CONTRIBUTING.md"))


def steps(name):
    """How each step of a recipe begins."""
    return STEP.findall(recipe(name))


def named(step, file):
    """Whether a step sends its reader to this file."""
    if step == "":
        return SHARED is not None and f"`{file}`" in SHARED[1]
    if "of the subject" in step:
        return file.startswith(SUBJECTS) and (not step.startswith("`room.py`") or file.endswith("/room.py"))
    return file.startswith(tuple(re.findall(r"`([^`]+)`", step)))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree in which every recipe was followed and all checks ran, once for all that run these tests."""
    together = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        together = together.parent
    with (together / "recipes.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (copy := together / "recipes").exists():
            follow(made := tmp_path_factory.mktemp("made") / "tree")
            made.rename(copy)
            check(copy)
    return copy


def follow(copy):
    """Write what the recipes say, and what `make generated` makes of it."""

    def ignored(folder, names):
        return {*shutil.ignore_patterns(*LEFT_OUT)(folder, names), *(MADE if folder == str(ROOT) else ())}

    shutil.copytree(ROOT, copy, ignore=ignored, symlinks=True)
    for followed in RECIPES.values():
        for edit in followed.edits:
            write(copy / edit.file, edit)
    assert (done := run(copy, "-m", "appliance.generate")).returncode == 0, told(done)


def check(copy):
    """Run the checks of the tree and of all recipes: single tests by name, files and folders without far ends."""
    checks = sorted({*TREE, *chain.from_iterable(followed.checks for followed in RECIPES.values())})
    single = [each for each in checks if "::" in each]
    alone = "-m", "not far_end and not thorough and not exhaustive"
    others = [each for each in checks if "::" not in each]
    edited = {edit.file for followed in RECIPES.values() for edit in followed.edits}
    core = sorted(file for file in edited if file.startswith(CORE))
    for report, measured, words in (("alone", (), [*alone, *others]), ("core", COVERED, core), ("single", (), single)):
        options = ("-q", "-p", "no:cacheprovider", *REPORT, f"--junitxml={report}.xml")
        done = run(copy, *measured, "-m", "pytest", *options, *words)
        (copy / f"{report}.log").write_text(told(done))
    done = run(copy, "-m", "coverage", "json", "-q", "-o", "core.json")
    assert done.returncode == 0, told(done)


def write(path, edit):
    """Write what a step of a recipe says."""
    source = path.read_text(encoding="utf-8")
    assert source.count(edit.line) == 1 or not edit.line, f"{edit.file} has not one line {edit.line!r}"
    added = edit.added if edit.instead else edit.line + edit.added
    path.write_text(source.replace(edit.line, added) if edit.line else source + edit.added, encoding="utf-8")


def lines(path, edit):
    """The numbers of the lines that an edit has put into a file."""
    before, added, _ = path.read_text(encoding="utf-8").partition(edit.added)
    first = before.count("\n") + 1
    return range(first, first + len(added.splitlines()))


def run(tree, *words):
    environment = {**os.environ, "PYTHONPATH": f"{tree}:{tree / 'client'}"}
    return subprocess.run([sys.executable, *words], cwd=tree, capture_output=True, text=True, env=environment)


def told(done):
    """What a program has printed, as much of it as a failure shows."""
    return done.stdout[-6000:] + done.stderr[-2000:]


def passed(tree, *checks):
    """Each check has run in the copy, and no test of it has failed."""
    logs = "".join(log.read_text() for log in tree.glob("*.log"))
    tests = [case for report in tree.glob("*.xml") for case in ET.parse(report).iter("testcase")]
    for each in checks:
        file, _, name = each.partition("::")
        of_it = [
            test for test in tests if f"{test.get('file')}/".startswith(f"{file}/") and name in ("", test.get("name"))
        ]
        assert of_it, f"no test of {each} has run:\n{logs}"
        bad = [wrong.text for test in of_it for wrong in (*test.iter("failure"), *test.iter("error"))]
        assert not bad, "\n".join(bad)


@pytest.mark.thorough
@pytest.mark.parametrize("name", [pytest.param(FIRST, marks=pytest.mark.long(420)), *OTHERS])
def test_what_follows_a_recipe_to_the_letter_passes_its_checks(tree, name):
    followed = RECIPES[name]
    file, there = followed.written
    assert there in (tree / file).read_text(encoding="utf-8")
    changed = sorted({edit.file for edit in followed.edits if edit.file.endswith(".py")})
    for words in (("check",), ("format", "--check")):
        assert (done := run(tree, "-m", "ruff", *words, "--no-cache", *changed)).returncode == 0, told(done)
    passed(tree, *followed.checks)


@pytest.mark.thorough
def test_what_follows_all_recipes_passes_the_checks_of_the_tree(tree):
    passed(tree, *TREE)


@pytest.mark.thorough
@pytest.mark.parametrize("name", RECIPES)
def test_the_files_of_tests_that_a_recipe_names_take_each_branch_that_it_adds_to_the_core(tree, name):
    files = json.loads((tree / "core.json").read_text())["files"]
    for edit in RECIPES[name].edits:
        if edit.file.startswith(SUBJECTS):
            found, added = files[edit.file], lines(tree / edit.file, edit)
            assert added, edit.file
            assert not [line for line in found["missing_lines"] + found["excluded_lines"] if line in added], edit.file
            assert not [branch for branch in found["missing_branches"] if abs(branch[0]) in added], edit.file


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_followed_step_by_step(name):
    edits = RECIPES[name].edits
    assert list(dict.fromkeys(edit.step for edit in edits if edit.step)) == steps(name)
    assert not [edit.file for edit in edits if not named(edit.step, edit.file)]
    for step in steps(name):
        for place in re.findall(r"`(\w+/[^`]*)`", step):
            assert any(edit.file.startswith(place) for edit in edits if edit.step == step), f"{name}: {place}"


def test_every_recipe_is_followed():
    contributing = text(ROOT / "CONTRIBUTING.md")
    found = re.search(r"(?ms)^## Recipes\n(.*?)^## ", contributing)
    assert found
    assert re.findall(r"(?m)^### (.+)$", found[1]) == list(RECIPES)


def test_the_recipe_names_the_texts_in_every_language():
    for each in (ROOT / "appliance/api/web/texts").glob("*.json"):
        for name in ("A lamp picture", "An event"):
            assert each.name.startswith("sentences.") or f"`{each.name}`" in recipe(name), each.name
    assert "picture.idle" in text(ROOT / "appliance/api/web/texts/en.json")
