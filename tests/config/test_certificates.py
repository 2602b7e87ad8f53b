"""The files of TLS are looked at before anything relies on them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.config.certificates import look
from appliance.config.schema import Config
from tests.support.certificates import Authority

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """An authority, a certificate of its own, and a file that is none."""
    authority = Authority(tmp_path_factory.mktemp("ca"))
    certificate, key = authority.sign("station", "station", "DNS:station")
    other = authority.sign("other", "other", "DNS:other")[1]
    text = authority.directory / "text"
    text.write_text("hello\n")
    return {"ca": authority.file, "certificate": certificate, "key": key, "other": other, "text": text}


def looked(files, **tls):
    named = {name: str(files.get(value, value)) for name, value in tls.items() if name != "verify"}
    config = Config(tls={"ca_file": str(files["ca"]), **tls, **named})
    look(config, "x.toml")


@pytest.mark.parametrize(
    "tls", [{}, {"certificate_file": "certificate", "key_file": "key"}, {"ca_file": "/none", "verify": False}], ids=str
)
def test_files_that_are_well(files, tls):
    looked(files, **tls)


WRONG = [
    ({"ca_file": "/nonexistent/ca"}, "x.toml: tls.ca_file: /nonexistent/ca cannot be read", "no such file"),
    ({"ca_file": "/tmp"}, "x.toml: tls.ca_file: ", ""),
    ({"ca_file": "text"}, " contains no certificates", ""),
    (
        {"certificate_file": "/none", "key_file": "key"},
        "x.toml: tls.certificate_file: /none cannot be read",
        "no such file",
    ),
    ({"certificate_file": "certificate", "key_file": "/none"}, ": /none cannot be read", "no such file"),
    ({"certificate_file": "certificate", "key_file": "other"}, "are not a certificate and its key", ""),
    ({"certificate_file": "text", "key_file": "key"}, "are not a certificate and its key", ""),
]


@pytest.mark.parametrize(("tls", "message", "cause"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_files_that_are_not(files, tls, message, cause):
    with pytest.raises(IntercomError) as caught:
        looked(files, **tls)
    assert caught.value.code == "config-invalid"
    assert message in caught.value.message
    assert cause in caught.value.cause
    assert caught.value.resolution


def test_a_key_that_others_may_read_is_refused(files, tmp_path):
    key = tmp_path / "key"
    key.write_bytes(Path(files["key"]).read_bytes())
    key.chmod(0o644)
    with pytest.raises(IntercomError, match=f"other users can read {key}"):
        looked(files, certificate_file="certificate", key_file=str(key))


def test_both_errors_are_reported_at_once(files):
    with pytest.raises(IntercomError) as caught:
        looked(files, ca_file="/none", certificate_file="/none", key_file="/none")
    assert "tls.ca_file" in caught.value.message
    assert "tls.certificate_file" in caught.value.message


def test_the_check_looks_at_them_where_an_account_needs_them(tmp_path):
    password = tmp_path / "pw"
    password.write_text("secret")
    password.chmod(0o600)
    file = tmp_path / "x.toml"
    text = f'[account.a]\nuser = "1"\nregistrar = "p"\npassword_file = "{password}"\n[tls]\nca_file = "/none"\n'
    panel = '[panel]\nlines = "simulated"\n'
    for transport, status in (("tcp", 0), ("tls", 1)):
        file.write_text(text.replace("[tls]", f'transport = "{transport}"\n[tls]') + panel)
        done = subprocess.run(
            [sys.executable, "-m", "appliance", "--check", "--config", file],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == status, done
        assert status == 0 or "tls.ca_file: /none cannot be read" in done.stderr
