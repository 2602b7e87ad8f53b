"""Apt takes packages from our signed repository, and nothing that was changed or signed by another key."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.guest import Guest
from tests.lab.publisher import Publisher

PLACE, KEY = "/srv/releases", "/etc/apt/keyrings/intercomd-archive.asc"
SOURCE = f"Types: deb\nURIs: file:{PLACE}\nSuites: stable\nComponents: main\nSigned-By: {KEY}\n"
# Lists of their own: those of Debian, which the station has, stay as they are.
APT = (
    "apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "-o", "Dir::Etc::SourceList=/dev/null",
    "-o", "Dir::Etc::SourceParts=/srv/sources", "-o", "Dir::State::Lists=/srv/lists",
)  # fmt: skip


@pytest.fixture(scope="module")
def publishers(debs, tmp_path_factory):
    made: list[Publisher] = []

    def publisher(kind: str = "ed25519", *options: str) -> Publisher:
        made.append(Publisher(tmp_path_factory.mktemp("p") / "home", debs[0].parent, kind, *options))
        return made[-1]

    yield publisher
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def ours(publishers) -> Publisher:
    return publishers()


@pytest.fixture
def install(guest: Guest, ours: Publisher) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Let apt fetch the package from a repository, as a station that has our key; how that ended."""
    guest.check("mkdir", "-p", "/srv/sources", "/srv/packages", "/etc/apt/keyrings")
    guest.write("/srv/sources/intercomd.sources", SOURCE)
    guest.write(KEY, ours.public)

    def fetch(repository: Path) -> subprocess.CompletedProcess[str]:
        guest.check("rm", "-rf", PLACE, "/srv/lists")
        guest.check("mkdir", "-p", "/srv/lists/partial", PLACE)
        guest.copy_in(*repository.iterdir(), to=PLACE)
        guest.check("chmod", "755", PLACE)  # apt reads it as a user of its own
        guest.check("date", "--set", f"@{time.time() + 1}")  # on a busy host the guest's clock is behind the signature
        script = 'cd /srv/packages && rm -f -- * && "$@" update && "$@" download intercomd python3-pjsua2'
        return guest.run("bash", "-c", script, "-", *APT)

    return fetch


def test_packages_come_from_our_repository(guest, ours, install, debs, tmp_path):
    ended = install(ours.publish(tmp_path / "repository"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert sorted(guest.check("ls", "/srv/packages").split()) == sorted(deb.name for deb in debs)


def changed_package(repository: Path) -> None:
    file = next(repository.glob("pool/main/i/intercomd/*.deb"))
    file.write_bytes(file.read_bytes() + b"x")


def changed_list(repository: Path) -> None:
    for file in repository.glob("dists/stable/main/binary-*/**/*"):
        if file.is_file():
            file.write_bytes(file.read_bytes() + b"\n")


def changed_release(repository: Path) -> None:
    for name in ("InRelease", "Release"):
        file = repository / "dists/stable" / name
        file.write_text(file.read_text().replace("Label: intercomd", "Label: another"))


@pytest.mark.parametrize(
    ("change", "said"),
    [(changed_package, "intercomd_"), (changed_list, "Packages"), (changed_release, "InRelease")],
    ids=["a package", "a list", "the release"],
)
def test_what_was_changed_after_it_was_signed_is_refused(ours, install, tmp_path, change, said):
    repository = ours.publish(tmp_path / "repository")
    change(repository)
    ended = install(repository)
    assert ended.returncode == 100, ended.stdout + ended.stderr
    assert said in ended.stderr


def test_what_another_key_has_signed_is_refused(install, publishers, tmp_path):
    ended = install(publishers().publish(tmp_path / "repository"))
    assert ended.returncode == 100, ended.stdout + ended.stderr
    assert "Missing key" in ended.stderr


def test_what_a_key_has_signed_after_its_end_is_refused(guest, install, publishers, tmp_path):
    late = publishers("ed25519", "--faked-system-time", "20250101T000000")
    guest.write(KEY, late.public)
    late.prolong()
    ended = install(late.publish(tmp_path / "repository"))
    assert ended.returncode == 100, ended.stdout + ended.stderr
    assert "Expired on 2025-01-03" in ended.stderr


def test_what_a_short_key_has_signed_is_refused(guest, install, publishers, tmp_path):
    short = publishers("rsa1024")
    guest.write(KEY, short.public)
    ended = install(short.publish(tmp_path / "repository"))
    assert ended.returncode == 100, ended.stdout + ended.stderr
    assert "RSA1024 is not considered secure" in ended.stderr
