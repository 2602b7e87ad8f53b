"""Typed records as plain JSON values, and back: a value of the wrong type is an error."""

from collections.abc import Callable
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec.structs import asdict

from appliance.base.record import Record


def plain(value: Any) -> Any:
    """A record as a dict, a tuple as a list; if a field's type allows several records, [name, dict]."""
    if isinstance(value, Record):
        kind: Any = type(value)
        several = _choices(kind)
        return {name: _named(inner) if name in several else plain(inner) for name, inner in asdict(value).items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


@cache
def reader(hint: Any) -> Callable[[Any], Any]:
    """The function that converts JSON to a value of type `hint`; it raises ValueError, KeyError or TypeError."""
    if isinstance(hint, type) and issubclass(hint, Record):
        return _record_reader(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hasattr(hint, "__supertype__"):  # a NewType
        return reader(hint.__supertype__)
    if choices := _records(hint):
        return _choice_reader(choices)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        readers = [reader(argument) for argument in arguments if argument is not NoneType]
        if len(readers) == 1:
            return lambda value: None if value is None else readers[0](value)
    if origin is tuple and arguments[1:] == (...,):
        each = reader(arguments[0])
        return lambda value: tuple([each(item) for item in value])
    if origin is tuple:
        several = [reader(argument) for argument in arguments]
        return lambda value: tuple([read(item) for read, item in zip(several, value, strict=True)])
    if hint in {str, int, bool, float}:
        return lambda value: _checked(hint, value)
    raise TypeError(f"cannot encode {hint}")


def _named(value: Any) -> Any:
    return [type(value).__name__, plain(value)]


@cache
def _choices(kind: type) -> frozenset[str]:
    """The fields that may hold one of several records."""
    return frozenset(name for name, hint in get_type_hints(kind).items() if _records(hint))


def _records(hint: Any) -> dict[str, type]:
    """The records of a union of records only, by name; empty for other types."""
    arguments = get_args(hint) if get_origin(hint) in {Union, UnionType} else ()
    if arguments and all(isinstance(argument, type) and issubclass(argument, Record) for argument in arguments):
        return {argument.__name__: argument for argument in arguments}
    return {}


def _record_reader(kind: type[Record]) -> Callable[[Any], Any]:
    readers = {name: reader(hint) for name, hint in get_type_hints(kind).items() if name in kind.__struct_fields__}

    def read(values: Any) -> Any:
        if type(values) is not dict:
            raise TypeError(f"{values!r} is no {kind.__name__}")
        return kind(**{name: readers[name](value) for name, value in values.items()})

    return read


def _choice_reader(choices: dict[str, type]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        name, values = value
        return reader(choices[name])(values)

    return read


def _checked(kind: type, value: Any) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
