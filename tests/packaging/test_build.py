"""packaging/pjsua2/build: each failure is reported with cause and remedy, and an existing wheel is used as it is."""

import fcntl
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "packaging/pjsua2/build"
SELFCHECK = ROOT / "packaging/pjsua2/selfcheck.py"

NOTHING_INSTALLED = "exit 1"
ROOT_USER = "echo 0"
PLAIN_USER = "echo 1000"


class Machine:
    """The commands of this machine, less some, with stand-ins for others; a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.cache = folder / "cache"
        self.called = folder / "called"
        self.bin.mkdir()
        for directory in ("/usr/bin", "/usr/sbin"):
            for program in Path(directory).iterdir():
                link = self.bin / program.name
                if not link.is_symlink():
                    link.symlink_to(program)
        self.environment = os.environ | {
            "PATH": str(self.bin),
            "PYTHON": sys.executable,
            "XDG_CACHE_HOME": str(self.cache),
        }

    def without(self, *names: str) -> None:
        for name in names:
            (self.bin / name).unlink(missing_ok=True)

    def stand_in(self, name: str, script: str) -> None:
        """A program that writes its name and arguments to `called` and then runs `script`."""
        self.without(name)
        program = self.bin / name
        program.write_text(f'#!/bin/bash\necho "{name} $*" >>{self.called}\n{script}\n')
        program.chmod(0o755)

    def calls(self) -> list[str]:
        return self.called.read_text().splitlines() if self.called.exists() else []

    def build(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BUILD, *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def refusal(self, *arguments: object) -> dict[str, str]:
        """The build's error, by its three words; nothing half made may be left."""
        result = self.build(*arguments)
        assert result.returncode == 1, result.stderr
        assert result.stdout == ""
        assert not list(self.cache.rglob("*.work"))
        assert not list(self.cache.rglob("*.whl"))
        lines = result.stderr[result.stderr.index("error:") :].splitlines()
        words = {word: text.strip() for word, _, text in (line.partition(":") for line in lines) if text.strip()}
        assert {"error", "cause", "remedy"} <= set(words), result.stderr
        return words | {"said": result.stderr}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def pjproject(folder: Path, version: str = "2.17") -> Path:
    """As much of pjproject as the build looks at before it compiles."""
    major, minor = version.split(".")
    for name in ("aconfigure", "pjlib/include/pj/config.h", "pjsip-apps/src/swig/pjsua2.i"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "version.mak").write_text(f"export PJ_VERSION_MAJOR := {major}\nexport PJ_VERSION_MINOR := {minor}\n")
    return folder


def _empty_folder(folder: Path) -> Path:
    (folder / "README").touch()
    return folder


def _text(folder: Path) -> Path:
    path = folder / "pjproject.tar.gz"
    path.write_text("not a tarball")
    return path


def _other_tarball(folder: Path) -> Path:
    path = folder / "other.tar.gz"
    (folder / "README").touch()
    with tarfile.open(path, "w:gz") as tarball:
        tarball.add(folder / "README", "other-1.0/README")
    return path


def _changed_release(folder: Path) -> Path:
    return pjproject(folder)


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (_empty_folder, "there is no version.mak"),
        (_text, "tar cannot unpack"),
        (_other_tarball, "there is no version.mak"),
        (_changed_release, ".patch does not apply"),
    ],
)
def test_a_source_of_unknown_layout_is_reported(machine: Machine, make, cause: str) -> None:
    folder = machine.folder / "source"
    folder.mkdir()
    words = machine.refusal(make(folder))
    assert "unknown layout" in words["error"]
    assert cause in words["cause"]


@pytest.mark.parametrize("version", ["2.14", "1.99"])
def test_a_source_older_than_the_product_works_with_is_reported(machine: Machine, version: str) -> None:
    words = machine.refusal(pjproject(machine.folder / "source", version))
    assert "too old" in words["error"]
    assert version in words["cause"]


def test_a_source_that_is_not_there_is_reported(machine: Machine) -> None:
    assert "/nowhere is not there" in machine.refusal("/nowhere")["error"]


@pytest.mark.parametrize("tool", ["g++", "gcc", "make", "swig"])
def test_a_missing_compiler_is_reported(machine: Machine, tool: str) -> None:
    machine.without(tool)
    words = machine.refusal()
    assert "cannot be compiled" in words["error"]
    assert words["cause"].startswith(f"{tool} is not found")
    assert "build-essential" in words["remedy"]


