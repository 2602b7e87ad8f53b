"""What the echo canceller knows of the playback buffer: how much later each frame is heard stays the same for it.

The C code of the patch is compiled alone, with clocks that the test sets. The thread runs at each tick of 20 ms, or is
late; after an underrun the buffer holds a frame more, and loses it when it was not needed for ten seconds.
"""

import ctypes
from statistics import median

import pytest

from tests.audio.patched import compiled

RATE = 16000
FRAME = RATE // 50
SHALLOW, DEEP = 2 * FRAME, 6 * FRAME
TICKS = 50  # a second
NEAR = RATE // 500
LOUD, SILENT = 3000, 50
CALM_S = 12  # ten seconds without need are over, and the frame is left out


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """The C functions of the patch."""
    return compiled(
        tmp_path_factory.mktemp("buffer"),
        "one-thread-for-a-card.patch",
        "playback_buffer.c",
        "static unsigned depth_ms;",
        "static pj_bool_t reduced, needed_again;",
        "static void ec_playback(pjmedia_snd_port *snd_port, pj_int16_t *frm)",
        "static void ec_follow(pjmedia_snd_port *snd_port, int silence)",
        "static snd_pcm_sframes_t waiting (struct alsa_stream* stream)",
        "static unsigned discard_queued (struct alsa_stream* stream)",
        "static void do_without_capture (struct alsa_stream* stream)",
        "static pj_status_t capture_frame (struct alsa_stream* stream, unsigned* frames)",
        "static void grow_buffer (struct alsa_stream* stream)",
        "static int refill_buffer (struct alsa_stream* stream)",
        "static int tolerance (struct alsa_stream* stream)",
        "static pj_bool_t leaves_frame_out (struct alsa_stream* stream)",
        "static pj_bool_t needs_frame_more (struct alsa_stream* stream)",
        "static pj_bool_t is_silent (struct alsa_stream* stream)",
        "static pj_bool_t correction_due (struct alsa_stream* stream)",
        "static void look_at_depth (struct alsa_stream* stream,",
        "static void adjust_frame (struct alsa_stream* stream, unsigned wanted)",
        "static pj_status_t play_frame (struct alsa_stream* stream, unsigned* owed)",
    )


