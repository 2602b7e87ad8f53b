"""What is proposed on a board is valid, safe and what its owner would choose; and is asked for where he wants."""

from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from appliance.base.toml import dump
from appliance.board.chips import Chip, Chips, KernelLine
from appliance.config.load import check
from appliance.core.model import SoundCard
from appliance.setup import ask, choices, render
from appliance.setup.choices import Choices, LinePlace, PbxAccount

HDMI = SoundCard(0, "vc4hdmi0", "vc4-hdmi-0", screen=True, playback=(0,))
PHONE = SoundCard(1, "usbphone", "USB Phone", usb=True, capture=(0,), playback=(0,))
LISTENER = SoundCard(2, "mic", "Microphone", usb=True, capture=(1,))
PI = Chip("/dev/gpiochip0", "gpiochip0", "pinctrl-bcm2711", tuple(KernelLine(n, f"GPIO{n}") for n in range(28)))
LAB = Chip(
    "/dev/gpiochip1",
    "gpiochip1",
    "board",
    (KernelLine(0, "BUTTON"), KernelLine(1, "DOOR"), KernelLine(2, "LED"), KernelLine(3, ""), KernelLine(4, "X")),
)
OTHER = Chip("/dev/gpiochip2", "gpiochip2", "soc", tuple(KernelLine(n, "") for n in range(4)))


def at(chip, line):
    return LinePlace(chip.label, line)


def busy(chip, *names, by="spi0"):
    lines = tuple(
        KernelLine(each.offset, each.name, by, used=True) if each.name in names else each for each in chip.lines
    )
    return Chip(chip.path, chip.name, chip.label, lines)


@pytest.mark.parametrize(
    ("chips", "button", "lamp", "relay"),
    [
        ((PI,), at(PI, "GPIO17"), at(PI, "GPIO22"), at(PI, "GPIO26")),
        ((busy(PI, "GPIO17", "GPIO26"),), at(PI, "GPIO27"), at(PI, "GPIO22"), at(PI, "GPIO16")),
        ((busy(PI, "GPIO17", "GPIO26", by="intercomd-guard"),), at(PI, "GPIO17"), at(PI, "GPIO22"), at(PI, "GPIO26")),
        ((LAB,), at(LAB, "BUTTON"), at(LAB, "LED"), at(LAB, "DOOR")),
        ((LAB, PI), at(PI, "GPIO17"), at(PI, "GPIO22"), at(PI, "GPIO26")),
        ((OTHER,), None, None, None),
        ((), None, None, None),
    ],
)
def test_lines_are_proposed_only_where_it_is_known_what_they_are_for(chips, button, lamp, relay):
    chosen = choices.suggest((), Chips(chips))
    assert (chosen.button, chosen.lamp, chosen.relay) == (button, lamp, relay)


@pytest.mark.parametrize(
    ("cards", "capture", "playback"),
    [
        ((HDMI, PHONE), PHONE, PHONE),
        ((HDMI, LISTENER), LISTENER, HDMI),
        ((HDMI,), None, HDMI),
        ((), None, None),
    ],
)
def test_a_card_that_does_both_comes_before_a_screen(cards, capture, playback):
    chosen = choices.suggest(cards, Chips(()))
    assert (chosen.capture, chosen.playback) == (capture, playback)


def test_two_chips_of_one_label_are_distinguished_by_their_paths_and_equal_names_by_their_offsets():
    twins = Chips(
        (
            Chip("/dev/gpiochip0", "gpiochip0", "x", (KernelLine(0, "A"), KernelLine(1, "A"))),
            Chip("/dev/gpiochip1", "gpiochip1", "x", (KernelLine(0, "B"),)),
        )
    )
    assert [place for _, place in choices.free(twins)] == [
        LinePlace("/dev/gpiochip0", "0"),
        LinePlace("/dev/gpiochip0", "1"),
        LinePlace("/dev/gpiochip1", "B"),
    ]


FULL = Choices(
    station="Front",
    capture=PHONE,
    playback=PHONE,
    button=at(PI, "GPIO17"),
    lamp=at(PI, "GPIO22"),
    relay=at(PI, "GPIO26"),
    ring="201",
    digits="12#",
    account=PbxAccount("pbx.example", "200", "secret"),
)


def made(chosen, tmp_path):
    text = render.configuration(chosen, "Raspberry Pi 4", tmp_path / "pbx.password")
    return text, check(tomli.loads(text), "made.toml")


@pytest.mark.parametrize(
    "chosen",
    [
        Choices(),
        FULL,
        Choices(button=at(LAB, "BUTTON"), ring="sip:kitchen@192.0.2.10"),
        Choices(relay=at(LAB, "DOOR")),
        Choices(capture=LISTENER, playback=HDMI, lamp=LinePlace("/dev/gpiochip3", "7")),
    ],
)
def test_whatever_is_chosen_the_file_has_no_errors(chosen, tmp_path):
    text, config = made(chosen, tmp_path)
    assert config.station.name == chosen.station
    assert bool(config.panel.button) == bool(chosen.button)
    assert bool(config.door) == bool(config.guard.socket) == bool(chosen.relay)
    assert bool(config.target) == bool(chosen.ring)
    assert "secret" not in text


