"""A configuration from the boot partition: imported once, or refused with reasons; its secrets go where they belong."""

import os
import stat
from pathlib import Path

import pytest
import tomli

from appliance.base import durable
from appliance.base.errors import IntercomError
from appliance.config.load import load
from appliance.config.secrets import read
from appliance.setup import __main__ as command
from appliance.setup import importer

SECRETS = ("hunter2", "0815")
GOOD = """\
# Schreib hier hinein, wie die Türstation heißt
[station]
name = "Tür"

[account.pbx]
user = "200"
registrar = "192.0.2.5"
password = "hunter2"

[door.front]
chip = "board"
line = "DOOR"
digits = "0815"

[target.indoor]
uri = "201"
account = "pbx"
doors = ["front"]
"""
UNCONFIGURED = '[station]\nname = "Intercom"\n'


class Boot:
    """A boot partition and /etc/intercomd."""

    def __init__(self, root):
        self.boot, self.etc = root / "boot", root / "etc"
        for directory in (self.boot, self.etc):
            directory.mkdir()
        self.source, self.file = self.boot / "intercomd.toml", self.etc / "intercomd.toml"
        self.password = self.etc / "pbx.password"
        self.file.write_text(UNCONFIGURED)

    def write(self, text=GOOD):
        self.source.write_text(text)
        return self

    def run(self):
        return importer.run(self.source, self.file)

    def refused(self):
        with pytest.raises(IntercomError) as refused:
            self.run()
        told = (self.boot / "intercomd-errors.txt").read_bytes().decode()
        assert told.replace("\r\n", "\n").startswith(f"intercomd.toml was not imported.\n\n{refused.value}\n")
        assert not any(secret in told for secret in SECRETS)
        assert self.source.exists()
        return refused.value

    def left(self):
        """All that can be read from the partition."""
        return "".join(path.read_text() for path in self.boot.iterdir())


def names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def boot(tmp_path):
    return Boot(tmp_path)


def test_a_good_file_is_imported_and_only_a_copy_without_secrets_stays(boot):
    done = boot.write().run()
    assert (done.changed, done.warning) == (True, "")
    config = load(boot.file)
    assert config.station.name == "Tür"
    assert config.door["front"].digits == "0815"
    assert read(config.account["pbx"].password_file) == "hunter2"
    assert stat.S_IMODE(boot.password.stat().st_mode) == 0o600
    assert "hunter2" not in boot.file.read_text()
    assert names(boot.boot) == ["intercomd.imported.toml"]
    assert not any(secret in boot.left() for secret in SECRETS)
    copy = tomli.loads(boot.left())
    assert (copy["account"]["pbx"]["password"], copy["door"]["front"]["digits"]) == ("", "")
    assert copy["account"]["pbx"]["user"] == "200"
    assert (boot.etc / "intercomd.toml.old").read_text() == UNCONFIGURED


def test_the_bytes_of_a_secret_are_overwritten_where_they_were(boot):
    """What is only unlinked can be found on the card."""
    boot.write()
    with boot.source.open("rb") as kept:
        boot.run()
        assert kept.read() == b"\n" * len(GOOD.encode())


def test_the_copy_can_be_changed_and_imported_again_and_keeps_the_password(boot):
    boot.write().run()
    copy = boot.boot / "intercomd.imported.toml"
    boot.write(copy.read_text().replace('"Tür"', '"Tor"') + "\n[setup]\nreplace = true\n")
    assert boot.run().changed
    assert load(boot.file).station.name == "Tor"
    assert read(str(boot.password)) == "hunter2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[station\n", "intercomd.toml: line 1: this is not valid TOML"),
        ('[account.pbx]\npassword = "hunter2\n', "this is not valid TOML"),
        (GOOD.replace('name = "Tür"', "nmae = 5"), "station.nmae: no such setting; did you mean name?"),
        (GOOD.replace('password = "hunter2"', 'password = "hunter2"\npassword_file = "/x"'), "not both"),
        (GOOD.replace('password = "hunter2"', "password = 5"), "a text of one line"),
        (GOOD.replace('password = "hunter2"', 'password = "a\\nb"'), "a text of one line"),
        (GOOD.replace('password = "hunter2"', 'password = ""'), "cannot be read"),
        (GOOD.replace("[account.pbx]", '[account."../pbx"]'), "name is not valid"),
        (GOOD.replace('password = "hunter2"', ""), "account.pbx.password_file: is missing"),
        (GOOD.replace('uri = "201"', 'uri = "sip:x@y"\ndoors2 = 1'), "target.indoor.doors2: no such setting"),
        ("account = 5\n", "account"),
        ("#" * (importer.LONGEST + 1), "longer than 1 MiB"),
    ],
)
def test_a_wrong_file_is_refused_with_all_reasons_and_changes_nothing(boot, text, said):
    before = boot.write(text).file.read_text()
    assert said in str(boot.refused())
    assert boot.file.read_text() == before
    assert names(boot.etc) == ["intercomd.toml"]
    boot.write().run()
    assert names(boot.boot) == ["intercomd.imported.toml"]


