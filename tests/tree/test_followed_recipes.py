"""A recipe of CONTRIBUTING.md, followed to the letter in a copy of the tree: its files alone, then `make generated`."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.tree.sources import ROOT, text
from tests.tree.test_recipes import recipe

pytestmark = pytest.mark.thorough

LEFT_OUT = (".git", ".venv", ".*_cache", ".hypothesis", "build", "dist", "out", "__pycache__", "*.egg-info")
VIEWED = """

def test_a_station_that_stops_shows_it():
    state = replace(READY, appliance=replace(READY.appliance, stopping=True))
    assert indications.pictures(state)[0] is Picture.STOPPING
"""
# Each step of the recipe: its place, the file, a line of it, and what is put behind this line; "": at the end.
LAMP_PICTURE = [
    ("appliance/core/model/panel.py", "", '    ERROR = "error"\n', '    STOPPING = "stopping"\n'),
    (
        "appliance/core/panel/indications.py",
        "",
        "    now, true = situation(state), []\n",
        "    if state.appliance.stopping:\n        true.append(Picture.STOPPING)\n",
    ),
    (
        "appliance/config/schema/lamps.py",
        "",
        '    error: Pattern = _pattern("A call failed, or a part does not work.")\n',
        '    stopping: Pattern | None = _pattern("The station is being stopped.", None)\n',
    ),
    ("appliance/api/web/texts/", "en.json", '  "picture.idle": "Ready",\n', '  "picture.stopping": "Stopping",\n'),
    ("appliance/api/web/texts/", "de.json", '  "picture.idle": "Bereit",\n', '  "picture.stopping": "Wird beendet",\n'),
    ("tests/core/test_views.py", "", "", VIEWED),
    ("CHANGELOG.md", "", "## [Unreleased]\n", "\n### Added\n- A lamp shows that the station stops: `stopping`.\n"),
]
PROMISED = (
    *("tests/tree/test_recipes.py", "tests/tree/test_generated.py"),
    *("tests/api/test_page_texts.py", "tests/core/test_views.py", "tests/core/panel", "tests/config/test_load.py"),
)


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(ROOT, tmp_path / "tree", ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)


def ran(tree, *words):
    environment = {**os.environ, "PYTHONPATH": f"{tree}:{tree / 'client'}"}
    done = subprocess.run([sys.executable, *words], cwd=tree, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_a_lamp_picture_that_follows_its_recipe_passes_the_checks(copy):
    assert list(dict.fromkeys(place for place, *_ in LAMP_PICTURE)) == re.findall(r"(?m)^\d\. `([^`]+)`", recipe())
    for place, name, before, added in LAMP_PICTURE:
        path = copy / place / name if name else copy / place
        source = path.read_text(encoding="utf-8")
        assert source.count(before) == 1 or not before, f"{path}: {before!r}"
        path.write_text(source.replace(before, before + added) if before else source + added, encoding="utf-8")
    ran(copy, "-m", "appliance.generate")
    assert "stopping" in (copy / "docs/reference/configuration.md").read_text(encoding="utf-8")
    ran(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not far_end and not thorough", *PROMISED)


def test_the_recipe_names_the_texts_in_every_language():
    for each in (ROOT / "appliance/api/web/texts").glob("*.json"):
        assert each.name.startswith("sentences.") or f"`{each.name}`" in recipe(), each.name
    assert "picture.idle" in text(ROOT / "appliance/api/web/texts/en.json")
