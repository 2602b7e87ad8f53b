"""Imports go one way: the folders are the architecture, and every import is held against this table."""

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.tree.sources import ROOT, parse

EVERY = {"*"}
ADAPTERS = ("sip", "panel", "store", "api", "bus", "system")
# room: a folder or module of appliance/ -> our other rooms that it may name, and why no more
MAY_IMPORT: dict[str, tuple[set[str], str]] = {
    "core": ({"base"}, "core decides and performs nothing, so it imports nothing of ours but base"),
    **dict.fromkeys(("", "base"), (set(), "every room may build on base, so it builds on none")),
    "config": (
        {"orders", "core", "base"},
        "config puts a file into the core's words, and a rule names orders of the list; app hands its values on",
    ),
    **dict.fromkeys(
        ADAPTERS,
        ({"core", "base"}, "an adapter translates between core and the outside; app joins adapters"),
    ),
    **dict.fromkeys(
        ("api", "bus"),
        ({"orders", "core", "base"}, "an adapter translates between core and the outside; app joins adapters"),
    ),
    "orders": ({"core", "base"}, "the list names records of the core, and knows of no adapter"),
    "push": ({"base"}, "the process for notifications meets push services, and knows nothing of the daemon"),
    "outlet": ({"base"}, "it is a client of the daemon, so what brokers and receivers send meets nothing of it"),
    "board": ({"base"}, "the board says what it has, whoever asks"),
    "audio": ({"core", "base"}, "the cards and their mixers, for the process that uses them and for those that look"),
    "sip": (
        {"audio", "simulator", "core", "base"},
        "an adapter translates; it uses the cards or a simulated one, and app joins adapters",
    ),
    "doctor": (
        {"audio", "board", "config", "core", "outlet", "base"},
        "the doctor holds the configuration against the board, with a daemon or without one",
    ),
    "setup": (
        {"audio", "board", "config", "core", "doctor", "base"},
        "the set-up writes a configuration for the board, and has it examined",
    ),
    "simulator": ({"audio", "core", "base"}, "a stand-in takes an adapter's place"),
    "demo": ({"core", "base", "simulator"}, "the demonstration looks at two stations from outside"),
    "replay": ({"core", "base"}, "what was recorded is core's inputs and nothing else"),
    "upkeep": (
        {"config", "store", "system", "core", "base"},
        "upkeep takes configuration and state as files, with a daemon or without one",
    ),
    "cli": (
        {"base", "doctor", "upkeep"},
        "the command line is a client: it knows the HTTP interface only, and what works where no daemon answers",
    ),
    "runtime": ({"core", "base"}, "the reactor turns the core and is handed its adapters by app"),
    "app": (EVERY, ""),
    "__main__": (EVERY, ""),
    "generate": (EVERY, ""),
}
# The core's storeys, from the ground up: a room names only rooms below it. Words, then rules, then what walks them.
STOREYS = (
    {"model"},
    {"inputs", "events", "orders"},
    {"desired"},
    {"call_quality", "call_states", "diagnosis", "summaries", "wall_clock"},
    {"views"},
    {"transition"},
    {"lookup", "tables"},
    {"dispatch", "faults"},
    {"doors", "accounts"},
    {"appliance"},
    {"calls"},
    {"messages", "visitor_ring", "conferences", "transfers"},
    {"access"},
    {"sound"},
    {"audio"},
    {"panel"},
    {"status_line"},
    {"snapshot"},
    {"rules"},
    {"rooms"},
    {"desired_state", "requests"},
    {"step"},
)
WORDS = {"model", "inputs", "events", "views"}
FOUR = ["take", "perform", "due", "wake"]  # what `room` of each rule room offers, in this order
# what of the standard library, and msgspec with it, computes and performs nothing
PURE = {
    "abc",
    "collections",
    "contextlib",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "ipaddress",
    "itertools",
    "math",
    "msgspec",
    "operator",
    "re",
    "typing",
    "zlib",
}
ONLY_IN = {
    "pjsua2": ({"sip/stack"}, "it is native and may abort or hang, so it lives in the SIP process alone"),
    "gpiozero": ({"panel", "simulator"}, "only the panel knows of lines"),
    "alsaaudio": ({"audio"}, "only the room of the cards knows of ALSA's library"),
    "gpiod": ({"panel"}, "only the panel knows of lines"),
    **dict.fromkeys(("starlette", "uvicorn"), ({"api"}, "only the HTTP interface knows of HTTP")),
    "dbus_fast": ({"bus"}, "only the bus knows of D-Bus, and the daemon runs without it"),
    "paho": ({"outlet"}, "only the process for MQTT knows of MQTT, and the daemon runs without it"),
    **dict.fromkeys(
        ("http_ece", "py_vapid", "cryptography"), ({"push"}, "only the process for notifications knows of Web Push")
    ),
    "prometheus_client": ({"api"}, "only the HTTP interface knows of Prometheus, and the daemon runs without it"),
    "sqlite3": ({"store"}, "only the store writes to disc, in one thread"),
}


