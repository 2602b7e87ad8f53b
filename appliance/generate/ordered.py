"""The commands of intercomctl that follow from the list of orders: appliance/cli/orders.json, which it reads at once.

A row's `command` has the words of its command: "door {door} (open) --seconds" is the command `door` with the place
{door}, the act `open`, which a command without an act means, and the field `seconds` as an option; a field in <> is an
argument. A place in [] may be missing: the only call that fits is meant, or the command shows all. A text after ": " is
the command's help, in place of what the order does.
"""

import json
import re
from collections import defaultdict
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta, structs

from appliance.cli.terms import COMMANDS
from appliance.orders.invalid import PATTERNS
from appliance.orders.order import REQUIRED, Order, body, named
from appliance.orders.table import ORDERS

PATH = Path("appliance/cli/orders.json")
_FIT = "(default: the only one that fits)"


def description() -> str:
    """appliance/cli/orders.json."""
    found: dict[str, list[Order]] = defaultdict(list)
    for order in ORDERS:
        if named(order.command):
            found[order.command.split()[0].rstrip(":")].append(order)
    return json.dumps({name: _command(orders) for name, orders in found.items()}, indent=1, ensure_ascii=False) + "\n"


def _command(orders: list[Order]) -> dict[str, Any]:
    """Help, group, arguments and requests of the command of these orders."""
    written = [order.command.partition(": ") for order in orders]
    words = [usage.split()[1:] for usage, _, _ in written]
    acts = [act(order) for order in orders]
    default = next((word.strip("()") for line in words for word in line if word[0] == "("), None)
    arguments: dict[str, dict[str, Any]] = {}
    for order, line in zip(orders, words, strict=True):
        for word in line:
            name = word.strip("{}[]<>()-")
            if name in acts:
                arguments["act"] = _act(acts, default, after=bool(arguments) and next(iter(arguments)) != "act")
            elif word[0] in "{[":
                arguments[name] = {"help": _place(order)} | ({"nargs": "?"} if word[0] == "[" else {})
            else:
                made = _field(order, name, option=word.startswith("--"))
                known = arguments.setdefault(f"--{name}" if word.startswith("--") else name, made)
                if known["help"] != made["help"]:
                    known["help"] = f"{acts[0]}: {known['help']}; {acts[orders.index(order)]}: {made['help']}"
    return {
        "help": written[0][2] or _sentence(orders[0].description),
        "tag": orders[0].of.tag,
        "arguments": [*arguments.items()],
        "requests": {
            name: [order.method, order.path, [word.strip("<>-") for word in line if word[0] in "<-"]]
            for name, order, line in zip(acts, orders, words, strict=True)
        },
    }


def act(order: Order) -> str:
    """The word that distinguishes an order from the others of its command; "": it has none."""
    words = order.command.partition(": ")[0].split()[1:]
    return next((word.strip("()") for word in words if word[0] not in "{[<-"), "")


def _act(acts: list[str], default: str | None, *, after: bool) -> dict[str, Any]:
    """The argument that says which of the orders; after: the object stands before it, or behind it."""
    text = f"(default: {default or 'show all'})" + ("; it may stand before the name" if after else "")
    return {"nargs": "?", "choices": acts, "default": default, "metavar": "|".join(acts), "help": text}


def _place(order: Order) -> str:
    """The help of an order's object, with the command that shows such objects."""
    if order.of.part == "call":
        return f"id of the call {_FIT}"
    shown = COMMANDS[order.of.root.split("/")[2]]
    return f"{small(order.of.about.removesuffix('.'))}; `intercomctl {shown}` shows it"


def _field(order: Order, name: str, *, option: bool) -> dict[str, Any]:
    """The argument for a field: its type, its default, and its meaning and bounds as the help."""
    shape = body(order)
    assert shape is not None
    (found,) = (each for each in structs.fields(shape) if each.name == name)
    kind, metas = parts(found.type)
    default = None if found.default is REQUIRED else found.default
    said = next((meta.description for meta in metas if meta.description), "").removesuffix(".")
    said = re.sub(r"\b(?:null|Empty|Omitted): ", "default: ", small(said))
    pattern = next((meta.pattern for meta in metas if meta.pattern), None)
    bounds = [PATTERNS[pattern] if pattern else _bounds(metas), "" if default in {None, ""} else f"default {default:g}"]
    more = ", ".join(filter(None, bounds))
    text = f"{said} ({more})" if said and more else said or more
    if default is None and not option:
        return {"type": kind, "help": text}
    return {"type": kind, "help": text, "default": default} | ({} if option else {"nargs": "?"})


def parts(shape: Any) -> tuple[str, list[Meta]]:
    """The name of a field's type, and what is said of it."""
    if get_origin(shape) is Annotated:
        kind, _ = parts(get_args(shape)[0])
        return kind, [each for each in shape.__metadata__ if isinstance(each, Meta)]
    if get_origin(shape) is Literal:
        return "str", []
    if get_args(shape):
        return parts(next(each for each in get_args(shape) if each is not NoneType))
    return shape.__name__, []


def _bounds(metas: list[Meta]) -> str:
    """The least and the largest value of a number."""
    (meta,) = metas
    least = f"more than {meta.gt:g}" if meta.gt is not None else f"at least {meta.ge:g}"
    return f"{least}, at most {meta.le:g}"


def _sentence(text: str) -> str:
    """The first sentence, as the help of a command begins."""
    return small(text.partition("\n")[0].partition(". ")[0].removesuffix("."))


def small(text: str) -> str:
    """The text with a small letter first."""
    return text[:1].lower() + text[1:]
