"""The results as a page."""

import subprocess
import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from appliance.base.types import Json
from benchmarks import report
from benchmarks.latency.pairs import DIRECT, ratio
from benchmarks.latency.rounds import Round

THREADS = {
    True: "have real-time priority, as in the service",
    False: "have no real-time priority, unlike in the service",
}


def facts() -> Json:
    """The machine, the versions, and whether audio threads get real-time priority here (systemd/intercomd.service)."""
    asks = "import os; os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))"
    given = subprocess.run([sys.executable, "-c", asks], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return {**report.facts(), "realtime": given}


PAGE = """<!-- Made by make bench-latency. Change benchmarks/latency/, not this. -->
# From mouth to ear

How much later a sound at one side's microphone leaves the other side's speaker, in milliseconds, on ideal sound cards:
ALSA plug-ins with a perfect clock and no buffer of their own, whose samples have known times. So each figure is what
the programs take; a real card adds what it takes itself. ITU-T G.114 calls up to 150 ms good.

{machine}, {cores} cores; load {load_before} when it began. intercomd {intercomd}, pjsua2 {pjsua2}, baresip {baresip}.
Packets of 20 ms. Stations' audio threads {threads}; behind PulseAudio they have none.
Taken {taken}, in {took_s} s.

- **median**: of all chirps. **worst call**: the largest median of one call. **within a call**: by how much the delay
  differed in one call at most.
- **PulseAudio**: the same cards behind a sound server of its own, whose buffers (four fragments of 10 ms) come on top.
- **heard**: of the chirps. **xruns**: gaps in what was played, and in what was captured, in all calls.
- **from the answer**: from the order to answer until the first sound is heard, the median and the largest, in every
  other call. The order comes while both sides hear the ringing tone; chirps are 50 ms apart, so this is 20 ms more than
  a voice would need at most.

| network | codec | from → to | median | worst call | within a call | heard | xruns | from the answer |
| --- | --- | --- | --: | --: | --: | --: | --: | --: |
{rows}

Against two baresip in the same run, the largest of both ways: {ratios}.

## On a card of the kernel
`make test-lab` measures on snd-aloop in Debian 13 (`tests/lab/test_delay.py`). Its far end sends each packet back, so a
sound passes one microphone, the network twice and one speaker, as between two stations. Taken on 27 November 2026 in a
User-Mode Linux kernel, load 2.4; the figure depends on the machine's other work.

| network | codec | from → to | median | worst call | of which the card takes |
| --- | --- | --- | --: | --: | --: |
| direct, kernel card | PCMA | station → station | 153 | 164 | 0 + 0 |

## Where the milliseconds go
Between two stations, in the order in which the sound passes:

| what | ms |
| --- | --: |
| The microphone's frame is filled | 20 |
| The echo canceller's blocks | 8 |
| The suppression of noise compares a frame with the one before it (`noise_suppression = false` saves it) | 20 |
| G.711 only: from 16 to 8 kHz, and back | 8 |
| Opus only: its encoder looks ahead | 7 |
| The packet waits until the other side's microphone has filled a frame, at least for 4 | 4 to 24 |
| The jitter buffer: what the packets of this call have needed | 0 and more |
| G.711 and G.722: what covers up a lost packet looks at the next one | 5 |
| The playback buffer: one frame before the one that comes | 20 |

The other side's microphone is the clock of its bridge. The wait for it is as long as both cards' clocks are apart:
it differs from call to call, and stays within one; what one way waits less, the other waits more. 4 ms are for a packet
that comes a little later. The playback buffer gets 20 ms more each time it runs dry, and loses them in a moment of
silence after ten seconds without need; where it ran dry again after that, after ten minutes.

Before a card had one thread, on 25 November 2026, a sound took 310 to 420 ms between two stations on these cards, and
from call to call it differed by 200: microphone, bridge and speaker had a clock each, with a buffer of up to 100 ms
between them, and the speaker's buffer of 140 ms began full.

The echo canceller was compared with the one of that day on the same 140 scenes, by `make bench-audio` on 29 November
2026. Of 42 figures 30 are as good or better, and 12 are lower by less than the rooms of the scene differ. The canceller
knows of the silence that is played when the card's thread stands still, so that does not matter to it. A sound server
takes its parts now sooner, now later by up to 20 ms: its playback buffer holds a frame more, and no sample is added or
left out to correct its depth, as each moves the echo (see "A whole station" there).

`make bench-latency` writes this page and [benchmarks-latency.json](benchmarks-latency.json), which has every chirp. The
machine should do nothing else meanwhile. No test asserts a time.
"""


def text(found: Json, rounds: Sequence[Round]) -> str:
    """The page."""
    rows = [row for each in rounds for row in _rows(each)]
    ratios = ", ".join(_ratios(rounds)) or "not measured"
    return PAGE.format(**found, threads=THREADS[found["realtime"]], rows="\n".join(rows), ratios=ratios)


def _rows(each: Round) -> list[str]:
    rows = []
    for way in each.ways:
        heard, medians, answers = way.heard(), way.medians(), way.answers
        cells: list[Any] = [
            each.network,
            each.codec,
            way.name,
            f"{median(heard):.0f}" if heard else "",
            f"{max(medians):.0f}" if medians else "",
            f"{way.within():.0f}",
            f"{len(heard)} of {sum(map(len, way.calls))}",
            f"{way.underruns} + {way.overruns}",
            f"{median(answers):.0f} ({max(answers):.0f})" if answers else "",
        ]
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return rows


def _ratios(rounds: Sequence[Round]) -> list[str]:
    kinds = {(each.pair, each.codec): each for each in rounds if each.network == DIRECT}
    return [
        f"{codec} {ratio(ours, kinds['baresip and baresip', codec]):.2f}"
        for (pair, codec), ours in kinds.items()
        if pair == "station and station" and ("baresip and baresip", codec) in kinds
    ]
