"""What describes the project to others is readable by their tools, and agrees with itself."""

import json
import os
import re
import shutil
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "packaging/debian"
UNITS = ROOT / "systemd"
# Lines of units: since which version of systemd. Debian 12, where tests run too, has 252.
SINCE = {"Type=notify-reload": 253, "RestartSteps=": 254, "RestartMaxDelaySec=": 254}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# Run by Debian's own Python, which has Debian's own parsers.
READ_CONTROL = """
import json, sys
from debian.deb822 import Deb822
print(json.dumps([dict(part) for part in Deb822.iter_paragraphs(open(sys.argv[1]), use_apt_pkg=False)]))
"""
READ_COPYRIGHT = """
import sys
from debian.copyright import Copyright
read = Copyright(open(sys.argv[1]), strict=True)
named = {part.license.synopsis for part in read.all_files_paragraphs()}
told = {part.license.synopsis for part in read.all_license_paragraphs()}
print(read.find_files_paragraph("appliance/base/errors.py").license.synopsis)
sys.exit(named != told)
"""


def output(*command: object) -> str:
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def control() -> list[dict[str, str]]:
    return json.loads(output("/usr/bin/python3", "-c", READ_CONTROL, DEBIAN / "control"))


def test_debians_changelog_is_readable_and_at_the_projects_version() -> None:
    changelog = DEBIAN / "changelog"
    assert output("dpkg-parsechangelog", "-l", changelog, "-S", "Source") == "intercomd\n"
    assert output("dpkg-parsechangelog", "-l", changelog, "-S", "Version") == PROJECT["version"] + "\n"


def test_debians_control_is_readable_and_names_the_package(control: list[dict[str, str]]) -> None:
    source, package = control
    assert source["Source"] == package["Package"] == PROJECT["name"]
    assert source["Maintainer"] == output("dpkg-parsechangelog", "-l", DEBIAN / "changelog", "-S", "Maintainer").strip()


def test_the_package_depends_on_what_the_project_depends_on_at_the_same_versions(control: list[dict[str, str]]) -> None:
    debian = set(re.findall(r"python3-(\S+ \(>= \S+\))", control[1]["Depends"]))
    # Optional in a checkout: the package runs under systemd, has D-Bus on, and uses the board's sound cards.
    optional = PROJECT["optional-dependencies"]
    project = [*PROJECT["dependencies"], *(each for name in ("dbus", "systemd", "audio") for each in optional[name])]
    # pjsua2 is on no index: a checkout builds its own, and the package needs what this tree packages.
    changelog = ROOT / "packaging/pjsua2/debian/changelog"
    project.append(f"pjsua2>={output('dpkg-parsechangelog', '-l', changelog, '-S', 'Version').strip()}")
    named = {
        "systemd-python": "systemd",
        "pyalsaaudio": "alsaaudio",
    }  # where Debian's name is not python3- and the project's
    split = [needed.split(">=") for needed in project]
    assert debian == {f"{named.get(name, name)} (>= {version})" for name, version in split}


def test_debians_copyright_is_machine_readable_and_names_the_projects_licence() -> None:
    assert output("/usr/bin/python3", "-c", READ_COPYRIGHT, DEBIAN / "copyright") == "GPL-3+\n"
    assert PROJECT["license"] == "GPL-3.0-or-later"
    assert "Version 3, 29 June 2007" in (ROOT / "LICENSE").read_text()


def test_debians_rules_are_a_makefile_that_dh_could_run(tmp_path: Path) -> None:
    assert "dh build" in output("make", "--dry-run", "--directory", tmp_path, "--file", DEBIAN / "rules", "build")


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, without what this machine's systemd is too old to know."""
    version = int(output("systemd-analyze", "--version").split()[1])
    unknown = tuple(line for line, since in SINCE.items() if since > version)
    for unit in UNITS.iterdir():
        lines = unit.read_text().splitlines(keepends=True)
        (tmp_path / unit.name).write_text("".join(line for line in lines if not line.startswith(unknown or ("\0",))))
    return sorted(tmp_path.iterdir())


