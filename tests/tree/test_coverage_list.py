"""docs/reference/coverage.tsv has the right format, and the tests that it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "docs/reference/coverage.tsv"
COLUMNS = ("reference", "name", "class", "ours", "status", "evidence", "note")
ROWS = [
    dict(zip(COLUMNS, line.split("\t"), strict=True))
    for line in LIST.read_text().splitlines()
    if line and not line.startswith("#")
]
TEST = re.compile(r"(tests/\S+?\.py)(?:::(test_\w+))?")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['reference']}-{row['name']}")
def test_a_row_has_a_known_class_and_status_and_names_tests_that_exist(row):
    assert row["reference"] in {"R0", "R1", "R2", "R3", "R4"}
    assert row["class"] in {"A", "B"}
    assert row["status"] in {"WORKS", "IMPLEMENTED-UNPROVEN", "PARTLY", "MISSING"}
    named = TEST.findall(row["evidence"])
    assert named or row["status"] in {"MISSING", "IMPLEMENTED-UNPROVEN"}, "a row that works names its test"
    for path, test in named:
        text = (ROOT / path).read_text()
        assert not test or f"def {test}(" in text, f"{path} has no {test}"
