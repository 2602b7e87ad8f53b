"""The sources that the checks of the tree read: a process reads and parses each file once, for all checks."""

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def text(path: Path) -> str:
    """What is in a file."""
    return path.read_text(encoding="utf-8")


@contextmanager
def no_garbage() -> Iterator[None]:
    """No search for garbage in the block, nor later in what it has made: it would take six times as long as parsing."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def parse(source: str, name: str = "<unknown>") -> ast.Module:
    """The tree of a source."""
    with no_garbage():
        return ast.parse(source, name)


@cache
def parsed(path: Path) -> ast.Module:
    """A module's tree; no check changes it."""
    return parse(text(path), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module's tree: a walk costs as much as the parser."""
    with no_garbage():
        return tuple(ast.walk(parsed(path)))


def modules(*places: str) -> Iterator[Path]:
    """Each Python file of these folders and files of the tree."""
    for place in places:
        path = ROOT / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))