@dataclass(frozen=True)
class Import:
    """`module` as written in full; `late`: inside a function."""

    path: str
    line: int
    module: str
    late: bool


@cache
def imports(path: str, source: str) -> tuple[Import, ...]:
    """Every import of a file; `from a import b` counts as a.b."""
    return tuple(_imports(path, source))


def _imports(path: str, source: str) -> Iterator[Import]:
    tree = parse(source, path)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    late = {inner for function in functions for inner in ast.walk(function)}
    here = path.removesuffix(".py").removesuffix("/__init__").split("/")
    package = here if path.endswith("/__init__.py") else here[:-1]
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=module, names=names, level=level):
                base = [*package[: len(package) + 1 - level], *filter(None, [module])] if level else [module]
                modules = [".".join([*base, alias.name]) for alias in names]
            case _:
                continue
        yield from (Import(path, node.lineno, name, node in late) for name in modules)


def room(name: str) -> str:
    """appliance.sip.stack.engine or appliance/sip/stack/engine.py -> sip; "": the package itself."""
    parts = name.removesuffix(".py").replace("/", ".").split(".")
    return parts[1] if len(parts) > 1 and parts[1] not in {"__init__", "__version__"} else ""


def core_room(name: str) -> str:
    """appliance/core/calls/hold.py or appliance.core.calls.hold -> calls."""
    return [*name.removesuffix(".py").replace("/", ".").split("."), ""][2]


def same_room(found: Import) -> bool:
    return core_room(found.path) == core_room(found.module)


def storey(name: str) -> int:
    """How high a room of the core lies; the package itself, which holds no rule, lies below all."""
    return next((level for level, rooms in enumerate(STOREYS) if core_room(name) in rooms), -1)


def wrong(found: Import) -> str | None:
    """What is wrong with an import, in a sentence."""
    where, top = room(found.path), found.module.split(".")[0]
    says = f"{found.path}:{found.line} imports {found.module}: "
    if top == "appliance":
        to = room(found.module)
        if found.path == "appliance/panel/guard.py":
            return says + "the guard is started as a file, on the standard library alone"
        if where == to == "sip" and ".sip.stack" in found.module and "/sip/stack/" not in found.path:
            return says + "the daemon's side never loads what the SIP process runs"
        if where == to == "core" and storey(found.module) >= storey(found.path) and not same_room(found):
            return says + "a room of the core names only rooms of the storeys below its own"
        allowed, why = MAY_IMPORT.get(where, (set(), f"{where} is not in the table of what it may import"))
        return None if to in {"", where} or allowed is EVERY or to in allowed else says + why
    if where == "core" and top not in PURE:
        return says + "core computes; clock, files, threads, randomness and logging are the adapters'"
    rooms, why = ONLY_IN.get(top, ({where}, ""))
    return None if any(found.path.startswith(f"appliance/{each}") for each in rooms) else says + why


@cache
def files() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / "appliance").rglob("*.py"))}


def cycle(sources: dict[str, str]) -> list[str]:
    """Modules that import each other before they are read whole; empty if none do."""
    modules = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in sources}
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for name, path in modules.items():
        for found in imports(path, sources[path]):
            named = [found.module, found.module.rpartition(".")[0]]
            target = next((module for module in named if module in modules), None)
            if target is not None and not found.late and target != name:
                graph[name].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_import_goes_the_right_way():
    found = [each for path, source in files().items() for each in imports(path, source)]
    assert len(found) > 100
    assert not (problems := [text for each in found if (text := wrong(each))]), "\n" + "\n".join(problems)


