"""The schema as data: place, allowed values and meaning of each setting, for messages and documents."""

import types
from collections.abc import Sequence
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from appliance.base.record import Record
from appliance.base.toml import value as one_line
from appliance.config.schema import Config

Model = type[BaseModel]
NAME = "<name>"


class Setting(Record):
    """One key of a table."""

    key: str
    text: str
    required: bool
    default: Any
    example: Any  # None: the default is the example
    allowed: str  # with the reason for its limits
    unit: str
    secret: bool


class Described(Record):
    """One table; `name` is its dotted name, with <name> for names of the user."""

    name: str
    text: str
    settings: tuple[Setting, ...]
    without: dict[str, Any]  # values that apply without the table, if they differ from its defaults


def tables(model: Model = Config, name: str = "", default: BaseModel | None = None) -> list[Described]:
    """Every table of the file, in order; `default`: the value of the one at `name` if it is left out."""
    found = []
    settings = tuple(describe(key, field) for key, field in model.model_fields.items() if child(field) is None)
    if settings:
        left_out = {} if default is None else {setting.key: getattr(default, setting.key) for setting in settings}
        same = left_out == {setting.key: setting.default for setting in settings}
        text = " ".join((model.__doc__ or "").split())
        found.append(Described(name, text, settings, without={} if same else left_out))
    for key, field in model.model_fields.items():
        below = child(field)
        if below is not None:
            inner, named = below
            path = f"{name}.{key}" if name else key
            given = None if named else field.get_default(call_default_factory=True)
            found += tables(inner, f"{path}.{NAME}" if named else path, given)
    return found


def child(field: FieldInfo) -> tuple[Model, bool] | None:
    """The model of a field that is a table (False), or a table of tables with the user's names (True)."""
    annotation = field.annotation
    named = get_origin(annotation) is dict
    inner = get_args(annotation)[1] if named else annotation
    return (inner, named) if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def describe(key: str, field: FieldInfo) -> Setting:
    """Describe a field that is not a table."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    unit, why = str(extra.get("unit", "")), extra.get("why")
    allowed = str(extra.get("allowed") or _allowed(field))
    return Setting(
        key=key,
        text=field.description or "",
        required=field.is_required(),
        default=default,
        example=extra.get("example"),
        allowed=f"{allowed} ({why})" if why else allowed,
        unit=unit,
        secret=bool(extra.get("secret")),
    )


def _allowed(field: FieldInfo) -> str:
    low, high = (
        next((getattr(bound, name) for bound in field.metadata if hasattr(bound, name)), None) for name in ("ge", "le")
    )
    words = _of_type(field.annotation)
    return words if low is None else f"{words} from {low:g} to {high:g}"


def _of_type(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return _of_type(next(part for part in get_args(annotation) if part is not type(None)))
    if origin is Literal:
        return "one of " + ", ".join(toml(value) for value in get_args(annotation))
    if origin is list:
        inner = get_args(annotation)[0]
        return "a list of names" if inner is str else f"a list of some of {_of_type(inner).removeprefix('one of ')}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(toml(value.value) for value in annotation)
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[annotation]


def toml(value: Any) -> str:
    """A value in TOML, on one line; nested values are only indicated."""
    if isinstance(value, Enum):
        return toml(value.value)
    if isinstance(value, bool | str):
        return one_line(value)
    if isinstance(value, list):
        return f"[{', '.join(_inner(one) for one in value)}]"
    if isinstance(value, dict):
        if not all(isinstance(one, bool | str) for one in value.values()):
            return "{…}"
        return f"{{ {', '.join(f'{key} = {toml(one)}' for key, one in value.items())} }}" if value else "{}"
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits (sys.set_int_max_str_digits)
        return "a very long number"


def _inner(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join('[…]' if isinstance(one, list) else toml(one) for one in value)}]"
    return toml(value)


def resolve(path: Sequence[Any]) -> tuple[list[str], Model | None, FieldInfo | None]:
    """Follow the place of a pydantic error as far as the schema goes.

    Returns the keys of the file that lead there, the table that holds the last of them, and that key's field: no field
    if the table does not know the key, or if the key is a name given by the user.
    """
    model: Model = Config
    keys: list[str] = []
    rest = list(path)
    while rest:
        key = str(rest.pop(0))
        keys.append(key)
        field = model.model_fields.get(key)
        below = child(field) if field else None
        if field is None or below is None:
            return keys, model, field
        inner, named = below
        if named:
            if not rest:
                return keys, model, field
            keys.append(str(rest.pop(0)))
            if not rest or rest[0] == "[key]":
                return keys, inner, None
        elif not rest:
            return keys, model, field
        model = inner
    return keys, model, None
