"""Documents made from the code are those that the code would make now."""

import json
import subprocess
import sys
from functools import cache

import pytest

from appliance import generate
from appliance.api.openapi.event_schemas import schemas
from appliance.core.events import EVENTS
from appliance.generate import openapi


@pytest.fixture(scope="module", autouse=True)
def _each_is_made_once():
    """What the code makes of it does not change between the tests of this file."""
    with pytest.MonkeyPatch.context() as patch:
        for path, make in generate.DOCUMENTS.items():
            patch.setitem(generate.DOCUMENTS, path, cache(make))
        yield


@pytest.fixture(scope="module")
def stale(_each_is_made_once):
    """The documents that differ from the code."""
    return generate.stale()


@pytest.mark.parametrize("path", generate.DOCUMENTS, ids=str)
def test_a_generated_document_is_up_to_date(path, stale):
    assert path not in stale, f"{path} differs from what the code makes: run `make generated`, and commit it"


def test_the_generator_writes_what_is_missing_or_old_and_the_check_only_reports(tmp_path):
    assert generate.stale(tmp_path) == list(generate.DOCUMENTS)
    assert generate.write(tmp_path) == list(generate.DOCUMENTS)
    assert generate.write(tmp_path) == []
    (tmp_path / "docs/reference/events.md").write_text("old")
    assert [path.name for path in generate.stale(tmp_path)] == ["events.md"]


def test_the_check_ends_with_0():
    done = subprocess.run(
        [sys.executable, "-m", "appliance.generate", "--check"], cwd=generate.ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_where_other_versions_of_the_libraries_made_the_description_its_outline_counts():
    made = json.loads(openapi.description())
    other = {**made, "x-made-by": "python -m appliance.generate, msgspec-0.1", "summary": "worded otherwise"}
    assert openapi.same(json.dumps(other), json.dumps(made))
    assert not openapi.same(json.dumps({**other, "paths": {}}), json.dumps(made))


def test_a_description_that_other_versions_of_the_libraries_made_is_up_to_date(tmp_path):
    generate.write(tmp_path)
    made = json.loads(openapi.description())
    there = {**made, "x-made-by": "python -m appliance.generate, msgspec-0.1", "summary": "worded otherwise"}
    (tmp_path / openapi.PATH).write_text(json.dumps(there))
    assert generate.stale(tmp_path) == generate.write(tmp_path) == []


def test_every_event_has_a_schema_of_its_data():
    made = schemas()
    assert made.keys() == EVENTS.keys()
    lost = made["events.lost"]
    assert list(lost["properties"]) == lost["required"] == ["from", "to", "certain"]
    assert not lost["x-call"]
    held = made["call.held"]
    assert held["x-call"]
    assert held["$defs"]["By"]["enum"] == ["local", "remote", "network", "device"]
    assert held["properties"] == {"by": {"$ref": "#/$defs/By"}}
    for kind, schema in made.items():
        assert schema["title"] == kind
        assert schema["description"]
