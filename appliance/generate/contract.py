"""The tables of the contract: states, causes, events, errors, routes, D-Bus, commands, and which order exists where.

The text around them is written by hand in docs/reference/contract.md, and kept.
"""

import argparse
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from appliance.base.errors import RESERVED, ErrorCode
from appliance.bus.interfaces import INTERFACES
from appliance.bus.service import error_name
from appliance.cli.__main__ import parser
from appliance.core.call_states import LEGACY, longest
from appliance.core.events import EVENTS
from appliance.core.model import CallState, Cause, Deadlines
from appliance.generate import ordered
from appliance.orders.order import Order, named
from appliance.orders.subjects import HTTP_ONLY
from appliance.orders.table import ORDERS

# What clients of MQTT read, and the orders that they give.
MQTT = {"Read the whole state": "state/PART", "Follow events": "event/TYPE, journal"}
BY_MQTT = {f"{each.method} {each.path}": f"command/{each.name}" for each in ORDERS if each.of not in HTTP_ONLY}
NOT_BY_MQTT = "no: MQTT brings events, states and orders, and answers no other questions"
_REFERENCE = Path(__file__).parents[2] / "docs/reference"
_REGION = re.compile(r"(<!-- made: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_STATES = {
    CallState.DIALING: "Our INVITE is on its way; no 18x response has come.",
    CallState.RINGING: "The far end of our call rings (180).",
    CallState.EARLY_MEDIA: "Sound flows before the answer (18x with SDP).",
    CallState.INCOMING: "An INVITE has come and is not answered.",
    CallState.CONNECTING: "The call is answered (200); the ACK is due.",
    CallState.CONNECTED: "The call is confirmed.",
    CallState.DISCONNECTING: "We have sent CANCEL, BYE or a refusal.",
    CallState.ENDED: "The call is over.",
}
_CAUSES = {
    Cause.HANGUP: "One side hung up a connected call.",
    Cause.BUSY: "The called side is busy (486, 600), or the station has no room for another call.",
    Cause.REJECTED: "The called side refused the call, or forwarded it elsewhere.",
    Cause.CANCELED: "The calling side gave up before the answer.",
    Cause.NO_ANSWER: "Nobody answered in time.",
    Cause.UNAVAILABLE: "The far end could not be reached (408, 480, 503), or the station is not to be disturbed.",
    Cause.NOT_FOUND: "The server knows no such number or address (404, 410, 484, 485, 604).",
    Cause.PAYMENT_REQUIRED: "The server demands payment (402).",
    Cause.UNAUTHORIZED: "The caller, or the password, is not accepted (401, 403, 407).",
    Cause.MEDIA_FAILED: "Both sides have no codec or encryption in common (415, 488, 606).",
    Cause.ICE_FAILED: "ICE found no path for the sound, or lost it.",
    Cause.RTP_TIMEOUT: "No sound came for too long.",
    Cause.NETWORK_LOST: "This machine lost its network.",
    Cause.SERVER_ERROR: "The server reported a fault (5xx).",
    Cause.ANSWERED_ELSEWHERE: "Another phone answered.",
    Cause.TRANSFERRED: "A transfer took the far end to another call.",
    Cause.REPLACED: "Another call took its place.",
    Cause.DURATION_LIMIT: "The call reached its longest duration.",
    Cause.AUDIO_FAILED: "The sound card took the SIP process down.",
    Cause.SHUTDOWN: "The daemon was stopped.",
    Cause.ERROR: "A fault of the station, such as the end of the SIP process; or a 4xx that no other cause names.",
}


def reference() -> str:
    """docs/reference/contract.md, with the tables as the code has them."""
    tables = {
        "events": _events,
        "states": _states,
        "causes": _causes,
        "errors": _errors,
        "routes": _routes,
        "d-bus": _bus,
        "commands": _commands,
        "orders": _orders,
    }
    text = (_REFERENCE / "contract.md").read_text(encoding="utf-8")
    return _REGION.sub(lambda found: f"{found[1]}\n{tables[found[2]]()}\n{found[3]}", text)


def orders() -> list[list[str]]:
    """Order, HTTP, D-Bus, command line, panel, page: of the list of orders, then of docs/reference/orders.tsv."""
    titles: dict[str, list[Order]] = defaultdict(list)
    for order in ORDERS:
        if order.title:
            titles[order.title].append(order)
    lines = (_REFERENCE / "orders.tsv").read_text(encoding="utf-8").splitlines()
    by_hand = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    return [*(_listed(title, together) for title, together in titles.items()), *by_hand]


def _listed(title: str, together: list[Order]) -> list[str]:
    """The row of the orders with this title."""
    rows = [(_request(order), member(order), _command(order), order.panel, order.page) for order in together]
    cells = [list(dict.fromkeys(filter(None, texts))) for texts in zip(*rows, strict=True)]
    return [title, *(", ".join(filter(named, texts)) or texts[0] for texts in cells)]