def test_systemd_takes_the_units_without_a_word(units: list[Path]) -> None:
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=120
    )
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@pytest.mark.parametrize(("name", "most"), [("intercomd.service", 2.0), ("intercomd-guard.service", 0.5)])
def test_the_units_stay_closed(units: list[Path], name: str, most: float) -> None:
    (unit,) = (unit for unit in units if unit.name == name)
    told = output("systemd-analyze", "security", "--offline=yes", "--no-pager", unit)
    score = re.search(rf"exposure level for {name}: (\d+\.\d)", told)
    assert score is not None, told
    assert float(score[1]) <= most


def test_every_service_has_a_bound_for_files_memory_and_tasks() -> None:
    for unit in UNITS.glob("*.service"):
        bounded = set(re.findall(r"^(LimitNOFILE|MemoryMax|TasksMax)=\d+M?$", unit.read_text(), re.MULTILINE))
        assert bounded == {"LimitNOFILE", "MemoryMax", "TasksMax"}, unit.name


def test_the_guards_unit_starts_the_guard_where_the_package_puts_it() -> None:
    unit = (UNITS / "intercomd-guard.service").read_text()
    installed = "/usr/share/intercomd/"
    assert "appliance usr/share/intercomd" in (DEBIAN / "intercomd.install").read_text().splitlines()
    (started,) = re.findall(
        rf"^ExecStart=/usr/bin/python3 -I -S {installed}(\S+) systemd --config ", unit, re.MULTILINE
    )
    assert (ROOT / started).is_file()


def test_every_user_of_a_unit_is_made_by_the_package() -> None:
    made = set(re.findall(r"^u (\S+)", (DEBIAN / "intercomd.sysusers").read_text(), re.MULTILINE))
    texts = [unit.read_text() for unit in UNITS.iterdir()]
    assert {user for text in texts for user in re.findall(r"^(?:Socket)?User=(.*)", text, re.MULTILINE)} <= made


LEFT_OUT = (
    '-m "not lab and not exhaustive and not home_assistant and not homekit and not node_red and not traefik '
    'and not image"'
)


def test_make_test_ends_with_pytests_summary_and_leaves_out_what_needs_the_lab() -> None:
    commands = output("make", "--dry-run", "--no-print-directory", "-C", ROOT, "test").splitlines()
    assert "-m pytest" in commands[-1]
    assert LEFT_OUT in commands[-1]
    busy = output("make", "--dry-run", "--no-print-directory", "-C", ROOT, "test-busy")
    assert "tests/busy -n 8" in busy
    assert LEFT_OUT in busy


def test_make_test_leaves_out_only_what_other_commands_run() -> None:
    """Continuous integration runs each test but those with much of other makers, and those of the card image."""
    names = ("test", "test-walks", "test-home-assistant", "test-homekit", "test-node-red", "test-traefik", "test-image")
    commands = (output("make", "-n", "--no-print-directory", "-C", ROOT, name) for name in names)
    test, walks, assistant, homekit, node_red, traefik, image = commands
    assert LEFT_OUT in test
    assert "-m exhaustive tests/core" in walks
    assert "-m home_assistant" in assistant
    assert "-m homekit" in homekit
    assert "-m node_red" in node_red
    assert "-m traefik" in traefik
    assert "exec tests/image/test\n" in image
    assert "set -- tests/image\n" in (script := (ROOT / "tests/image/test").read_text())
    assert '-m pytest -m image "$@"' in script
    assert '-m pytest -m "lab and not home_assistant" "$@"' in (ROOT / "tests/lab/test").read_text()
    assert "tests/lab/test -m home_assistant" in assistant
    marked = [path for path in (ROOT / "tests").rglob("test_*.py") if "mark.exhaustive" in path.read_text()]
    assert {path.relative_to(ROOT).parts[1] for path in marked if path != Path(__file__)} == {"core"}


ALL_FOUR = ("test", "bench-check", "test-lab", "test-walks")  # in the order of their output


