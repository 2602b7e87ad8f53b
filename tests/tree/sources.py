"""The sources that the checks of the tree read: a process reads and parses each file once, for all checks."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def text(path: Path) -> str:
    """What is in a file."""
    return path.read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    """A module's tree; no check changes it."""
    return ast.parse(text(path), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module's tree: a walk costs as much as the parser."""
    return tuple(ast.walk(parsed(path)))


def modules(*places: str) -> Iterator[Path]:
    """Each Python file of these folders and files of the tree."""
    for place in places:
        path = ROOT / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))