def _request(order: Order) -> str:
    return f"{order.method} {order.path}"


def member(order: Order) -> str:
    """The method on D-Bus, with its interface."""
    if not named(order.bus):
        return order.bus
    kinds = {each.name.rpartition(".")[2] for each in INTERFACES}
    kind = f"{order.of.tag.capitalize().removesuffix('s')}1"
    return f"{kind if kind in kinds else 'Appliance1'}.{order.bus.partition('(')[0]}"


def _command(order: Order) -> str:
    """The command of `intercomctl`, with its act."""
    if not named(order.command):
        return order.command
    return f"{order.command.split()[0].rstrip(':')} {ordered.act(order)}".rstrip()


def by_mqtt(order: str, http: str) -> str:
    """The topics of a row, by its requests over HTTP; "no" with a reason."""
    asked = (" ".join(request.split(" ")[:2]) for request in http.split(", "))
    return MQTT.get(order) or ", ".join(BY_MQTT[each] for each in asked if each in BY_MQTT) or NOT_BY_MQTT


def commands(of: argparse.ArgumentParser) -> dict[str, str]:
    """Every command of `intercomctl`, with its act where it has several, and its purpose; hidden ones without text."""
    (action,) = (each for each in of._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001
    found = {}
    for name, sub in action.choices.items():
        if not sub.prog.endswith(f" {name}"):
            continue  # another name of a command
        acts = next((each for each in sub._actions if each.choices and not each.option_strings), None)  # noqa: SLF001
        if acts is None or acts.default is None:
            found[name] = sub.description or ""
        if acts is not None:
            found |= {f"{name} {act}": sub.description or "" for act in acts.choices or ()}
    return found


def routes() -> dict[str, str]:
    """Every endpoint as METHOD /path, with its purpose."""
    from appliance.api.app import openapi  # noqa: PLC0415 - it takes a tenth of a second

    return {
        f"{method.upper()} {path}": " ".join(operation["description"].split())
        for path, methods in openapi()["paths"].items()
        for method, operation in methods.items()
    }


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def _events() -> str:
    families: dict[str, list[str]] = {}
    for kind in EVENTS:
        families.setdefault(kind.partition(".")[0], []).append(f"`{kind}`")
    return _table(("family", "types"), ((f"`{family}`", ", ".join(kinds)) for family, kinds in families.items()))


def _states() -> str:
    def deadline(state: CallState) -> str:
        limit = longest(state, Deadlines())
        return "none" if limit is None else f"{limit:g} s"

    return _table(
        ("state", "`legacy_state`", "deadline", "meaning"),
        ((f"`{state}`", LEGACY[state], deadline(state), _STATES[state]) for state in CallState),
    )


def _causes() -> str:
    return _table(("cause", "meaning"), ((f"`{cause}`", _CAUSES[cause]) for cause in Cause))


def _errors() -> str:
    return _table(
        ("code", "HTTP status", "D-Bus", "note"),
        (
            (f"`{code}`", str(code.http_status), f"`{error_name(code)}`", f"Reserved. {why}" if why else "")
            for code in ErrorCode
            for why in [RESERVED.get(code, "")]
        ),
    )


def _routes() -> str:
    return _table(("request", "does"), ((f"`{name}`", does) for name, does in routes().items()))


def _bus() -> str:
    def joined(names: Iterable[str]) -> str:
        return ", ".join(f"`{name}`" for name in names) or "none"

    objects = {"Appliance1": "/org/intercomd"} | {
        f"{kind}1": f"/org/intercomd/{kind.lower()}s/…" for kind in ("Call", "Conference", "Door", "Account")
    }
    rows = []
    for each in INTERFACES:
        short = each.name.rpartition(".")[2]
        text = f"[{short}](dbus/{short.removesuffix('1').lower()}.txt)"
        methods = joined(method.name for method in each.methods)
        properties = joined(shown.name for shown in each.properties)
        signals = joined(name for name, _ in each.signals)
        rows.append([text, f"`{objects[short]}`", methods, properties, signals])
    return _table(("interface", "object", "methods", "properties", "signals"), rows)


def _commands() -> str:
    described = {name: text for name, text in commands(parser()).items() if text}
    return _table(
        ("command", "does"),
        ((f"`intercomctl {name}`", f"{text[:1].upper()}{text[1:]}.") for name, text in described.items()),
    )


def _orders() -> str:
    def cell(text: str) -> str:
        return text if text.startswith("no: ") else ", ".join(f"`{name}`" for name in text.split(", "))

    rows = ([order, *map(cell, [*where[:3], by_mqtt(order, where[0]), *where[3:]])] for order, *where in orders())
    return _table(("order", "HTTP", "D-Bus", "`intercomctl`", "MQTT", "panel", "page"), rows)
