"""Only two functions catch every exception: one for callbacks from C, one for what must outlive a fault of our own."""

import ast

import pytest

from tests.tree.sources import ROOT, modules, parsed

EVERY = {"Exception", "BaseException"}
HOMES = {
    "appliance/base/errors.py: survive",
    "appliance/sip/stack/callbacks.py: contained",
    # What half an upgrade leaves of a library may raise anything: the interface is tried again.
    "appliance/app/bus.py: Bus",
    "appliance/app/web.py: Web",
}


def names(node):
    """The classes that an `except` or a `suppress` names; all of them for a bare `except`."""
    if node is None:
        return EVERY
    return {getattr(each, "attr", getattr(each, "id", "")) for each in ast.walk(node)}


def broad(tree):
    """The outermost functions that catch every exception."""
    for function in tree.body:
        for node in ast.walk(function):
            match node:
                case ast.ExceptHandler(type=caught):
                    found = names(caught)
                case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=args):
                    found = set().union(*map(names, args))
                case _:
                    continue
            if found & EVERY:
                yield getattr(function, "name", f"line {node.lineno}")


def test_only_what_is_named_here_catches_every_exception():
    found = [f"{path.relative_to(ROOT)}: {name}" for path in modules("appliance") for name in broad(parsed(path))]
    assert sorted(found) == sorted(HOMES)


@pytest.mark.parametrize(
    "code",
    [
        "try: f()\nexcept: pass",
        "try: f()\nexcept BaseException: raise",
        "try: f()\nexcept (OSError, Exception) as error: pass",
        "with contextlib.suppress(Exception): f()",
    ],
)
def test_a_broad_except_is_found_in_each_of_its_forms(code):
    assert list(broad(ast.parse(f"def reckless():\n {code.replace(chr(10), chr(10) + ' ')}"))) == ["reckless"]
