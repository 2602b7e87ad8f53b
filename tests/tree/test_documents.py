"""What documents and descriptions claim, held against the code."""

import ast
import re

import pytest

from appliance.cli.tokens import SCOPES
from appliance.core import events
from appliance.core.model import Action
from tests.lab.test_tutorial import TUTORIAL, on_the_computer, steps
from tests.tree.sources import ROOT, modules, nodes
from tests.tree.test_imports import STOREYS

ELSEWHERE = {"panel", "audio"}  # they have events of their own


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def parts():
    """All parts that the code reports as failed."""
    for file in modules("appliance"):
        for node in nodes(file):
            match node:
                case ast.keyword(arg="part", value=ast.Constant(value=str(part))):
                    yield part
                case ast.Assign(targets=[ast.Name(id="PART")], value=ast.Constant(value=str(part))):
                    yield part


def test_the_event_of_a_part_that_fails_names_every_part():
    named = events.ApplianceDegraded.__doc__
    missing = {part for part in {*parts(), "kept", "relay"} - ELSEWHERE if not re.search(rf"\b{part}\b", named)}
    assert not missing


@pytest.mark.parametrize("action", Action)
def test_the_guide_to_buttons_lists_every_action(action):
    assert f"`{action}`" in text("docs/how-to/wire-lines.md")


@pytest.mark.parametrize("module", ["system/journald.py", "store/wav.py", "panel/guard.py"])
def test_the_dependencies_say_what_is_our_own(module):
    assert (ROOT / "appliance" / module).is_file()
    assert f"`{module}`" in text("docs/explanation/dependencies.md")


def test_debians_readme_needs_no_lgpio():
    told = " ".join(text("packaging/debian/README.Debian").split())
    assert "python3-libgpiod, which comes with the package, reaches them. Nothing else is needed." in told


def test_the_list_of_parts_is_where_the_changes_place_it():
    told = " ".join(text("CHANGELOG.md").split())
    assert "list of the parts in them is in [Wire buttons, lamps and the door relay](docs/how-to/wire-lines.md)" in told
    assert "| part | what | for |" in text("docs/how-to/wire-lines.md")


def test_the_guide_to_the_bus_says_what_the_package_has_done():
    told = " ".join(text("docs/how-to/use-d-bus.md").split())
    assert "The package has done steps 1 and 2" in told
    assert "packaging/dbus/* usr/share/dbus-1/system.d" in text("packaging/debian/intercomd.install")


def test_the_guide_to_tokens_lists_every_scope():
    assert re.findall(r"^\| `(\w+)` \|", text("docs/how-to/give-programs-access.md"), re.MULTILINE) == [*SCOPES]


def test_the_tutorials_test_runs_every_block():
    blocks = [step for _, step in steps() if step[0] in {"sh", "text", "ini"}]
    assert len(blocks) == len(re.findall(r"(?m)^```\w", TUTORIAL.read_text()))
    assert "not in the lab" not in TUTORIAL.read_text()


def test_the_tutorial_tries_the_sound_before_a_press_rings_and_uses_it():
    told = TUTORIAL.read_text()
    assert told.index("panel test sound") < told.index("panel test button.ring")


def test_the_tutorials_block_for_the_computer_copies_what_make_builds(tmp_path):
    debs = [tmp_path / "intercomd_1_all.deb", tmp_path / "python3-pjsua2_1_amd64.deb"]
    for deb in debs:
        deb.write_text("x")
    (block,) = (step[1] for _, step in steps() if step[0] == "sh" and step[2] == "computer")
    copied = []
    (tmp_path / "clone").mkdir()
    on_the_computer(block, tmp_path / "clone", debs, lambda *files, to: copied.extend(file.name for file in files))
    assert copied == ["intercomd_1_all.deb", "python3-pjsua2_1_arm64.deb"]


def test_the_readme_names_the_library_of_lines_by_chip():
    told = " ".join(text("README.md").split())
    assert "lines by `chip` and `line`, keypads and readers on lines | `.venv/bin/pip install gpiod`" in told
    assert "intercomctl --socket ~/.local/state/intercomd-demo/front/http.sock" in told
    assert "ssh -L 8080:127.0.0.1:8080" in told


