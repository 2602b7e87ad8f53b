"""Each recipe of CONTRIBUTING.md, followed to the letter in a copy of the tree: its files alone, then `make generated`.

What a recipe leaves out fails here: in the checks of the tree and of the catalogue, in those of the core, which take
every branch, and in the checks of the recipe itself.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.tree.sources import ROOT, text
from tests.tree.test_recipes import recipe
from tests.tree.written_by_recipe import RECIPES

# What is compiled comes along: a file that a recipe changes is compiled again, as it is newer.
LEFT_OUT = (".git", ".venv", ".*_cache", ".hypothesis", "*.egg-info")
MADE = {"build", "dist", "out"}  # at the top of the tree
TREE = "tests/tree", "tests/catalogue", "tests/core/test_coverage.py"
SUBJECTS = "appliance/core/"
STEP = re.compile(r"(?m)^\d\. (.+?):")
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
    """A copy of the tree in which every recipe was followed: `make generated` runs once for all."""

    def ignored(folder, names):
        return {*shutil.ignore_patterns(*LEFT_OUT)(folder, names), *(MADE if folder == str(ROOT) else ())}

    copy = shutil.copytree(ROOT, tmp_path_factory.mktemp("copy") / "tree", ignore=ignored, symlinks=True)
    for followed in RECIPES.values():
        for edit in followed.edits:
            write(copy / edit.file, edit)
    ran(copy, "-m", "appliance.generate")
    return copy


def write(path, edit):
    """Write what a step of a recipe says."""
    source = path.read_text(encoding="utf-8")
    assert source.count(edit.line) == 1 or not edit.line, f"{edit.file} has not one line {edit.line!r}"
    added = edit.added if edit.instead else edit.line + edit.added
    path.write_text(source.replace(edit.line, added) if edit.line else source + edit.added, encoding="utf-8")


def ran(tree, *words):
    environment = {**os.environ, "PYTHONPATH": f"{tree}:{tree / 'client'}"}
    done = subprocess.run([sys.executable, *words], cwd=tree, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def checked(tree, *checks):
    """Run checks in the copy: single tests by their names, files and folders without far ends."""
    single = [each for each in checks if "::" in each]
    pytest_ = "-m", "pytest", "-q", "-p", "no:cacheprovider"
    alone = "-m", "not far_end and not thorough and not exhaustive"
    ran(tree, *pytest_, *alone, *(each for each in checks if each not in single))
    if single:
        ran(tree, *pytest_, *single)


@pytest.mark.thorough
@pytest.mark.parametrize("name", RECIPES)
def test_what_follows_a_recipe_to_the_letter_passes_its_checks(tree, name):
    followed = RECIPES[name]
    file, there = followed.written
    assert there in (tree / file).read_text(encoding="utf-8")
    changed = sorted({edit.file for edit in followed.edits if edit.file.endswith(".py")})
    ran(tree, "-m", "ruff", "check", "--no-cache", *changed)
    ran(tree, "-m", "ruff", "format", "--check", "--no-cache", *changed)
    checked(tree, *followed.checks)


@pytest.mark.thorough
def test_what_follows_all_recipes_passes_the_checks_of_the_tree(tree):
    checked(tree, *TREE)


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
