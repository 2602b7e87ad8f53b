"""Each fault of configuration, cards and lines is reported once, with its cause and its remedy."""

import pwd
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace as Namespace

import pytest
from msgspec.structs import replace

from appliance.__main__ import configured
from appliance.base.errors import IntercomError
from appliance.board.chips import Chip, Chips, KernelLine
from appliance.config import features
from appliance.config.load import check
from appliance.core.model import MixerLevel
from appliance.doctor import broker, configuration, inputs, lines, sound
from appliance.doctor.daemon_faults import besides
from appliance.doctor.examine import examine
from appliance.doctor.findings import agreed, ok, problem, warning
from appliance.simulator.mixer import SimulatedMixers
from tests.board.boards import HDMI, PHONE, Alsa, only, owned, raspberry, write
from tests.board.boards import sound as cards
from tests.support.peers.receiver import Receiver

ROOT = Path(__file__).parents[2]
OK, WARNING, PROBLEM = "ok", "warning", "problem"


def levels(found):
    return {finding.check: finding.level for finding in found}


def words(finding):
    return f"{finding.message} {finding.cause} {finding.resolution}"


def audio(**settings):
    return check({"audio": settings}, "test")


@pytest.mark.parametrize(
    ("pcm", "level", "said"),
    [
        ("null", OK, "No card is configured"),
        ("plughw:CARD=usbphone", OK, "USB Phone"),
        ("plughw:CARD=vc4hdmi0", PROBLEM, "cannot record"),
        ("plughw:CARD=phone", PROBLEM, "There is no card phone. There are: plughw:CARD=usbphone"),
        ("plughw:CARD=Device_1", WARNING, "one of several of its kind"),
        ("hw:1", WARNING, "Name it by its id: audio.capture = 'plughw:CARD=usbphone,DEV=0'"),
        ("hw:9", PROBLEM, "There is no card 9"),
        ("default", WARNING, "ALSA chooses the card"),
        ("null:x", OK, "'null:x'"),
    ],
)
def test_a_card_is_there_can_record_and_has_a_name_that_stays(tmp_path, monkeypatch, pcm, level, said):
    capture, _ = sound.examine(audio(capture=pcm, playback="null"), cards(monkeypatch, tmp_path) / "proc")
    assert (capture.check, capture.level) == ("audio.capture", level)
    assert said in words(capture)


def test_the_only_card_is_a_good_default(tmp_path, monkeypatch):
    found = sound.examine(audio(), cards(monkeypatch, tmp_path, PHONE) / "proc")
    assert levels(found) == {"audio.capture": OK, "audio.playback": OK}


@pytest.mark.parametrize(("listed", "said"), [((), "knows none"), ((HDMI,), "vc4-hdmi-0")])
def test_a_board_that_cannot_record_is_reported(tmp_path, monkeypatch, listed, said):
    capture, *_ = sound.examine(audio(), only(monkeypatch, tmp_path, *listed) / "proc")
    assert capture.level is PROBLEM
    assert said in capture.cause


@pytest.mark.parametrize(
    ("pcm", "message", "cause"),
    [
        ("plughw:CARD=phone", "There is no card phone.", "There are: plughw:CARD=usbphone,DEV=0 (USB Phone)."),
        ("usbphone", "There is no ALSA PCM 'usbphone'.", "ALSA lists: null, pulse."),
    ],
)
def test_a_wrong_card_is_one_finding_with_the_list(tmp_path, monkeypatch, pcm, message, cause):
    monkeypatch.setattr(sound.cards, "pcms", lambda: ("null", "pulse"))
    (finding,) = sound.examine(audio(capture=pcm, playback=pcm), cards(monkeypatch, tmp_path, PHONE) / "proc")
    assert (finding.check, finding.level, finding.message, finding.cause) == ("audio", PROBLEM, message, cause)


def test_a_fault_that_the_daemon_has_reported_and_the_examination_finds_is_one_finding():
    found = [problem("audio", "There is no card x."), problem("panel.button.ring", "There is no line R.")]
    failed = (
        ("audio", "There is no ALSA PCM 'x'"),
        ("panel", "button ring (R): no line; lamp on (L): busy"),
        ("relay", "Gone."),
    )
    assert besides(found, failed) == [problem("panel", "lamp on (L): busy."), problem("relay", "Gone.")]
    assert besides([], failed[:1]) == [problem("audio", "There is no ALSA PCM 'x'.")]


