"""A release: refused at once if it cannot be right; its lists and its repository agree with its packages."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import gnupg

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "packaging/release"
PARTS = (
    "packaging/common.sh",
    "packaging/release",
    "packaging/debian/changelog",
    "pyproject.toml",
    "client/pyproject.toml",
)
VERSION = "0.1.0"
NAMED, OTHER = f'version = "{VERSION}"', 'version = "0.0.9"'


@pytest.fixture(scope="module")
def keys() -> Generator[Callable[[int], Path]]:
    """Homes of GnuPG by the number of their keys, which end with the test."""
    homes: dict[int, Path] = {}
    with ExitStack() as stack:

        def home(count: int) -> Path:
            if count not in homes:
                homes[count] = stack.enter_context(gnupg.home())
                for number in range(count):
                    gnupg.make_key(homes[count], f"publisher-{number}")
            return homes[count]

        yield home


def git(tree: Path, *words: str) -> None:
    identity = ("-c", "user.name=Publisher", "-c", "user.email=publisher@station.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", tree, *identity, *words], check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A commit of what the first checks look at, with notes for the version."""
    tree = tmp_path / "tree"
    for part in PARTS:
        (tree / part).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, tree / part)
    (tree / "CHANGELOG.md").write_text(
        f"# Changes\n\n## [Unreleased]\n\n## [{VERSION}] - 2026-12-01\n\n### Added\n\n- A bell.\n\n## [0.0.1]\n\nOld.\n"
    )
    (tree / ".gitignore").write_text("dist\n")
    git(tree, "init", "--quiet")
    return commit(tree)


def commit(tree: Path) -> Path:
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "release")
    return tree


def refused(tree: Path, home: Path) -> str:
    """What make release says that it does not begin with."""
    ended = subprocess.run(
        [tree / "packaging/release/make", VERSION], env={**os.environ, "GNUPGHOME": str(home)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "cause:  " in ended.stderr
    assert "remedy: " in ended.stderr
    return ended.stderr


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        text = (tree / file).read_text()
        assert old in text
        (tree / file).write_text(text.replace(old, new, 1))
        commit(tree)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: (tree / "left").touch(), "not the commit that would be published"),
        (replaced("pyproject.toml", NAMED, OTHER), "pyproject.toml is at another version"),
        (replaced("client/pyproject.toml", NAMED, OTHER), "client/pyproject.toml is at another version"),
        (replaced("packaging/debian/changelog", f"({VERSION})", "(0.0.9)"), "packaging/debian/changelog is at another"),
        (replaced("CHANGELOG.md", f"## [{VERSION}]", "## [0.0.2]"), f"CHANGELOG.md has no notes for {VERSION}"),
        (replaced("CHANGELOG.md", "### Added\n\n- A bell.\n", ""), f"CHANGELOG.md has no notes for {VERSION}") ,
        (lambda tree: (tree / f"dist/release-{VERSION}").mkdir(parents=True), "was made already"),
    ],
    ids=["uncommitted", "version", "client's version", "package's version", "no notes", "empty notes", "made"],
)  # fmt: skip
def test_a_release_that_cannot_be_right_is_refused_at_once(tree, keys, change, said):
    change(tree)
    assert said in refused(tree, keys(1))


@pytest.mark.parametrize(("count", "said"), [(0, "has 0 secret keys"), (2, "has 2 secret keys")])
def test_only_a_single_key_signs(tree, keys, count, said):
    assert said in refused(tree, keys(count))


def test_no_key_in_the_tree_signs(tree):
    (tree / ".gitignore").write_text("dist\nkeys\n")
    commit(tree)
    (tree / "keys").mkdir(mode=0o700)
    assert "The key is in this tree" in refused(tree, tree / "keys")


def test_the_notes_of_a_long_change_log_are_there_at_once(tree):
    """It has a hundred kilobytes; a look for a letter in it once took bash a minute and more."""
    line = "- A bell that rings at noon, and another one that does not ring at all, but shines.\n"
    (tree / "CHANGELOG.md").write_text(f"# Changes\n\n## [{VERSION}] - 2026-12-01\n\n{line * 20_000}")
    notes = subprocess.run(
        [tree / "packaging/release/notes", VERSION], check=True, capture_output=True, text=True, timeout=60
    )
    assert notes.stdout == line * 20_000


def test_the_notes_are_those_of_the_version(tree):
    notes = subprocess.run([tree / "packaging/release/notes", VERSION], check=True, capture_output=True, text=True)
    assert notes.stdout == "### Added\n\n- A bell.\n"


