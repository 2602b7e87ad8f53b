"""What a test asserts, by its source: the words of its assertions and waits, also of the helpers that it calls."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.tree.sources import ROOT, parsed

WAITS = frozenset(["wait", "next", "final", "of", "ever", "until", "story", "says", "received", "raises", "has"])
DEPTH = 2  # helpers, and what they call
NOT_TESTS = ("tests/support/waiting", "tests/support/shown")  # they are given what is asserted elsewhere


@cache
def definitions(path: str) -> tuple[dict[str, ast.AST], dict[str, tuple[str, str]]]:
    """What a module defines, and what it imports from other modules of the tests."""
    defined: dict[str, ast.AST] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in parsed(ROOT / path).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                defined[name] = node
            case ast.Assign(targets=targets):
                defined.update((target.id, node) for target in targets if isinstance(target, ast.Name))
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("tests."):
                place = f"{module.replace('.', '/')}.py"
                imported.update((name.asname or name.name, (place, name.name)) for name in names)
    return defined, imported


def said(node: ast.AST) -> Iterator[str]:
    """All words of it: names, attributes, names of arguments, and texts with their parts."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(text)):
                yield text
                yield from re.findall(r"[\w.-]+", text)
            case ast.Constant(value=int(number)):
                yield str(number)


@cache
def words(path: str, name: str, *, claims: bool, depth: int = DEPTH) -> frozenset[str]:
    """The words of a function and its helpers; claims: only those of assertions, waits, and tables of values."""
    defined, imported = definitions(path)
    node = defined.get(name)
    if node is None:
        return frozenset()
    found = set[str]()
    for part in _claims(node) if claims and not isinstance(node, ast.Assign) else [node]:
        found.update(said(part))
    if depth:
        called = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - {name}
        called |= {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
        for other in called:
            if other in defined:
                found |= words(path, other, claims=claims, depth=depth - 1)
            elif other in imported and not imported[other][0].startswith(NOT_TESTS):
                place, origin = imported[other]
                if (ROOT / place).exists():
                    found |= words(place, origin, claims=claims, depth=depth - 1)
    return frozenset(found)


def _claims(node: ast.AST) -> Iterator[ast.AST]:
    for each in ast.walk(node):
        match each:
            case ast.Assert() | ast.Return() | ast.Yield():
                yield each
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in WAITS:
                yield each
            case ast.FunctionDef(decorator_list=decorators):
                yield from decorators