class Card:
    """A card, or a sound server, that has begun. Its playback clock is faster than its capture clock by `ppm`."""

    def __init__(self, code, ppm=0.0, *, server=False):
        self.code, self.now, self.depth = code, 0, SHALLOW
        code.begin(ctypes.c_double(ppm), server)

    def run(self, seconds, sound=LOUD, late_ms=0):
        """The thread runs when the microphone has a frame, or later; the frames of the port have such samples."""
        for _ in range(round(seconds * TICKS)):
            self.now += FRAME - self.now % FRAME
            self.depth = self.code.run(self.now + RATE * late_ms // 1000, sound)

    def stand_still(self, milliseconds):
        """The thread does not run for so long, and then at once."""
        self.now += RATE * milliseconds // 1000
        self.depth = self.code.run(self.now, LOUD)

    def last(self, seconds=1):
        """The last frames that were heard and that the canceller knows."""
        last = self.code.last()
        frames = range(last - seconds * TICKS + 1, last + 1)
        return [each for each in frames if self.code.heard(each) >= 0 and self.code.expected(each) >= 0]

    def surprise(self):
        """By how many samples the last second is heard later than the canceller expects."""
        return median(self.code.heard(each) - self.code.expected(each) for each in self.last())

    def waits(self):
        """How many samples the last frame waits until it is heard."""
        return self.code.heard(self.last()[-1]) - self.now


def test_a_frame_is_heard_when_the_canceller_expects_it(code):
    card = Card(code)
    card.run(5)
    assert (card.surprise(), card.waits(), card.depth) == (0, FRAME, SHALLOW)


@pytest.mark.parametrize("later", [1, 8, 12, 19])
def test_who_presses_a_button_hears_it_within_a_frame_and_the_buffer_is_as_deep_as_before(code, later):
    card = Card(code)
    card.run(5)
    before = code.last()
    code.press(card.now + RATE * later // 1000)
    assert 0 <= code.heard(before + 1) - card.now - RATE * later // 1000 <= FRAME
    card.run(2)
    assert (card.waits(), card.depth) == (FRAME, SHALLOW)


@pytest.mark.parametrize("milliseconds", [45, 50, 65, 119, 120, 395])
@pytest.mark.parametrize("sound", [LOUD, SILENT])
def test_after_a_stall_the_canceller_expects_what_is_heard_later(code, milliseconds, sound):
    card = Card(code)
    card.run(5)
    card.stand_still(milliseconds)
    card.run(2, sound)
    assert card.depth == SHALLOW + FRAME
    assert card.waits() >= 2 * FRAME
    assert abs(card.surprise()) < NEAR
    unknown = [each for each in range(1, code.last() + 1) if code.expected(each) < 0]
    assert len(unknown) <= 3


def test_after_several_stalls_too(code):
    card = Card(code)
    for stalls in range(1, 7):
        card.run(5)
        before = card.surprise()
        card.stand_still(250)
        card.run(2)
        assert card.depth == min(SHALLOW + stalls * FRAME, DEEP)
        assert abs(card.surprise() - before) < NEAR


@pytest.mark.parametrize("milliseconds", [100, 253, 399])
def test_a_stall_soon_after_a_frame_was_left_out_is_no_surprise(code, milliseconds):
    card = Card(code)
    card.run(5)
    card.stand_still(milliseconds)
    card.run(1, SILENT)
    card.stand_still(100)
    card.run(2)
    assert abs(card.surprise()) < NEAR


@pytest.mark.parametrize("lost", [True, False])
def test_where_the_microphone_stands_still_the_canceller_expects_what_is_heard_sooner(code, lost):
    card = Card(code)
    card.run(5)
    for _ in range(8):
        card.now += FRAME
        code.stand_still(card.now, lost)
    card.run(2)
    assert card.depth == SHALLOW
    assert abs(card.surprise()) < NEAR


def test_the_frame_that_is_left_out_again_is_silent_and_the_canceller_does_not_wait_for_it(code):
    card = Card(code)
    card.run(5)
    card.stand_still(50)
    card.run(CALM_S)
    assert (card.depth, card.waits() > 2 * FRAME - NEAR) == (SHALLOW, True)
    card.run(2, SILENT)
    assert abs(card.waits() - FRAME) < NEAR
    assert abs(card.surprise()) < NEAR
    card.run(8)
    assert abs(card.waits() - FRAME) < NEAR


def test_the_next_frame_is_spared_once_the_one_before_is_left_out(code):
    card = Card(code)
    for milliseconds in (45, 65):
        card.run(5)
        card.stand_still(milliseconds)
    depths = []
    for sound in (LOUD, LOUD, SILENT, LOUD):
        card.run(CALM_S, sound)
        depths.append(card.depth)
    assert depths == [SHALLOW + FRAME, SHALLOW + FRAME, SHALLOW, SHALLOW]


def test_while_no_frame_is_silent_at_most_300_of_a_million_samples_are_left_out(code):
    card = Card(code)
    card.run(5)
    card.stand_still(50)
    card.run(CALM_S)
    first = card.last()[0]
    card.run(60)
    last = card.last()[-1]
    went = (code.heard(last) - code.heard(first)) / (FRAME * (last - first))
    assert 1 - 310e-6 < went < 1 - 150e-6
    card.run(180)
    assert card.waits() < FRAME + NEAR + FRAME // 8
    assert card.depth == SHALLOW


@pytest.mark.parametrize("ppm", [-250, -100, 0, 100, 250])
def test_clocks_that_are_apart_make_no_gap_and_no_surprise(code, ppm):
    card = Card(code, ppm)
    card.run(120)
    settled = card.surprise()
    assert abs(settled) < 4 * NEAR
    for _ in range(8):
        card.run(60)
        assert card.depth == SHALLOW
        assert abs(card.surprise() - settled) < NEAR // 4


@pytest.mark.parametrize("server", [False, True])
def test_a_microphone_that_begins_late_leaves_the_buffer_as_it_was(code, server):
    card = Card(code, server=server)
    card.now = RATE + 77
    code.begin_late(card.now)
    card.run(5)
    assert card.depth == SHALLOW + FRAME * server


@pytest.mark.parametrize("ppm", [-250, -50, 50, 250])
def test_for_a_sound_server_a_silent_frame_is_left_out_or_added_and_never_a_sample(code, ppm):
    card = Card(code, ppm, server=True)
    before = 0
    for _ in range(60):
        card.run(9)
        card.run(1, SILENT)
        card.run(1)
        assert (card.depth, code.partial_writes()) == (SHALLOW + FRAME, 0)
        assert FRAME < card.waits() < 4 * FRAME
        assert abs(card.surprise() - before) < 2 * NEAR
        before = card.surprise()


def test_a_sound_server_keeps_a_frame_more_while_it_is_needed_now_and_then(code):
    card = Card(code, server=True)
    card.run(5)
    card.stand_still(70)
    card.run(2, SILENT)
    for _ in range(2 * CALM_S):
        card.run(1)
        card.stand_still(35)
    assert card.depth == SHALLOW + 2 * FRAME


def test_a_depth_that_is_another_in_each_second_is_not_corrected(code):
    card = Card(code)
    for late_ms in (0, 5, 1, 8, 0, 3) * 10:
        card.run(1, late_ms=late_ms)
    card.run(1)
    assert (card.surprise(), card.waits()) == (0, FRAME)
