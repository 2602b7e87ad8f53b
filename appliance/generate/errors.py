"""The reference of errors, from the places in the code that raise them."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from appliance.base.errors import HTTP_STATUS, RESERVED, ErrorCode

_HEAD = """<!-- Made by python -m appliance.generate from the code that raises the errors. Change that, not this. -->
# Errors

An error is the same everywhere: a `code` for programs, which keeps its meaning; `message`: what happened; `cause`: why;
`resolution`: what to do. HTTP gives it as `application/problem+json` (RFC 9457), where `detail` is the message; D-Bus
as `org.intercomd.Error.CallNotFound` for `call-not-found`, with the others as its texts. Words in braces differ from
case to case.
"""
_RESERVED = """## Reserved codes
This version never gives these; a later one may.
"""
_PACKAGE = Path(__file__).parents[1]


def reference() -> str:
    """docs/reference/errors.md."""
    cases = raised()
    sections = [
        f"## `{code}`\nHTTP status {HTTP_STATUS[code]}.\n\n" + "".join(f"- {text}\n" for text in sorted(cases[code]))
        for code in sorted(cases)
    ]
    reserved = "".join(f"- `{code}`: {why}\n" for code, why in RESERVED.items())
    return "\n".join([_HEAD, *sections, f"{_RESERVED}\n{reserved}"])


def raised() -> dict[ErrorCode, set[str]]:
    """Every code that the package raises, with the texts of its errors."""
    cases: dict[ErrorCode, set[str]] = defaultdict(set)
    for path in sorted(_PACKAGE.rglob("*.py")):
        for code, text in _raised(ast.parse(path.read_text(encoding="utf-8"))):
            cases[code].add(text)
    return cases


def _raised(tree: ast.Module) -> Iterator[tuple[ErrorCode, str]]:
    """Code and text of every error that a module raises; a code in a variable is defined elsewhere."""
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "IntercomError"):
            continue
        given = dict(zip(("code", "message", "cause", "resolution"), node.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        code = given.pop("code", None)
        code = constants.get(code.id) if isinstance(code, ast.Name) else code
        if isinstance(code, ast.Attribute) and code.attr in ErrorCode.__members__:
            yield ErrorCode[code.attr], " ".join(f"{text.rstrip('.')}." for text in map(_text, given.values()) if text)


def _text(node: ast.expr) -> str:
    """A text in the code, with the names of its placeholders."""
    match node:
        case ast.Constant():
            return str(node.value)
        case ast.JoinedStr():
            return "".join(_text(part) for part in node.values)
        case ast.FormattedValue():
            return _text(node.value)
        case ast.Name():
            return f"{{{node.id}}}"
        case ast.Attribute():
            return f"{{{node.attr}}}"
        case _:
            return "{…}"
