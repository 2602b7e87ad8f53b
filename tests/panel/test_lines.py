"""Which lines there are: gpiozero's pin factories, or a clear word why none."""

import asyncio
import sys
from importlib.machinery import ModuleSpec
from types import SimpleNamespace

import pytest

from appliance.app import panel
from appliance.app.paths import Places
from appliance.base import times
from appliance.base.errors import IntercomError
from appliance.config.load import load
from appliance.core.inputs import PartRecovered
from appliance.panel.entry import usb_keyboard
from appliance.panel.gpio.factory import line_errors, lines
from tests.panel.boards import SimulatedBoard
from tests.panel.support import run_virtually


def test_simulated_lines_are_gpiozeros_mock_pins():
    factory = lines("simulated")
    assert factory.pin(17).state in {True, False}


def test_gpio_lines_without_a_board_name_the_cause_and_the_remedy(monkeypatch):
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "no such factory")
    monkeypatch.setattr("gpiozero.Device.pin_factory", None)
    with pytest.raises(IntercomError) as error:
        lines("gpio")
    assert error.value.code == "unavailable"
    assert "no such factory" in error.value.cause
    assert "gpiod" in error.value.resolution


def test_gpio_lines_name_every_factory_that_was_tried(monkeypatch):
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setattr("gpiozero.Device.pin_factory", None)
    for module in ("lgpio", "RPi", "RPi.GPIO", "pigpio", "RPIO", "gpiozero.pins.native", "gpiod"):
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, f"gpiozero.pins.{module}", raising=False)
    with pytest.raises(IntercomError) as error:
        lines("gpio")
    for tried in ("lgpio", "rpigpio", "pigpio", "native"):
        assert f"{tried}: " in error.value.cause


def test_gpio_lines_are_gpiozeros_own_choice(monkeypatch):
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    monkeypatch.setattr("gpiozero.Device.pin_factory", None)
    assert type(lines("gpio")).__name__ == "MockFactory"


def test_gpio_lines_without_lgpio_are_ours(monkeypatch):
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    monkeypatch.setitem(sys.modules, "gpiod", SimpleNamespace(__spec__=ModuleSpec("gpiod", None)))
    monkeypatch.setitem(sys.modules, "appliance.panel.gpio.chip_pins", SimpleNamespace(ChipFactory=lambda: "ours"))
    assert lines("gpio") == "ours"
    assert lines("chips") == "ours"


def test_missing_libgpiod_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiod", None)
    monkeypatch.delitem(sys.modules, "appliance.panel.gpio.chip_pins", raising=False)
    with pytest.raises(IntercomError) as error:
        lines("chips")
    assert "gpiod" in error.value.resolution


@pytest.mark.parametrize(
    ("base", "remedy"),
    [
        ("/usr", "Install what is missing: apt install python3-gpiozero python3-libgpiod"),
        ("/other", "Install what is missing: /usr/bin/pip install gpiozero gpiod"),
    ],
)
def test_missing_gpiozero_is_named_with_what_installs_it_for_this_python(monkeypatch, base, remedy):
    monkeypatch.setattr(sys, "prefix", "/usr")
    monkeypatch.setattr(sys, "base_prefix", base)
    monkeypatch.setitem(sys.modules, "gpiozero.pins.mock", None)
    with pytest.raises(IntercomError) as error:
        lines("simulated")
    assert error.value.resolution == remedy


def test_errors_of_the_board_library_are_known_once_it_is_loaded(monkeypatch):
    class Lgpio:
        class error(Exception):  # noqa: N801, N818  lgpio's own name
            pass

    monkeypatch.setitem(sys.modules, "lgpio", Lgpio)
    assert Lgpio.error in line_errors()
    assert OSError in line_errors()


def test_lines_that_are_not_ready_at_the_start_are_claimed_once_they_are(monkeypatch, tmp_path):
    """As where udev has yet to give the group its chip; a keypad at USB waits for no lines."""
    board, posted, typed = SimulatedBoard(), [], []
    refusals = iter([IntercomError("unavailable", "no", "the chip cannot be opened", "wait")] * 3)
    (tmp_path / "intercomd.toml").write_text(
        '[panel.button.ring]\npin = 17\naction = "none"\n[panel.keypad.desk]\ndevice = "Pad"\n'
    )

    def made(_kind):
        for refusal in refusals:
            raise refusal
        return board.factory

    monkeypatch.setattr(panel, "lines", made)
    monkeypatch.setattr(usb_keyboard, "InputDevice", lambda name, *_: typed.append(name) or SimpleNamespace(close=list))
    reactor = SimpleNamespace(post=posted.append, make_so={}, desired=SimpleNamespace(lamps=()))

    async def play():
        started = panel.Panel(load(tmp_path / "intercomd.toml"), Places(tmp_path, tmp_path), reactor, simulated=False)
        await started.start()
        assert typed == ["Pad"]
        await asyncio.sleep(sum(times.current.line_again_s))
        board.drive(0, False)
        await started.stop()

    run_virtually(play())
    failed, recovered, pressed = posted
    assert (failed.part, failed.why) == ("panel", "the panel's lines: the chip cannot be opened")
    assert (type(recovered), pressed.button, pressed.active) == (PartRecovered, "ring", True)
    board.close()
