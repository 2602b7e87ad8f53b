"""Lamps at the kernel's LED class: what is written to it, on files of the same names; real ones are in the lab."""

import asyncio
import os
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.core.inputs import LampFound, PartFailed, PartRecovered
from appliance.core.model import LampId, LampKind, LampOutput, Pattern
from appliance.panel.gpio.line_names import KernelLed
from appliance.panel.lamps import kernel_led
from appliance.panel.lamps.kernel_led import LedLamp
from appliance.panel.lamps.lamps import LampWiring
from appliance.panel.lamps.uevents import removed
from tests.panel.support import lamps_of, run_virtually
from tests.support.waiting import until_async

RED = LampId("red")
AT_LED = LampWiring(RED, (KernelLed("status"),))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_led, "LEDS", tmp_path)
    return tmp_path


def made(root, name="status", full=255, colors=""):
    folder = root / name
    folder.mkdir()
    files = {"max_brightness": f"{full}\n", "trigger": "none [timer]\n", "brightness": "7\n"}
    if colors:
        files |= {"multi_index": f"{colors}\n", "multi_intensity": " ".join("0" for _ in colors.split()) + "\n"}
    for file, text in files.items():
        (folder / file).write_text(text)
    return folder


def read(folder, file="brightness"):
    """What was written last: a file keeps the rest of longer text, which sysfs never gets."""
    return (folder / file).read_text().split("\n")[0]


def level(folder):
    return int(read(folder))


@pytest.mark.parametrize(
    ("full", "brightness", "wanted"), [(255, 1.0, 255), (255, 0.2, 51), (1, 1.0, 1), (255, 0.001, 1), (1, 0.2, 1)]
)
def test_lamp_shines_as_brightly_as_it_is_to_and_is_the_kernels_no_longer(root, full, brightness, wanted):
    folder = made(root, full=full)
    led = LedLamp(KernelLed("status"))
    assert (level(folder), (folder / "trigger").read_text()) == (0, "none")
    assert led.kind == LampKind(dims=full > 1, colors=False)
    led.show(brightness)
    assert level(folder) == wanted
    led.close()
    assert level(folder) == 0


@pytest.mark.parametrize(
    ("index", "color", "wanted"),
    [
        ("red green blue", "#ff8000", "255 128 0"),
        ("blue green red", "#ff8000", "0 128 255"),
        ("red green blue white", "#ffffff", "255 255 255 0"),
    ],
)
def test_colour_goes_to_the_multicolour_class_in_its_own_order(root, index, color, wanted):
    folder = made(root, colors=index)
    led = LedLamp(KernelLed("status"))
    assert led.kind == LampKind(dims=True, colors=True)
    led.show(0.2, color)
    assert (read(folder, "multi_intensity"), level(folder)) == (wanted, 51)
    (folder / "multi_intensity").write_text("not again\n")
    led.show(0.4, color)
    assert (read(folder, "multi_intensity"), level(folder)) == ("not again", 102)
    led.close()
    assert level(folder) == 0


def test_lamps_patterns_are_those_of_every_lamp(root):
    folder = made(root)

    async def scenario():
        with lamps_of(AT_LED) as (lamps, posted):
            lamps.desire(((RED, LampOutput(Pattern.SLOW, brightness=50)),))
            assert level(folder) == 128
            await asyncio.sleep(0.6)
            assert level(folder) == 0
            lamps.desire(((RED, LampOutput(Pattern.ON, brightness=50)),))
            assert level(folder) == 128
            lamps.desire(((RED, LampOutput(Pattern.ON, brightness=10)),))  # as at night
            assert level(folder) == 26
            assert [(type(each), each.dims, each.colors) for each in posted] == [(LampFound, True, False)]
        assert level(folder) == 0

    run_virtually(scenario())


def test_pulse_glows_up_and_down_within_a_second_by_few_steps(root):
    folder = made(root)

    async def scenario():
        with lamps_of(AT_LED) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.PULSE)),))
            levels = [level(folder)]
            for _ in range(600):
                await asyncio.sleep(0.005)
                if level(folder) != levels[-1]:
                    levels.append(level(folder))
            up, down = levels[:10], levels[9:20]
            assert up == sorted(up)
            assert down == sorted(down, reverse=True)
            assert max(levels) >= 250
            assert down[-1] == 0
            assert len(levels) <= 41  # in three seconds

    run_virtually(scenario())


async def test_lamp_that_is_not_there_is_reported_with_those_that_are_and_shines_when_it_comes(root):
    made(root, "other")
    with lamps_of(AT_LED) as (lamps, posted):
        lamps.desire(((RED, LampOutput(Pattern.ON)),))
        (failed,) = await until_async(lambda: posted)
        assert failed.why == "lamp red (LED status): the kernel has none of that name; there are: other"
        folder = made(root)
        await until_async(lambda: level(folder) == 255, "the lamp")
        await until_async(lambda: [type(i) for i in posted] == [PartFailed, LampFound, PartRecovered], "the recovery")


async def test_steady_lamp_that_goes_is_reported_at_once(root):
    folder = made(root)
    with lamps_of(AT_LED) as (lamps, posted):
        lamps.desire(((RED, LampOutput(Pattern.ON)),))
        await until_async(lambda: level(folder) == 255, "the lamp")
        lamps._gone(str(root / "another"))
        lamps._gone(str(folder))  # as the kernel reports it
        failed = await until_async(lambda: next((i for i in posted if isinstance(i, PartFailed)), None))
        assert failed.why == "lamp red (LED status): its device was removed"
        await until_async(lambda: isinstance(posted[-1], PartRecovered), "the recovery")


def test_uevents_say_what_was_removed():
    path = b"/devices/platform/leds/leds/status"
    variables = b"\0ACTION=remove\0DEVPATH=" + path + b"\0SUBSYSTEM=leds\0SEQNUM=1234\0"
    assert removed(b"remove@" + path + variables) == "/sys/devices/platform/leds/leds/status"
    assert removed(b"add@" + path + variables) is None
    assert removed(b"libudev\0\xfe\xed\xca\xfe") is None
    assert removed(b"") is None


@pytest.mark.parametrize(
    ("number", "cause", "remedy"),
    [
        (19, "removed", "reconnect it"),
        (16, "a driver of the kernel", "another channel"),
        (13, "Permission denied", "wire-lines"),
        (5, "Input/output", "dmesg"),
    ],
)
def test_what_is_wrong_is_reported_with_its_remedy(root, monkeypatch, number, cause, remedy):
    made(root)
    led = LedLamp(KernelLed("status"))

    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(kernel_led.os, "pwrite", fail)
        with pytest.raises(IntercomError) as caught:
            led.show(1.0)
        assert cause in caught.value.cause
        assert remedy in caught.value.resolution
    led.close()


def test_a_lamp_that_cannot_be_claimed_keeps_no_file_open(root):
    """It is tried again each minute, for years."""
    folder = made(root, colors="red green blue")
    (folder / "brightness").unlink()
    for _ in range(2):
        with pytest.raises(IntercomError):
            LedLamp(KernelLed("status"))
    assert not [each for each in Path("/proc/self/fd").iterdir() if str(folder) in os.path.realpath(each)]
    (folder / "brightness").symlink_to("/dev/full")  # each write fails
    with pytest.raises(IntercomError):
        LedLamp(KernelLed("status"))
    assert not [each for each in Path("/proc/self/fd").iterdir() if os.path.realpath(each) == "/dev/full"]
