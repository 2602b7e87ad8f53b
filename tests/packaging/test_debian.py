"""The Debian packages describe what there is; that they build and work is shown by make deb and make deb-check."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "packaging/debian"
PJSUA2 = ROOT / "packaging/pjsua2"
UNIT = ROOT / "systemd/intercomd.service"


def output(*command: object) -> str:
    result = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("listed", ["intercomd.install", "intercomd.manpages", "intercomd.docs"])
def test_what_the_package_takes_is_there(listed: str) -> None:
    for line in lines(DEBIAN / listed):
        pattern = re.sub("^debian/", "packaging/debian/", line.split()[0])
        assert list(ROOT.glob(pattern)), line


def test_dpkg_has_no_file_below_etc_to_ask_about() -> None:
    """What a package installs below /etc is a conffile, about which dpkg asks if somebody has changed it."""
    places = [place for line in lines(DEBIAN / "intercomd.install") for place in line.split()[1:]]
    assert len(places) > 10
    assert [place for place in places if place.lstrip("/").startswith("etc")] == []
    etc = ("conffiles", "default", "init", "logrotate", "cron*", "pam", "if-up", "ufw.profile", "apparmor")
    assert [path.name for name in etc for path in DEBIAN.glob(f"*{name}")] == []


def test_the_configuration_of_a_fresh_package_is_valid() -> None:
    assert ": OK" in output(sys.executable, "-m", "appliance", "--config", DEBIAN / "intercomd.toml", "--check")


def test_the_user_of_the_unit_is_made() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(UNIT)
    entries = [line.split() for line in lines(DEBIAN / "intercomd.sysusers")]
    assert ["g", "intercom"] in [entry[:2] for entry in entries]
    assert ["u", unit["Service"]["User"], "-:intercom"] in [entry[:3] for entry in entries]
    for group in unit["Service"]["SupplementaryGroups"].split():
        assert ["m", unit["Service"]["User"], group] in entries


@pytest.mark.parametrize(
    "script",
    [
        *sorted(DEBIAN.glob("bin/*")),
        *sorted(DEBIAN.glob("*.p[or]*")),
        DEBIAN / "tests/smoke",
        *(
            ROOT / "packaging" / name
            for name in ("common.sh", "chroot.sh", "deb", "deb-check", "deb-check-inside", "deb-emulated-check")
        ),
        *(
            ROOT / "packaging/release" / name
            for name in ("make", "notes", "apt-repository", "container", "container-check")
        ),
        PJSUA2 / "build",
        PJSUA2 / "configure",
    ],
    ids=lambda path: path.name,
)
def test_a_script_is_readable_by_its_shell(script: Path) -> None:
    shell = "sh" if script.read_text().startswith("#!/bin/sh") else "bash"
    assert output(shell, "-n", script) == ""


def test_the_library_is_packaged_at_the_recorded_version() -> None:
    version = output("dpkg-parsechangelog", "-l", PJSUA2 / "debian/changelog", "-S", "Version")
    recorded = re.search(r"^version=(\S+)$", (PJSUA2 / "source.lock").read_text(), re.MULTILINE)
    assert recorded is not None
    assert version.startswith(recorded[1] + "+dfsg-")


def test_the_daemon_depends_on_the_newest_version_of_the_library() -> None:
    """It uses names that only our patches give the bindings: with an older package it would not start."""
    newest = output("dpkg-parsechangelog", "-l", PJSUA2 / "debian/changelog", "-S", "Version").strip()
    assert f" python3-pjsua2 (>= {newest}),\n" in (DEBIAN / "control").read_text()


def test_the_unit_reads_alsas_configuration_where_the_package_puts_it() -> None:
    (named,) = re.findall(r"^Environment=ALSA_CONFIG_PATH=(\S+)$", UNIT.read_text(), re.MULTILINE)
    assert "debian/alsa usr/share/intercomd" in lines(DEBIAN / "intercomd.install")
    folder = "/usr/share/intercomd/alsa"
    assert named == f"{folder}/alsa.conf"
    assert (DEBIAN / "alsa/alsa.conf").is_file()
    assert f'"{folder}/rate.conf"' in (DEBIAN / "alsa/alsa.conf").read_text()
    assert (DEBIAN / "alsa/rate.conf").is_file()


def test_the_library_brings_the_rate_converter_that_the_configuration_names_first() -> None:
    first = re.search(r'rate_converter \[ "(\w+)"', (DEBIAN / "alsa/rate.conf").read_text())
    assert first is not None
    assert f"CONVERTER := libasound_module_rate_{first[1]}.so\n" in (PJSUA2 / "debian/rules").read_text()
    assert f"SND_PCM_RATE_PLUGIN_ENTRY({first[1]})" in (PJSUA2 / f"debian/alsa/rate_{first[1]}.c").read_text()


def test_the_librarys_rules_are_a_makefile_that_dh_could_run() -> None:
    assert "dh binary" in output("make", "--dry-run", "--file", PJSUA2 / "debian/rules", "binary")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("intercomd --ch", "--check"),
        ("intercomd --config /proc/self/stat", "/proc/self/stat /proc/self/statm /proc/self/status"),
        ("intercomd-setup --im", "--import"),
        ("intercomctl re", "resume reject record restore recordings"),
        ("intercomctl reject --c", "--code"),
        ("intercomctl state --c", ""),
    ],
)
def test_bash_completes_commands_and_options(words: str, completed: str) -> None:
    program = words.split(maxsplit=1)[0]
    script = f"""
    compopt() {{ :; }}  # may be called by a completion only
    . packaging/completions/bash/{program}
    COMP_WORDS=({words})
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
    _{program}
    printf '%s ' "${{COMPREPLY[@]}}"
    """
    assert sorted(output("bash", "-c", script).split()) == sorted(completed.split())


def test_each_tag_of_lintian_that_we_override_has_its_reason_beside_it() -> None:
    """make deb-check fails at each other tag, and at an override of nothing."""
    files = [*DEBIAN.glob("*.lintian-overrides"), *(PJSUA2 / "debian").glob("*.lintian-overrides")]
    assert files
    for file in files:
        before = ""
        for line in file.read_text().splitlines():
            assert line.startswith("#") or before.startswith("# "), f"{file.name}: {line}"
            before = line
