"""The catalogue: what this version has, and a test that shows each: every event, endpoint and error, in groups.

It also has the orders to doors, panel, calls and accounts over D-Bus, and those to doors and panel by the command line.
All that a group has is shown (see `tests/support/shown.py`) by a test of a folder that counts: what comes from a line
or reader of the panel is shown in the lab only, where lines are real. `elsewhere.tsv` has the events, endpoints and
errors of no group that no test shows so: each names a test of it, which may do without a real far end or client.
"""

import importlib
import re
from pathlib import Path

import pytest

from appliance.base.errors import HTTP_STATUS, RESERVED
from appliance.bus.calls import CALL
from appliance.bus.conferences import CONFERENCE
from appliance.bus.interfaces import ACCOUNT, APPLIANCE, DOOR
from appliance.cli import ordered
from appliance.core.access.keypads import NOBODY
from appliance.core.events import EVENTS
from appliance.core.model import (
    AccessScope,
    Cause,
    CredentialKind,
    Denial,
    LockoutScope,
    OpenedBy,
    Pattern,
    RingResult,
    SensorKind,
)
from appliance.panel.entry.wiegand_frames import Spoiled
from tests.api.described import description
from tests.support.shown import CHOICES, SHOWN, template

HERE = Path(__file__).parent
TESTS = HERE.parent
FOLDERS = {"calls": {"daemon"}, "doors": {"daemon", "lab"}, "lines": {"lab"}}
FAMILIES = {
    "calls": ("call.", "account.", "network.", "server.", "contact.", "message.", "info.", "conference.", "request."),
    "doors": ("door.", "code.", "access.", "dtmf.", "rule."),
    "lines": ("button.", "lamp.", "panel.", "keypad.", "card.", "sensor.", "ring."),
}
LEAF = {"door.opened", "door.closed", "door.held_open", "door.forced"}  # reported by a contact
ROOTS = {
    "calls": (
        "calls",
        "accounts",
        "contacts",
        "conferences",
        "messages",
        "operations",
        "log/calls",
        "config",
        "recordings/live",
    ),
    "doors": ("doors", "panel", "codes", "rules", "tokens", "log/doors"),
}
CHOSEN = {
    "doors": {
        "access.denied": AccessScope,
        "access.locked_out": (LockoutScope.CALLER, LockoutScope.SOURCE, LockoutScope.TARGET, LockoutScope.CLIENT),
        "code.added": CredentialKind,
        "door.denied": Denial,
        "door.unlocked": (OpenedBy.API, OpenedBy.DTMF),
        "dtmf.received": ("rfc4733", "info", "inband"),
    },
    "lines": {
        "access.locked_out": (LockoutScope.KEYPAD, LockoutScope.READER, LockoutScope.DOOR),
        "card.discarded": Spoiled,
        "door.unlocked": (OpenedBy.BUTTON, OpenedBy.KEYPAD, OpenedBy.CARD, OpenedBy.EXIT, OpenedBy.RULE),
        "keypad.refused": (Denial.WRONG, Denial.LOCKED_OUT, NOBODY),
        "lamp.changed": Pattern,
        "ring.ended": RingResult,
        "sensor.changed": set(SensorKind) - {SensorKind.CONTACT},  # reported as the door's leaf
    },
}
CALLS_OF_APPLIANCE = {"Dial", "HangupAll", "MakeConference", "SendMessage", "SetForwarding", "SetDoNotDisturb"}
OF_APPLIANCE = {"OpenDoor", "PressButton", "Buttons", "Event"}  # what doors and panel have there
COMMANDS = {
    *(f"door {act}" for act in ordered.commands()["door"]["requests"]),
    "press",
    "clear",
    "panel",
    "log doors",
} | {f"code {act}" for act in ("list", "add", "remove")}
ERRORS = {
    *("door-not-found", "door-locked-down", "door-blocked", "button-not-found", "lamp-not-found", "sensor-not-found"),
    *(
        "code-not-found",
        "token-not-found",
        "flat-not-found",
        "unauthorized",
        "forbidden",
        "conflict",
        "parameter-invalid",
        "unavailable",
    ),
}


def shown(group):
    """All that tests which count for the group show: row -> tests."""
    for folder in set().union(*FOLDERS.values()):
        for file in (TESTS / folder).rglob("test_*.py"):
            importlib.import_module(".".join(file.relative_to(TESTS.parent).with_suffix("").parts))
    counts = tuple(f"tests.{folder}." for folder in FOLDERS[group])
    return {
        row: found for row, tests in SHOWN.items() if (found := [test for test in tests if test.startswith(counts)])
    }


