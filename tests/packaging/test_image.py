"""The image for a memory card: what it makes of a file on the card, when it goes back, and what is refused at once.

The image itself is started by tests/image, on demand.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "packaging/image"
PROGRAM = IMAGE / "files/usr/lib/intercomd-image"
VERSION = "0.1.0+1"


def module(name):
    spec = importlib.util.spec_from_file_location(f"intercomd_image_{name}", PROGRAM / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


settings, slots, wellness = (module(name) for name in ("settings", "slots", "wellness"))


def test_it_has_all_packages_that_the_door_phone_needs_or_recommends():
    """dpkg alone installs the project's own packages into the root, so they can bring nothing along."""
    listed = set((IMAGE / "packages").read_text().split())
    control = re.sub(r"\n[ \t]+", " ", (ROOT / "packaging/debian/control").read_text())
    fields = re.findall(r"(?m)^(?:Depends|Recommends): (.*)$", control.partition("\nPackage: intercomd\n")[2])
    needed = {re.split(r"[ :(|$]", each.strip())[0] for field in fields for each in field.split(",")} - {""}
    assert len(needed) > 10
    assert needed - listed == {"python3-pjsua2", "python3-lgpio"}  # ours; and what Raspberry Pi OS has, Debian not


# -- settings of the machine -------------------------------------------------------------------------------------------


def test_the_file_on_the_card_as_it_comes_asks_for_nothing_and_each_of_its_lines_may_be_taken():
    text = (IMAGE / "boot/station.txt").read_text()
    assert settings.parse(text) == ({}, [])
    taken = re.sub(r"(?m)^#([A-Z_]+=)", r"\1", text).replace("\n", "\r\n")
    found, errors = settings.parse(f"\ufeff{taken}")
    assert errors == []
    assert found.keys() == settings.CHECKS.keys()


def test_a_fixed_address_belongs_to_the_cable_or_else_to_the_radio():
    address = "ADDRESS=192.0.2.20/24\nROUTER=192.0.2.1\nNAME_SERVER=192.0.2.1 2001:db8::1\n"
    made = settings.files(settings.parse(address)[0])
    assert made == {
        "systemd/network/50-station.network": "[Match]\nType=ether\n\n[Network]\nAddress=192.0.2.20/24\n"
        "Gateway=192.0.2.1\nDNS=192.0.2.1\nDNS=2001:db8::1\n"
    }
    radio = settings.files(settings.parse(f"{address}RADIO_NAME=Example\nRADIO_COUNTRY=DE\n")[0])
    assert "Type=wlan" in radio["systemd/network/50-station.network"]


@pytest.mark.parametrize("written", ["192.0.2.20/255.255.255.0", "192.0.2.20/0.0.0.255", "192.0.2.20/024"])
def test_an_address_with_a_mask_is_written_with_a_prefix_as_networkd_reads_no_other(written):
    found, errors = settings.parse(f"ADDRESS={written}\n")
    assert errors == []
    assert "\nAddress=192.0.2.20/24\n" in settings.files(found)["systemd/network/50-station.network"]


def test_a_router_may_have_the_address_of_its_link():
    text = "ADDRESS=2001:db8::20/64\nROUTER=fe80::1\n"
    assert settings.parse(text) == ({"ADDRESS": "2001:db8::20/64", "ROUTER": "fe80::1"}, [])


def test_a_radio_network_has_its_name_in_any_script_and_its_password():
    text = 'RADIO_NAME=Käserei "3"\nRADIO_PASSWORD=a secret\nRADIO_COUNTRY=CH\n'
    made = settings.files(settings.parse(text)[0])["intercomd-image/radio.conf"]
    assert bytes.fromhex(made.split("ssid=")[1].split()[0]).decode() == 'Käserei "3"'
    assert 'psk="a secret"' in made
    opened = settings.files(settings.parse("RADIO_NAME=Open\nRADIO_COUNTRY=CH\n")[0])["intercomd-image/radio.conf"]
    assert "key_mgmt=NONE" in opened
    assert "psk" not in opened