def test_cards_that_cannot_be_listed_are_one_finding(tmp_path, monkeypatch):
    class Closed(Alsa):
        def cards(self):
            raise self.ALSAAudioError("Permission denied [hw:0]")

    only(monkeypatch, tmp_path)
    monkeypatch.setattr(sound.cards, "alsa_library", Closed)
    (finding,) = sound.examine(audio(), tmp_path / "proc")
    assert (finding.check, finding.level) == ("audio", PROBLEM)
    assert "Permission denied" in words(finding)


def test_cards_that_this_user_may_not_open_are_not_said_to_be_missing(tmp_path, monkeypatch):
    only(monkeypatch, tmp_path)
    there = tmp_path / "snd"
    there.mkdir()
    (there / "controlC0").touch()
    monkeypatch.setattr(sound.cards, "SND", there)
    found = sound.examine(audio(), tmp_path / "proc")
    assert {finding.message for finding in found} == {"There is no sound card."}
    (there / "controlC1").symlink_to("nowhere")  # which nobody can open
    (finding,) = sound.examine(audio(), tmp_path / "proc")
    assert (finding.check, finding.level) == ("audio", PROBLEM)
    assert "may not open" in finding.cause and "controlC1" in finding.cause and "controlC0" not in finding.cause
    assert "sudo" in finding.resolution
    assert levels(sound.examine(audio(capture="null", playback="null"), tmp_path / "proc")) == {
        "audio.capture": OK,
        "audio.playback": OK,
    }


def test_no_check_is_ok_that_another_finding_complains_about():
    fine, muted, late = ok("audio.capture", "Card x."), problem("audio.capture", "Muted."), warning("clock", "Late.")
    other = ok("audio.playback", "Card x.")
    assert agreed([fine, other, muted, late]) == [other, muted, late]
    assert agreed([muted, late, muted]) == [muted, late, muted]


def test_a_file_in_the_microphones_place_needs_no_card(tmp_path):
    found = sound.examine(audio(microphone_file="/x.wav", playback="null"), tmp_path)
    assert levels(found) == {"audio.capture": OK, "audio.playback": OK}


@pytest.mark.parametrize(
    ("command", "level"), [("aplay x.wav", PROBLEM), ("/usr/bin/python3 -m appliance.sip.stack 5", OK)]
)
def test_a_card_in_use_is_reported_with_the_user_unless_that_is_us(tmp_path, monkeypatch, command, level):
    owned(cards(monkeypatch, tmp_path), 1, "playback", 77, command, "aplay")
    config = audio(capture="null", playback="plughw:CARD=usbphone")
    _, playback = sound.examine(config, tmp_path / "proc")
    assert playback.level is level
    assert ("aplay (process 77)" in words(playback)) == (level is PROBLEM)


def test_a_user_that_cannot_be_seen_is_reported_by_number(tmp_path, monkeypatch):
    owned(cards(monkeypatch, tmp_path), 1, "playback", 77, "x")
    for part in ("cmdline", "comm"):
        (tmp_path / f"proc/77/{part}").unlink()
    _, playback = sound.examine(audio(capture="null", playback="plughw:CARD=usbphone"), tmp_path / "proc")
    assert "a program (process 77)" in words(playback)


BOARD = Chip(
    "/dev/gpiochip0",
    "gpiochip0",
    "board",
    (
        KernelLine(0, "BUTTON"),
        KernelLine(1, "DOOR", "intercomd-guard", used=True),
        KernelLine(2, "LED", "led0", used=True),
        KernelLine(3, "TWICE"),
        KernelLine(4, "TWICE"),
        KernelLine(5, "", "", used=True),
    ),
)


def door(chip="board", line="DOOR", **more):
    return check({"door": {"front": {"chip": chip, "line": line}}, **more}, "test")


@pytest.mark.parametrize(
    ("chip", "line", "level", "said"),
    [
        ("board", "BUTTON", OK, "free"),
        ("gpiochip0", "0", OK, "free"),
        ("board", "DOOR", OK, "held by intercomd-guard"),
        ("board", "LED", PROBLEM, "led0 uses it"),
        ("board", "5", PROBLEM, "The kernel uses it"),
        ("board", "TWICE", PROBLEM, "2 lines are named TWICE"),
        ("board", "LAMP", PROBLEM, "board has 6 lines: BUTTON, DOOR"),
        ("other", "DOOR", PROBLEM, "There is: board"),
    ],
)
def test_a_line_is_there_once_and_free(tmp_path, monkeypatch, chip, line, level, said):
    monkeypatch.setattr(lines.chips, "chips", lambda _: Chips((BOARD,)))
    found = {finding.check: finding for finding in lines.examine(door(chip, line), tmp_path)}
    assert found["door.front"].level is level
    assert said in words(found["door.front"])
    assert found["strict_gpiod"].level is OK


