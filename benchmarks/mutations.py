"""How many faults the tests find: each is put into a copy of the product alone, and the tests of its room run.

    python -m benchmarks.mutations --count 40 --seed 1

prints a line for each fault, and how many were found. The rooms take turns, so that the faults come from all of them.
The same seed gives the same faults as long as the sources are the same.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WITHIN_S = 600.0
LEFT_OUT = (".git", ".venv", ".*_cache", ".hypothesis", "build", "dist", "__pycache__")
QUICK = ("-m", "not far_end and not thorough and not exhaustive and not lab")
SWAPPED: dict[type, type] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def rooms() -> dict[str, list[Path]]:
    """Return the modules of each room that has tests which need no far end."""
    found: dict[str, list[Path]] = {}
    for path in sorted((ROOT / "appliance").rglob("*.py")):
        parts = path.relative_to(ROOT / "appliance").parts[:-1]
        room = "/".join(parts[:2] if parts[:1] == ("core",) else parts[:1])
        if room and any((ROOT / "tests" / room).glob("test_*.py")):
            found.setdefault(room, []).append(path)
    return found


def places(tree: ast.Module) -> list[ast.Compare | ast.BoolOp | ast.If]:
    """Return the nodes in which a fault can be put."""
    swappable = (node for node in ast.walk(tree) if isinstance(node, ast.Compare | ast.BoolOp | ast.If))
    return [node for node in swappable if not isinstance(node, ast.Compare) or type(node.ops[0]) in SWAPPED]


def broken(source: str, number: int) -> tuple[str, str]:
    """Put the fault of this number into a module: its new source, and the line with the fault."""
    tree = ast.parse(source)
    node = places(tree)[number]
    match node:
        case ast.Compare():
            node.ops[0] = SWAPPED[type(node.ops[0])]()
        case ast.BoolOp():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        case ast.If():
            node.test = ast.UnaryOp(ast.Not(), node.test)
    shown = ast.unparse(node).splitlines()[0]
    return ast.unparse(ast.fix_missing_locations(tree)), f"{node.lineno}: {shown}"


def faults(count: int, seed: int) -> Iterator[tuple[str, Path, int]]:
    """Choose faults, from the rooms in turn: the room, the module, and the number of its place."""
    chosen = random.Random(seed)  # noqa: S311 # no secret
    modules = {room: [path for path in paths if places(ast.parse(path.read_text()))] for room, paths in rooms().items()}
    turns = cycle(room for room, paths in modules.items() if paths)
    for _ in range(count):
        room = next(turns)
        path = chosen.choice(modules[room])
        yield room, path.relative_to(ROOT), chosen.randrange(len(places(ast.parse(path.read_text()))))


def asked(about: str, count: int, seed: int) -> argparse.Namespace:
    """The count and the seed of the command line. about: the docstring of the program."""
    made = argparse.ArgumentParser(description=about.partition("\n")[0])
    made.add_argument("--count", type=int, default=count, help=f"how many faults (default {count})")
    made.add_argument("--seed", type=int, default=seed, help=f"which ones (default {seed})")
    return made.parse_args()


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree, for faults."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(shutil.copytree(ROOT, Path(directory) / "tree", ignore=shutil.ignore_patterns(*LEFT_OUT)))


def is_found(copy: Path, *tests: str) -> bool:
    """Whether a test fails, or does not end. tests: arguments of pytest."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": f"{copy}:{copy / 'client'}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(command, cwd=copy, capture_output=True, env=environment, timeout=WITHIN_S, check=False)
    except subprocess.TimeoutExpired:
        return True
    return ran.returncode != 0


def main() -> int:
    """Put the faults in, and print which were found."""
    given = asked(__doc__ or "", 40, 1)
    found, tried = 0, 0
    red: dict[str, bool] = {}  # rooms whose tests fail without a fault: they say nothing
    with copied() as copy:
        for room, path, number in faults(given.count, given.seed):
            if room not in red:
                red[room] = is_found(copy, *QUICK, f"tests/{room}")
            if red[room]:
                sys.stdout.write(f"RED     tests/{room} fail without a fault\n")
                continue
            tried += 1
            source = (copy / path).read_text()
            changed, line = broken(source, number)
            (copy / path).write_text(changed)
            is_one = is_found(copy, *QUICK, f"tests/{room}")
            (copy / path).write_text(source)
            found += is_one
            sys.stdout.write(f"{'found' if is_one else 'MISSED':7} {path}:{line}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{found} of {tried} faults were found.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