def test_a_radio_network_may_have_wpa_2_or_wpa_3_or_both():
    """As NetworkManager has it: with `pmf=1`, a radio without protected management frames joins WPA 2 as before."""
    text = "RADIO_NAME=a\nRADIO_PASSWORD=words that nobody guesses\nRADIO_COUNTRY=CH\n"
    made = settings.files(settings.parse(text)[0])["intercomd-image/radio.conf"].splitlines()
    assert {"pmf=1", "sae_pwe=2", "    key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE"} <= set(made)


def test_a_password_of_64_hexadecimal_digits_is_the_key_itself():
    """wpa_supplicant takes a key without quotation marks; WPA 3 has none, and is not tried with it."""
    key = 32 * "aB"
    found, errors = settings.parse(f"RADIO_NAME=a\nRADIO_PASSWORD={key}\nRADIO_COUNTRY=CH\n")
    assert errors == []
    made = settings.files(found)["intercomd-image/radio.conf"].splitlines()
    assert {f"    psk={key}", "    key_mgmt=WPA-PSK WPA-PSK-SHA256"} <= set(made)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("HOST_NAME=front door", "HOST_NAME has more than"),
        ("HOST_NAME=-door", "HOST_NAME has more than"),
        ("HOSTNAME=door", "there is no setting 'HOSTNAME'"),
        ("front-door", "there is no setting 'front-door'"),
        ("ADDRESS=192.0.2.20", "has no prefix"),
        ("ADDRESS=192.0.2.300/24", "is no address"),
        ("ROUTER=192.0.2.1", "ROUTER needs ADDRESS"),
        ("ROUTER=192.0.2.1 192.0.2.2", "ROUTER has more than one address"),
        ("ROUTER=router", "ROUTER is no address"),
        ("ROUTER=fe80::1%eth0", "ROUTER is no address"),
        ("ADDRESS=fe80::20%eth0/64", "ADDRESS is no address"),
        ("NAME_SERVER=192.0.2.1", "NAME_SERVER needs ADDRESS"),
        ("RADIO_NAME=K\ufffdserei", "RADIO_NAME is not UTF-8"),
        ("NAME_SERVER=dns.example", "NAME_SERVER is no address"),
        ("TIME_ZONE=Europe/Atlantis", "is no time zone"),
        ("TIME_ZONE=../../etc/passwd", "is no time zone"),
        ("RADIO_NAME=" + 33 * "a", "has not 1 to 32 bytes"),
        ("RADIO_NAME=Example", "RADIO_NAME needs RADIO_COUNTRY"),
        ("RADIO_COUNTRY=Germany", "is no country"),
        ("UPDATES=ftp://releases.example/a.raucb", "is no address of a bundle"),
        ("UPDATES=https://releases.example/", "is no address of a bundle"),
    ],
)
def test_a_line_that_cannot_be_right_is_left_out_and_the_others_hold(line, said):
    found, errors = settings.parse(f"TIME_ZONE=Etc/UTC\n{line}\n" if "ZONE" not in line else f"HOST_NAME=a\n{line}")
    assert len(errors) == 1
    assert said in errors[0]
    assert len(found) == 1


@pytest.mark.parametrize("router", ["192.0.3.1", "2001:db8::1"])
def test_a_router_that_the_address_does_not_reach_is_left_out_and_the_address_holds(router):
    found, errors = settings.parse(f"ADDRESS=192.0.2.20/24\nROUTER={router}\n")
    assert errors == ["ROUTER is not in the network of ADDRESS, 192.0.2.0/24."]
    assert found == {"ADDRESS": "192.0.2.20/24"}


@pytest.mark.parametrize(
    "line",
    ['RADIO_PASSWORD=sec"ret99', "RADIO_PASSWORD=short", f"RADIO_PASSWORD={64 * 'g'}", "Radio_Pasword=long enough"],
)
def test_a_password_that_cannot_be_right_makes_no_open_network(line):
    """Anybody can make an open one of that name, and would then be in the middle."""
    found, errors = settings.parse(f"RADIO_NAME=a\nRADIO_COUNTRY=DE\n{line}\n")
    assert len(errors) == 1
    assert "intercomd-image/radio.conf" not in settings.files(found)


