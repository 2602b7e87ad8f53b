"""Targets that nothing but an address proves: the doctor and --check warn of them, until the operator accepts it."""

import subprocess
import sys
from pathlib import Path

import pytest
import tomli

from appliance.config.directory import Flat
from appliance.config.load import check
from appliance.doctor import trust
from appliance.doctor.examine import examine

ROOT = Path(__file__).parents[2]
DOOR = "[door.front]\nchip = 'c'\nline = 'l'\n"
OFFICE = "[account.office]\nuser = '2'\nregistrar = 'pbx'\npassword_file = '/x'\n"
KITCHEN = "[target.kitchen]\nuri = 'sip:kitchen@{host}'\n{more}\n"


def notes(more="", host="192.0.2.8", flats=()):
    text = DOOR + OFFICE + KITCHEN.format(host=host, more=more)
    return trust.notes(check(tomli.loads(text), "x"), flats)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('doors = ["front"]', "may open front by digits."),
        ("auto_answer = true", "may hear the room by auto_answer."),
        ('doors = ["front"]\nauto_answer = true', "may open front by digits and may hear the room by auto_answer."),
    ],
)
def test_a_target_that_only_an_address_proves_is_warned_of(more, said):
    (note,) = notes(more)
    assert (note.check, note.level) == ("target.kitchen", "warning")
    assert note.message == f"The address is the only proof of who calls as kitchen, and the caller {said}"
    assert "192.0.2.8 can be forged" in note.cause
    for better in ("target.kitchen.password_file", "an account", '"tls"', "target.kitchen.accept_address = true"):
        assert better in note.resolution


def test_of_a_name_the_warning_says_that_dns_can_be_forged_too():
    (note,) = notes("auto_answer = true", "porch.example")
    assert "porch.example" in note.cause
    assert "DNS" in note.cause


@pytest.mark.parametrize(
    "more",
    [
        "",
        'doors = ["front"]\npassword_file = "/k"',
        'doors = ["front"]\naccount = "office"',
        'doors = ["front"]\nauto_answer = true\naccept_address = true',
    ],
    ids=["nothing to lose", "password", "account", "accepted"],
)
def test_there_is_no_warning_where_there_is_better_proof_or_nothing_to_lose_or_it_was_accepted(more):
    assert notes(more) == []


def test_flats_with_addresses_and_doors_are_warned_of_in_one_sentence():
    flats = (
        Flat("1", "A", ("sip:a@192.0.2.9",), ("front",)),
        Flat("2", "B", ("sip:b@192.0.2.10",), ("front",)),
        Flat("3", "C", ("sip:c@192.0.2.11",)),
        Flat("4", "D", ("201", "kitchen"), ("front",)),
    )
    (note,) = notes(flats=flats)
    assert (note.check, note.level) == ("directory.file", "warning")
    assert "flat 1, 2, which may" in note.message


def test_check_and_doctor_say_it_and_the_configuration_is_valid_all_the_same(tmp_path):
    file = tmp_path / "x.toml"
    file.write_text(
        '[panel]\nlines = "simulated"\n' + DOOR + KITCHEN.format(host="192.0.2.8", more='doors = ["front"]')
    )
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "--check", "--config", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    first, note = done.stdout.splitlines()
    assert first == f"{file}: OK"
    assert note.startswith("Note: target.kitchen: The address is the only proof of who calls as kitchen")
    found = {finding.check: finding.level for finding in examine(file, tmp_path, tmp_path)}
    assert (found["configuration"], found["target.kitchen"]) == ("ok", "warning")