GUIDES = sorted(
    [*(ROOT / "docs").glob("[het]*/*.md"), *ROOT.glob("*.md"), ROOT / "tests/lab/README.md"], key=lambda path: path.name
)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_headings_and_tables_stand_on_lines_of_their_own(path):
    outside = re.sub(r"(?ms)^ *```.*?^ *```$", "", path.read_text())
    assert [line for line in outside.splitlines() if re.match(r"#+ .{60}", line)] == []
    for table in re.findall(r"(?m)(?:^\|.*\n)+", outside):
        rows = table.splitlines()
        assert len({row.count("|") - row.count("\\|") for row in rows}) == 1, table
        assert [row for row in rows if not row.endswith("|")] == []


@pytest.mark.parametrize(
    "page",
    [*(f"docs/explanation/{name}.md" for name in ("architecture", "dependencies")), "docs/reference/glossary.md"],
)
def test_every_module_that_a_page_on_the_structure_names_is_there(page):
    rooms = "|".join(path.name for path in (ROOT / "appliance").iterdir() if path.is_dir() and path.name[0] != "_")
    named = re.findall(rf"`(?:appliance/)?((?:{rooms})/[a-z_/]+)(?:\.py)?`", text(page))
    assert len(named) > 5
    places = {name: ROOT / "appliance" / name for name in named}
    assert [name for name, path in places.items() if not (path.is_dir() or path.with_suffix(".py").exists())] == []


def test_the_page_on_the_architecture_and_the_map_name_every_room_of_the_core():
    storeys = re.search(r"(?ms)^\| storey \|.*?^$", text("docs/explanation/architecture.md"))[0]
    named = set(re.findall(r"`(\w+)`", storeys))
    assert set().union(*STOREYS) <= named, "docs/explanation/architecture.md: the table of storeys"
    rooms = {path.parent.name for path in (ROOT / "appliance/core").glob("*/room.py")}
    assert {room for room in rooms if f"`appliance/core/{room}`" not in text("CONTRIBUTING.md")} == set()


def kept(path):
    """Whether it is a file, and not one that Python has left."""
    return path.is_file() and path.suffix != ".pyc"


def folders(place):
    """The folders of a folder, without what tools leave there."""
    names = (path.name for path in (ROOT / place).iterdir() if path.is_dir() and any(map(kept, path.rglob("*"))))
    return [name for name in names if name[0] not in "._" and name not in {"build", "dist", "out"} and "." not in name]


def test_the_map_of_the_house_names_every_folder():
    inside = [f"{place}/{name}" for place in ("appliance", "tests") for name in folders(place)]
    assert len(inside) > 30
    named = {*folders(""), *inside} - {"appliance", "docs", "tests"}
    missing = [path for path in sorted(named) if f"`{path}" not in text("CONTRIBUTING.md")]
    assert not missing, f"CONTRIBUTING.md: the map does not name {missing}"


def test_every_path_that_the_map_of_the_house_names_is_there():
    named = set(re.findall(r"`((?:appliance|tests|packaging|docs)/[\w./-]+)`", text("CONTRIBUTING.md")))
    assert len(named) > 40
    assert [path for path in sorted(named) if not (ROOT / path).exists() and "TARGET" not in path] == []


def test_every_part_of_our_own_has_its_decision():
    own = re.findall(r"`((?:\w+/)+\w+\.py)`", text("docs/explanation/dependencies.md").partition("Our own, and why")[2])
    records = "".join(path.read_text() for path in (ROOT / "docs/explanation/decisions").glob("0*.md"))
    assert len(own) > 8
    assert [module for module in own if f"appliance/{module}" not in records] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs/explanation/decisions").glob("0*.md")), ids=lambda path: path.stem
)
def test_a_decision_is_short_and_has_the_parts_of_a_record(path):
    record = path.read_text(encoding="utf-8")
    number = int(path.name[:4])
    parts = ["Context", "Decision", "Consequences", "In the code"]
    assert record.startswith(f"# {number}. ")
    assert "\nStatus: " in record
    assert re.findall(r"(?m)^## (.+)$", record) == parts
    assert record.count("\n") <= 30
