"""The parts of a configuration, and the proposal for this board."""

import re
from collections.abc import Iterator

from appliance.base.record import Record, RecordWithSecrets
from appliance.board.chips import Chip, Chips
from appliance.core.model import SoundCard

# Of a Raspberry Pi, by their pin on the connector. All are pulled to ground while the board starts, so that a relay
# there stays at rest; none has another use unless config.txt gives it one.
HEADER = {17: 11, 27: 13, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 16: 36, 20: 38, 21: 40, 13: 33, 19: 35}
BUTTON, LAMP, RELAY = (17, 27, 23), (22, 24, 25), (26, 16, 20, 21)
NAMES = {
    BUTTON: re.compile("button|bell|ring|call|key", re.IGNORECASE),
    LAMP: re.compile("led|lamp|light", re.IGNORECASE),
    RELAY: re.compile("relay|door|strike|lock", re.IGNORECASE),
}


class LinePlace(Record):
    """A line, as the configuration names it: chip by label, line by name or offset."""

    chip: str
    line: str

    @property
    def pin(self) -> str:
        """Its place on a Raspberry Pi's connector, for people; "" if unknown."""
        number = self.line.removeprefix("GPIO")
        pin = HEADER.get(int(number)) if self.line.startswith("GPIO") and number.isdecimal() else None
        return f"pin {pin} of the connector" if pin else ""

    def __str__(self) -> str:
        return f"{self.line} of {self.chip}"


class PbxAccount(RecordWithSecrets):
    """An address at a PBX; the password is not a part of the configuration."""

    SECRETS = frozenset({"password"})

    registrar: str
    user: str
    password: str


class Choices(Record):
    """The contents of the configuration; None and "": omitted."""

    station: str = "Front door"
    capture: SoundCard | None = None
    playback: SoundCard | None = None
    button: LinePlace | None = None
    lamp: LinePlace | None = None
    relay: LinePlace | None = None
    ring: str = ""  # a SIP address, or a number at the account
    digits: str = ""  # open the door in a call
    account: PbxAccount | None = None


def suggest(cards: tuple[SoundCard, ...], chips: Chips) -> Choices:
    """Choose the most likely parts.

    Lines only if the board's maker has documented them for free use (a Raspberry Pi), or if their names describe their
    purpose: another line may be connected to something that a level harms.
    """
    taken: list[LinePlace] = []

    def line(kind: tuple[int, ...]) -> LinePlace | None:
        found = next((place for place in candidates(chips, kind) if place not in taken), None)
        taken.extend([found] if found else [])
        return found

    able = [card for card in cards if not card.screen]
    both = next((card for card in able if card.capture and card.playback), None)
    return Choices(
        capture=both or next((card for card in able if card.capture), None),
        playback=both or next((card for card in [*able, *cards] if card.playback), None),
        button=line(BUTTON),
        lamp=line(LAMP),
        relay=line(RELAY),
    )


def candidates(chips: Chips, kind: tuple[int, ...]) -> Iterator[LinePlace]:
    """Free lines that suit a kind of part, the best first."""
    for number in kind:
        yield from (place for chip, place in free(chips) if place.line == f"GPIO{number}" and header(chip))
    yield from (place for chip, place in free(chips) if NAMES[kind].search(place.line) and not header(chip))


def header(chip: Chip) -> bool:
    """Whether a chip has the lines of a Raspberry Pi's connector."""
    return chip.label.startswith("pinctrl-") and bool(chip.find("GPIO17")) and bool(chip.find("GPIO26"))


def free(chips: Chips) -> Iterator[tuple[Chip, LinePlace]]:
    """Every line without another user, under a unique name."""
    for chip in chips.found:
        name = chip.label if len(chips.named(chip.label)) == 1 else chip.path
        for line in chip.lines:
            if not line.used or line.consumer.startswith("intercomd"):
                alone = line.name and len(chip.find(line.name)) == 1
                yield chip, LinePlace(name, line.name if alone else str(line.offset))