@pytest.mark.parametrize(
    ("chips", "said"),
    [
        (Chips(()), "There is no GPIO chip"),
        (Chips((), (("/dev/gpiochip0", "Permission denied"),)), "/dev/gpiochip0 cannot be opened. Permission denied."),
    ],
)
def test_a_board_whose_chips_are_not_available_says_why(tmp_path, monkeypatch, chips, said):
    monkeypatch.setattr(lines.chips, "chips", lambda _: chips)
    (finding,) = lines.examine(door(), tmp_path)
    assert finding.level is PROBLEM
    assert said in words(finding)


def test_a_line_that_two_parts_have_by_two_of_its_names_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(lines.chips, "chips", lambda _: Chips((BOARD,)))
    offset = next(line.offset for line in BOARD.lines if line.name == "DOOR")
    button = {"chip": BOARD.name, "line": str(offset), "action": "none"}
    config = door("board", "DOOR", panel={"button": {"ring": button}})
    found = {finding.check: finding for finding in lines.examine(config, tmp_path)}
    assert found["panel.button.ring"].level is OK
    assert words(found["door.front"]).endswith(
        "panel.button.ring uses it. Correct door.front or panel.button.ring: a line is for one part."
    )


def test_simulated_lines_and_no_lines_need_no_chip(tmp_path):
    for config in (check({}, "test"), door("", "", panel={"lines": "simulated"})):
        assert levels(lines.examine(config, tmp_path)) == {"lines": OK}


@pytest.mark.parametrize(
    ("persists", "arguments", "level"),
    [("Y", "", WARNING), ("N", "", OK), (None, "", WARNING), (None, "pinctrl_bcm2835.persist_gpio_outputs=n", OK)],
)
def test_a_relay_on_a_raspberry_pi_wants_strict_gpiod(tmp_path, persists, arguments, level):
    finding = lines.released(raspberry(tmp_path, persists=persists, arguments=arguments))
    assert finding.level is level
    assert ("dtparam=strict_gpiod" in words(finding)) == (level is WARNING)


def test_a_fail_safe_strike_is_reported_with_its_contact(tmp_path, monkeypatch):
    monkeypatch.setattr(lines.chips, "chips", lambda _: Chips((BOARD,)))
    config = check({"door": {"front": {"chip": "board", "line": "DOOR", "strike": "fail_safe"}}}, "test")
    found = {finding.check: finding for finding in lines.examine(config, tmp_path)}
    assert found["door.front.strike"].level is OK
    assert "normally closed contact" in words(found["door.front.strike"])
    assert "door.front.strike" not in levels(lines.examine(door(), tmp_path))


def test_every_error_of_the_file_is_a_finding_and_nothing_else_is_looked_at(tmp_path):
    (tmp_path / "x.toml").write_text("[audio]\ncapture = 5\n[sip]\nport = -1\n")
    found = examine(tmp_path / "x.toml", tmp_path)
    assert [(finding.check, finding.level) for finding in found] == [("configuration", PROBLEM)] * 2
    assert [finding.message.split(":")[1].split(" =")[0].strip() for finding in found] == ["sip.port", "audio.capture"]


def test_a_file_that_is_missing_is_reported(tmp_path):
    (finding,) = examine(tmp_path / "none.toml", tmp_path)
    assert finding.level is PROBLEM
    assert "no such file" in finding.cause


def test_a_password_that_cannot_be_read_is_reported_beside_the_rest(tmp_path, monkeypatch):
    file = tmp_path / "x.toml"
    file.write_text('[account.office]\nuser = "1"\nregistrar = "pbx"\npassword_file = "/none"\n')
    found = examine(file, tmp_path, cards(monkeypatch, tmp_path))
    assert [finding.level for finding in found if finding.check == "configuration"] == [PROBLEM]
    assert "audio.capture" in levels(found)


@pytest.mark.parametrize(
    ("text", "level", "said"),
    [
        ("", WARNING, "The station is not configured."),
        ("[panel.lamp.x]\npin = 5\n", WARNING, "it has no target to call"),
        ('[target.x]\nuri = "sip:x@y"\n', OK, ": OK"),
        ('[panel.button.x]\npin = 5\naction = "ring"\ntarget = "browsers"\n', OK, ": OK"),
    ],
)
def test_a_station_that_lacks_its_configuration_is_warned_about(tmp_path, monkeypatch, text, level, said):
    file = tmp_path / "x.toml"
    file.write_text(text)
    first = examine(file, tmp_path, cards(monkeypatch, tmp_path))[0]
    assert first.level is level
    assert said in words(first)