def lists(into: Path, **environment: str) -> list[bytes]:
    """The list of parts and that of faults."""
    into.mkdir()
    subprocess.run(
        [sys.executable, RELEASE / "bill.py", VERSION, into],
        env={**os.environ, "SOURCE_DATE_EPOCH": "1764000000", **environment}, check=True,
    )  # fmt: skip
    return [(into / f"intercomd-{VERSION}.{kind}.json").read_bytes() for kind in ("cdx", "vex")]


def test_the_lists_are_those_of_the_standard_and_the_same_each_time(tmp_path):
    from cyclonedx.schema import SchemaVersion  # their grammars take a second, which each worker would need
    from cyclonedx.validation.json import JsonStrictValidator

    made = lists(tmp_path / "a", PYTHONHASHSEED="1")
    assert made == lists(tmp_path / "b", PYTHONHASHSEED="2", TZ="Asia/Tokyo")
    for text in made:
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text.decode()) is None


def test_the_lists_name_each_patch_each_library_and_each_fault(tmp_path):
    bill, faults = map(json.loads, lists(tmp_path / "lists"))
    parts = {part["name"]: part for part in bill["components"]}
    series = (ROOT / "packaging/pjsua2/patches/series").read_text().split()
    assert {patch["diff"]["url"].rpartition("/")[2] for patch in parts["pjproject"]["pedigree"]["patches"]} == set(
        series
    )
    assert parts["msgspec"]["scope"] == "required"
    assert parts["prometheus-client"]["scope"] == "optional"
    assert "pytest" not in parts
    with (ROOT / "packaging/pjsua2/advisories.tsv").open(newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if len(row) > 1 and not row[0].startswith("#")]
    states = {"applied": "resolved_with_pedigree", "not reachable": "not_affected", "open": "exploitable"}
    assert {each["id"]: each["analysis"]["state"] for each in faults["vulnerabilities"]} == {
        row[0]: states[row[2]] for row in rows
    }


def package(into: Path, name: str, version: str, architecture: str) -> None:
    """A package with nothing in it."""
    tree = into / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    fields = {"Package": name, "Version": version, "Architecture": architecture, "Maintainer": "p", "Description": "p"}
    (tree / "DEBIAN/control").write_text("".join(f"{field}: {value}\n" for field, value in fields.items()))
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, into], check=True, capture_output=True)
    shutil.rmtree(tree)


def test_the_repository_lists_what_there_is_for_each_architecture_and_keeps_earlier_versions(tmp_path, keys):
    home = keys(1)
    debs, repository = tmp_path / "debs", tmp_path / "repository"
    debs.mkdir()

    def publish() -> dict[str, list[str]]:
        subprocess.run(
            [RELEASE / "apt-repository", debs, repository],
            env={**os.environ, "GNUPGHOME": str(home)},
            check=True,
            capture_output=True,
        )
        found = {}
        for architecture in ("amd64", "arm64", "armhf"):
            text = (repository / f"dists/stable/main/binary-{architecture}/Packages").read_text()
            found[architecture] = [
                line.removeprefix("Filename: ").rpartition("/")[2]
                for line in text.splitlines()
                if line.startswith("Filename: ")
            ]
        return found

    package(debs, "intercomd", "0.1.0", "all")
    package(debs, "python3-pjsua2", "2.17", "arm64")
    assert publish() == {
        "amd64": ["intercomd_0.1.0_all.deb"],
        "arm64": ["intercomd_0.1.0_all.deb", "python3-pjsua2_2.17_arm64.deb"],
        "armhf": ["intercomd_0.1.0_all.deb"],
    }
    shutil.rmtree(debs)
    debs.mkdir()
    package(debs, "intercomd", "0.2.0", "all")
    assert publish()["amd64"] == ["intercomd_0.1.0_all.deb", "intercomd_0.2.0_all.deb"]
    release = repository / "dists/stable"
    keyring = tmp_path / "ring.gpg"
    subprocess.run(
        ["gpg", "--batch", "--dearmor", "-o", keyring, repository / "intercomd-archive.asc"],
        check=True,
        capture_output=True,
    )
    for signed in ([release / "InRelease"], [release / "Release.gpg", release / "Release"]):
        subprocess.run(["gpgv", "--keyring", keyring, *signed], check=True, capture_output=True)
    assert "PRIVATE KEY" not in (repository / "intercomd-archive.asc").read_text()


