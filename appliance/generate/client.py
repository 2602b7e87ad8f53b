"""The typed modules of the client library in client/, from the description of the HTTP interface."""

import functools
import keyword
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from appliance.base.errors import ErrorCode
from appliance.generate import openapi

Described = dict[str, Any]

# Operations that have no generated method, each with the reason.
LEFT_OUT = {
    "call_from_browser": "only a browser makes such an offer",
    "read_ice_servers": "only a browser needs them",
    "begin_session": "a session is for browsers: the library sends its token with each request",
    "end_session": "the same",
    "read_events": "Station.events follows them",
    "read_metrics": "Prometheus reads them",
    "read_recorded_sound": "Station.read_recorded_sound gives the file in pieces",
}
_WIDTH = 120
_HEAD = '''# Made by python -m appliance.generate from the HTTP interface. Change that, not this.
"""{}"""
'''
_BASIC = {"string": "str", "number": "float", "integer": "int", "boolean": "bool", "null": "None"}
_EVENT_TYPE = "EventType"


def words() -> str:
    """client/intercomd_client/words.py."""
    named = {name: _schemas()[name] for name, home in _homes().items() if home == "words"}
    named[_EVENT_TYPE] = {"description": "The types of events.", **_schemas()["Envelope"]["properties"]["type"]}
    texts = [_HEAD.format("Words that stand for a choice."), "from typing import Literal\n"]
    for name, schema in sorted(named.items()):
        values = [_quoted(value) for value in schema["enum"]]
        texts.append(_remark(schema["description"]) + _folded(f"{name} = Literal[", values, "]"))
    return "\n".join(texts)


def answers() -> str:
    """client/intercomd_client/answers.py."""
    return _HEAD.format("What the station answers. A later version may add fields.") + _records("answers", "words")


def bodies() -> str:
    """client/intercomd_client/bodies.py."""
    return _HEAD.format("What requests say.") + _records("bodies", "answers, words")


def operations() -> str:
    """client/intercomd_client/operations.py."""
    methods = [_method(*each) for each in _operations() if each[2]["operationId"] not in LEFT_OUT]
    return (
        _HEAD.format("The operations of the HTTP interface as methods.")
        + "\nfrom typing import Unpack\n\nfrom intercomd_client import answers, bodies, words\n"
        + "from intercomd_client.connection import Connection, Query, part\n\n\nclass Operations(Connection):\n"
        + '    """A method for each operation, of the same name. Each raises IntercomdError.\n\n'
        + "    idempotency_key: the station carries out the order of a key once within 24 hours.\n"
        + "    wait_s: answer once the outcome is known, or after so many seconds, at most 60; None: at once.\n"
        + '    """\n\n'
        + "\n".join(methods)
    )


def refusals() -> str:
    """client/intercomd_client/refusals.py."""
    codes = {code: f"{code.title().replace('-', '')}Error" for code in ErrorCode if code != ErrorCode.ERROR}
    classes = [
        f'class {name}(IntercomdError):\n    """The station\'s error `{code}`."""\n\n    code = "{code}"\n'
        for code, name in codes.items()
    ]
    table = "".join(f'    "{code}": {name},\n' for code, name in codes.items())
    return "\n\n".join(
        [
            _HEAD.format("An error for each code of the contract, as in docs/reference/errors.md of intercomd.")
            + "\nfrom intercomd_client.errors import IntercomdError\n",
            *classes,
            f"BY_CODE: dict[str, type[IntercomdError]] = {{\n{table}}}\n",
        ]
    )


def _schemas() -> dict[str, Described]:
    found: dict[str, Described] = openapi.current()["components"]["schemas"]
    return found