def test_the_bus_is_on_as_in_the_packages_own_configuration(tmp_path):
    text = render.configuration(choices.suggest((), Chips(())), "", tmp_path / "pbx.password")
    packaged = (Path(__file__).resolve().parents[2] / "packaging/debian/intercomd.toml").read_text()
    assert [check(tomli.loads(each), "test").dbus.enabled for each in (text, packaged)] == [True, True]


def test_the_file_says_what_was_chosen_and_where_it_is_wired(tmp_path):
    text, config = made(FULL, tmp_path)
    assert config.audio.capture == "plughw:CARD=usbphone,DEV=0"
    button, door, target = config.panel.button["ring"], config.door["front"], config.target["indoor"]
    assert (button.chip, button.line, button.action, button.target) == ("pinctrl-bcm2711", "GPIO17", "ring", "indoor")
    assert (door.line, door.digits, target.doors, target.account) == ("GPIO26", "12#", ["front"], "pbx")
    assert "pin 11 of the connector" in text
    sentences = render.wiring(FULL)
    assert "Button: between GPIO17 of pinctrl-bcm2711 (pin 11 of the connector) and ground." in sentences
    assert any("10 kΩ" in sentence for sentence in sentences)


def test_a_button_that_rings_the_page_needs_no_target_and_the_page_comes_by_https(tmp_path):
    _, config = made(Choices(button=at(LAB, "BUTTON"), relay=at(LAB, "DOOR"), ring="browsers"), tmp_path)
    button = config.panel.button["ring"]
    assert (button.action, button.target, config.target) == ("ring", "browsers", {})
    assert (config.http.address, config.http.port) == ("0.0.0.0", 8443)


def test_a_button_with_no_one_to_ring_is_reported_by_events_alone(tmp_path):
    _, config = made(Choices(button=at(LAB, "BUTTON")), tmp_path)
    assert config.panel.button["ring"].action == "none"


TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_as_toml_is_read_as_it_was(tables):
    assert tomli.loads(dump(tables)) == tables


class Person:
    """Gives answers in turn, and keeps what was said."""

    def __init__(self, *answers):
        self.answers, self.said = list(answers), []

    def ask(self, question):
        self.said.append(question)
        return self.answers.pop(0)

    @property
    def terminal(self):
        return ask.Terminal(self.ask, self.ask, self.said.append)


PROPOSED = choices.suggest((HDMI, PHONE), Chips((PI,)))


def test_who_presses_enter_gets_what_is_proposed():
    person = Person(*[""] * 8)
    assert ask.questions(person.terminal, PROPOSED, (HDMI, PHONE), Chips((PI,))) == PROPOSED
    assert person.answers == []


def test_who_answers_gets_what_he_chose_and_is_asked_again_where_that_is_none():
    answers = [
        "Gate",
        "9",
        "none",
        "2",
        "2",
        "none",
        "1",
        "pbx.example",
        "200",
        "secret",
        "nobody home",
        "201",
        "x",
        "42",
    ]
    person = Person(*answers)
    chosen = ask.questions(person.terminal, PROPOSED, (HDMI, PHONE), Chips((PI,)))
    assert person.answers == []
    assert chosen == Choices(
        station="Gate",
        capture=None,
        playback=PHONE,
        button=at(PI, "GPIO27"),
        lamp=None,
        relay=at(PI, "GPIO26"),
        ring="201",
        digits="42",
        account=PbxAccount("pbx.example", "200", "secret"),
    )


def test_what_the_daemon_would_not_take_is_asked_for_again(tmp_path):
    """Else it would not start, with an empty password; or all answers would be lost at their end, for one wrong one."""
    names, accounts = ["T\udcfcr", 65 * "x", "Tür"], ["http://fritz.box", "fritz.box", "", "2 00", "200"]
    rings = ["sip:a@b:99999", "browser page", "201"]
    person = Person(*names, *accounts, "", 257 * "x", "a\x07", "secret", *rings)
    chosen = ask.questions(person.terminal, Choices(), (), Chips(()))
    assert person.answers == []
    assert chosen == Choices(station="Tür", ring="201", account=PbxAccount("fritz.box", "200", "secret"))
    assert person.said.count("It must have 1 to 256 characters that can be seen.") == 3
    check(tomli.loads(render.configuration(chosen, "", tmp_path / "pw")), "x")


def test_the_page_may_be_what_the_button_rings():
    person = Person(*[""] * 7, "browser", "browsers")
    chosen = ask.questions(person.terminal, PROPOSED, (HDMI, PHONE), Chips((PI,)))
    assert (person.answers, chosen.ring, chosen.digits) == ([], "browsers", "")
    assert "'browser' is not valid." in person.said


def test_on_a_board_without_anything_only_names_are_asked_for():
    person = Person("", "", "sip:a@b")
    chosen = ask.questions(person.terminal, Choices(), (), Chips(()))
    assert chosen == Choices(ring="sip:a@b")
    assert "Card of the microphone: none was found." in person.said


@pytest.mark.parametrize(
    ("answer", "default", "yes"), [("", True, True), ("", False, False), ("y", False, True), ("n", True, False)]
)
def test_a_question_of_yes_or_no(answer, default, yes):
    assert ask.confirmed(Person(answer).terminal, "Really?", default=default) is yes
