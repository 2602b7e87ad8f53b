"""The contract is in the repository, and which order exists on which interface is as its table says."""

import re
from functools import cache
from pathlib import Path

import pytest

import appliance
from appliance.base.errors import ErrorCode
from appliance.bus.interfaces import INTERFACES
from appliance.cli.__main__ import parser
from appliance.core.events import EVENTS
from appliance.core.model import Action, CallState, Cause
from appliance.generate.contract import MQTT, by_mqtt, commands, orders, reference, routes
from appliance.orders.subjects import HTTP_ONLY
from appliance.orders.table import ORDERS

PACKAGE = Path(appliance.__file__).parent
CONTRACT = PACKAGE.parent / "docs/reference/contract.md"
STANDARD = {"ObjectManager.GetManagedObjects"}  # of D-Bus itself
INTERFACE = {interface.name.rpartition(".")[2]: interface for interface in INTERFACES}
WHERE = ("HTTP", "D-Bus", "command", "panel", "page")
AT_THE_PANEL = {"lamps", "keypad", "reader"}  # beside the actions of its buttons
BESIDE_THE_VIEWS = {"login", "display"}
WEB = PACKAGE / "api/web"
SCRIPTS = [path.read_text() for path in WEB.rglob("*.[jh][st]*") if path.suffix != ".json"]
KEPT = re.compile(r"const (\w+) = (?:\([^()]*\) => )?(`[^`]*`)")
ASKED = re.compile(
    r"""(?:"(?P<method>[A-Z]+)",\ |(?P<trial>\btried\(.*?,\ )|(?P<kept>=>?\ ))?  # what stands before the path
    [`"][^`"]*?(?P<path>/?\bv1(?![\w.])[^`"?]*)[^`"]*[`"]
    (?:,\ {\ method:\ "(?P<other>[A-Z]+)")?""",
    re.VERBOSE,
)


def named(column):
    """What the rows name on one interface: the texts without the reasons."""
    cells = (row[1 + WHERE.index(column)] for row in orders())
    return [name for cell in cells if not cell.startswith("no: ") for name in cell.split(", ")]


def members():
    """Methods and signals by name, the properties of an interface as one."""
    found = {
        f"{short}.{name}"
        for short, interface in INTERFACE.items()
        for name in (*(method.name for method in interface.methods), *(name for name, _ in interface.signals))
    }
    return found | {f"{short} properties" for short in INTERFACE} | STANDARD