def _operations() -> Iterator[tuple[str, str, Described]]:
    """Path, method and description of each operation."""
    for path, methods in openapi.current()["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _answer(operation: Described) -> Described:
    """The schema of an operation's answer; {}: it is no JSON."""
    (good, *_) = (answer for status, answer in operation["responses"].items() if status.startswith("2"))
    schema: Described = good["content"].get("application/json", {}).get("schema", {})
    return schema


def _one_answer(operation: Described) -> bool:
    """Whether an operation answers by the same schema whether its outcome is known or not."""
    shapes = (each["content"] for status, each in operation["responses"].items() if status.startswith("2"))
    return len({str(shape.get("application/json")) for shape in shapes}) == 1


def _body(operation: Described) -> Described:
    """The schema of an operation's body; {}: it has none."""
    content = operation.get("requestBody", {"content": {}})["content"]
    schema: Described = content.get("application/json", {}).get("schema", {})
    return next((each for each in schema.get("anyOf", ()) if "$ref" in each), schema)


def _needed(roots: Iterable[Described]) -> list[str]:
    """The names of the schemas to which `roots` refer; each schema comes after the schemas to which it refers."""
    found: dict[str, None] = {}
    for name in re.findall(r"'#/components/schemas/(\w+)'", str(list(roots))):
        found |= dict.fromkeys([*_needed([_schemas()[name]]), name])
    return list(found)


@functools.cache
def _homes() -> dict[str, str]:
    """The module of each schema that an operation needs; each schema comes after the schemas to which it refers."""
    given = _needed(_body(operation) for _, _, operation in _operations())
    answered = _needed(_answer(operation) for _, _, operation in _operations())
    homes = dict.fromkeys(given, "bodies") | dict.fromkeys(answered, "answers")
    return {name: "words" if "enum" in _schemas()[name] else home for name, home in homes.items()}


def _records(module: str, others: str) -> str:
    """The imports and classes of a module of records, which refers to others."""
    classes = "\n\n".join(_record(name, module) for name, home in _homes().items() if home == module)
    typing = [name for name in ("Any", "Literal", "NotRequired", "TypedDict") if re.search(rf"\b{name}\b", classes)]
    imports = f"\nfrom typing import {', '.join(typing)}\n\nfrom intercomd_client import {others}\n"
    return f"{imports}\n\n{classes}"


def _record(name: str, module: str) -> str:
    """The class of a record."""
    schema = _schemas()[name]
    required, fields = schema.get("required", ()), schema["properties"]
    types = {
        field: _type(described, module) if field in required else f"NotRequired[{_type(described, module)}]"
        for field, described in fields.items()
    }
    if name in {"Envelope", "StoredEvent"}:
        types["type"] = f"words.{_EVENT_TYPE}"
    if any(keyword.iskeyword(field) for field in types):
        rows = "".join(f'        "{field}": {kind},\n' for field, kind in types.items())
        return f'{_remark(schema["description"])}{name} = TypedDict(\n    "{name}",\n    {{\n{rows}    }},\n)\n'
    lines = [_field(f"    {field}: {kind}", fields[field].get("description", "")) for field, kind in types.items()]
    return f"class {name}(TypedDict):\n{_docstring(schema['description'], 4)}\n{''.join(lines)}"


def _field(line: str, remark: str) -> str:
    """A field with its description, if that fits on the line; openapi.json has all of them."""
    whole = f"{line}  # {' '.join(remark.split())}"
    return f"{whole if remark and len(whole) <= _WIDTH else line}\n"


def _method(path: str, method: str, operation: Described) -> str:
    """The method of an operation."""
    places = re.findall(r"{(\w+)}", path)
    query = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    once = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
    body = _body(operation)
    waits = any(each["name"] == "Prefer" for each in operation.get("parameters", ())) and _one_answer(operation)
    options = [
        *(_option(each) for each in query),
        *["wait_s: int | None = None"][:waits],
        *["idempotency_key: str | None = None"][:once],
    ]
    arguments = [
        "self",
        *(f"{place}: str" for place in places),
        *["/"][: len(places)],
        *["*"][: len(options)],
        *options,
        *([f"**body: Unpack[{_type(body, '')}]"] if body else ()),
    ]
    answer = _type(_answer(operation), "")
    text = '"' + re.sub(r"{(\w+)}", r"{part(\1)}", path) + '"'
    given = [
        answer,
        f'"{method}"',
        f"f{text}" if places else text,
        *["body"][: len(body)],
        *["query=query"][: len(query)],
        *["wait_s=wait_s"][:waits],
        *["key=idempotency_key"][:once],
    ]
    rows = [f'"{each["name"]}": {each["name"]}' for each in query]
    asked = _folded("        query: Query = {", rows, "}", flat=False) if query else ""
    return (
        _folded(f"    async def {operation['operationId']}(", arguments, f") -> {answer}:")
        + _docstring(operation["description"], 8)
        + asked
        + _folded("        return await self._ask(", given, ")")
    )


def _option(parameter: Described) -> str:
    """The argument for a parameter of the query."""
    kind = _type(parameter["schema"], "")
    if parameter["required"]:
        return f"{parameter['name']}: {kind}"
    return f"{parameter['name']}: {kind.removesuffix(' | None')} | None = None"


def _type(schema: Described, module: str) -> str:
    """The Python type of a JSON Schema, as the module writes it."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            home = _homes()[name]
            return name if home == module else f"{home}.{name}"
        case {"anyOf": parts}:
            return " | ".join(_type(each, module) for each in parts)
        case {"enum": choices}:
            return f"Literal[{', '.join(map(_quoted, choices))}]"
        case {"const": value}:
            return f"Literal[{_quoted(value)}]"
        case {"items": items}:
            return f"list[{_type(items, module)}]"
        case {"additionalProperties": dict(each)}:
            return f"dict[str, {_type(each, module)}]"
        case {"patternProperties": dict(patterns)}:
            (each,) = patterns.values()
            return f"dict[str, {_type(each, module)}]"
        case {"type": "object"}:
            return "dict[str, Any]"
        case _:
            return _BASIC[schema["type"]]


def _quoted(value: str) -> str:
    return f'"{value}"'


def _remark(text: str) -> str:
    """A description as a comment."""
    return "".join(f"{line}\n" for line in _wrapped(text, "# "))


def _docstring(text: str, indent: int) -> str:
    """A description as a docstring: its first sentence, or the first part of it, alone on the first line."""
    pad = " " * indent
    whole = " ".join(text.split())
    if len(whole) + indent + 6 <= _WIDTH:
        return f'{pad}"""{whole}"""\n'
    parts = (whole.partition(mark) for mark in (". ", "; ", ": "))
    fitting = ((first, rest) for first, _, rest in parts if rest and len(first) + indent < _WIDTH - 3)
    first, rest = next(fitting, (whole.rstrip("."), ""))
    more = ["", *_wrapped(rest[0].upper() + rest[1:], pad)] if rest else []
    return "\n".join([*_wrapped(f'"""{first}.', pad), *more, f'{pad}"""', ""])


def _wrapped(text: str, begin: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=begin, subsequent_indent=begin, break_on_hyphens=False)


def _folded(before: str, parts: list[str], after: str, *, flat: bool = True) -> str:
    """A line of code, broken at its commas if it is too long. flat: its parts may stand on one line of their own."""
    pad = " " * (len(before) - len(before.lstrip()))
    line = f"{before}{', '.join(parts)}{after}"
    if len(line) <= _WIDTH:
        return f"{line}\n"
    inner = f"{pad}    {', '.join(parts)}"
    if flat and len(inner) <= _WIDTH:
        return f"{before}\n{inner}\n{pad}{after}\n"
    rows = "".join(f"{pad}    {each},\n" for each in parts)
    return f"{before}\n{rows}{pad}{after}\n"
