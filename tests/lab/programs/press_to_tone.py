"""Press a button, and print how soon the speaker sounds after that, in milliseconds; runs in the guest.

    press_to_tone.py CHIP LINE PRESSES

The speaker is the first device of snd-aloop, whose second one records it. Each line is of two presses: one while the
card is closed, and one while it is still open after that tone.
"""

import array
import sys
import time
from pathlib import Path

import alsaaudio
from simulated_lines import Lines

STATUS = Path("/proc/asound/Loopback/pcm0p/sub0/status")
RATE, PERIOD = 16000, 80  # 5 ms
LOUD = 300  # of 32767
QUIET, LONG = 60, 700  # periods; after the longer time the bridge rests, too
LONGEST_S = 120.0


def opened() -> alsaaudio.PCM:
    return alsaaudio.PCM(
        alsaaudio.PCM_CAPTURE,
        device="plughw:CARD=Loopback,DEV=1",
        rate=RATE,
        channels=1,
        format=alsaaudio.PCM_FORMAT_S16_LE,
        periodsize=PERIOD,
    )


class Ear:
    """What the speaker plays, in periods of 5 ms."""

    def __init__(self) -> None:
        self._pcm = opened()
        self._until = 0.0

    def begin(self) -> None:
        """Allow some time from now on."""
        self._until = time.monotonic() + LONGEST_S

    def loud(self) -> bool:
        """Hear the next period; whether there is sound in it."""
        if time.monotonic() > self._until:
            sys.exit("the speaker does not become loud, quiet or closed")
        try:
            length, data = self._pcm.read()
        except alsaaudio.ALSAAudioError:  # on a busy machine the kernel gives the stream up
            self._pcm.close()
            self._pcm = opened()
            return False
        return length > 0 and max(map(abs, array.array("h", data))) > LOUD

    def rest(self, *, closed: bool) -> None:
        """Wait until it is quiet, and the card is closed."""
        self.begin()
        quiet = 0
        while quiet < (LONG if closed else QUIET):
            quiet = 0 if self.loud() else quiet + 1
        while closed and STATUS.read_text().strip() != "closed":
            self.loud()


def main() -> None:
    chip, line, presses = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    lines, ear = Lines(chip), Ear()
    for _ in range(presses):
        for closed in (True, False):
            ear.rest(closed=closed)
            ear.begin()
            pressed = time.monotonic()
            lines.pull(line, down=True)
            while not ear.loud():
                pass
            print(round((time.monotonic() - pressed) * 1000, 1), end=" ", flush=True)
            lines.pull(line, down=False)
        print()


main()