def test_the_client_library_needs_nothing_of_the_station():
    """Its licence and its users want it alone: the standard library and two packages."""
    found = {
        each.module.split(".")[0]
        for path in sorted((ROOT / "client/intercomd_client").rglob("*.py"))
        for each in imports(str(path.relative_to(ROOT)), path.read_text())
    }
    assert found - sys.stdlib_module_names == {"httpx", "intercomd_client", "websockets"}
    needed = tomllib.loads((ROOT / "client/pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"\W", each)[0] for each in needed} == {"httpx", "websockets"}


def test_no_modules_import_each_other():
    assert cycle(files()) == []


def test_every_room_is_in_the_table():
    assert {room(path) for path in files()} <= set(MAY_IMPORT)
    rooms = {core_room(path) for path in files() if path.startswith("appliance/core/")} - {"__init__"}
    assert rooms == set().union(*STOREYS)


def test_every_rule_room_offers_the_same_four_names():
    rooms = sorted(path for path in (ROOT / "appliance/core").iterdir() if path.is_dir() and path.name not in WORDS)
    rooms = [path for path in rooms if path.name != "__pycache__"]
    assert len(rooms) == 12
    walked = (ROOT / "appliance/core/rooms.py").read_text()
    for path in rooms:
        found = ast.parse((path / "room.py").read_text()).body
        names = [node.targets[0].id for node in found if isinstance(node, ast.Assign)]
        names += [node.name for node in found if isinstance(node, ast.FunctionDef)]
        assert [name for name in names if name in FOUR] == FOUR, f"{path.name}/room.py"
        assert f"from appliance.core.{path.name} import room as {path.name}\n" in walked, "rooms.py walks it"


@pytest.mark.parametrize(
    ("path", "line", "why"),
    [
        ("appliance/core/call_states.py", "from appliance.sip import engine", "nothing of ours but base"),
        ("appliance/core/call_states.py", "from appliance import ids", "nothing of ours but base"),
        ("appliance/core/call_states.py", "from ..sip.engine import serve", "nothing of ours but base"),
        *(
            ("appliance/core/call_states.py", f"import {module}", "core computes")
            for module in ("asyncio", "threading", "logging", "time", "os", "pathlib", "sqlite3", "random", "pydantic")
        ),
        ("appliance/core/call_states.py", "def f():\n    import os.path", "core computes"),
        ("appliance/api/routes/calls.py", "from appliance.sip.link import Link", "app joins adapters"),
        ("appliance/sip/link.py", "import appliance.config.schema", "app joins adapters"),
        ("appliance/panel/relay.py", "from appliance import reactor", "app joins adapters"),
        ("appliance/panel/guard.py", "from appliance.base.errors import IntercomError", "standard library alone"),
        ("appliance/config/load.py", "from appliance.panel import lines", "core's words"),
        ("appliance/simulator/panel.py", "from appliance.panel.gpio.factory import lines", "stand-in"),
        ("appliance/runtime/reactor.py", "from appliance.store.journal import Journal", "handed its adapters"),
        ("appliance/base/errors.py", "from appliance import core", "builds on none"),
        ("appliance/__init__.py", "from appliance.app.daemon import App", "builds on none"),
        ("appliance/cli/show.py", "from appliance.core import model", "client"),
        ("appliance/app/daemon.py", "import pjsua2 as pj", "SIP process alone"),
        ("appliance/core/call_states.py", "import pjsua2", "core computes"),
        ("appliance/api/app.py", "import gpiozero", "only the panel"),
        ("appliance/app/bus.py", "from dbus_fast.aio import MessageBus", "only the bus"),
        ("appliance/bus/service.py", "from appliance.api import problems", "app joins adapters"),
        ("appliance/sip/link.py", "import pjsua2", "SIP process alone"),
        ("appliance/sip/link.py", "from appliance.sip.stack import engine", "never loads"),
        ("appliance/core/doors/pulses.py", "from appliance.core.calls import updates", "storeys below"),
        ("appliance/core/transfers/transferee.py", "from appliance.core.conferences import mixing", "storeys below"),
        ("appliance/core/model/calls.py", "from appliance.core import transition", "storeys below"),
        ("appliance/newroom/a.py", "from appliance.core import model", "not in the table"),
    ],
)
def test_a_forbidden_import_is_named_with_its_reason(path, line, why):
    (problem,) = filter(None, map(wrong, imports(path, line)))
    assert problem.startswith(f"{path}:{line.count(chr(10)) + 1} imports ")
    assert why in problem


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("appliance/core/call_states.py", "from appliance.core.model import Call"),
        ("appliance/core/call_states.py", "from .model import Call"),
        ("appliance/core/call_states.py", "from appliance.base.errors import IntercomError"),
        ("appliance/core/call_states.py", "from collections.abc import Callable\nimport enum, re"),
        ("appliance/sip/stack/engine.py", "from appliance.base import ids\nimport asyncio\nimport pjsua2"),
        ("appliance/api/app.py", "import appliance\nfrom appliance import __version__"),
        ("appliance/app/daemon.py", "from appliance.sip.link import Link\nfrom appliance.config import load"),
    ],
)
def test_an_import_in_the_right_direction_is_left_alone(path, line):
    assert not list(filter(None, map(wrong, imports(path, line))))


def test_a_cycle_is_found_and_one_that_a_late_import_breaks_is_none():
    one, two = "from appliance.core.b import x", "from appliance.core import a"
    assert set(cycle({"appliance/core/a.py": one, "appliance/core/b.py": two})) == {
        "appliance.core.a",
        "appliance.core.b",
    }
    late = "def f():\n    " + two
    assert cycle({"appliance/core/a.py": one, "appliance/core/b.py": late}) == []


def test_no_module_and_no_folder_is_a_warehouse():
    lines = {path: len(source.splitlines()) for path, source in files().items()}
    exempt = {"appliance/panel/guard.py"}  # started as one file, on the standard library alone
    assert {path for path, count in lines.items() if count > 500} <= exempt
    folders = Counter(path.rpartition("/")[0] for path in lines)
    assert {folder: count for folder, count in folders.items() if count > 20} == {}


def test_the_rules_name_only_rooms_that_exist():
    core = {f"core/{name}" for storey in STOREYS for name in storey}
    rooms = {ROOT / "appliance" / name for name in {*MAY_IMPORT, *core} - {""}}
    assert not [room for room in rooms if not room.is_dir() and not room.with_suffix(".py").is_file()]
