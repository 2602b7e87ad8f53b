"""Creates keypads and card readers as configured."""

from collections.abc import Callable
from typing import Protocol

from appliance.config.schema.panel import PanelTable
from appliance.core.inputs import Input
from appliance.core.model import KeypadId, ReaderId
from appliance.panel.entry.matrix_keypad import MatrixKeypad, MatrixWiring
from appliance.panel.entry.usb_keyboard import TypedKeypad, TypedReader
from appliance.panel.entry.wiegand_reader import WiegandReader, WiegandWiring
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.gpio.line_names import ChipLine, PinName

Post = Callable[[Input], None]


class Part(Protocol):
    """A part that holds its lines or its device until `close`."""

    def close(self) -> None:
        """Release them."""


def entry(panel: PanelTable, claims: Claims, post: Post) -> list[Part]:
    """Start all keypads and readers; a device that is not available is reported and retried."""
    parts: list[Part] = []
    for name, keypad in panel.keypad.items():
        if keypad.device:
            parts.append(TypedKeypad(KeypadId(name), keypad.device, claims, post))
        elif keypad.rows:
            wiring = MatrixWiring(
                KeypadId(name),
                rows=tuple(_line(keypad.chip, line) for line in keypad.rows),
                columns=tuple(_line(keypad.chip, line) for line in keypad.columns),
                keys=tuple(keypad.keys),
                pull=keypad.pull,
                debounce_s=keypad.debounce_ms / 1000,
                settle_s=keypad.settle_ms / 1000,
            )
            parts.append(MatrixKeypad(wiring, claims, post))
    built_in = {keypad.reader: KeypadId(name) for name, keypad in panel.keypad.items()}
    for name, reader in panel.reader.items():
        if reader.device:
            parts.append(TypedReader(ReaderId(name), reader.device, claims, post))
        else:
            lines = WiegandWiring(
                ReaderId(name),
                _line(reader.chip, reader.d0),
                _line(reader.chip, reader.d1),
                lengths=frozenset(reader.bits),
                keypad=built_in.get(name),
                pull=reader.pull,
                timeout_s=reader.timeout_ms / 1000,
            )
            parts.append(WiegandReader(lines, claims, post))
    return parts


def _line(chip: str, line: str) -> PinName:
    """The name of a line; without a chip it is a line of a Raspberry Pi."""
    return ChipLine(chip, line) if chip else line