@pytest.mark.parametrize("line", ["RADIO_PASSWORD: words9", "RADIO_PASSWORD words9", "RADIO_PASSWORD:words9=words9"])
def test_no_error_says_a_password_behind_another_sign(line):
    _, (error,) = settings.parse(f"{line}\n")
    assert error == "Line 1: write it as RADIO_PASSWORD=…"
    assert "words9" not in error


def test_a_file_in_utf_16_is_named_once():
    text = "# Küche\r\nHOST_NAME=front-door\r\n".encode("utf-16").decode("utf-8", "replace")
    assert settings.parse(text) == ({}, ["The file is not UTF-8: save it as UTF-8."])


def test_a_remark_in_another_encoding_does_no_harm():
    assert settings.parse("# K\ufffdche\nHOST_NAME=a\n") == ({"HOST_NAME": "a"}, [])


def test_no_error_says_a_password():
    _, errors = settings.parse('RADIO_NAME=a\nRADIO_COUNTRY=DE\nRADIO_PASSWORD=sec"ret99\n')
    assert len(errors) == 1
    assert "ret99" not in errors[0]


@pytest.mark.parametrize("broken", ["station.txt", "station-errors.txt"])
def test_a_file_that_the_card_does_not_give_costs_no_time_zone(tmp_path, monkeypatch, broken):
    """Where the link is missing, /etc/localtime leads nowhere."""
    monkeypatch.syspath_prepend(str(PROGRAM))
    program = module("__main__")
    monkeypatch.setattr(program, "BOOT", tmp_path / "boot")
    monkeypatch.setattr(program, "RUN", tmp_path / "run")
    (tmp_path / "boot" / broken).mkdir(parents=True)  # reading and writing it fail, as on a card that dies
    assert program.apply() == 0
    assert (tmp_path / "run/intercomd-image/localtime").readlink() == settings.ZONES / "Etc/UTC"
    if broken == "station.txt":
        said = (tmp_path / "boot/station-errors.txt").read_text()
        assert said == "station.txt cannot be read (Is a directory): write the card again, or take another one.\n"


# -- whether it works --------------------------------------------------------------------------------------------------

ACTIVE = {"intercomd.service": "active", "intercomd-guard.service": "inactive"}


def state(**changed):
    side = {"pcm": "plughw:CARD=Intel,DEV=0", "card": "Intel"}
    account = {"name": "pbx", "state": "registered", "explanation": "", "reason": ""}
    return {
        "appliance": {"ready": True, "status": "Ready", "failed": [], **changed.get("appliance", {})},
        "accounts": [{**account, **changed.get("account", {})}],
        "audio": {"speaker": {**side, **changed.get("speaker", {})}, "microphone": side},
    }


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"account": {"state": "failed", "explanation": "The password is wrong."}},
        {"appliance": {"failed": [{"part": "mqtt", "why": "The broker is away."}]}},
        {"speaker": {"pcm": "null", "card": None}},
    ],
    ids=["all well", "a reason is known", "something elsewhere", "no sound wanted"],
)
def test_it_works(changed):
    assert wellness.unwell(state(**changed), ACTIVE) == []


@pytest.mark.parametrize(
    ("changed", "units", "said"),
    [
        ({"appliance": {"ready": False, "status": "SIP restarts"}}, {}, "SIP restarts"),
        ({"appliance": {"failed": [{"part": "relay", "why": "The guard is gone."}]}}, {}, "The guard is gone."),
        ({"appliance": {"failed": [{"part": "audio", "why": "The card is not there."}]}}, {}, "The card is not there."),
        ({"account": {"state": "registering"}}, {}, "pbx is registering"),
        ({"speaker": {"card": None}}, {}, "card of the speaker is not there"),
        ({}, {"intercomd-guard.service": "activating"}, "guard.service is activating"),
    ],
)
def test_it_does_not_work(changed, units, said):
    (found,) = wellness.unwell(state(**changed), {**ACTIVE, **units})
    assert said in found