def device(root, number, name):
    """An input device, as the kernel lists it; nothing that could be grabbed."""
    write(root / f"sys/class/input/event{number}/device/name", f"{name}\n")
    write(root / f"dev/input/event{number}", "")


def keypad(wanted, **panel):
    return check({"panel": {"keypad": {"desk": {"device": wanted}}, **panel}}, "test")


def examined(root, wanted):
    (finding,) = inputs.examine(keypad(wanted), root)
    assert finding.check == "panel.keypad.desk"
    return finding


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("Desk keypad", "There is no input device Desk keypad. There are: Desk keyboard, Twin. Did you mean"),
        ("Reader", "There is no input device Reader. There are: Desk keyboard, Twin. Plug it in"),
        ("/dev/input/by-id/usb-x", "There is no input device /dev/input/by-id/usb-x."),
        ("Twin", "2 input devices are named Twin. They are"),
        ("Desk keyboard", "is not an input device, or does not answer"),
    ],
)
def test_a_device_that_is_not_there_or_twice_or_something_else_is_reported(tmp_path, wanted, said):
    for number, name in ((0, "Desk keyboard"), (9, "Twin"), (10, "Twin")):
        device(tmp_path, number, name)
    (tmp_path / "sys/class/input/event11").mkdir()  # unplugged in this moment
    found = examined(tmp_path, wanted)
    assert found.level is PROBLEM
    assert said in " ".join(words(found).replace("Twin, Twin", "Twin").split())


def test_a_device_that_may_not_be_opened_is_reported_with_the_remedy(tmp_path, monkeypatch):
    def refused(_):
        raise PermissionError(13, "Permission denied")

    device(tmp_path, 0, "Desk")
    monkeypatch.setattr(inputs.inputs, "grabbed", refused)
    found = examined(tmp_path, "Desk")
    assert found.level is PROBLEM
    assert "cannot be opened. Permission denied. Run this as root. " in words(found)
    assert "udevadm trigger" in found.resolution


@pytest.mark.parametrize(
    ("command", "level", "said"),
    [
        ("/usr/bin/python3 -m appliance --config x", OK, "held by intercomd"),
        ("/usr/bin/evtest", PROBLEM, "grabbed by another program. evtest (process 77) has it."),
        (None, PROBLEM, "A program that is not visible here has it."),
    ],
)
def test_a_device_that_is_grabbed_is_reported_with_who_has_it_unless_that_is_us(
    tmp_path, monkeypatch, command, level, said
):
    device(tmp_path, 0, "Desk")
    monkeypatch.setattr(inputs.inputs, "grabbed", lambda _: True)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/78").mkdir()  # somebody else's: its descriptors are not to be seen
    if command:
        write(tmp_path / "proc/77/cmdline", command.replace(" ", "\0"))
        write(tmp_path / "proc/77/comm", command.rpartition("/")[2] + "\n")
        (tmp_path / "proc/77/fd").mkdir()
        (tmp_path / "proc/77/fd/5").symlink_to(tmp_path / "dev/input/event0")
    found = examined(tmp_path, "Desk")
    assert found.level is level
    assert said in words(found)


def test_a_device_that_no_one_has_is_ok(tmp_path, monkeypatch):
    device(tmp_path, 0, "Desk")
    monkeypatch.setattr(inputs.inputs, "grabbed", lambda _: False)
    assert examined(tmp_path, "/dev/input/event0").level is OK


def test_what_is_simulated_is_not_looked_for(tmp_path, monkeypatch):
    file = tmp_path / "x.toml"
    panel = '[panel]\n{}[panel.keypad.desk]\ndevice = "Desk"\n'
    checks = {}
    for lines_ in ('lines = "simulated"\n', ""):
        file.write_text(panel.format(lines_))
        checks[lines_] = set(levels(examine(file, tmp_path, cards(monkeypatch, tmp_path))))
    without, there = checks.values()
    assert there - without == {"panel.keypad.desk"}


def test_a_muted_microphone_and_a_speaker_at_zero_are_named_with_the_remedy():
    side = MixerLevel("usbphone", element="PCM", muted=False, percent=0.0)
    other = MixerLevel("usbphone", element="Mic", muted=True, percent=50.0)
    microphone, speaker = sound.muted(other, side)
    assert (microphone.check, speaker.check) == ("audio.capture", "audio.playback")
    assert microphone.cause == "The element Mic of the card usbphone is switched off."
    assert microphone.resolution == "Switch it on: intercomctl audio set --microphone on"
    assert speaker.resolution == "Set it: intercomctl audio set --volume 70"
    assert sound.muted(replace(other, muted=None), replace(side, percent=None)) == []


