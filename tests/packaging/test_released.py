"""The wheels of pjsua2 that a release has: made from its packages, and taken by make run where they fit."""

import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.packaging.test_bootstrap import Clone
from tests.support import gnupg

ROOT = Path(__file__).resolve().parents[2]
PJSUA2 = ROOT / "packaging/pjsua2"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Nothing: the test says what went wrong."""


def package(into: Path, architecture: str, suffix: str) -> None:
    """A package of the SIP library, with an empty module."""
    tree = into / "tree"
    modules = tree / "usr/lib/python3/dist-packages"
    modules.mkdir(parents=True)
    (modules / "pjsua2.py").write_text("here = True\n")
    (modules / f"_pjsua2{suffix}").write_text("module")
    (tree / "DEBIAN").mkdir()
    fields = {"Package": "python3-pjsua2", "Version": "1", "Architecture": architecture, "Maintainer": "p"}
    text = "".join(f"{field}: {value}\n" for field, value in {**fields, "Description": "p"}.items())
    (tree / "DEBIAN/control").write_text(text)
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, into], check=True, capture_output=True)
    shutil.rmtree(tree)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of a release: those of two packages, and one for this machine's Python."""
    debs, made = tmp_path_factory.mktemp("debs"), tmp_path_factory.mktemp("made")
    package(debs, "arm64", ".cpython-399-aarch64-linux-gnu.so")
    package(debs, "armhf", ".cpython-399-arm-linux-gnueabihf.so")
    subprocess.run([ROOT / "packaging/release/wheels", debs, made], check=True, stdin=subprocess.DEVNULL)
    return made


