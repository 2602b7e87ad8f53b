"""Cards held to a Wiegand reader; runs in the guest: wiegand_sender.py CHIP D0 D1 NUMBER….

Sends 26-bit cards on lines of a simulated chip, and prints a line of JSON for each; a number that begins with 0b is the
bits themselves.
"""

import json
import random
import sys
import time

from pacing import pause
from simulated_lines import Lines

PAUSE_S = 0.1
BETWEEN_S = (0.001, 0.002)  # pulses of a card, as readers send them


def framed(word: str) -> list[int]:
    """The bits of a card: 24, between parity that makes the first half even and the second one odd."""
    if word.startswith("0b"):
        return [int(bit) for bit in word[2:]]
    number = int(word)
    inner = [number >> place & 1 for place in reversed(range(24))]
    return [sum(inner[:12]) % 2, *inner, 1 - sum(inner[12:]) % 2]


def main(chip: str, d0: str, d1: str, *numbers: str) -> None:
    lines, wires = Lines(chip), (int(d0), int(d1))
    for number in numbers:
        began = time.monotonic()
        for bit in framed(number):
            lines.pull(wires[bit], down=True)
            lines.pull(wires[bit], down=False)
            pause(random.uniform(*BETWEEN_S))
        print(json.dumps({"number": number, "took_s": time.monotonic() - began}))
        pause(PAUSE_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