@pytest.mark.parametrize("failing", [(), *((each,) for each in ALL_FOUR), ALL_FOUR])
def test_continuous_integration_runs_all_four_and_fails_if_any_does(tmp_path: Path, failing: tuple[str, ...]) -> None:
    outcomes = "".join(f"{word}) exit 2 ;; " for word in failing)
    words = "for word; do :; done; echo $word >>ran; echo summary of $word"
    make = tmp_path / "make"
    make.write_text(f"#!/bin/sh\n{words}; case $word in {outcomes} esac\n")
    make.chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci")
    ended = subprocess.run(
        [tmp_path / ".ci/run"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert (tmp_path / "ran").read_text().split() == list(ALL_FOUR)
    assert bool(ended.returncode) == bool(failing)
    shown = next((word for word in ("test", "test-walks", "bench-check") if word in failing), "test-lab")
    assert ended.stdout.splitlines()[-1] == f"summary of {shown}"


def test_continuous_integration_shows_why_the_lab_could_not_be_prepared(tmp_path: Path) -> None:
    for name, script in (
        ("make", "exit 0"),
        ("packaging/bootstrap", "exit 0"),
        ("tests/lab/prepare", "echo 'cause:  no such mirror' >&2; exit 1"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ended = subprocess.run([tmp_path / ".ci/run"], capture_output=True, text=True, timeout=120, env=environment)
    assert "tests/lab/prepare failed beside make test" in ended.stdout
    assert "cause:  no such mirror" in ended.stdout
    assert ended.returncode == 0, "make test-lab prepares once more"


def with_fakes(directory: Path, **scripts: str) -> tuple[Path, dict[str, str]]:
    """A copy of .ci/run with such commands beside it, and the environment to run it in."""
    for name, script in scripts.items():
        path = directory / {"bootstrap": "packaging/bootstrap", "prepare": "tests/lab/prepare"}.get(name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    (directory / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", directory / ".ci")
    return directory / ".ci/run", {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}


def told(path: Path) -> str:
    """A shell command that writes the number of its process, all at once."""
    return f"echo $$ >{path}.new; mv {path}.new {path}"


def awaits(path: Path) -> str:
    """A shell command that waits for another one's number."""
    return f"timeout 60 sh -c 'until [ -e {path} ]; do sleep 0.1; done' || exit 1"


@pytest.mark.parametrize("status", [0, 1])
def test_continuous_integration_measures_the_budget_beside_the_tests(tmp_path: Path, status: int) -> None:
    measures, tested = tmp_path / "measures", tmp_path / "tested"
    beside = f"{told(measures)}; {awaits(tested)}; exit {status}"
    tests = f"{awaits(measures)}; {told(tested)}"
    script = f"case $2 in test) {tests} ;; bench-check) echo the budget; {beside} ;; esac; echo summary of $2"
    run, environment = with_fakes(tmp_path, make=script, bootstrap="exit 0", prepare="exit 0")
    ended = subprocess.run([run], capture_output=True, text=True, timeout=120, env=environment)
    assert ended.returncode == status
    assert ended.stdout.splitlines()[:3] == [
        "summary of test",
        "the budget",
        "summary of test-lab",
    ]
    assert "summary of test-walks" in ended.stdout
    assert ended.stdout.splitlines()[-1] == ("the budget" if status else "summary of test-lab")


def test_what_runs_beside_the_tests_ends_with_them_and_builds_and_walks_get_idle_time_only(
    tmp_path: Path,
) -> None:
    all_of_them = ("build", "test-walks", "bench-check", "test")
    idle, own = os.SCHED_IDLE, os.sched_getscheduler(0)
    begun_by = {name: f"{told(tmp_path / name)}; exec sleep 600" for name in all_of_them}
    cases = " ".join(f"{name}) {begun_by[name]} ;;" for name in all_of_them)
    make = f"case $2 in {cases} esac"
    run, environment = with_fakes(tmp_path, make=make, bootstrap="exit 0", prepare=begun_by["build"])
    running = subprocess.Popen([run], env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        begun = {}
        for name in all_of_them:
            until((tmp_path / name).exists, f"{name} has begun")
            begun[name] = int((tmp_path / name).read_text())
            assert os.getsid(begun[name]) == running.pid
        assert [os.sched_getscheduler(begun[name]) for name in all_of_them] == [idle, idle, own, own]
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(120)
    for name, pid in begun.items():
        until(lambda pid=pid: processes.status(pid) is None, f"{name} has ended")


@pytest.mark.parametrize("once", [(), ("ONCE=1",)])
def test_make_run_ends_by_itself_only_when_asked(once: tuple[str, ...]) -> None:
    commands = output("make", "--dry-run", "--no-print-directory", "-C", ROOT, "run", *once)
    assert ("--once" in commands) == bool(once)


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()
