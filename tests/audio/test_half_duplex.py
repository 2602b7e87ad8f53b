"""The half-duplex switch on samples: what the caller hears of the own echo while both speak, and how soon turns change.

The C code of the patch is compiled alone, so the canceller takes nothing out: all that becomes quieter is due to the
switch. As in a room, what the speaker plays comes back to the microphone, 60 ms later, beside the visitor's voice.
"""

import ctypes
from itertools import pairwise

import numpy as np
import pytest

from tests.audio.patched import compiled

RATE = 16000
FRAME = RATE // 50
DELAY = 3  # frames from the speaker to the microphone
CALLER, VISITOR = 600, 1000  # Hz: whole periods in a frame
LOW_DB = -30.0
FULL = 32768
FAR, NEAR = -20.0, -20.0  # dB of full scale: usual voices


@pytest.fixture(scope="module")
def switch(tmp_path_factory):
    """The C functions of the patch."""
    return compiled(
        tmp_path_factory.mktemp("switch"),
        "half-duplex.patch",
        "half_duplex.c",
        "enum { TURN_OPEN, TURN_FAR, TURN_NEAR };",
        "static void half_duplex_level(unsigned *kept, const pj_int16_t *frm,",
        "static int half_duplex_turn(pjmedia_echo_state *echo)",
        "static void half_duplex_gain(int *gain, pj_bool_t low, pj_int16_t *frm,",
    )


def voice(hertz, levels):
    """Frames of a tone, each with its level in dB of full scale (mean square); None is silence."""
    wave = np.sqrt(2) * np.sin(2 * np.pi * hertz * np.arange(FRAME) / RATE)
    return [np.zeros(FRAME) if level is None else FULL * 10 ** (level / 20) * wave for level in levels]


def through(switch, caller, visitor, echo_db, delay=DELAY):
    """What the speaker plays and what the caller hears, frame by frame, in a loop with that echo."""
    switch.begin()
    played, heard = [], []
    for number, (far, near) in enumerate(zip(caller, visitor, strict=True)):
        out = np.round(far).astype("<i2")
        switch.played(out.ctypes.data_as(ctypes.c_void_p), FRAME)
        played.append(out.astype(float))
        back = played[number - delay] * 10 ** (echo_db / 20) if number >= delay else 0.0
        into = np.clip(np.round(near + back), -FULL, FULL - 1).astype("<i2")
        switch.captured(into.ctypes.data_as(ctypes.c_void_p), FRAME)
        heard.append(into.astype(float))
    return played, heard


def decibel(frames, hertz):
    """The level of a tone in each frame, in dB of full scale."""
    phase = np.exp(-2j * np.pi * hertz * np.arange(FRAME) / RATE)
    return [20 * np.log10(max(np.sqrt(2) * abs(np.mean(frame * phase)), 0.1) / FULL) for frame in frames]


def words(level, count):
    """Speech: 160 ms of voice and 80 ms of nothing, in turns."""
    return [level if number % 12 < 8 else None for number in range(count)]


@pytest.mark.parametrize("echo_db", [-20.0, -10.0, -7.0])
@pytest.mark.parametrize("visitor_db", [-50.0, -35.0, -27.0])
def test_while_both_speak_and_the_caller_is_louder_the_echo_does_not_come_back(switch, echo_db, visitor_db):
    count = 250
    played, heard = through(switch, voice(CALLER, words(FAR, count)), voice(VISITOR, words(visitor_db, count)), echo_db)
    echo = decibel(heard, CALLER)
    assert max(echo[2:]) <= FAR + echo_db + LOW_DB + 1
    assert max(decibel(played, CALLER)[2:]) == pytest.approx(FAR, abs=0.5)  # and the visitor hears all of it
    assert max(decibel(heard, VISITOR)[2:]) <= visitor_db + LOW_DB + 1


