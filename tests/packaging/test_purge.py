"""The script that dpkg runs after the package is removed: a purge leaves nothing but recordings."""

import re
import subprocess
from pathlib import Path

import pytest

POSTRM = Path(__file__).resolve().parents[2] / "packaging/debian/intercomd.postrm"
KEPT = "var/lib/intercomd/recordings/one.wav"
LEFT = (
    "etc/intercomd/intercomd.toml.old",
    "etc/intercomd/pbx.password",  # by intercomd-setup, which writes one for each account that it imports, too
    "run/intercomd/http.address",
    "var/lib/intercomd/http.token",
    KEPT,
)


def files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def ran(root, word):
    text = re.sub(r"(?<= )/(etc|run|var)/", rf"{root}/\1/", POSTRM.read_text())
    subprocess.run(["sh", "-c", text, "postrm", word], check=True, timeout=120)
    return files(root)


@pytest.fixture
def root(tmp_path):
    """A directory that stands for /, after dpkg has removed its own files."""
    for name in (*LEFT, "etc/default/other"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_a_removal_leaves_everything(root):
    assert ran(root, "remove") == sorted([*LEFT, "etc/default/other"])


def test_a_purge_leaves_the_recordings_only(root):
    assert ran(root, "purge") == ["etc/default/other", KEPT]
    assert not (root / "etc/intercomd").exists()
    assert not (root / "run/intercomd").exists()


def test_a_purge_takes_the_recordings_where_that_was_asked_for(root):
    (root / "etc/default/intercomd").write_text("PURGE_RECORDINGS=yes\n")
    assert ran(root, "purge") == ["etc/default/other"]
