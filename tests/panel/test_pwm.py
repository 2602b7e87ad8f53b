"""Lamps at PWM: sysfs channels by the kernel's rules, old ones and new; and gpiozero's, where its pins have PWM."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from appliance.base import times
from appliance.core.inputs import LampFound, PartFailed, PartRecovered
from appliance.core.model import LampId, LampOutput, Pattern
from appliance.panel.gpio.line_names import PwmChannel
from appliance.panel.lamps import pwm_lamp
from appliance.panel.lamps.lamps import LampWiring
from tests.panel.support import lamps_of, run_virtually
from tests.support.waiting import until_async

RED = LampId("red")
CHIP = "fe20c000.pwm"
ONE, THREE = (PwmChannel(CHIP, 0),), tuple(PwmChannel(CHIP, channel) for channel in range(3))
FULL = pwm_lamp.PERIOD_NS


class Kernel:
    """A PWM chip's files, which refuse what drivers/pwm/core.c does; `old`: as it did before 6.13.

    That is: a polarity that the chip does not have (EINVAL), another one while the channel is enabled (EBUSY, as
    drivers have it); a duty cycle above the period, and before 6.13 whatever leaves the period at 0 (EINVAL); the
    export of a channel that is not there (ENODEV), or that somebody has (EBUSY).
    """

    def __init__(self, root, monkeypatch, *, old=False, inverses=True, channels=3):
        self.root, self.old, self.inverses, self.channels = root / "class", old, inverses, channels
        self.used, self.closed, self.order = set(), False, []
        self.chip = self.root / "pwmchip2"
        device = root / "devices" / CHIP
        device.mkdir(parents=True)
        self.chip.mkdir(parents=True)
        (self.chip / "device").symlink_to(device)
        (self.chip / "npwm").write_text(f"{channels}\n")
        (self.chip / "export").write_text("")
        self._write_text, self._pwrite, self._open = Path.write_text, os.pwrite, os.open
        monkeypatch.setattr(pwm_lamp, "CHIPS", self.root)
        monkeypatch.setattr(Path, "write_text", lambda path, text: self.write(path, text))  # noqa: PLW0108  binds Path
        monkeypatch.setattr(pwm_lamp.os, "pwrite", lambda file, data, _: self.write(self.path(file), data.decode()))
        monkeypatch.setattr(pwm_lamp.os, "open", self.open)

    def path(self, file):
        return Path(f"/proc/self/fd/{file}").readlink()

    def open(self, path, *rest):
        if self.closed and Path(path).name == "duty_cycle":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return self._open(path, *rest)

    def write(self, path, text):
        if self.root not in path.parents:
            return self._write_text(path, text)
        self.order.append((path.name, text.strip()))
        if path.name == "export":
            self.export(int(text))
        else:
            self.change(path.parent, path.name, text.strip())
        return len(text)

    def export(self, channel):
        folder = self.chip / f"pwm{channel}"
        if channel >= self.channels or channel in self.used or folder.exists():
            number = errno.ENODEV if channel >= self.channels else errno.EBUSY
            raise OSError(number, os.strerror(number))
        folder.mkdir()
        for name, value in (("period", "0"), ("duty_cycle", "0"), ("enable", "0"), ("polarity", "normal")):
            self._write_text(folder / name, f"{value}\n")

    def change(self, folder, name, value):
        state = self.state(folder) | {name: value}
        period, duty, enabled = int(state["period"]), int(state["duty_cycle"]), state["enable"] == "1"
        if name == "polarity":
            if enabled:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            if value == "inversed" and not self.inverses:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if (self.old or enabled) and (not period or duty > period):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._write_text(folder / name, f"{value}\n")

    def state(self, folder):
        return {name: (folder / name).read_text().strip() for name in ("period", "duty_cycle", "enable", "polarity")}

    def shows(self, channel=0):
        """Share of the period that the channel is active, and its polarity; None while it is disabled."""
        folder = self.chip / f"pwm{channel}"
        state = self.state(folder) if folder.exists() else {"enable": "0"}
        if state["enable"] == "0":
            return None
        return int(state["duty_cycle"]) / int(state["period"]), state["polarity"]


@pytest.fixture(params=[True, False], ids=["old", "new"])
def kernel(request, tmp_path, monkeypatch):
    return Kernel(tmp_path, monkeypatch, old=request.param)


@pytest.mark.parametrize("active_low", [False, True])
def test_channel_is_exported_and_shines_so_long_in_each_period(kernel, active_low):
    polarity = "inversed" if active_low else "normal"

    async def scenario():
        with lamps_of(LampWiring(RED, ONE, active_low)) as (lamps, posted):
            lamps.desire(((RED, LampOutput(Pattern.ON, brightness=30)),))
            await asyncio.sleep(2 * times.current.channel_again_s)
            assert kernel.shows() == (0.3, polarity)
            assert [(each.dims, each.colors) for each in posted] == [(True, False)]
            lamps.desire(((RED, LampOutput(Pattern.ON, brightness=100)),))
            assert kernel.shows() == (1.0, polarity)
            lamps.desire(())
            assert kernel.shows() == (0.0, polarity)
        assert kernel.shows() == (0.0, polarity)  # a disabled channel promises no level

    run_virtually(scenario())


@pytest.mark.parametrize("before", [("1", "normal"), ("1", "inversed"), ("0", "inversed")])
def test_channel_that_somebody_left_otherwise_is_set_up_again(kernel, before):
    kernel.export(0)
    for name, value in (("period", 9 * FULL), ("duty_cycle", 8 * FULL), ("polarity", before[1]), ("enable", before[0])):
        kernel.change(kernel.chip / "pwm0", name, str(value))

    async def scenario():
        with lamps_of(LampWiring(RED, ONE)) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.ON, brightness=50)),))
            await asyncio.sleep(0.01)
            assert kernel.shows() == (0.5, "normal")

    run_virtually(scenario())


def test_chip_without_the_other_polarity_is_turned_upside_down(kernel):
    kernel.inverses = False

    async def scenario():
        with lamps_of(LampWiring(RED, ONE, active_low=True)) as (lamps, _):
            await asyncio.sleep(2 * times.current.channel_again_s)
            assert kernel.shows() == (1.0, "normal")
            lamps.desire(((RED, LampOutput(Pattern.ON, brightness=30)),))
            assert kernel.shows() == (0.7, "normal")
        assert kernel.shows() == (1.0, "normal")

    run_virtually(scenario())


def test_three_channels_have_any_colour(kernel):
    async def scenario():
        with lamps_of(LampWiring(RED, THREE)) as (lamps, posted):
            lamps.desire(((RED, LampOutput(Pattern.ON, "#ff3300", 50)),))
            await asyncio.sleep(2 * times.current.channel_again_s)
            assert [kernel.shows(channel)[0] for channel in range(3)] == [0.5, 0.1, 0.0]
            assert [(each.dims, each.colors) for each in posted] == [(True, True)]

    run_virtually(scenario())


async def test_channel_whose_files_are_not_ours_yet_is_tried_again(kernel):
    kernel.closed = True
    with lamps_of(LampWiring(RED, ONE)) as (lamps, posted):
        lamps.desire(((RED, LampOutput(Pattern.ON)),))
        failed = await until_async(lambda: next((i for i in posted if isinstance(i, PartFailed)), None))
        assert failed.why == f"lamp red (PWM {CHIP}/0): it cannot be written: Permission denied"
        kernel.closed = False
        await until_async(lambda: isinstance(posted[-1], PartRecovered), "the recovery")
        assert kernel.shows() == (1.0, "normal")


@pytest.mark.parametrize(
    ("channel", "why"),
    [
        (PwmChannel(CHIP, 1), "a driver of the kernel has it"),
        (PwmChannel(CHIP, 7), "the chip has 3 channels, counted from 0"),
        (PwmChannel("other.pwm", 0), "the kernel has none of that name; there are: pwmchip2"),
    ],
)
async def test_channel_that_is_not_available_is_reported_with_its_reason(kernel, channel, why):
    kernel.used = {1}
    with lamps_of(LampWiring(RED, (channel,))) as (_, posted):
        (failed,) = await until_async(lambda: posted)
        assert failed.why == f"lamp red ({channel}): {why}"


def test_chip_may_be_named_as_the_kernel_counts_it(kernel):
    assert pwm_lamp.chip("pwmchip2") == pwm_lamp.chip(CHIP) == kernel.chip


async def test_channel_whose_chip_goes_is_reported_and_shines_again_when_it_is_back(kernel):
    with lamps_of(LampWiring(RED, ONE)) as (lamps, posted):
        lamps.desire(((RED, LampOutput(Pattern.ON)),))
        await until_async(lambda: kernel.shows() == (1.0, "normal"), "the lamp")
        lamps._gone(str(kernel.chip.resolve()))  # as the kernel reports it
        failed = await until_async(lambda: next((i for i in posted if isinstance(i, PartFailed)), None))
        assert failed.why == f"lamp red (PWM {CHIP}/0): its device was removed"
        await until_async(lambda: isinstance(posted[-1], PartRecovered), "the recovery")
        assert kernel.shows() == (1.0, "normal")


@pytest.fixture
def software_pwm():
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    factory = MockFactory(pin_class=MockPWMPin)
    factory.reset()
    yield factory
    factory.close()
    factory.reset()


def test_line_whose_pin_has_pwm_runs_it_for_levels_that_need_it(software_pwm):
    async def scenario():
        with lamps_of(LampWiring(RED, (17,)), factory=software_pwm) as (lamps, posted):
            pin = software_pwm.pin(17)
            assert posted[0] == LampFound(at=posted[0].at, lamp=RED, dims=True, colors=False)
            lamps.desire(((RED, LampOutput(Pattern.ON)),))
            assert (pin.frequency, pin.state) == (None, 1)
            lamps.desire(((RED, LampOutput(Pattern.ON, brightness=20)),))
            assert (pin.frequency, pin.state) == (100, 0.2)
            lamps.desire(())
            assert (pin.frequency, pin.state) == (None, 0)

    run_virtually(scenario())


def test_lamp_of_three_lines_with_pwm_has_any_colour_and_a_common_anode(software_pwm):
    async def scenario():
        with lamps_of(LampWiring(RED, (17, 27, 22), active_low=True), factory=software_pwm) as (lamps, posted):
            assert (posted[0].dims, posted[0].colors) == (True, True)
            lamps.desire(((RED, LampOutput(Pattern.ON, "#ff3300", 50)),))
            assert [round(software_pwm.pin(pin).state, 3) for pin in (17, 27, 22)] == [0.5, 0.9, 1.0]

    run_virtually(scenario())


def test_line_flashes_for_a_pulse_as_its_pwm_costs_time(software_pwm):
    async def scenario():
        with lamps_of(LampWiring(RED, (17,)), factory=software_pwm) as (lamps, _):
            pin = software_pwm.pin(17)
            lamps.desire(((RED, LampOutput(Pattern.PULSE, brightness=40)),))
            assert (pin.frequency, pin.state) == (100, 0.4)
            await asyncio.sleep(0.15)
            assert (pin.frequency, pin.state) == (None, 0)

    run_virtually(scenario())
