"""docs/explanation/security.md is true: each bound has the value that the code has, each link leads somewhere."""

import importlib
import re
from ast import literal_eval
from pathlib import Path

import pytest

from appliance.base import times
from appliance.config.schema import Config
from appliance.core.events import EVENTS

ROOT = Path(__file__).parents[2]
PAGE, CLOCK = ROOT / "docs/explanation/security.md", ROOT / "docs/explanation/the-clock.md"
TEXT = PAGE.read_text()
BOUND = re.compile(r"\| `([a-z0-9_/]+)\.py` `([A-Za-z_]+)(?: = ([^`]+))?` \|$", re.MULTILINE)

DOTTED = sorted(set(re.findall(r"`((?:[a-z]+\.)+(?:<name>\.)?[a-z_]+)(?: = [^`]*)?`", TEXT)))
SETTINGS = [name for name in DOTTED if name.partition(".")[0] in Config.model_fields and name not in EVENTS]


@pytest.mark.parametrize(("module", "name", "value"), BOUND.findall(TEXT), ids=lambda text: text)
def test_a_bound_has_the_value_that_the_page_says(module, name, value):
    place = importlib.import_module(f"appliance.{module.replace('/', '.')}")
    found = getattr(times.Times() if place is times else place, name)
    assert not value or found == literal_eval(value)


def test_every_row_of_the_bounds_names_its_place_in_the_code():
    table = TEXT.partition("\n## Limits\n")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) == len(BOUND.findall(table)) > 20


def test_every_provision_of_en_303_645_has_its_row():
    assert re.findall(r"^\| 5\.(\d+) ", TEXT, re.MULTILINE) == [str(number) for number in range(1, 14)]


@pytest.mark.parametrize("page", [PAGE, ROOT / "SECURITY.md"], ids=lambda path: path.name)
def test_every_link_leads_to_a_file(page):
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize(("page", "least"), [(PAGE, 60), (CLOCK, 12)], ids=lambda value: getattr(value, "name", ""))
def test_every_test_that_a_page_names_is_there(page, least):
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page.read_text()))
    assert len(named) > least
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []
    assert [file for file in re.findall(r"`(tests/[\w/]+\.py)`", page.read_text()) if not (ROOT / file).exists()] == []


HOLDING = r"`(tests/[\w/]+/)?test_\w+(\.py)?`"


def section(title):
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows_of(text):
    """The rows of the tables, without their heads."""
    rows = re.findall(r"(?m)^\|.*\|$", text)
    lines = {number for number, row in enumerate(rows) if set(row) <= set("|- ")}
    return [row for number, row in enumerate(rows) if not {number, number + 1} & lines]


@pytest.mark.parametrize("table", ["Who is believed, and why", "Answers to the station", "Who can do what"])
def test_each_row_of_who_may_do_what_names_the_test_that_holds_it(table):
    rows = rows_of(section(table))
    assert len(rows) >= 7
    assert [row for row in rows if not re.search(rf"{HOLDING}[^|]*\|$", row)] == []


@pytest.mark.parametrize(
    ("title", "begin", "count"), [("The rules", r"\d\. ", 5), ("Who is believed, and why", r"- \*\*", 5)]
)
def test_each_promise_in_sentences_names_the_test_that_holds_it(title, begin, count):
    promises = re.findall(rf"(?ms)^{begin}.*?(?=^{begin}|\n\n|\Z)", section(title))
    assert len(promises) == count
    assert [promise for promise in promises if not re.search(HOLDING, promise)] == []


def test_each_row_of_what_waits_for_a_right_clock_names_the_test_that_holds_it():
    rows = rows_of(CLOCK.read_text())
    assert len(rows) >= 13
    assert [row for row in rows if not re.search(rf"{HOLDING}[^|]*\|$", row)] == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_on_the_page_is_there(setting):
    schema = Config.model_json_schema()
    table, *keys = (key for key in setting.split(".") if key != "<name>")
    here = schema["properties"][table]
    for key in keys:
        (here,) = here.get("patternProperties", {"": here}).values()
        here = schema["$defs"][here["$ref"].rpartition("/")[2]] if "$ref" in here else here
        assert key in here["properties"], setting
        here = here["properties"][key]