def test_without_a_daemon_the_doctor_looks_at_the_mixers_itself(tmp_path, monkeypatch):
    class Muted(SimulatedMixers):
        def find(self, device, way, names):
            element = super().find(device, way, names)
            element.set_muted(way == "capture")
            return element

    monkeypatch.setattr(sound, "AlsaMixers", Muted)
    cards(monkeypatch, tmp_path, PHONE)
    config = audio(capture="plughw:CARD=usbphone", playback="plughw:CARD=usbphone")
    (finding,) = sound.mixers(config)
    assert (finding.check, finding.level) == ("audio.capture", PROBLEM)
    assert finding.cause == "The element Headset of the card usbphone is switched off."
    assert sound.mixers(audio(capture="null", playback="pulse")) == []


@pytest.mark.parametrize(
    ("patterns", "unknown"),
    [
        (["*", "ring.*", "door.held_open", "custom", "events.lost"], []),
        (["ring", "rings.*", "ring.start"], ["ring", "rings.*", "ring.start"]),
    ],
)
def test_a_receiver_that_names_an_event_that_is_none_is_warned_of(patterns, unknown):
    table = {"url": "https://house.example/", "secret_file": "/nothing", "events": patterns, "report": patterns}
    config = check({"webhook": {"house": table}}, "test")
    found = [each for each in broker.examine(config) if each.level is WARNING]
    assert [each.message.split()[3].rstrip(",") for each in found] == 2 * unknown
    assert all("docs/reference/events.md" in each.resolution for each in found)


@pytest.mark.far_end
def test_a_receiver_that_is_slow_delays_the_examination_of_no_other_one(tmp_path):
    both = Barrier(2)

    def answers(_):
        both.wait()
        return 204, None

    with Receiver(tmp_path / "a", answers=answers) as one, Receiver(tmp_path / "b", answers=answers) as other:
        config = check({"webhook": {"one": one.settings(), "other": other.settings()}}, "test")
        found = broker.examine(config)
    assert [each.level for each in found] != [PROBLEM, PROBLEM]
    assert [" ".join(each.message.split()[:3]) for each in found] == ["The receiver one", "The receiver other"]


ACCOUNT = '[account.pbx]\nregistrar = "192.0.2.5"\nuser = "1"\n'
KEEPS_DOWN = {
    "directory": '[directory]\nfile = "/nothing/flats.csv"\n',
    "password": f'{ACCOUNT}password_file = "/nothing/pbx"\n',
    "tls": f'{ACCOUNT}transport = "tls"\npassword_file = "pbx"\n[tls]\nca_file = "/nothing/ca.pem"\n',
    "inband": f'{ACCOUNT}inband_digits = true\npassword_file = "pbx"\n',
}


@pytest.mark.parametrize("text", KEEPS_DOWN.values(), ids=KEEPS_DOWN)
def test_no_configuration_is_ok_with_which_the_daemon_does_not_start(tmp_path, monkeypatch, text):
    """Also without a daemon, whose log would have the reason."""
    (tmp_path / "pjsua2.py").write_text("")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr(features.importlib.util, "find_spec", lambda _: Namespace(origin=str(tmp_path / "pjsua2.py")))
    file = tmp_path / "x.toml"
    file.write_text(text)
    with pytest.raises(IntercomError) as error:
        configured(file, outside=True)
    _, found = configuration.examine(file)
    (wrong,) = [each for each in found if each.level is PROBLEM]
    assert (wrong.check, wrong.message, wrong.cause) == ("configuration", error.value.message, error.value.cause)


def test_a_file_where_the_sandbox_of_the_service_hides_it_is_warned_of(monkeypatch):
    """`intercomd --check` by root sees it; the service would say that it may not read it, or that there is none."""
    names = ("/home/pi/pw", "/tmp/flats.csv", "/etc/intercomd/pw", "/homes/pw")
    webhooks = {
        f"w{number}": {"url": "https://house.example/", "secret_file": name} for number, name in enumerate(names)
    }
    config = check({"webhook": webhooks}, "test")
    monkeypatch.setattr(pwd, "getpwnam", lambda _: Namespace(pw_uid=-1))
    found = configuration.hidden(config)
    assert [each.check for each in found] == ["webhook.w0.secret_file", "webhook.w1.secret_file"]
    assert {each.level for each in found} == {WARNING}
    unit = (ROOT / "systemd/intercomd.service").read_text()
    assert "\nProtectHome=yes\n" in unit
    assert "\nPrivateTmp=yes\n" in unit
