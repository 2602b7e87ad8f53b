"""The records of the list of orders, and what follows from a row: its request, its body, and its action."""

import builtins
import functools
import operator
import types
import typing
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import field, structs

from appliance.base.errors import ErrorCode
from appliance.base.record import Record
from appliance.core.model import AccessScope

REQUIRED = msgspec.NODEFAULT


class Subject(Record):
    """What orders are about. part: the place of the object's id in the path; about: what stands there.

    scopes: those that a token needs for every order about it, all of them. missing: the error without the object.
    """

    path: str
    tag: str
    scopes: tuple[AccessScope, ...]
    part: str = ""
    about: str = ""
    missing: ErrorCode | None = None

    @property
    def root(self) -> str:
        """The path above all its objects."""
        return self.path.partition("/{")[0]


class Order(Record):
    """An order. name: of its HTTP operation and of the client's method; http: its method, and the rest of its path.

    makes: the record of its action; names: fields of the record that stand in the path under another name; fixed:
    fields that the order decides itself. body: name and description of its body, whose fields are the other ones;
    shapes: those whose type or default differs from the record's. errors: besides those that every order about the
    subject has. says: where the record's docstring says more than the order does. scopes: of a token, where they are
    not those of the subject. bus: its method on D-Bus, with its arguments. by_hand: it has a route of its own.
    command: its words for `intercomctl`, which `generate/ordered.py` explains. title: what a person calls it, for the
    table of all orders in docs/reference/contract.md, where orders of one title are one row; "": the row stands in
    docs/reference/orders.tsv. panel, page: what gives it at the panel, and the page's view. Each of these four may be
    "no: " with the reason.
    """

    name: str
    of: Subject
    http: str
    makes: type[Any] | None = None
    body: tuple[str, str] | None = None
    errors: tuple[ErrorCode, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    shapes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    says: str = ""
    bus: str = ""
    command: str = ""
    title: str = ""
    panel: str = ""
    page: str = ""
    scopes: tuple[AccessScope, ...] = ()
    by_hand: bool = False

    @property
    def method(self) -> str:
        """The method of its request."""
        return self.http.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path of its request."""
        return "/".join(filter(None, (self.of.path, self.http.partition(" ")[2])))

    @property
    def description(self) -> str:
        """What it does."""
        return self.says or str(self.makes.__doc__)

    @property
    def parts(self) -> list[str]:
        """The names of the places in its path."""
        return [each[1:-1] for each in self.path.split("/") if each.startswith("{")]

    def action(self, given: dict[str, Any]) -> Any:
        """The action for these values of places and fields. Raises msgspec.ValidationError."""
        values = {self.names.get(name, name): _pairs(value) for name, value in given.items()}
        return msgspec.convert(values | self.fixed, self.makes)


def named(text: str) -> str:
    """The name in a column of the table of orders; "" if there is a reason instead."""
    return "" if text.startswith("no: ") else text


def _pairs(value: Any) -> Any:
    """A value as records have it: texts by their names are pairs."""
    return [*value.items()] if isinstance(value, dict) else value


_bodies: dict[str, type[msgspec.Struct]] = {}


def body(order: Order) -> type[msgspec.Struct] | None:
    """The record of an order's body; None: it has no body. Orders with a body of the same name have one record."""
    if order.body is None or order.makes is None:
        return None
    name, says = order.body
    if name not in _bodies:
        taken = {*(order.names.get(part, part) for part in order.parts), *order.fixed}
        found = [each for each in structs.fields(order.makes) if each.name not in taken]
        given = [(each.name, *order.shapes.get(each.name, (_sent(each.type), each.default))) for each in found]
        fields = [
            (name_, shape, {} if default == () else default) if default is not REQUIRED else (name_, shape)
            for name_, shape, default in given
        ]
        _bodies[name] = msgspec.defstruct(name, fields, bases=(Record,), namespace={"__doc__": says}, kw_only=True)
    return _bodies[name]


def _sent(shape: Any) -> Any:
    """A type of a record as JSON has it: tuples are lists, and pairs of texts are an object."""
    parts: tuple[Any, ...] = get_args(shape)
    match get_origin(shape):
        case typing.Annotated:
            return Annotated[_sent(parts[0]), *shape.__metadata__]
        case builtins.tuple if get_origin(parts[0]) is tuple:
            return dict.__class_getitem__(get_args(parts[0]))
        case builtins.tuple:
            return list.__class_getitem__(_sent(parts[0]))
        case typing.Union | types.UnionType:
            return functools.reduce(operator.or_, map(_sent, parts))
        case _:
            return shape
