"""Whether recordings can be copied elsewhere: each thing that is missing, with its remedy, and no secret in a text."""

import pytest

from appliance.base.errors import IntercomError
from appliance.config import copies as rclone
from appliance.config.schema import Config
from appliance.doctor import copies
from appliance.doctor.daemon_faults import besides
from appliance.doctor.findings import problem
from tests.support.rclone import configuration

NAS = {"type": "sftp", "host": "nas.example", "user": "door", "pass": "obscured-secret", "port": "22"}


@pytest.fixture
def file(tmp_path):
    configuration(tmp_path / "rclone.conf", nas=NAS)
    return tmp_path / "rclone.conf"


def table(file):
    return Config(recording={"copy_to": "nas:door", "copy_config_file": str(file)})


def found(file):
    (finding,) = copies.examine(table(file))
    assert finding.check == "recording.copy_to"
    assert "obscured-secret" not in f"{finding.message} {finding.cause} {finding.resolution}"
    return finding


def test_nothing_is_said_where_nothing_is_copied():
    assert copies.examine(Config()) == []


def test_a_remote_that_is_described_is_named(file):
    finding = found(file)
    assert (finding.level, finding.message) == ("ok", "Recordings are copied to nas:door by rclone.")


@pytest.mark.parametrize(
    ("broken", "cause", "remedy"),
    [
        (lambda file: file.unlink(), "There is no {file}.", "rclone --config {file} config"),
        (lambda file: file.chmod(0o640), "Other users can read {file}: its mode is 0640.", "chmod 0600 {file}"),
        (lambda file: (file.unlink(), file.mkdir()), "{file} cannot be read: Is a directory.", "chmod 0600 {file}"),
        (lambda file: file.write_bytes(b"\xff[nas]"), "{file} cannot be read: ", "chmod 0600 {file}"),
        (lambda file: file.write_text("RCLONE_ENCRYPT_V0:\nabc"), "it is encrypted.", "without a password of its own"),
        (
            lambda file: file.write_text("[other]\ntype = local\n"),
            "{file} describes no remote nas.",
            "recording.copy_to",
        ),
    ],
)
def test_what_is_missing_has_its_remedy(file, broken, cause, remedy):
    broken(file)
    finding = found(file)
    assert finding.level == "problem"
    assert cause.format(file=file) in finding.cause
    assert remedy.format(file=file) in finding.resolution


def test_without_rclone_its_package_is_named(file, monkeypatch):
    monkeypatch.setattr(rclone, "PROGRAM", "there-is-no-rclone")
    assert found(file).resolution == "apt install there-is-no-rclone"


def test_where_a_remote_is_may_be_shown_and_what_opens_it_may_not(file):
    token = '{"access_token":"ya29.secret","expiry":"2026"}'
    configuration(file, nas=NAS, drive={"type": "drive", "token": token})
    secrets = rclone.secrets(table(file).recording)
    assert {"obscured-secret", "ya29.secret"} <= secrets
    assert not {"nas.example", "door", "sftp", "22"} & secrets


def test_a_fault_that_the_daemon_reported_is_named_with_its_remedy_unless_the_cause_is_known(file):
    failed = [("copies", "A recording could not be copied elsewhere. It is full")]
    (finding,) = besides(copies.examine(table(file)), failed)
    assert (finding.check, finding.message) == ("copies", "A recording could not be copied elsewhere. It is full.")
    assert finding.resolution.startswith("Try rclone by hand")
    assert besides([problem("recording.copy_to", "x")], failed) == []


def test_an_error_is_one_of_a_station_that_goes_on(file):
    file.unlink()
    with pytest.raises(IntercomError) as caught:
        rclone.secrets(table(file).recording)
    assert caught.value.code == "unavailable"
