"""Lamps on more than plain lines: whether their outputs exist; and lamp settings without effect."""

from collections.abc import Iterator
from pathlib import Path

from appliance.board import leds_and_pwm
from appliance.config.schema import Config
from appliance.config.schema.lamps import LampTable
from appliance.core.panel.colors import NAMES
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem, warning

GROUP = "Run this as root, or as a member of the group gpio; check that the package's udev rule is active."


def examine(config: Config, root: Path = Path("/")) -> list[Finding]:
    """Findings from the settings, and one for each lamp at the LED class or at PWM."""
    found = notes(config)
    if config.panel.lines == "simulated":
        return found
    leds = {led.name: led for led in leds_and_pwm.leds(root)}
    chips = {name: chip for chip in leds_and_pwm.pwm_chips(root) for name in (chip.name, chip.device)}
    for name, lamp in config.panel.lamp.items():
        place = f"panel.lamp.{name}"
        if lamp.led:
            found.append(_led(place, lamp, leds))
        for channel in filter(None, (lamp.pwm, *lamp.rgb_pwm)):
            found.append(_channel(place, channel, chips))
    return found


def notes(config: Config, *, lines_dim: bool | None = None) -> list[Finding]:
    """Findings without a look at the board: a plain line is on or off. `lines_dim`: pins have PWM."""
    panel = config.panel
    chips = [button.chip for button in panel.button.values()] + [lamp.chip for lamp in panel.lamp.values()]
    chips += [sensor.chip for sensor in panel.sensor.values()]
    dim = leds_and_pwm.lines_dim() if lines_dim is None else lines_dim
    if panel.lines == "simulated" or (
        dim and not any(chips)
    ):  # if one is named by its chip, libgpiod claims all of them
        return []
    return [
        warning(
            f"panel.lamp.{name}",
            message,
            "A line is only on or off.",
            "Use pwm, rgb_pwm or led, or remove the setting.",
        )
        for name, lamp in panel.lamp.items()
        for message in _without_effect(lamp)
    ]


def _without_effect(lamp: LampTable) -> Iterator[str]:
    if lamp.led or lamp.pwm or lamp.rgb_pwm:
        return
    dimmed = [key for key in ("brightness", "night_brightness") if getattr(lamp, key) not in {None, 100}]
    if dimmed:
        yield f"{' and '.join(dimmed)} without effect: the lamp has full brightness, also at night."
    shown = {lamp.color, *lamp.colors.model_dump().values()} - {"", *NAMES.values()}
    if shown:
        yield f"{', '.join(sorted(shown))} is shown as the nearest of {', '.join(NAMES)}."


def _led(place: str, lamp: LampTable, there: dict[str, leds_and_pwm.LedDevice]) -> Finding:
    led = there.get(lamp.led)
    if led is None:
        known = ", ".join(there) or "none"
        return problem(place, f"There is no LED {lamp.led!r}.", f"There is: {known}.", f"Correct {place}.led.")
    if not led.ours:
        return problem(place, f"LED {led.name} cannot be written.", "It belongs to another user or group.", GROUP)
    if not led.colors and (lamp.color or any(lamp.colors.model_dump().values())):
        return warning(
            place, f"LED {led.name} has one colour.", "Its driver is not a multicolour driver.", "Remove the colours."
        )
    return ok(place, f"LED {led.name}, {led.levels} levels{', colours' if led.colors else ''}.")


def _channel(place: str, channel: str, there: dict[str, leds_and_pwm.PwmChip]) -> Finding:
    name, _, number = channel.partition("/")
    chip = there.get(name)
    if chip is None:
        known = ", ".join(dict.fromkeys(each.device for each in there.values())) or "none"
        return problem(
            place, f"There is no PWM chip {name!r}.", f"There is: {known}.", f"Correct {place}, or enable it."
        )
    if int(number) >= chip.channels:
        return problem(place, f"PWM {name} has {chip.channels} channels.", "The first one is 0.", f"Correct {place}.")
    if not chip.ours:
        return problem(place, f"PWM {name} cannot be written.", "It belongs to another user or group.", GROUP)
    return ok(place, f"PWM {name}, channel {number}.")