@pytest.mark.parametrize(
    ("delay", "echo_db", "returns"),
    [(3, 0.0, False), (3, 8.0, True), (10, 0.0, True), (10, -6.0, False)],
)
def test_an_echo_that_the_canceller_leaves_takes_no_turn_unless_it_is_loud_or_late(switch, delay, echo_db, returns):
    """As in the first second of a call, before the canceller has learned. docs/how-to/set-up-sound.md has the limit."""
    count = 100
    caller = voice(CALLER, words(FAR, count // 2) + [None] * (count // 2))
    _, heard = through(switch, caller, voice(VISITOR, [None] * count), echo_db, delay)
    assert bool(max(decibel(heard, CALLER)[2:]) > FAR + echo_db + LOW_DB + 1) is returns


@pytest.mark.parametrize("echo_db", [-10.0, 0.0, 10.0])
def test_while_both_speak_and_the_visitor_is_louder_the_echo_does_not_come_back(switch, echo_db):
    count, caller_db = 250, NEAR - 8
    visitor = voice(VISITOR, words(NEAR, count))
    played, heard = through(switch, voice(CALLER, words(caller_db, count)), visitor, echo_db)
    settled = 2 + DELAY
    assert max(decibel(heard, CALLER)[settled:]) <= caller_db + echo_db + LOW_DB + 1
    assert max(decibel(heard, VISITOR)[settled:]) == pytest.approx(NEAR, abs=0.5)
    assert max(decibel(played, CALLER)[2:]) <= caller_db + LOW_DB + 1


def moments(played, heard, begin, half_db):
    """How many frames after `begin` the speaker, and the caller's ear, have changed to or from a tone at that level."""
    far = [level > half_db for level in decibel(played, CALLER)]
    near = [level > half_db for level in decibel(heard, VISITOR)]
    changed = [next((n for n in range(begin, len(side)) if side[n] != side[begin - 1]), None) for side in (far, near)]
    return [None if each is None else each - begin + 1 for each in changed]


def test_a_louder_side_takes_the_turn_within_60_ms(switch):
    """An interruption: the other side speaks on, 10 dB quieter."""
    begin, count = 50, 100
    caller = voice(CALLER, [NEAR - 10] * count)
    visitor = voice(VISITOR, [None] * begin + [NEAR] * (count - begin))
    assert moments(*through(switch, caller, visitor, -40.0), begin, NEAR - 20) == [3, 1]
    caller = voice(CALLER, [None] * begin + [FAR] * (count - begin))
    visitor = voice(VISITOR, [FAR - 10] * count)
    assert moments(*through(switch, caller, visitor, -40.0), begin, FAR - 20) == [1, 2]


def test_a_side_that_pauses_loses_the_turn_the_later_the_quieter_the_other_is(switch, capsys):
    """The other side speaks on, as loud as the one that pauses; it is heard again when that one's level has fallen."""
    begin, count = 50, 120
    figures = []
    for quieter in (0, 6, 12, 20):
        caller = voice(CALLER, [FAR] * begin + [None] * (count - begin))
        visitor = voice(VISITOR, [FAR - quieter] * count)
        _, heard = through(switch, caller, visitor, -40.0)
        near = decibel(heard, VISITOR)
        heard_at = next(n for n in range(begin, count) if near[n] > FAR - quieter - 3)
        figures.append(20 * (heard_at - begin + 1))
    with capsys.disabled():
        print(f"\nhalf duplex: heard {figures} ms after the other side's pause, for voices 0, 6, 12 and 20 dB quieter")
    assert all(before < after for before, after in pairwise(figures))
    assert (figures[0], figures[-1]) == (160, 560)  # docs/how-to/set-up-sound.md says so


def test_pauses_between_words_do_not_lose_the_turn(switch):
    """The other side is as loud, all the time."""
    count = 250
    _, heard = through(switch, voice(CALLER, words(FAR, count)), voice(VISITOR, [FAR] * count), -40.0)
    assert max(decibel(heard, VISITOR)[2:]) <= FAR + LOW_DB + 1


def test_silence_of_one_side_leaves_the_other_as_it_is(switch):
    count = 50
    for caller, visitor in ((FAR, None), (None, NEAR), (None, None)):
        sides = voice(CALLER, [caller] * count), voice(VISITOR, [visitor] * count)
        played, heard = through(switch, *sides, -60.0)
        assert np.array_equal(np.concatenate(played), np.round(np.concatenate(sides[0])))
        if caller is None:
            assert np.array_equal(np.concatenate(heard), np.round(np.concatenate(sides[1])))


def test_a_change_of_turns_makes_no_click(switch):
    """From one sample to the next the gain changes by a step of its way through a frame only."""
    begin, count = 50, 60
    caller = [np.full(FRAME, 3000.0)] * count
    visitor = voice(VISITOR, [None] * begin + [-6.0] * (count - begin))
    played, _ = through(switch, caller, visitor, -60.0)
    steps = np.abs(np.diff(np.concatenate(played)))
    assert played[-1][-1] < 3000 / 25
    assert steps.max() <= 3000 * 4 / 1024 + 1