@pytest.mark.parametrize(
    "wrong",
    [
        GOOD.replace("hunter2", 300 * "x"),
        GOOD.replace("hunter2", "another") + '[mqtt]\nhost = "broker"\nuser = "door"\npassword_file = "/nothing"\n',
        GOOD.replace("hunter2", "another") + '[directory]\nfile = "/nothing/flats.csv"\n',
    ],
    ids=["too long", "another password is missing", "the directory is missing"],
)
def test_an_import_that_is_refused_leaves_the_password_of_the_station_as_it_was(boot, wrong):
    """The present configuration names the same file, and a wrong one keeps the daemon down."""
    boot.write().run()
    boot.write(f"{wrong}\n[setup]\nreplace = true\n")
    boot.refused()
    assert read(str(boot.password)) == "hunter2"


def test_a_password_that_systemd_passes_to_the_service_is_left_to_it(boot, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    boot.write(GOOD.replace("password =", "password_file =").replace("hunter2", "office.password"))
    assert boot.run().changed


def test_a_file_that_is_no_utf_8_is_refused(boot):
    boot.source.write_bytes('name = "Tür"'.encode("latin-1"))
    assert "UTF-8" in str(boot.refused())


def test_what_an_editor_of_another_system_writes_is_read(boot):
    boot.source.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert boot.run().changed
    assert load(boot.file).station.name == "Tür"


def test_a_configuration_that_is_there_is_replaced_only_if_the_file_says_so(boot):
    boot.file.write_text('[target.x]\nuri = "sip:x@y"\n')
    assert boot.write().refused().code == "conflict"
    assert not boot.password.exists()
    boot.write(GOOD + "[setup]\nreplace = true\n").run()
    assert load(boot.file).station.name == "Tür"


def test_where_the_partition_cannot_be_written_it_is_imported_and_reported(boot, monkeypatch):
    def closed(path, *_, **__):
        if path.parent == boot.boot:
            raise OSError(30, "Read-only file system")
        return replace(path, *_, **__)

    replace = durable.update
    monkeypatch.setattr(durable, "update", closed)
    first, second = boot.write().run(), boot.run()
    assert (first.changed, second.changed) == (True, False)  # at each start; an unchanged file is not written again
    assert "Read-only file system" in first.warning
    assert load(boot.file).station.name == "Tür"


def test_where_the_configuration_cannot_be_written_nothing_is_blanked(boot, monkeypatch):
    def closed(*_, **__):
        raise OSError(30, "Read-only file system", str(boot.file))

    monkeypatch.setattr(importer.station, "write", closed)
    refused = boot.write().refused()
    assert refused.code == "unavailable"
    assert "Read-only file system" in refused.cause
    assert boot.source.read_text() == GOOD


class PowerCutError(BaseException):
    """Nothing after it happens."""


def cut_after(monkeypatch, count):
    """The power goes at the `count`th act on a file."""
    acts = iter(range(count))

    def cutting(act):
        def wrapped(*given, **named):
            if next(acts, None) is None:
                raise PowerCutError
            return act(*given, **named)

        return wrapped

    for owner, name in ((os, "fsync"), (os, "write"), (Path, "replace"), (Path, "unlink")):
        monkeypatch.setattr(owner, name, cutting(getattr(owner, name)))


@pytest.mark.parametrize("moment", range(25))
def test_in_whatever_moment_the_power_goes_the_next_start_does_what_is_left(boot, monkeypatch, moment):
    boot.write()
    with monkeypatch.context() as patched:
        cut_after(patched, moment)
        try:
            boot.run()
        except PowerCutError:
            load(boot.file)  # the old one or the new one
    boot.run()
    assert read(load(boot.file).account["pbx"].password_file) == "hunter2"
    assert names(boot.boot) == ["intercomd.imported.toml"]
    assert not any(secret in boot.left() for secret in SECRETS)


def test_the_command_reports_what_it_did_and_why_it_refused(boot, capsys):
    words = ["--config", str(boot.file), "--import", str(boot.source)]
    assert command.main(words) == 0  # nothing to do
    boot.write()
    assert command.main(words) == 0
    assert f"{boot.file} was imported from {boot.source}." in capsys.readouterr().out
    boot.write("[statoin]\n")
    assert command.main(words) == 1
    assert "did you mean station?" in capsys.readouterr().err