def there(group):
    """All that the group has."""
    described = description()["paths"]
    named = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    ids = re.compile(r"\{(call|conference)\}")
    paths = {ids.sub("{id}", row).replace("{account}", "{name}") for row in named}
    roots = tuple(f"/v1/{root}" for root in ROOTS.get(group, ()))
    leaf = LEAF if group == "lines" else set()
    kinds = {kind for kind in EVENTS if kind.startswith(FAMILIES[group])} - LEAF | leaf
    chosen = CHOSEN.get(group, {})
    told = kinds - set(CHOICES) | {
        f"{kind} {CHOICES[kind]}={value}" for kind, values in chosen.items() for value in values
    }
    asked = {row for row in paths if roots and row.partition(" ")[2].startswith(roots)}
    return (
        told
        | asked
        | {
            "calls": calls_on_bus() | {f"cause:{cause}" for cause in Cause},
            "doors": on_bus() | by_command() | {f"error:{code}" for code in ERRORS},
        }.get(group, set())
    )


def on_bus():
    """Methods, signals and properties of doors and panel on the message bus."""
    appliance = {f"Appliance1.{name}" for name in members(APPLIANCE) & OF_APPLIANCE}
    return appliance | {f"Door1.{name}" for name in members(DOOR)} | {"Door1.PropertiesChanged"}


def calls_on_bus():
    """Methods about calls, the conference and accounts on the message bus."""
    appliance = {f"Appliance1.{name}" for name in CALLS_OF_APPLIANCE}
    objects = {"Call1": CALL, "Conference1": CONFERENCE, "Account1": ACCOUNT}
    return appliance | {f"{name}.{method.name}" for name, each in objects.items() for method in each.methods}


def members(interface):
    return {each.name for each in (*interface.methods, *interface.properties)} | {name for name, _ in interface.signals}


def by_command():
    return {f"intercomctl {command}" for command in COMMANDS}


def elsewhere():
    """Row -> file and name of its test."""
    lines = (HERE / "elsewhere.tsv").read_text().splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def endpoints():
    """Every endpoint by its path in the description, with its row."""
    ids = re.compile(r"\{(call|conference)\}")
    return {
        f"{method.upper()} {path}": f"{method.upper()} {ids.sub('{id}', path).replace('{account}', '{name}')}"
        for path, methods in description()["paths"].items()
        for method in methods
    }


def beside_the_groups():
    """The events, endpoints and errors of no group, by their rows."""
    rows = set().union(*map(there, FOLDERS))
    grouped = rows | {row.partition(" ")[0] for row in rows} & set(EVENTS)
    named = [*EVENTS, *(f"error:{code}" for code in HTTP_STATUS if code not in RESERVED)]
    return {name: row for name, row in ({name: name for name in named} | endpoints()).items() if row not in grouped}


@pytest.mark.parametrize("group", FOLDERS)
def test_all_that_a_group_has_is_shown(group):
    assert there(group) - set(shown(group)) == set()


def test_what_is_in_no_group_is_shown_or_has_a_row_elsewhere():
    known = set().union(*(shown(group) for group in FOLDERS))
    assert {name for name, row in beside_the_groups().items() if row not in known} == set(elsewhere())


def test_what_is_shown_counts_in_its_group_and_is_there():
    counted = set().union(*(there(group) & set(shown(group)) for group in FOLDERS))
    beside = set(beside_the_groups().values()) | set(EVENTS) | {f"error:{code}" for code in HTTP_STATUS}
    assert not set(SHOWN) - counted - beside, "shown where it does not count, or not there"


@pytest.mark.parametrize(("row", "where"), elsewhere().items(), ids=str)
def test_a_row_elsewhere_names_a_test_of_it(row, where):
    file, _, name = where.partition("::")
    text = (TESTS.parent / file).read_text()
    assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{where} is no test"
    word = row.removeprefix("error:").partition(" ")[2].partition("{")[0] or re.split(r"[.:]", row)[-1]
    assert word in text, f"{where} does not name {word}"


def test_paths_are_counted_as_the_catalogue_writes_them():
    assert template("/v1/calls/c-1/hold") == "/v1/calls/{id}/hold"
    assert template("/v1/accounts/a/register?x=1") == "/v1/accounts/{name}/register"
    assert template("/v1/conferences/k-1/participants?call=c-1") == "/v1/conferences/{id}/participants"
    assert template("/v1/log/calls?limit=1") == "/v1/log/calls"
    assert template("/v1/panel/lamps/a/test") == "/v1/panel/lamps/{lamp}/test"