def test_it_reads_the_state_as_it_is_described():
    described = json.loads((ROOT / "docs/reference/openapi.json").read_text())
    answer = described["paths"]["/v1/state"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert wellness.unwell(answer, ACTIVE)[0].startswith("Calls are not possible: ")


@pytest.mark.parametrize(
    ("answers", "restarts", "hopeless"), [(False, 0, False), (False, 4, False), (False, 5, True), (True, 5, False)]
)
def test_a_daemon_that_ends_again_and_again_is_not_waited_for(answers, restarts, hopeless):
    assert wellness.hopeless(state() if answers else None, restarts) is hopeless


def test_a_daemon_that_does_not_answer_does_not_work():
    found = wellness.unwell(None, {**ACTIVE, "intercomd.service": "failed"})
    assert found == ["intercomd.service is failed.", "The daemon does not answer."]


# -- when it goes back -------------------------------------------------------------------------------------------------

KEPT = "BOOT_ORDER=B A\nBOOT_A_LEFT=3\nBOOT_B_LEFT=2\n"


def test_an_update_that_is_not_well_goes_back_to_what_was_well(tmp_path):
    slots.note_well("A", "1", tmp_path)
    assert slots.verdict("B", KEPT, "2", tmp_path) == ""


@pytest.mark.parametrize(
    ("well", "kept", "said"),
    [
        ({"A": "1", "B": "2"}, KEPT, "was well before"),
        ({}, KEPT, "nothing that was ever well"),
        ({"B": "1"}, KEPT, "nothing that was ever well"),
        ({"A": "1"}, KEPT.replace("A_LEFT=3", "A_LEFT=0"), "no try left"),
        ({"A": "1"}, "", "no try left"),
    ],
)
def test_a_slot_stays_where_the_other_would_be_no_better(tmp_path, well, kept, said):
    for slot, version in well.items():
        slots.note_well(slot, version, tmp_path)
    assert said in slots.verdict("B", kept, "2", tmp_path)


def test_the_slot_is_known_by_the_kernels_command_line():
    assert slots.own("root=PARTUUID=1d00c0de-03 ro rauc.slot=B panic=10\n") == "B"
    with pytest.raises(SystemExit):
        slots.own("root=/dev/mmcblk0p2 ro\n")


@pytest.mark.parametrize(
    ("fails", "said", "tries", "status"),
    [
        (0, "Installing `b.raucb` succeeded", 1, 0),
        (2, "LastError: Failed mounting bundle: lost", 3, 0),
        (9, "LastError: Failed mounting bundle: lost", 3, 1),
        (9, "LastError: Invalid bundle: signature verification failed", 1, 1),
        (9, "LastError: Failed streaming bundle: the connection was lost", 1, 1),
    ],
)
def test_an_update_that_could_not_be_mounted_is_tried_three_times(tmp_path, fails, said, tries, status):
    programs = {
        "rauc": f"echo $2 >>{tmp_path}/tries; echo '{said}' >&2; test $(wc -l <{tmp_path}/tries) -gt {fails}",
        "intercomctl": "exit 3",
    }
    for name, does in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    words = [sys.executable, PROGRAM / "__main__.py", "update", "https://releases.example/b.raucb"]
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}  # the image has all files there
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == status
    assert ("the next restart takes the other slot" in ended.stderr) == (not status)
    assert ended.stdout.splitlines() == [said] * tries
    assert (tmp_path / "tries").read_text().split() == ["https://releases.example/b.raucb"] * tries


