"""The recipes of CONTRIBUTING.md: what is missing at a place that a recipe names is reported with that place."""

import re

import pytest

from appliance.core.events import EVENTS
from appliance.core.model import Picture
from tests.tree.sources import ROOT, modules, text

RECIPE = "CONTRIBUTING.md, `A lamp picture`"
# What stands for a picture in each file of the recipe that a person writes.
PLACES = {
    "appliance/core/model/panel.py": '    {0.name} = "{0}"',
    "appliance/core/panel/indications.py": "Picture.{0.name}",
    "appliance/config/schema/lamps.py": "    {0}: Pattern",
    "appliance/api/web/texts/en.json": '"picture.{0}"',
    "appliance/api/web/texts/de.json": '"picture.{0}"',
    "appliance/api/web/texts/fr.json": '"picture.{0}"',
    "tests/core/test_views.py": "Picture.{0.name}",
}


def names(place, picture):
    """Whether the file has the line for this picture."""
    wanted = re.escape(PLACES[place].format(picture))
    return re.search(rf"{wanted}\b" if wanted[-1].isalnum() else wanted, text(ROOT / place))


def recipe(name="A lamp picture"):
    """The lines of a recipe."""
    contributing = text(ROOT / "CONTRIBUTING.md")
    found = re.search(rf"(?ms)^### {name}\n(.*?)^##", contributing)
    assert found, f"CONTRIBUTING.md has no section {name}: write it there, or take it out of tests/tree."
    return found[1]


@pytest.mark.parametrize("picture", Picture)
@pytest.mark.parametrize("place", PLACES)
def test_a_lamp_picture_stands_at_each_place_of_its_recipe(place, picture):
    assert names(place, picture), f"{place} lacks the picture {picture}; see {RECIPE}."


def test_the_recipe_of_a_lamp_picture_names_each_file_to_write_in_at_most_six_steps():
    steps = re.findall(r"(?m)^\d\. (`.+)", recipe())
    written = [re.findall(r"`([^`]+)`", step)[0] for step in steps]
    assert list(dict.fromkeys(re.sub(r"..\.json$", "", place) for place in PLACES)) == written[:-1]
    assert written[-1] == "CHANGELOG.md"
    assert len(written) <= 6


def test_something_reports_each_event():
    files = (path for path in modules("appliance") if path.parent.name != "events")
    used = {word for path in files for word in re.findall(r"\w+", text(path))}
    silent = sorted({event.__name__ for event in EVENTS.values()} - used)
    assert not silent, f"Nothing in appliance/core reports {silent}; see CONTRIBUTING.md, `An event`."


def walks():
    """Each walk through the map of the house: its files, and the names that it sends the reader to."""
    contributing = text(ROOT / "CONTRIBUTING.md")
    for walk in re.findall(r"(?ms)^- \*\*(.+?\?)\*\* (.+?)(?=^- |^$)", contributing):
        marked = re.findall(r"`([\w./]+)`", walk[1])
        yield (
            walk[0],
            [name for name in marked if name.endswith(".py")],
            [name for name in marked if name.isidentifier()],
        )


@pytest.mark.parametrize(("question", "files", "names"), [pytest.param(*walk, id=walk[0]) for walk in walks()])
def test_a_walk_through_the_map_leads_to_names_that_are_there(question, files, names):
    defined = "\n".join(text(ROOT / file) for file in files)
    missing = [name for name in names if name != "why" and not re.search(rf"(?m)^(?:def|class) {name}\b", defined)]
    assert names
    assert not missing, f"CONTRIBUTING.md, {question}: {files} define no {missing}."
