"""What mends a check of the tree that fails: the file to change, and the command."""

from collections.abc import Generator

import pytest

GENERATED = "make generated"
# By module: what to change, and the command that writes the rest; "": nothing else is written.
REMEDIES = {
    "test_broad_excepts": ("the module that it names: call `survive` of appliance/base/errors.py instead", ""),
    "test_commands_ask": ("docs/reference/orders.tsv, or the command in appliance/cli", GENERATED),
    "test_contract": ("docs/reference/orders.tsv, or docs/reference/contract.md", GENERATED),
    "test_coverage_list": ("docs/reference/coverage.tsv", ""),
    "test_documents": ("the document that it names, or the text beside the code that is described there", GENERATED),
    "test_followed_recipes": (
        "the recipe in CONTRIBUTING.md, and its edits in tests/tree/written_by_recipe.py",
        "",
    ),
    "test_generated": ("nothing by hand: the files that it names are made from the code", GENERATED),
    "test_header": ("docs/tutorial/first-door.md, or hardware/first-door.svg", ""),
    "test_imports": ("the module that it names, or its row of MAY_IMPORT or STOREYS in tests/tree/test_imports.py", ""),
    "test_links": ("the page that it names; docs/index.md leads to every page", ""),
    "test_patience": ("the test that it names: PATIENCE_S of tests/support/waiting.py, or a longer time", ""),
    "test_plain_english": ("the file that it names: use the plain word", ""),
    "test_recipes": ("the file that it names, or its recipe in CONTRIBUTING.md", GENERATED),
    "test_security_page": ("docs/explanation/security.md", ""),
    "test_sounds": ("appliance/generate/sounds.py", GENERATED),
    "test_times": ("appliance/base/times.py, or RULES in tests/tree/test_times.py", ""),
}


def remedy(module: str) -> str:
    """What mends a failed check of a module, and the command that repeats the check."""
    file, command = REMEDIES[module]
    then = f"Then run `{command}`. " if command else ""
    return f"Change {file}. {then}`.venv/bin/python -m pytest tests/tree/{module}.py` repeats the check."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add it to the report of each failure."""
    report = yield
    module = item.path.stem
    if report.failed and module in REMEDIES:
        report.sections.append(("what mends it", remedy(module)))
    return report
