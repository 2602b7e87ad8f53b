"""The detector in our pjsua2, by what ITU-T Q.24 asks of a receiver, and by speech, which is no digit."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from appliance.core.access.credentials import SHORTEST as SHORTEST_CODE
from appliance.core.access.dtmf import TOGETHER_S
from tests.sip.dtmf import DIGITS, RATE, digit, digits, heard, noise, silence, typed
from tests.support.peers.sounds import from_a_law, to_a_law

SHORTEST_MS, PAUSE_MS = 40, 50
LOWEST_DBM0 = -25.0
OF_A_BLOCK = 102 * 2  # how wrong a time may be, in samples
EVERY = DIGITS * 8


def by_a_law(samples):
    """What is left after G.711."""
    return from_a_law(to_a_law(samples))


WELL = {
    "loud": typed(EVERY, SHORTEST_MS, PAUSE_MS, level=-3.0),
    "as faint as Q.24 has it": typed(EVERY, SHORTEST_MS, PAUSE_MS, level=LOWEST_DBM0),
    "high tone weak": typed(EVERY, 50, PAUSE_MS, twist=6.0),
    "low tone weak": typed(EVERY, 50, PAUSE_MS, twist=-3.0),
    "both tones too high": typed(EVERY, 50, PAUSE_MS, shift=0.01),
    "both tones too low": typed(EVERY, 50, PAUSE_MS, shift=-0.01),
    "G.711": by_a_law(typed(EVERY, SHORTEST_MS, PAUSE_MS, level=-20.0)),
    "G.711, as faint as Q.24 has it": by_a_law(typed(EVERY, SHORTEST_MS, PAUSE_MS, level=LOWEST_DBM0)),
    "noise 18 dB below": noise(typed(EVERY, 50, PAUSE_MS, level=-10.0), -25.0),
    "long": typed(EVERY, 500, PAUSE_MS),
}


@pytest.mark.parametrize("samples", WELL.values(), ids=WELL)
def test_every_digit_is_heard_however_it_comes(samples):
    assert digits(samples) == EVERY


ILL = {
    "too short": typed(EVERY, 20),
    "too faint": typed(EVERY, level=-42.0),
    "high tone much too weak": typed(EVERY, twist=12.0),
    "low tone much too weak": typed(EVERY, twist=-8.0),
    "too high by 3.5 %": typed(EVERY, shift=0.035),
    "too low by 3.5 %": typed(EVERY, shift=-0.035),
    "one tone only": typed(EVERY, twist=100.0),
    "noise": noise(silence(20_000), -10.0),
}


@pytest.mark.parametrize("samples", ILL.values(), ids=ILL)
def test_what_is_no_digit_by_q24_is_none(samples):
    assert digits(samples) == ""


def test_begin_and_end_are_reported_in_samples():
    told = heard(np.concatenate([silence(1000), digit("5", 200), silence(300), digit("#", 60), silence(1000)]))
    assert [(each, bool(end)) for each, _, end in told] == [("5", False), ("5", True), ("#", False), ("#", True)]
    for (_, begin, end), (first, last) in zip(told[1::2], [(1000, 1200), (1500, 1560)], strict=True):
        assert abs(begin - first * RATE // 1000) <= OF_A_BLOCK
        assert abs(end - last * RATE // 1000) <= OF_A_BLOCK


def test_a_digit_that_is_broken_for_10_ms_is_one():
    whole = digit("7", 200)
    whole[800:880] = 0.0
    assert digits(np.concatenate([silence(50), whole, silence(100)])) == "7"


def test_the_ear_for_what_we_send_is_the_keener_one():
    """What reaches the far end by way of filters and amplifiers may be a digit there."""
    for how in ({"level": -42.0}, {"twist": -8.0}):
        samples = typed(EVERY, 100, **how)
        assert (digits(samples), digits(samples, (20, 20, -50))) == ("", EVERY)


@pytest.fixture(scope="module")
def text():
    """Ten minutes to read out."""
    pages = sorted((Path(__file__).parents[2] / "docs").glob("**/*.md"))
    return "\n".join(page.read_text() for page in pages)[:7500]


@pytest.mark.parametrize("voice", ["en", "en+f5", "de+f2", "fr"])
def test_ten_minutes_of_speech_are_no_code(voice, text):
    """A voice may hit a digit now and then, mostly *; never so many that they could be a code."""
    said = subprocess.run(
        f"espeak-ng -v {voice} --stdout | sox -t wav - -t raw -r {RATE} -e signed -b 16 -c 1 -",
        shell=True,
        input=text.encode(),
        capture_output=True,
        check=True,
        timeout=300,
    ).stdout
    samples = np.frombuffer(said, dtype="<i2").astype(float)
    assert len(samples) > 5 * 60 * RATE
    found = [(each, begin / RATE) for each, begin, end in heard(samples) if end]
    assert len(found) <= 10
    for first, fourth in zip(found, found[SHORTEST_CODE - 1 :], strict=False):
        assert fourth[1] - first[1] > TOGETHER_S * (SHORTEST_CODE - 1), found