def compared(one: Path, other: Path) -> tuple[int, str]:
    """The status of packaging/release/compare, and what it says."""
    ended = subprocess.run([RELEASE / "compare", one, other], capture_output=True, text=True, timeout=120)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def test_the_same_packages_and_commit_give_the_same_repository_but_for_signatures(tmp_path, keys):
    debs = tmp_path / "debs"
    debs.mkdir()
    package(debs, "intercomd", "0.1.0", "all")
    package(debs, "python3-pjsua2", "2.17", "arm64")
    for name, zone, mask in (("one", "UTC", 0o022), ("other", "Pacific/Kiritimati", 0o077)):
        subprocess.run(
            [RELEASE / "apt-repository", debs, tmp_path / name],
            env={**os.environ, "GNUPGHOME": str(keys(1)), "SOURCE_DATE_EPOCH": "1764000000", "TZ": zone},
            check=True,
            capture_output=True,
            umask=mask,
        )
    assert "Date: Mon, 24 Nov 2025 16:00:00 +0000" in (tmp_path / "one/dists/stable/Release").read_text()
    status, said = compared(tmp_path / "one", tmp_path / "other")
    assert (status, said.endswith(" files are the same, 0 differ\n")) == (0, True), said


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two releases that are the same but for their signatures."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    package(one, "intercomd", "0.1.0", "all")
    (one / "SHA256SUMS").write_text("sums\n")
    shutil.copytree(one, other)
    (one / "SHA256SUMS.asc").write_text("signed at noon\n")
    (other / "SHA256SUMS.asc").write_text("signed at night\n")
    return one, other


def test_releases_that_differ_in_their_signatures_alone_are_the_same(pair):
    assert compared(*pair) == (0, "2 files are the same, 0 differ\n")


def another_text(release: Path) -> str:
    (release / "SHA256SUMS").write_text("other sums\n")
    return "SHA256SUMS: differs\n    1c1\n    < sums\n    ---\n    > other sums\n"


def another_mode(release: Path) -> str:
    (release / "SHA256SUMS").chmod(0o600)
    return "SHA256SUMS: has another mode (644, 600)\n"


def one_more(release: Path) -> str:
    (release / "build.log").touch()
    return "build.log: is in one of the two only\n"


def not_signed(release: Path) -> str:
    (release / "SHA256SUMS.asc").unlink()
    return "SHA256SUMS.asc: is in one of the two only\n"


def another_package(release: Path) -> str:
    package(release, "intercomd", "0.2.0", "all")
    (release / "intercomd_0.2.0_all.deb").rename(release / "intercomd_0.1.0_all.deb")
    return "intercomd_0.1.0_all.deb: differs\n"


@pytest.mark.parametrize("change", [another_text, another_mode, one_more, not_signed, another_package])
def test_what_differs_between_two_releases_is_named(pair, change):
    said = change(pair[1])
    status, told = compared(*pair)
    assert (status, said in told) == (1, True), told
    assert told.endswith(" differ\n")
    assert not told.endswith(" 0 differ\n")


def test_nothing_is_not_the_same_as_nothing(tmp_path):
    assert compared(tmp_path, tmp_path) == (1, "0 files are the same, 0 differ\n")


def test_a_container_without_its_packages_is_refused(tmp_path):
    ended = subprocess.run(
        [RELEASE / "container", tmp_path, VERSION, "amd64"],
        env={**os.environ, "SOURCE_DATE_EPOCH": "1764000000"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert "A package of the image is missing" in ended.stderr
    assert f"intercomd_{VERSION}_all.deb is not there" in ended.stderr


def test_a_container_in_which_no_call_is_played_is_refused(tmp_path):
    """An image with nothing in it; make release plays the call in the whole one."""
    layout, archive = tmp_path / "layout", tmp_path / "image.oci.tar"
    (tmp_path / "empty").mkdir()
    for command in (
        ("tar", "-C", tmp_path / "empty", "-cf", tmp_path / "root.tar", "."),
        ("umoci", "init", "--layout", layout),
        ("umoci", "new", "--image", f"{layout}:{VERSION}"),
        ("umoci", "raw", "add-layer", "--image", f"{layout}:{VERSION}", tmp_path / "root.tar"),
        ("umoci", "config", "--image", f"{layout}:{VERSION}", "--config.entrypoint", "python3"),
        ("tar", "-C", layout, "-cf", archive, "."),
    ):
        subprocess.run(command, check=True, capture_output=True)
    ended = subprocess.run(
        [RELEASE / "container-check", archive], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    if os.geteuid() != 0:  # runc needs root, and the script says so
        assert (ended.returncode, "is not tried" in ended.stderr) == (0, True)
        return
    assert ended.returncode == 1, ended.stderr
    assert "The container does not play its call" in ended.stderr
