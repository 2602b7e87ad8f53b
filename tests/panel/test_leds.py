"""Lamps at the kernel's LED class: what is written to it, on files of the same names; real ones are in the lab."""

import asyncio
import os
from contextlib import contextmanager

import pytest

from appliance.core.inputs import PartFailed, PartRecovered
from appliance.core.model import LampId, Pattern
from appliance.errors import IntercomError
from appliance.panel import leds
from appliance.panel.claims import Claims
from appliance.panel.lamps import Lamps, LampWiring
from appliance.panel.leds import Led
from appliance.panel.names import KernelLed
from tests.panel.support import run_virtually, until

RED = LampId("red")


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(leds, "LEDS", tmp_path)
    return tmp_path


def made(root, name="status", full=255):
    folder = root / name
    folder.mkdir()
    for file, text in (("max_brightness", f"{full}\n"), ("trigger", "none [timer]\n"), ("brightness", "7\n")):
        (folder / file).write_text(text)
    return folder


def level(folder):
    return int((folder / "brightness").read_text().split()[0])


@contextmanager
def panel(*wiring):
    posted = []
    claims = Claims(None, posted.append)
    lamps = Lamps(wiring, claims)
    try:
        yield lamps, posted
    finally:
        lamps.close()
        claims.close()


@pytest.mark.parametrize(
    ("full", "brightness", "wanted"), [(255, 1.0, 255), (255, 0.2, 51), (1, 1.0, 1), (255, 0.001, 1), (1, 0.2, 1)]
)
def test_lamp_shines_as_brightly_as_it_is_configured_and_is_the_kernels_no_longer(root, full, brightness, wanted):
    folder = made(root, full=full)
    led = Led(KernelLed("status", brightness))
    assert (level(folder), (folder / "trigger").read_text()) == (0, "none")
    led.value = True
    assert (level(folder), led.value) == (wanted, True)
    led.close()
    assert level(folder) == 0


def test_lamps_patterns_are_those_of_every_lamp(root):
    folder = made(root)

    async def scenario():
        with panel(LampWiring(RED, KernelLed("status", 0.5))) as (lamps, _):
            lamps.desire(((RED, Pattern.SLOW),))
            assert level(folder) == 128
            await asyncio.sleep(0.6)
            assert level(folder) == 0
            lamps.desire(((RED, Pattern.ON),))
            assert level(folder) == 128
        assert level(folder) == 0

    run_virtually(scenario())


async def test_lamp_that_is_not_there_is_told_with_those_that_are_and_shines_when_it_comes(root):
    made(root, "other")
    with panel(LampWiring(RED, KernelLed("status", 1.0))) as (lamps, posted):
        lamps.desire(((RED, Pattern.ON),))
        (failed,) = await until(lambda: posted)
        assert failed.why == "lamp red (LED status): the kernel has none of that name; there are: other"
        folder = made(root)
        await until(lambda: level(folder) == 255, "the lamp")
        await until(lambda: [type(i) for i in posted] == [PartFailed, PartRecovered], "the recovery")


@pytest.mark.parametrize(
    ("number", "cause", "remedy"),
    [(19, "taken away", "bring it back"), (13, "Permission denied", "wire-lines"), (5, "Input/output", "dmesg")],
)
def test_what_is_wrong_is_told_with_its_remedy(root, monkeypatch, number, cause, remedy):
    made(root)
    led = Led(KernelLed("status", 1.0))

    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(leds.os, "pwrite", fail)
        with pytest.raises(IntercomError) as caught:
            led.value = True
        assert cause in caught.value.cause
        assert remedy in caught.value.resolution
    led.close()
