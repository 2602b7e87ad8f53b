"""coverage.tsv and fields.tsv: each row is once there, and the tests that they name assert what the row says."""

import re
from collections import Counter
from pathlib import Path

import pytest

from appliance.core import events
from tests.tree.asserted import words

ROOT = Path(__file__).resolve().parents[2]
LIST, FIELDS = ROOT / "docs/reference/coverage.tsv", ROOT / "docs/reference/fields.tsv"
COLUMNS = ("reference", "name", "class", "ours", "status", "evidence", "note")
FIELD_COLUMNS = ("reference", "name", "field", "promise", "ours", "state", "why")
TEST = re.compile(r"(tests/\S+?\.py)(?:::(test_\w+))?")
REQUEST = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) (/\S+)(.*)")
ENVELOPE = {"time", "type", "id", "envelope"}  # Daemon.wait holds each event that it finds to these
BY_TYPE = {kind.TYPE: kind for kind in vars(events).values() if hasattr(kind, "TYPE")}
CLASSES = {name: kind.__name__ for name, kind in BY_TYPE.items()}
LEAST = 20  # characters of a reason


def rows(path, columns):
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]


ROWS, PROMISES = rows(LIST, COLUMNS), rows(FIELDS, FIELD_COLUMNS)


def of(state):
    return [each for each in PROMISES if each["state"] == state]


def wanted(ours):
    """What a test must have, and what it must assert: the names of each event or error, and its fields or values.

    Of a request it is enough that the test gives it, with its fields; a PATCH says what it changes. An event that has
    data names some of it; an event without data, an error and a setting without a value are asserted themselves.
    """
    for part in ours.split("; "):
        if request := REQUEST.fullmatch(part):
            method, literal = part.split()[0], [each for each in request[1].split("/")[2:] if "{" not in each]
            given = request[2].split() or ["a field of PATCH"] * (method == "PATCH")
            yield {method, method.lower()}, []
            yield from (({each}, []) for each in [*literal, *given])
            continue
        subject, *fields = part.split()
        if not fields and subject in BY_TYPE and asserts(subject):
            fields = [f"a field of {subject}"]
        subject = subject.removeprefix("error:")
        names = {subject, CLASSES.get(subject, subject)}
        asserted = [{each} for each in fields if each not in ENVELOPE]
        yield names, asserted if fields else [names]


def asserts(kind):
    """Whether an event of this type has data that a test can assert."""
    return not set(BY_TYPE[kind].__struct_fields__) <= {"call"}


def shortfall(promise):
    """What the test of a promise does not have."""
    path, _, name = promise["why"].partition("::")
    there, asserted = words(path, name, claims=False), words(path, name, claims=True)
    for subjects, fields in wanted(promise["ours"]):
        if not subjects & there:
            yield min(subjects)
        else:
            yield from (min(each) for each in fields if not {*each, *(name.upper() for name in each)} & asserted)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['reference']}-{row['name']}")
def test_a_row_has_a_known_class_and_status_and_names_tests_that_exist(row):
    assert row["reference"] in {"R0", "R1", "R2", "R3", "R4"}
    if row["class"] == "N":
        assert (row["ours"], row["status"], row["evidence"], bool(row["note"])) == ("-", "-", "-", True)
        return
    assert row["class"] in {"A", "B"}
    assert row["status"] in {"WORKS", "IMPLEMENTED-UNPROVEN", "PARTLY", "MISSING"}
    named = TEST.findall(row["evidence"])
    assert named or row["status"] in {"MISSING", "IMPLEMENTED-UNPROVEN"}, "a row that works names its test"
    for path, test in named:
        text = (ROOT / path).read_text()
        assert not test or f"def {test}(" in text, f"{path} has no {test}"


def test_each_row_and_each_of_its_fields_is_there_once():
    names = Counter((row["reference"], row["name"]) for row in ROWS)
    fields = Counter((each["reference"], each["name"], each["field"]) for each in PROMISES)
    assert [*(each for each in names if names[each] > 1), *(each for each in fields if fields[each] > 1)] == []
    assert {(each["reference"], each["name"]) for each in PROMISES} <= names.keys()


def test_a_row_that_works_has_fields():
    proven = {(each["reference"], each["name"]) for each in of("differs")}
    proven |= {(each["reference"], each["name"]) for each in of("has")}
    names = {(row["reference"], row["name"]) for row in ROWS if row["status"] == "WORKS"}
    assert sorted(names - proven) == []


def test_the_test_of_each_field_asserts_it():
    found = {(each["name"], each["field"]): [*shortfall(each)] for each in of("has")}
    assert {name: lacks for name, lacks in found.items() if lacks} == {}


def test_what_differs_or_does_not_apply_says_why():
    assert {each["state"] for each in PROMISES} <= {"has", "differs", "not applicable", "missing"}
    unsaid = [each for each in of("differs") + of("not applicable") if len(each["why"]) < LEAST]
    assert [(each["name"], each["field"], each["why"]) for each in unsaid] == []
    assert len(of("differs")) < 40


@pytest.mark.parametrize(
    ("ours", "lacks"),
    [
        ("call.connected to", []),
        ("call.connected", ["a field of call.connected"]),
        ("call.connecting", ["CallConnecting"]),
        ("statistics_s", ["statistics_s"]),
        ("call.connected nothing", ["nothing"]),
        ("POST /v1/calls/{call}/teleport", ["teleport"]),
        ("PATCH /v1/calls/{call}", ["PATCH", "a field of PATCH"]),
        ("error:no-such", ["no-such"]),
    ],
)
def test_a_field_that_its_test_does_not_assert_is_found(ours, lacks):
    why = "tests/daemon/calls/test_headers.py::test_headers_of_180_and_bye_and_who_called_whom_by_which_codec"
    assert [*shortfall({"ours": ours, "why": why})] == lacks
