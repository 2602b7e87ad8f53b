"""The given certificate of HTTPS, as the doctor and --check see it."""

import asyncio
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.app.https import Certificate, fingerprint
from appliance.base.errors import IntercomError
from appliance.config import certificates
from appliance.config.schema import Config
from appliance.config.schema.http import HttpTable
from appliance.doctor import https
from tests.support.certificates import Authority, run, self_signed

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


def found(certificate, key):
    return https.examine(Config(http={"certificate_file": str(certificate), "key_file": str(key)}))[0]


def signed(authority, **options):
    return authority.sign("door", "door", "DNS:door.example", "IP:2001:db8::1", **options)


def test_nothing_is_said_where_no_certificate_is_given():
    assert https.examine(Config()) == []


@pytest.mark.parametrize(
    ("made_days_ago", "level", "said"),
    [(1, "ok", "is valid until 2"), (20, "warning", "expires at 2"), (40, "problem", "expired at 2")],
)
def test_the_end_of_a_certificate_is_named(authority, made_days_ago, level, said):
    finding = found(*signed(authority, made_days_ago=made_days_ago))
    assert finding.level is level and said in finding.message and "Z." in finding.message


def test_a_certificates_names_and_fingerprint_are_read(authority):
    certificate, _ = signed(authority)
    assert certificates.facts(Path(certificate)).names == {"door.example", "2001:db8::1"}
    command = ["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.strip().endswith(f"={fingerprint(Path(certificate).read_text())}")


def locked(authority):
    certificate, key = signed(authority)
    run("pkey", "-in", key, "-aes256", "-passout", "pass:secret-of-test", "-out", f"{key}.locked")
    return certificate, f"{key}.locked"


WRONG = {
    "no such file": lambda ca: ("/none", signed(ca)[1]),
    "a key that is not there": lambda ca: (signed(ca)[0], "/none"),
    "the key of another certificate": lambda ca: (signed(ca)[0], ca.sign("other", "other", "DNS:other")[1]),
    "a key with a password": locked,
    "a directory": lambda ca: (ca.directory, signed(ca)[1]),
    "a key for a certificate": lambda ca: (signed(ca)[1], signed(ca)[1]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_pair_that_cannot_be_used_is_a_problem_with_cause_and_remedy(authority, case):
    finding = found(*WRONG[case](authority))
    assert finding.level == "problem" and finding.cause and finding.resolution


def test_a_key_that_others_can_read_is_a_problem(authority):
    certificate, key = signed(authority)
    open_to_all = shutil.copy(key, f"{key}.open")
    Path(open_to_all).chmod(0o644)
    assert "other users can read" in found(certificate, open_to_all).message


def test_check_refuses_an_expired_certificate(authority, tmp_path):
    certificate, key = signed(authority, made_days_ago=40)
    file = tmp_path / "door.toml"
    file.write_text(f'[http]\naddress = "0.0.0.0"\ncertificate_file = "{certificate}"\nkey_file = "{key}"\n')
    argv = [sys.executable, "-m", "appliance", "--check", "--config", str(file)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0 and "http.certificate_file" in done.stderr and "expired at" in done.stderr


def made(tmp_path, address="192.0.2.7", clock_is_right=lambda: True):
    table, shown = HttpTable(address=address), tmp_path / "fingerprint"
    certificate = Certificate(table, tmp_path, shown, lambda _: None, clock_is_right)
    certificate.open()
    return (tmp_path / "http.crt").read_bytes(), certificate


def test_the_stations_own_certificate_is_made_once_and_again_for_another_address_or_after_damage(tmp_path):
    first, certificate = made(tmp_path)
    assert "192.0.2.7" in certificate.names and certificate.host == "192.0.2.7"
    assert made(tmp_path)[0] == first
    second, certificate = made(tmp_path, "2001:db8::7")
    assert second != first and "2001:db8::7" in certificate.names
    (tmp_path / "http.key").write_text("half")
    assert made(tmp_path, "2001:db8::7")[0] != second


def test_without_openssl_the_cause_and_the_remedy_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IntercomError) as failed:
        made(tmp_path)
    assert "openssl is not installed" in failed.value.cause and "package openssl" in failed.value.resolution


def test_a_fingerprint_that_cannot_be_written_leaves_https_working(tmp_path):
    certificate = Certificate(
        HttpTable(address="192.0.2.7"), tmp_path, tmp_path / "no" / "place", lambda _: None, lambda: True
    )
    certificate.open()
    assert "192.0.2.7" in certificate.names


def of_an_older_station(tmp_path):
    host = socket.gethostname().partition(".")[0].lower()
    return self_signed(tmp_path, f"DNS:{host}", f"DNS:{host}.local", "IP:192.0.2.7")


@pytest.mark.parametrize(("year", "again"), [(1970, True), (2014, True), (2038, False), (2066, True)], ids=str)
def test_a_certificate_whose_dates_cannot_be_true_is_made_again_once_the_clock_is_right(
    tmp_path, monkeypatch, year, again
):
    """To a station whose clock says this year, what was made today has not begun, is valid, or is over."""
    right, first = [], of_an_older_station(tmp_path)
    kept, certificate = made(tmp_path, clock_is_right=lambda: bool(right))
    assert kept == first
    seen = datetime(year, 1, 1, tzinfo=UTC).timestamp()
    monkeypatch.setattr("appliance.app.https.time.time", lambda: seen)
    asyncio.run(certificate.context())
    assert (tmp_path / "http.crt").read_bytes() == first, "the clock may be what is wrong"
    right.append(True)
    certificate._looked = 0.0
    asyncio.run(certificate.context())
    assert ((tmp_path / "http.crt").read_bytes() != first) == again
    assert "192.0.2.7" in certificate.names


@pytest.mark.parametrize("right", [True, False])
def test_the_same_holds_at_a_start(tmp_path, monkeypatch, right):
    first = of_an_older_station(tmp_path)
    monkeypatch.setattr("appliance.app.https.time.time", lambda: datetime(2014, 1, 1, tzinfo=UTC).timestamp())
    assert (made(tmp_path, clock_is_right=lambda: right)[0] != first) == right


def test_a_given_certificate_is_never_made_again(authority, tmp_path, monkeypatch):
    certificate, key = signed(authority)
    before = Path(certificate).read_bytes()
    monkeypatch.setattr("appliance.app.https.time.time", lambda: datetime(2014, 1, 1, tzinfo=UTC).timestamp())
    table = HttpTable(address="192.0.2.7", certificate_file=str(certificate), key_file=str(key))
    used = Certificate(table, tmp_path, tmp_path / "fingerprint", lambda _: None, lambda: True)
    used.open()
    asyncio.run(used.context())
    assert Path(certificate).read_bytes() == before
    assert not (tmp_path / "http.crt").exists()
