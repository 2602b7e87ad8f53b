"""The records for methods, properties and interfaces on the bus, and the properties that follow from a view."""

import re
from collections.abc import Awaitable, Callable
from enum import Enum
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import structs

from appliance.base.record import Record
from appliance.bus.ports import BusPorts
from appliance.core import inputs, orders
from appliance.orders.invalid import checked


class Asked(Record):
    """A client's call of a method: `who` goes into events, `id` is the object's."""

    daemon: BusPorts
    who: str
    id: str

    async def do(self, action: inputs.Action) -> orders.Reply:
        """The daemon's reply. Raises the reply's error."""
        reply = await self.daemon.request(checked(action), self.who)
        if reply.error is not None:
            raise reply.error
        return reply


class BusMethod(Record):
    """A method; `takes` and `gives` are pairs of name and D-Bus type, `act` gets the values and returns the results."""

    name: str
    act: Callable[..., Awaitable[list[Any]]]
    takes: tuple[tuple[str, str], ...] = ()
    gives: tuple[tuple[str, str], ...] = ()

    @property
    def signature(self) -> str:
        """The D-Bus signature of its arguments."""
        return "".join(kind for _, kind in self.takes)


def of_object(kind: Callable[[str], Any], make: Callable[..., inputs.Action]) -> Callable[..., Awaitable[list[Any]]]:
    """A method's act: asks the daemon for what `make` makes of the object's id, as `kind`, and of the arguments."""

    async def act(asked: Asked, *given: Any) -> list[Any]:
        await asked.do(make(kind(asked.id), *given))
        return []

    return act


class Property(Record):
    """A property: its D-Bus type, and its value from the object's part of the snapshot."""

    name: str
    signature: str
    value: Callable[[Any], Any]


class Interface(Record):
    """An interface; `signals`: name, and pairs of name and type."""

    name: str
    methods: tuple[BusMethod, ...]
    properties: tuple[Property, ...]
    signals: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def method(self, wanted: str) -> BusMethod | None:
        """Find a method by its name."""
        return next((method for method in self.methods if method.name == wanted), None)

    def values(self, view: Record) -> dict[str, Any]:
        """All properties of an object."""
        return {each.name: each.value(view) for each in self.properties}


def clean(written: Any) -> str:
    """A text that D-Bus accepts: UTF-8 without NUL; None is empty. Callers choose their own names."""
    string = "" if written is None else str(written)
    return string.encode(errors="replace").decode().replace("\0", "\ufffd")


def fields(record: type[Record], *names: str) -> tuple[Property, ...]:
    """Properties for these fields of an object's view: `MaxSeconds` for `max_s`, of the field's type."""
    kinds = {each.name: each.type for each in structs.fields(record)}
    return tuple(_field(name, signature(kinds[name])) for name in names)


def _field(name: str, kind: str) -> Property:
    words, make = re.sub("_s$", "_seconds", name).split("_"), _VALUES[kind]
    return Property("".join(map(str.capitalize, words)), kind, lambda view: make(getattr(view, name)))


def signature(kind: Any) -> str:
    """The D-Bus type of a field."""
    if get_origin(kind) is Annotated:
        return signature(get_args(kind)[0])
    if get_origin(kind) is dict:
        return "a{ss}"
    if get_origin(kind) is Literal:
        return "s"
    if get_origin(kind) is tuple:
        return f"a{signature(get_args(kind)[0])}"
    if get_args(kind):
        return signature(next(each for each in get_args(kind) if each is not NoneType))
    return "s" if issubclass(kind, Enum) else _SIGNATURES[kind]


_SIGNATURES = {str: "s", float: "d", int: "u", bool: "b"}
_VALUES: dict[str, Callable[[Any], Any]] = {
    "s": clean,
    "d": float,
    "u": int,
    "b": bool,
    "as": lambda texts: [clean(each) for each in texts],
}
