"""The sweep of the self-test, and its measurement in the microphone's recording.

`python -m appliance.audio.sweep make SECONDS` writes the sweep as a WAV file; `… measure SECONDS` reads a recording of
it and writes the measurement. Both run at low priority, because they compute for seconds on a small board.
"""

import io
import os
import sys
import wave
from array import array
from collections.abc import Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from itertools import accumulate, pairwise
from math import ceil, exp, log, log10, pi, sin, sqrt
from statistics import median

import msgspec
from msgspec.structs import replace

from appliance.core.model import SoundMeasured

RATE = 16000  # Hz, of pjsua2's bridge
QUIET_S = 1.0  # before the sweep, for the noise of the place
ECHO_S = 1.0  # after the sweep: a later sound is no echo
LOW_HZ, HIGH_HZ = 300.0, 6000.0  # what small speakers play
FADE_S = 0.02
AMPLITUDE = 8000  # of 32767, as the station's tones
FULL, CLIPS_AT = 32768, 32700
EARLY_S = 0.02  # a frame of the bridge: playing and recording may begin so far apart
TAIL_S = 0.2  # of the room: sound that follows the first sound within this time belongs to the echo
HEARD = 10.0  # an echo stands so far above what correlates by chance: twice the highest of that
MEDIAN = 0.6745  # median of the amounts of a normal distribution, in standard deviations
HEADER = 44  # bytes of a WAV file
NICENESS = 5  # a quarter of a busy processor is left for it; with 19 it would not end


def sweep(seconds: float) -> list[int]:
    """A sine whose frequency rises by as many octaves in each second (logarithmic sweep), faded in and out."""
    count, ratio = round(seconds * RATE), log(HIGH_HZ / LOW_HZ)
    fade = FADE_S * RATE
    turns = 2 * pi * LOW_HZ * seconds / ratio
    return [
        round(AMPLITUDE * min(1.0, at / fade, (count - 1 - at) / fade) * sin(turns * (exp(ratio * at / count) - 1)))
        for at in range(count)
    ]


def played(seconds: float) -> bytes:
    """The WAV file to play: silence, the sweep, and silence again."""
    quiet, _, echo = _lengths(seconds)
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", [0] * quiet + sweep(seconds) + [0] * echo).tobytes())
    return written.getvalue()


def measure(heard: "array[int]", seconds: float) -> SoundMeasured:
    """Look for the sweep in the microphone's sound since the file began to play."""
    quiet, length, most = _lengths(seconds)
    if len(heard) < quiet + length + most:
        return SoundMeasured(len(heard))
    heard = heard[: quiet + length + most]
    at_end = sum(abs(each) >= CLIPS_AT for each in heard[quiet:])
    mean = round(sum(heard) / len(heard))  # the card's own direct current
    heard = array("h", (max(-FULL, min(FULL - 1, each - mean)) for each in heard))
    early = round(EARLY_S * RATE)
    found = SoundMeasured(
        len(heard),
        quiet_dbfs=dbfs(power(heard[quiet // 5 : quiet - early])),  # a card may click when it opens
        clipped=round(at_end / (length + most), 4),
    )
    sent = sweep(seconds)
    energy = float(sum(each * each for each in sent))
    later = heard[quiet - early :]
    echoes = [each / energy for each in correlation(later, sent)]  # the response of the room
    at = max(range(len(echoes)), key=lambda delay: abs(echoes[delay]))
    middle = median(map(abs, echoes))
    # In digital silence the middle is 0, and a click alone would be an echo. So chance is at least that of a noise as
    # strong as all that correlates, by the differences of samples, in which wind and hum count for little.
    changes = power([after - before for before, after in pairwise(later)])
    chance = max(middle, MEDIAN * sqrt(changes / energy))
    if abs(echoes[at]) <= HEARD * chance:
        return found
    # The sweep has no power outside its band, so its own response is no single sample either: compare with that.
    near = round(TAIL_S * RATE)
    itself = [each / energy for each in correlation(array("h", sent + [0] * near), sent)]
    own = 2 * power(itself) * len(itself) - itself[0] ** 2
    response = echoes[max(0, at - early) : at + near]
    gain = max(power(response) - (middle / MEDIAN) ** 2, echoes[at] ** 2 / len(response)) * len(response) / own
    return replace(
        found,
        tone_dbfs=dbfs(energy / length * gain),
        echo_db=round(10 * log10(gain), 1),
        echo_delay_ms=round(1000 * max(0, at - early) / RATE, 1),
    )


def correlation(long: "array[int]", short: list[int]) -> list[int]:
    """For each delay, the sum of the products of `short` with `long` from there on; exact.

    One multiplication of two numbers of half a million digits, which libmpdec does by a number-theoretic transform, in
    C: a tenth of a second, where Python alone would take a minute, and numpy would be 40 MB on each board.
    """
    first, second = [each + FULL for each in long], [each + FULL for each in reversed(short)]
    width = ceil(log10(len(short) * (2 * FULL) ** 2)) + 1
    context = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
    product = context.multiply(_number(first, width, context), _number(second, width, context))
    digits = f"{product:f}".zfill(width * (len(first) + len(second) - 1))
    sums = [int(digits[at : at + width]) for at in range(0, len(digits), width)]
    # Subtract the sum that the shift of all samples to positive values has added.
    before, total = [0, *accumulate(first)], sum(second)
    count = len(short)
    return [
        sums[delay + count - 1] - FULL * (before[delay + count] - before[delay]) - FULL * total + count * FULL * FULL
        for delay in range(len(first) - count + 1)
    ]


def power(samples: Sequence[float]) -> float:
    """The mean square."""
    return sum(each * each for each in samples) / len(samples)


def dbfs(mean_square: float) -> float:
    """A power in dBFS, at least the power of one step of the scale."""
    return round(20 * log10(max(sqrt(mean_square), 1.0) / FULL), 1)


def _lengths(seconds: float) -> tuple[int, int, int]:
    """In samples: the silence before the sweep, the sweep, and the time for its echo."""
    return round(QUIET_S * RATE), round(seconds * RATE), round(ECHO_S * RATE)


def _number(samples: list[int], width: int, context: Context) -> Decimal:
    return context.create_decimal("".join([f"{each:0{width}d}" for each in samples]))


def main() -> int:
    """Make a sweep, or measure a recording of one."""
    # Close the SIP process's sockets: its successor needs the ports, even if this process still runs.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.nice(NICENESS)
    order, seconds = sys.argv[1], float(sys.argv[2])
    if order == "make":
        sys.stdout.buffer.write(played(seconds))
        return 0
    data = sys.stdin.buffer.read()[HEADER:]
    heard = array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        heard.byteswap()
    sys.stdout.buffer.write(msgspec.json.encode(measure(heard, seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
