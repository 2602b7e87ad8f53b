"""The directory's CSV file: spreadsheets' output is accepted, and errors are reported with line and column."""

import pytest

from appliance.base.errors import IntercomError
from appliance.config import directory
from appliance.config.core_settings import core_settings
from appliance.config.directory import Flat
from appliance.config.load import check
from appliance.core.model import RingStep

ACCOUNT = {"user": "1", "registrar": "pbx.example", "password_file": "/p"}
RAW = {
    "panel": {"lines": "simulated"},
    "account": {"office": ACCOUNT},
    "door": {"front": {}, "gate": {}},
    "target": {"kitchen": {"uri": "sip:kitchen@192.0.2.8"}, "hall": {"uri": "sip:hall@192.0.2.9"}},
    "plan": {"house": {"steps": [["kitchen", "hall"], ["hall"]], "step_s": [20]}},
}
CONFIG = check(RAW, "t")
HEAD = "flat,name,targets,doors\n"


def flats(text: str, config=CONFIG) -> tuple[Flat, ...]:
    return directory.parse(text.encode() if isinstance(text, str) else text, "flats.csv", config)


def wrong(text) -> list[str]:
    with pytest.raises(IntercomError) as caught:
        flats(text)
    assert caught.value.code == "config-invalid"
    return caught.value.message.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        "flat,name,targets\n12,Miller,kitchen hall\n",
        "flat,name,targets\r\n12,Miller,kitchen hall\r\n\r\n",
        "Flat;Name;Targets\n12;Miller;kitchen hall\n",
        "\ufeffname,targets,flat\nMiller,kitchen  hall,12",
        'flat,name,targets\n"12","Miller","kitchen hall"\n',
        "flat,name,targets\n12, Miller ,\tkitchen hall \n,,\n",
    ],
)
def test_what_spreadsheets_write_is_taken(text):
    assert flats(text) == (Flat("12", "Miller", ("kitchen", "hall")),)


def test_names_may_hold_commas_and_any_letters():
    (flat,) = flats('flat,name,targets\n0012,"Müller, Grün & Söhne",kitchen\n')
    assert (flat.number, flat.name) == ("0012", "Müller, Grün & Söhne")


def test_a_flat_rings_its_targets_one_after_another():
    text = f"{HEAD}12,Miller,kitchen sip:m@192.0.2.20 305,front gate\n3,Smith,house,\n7,Jones,sip:j@192.0.2.21,front\n"
    settings = core_settings(CONFIG, flats(text))
    miller, smith, jones = settings.directory
    names = ("kitchen", "flat 12, 2", "flat 12, 3")
    assert miller.plan.steps == tuple(RingStep((name,), 30) for name in names)
    assert (smith.plan.name, smith.plan.steps) == ("flat 3", settings.plan("house").steps)
    assert [step.targets for step in jones.plan.steps] == [("flat 7",)]
    assert [settings.target(name).uri for name in names[1:]] == ["sip:m@192.0.2.20", "sip:305@pbx.example"]
    assert [settings.target(name).account for name in names[1:]] == ["", "office"]
    assert [settings.target(name).doors for name in ("kitchen", *names[1:])] == [
        (),
        ("front", "gate"),
        ("front", "gate"),
    ]
    assert settings.plan("flat 12") is miller.plan
    assert settings.entry("3") is smith
    assert settings.entry("4") is None


WRONG = [
    ("", ["flats.csv:1: there is no column flat; the first line must name the columns, as in flat,name,targets"]),
    ("flat,name,target\n",
     ["flats.csv:1: there is no column targets; the first line must name the columns, as in flat,name,targets",
      'flats.csv:1: there is no column "target"; the columns are flat, name, targets, doors']),
    ("flat,name,targets,name\n", ["flats.csv:1: column name appears twice"]),
    (HEAD + "12a,Miller,kitchen,\n", ['flats.csv:2: flat: "12a" must be 1 to 12 digits']),
    (HEAD + "\n\n1,A,kitchen,\n1,B,hall,\n", ["flats.csv:5: flat: 1 appears already, as A"]),
    (HEAD + "1,,kitchen,\n", ["flats.csv:2: name: must be 1 to 64 printable characters"]),
    (HEAD + "1,A,,\n", ["flats.csv:2: targets: must name 1 to 8, separated by spaces"]),
    (HEAD + "1,A,a@b,\n", ["flats.csv:2: targets: there is no [target.a@b] or [plan.a@b]"]),
    (HEAD + "1,A,sip:,\n", ["flats.csv:2: targets: sip: is not a SIP address"]),
    (HEAD + "1,A,kitchen,cellar\n", ["flats.csv:2: doors: there is no [door.cellar] (there is front, gate)"]),
    (HEAD + "1,A,kitchen\n", ["flats.csv:2: targets: the line has 3 cells, not 4"]),
    (HEAD + "1,A,kitchen,front,x\n", ["flats.csv:2: doors: the line has 5 cells, not 4"]),
    (HEAD + '1,"A,kitchen,\n', ["flats.csv:2: unexpected end of data"]),
    (HEAD + "x,,,\n",
     ['flats.csv:2: flat: "x" must be 1 to 12 digits',
      "flats.csv:2: name: must be 1 to 64 printable characters",
      "flats.csv:2: targets: must name 1 to 8, separated by spaces"]),
    (HEAD.encode() + b"1,M\xfcller,kitchen,\n", ["flats.csv:2: this is not UTF-8"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), WRONG)
def test_what_is_wrong_is_reported_with_its_line_and_column(text, lines):
    told = wrong(text)
    assert set(lines) <= set(told)
    assert all(line.startswith("flats.csv:") for line in told)


def test_without_an_account_a_number_is_no_target():
    config = check({name: table for name, table in RAW.items() if name != "account"}, "t")
    with pytest.raises(IntercomError, match="and no account for a number"):
        flats("flat,name,targets\n1,A,305\n", config)
    with pytest.raises(IntercomError, match=r"there is no \[door.x\]$"):
        flats(f"{HEAD}1,A,kitchen,x\n", check({"target": RAW["target"]}, "t"))


def test_there_may_not_be_more_flats_than_a_thousand():
    rows = "".join(f"{number},A,kitchen\n" for number in range(1001))
    assert wrong(f"flat,name,targets\n{rows}") == ["flats.csv: there are more than 1000 flats"]


def test_the_file_is_read_where_the_configuration_says(tmp_path):
    assert directory.read(CONFIG) == ()
    path = tmp_path / "flats.csv"
    config = check(RAW | {"directory": {"file": str(path)}}, "t")
    with pytest.raises(IntercomError) as caught:
        directory.read(config)
    assert "No such file" in caught.value.cause
    path.write_text("flat,name,targets\n12,Miller,kitchen\n")
    assert directory.read(config) == (Flat("12", "Miller", ("kitchen",)),)
    path.write_bytes(b"x" * 1_000_001)
    with pytest.raises(IntercomError, match="longer than 1000000 bytes"):
        directory.read(config)


def test_a_flat_may_ring_the_stations_page_beside_its_phones():
    (flat,) = flats("flat,name,targets\n12,Miller,kitchen browsers\n")
    settings = core_settings(CONFIG, (flat,))
    assert [step.targets for step in settings.entry("12").plan.steps] == [("kitchen",), ("browsers",)]
    assert "browsers" not in {target.name for target in settings.targets}
