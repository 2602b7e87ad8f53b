"""A configuration as a file with comments, and as wiring instructions."""

from collections.abc import Iterator
from pathlib import Path

from appliance.base.toml import value
from appliance.core.model import BROWSERS
from appliance.setup.choices import Choices, LinePlace

GUARD = "/run/intercomd/guard.sock"
DOOR, TARGET, ACCOUNT = "front", "indoor", "pbx"
EVERYWHERE, HTTPS = "0.0.0.0", 8443  # noqa: S104 - phones in the house reach it, by HTTPS and with a token


def configuration(chosen: Choices, board: str, password_file: Path) -> str:
    """The file's text. `board`: its name, or ""; password_file: path of the account's password."""
    return "\n".join(
        [*_head(board), *_sound(chosen), *_panel(chosen), *_door(chosen), *_calls(chosen, password_file), *_bus(), ""]
    )


def wiring(chosen: Choices) -> list[str]:
    """The wiring, a sentence for each part."""
    said = []
    if chosen.button:
        said.append(f"Button: between {_at(chosen.button)} and ground.")
    if chosen.lamp:
        said.append(f"Lamp: from {_at(chosen.lamp)} through a resistor (330 Ω for an LED) and the LED to ground.")
    if chosen.relay:
        said.append(
            f"Relay: its input at {_at(chosen.relay)}, and a resistor of 10 kΩ from there to ground, which holds the "
            "relay off while no program drives the line. If a strike that stays powered is dangerous, use a relay with "
            "its own timer."
        )
    said += [f"Sound: {card.name}." for card in dict.fromkeys((chosen.capture, chosen.playback)) if card]
    return said


def _at(place: LinePlace) -> str:
    return f"{place} ({place.pin})" if place.pin else str(place)


def _head(board: str) -> Iterator[str]:
    yield f"# Configuration of intercomd, made by intercomd-setup{f' for this board: {board}' if board else ''}."
    yield "# Each setting with its meaning: /usr/share/doc/intercomd/docs/reference/configuration.md"
    yield "# After a change: intercomd --check && systemctl restart intercomd intercomd-guard"


def _sound(chosen: Choices) -> Iterator[str]:
    yield from ("", "[station]", f"name = {value(chosen.station)}", "", "[audio]")
    for way, card in (("capture", chosen.capture), ("playback", chosen.playback)):
        device = (card.capture if way == "capture" else card.playback)[0] if card else 0
        pcm, note = (card.pcm(device), card.name) if card else ("null", "none was found")
        yield f"{way} = {value(pcm)} # {_comment(note)}"


def _panel(chosen: Choices) -> Iterator[str]:
    if chosen.button:
        yield from ("", f"# The button connects this line to ground{_pin(chosen.button)}.", "[panel.button.ring]")
        yield from _line(chosen.button)
        if chosen.ring:
            yield from ('action = "ring"', f"target = {value(BROWSERS if chosen.ring == BROWSERS else TARGET)}")
        else:
            yield 'action = "none" # "ring", with target = "…", once there is a target: a [target.…] below'
    if chosen.lamp:
        yield from ("", f"# An LED with its resistor, to ground{_pin(chosen.lamp)}.", "[panel.lamp.status]")
        yield from _line(chosen.lamp)


def _door(chosen: Choices) -> Iterator[str]:
    if not chosen.relay:
        return
    yield from (
        "",
        f"# The input of the relay{_pin(chosen.relay)}, with a resistor of 10 kΩ to ground that holds it off.",
        f"[door.{DOOR}]",
        *_line(chosen.relay),
        "pulse_s = 3.0",
    )
    if chosen.digits:
        yield f"digits = {value(chosen.digits)} # typed in a call"
    yield from ("", "# A separate service, which outlives the daemon, controls the relay.", "[guard]")
    yield f"socket = {value(GUARD)}"


def _calls(chosen: Choices, password_file: Path) -> Iterator[str]:
    if chosen.account:
        yield from ("", f"[account.{ACCOUNT}]", f"registrar = {value(chosen.account.registrar)}")
        yield f"user = {value(chosen.account.user)}"
        yield f"password_file = {value(str(password_file))}"
    if chosen.ring == BROWSERS:
        yield from (
            "",
            "# The page, which the button rings, by HTTPS: browsers give a microphone to no other one.",
        )
        yield from ("[http]", f"address = {value(EVERYWHERE)}", f"port = {HTTPS}")
    elif chosen.ring:
        yield from ("", f"[target.{TARGET}]", f"uri = {value(chosen.ring)}")
        if chosen.account:
            yield f'account = "{ACCOUNT}"'
        if chosen.relay:
            yield f'doors = ["{DOOR}"]'
    else:
        yield from (
            "",
            "# The address that the button rings:",
            "#",
            f"# [target.{TARGET}]",
            '# uri = "sip:kitchen@192.0.2.10"',
        )


def _bus() -> Iterator[str]:
    yield from ("", "# Programs on this machine find the station on D-Bus, if their user is in the group intercom.")
    yield from ("[dbus]", "enabled = true")


def _line(place: LinePlace) -> tuple[str, str]:
    return f"chip = {value(place.chip)}", f"line = {value(place.line)}"


def _pin(place: LinePlace) -> str:
    return f" ({place.pin})" if place.pin else ""


def _comment(text: str) -> str:
    """A text that fits at the end of a line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
