"""packaging/pjsua2/advisories.tsv: each row is consistent, and true for our build."""

import re
from pathlib import Path

import pjsua2 as pj
import pytest

ROOT = Path(__file__).resolve().parents[2]
PJSUA2 = ROOT / "packaging/pjsua2"
LINES = [line for line in (PJSUA2 / "advisories.tsv").read_text().splitlines() if not line.startswith("#")]
ROWS = [line.split("\t") for line in LINES]
SERIES = (PJSUA2 / "patches/series").read_text().split()
MOST_FORMATS = 32  # PJMEDIA_MAX_SDP_FMT


def exists(test):
    path, _, name = test.partition("::")
    return (ROOT / path).exists() and (not name or f"def {name}(" in (ROOT / path).read_text())


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_names_a_patch_of_the_series_and_tests_that_are_there(row):
    commit, fault, state, patch, tests, note = row
    assert re.fullmatch(r"[0-9a-f]{9}", commit)
    assert fault
    assert note
    assert state in {"applied", "not reachable", "open"}
    assert (patch in SERIES) if state == "applied" else patch == "-"
    assert tests == "-" or all(exists(test) for test in tests.split(" "))
    assert tests != "-" or state == "open" or "read only" in note or note.startswith("seen on a build without")


def test_no_commit_is_listed_twice():
    commits = [row[0] for row in ROWS]
    assert len(commits) == len(set(commits))


def test_every_commit_that_a_patch_names_is_listed():
    listed = {row[0]: row[3] for row in ROWS}
    for name in SERIES:
        head = (PJSUA2 / "patches" / name).read_text().partition("\n--- ")[0]
        for commit in re.findall(r"\b[0-9a-f]{9}\b", head):
            assert listed[commit] == name


def test_all_codecs_and_telephone_events_fit_in_one_sdp():
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    try:
        config = pj.EpConfig()
        config.logConfig.level = config.logConfig.consoleLevel = 0
        endpoint.libInit(config)
        codecs = [codec.codecId for codec in endpoint.codecEnum2()]
    finally:
        endpoint.libDestroy(1)
    rates = {codec.split("/")[1] for codec in codecs}
    assert len(codecs) + len(rates) < MOST_FORMATS


def source(pattern):
    return [path for path in (ROOT / "appliance/sip").rglob("*.py") if re.search(pattern, path.read_text())]


def test_pjsip_is_given_no_nameserver():
    assert not source(r"uaConfig\.nameserver|nameserver\.append")


def test_none_of_our_calls_has_text():
    assert source(r"opt\.textCount")
    assert not source(r"textCount\s*=\s*[1-9]")


def test_the_library_is_built_as_the_list_supposes():
    """With room for each message of a DTLS handshake, and without the program pjsua."""
    assert re.search(r"(?m)^#define PJMEDIA_MAX_MRU +3000$", (PJSUA2 / "config_site.h").read_text())
    assert "pjsip-apps/src/pjsua" not in (PJSUA2 / "module.mk").read_text()
