"""Files that are none: a FIFO, a device or one without an end hangs neither --check nor the start."""

import os
import subprocess
import sys
from codecs import BOM_UTF8
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.config import certificates, directory, files
from appliance.config.load import load
from appliance.config.schema import Config
from appliance.config.schema.sip import TlsTable
from appliance.config.secrets import read
from appliance.panel import guard
from appliance.setup import importer

PATIENCE_S = 120.0
ROOT = Path(__file__).parents[2]
PLAIN = "[station]\nname = 'Door'\n[panel]\nlines = 'simulated'\n"
READERS = {
    "configuration": load,
    "password": lambda path: read(str(path)),
    "directory": lambda path: directory.read(Config.model_validate({"directory": {"file": str(path)}})),
    "authorities": lambda path: certificates.authorities(TlsTable(ca_file=str(path))),
    "certificate": lambda path: certificates.own(TlsTable(certificate_file=str(path), key_file=str(path))),
    "import": lambda path: importer.run(path, path.with_name("imported.toml")),
}


def fifo(where: Path) -> Path:
    os.mkfifo(where / "fifo", 0o600)
    return where / "fifo"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ["fifo", "device", "directory", "endless", "exchanged"])
def test_what_is_no_regular_file_of_a_bounded_size_is_refused_at_once(reader, kind, tmp_path, monkeypatch):
    path = tmp_path / "file"
    match kind:
        case "fifo":
            os.mkfifo(path, 0o600)
        case "device":
            path.symlink_to("/dev/zero")
        case "directory":
            path.mkdir(mode=0o700)
        case "endless":
            path.touch(mode=0o600)
            os.truncate(path, 1 << 40)
        case _:  # a FIFO takes the file's place after it was looked at
            os.mkfifo(path, 0o600)
            look, regular = Path.stat, Path(__file__).stat()
            seen = lambda found, **options: regular if found == path else look(found, **options)  # noqa: E731
            monkeypatch.setattr(files.Path, "stat", seen)
    with pytest.raises(IntercomError) as caught:
        READERS[reader](path)
    said = str(caught.value)
    assert {
        "fifo": "a FIFO, not a regular file",
        "device": "a device, not a regular file",
        "directory": "irectory",
        "endless": "longer than",
        "exchanged": "a FIFO, not a regular file",
    }[kind] in said


@pytest.mark.parametrize("kind", ["fifo", "device"])
@pytest.mark.parametrize("where", ["configuration", "password"])
def test_check_ends_with_status_1_where_a_file_is_none(where, kind, tmp_path):
    none = fifo(tmp_path) if kind == "fifo" else Path("/dev/zero")
    config = tmp_path / "intercomd.toml"
    account = f"[account.office]\nregistrar = 'sip:pbx.example'\nuser = 'door'\npassword_file = '{none}'\n"
    config.write_text(PLAIN + account)
    wanted = none if where == "configuration" else config
    checked = subprocess.run(
        [sys.executable, "-m", "appliance", "--check", "--config", str(wanted)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_S,
        check=False,
    )
    assert checked.returncode == 1, checked.stderr
    assert "not a regular file" in checked.stderr


def test_the_guard_reads_regular_files_of_a_bounded_size_only(tmp_path):
    long = tmp_path / "long"
    long.touch()
    os.truncate(long, 1 << 40)
    for none, why in ((fifo(tmp_path), "regular"), (Path("/dev/zero"), "regular"), (long, "longer than 1 MiB")):
        with pytest.raises(guard.Refused, match=why):
            guard.configured(str(none))


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path):
    path = tmp_path / "file"
    path.touch(mode=0o600)
    path.write_bytes(BOM_UTF8 + PLAIN.encode())
    assert load(path).station.name == "Door"
    with pytest.raises(guard.Refused, match="nothing to guard"):
        guard.configured(str(path))
    path.write_bytes(BOM_UTF8 + b"secret\r\n")
    assert read(str(path)) == "secret"
    path.write_bytes(BOM_UTF8 + b"x" * 256 + b"\r\n")
    assert read(str(path)) == "x" * 256


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_another_encoding_with_a_mark_is_named(encoding, tmp_path):
    path = tmp_path / "file.toml"
    path.write_bytes(("\ufeff" + PLAIN).encode(encoding))
    with pytest.raises(IntercomError, match="this is UTF-16, not UTF-8"):
        load(path)
