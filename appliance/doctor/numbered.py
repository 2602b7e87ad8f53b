"""Numbered devices: the kernel numbers chips, cards and keyboards as it finds them, so another may have the number."""

import re
from collections.abc import Iterator, Mapping

from appliance.config.schema import Config
from appliance.config.schema.base import Table
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import warning

CHIP = re.compile(r"(/dev/)?gpiochip\d+")
PWM = re.compile(r"pwmchip\d+(/\d+)?")
KEYBOARD = re.compile(r"/dev/input/event\d+")
CARD = re.compile(r"[a-z]+:(CARD=)?\d+(,.*)?")
BY_LABEL = "Give the chip's label, as gpioinfo shows it, or a path in /dev that a rule of udev makes."
BY_DEVICE = "Give the name of the chip's device, as `ls -l /sys/class/pwm` shows it."
BY_ID = "Give a path in /dev/input/by-id or /dev/input/by-path."
BY_NAME = 'Name the card, such as "plughw:CARD=usbphone,DEV=0"; `intercomctl doctor` lists the names.'
KINDS = (
    (("chip",), CHIP, "GPIO chip", BY_LABEL),
    (("pwm", "rgb_pwm"), PWM, "PWM chip", BY_DEVICE),
    (("device",), KEYBOARD, "input device", BY_ID),
    (("capture", "playback"), CARD, "sound card", BY_NAME),
)


def notes(config: Config) -> list[Finding]:
    """A warning for each setting that names a device by a number which may change."""
    return [
        warning(
            f"{place}.{name}",
            f"{place}.{name} names a {what} by its number: {text}.",
            "The number may be another device's after a restart, an upgrade, or when a plug was moved.",
            remedy,
        )
        for place, table in _tables(config)
        for names, number, what, remedy in KINDS
        for name in names
        for text in _texts(table, name)
        if number.fullmatch(text)
    ]


def _tables(config: Config) -> Iterator[tuple[str, Table]]:
    panel = config.panel
    named: dict[str, Mapping[str, Table]] = {
        "door": config.door,
        "panel.button": panel.button,
        "panel.lamp": panel.lamp,
        "panel.keypad": panel.keypad,
        "panel.reader": panel.reader,
        "panel.sensor": panel.sensor,
    }
    for place, tables in named.items():
        for name, table in tables.items():
            yield f"{place}.{name}", table
    yield "audio", config.audio


def _texts(table: Table, name: str) -> Iterator[str]:
    found = getattr(table, name, None)
    for text in (found,) if isinstance(found, str) else found or ():
        if isinstance(text, str):
            yield text