def test_missing_packages_are_shown_first_and_a_refused_installation_is_reported_with_apts_own_words(
    machine: Machine,
) -> None:
    machine.stand_in("dpkg-query", NOTHING_INSTALLED)
    machine.stand_in("id", ROOT_USER)
    machine.stand_in("apt-get", 'echo "E: Unable to locate package swig" >&2; exit 100')
    words = machine.refusal()
    assert "could not be installed" in words["error"]
    assert words["cause"] == "E: Unable to locate package swig"
    assert "apt-get update" in words["remedy"]
    assert words["said"].startswith("==> Debian packages missing for building pjsua2: build-essential")


def test_package_lists_are_refreshed_before_packages_are_installed(machine: Machine) -> None:
    machine.stand_in("dpkg-query", NOTHING_INSTALLED)
    machine.stand_in("id", ROOT_USER)
    machine.without("swig")  # ends the build after its packages
    machine.stand_in("apt-get", "exit 0")
    machine.refusal()
    calls = [call.split() for call in machine.calls() if call.startswith("apt-get ")]
    assert ["update" if "update" in call else "install" for call in calls] == ["update", "install"]


def test_without_a_network_packages_come_from_the_cache_of_apt(machine: Machine) -> None:
    machine.stand_in("dpkg-query", NOTHING_INSTALLED)
    machine.stand_in("id", ROOT_USER)
    machine.without("swig")
    machine.stand_in("apt-get", "case $* in *update*) exit 100 ;; esac")
    assert "swig is not found" in machine.refusal()["cause"]


def test_without_root_and_sudo_the_command_for_root_is_shown(machine: Machine) -> None:
    machine.stand_in("dpkg-query", NOTHING_INSTALLED)
    machine.stand_in("id", PLAIN_USER)
    machine.without("sudo")
    words = machine.refusal()
    assert words["cause"] == "you are not root, and there is no sudo"
    assert "apt-get install" in words["remedy"]
    assert "swig" in words["remedy"]


def test_sudo_that_wants_a_password_without_a_terminal_is_reported(machine: Machine) -> None:
    machine.stand_in("dpkg-query", NOTHING_INSTALLED)
    machine.stand_in("id", PLAIN_USER)
    machine.stand_in("sudo", "exit 1")
    assert "no terminal" in machine.refusal()["cause"]


def test_a_plain_user_installs_by_sudo(machine: Machine) -> None:
    machine.stand_in("dpkg-query", NOTHING_INSTALLED)
    machine.stand_in("id", PLAIN_USER)
    machine.stand_in("sudo", "exit 0")
    machine.stand_in("apt-get", "exit 0")
    machine.without("swig")
    machine.refusal()
    (installed,) = [call for call in machine.calls() if call.startswith("sudo -n env") and " install " in call]
    assert "DEBIAN_FRONTEND=noninteractive" in installed


def test_where_all_packages_are_there_no_one_asks_for_sudo(machine: Machine) -> None:
    machine.stand_in("id", PLAIN_USER)
    machine.stand_in("sudo", "exit 1")
    machine.without("swig")
    machine.refusal()
    assert machine.calls() == []


def test_too_little_space_is_reported_before_anything_is_fetched(machine: Machine) -> None:
    machine.stand_in("df", "echo Filesystem; echo tmpfs 100 95 5 95% /tmp")
    machine.stand_in("apt-get", "exit 1")
    words = machine.refusal()
    assert "not enough space" in words["error"]
    assert "5 MB free" in words["cause"]
    assert "XDG_CACHE_HOME" in words["remedy"]
    assert machine.calls() == ["df -Pm " + str(machine.cache / "intercomd/pjsua2")]


def test_space_that_runs_out_on_the_way_is_reported_as_such(machine: Machine) -> None:
    before = machine.folder / "before"
    machine.stand_in("df", f"[[ -e {before} ]] && a=3 || a=9000; touch {before}; echo F; echo tmpfs 1 1 $a 1% /")
    machine.stand_in("cp", 'echo "cp: No space left on device" >&2; exit 1')
    words = machine.refusal(pjproject(machine.folder / "source"))
    assert "not enough space" in words["error"]
    assert "3 MB free" in words["cause"]


def test_a_step_that_fails_shows_the_end_of_its_log(machine: Machine) -> None:
    machine.stand_in("cp", 'echo "cp: this went wrong" >&2; exit 1')
    words = machine.refusal(pjproject(machine.folder / "source"))
    assert "Copying the source: failed" in words["error"]
    assert "cp: this went wrong" in words["said"]