def changes(path):
    """The fields of the body that a PATCH takes, of which each may be an order of its own."""
    from appliance.api.app import openapi

    described = openapi()
    body = described["paths"][path]["patch"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return set(described["components"]["schemas"][body.rpartition("/")[2]]["properties"])


def test_every_order_has_a_name_or_a_reason_on_each_interface():
    rows = orders()
    assert len({row[0] for row in rows}) == len(rows), "an order appears twice"
    for row in rows:
        assert len(row) == 1 + len(WHERE), row
        for cell in row[1:]:
            assert cell.removeprefix("no: ").strip() == cell.removeprefix("no: ") != "", row


def test_every_endpoint_that_the_table_names_is_in_openapi_and_none_is_forgotten():
    known = set(routes())
    parts = [re.fullmatch(r"([A-Z]+ \S+)(?: (\w+))?", name).groups() for name in named("HTTP")]
    assert {endpoint for endpoint, _ in parts} == known
    for path in {endpoint.partition(" ")[2] for endpoint, field in parts if field}:
        fields = {field for endpoint, field in parts if endpoint == f"PATCH {path}"}
        assert fields == changes(path), path


def test_every_member_that_the_table_names_is_on_the_bus_and_no_method_or_signal_is_forgotten():
    named_members = set(named("D-Bus"))
    properties = {f"{short}.{each.name}" for short, interface in INTERFACE.items() for each in interface.properties}
    assert named_members <= members() | properties
    assert members() <= named_members


def test_every_command_that_the_table_names_is_one_and_none_is_forgotten():
    assert set(named("command")) == set(commands(parser()))


@cache
def asked(script):
    """The requests that a script of the page makes: method, and parts of the path, "*" for what is put in there."""
    return tuple(found_in(script))


def found_in(script):
    for name, path in reversed(KEPT.findall(script)):
        script = re.sub(rf"\$\{{{name}(?:\([^()]*\))?\}}", lambda _, path=path: path.strip("`"), script)
        script = re.sub(rf"(?<=, ){name}(?:\([^()]*\))?(?=[,)])", lambda _, path=path: path, script)
    for found in ASKED.finditer(script):
        if not found["kept"]:
            method = found["method"] or found["other"] or ("POST" if found["trial"] else "GET")
            yield method, re.sub(r"\$\{[^{}]*\}", "*", f"/{found['path'].removeprefix('/')}").split("/")


def by_the_page(name):
    """Whether a script makes this request, and names the field of its body."""
    method, path, field = re.fullmatch(r"([A-Z]+) (\S+)(?: (\w+))?", name).groups()
    return any(
        method == each and fits(path.split("/"), written, script)
        for script in SCRIPTS
        if not field or re.search(rf"\b{field}:", script)
        for each, written in asked(script)
    )


def fits(path, written, script):
    """Whether the page can mean this path: a variable part stands for an id, or for what `post` is given."""
    return len(path) == len(written) and all(
        have in {want, "*"} and (have == want or want[0] == "{" or re.search(rf'\bpost\((?:"\w+", )?"{want}"', script))
        for want, have in zip(path, written, strict=True)
    )


def test_the_panel_does_what_the_table_says_and_no_action_is_forgotten():
    assert set(named("panel")) == {*Action, *AT_THE_PANEL} - {Action.NONE}


def test_the_page_makes_the_requests_that_the_table_says_and_no_others():
    views = {view for page in WEB.glob("*.html") for view in re.findall(r'data-view="(\w+)"', page.read_text())}
    assert set(named("page")) == views | BESIDE_THE_VIEWS
    for order, http, *_, page in orders():
        requests = [] if http.startswith("no: ") else http.split(", ")
        assert any(map(by_the_page, requests)) != page.startswith("no: "), order


def test_the_column_of_mqtt_names_what_the_station_publishes_and_every_order_whose_answer_is_no_secret():
    columns = {order: by_mqtt(order, http) for order, http, *_ in orders()}
    assert {topic for topics in columns.values() for topic in topics.split(", ") if topic.startswith("command/")} == {
        f"command/{each.name}" for each in ORDERS if each.of not in HTTP_ONLY
    }
    assert {order for order, topics in columns.items() if topics.startswith(("state/", "event/"))} == {*MQTT}
    made = reference()
    assert all(f"| {order} |" in made for order in columns)


def test_every_request_of_the_page_is_in_the_table():
    endpoints = [name.split(" ")[:2] for name in named("HTTP")]
    for script in SCRIPTS:
        for method, written in asked(script):
            assert any(method == each and fits(known.split("/"), written, script) for each, known in endpoints), written


@pytest.mark.parametrize(
    "names", [CallState, Cause, ErrorCode, EVENTS, routes()], ids=["states", "causes", "errors", "events", "routes"]
)
def test_the_contract_names_every_one(names):
    written = set(re.findall(r"`([^`\n]+)`", CONTRACT.read_text()))
    assert not set(names) - written


def test_what_cites_the_contract_names_the_page():
    texts = ((path, path.read_text()) for path in PACKAGE.rglob("*.py") if "generate" not in path.parts)
    without = [
        f"{path.relative_to(PACKAGE)}: {line.strip()}"
        for path, text in texts
        for line in text.splitlines()
        if re.search(r"\bcontract\b", line, re.IGNORECASE) and "docs/reference/contract.md" not in line
    ]
    assert without == []