@pytest.mark.parametrize(
    ("offered", "status"), [("0.1.0+1", 0), ("0.1.0+2", 0), ("0.10.0", 0), ("0.1.0", 1), ("0.0.9+9", 1), ("", 1)]
)
def test_an_older_image_is_refused(tmp_path, offered, status):
    (tmp_path / "pre-install").write_text((PROGRAM / "pre-install").read_text())
    (tmp_path / "version").write_text(f"{VERSION}\n")
    (tmp_path / "manifest.raucm").write_text(f"[update]\ncompatible=intercomd-arm64\nversion={offered}\n")
    ended = subprocess.run(
        ["sh", tmp_path / "pre-install"], env={**os.environ, "RAUC_BUNDLE_MOUNT_POINT": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == status
    assert ("takes the other slot" in ended.stderr) == bool(status)


# -- what is not begun with --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Two keys, each with its certificate."""
    directory = tmp_path_factory.mktemp("keys")
    for name in ("ours", "other"):
        made = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ]
        made += ["-subj", f"/CN={name}", "-keyout", directory / f"{name}.key", "-out", directory / f"{name}.pem"]
        subprocess.run(made, check=True, capture_output=True)
    return directory


def refused(*words, command="make", **environment):
    ended = subprocess.run(
        [IMAGE / command, *words], env={**os.environ, "IMAGE_KEY": "", "IMAGE_CERTIFICATE": "", **environment},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode in {1, 2}
    return ended.stderr


def of(keys, key="ours", certificate="ours"):
    return {"IMAGE_KEY": str(keys / f"{key}.key"), "IMAGE_CERTIFICATE": str(keys / f"{certificate}.pem")}


@pytest.mark.parametrize("command", ["make", "bundle"])
def test_an_update_is_signed_by_a_key_from_elsewhere(keys, tmp_path, command):
    words = () if command == "make" else (tmp_path / "root.ext4", VERSION, tmp_path / "a.raucb")
    assert "IMAGE_KEY is not set" in refused(*words, command=command)
    assert "is of another key than" in refused(*words, command=command, **of(keys, certificate="other"))
    inside = ROOT / "build" / f"image-{os.getpid()}.key"
    inside.parent.mkdir(exist_ok=True)
    try:
        inside.write_text((keys / "ours.key").read_text())
        assert "The key is in this tree" in refused(*words, command=command, **{**of(keys), "IMAGE_KEY": str(inside)})
    finally:
        inside.unlink()


def test_an_image_needs_the_packages(keys, tmp_path):
    assert "There is no package for the image" in refused("--debs", tmp_path, **of(keys))


def test_an_update_needs_a_root_and_replaces_none(keys, tmp_path):
    words = (tmp_path / "root.ext4", VERSION, tmp_path / "a.raucb")
    assert "There is no root" in refused(*words, command="bundle", **of(keys))
    words[0].write_text("a root")
    words[2].touch()
    assert "was made already" in refused(*words, command="bundle", **of(keys))


@pytest.mark.parametrize("words", [("--into",), ("latest",), ("1.0", "2.0"), ("--card",)])
def test_other_words_get_the_usage(words):
    assert "Usage: packaging/image/make" in refused(*words)


def test_a_version_is_one_that_can_be_compared(keys):
    assert "This is no version" in refused("1.0/2", **of(keys))


def test_each_unit_of_the_image_starts_what_is_there():
    units = IMAGE / "files/usr/lib/systemd/system"
    commands = {
        line.partition("=")[2].split()[0] for unit in units.iterdir() for line in unit.read_text().splitlines()
        if line.startswith("ExecStart=")
    }  # fmt: skip
    ours = {command for command in commands if "intercomd" in command}
    assert len(ours) == 2
    for command in ours:
        assert os.access(IMAGE / "files" / command.lstrip("/"), os.X_OK)
    enabled = (IMAGE / "make").read_text()
    for unit in units.iterdir():
        kind = unit.name.removeprefix("intercomd-image-").partition(".")[0]
        timed = unit.with_suffix(".timer").exists()
        assert kind in enabled or "[Install]" not in unit.read_text(), unit.name
        assert ("[Install]" in unit.read_text()) != (timed and unit.suffix == ".service"), unit.name
