"""What is wrong with a request, in words: msgspec's errors without the values, which may be secret."""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.inputs.bounds import CARD, CODE, DIGITS, HEADER, LINE, SENDABLE
from appliance.core.model.clock import BEGIN, END

Action = TypeVar("Action", bound=msgspec.Struct)

HELP = "/docs of the station describes each request."
# The words of each pattern, for people; `form` adds those of other modules.
PATTERNS = {
    CODE: "4 to 12 digits",
    CARD: "1 to 40 letters and digits",
    DIGITS: "1 to 32 of the digits 0 to 9, A to D, * and #",
    LINE: "a line of printable characters",
    HEADER: f"X- and 1 to 62 letters, digits and -, or one of {', '.join(SENDABLE)}",
    BEGIN: "a time of the day, as in 08:00",
    END: "a time of the day, as in 12:00, or 24:00",
}
_TIME = "must be a time, as in 2026-11-20T06:07:08Z"
_TYPES = {
    "str": "must be a text",
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "array": "must be a list",
    "object": "must be an object",
    "datetime": _TIME,
}
_BOUNDS = {">": "must be more than", ">=": "must be at least", "<": "must be less than", "<=": "must be at most"}
_AT = re.compile(r"(.*?)(?: - at (?:`key` in )?`\$(.*)`)?", re.DOTALL)
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`")
_LENGTH = re.compile(r"Expected `(\w+)` of length (>=|<=) (\d+)")
_BOUND = re.compile(r"Expected `\w+` (>=|<=|>|<) ([0-9.e+-]+)")
_PATTERN = re.compile(r"Expected `str` matching regex (.*)", re.DOTALL)
_TYPE = re.compile(r"Expected `(\w+)[^`]*`, got `.*`")


def form(pattern: str, words: str) -> str:
    """Return a pattern for `Meta`, and note what fits it: words that follow "must be", as "4 to 12 digits"."""
    PATTERNS[pattern] = words
    return pattern


def invalid(*faults: str) -> IntercomError:
    """The error for a request with these faults, each with its place."""
    return IntercomError(ErrorCode.PARAMETER_INVALID, "The request is not valid.", "; ".join(faults), HELP)


def fault(error: msgspec.DecodeError | RecursionError, shape: Any, name: str = "") -> str:
    """The place and the cause of an error, for a value of type `shape`; name: the place of the value itself."""
    if not isinstance(error, msgspec.ValidationError):
        return f"body: is not JSON: {error}"
    found = _AT.fullmatch(str(error))
    assert found is not None  # it matches any text
    said, path = found[1], found[2] or ""
    place = re.sub(r"\[\.\.\.\]", "", path).replace("[", ".").replace("]", "").strip(".")
    if field := _FIELD.fullmatch(said):
        words = "is missing" if field[1] == "missing required" else "there is no such field"
        return f"{'.'.join(filter(None, (place, field[2])))}: {words}"
    return f"{'.'.join(filter(None, (name, place))) or 'body'}: {_words(said, shape, path)}"


def _words(said: str, shape: Any, path: str) -> str:
    if length := _LENGTH.fullmatch(said):
        how = "at least" if length[2] == ">=" else "at most"
        one, more = ("character", "characters") if length[1] == "str" else ("entry", "entries")
        return f"must have {how} {length[3]} {one if length[3] == '1' else more}"
    if bound := _BOUND.fullmatch(said):
        limit = float(bound[2])
        return f"{_BOUNDS[bound[1]]} {int(limit) if limit.is_integer() else limit}"
    if pattern := _PATTERN.fullmatch(said):
        return f"must be {next(words for known, words in PATTERNS.items() if repr(known) == pattern[1])}"
    if said.startswith("Invalid enum value"):
        return f"must be one of {_listed(_choices(shape, path))}"
    if said == "Number out of range":
        return "must be a finite number"
    kind = _TYPE.fullmatch(said)
    return _TYPES.get(kind[1], said) if kind else said


def _listed(choices: Iterable[str]) -> str:
    *first, last = (repr(choice) for choice in choices)
    return f"{', '.join(first)} or {last}" if first else last


def _choices(shape: Any, path: str) -> list[str]:
    """The values that are allowed at a path of a type."""
    from msgspec import inspect  # noqa: PLC0415  late: for errors alone

    def parts(info: inspect.Type) -> list[inspect.Type]:
        if isinstance(info, inspect.Metadata):
            return parts(info.type)
        return [each for one in info.types for each in parts(one)] if isinstance(info, inspect.UnionType) else [info]

    here = parts(inspect.type_info(shape))
    for name in re.findall(r"\.([^.\[]+)|\[", path):
        inner: list[inspect.Type] = []
        for info in here:
            if isinstance(info, inspect.StructType):
                inner += [each.type for each in info.fields if each.encode_name == name]
            elif isinstance(info, inspect.ListType | inspect.VarTupleType):
                inner.append(info.item_type)
            elif isinstance(info, inspect.DictType):
                inner.append(info.value_type)
        here = [each for info in inner for each in parts(info)]
    return [
        str(value)
        for info in here
        if isinstance(info, inspect.EnumType | inspect.LiteralType)
        for value in (info.cls if isinstance(info, inspect.EnumType) else info.values)
    ]


def checked(action: Action) -> Action:
    """Return an action whose fields keep to their bounds. Raises IntercomError."""
    try:
        msgspec.convert(msgspec.to_builtins(action), type(action))
    except msgspec.ValidationError as error:
        raise invalid(fault(error, type(action))) from None
    return action
