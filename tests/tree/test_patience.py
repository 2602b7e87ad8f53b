"""Tests wait for conditions. How long they wait at most is no statement about speed, so no wait may be short."""

import ast

from tests.tree.sources import ROOT, nodes

TESTS = ROOT / "tests"
LEAST_S = 60  # machines that run the tests do other things too
SHORT_ON_PURPOSE = 5  # what must not come is waited for in vain, so long at most
NAMES = {"PATIENCE_S", "LONG"}
KEYWORDS = {"timeout", "patience", "timeout_s", "deadline_s"}
CALLS = {"wait", "wait_for", "settimeout", "timeout", "result", "communicate"}
LEFT_OUT = {"core", "lab"}  # a clock of its own; a guest that is asked again where it does not answer


def seconds(node):
    """The number that a node is; None for any other."""
    return node.value if isinstance(node, ast.Constant) and type(node.value) in {int, float} else None


def waits(path):
    """Each wait for a number of seconds: its line, and the number or None."""
    for node in nodes(path):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name in NAMES:
                yield node.lineno, seconds(node.value)
            case ast.keyword(arg=name) if name in KEYWORDS:
                yield node.value.lineno, seconds(node.value)
            case ast.Call(func=ast.Attribute(attr=name), args=[*_, last]) if name in CALLS:
                yield node.lineno, seconds(last)


def test_no_wait_of_a_test_is_too_short_for_a_busy_machine():
    found = [
        f"{file.relative_to(TESTS)}:{line}: {value} s"
        for file in sorted(TESTS.rglob("*.py"))
        if file.relative_to(TESTS).parts[0] not in LEFT_OUT
        for line, value in waits(file)
        if value is not None and SHORT_ON_PURPOSE < value < LEAST_S
    ]
    assert not found, "\n".join(found)
