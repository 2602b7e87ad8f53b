"""The texts of D-Bus methods in docs/reference/dbus: one that the list of orders has is added from its row.

A text that is there is kept, as a person may have written it better; a test of the bus holds its signature true.
"""

import re
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec import structs

from appliance.base.errors import ErrorCode as E
from appliance.bus.interfaces import INTERFACES
from appliance.bus.service import error_name
from appliance.bus.shapes import BusMethod, Interface
from appliance.generate.contract import member
from appliance.generate.ordered import parts, small
from appliance.orders.order import Order, body, named
from appliance.orders.table import ORDERS

REFERENCE = Path("docs/reference/dbus")
TYPES = {
    "s": "string",
    "d": "double",
    "u": "uint32",
    "b": "boolean",
    "as": "array{string}",
    "a{ss}": "dict{string,string}",
}
WIDTH = 58


def documents() -> dict[Path, Callable[[], str]]:
    """The text of each interface, by its path."""
    return {_path(interface): partial(_text, interface) for interface in INTERFACES}


def _path(interface: Interface) -> Path:
    return REFERENCE / f"{interface.name.rpartition('.')[2].removesuffix('1').lower()}.txt"


def _text(interface: Interface) -> str:
    """The text of an interface, with each method that the list of orders has."""
    text = (Path(__file__).parents[2] / _path(interface)).read_text(encoding="utf-8")
    for order in ORDERS:
        kind, _, name = member(order).partition(".") if named(order.bus) else ("", "", "")
        method = interface.method(name)
        if method is not None and interface.name.endswith(f".{kind}") and not re.search(rf"\t\S+ {name}\(", text):
            end = re.search(r"\n(?=Signals\t|Properties\t)", text)
            assert end is not None
            text = f"{text[: end.end()]}\t\t{_method(order, method)}\n{text[end.end() :]}"
    return text


def _method(order: Order, method: BusMethod) -> str:
    """Signature, meaning and errors of a method."""
    taken = ", ".join(f"{TYPES[kind]} {name}" for name, kind in method.takes)
    fields = [(name, kind) for name, kind in method.takes if name not in order.parts]
    said = [order.description, *(_argument(order, name, kind) for name, kind in fields)]
    errors = [*order.errors, *([E.PARAMETER_INVALID] if method.takes else [])]
    if order.of.missing and order.of.part in dict(method.takes):
        errors.insert(0, order.of.missing)
    names = ", ".join(error_name(code).rpartition(".")[2] for code in errors)
    blocks = [_block(" ".join(said)), *([_block(f"Possible errors: {names}")] if names else [])]
    return "\n\n".join([f"void {method.name}({taken})", *blocks]) + "\n"


def _argument(order: Order, name: str, kind: str) -> str:
    """What an argument means; nothing, as 0 or an empty text, stands for null."""
    shape = body(order)
    assert shape is not None
    (found,) = (each for each in structs.fields(shape) if each.name == name)
    meant = next((meta.description for meta in parts(found.type)[1] if meta.description), "")
    empty = "0: " if kind in {"d", "u"} else '"": '
    return f"{name}: {re.sub(r'(?:null|Empty|Omitted): ', empty, small(meant))}" if meant else ""


def _block(text: str) -> str:
    lines = textwrap.wrap(" ".join(text.replace("`", "").split()), WIDTH, break_on_hyphens=False)
    return "\n".join(f"\t\t\t{line}" for line in lines)