def test_a_build_that_is_stopped_takes_its_programs_along_and_leaves_nothing_half_made(machine: Machine) -> None:
    pids = machine.folder / "pids"
    machine.stand_in("cp", f"sleep 300 & echo $! >{pids}.new; mv {pids}.new {pids}; wait")
    build = subprocess.Popen(
        [BUILD, pjproject(machine.folder / "source")],
        env=machine.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(pids.exists, "the first step of the build")
        until(lambda: any("sleep 0.2" in processes.command(each) for each in processes.children(build.pid)), "its wait")
        build.terminate()
        assert build.wait(timeout=120) == 130
    finally:
        build.kill()
    started = int(pids.read_text())
    until(lambda: processes.status(started) is None, f"the end of process {started}")
    assert not list(machine.cache.rglob("*.work"))


def test_a_cache_that_cannot_be_written_is_reported(machine: Machine) -> None:
    machine.environment["XDG_CACHE_HOME"] = "/dev/null/cache"
    assert "cannot be written" in machine.refusal()["error"]


@pytest.mark.parametrize(
    ("python", "error"),
    [
        ("exit 1", "does not run"),
        ("echo /usr/include/python3.9 .so False", "too old"),
        ("echo /nowhere .so True", "headers are missing"),
    ],
)
def test_a_python_that_cannot_be_built_for_is_reported(machine: Machine, python: str, error: str) -> None:
    machine.stand_in("some-python", python)
    machine.environment["PYTHON"] = "some-python"
    assert error in machine.refusal()["error"]


def test_wrong_usage_ends_with_2(machine: Machine) -> None:
    assert machine.build("--fast").returncode == 2
    assert machine.build("a", "b").returncode in {1, 2}
    assert machine.build("--fuzz", "--assert").returncode == 2
    assert machine.build("--fuzz", "--fetch").returncode == 2


@pytest.fixture
def made_before(machine: Machine) -> Machine:
    """With the cache that the set-up of this clone filled, and nothing to build with."""
    machine.environment["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    for name in ("apt-get", "make", "g++", "gcc", "tar"):
        machine.stand_in(name, "exit 1")
    return machine


def test_a_wheel_made_before_is_checked_and_reported_without_fetching_or_compiling(made_before: Machine) -> None:
    result = made_before.build()
    assert result.returncode == 0, result.stderr
    assert Path(result.stdout.rstrip("\n")).suffix == ".whl"
    assert made_before.calls() == []
    for word in ("version ", "opus/48000/2", "G722/16000/1", "PCMA/8000/1", "PCMU/8000/1", "ALSA", "WebRTC AEC3"):
        assert word in result.stderr


def test_a_second_build_of_the_same_waits_for_the_first(made_before: Machine) -> None:
    wheel = Path(made_before.build().stdout.rstrip("\n"))
    with wheel.parent.with_name(f"{wheel.parent.name}.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [BUILD], env=made_before.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert "waiting for it" in second.stderr.readline()
            fcntl.flock(lock, fcntl.LOCK_UN)
            stdout, stderr = second.communicate(timeout=120)
        finally:
            second.kill()
    assert second.returncode == 0, stderr
    assert stdout.rstrip("\n") == str(wheel)


def test_the_self_check_names_each_thing_that_is_missing(tmp_path: Path) -> None:
    module = """
import ctypes
class Endpoint:
    def libCreate(self): ctypes.CDLL(None).printf(b"noise")  # into a buffer that is written out at the end
    def libInit(self, config): pass
    def libVersion(self): return type("V", (), {"full": "2.15"})
    def codecEnum2(self): return [type("C", (), {"codecId": "PCMA/8000/1"})]
    def libDestroy(self, flags): pass
class EpConfig:
    logConfig = type("L", (), {})
"""
    wheel = tmp_path / "pjsua2.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("pjsua2.py", module)
        packed.writestr("_pjsua2.so", b"\0snd_pcm_open\0SSL_CTX_new\0Speex AEC\0__assert_fail\0")
    result = subprocess.run([sys.executable, SELFCHECK, wheel], capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert "noise" not in result.stdout
    missing = [line.removeprefix("error: missing: ") for line in result.stdout.splitlines() if line.startswith("error")]
    assert missing == [
        "G722/16000/1", "PCMU/8000/1", "opus/48000/2", "WebRTC AEC3", "SRTP", "DTLS-SRTP", "epoll",
        "a gate for requests", "digits in the sound", "recordings of two channels", "assertions off",
    ]  # fmt: skip


def test_the_self_check_reports_a_module_that_does_not_load(tmp_path: Path) -> None:
    wheel = tmp_path / "pjsua2.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("pjsua2.py", "import _pjsua2")
        packed.writestr("_pjsua2.so", b"")
    result = subprocess.run([sys.executable, SELFCHECK, wheel], capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert "does not load" in result.stdout
