"""Orders that rules give: from their names and values to records of the core, to the scopes they need, and to requests.

A rule may give every order of the list but those of HTTP alone (secrets, pages, calls of browsers), and new codes.
"""

import re
from typing import Any

import msgspec
from msgspec import structs

from appliance.core.model import AccessScope, Act
from appliance.orders.invalid import fault
from appliance.orders.order import Order, body
from appliance.orders.subjects import HTTP_ONLY, NEW_CODE
from appliance.orders.table import ORDERS

LONGEST = 2000  # characters of the values of an order
BY_NAME = {order.name: order for order in ORDERS if order.of not in (*HTTP_ONLY, NEW_CODE)}
_PLACE = re.compile(r"\{[a-z_]{1,32}\}")


def scopes(order: Order) -> tuple[AccessScope, ...]:
    """The scopes that a token needs for the order."""
    return order.scopes or order.of.scopes


def fault_of(name: str, values: dict[str, Any]) -> str:
    """What is wrong with an order and its values, in a sentence's part; "" if nothing is.

    Values with a place for a field of an event, and bodies of orders with routes of their own, are checked when the
    rule gives the order.
    """
    order = BY_NAME.get(name)
    if order is None:
        return f"there is no order {name[:64]!r} that a rule may give: docs/reference/contract.md lists them"
    for part in order.parts:
        if not isinstance(values.get(part), str) or not values[part]:
            return f"{name} needs {part}, {order.of.about or 'a text'}"
    try:
        text = msgspec.json.encode(values)
    except (TypeError, ValueError, msgspec.MsgspecError):
        return f"{name} has a value that JSON cannot have"
    if len(text) > LONGEST:
        return f"its values have {len(text)} characters, and may have {LONGEST}"
    return "" if order.by_hand else _fault_of_fields(order, values)


def _fault_of_fields(order: Order, values: dict[str, Any]) -> str:
    shape = body(order)
    known = {*order.parts, *(each.name for each in (structs.fields(shape) if shape is not None else ()))}
    for field in values:
        if field not in known:
            return f"{order.name} has no {field[:64]} (it has {', '.join(sorted(known)) or 'nothing'})"
    fields = {key: value for key, value in values.items() if key not in order.parts}
    if shape is None or _PLACE.search(str(fields)):
        return ""
    try:
        msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        return f"{order.name}: {fault(error, shape)}"
    return ""


def act(name: str, values: dict[str, Any]) -> Act:
    """The record of an order in which `fault_of` finds nothing."""
    return Act(name, msgspec.json.encode(values).decode(), scopes(BY_NAME[name]))


def request(act: Act) -> tuple[str, str, bytes]:
    """Method, path and body of an act's request. Raises LookupError for an order or a place that is not there."""
    order, values = BY_NAME[act.order], msgspec.json.decode(act.values)
    places = {part: str(values.pop(part)) for part in order.parts}
    if wrong := next((part for part, value in places.items() if "/" in value or value in {"", ".", ".."}), ""):
        raise LookupError(wrong)  # the path would be another order's
    path = "/".join(places[part[1:-1]] if part.startswith("{") else part for part in order.path.split("/"))
    return order.method, path, msgspec.json.encode(values) if values else b""