class Publisher:
    """A release under an address, signed by a key, and a clone that knows both."""

    def __init__(self, folder: Path, release: Path) -> None:
        self.files = shutil.copytree(release, folder / "served")
        self.homes = ExitStack()
        self.new_key()
        self.clone = Clone(folder)
        self.clone.environment["XDG_CACHE_HOME"] = str(folder / "cache")
        self.source = self.clone.folder / "packaging/release/source"
        (self.source.parent / "key.gpg").write_bytes(self._gpg("--export"))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=self.files))
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.name(f"http://127.0.0.1:{self.server.server_port}")

    def _gpg(self, *words: str | Path) -> bytes:
        command = ["gpg", "--homedir", self.home, "--batch", "--quiet", "--passphrase", "", *words]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def name(self, address: str) -> None:
        self.source.write_text(f"# where\naddress={address}\n")

    def new_key(self) -> None:
        """Only what is signed from now on is by it. It has a new home: an agent that ends still clears its own."""
        self.home = self.homes.enter_context(gnupg.home())
        gnupg.make_key(self.home, "publisher")

    def sign(self) -> None:
        hashes = (f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in self.wheels())
        (self.files / "SHA256SUMS").write_text("".join(hashes))
        self._gpg("--yes", "--detach-sign", "--armor", self.files / "SHA256SUMS")

    def wheels(self) -> list[Path]:
        return sorted(self.files.glob("*.whl"))

    def ours(self) -> Path:
        """The wheel for this machine."""
        (wheel,) = (each for each in self.wheels() if "-cp399-" not in each.name)
        return wheel

    def fetched(self) -> tuple[int, Path | None, str]:
        """The status of packaging/pjsua2/released, the wheel that it prints, and what it says."""
        ended = subprocess.run(
            [self.clone.folder / "packaging/pjsua2/released"],
            env=self.clone.environment | {"PYTHON": sys.executable},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return ended.returncode, Path(ended.stdout.strip()) if ended.stdout else None, ended.stderr

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.homes.close()


@pytest.fixture
def publisher(tmp_path: Path, release: Path) -> Iterator[Publisher]:
    made = Publisher(tmp_path, release)
    yield made
    made.close()


def test_a_release_has_a_wheel_for_each_package_and_for_this_machine(release):
    recipe = subprocess.run([PJSUA2 / "recipe"], check=True, capture_output=True, text=True).stdout.strip()
    tags = {each.stem.split(f"-0{recipe}-")[1] for each in release.iterdir()}
    own = subprocess.run(
        [sys.executable, PJSUA2 / "make_wheel.py", "--tag"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert tags == {own, "cp399-cp399-linux_aarch64", "cp399-cp399-linux_armv7l"}
    with zipfile.ZipFile(next(release.glob("*aarch64.whl"))) as wheel:
        assert wheel.read("_pjsua2.cpython-399-aarch64-linux-gnu.so") == b"module"
        (licence,) = (name for name in wheel.namelist() if name.endswith("licenses/COPYING"))
        assert b"GNU GENERAL PUBLIC LICENSE" in wheel.read(licence)


def test_the_wheel_that_fits_is_taken_once_and_checked_each_time(publisher):
    publisher.sign()
    status, wheel, said = publisher.fetched()
    assert (status, wheel.name) == (0, publisher.ours().name), said
    assert wheel.read_bytes() == publisher.ours().read_bytes()
    assert "signed by packaging/release/key.gpg" in said
    wheel.write_bytes(b"damaged")
    assert publisher.fetched()[1].read_bytes() == publisher.ours().read_bytes()


def changed_wheel(publisher: Publisher) -> None:
    publisher.sign()
    publisher.ours().write_bytes(publisher.ours().read_bytes() + b"x")


def changed_sums(publisher: Publisher) -> None:
    publisher.sign()
    with (publisher.files / "SHA256SUMS").open("a") as sums:
        sums.write("\n")


def another_key(publisher: Publisher) -> None:
    publisher.new_key()
    publisher.sign()


def not_signed(publisher: Publisher) -> None:
    publisher.sign()
    (publisher.files / "SHA256SUMS.asc").unlink()


def another_python(publisher: Publisher) -> None:
    publisher.ours().unlink()
    publisher.sign()


def another_tree(publisher: Publisher) -> None:
    publisher.sign()
    with (publisher.clone.folder / "packaging/pjsua2/config_site.h").open("a") as changed:
        changed.write("\n")


def not_loadable(publisher: Publisher) -> None:
    with zipfile.ZipFile(publisher.ours(), "w") as wheel:
        wheel.writestr("pjsua2.py", "raise ImportError('libopus.so.0 is missing')\n")
    publisher.sign()


def nothing_there(publisher: Publisher) -> None:
    publisher.name("http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (changed_wheel, "Hash Sum mismatch"),
        (changed_sums, "has not signed its SHA256SUMS"),
        (another_key, "has not signed its SHA256SUMS"),
        (not_signed, "SHA256SUMS.asc: "),
        (another_python, "has no wheel for"),
        (another_tree, "has no wheel for"),
        (not_loadable, "does not load here"),
        (nothing_there, "SHA256SUMS: "),
    ],
    ids=lambda value: value.__name__ if isinstance(value, Callable) else "",
)
def test_what_is_changed_or_does_not_fit_is_named_and_not_taken(publisher, change, said):
    change(publisher)
    status, wheel, told = publisher.fetched()
    assert (status, wheel) == (1, None), told
    assert "pjsua2 is built here" in told
    assert said in told


def test_without_a_release_there_is_nothing_to_say(publisher):
    publisher.name("")
    assert publisher.fetched() == (1, None, "")


def test_make_run_takes_it_make_test_does_not_and_without_it_pjsua2_is_built(publisher):
    publisher.sign()
    said = publisher.clone.setup("run")
    assert Path(publisher.clone.installed()[-1]).name == publisher.ours().name
    assert "signed by packaging/release/key.gpg" in said
    # From here on with the wheels that were built before: to build takes minutes.
    publisher.clone.environment["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    publisher.clone.setup("test")
    assert publisher.ours().name not in publisher.clone.called.read_text()
    shutil.rmtree(publisher.clone.folder / ".venv")
    publisher.name("http://127.0.0.1:1")
    said = publisher.clone.setup("run")
    assert "pjsua2 is built here" in said
    assert "/released/" not in publisher.clone.installed()[-1]


def test_the_release_of_this_tree_is_one_that_its_key_has_signed_or_none():
    (address,) = (
        line.removeprefix("address=")
        for line in (ROOT / "packaging/release/source").read_text().splitlines()
        if line.startswith("address=")
    )
    assert (not address) or (address.startswith("https://") and (ROOT / "packaging/release/key.gpg").is_file())
