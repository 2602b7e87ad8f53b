"""How much sound the jitter buffer keeps, by the moments at which packets come and the bridge takes them.

The C code of the patch is compiled alone, with a clock that the test sets. The bridge takes 20 ms at each tick, and a
packet has as much.
"""

from itertools import pairwise

import pytest

from tests.audio.patched import compiled

TICK = 20  # ms
BEFORE = 12  # ms by which a packet is there before its tick


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """The C functions of the patch."""
    return compiled(
        tmp_path_factory.mktemp("delay"),
        "delay-follows-packets.patch",
        "delay.c",
        "static void jbuf_watch(pjmedia_jbuf *jb)",
        "static void jbuf_note_arrival(pjmedia_jbuf *jb, unsigned before)",
        "static void jbuf_note_gap(pjmedia_jbuf *jb)",
        "static void jbuf_discard_progressive(pjmedia_jbuf *jb)",
    )


@pytest.fixture(params=[10, 20])
def buffer(code, request):
    """A new jitter buffer, of frames of 10 ms as G.711 has them, or 20 as Opus."""
    code.begin(request.param)
    return code


def kept(buffer, begin, ticks, before=BEFORE):
    """How much was in the buffer at each of so many ticks, in ms; each has its packet before it."""
    amounts = []
    for tick in range(begin, begin + ticks):
        buffer.put(tick * TICK - before)
        amounts.append(buffer.get(tick * TICK))
    return amounts


def burst(buffer, tick, packets=3):
    """The bridge takes more than there is, then nothing while packets come: what they bring stays."""
    assert buffer.get(tick * TICK) == 0
    for number in range(packets):
        buffer.put((tick + number) * TICK + TICK - BEFORE)
    return tick + packets + 1


def test_what_waited_for_the_card_is_gone_within_a_second(buffer):
    for number in range(4):
        buffer.put(number * TICK - BEFORE)
    amounts = kept(buffer, 4, 50)
    assert (amounts[0], amounts[-1]) == (100, 20)
    assert min(amounts) == 20


def test_a_card_that_takes_a_burst_when_it_opens_has_made_no_packet_late(buffer):
    assert kept(buffer, 0, 3) == [20] * 3
    amounts = kept(buffer, burst(buffer, 3), 25)
    assert (amounts[0], amounts[-1]) == (80, 20)


def test_what_a_late_packet_needed_is_kept_for_four_seconds(buffer):
    assert kept(buffer, 0, 50) == [20] * 50
    begin = burst(buffer, 50, packets=1)
    amounts = kept(buffer, begin, 300)
    assert amounts[:195] == [40] * 195
    assert amounts[-1] == 20


def test_the_more_no_packet_needs_the_sooner_it_goes(buffer):
    assert kept(buffer, 0, 50) == [20] * 50
    amounts = kept(buffer, burst(buffer, 50, packets=8), 800)
    falls = [tick for tick, (one, other) in enumerate(pairwise(amounts)) if other < one]
    apart = [later - sooner for sooner, later in pairwise([0, *falls])]
    assert apart == sorted(apart) and apart[0] < 50 and apart[-1] > 190
    assert amounts[-1] == 20


def test_a_tick_without_which_some_packet_would_be_nearly_late_stays(buffer):
    """Each tenth packet comes 2 ms before its tick: less than what is to be spare."""
    assert kept(buffer, 0, 50) == [20] * 50
    begin = burst(buffer, 50, packets=1)
    amounts = [kept(buffer, tick, 1, before=BEFORE if tick % 10 else 2) for tick in range(begin, begin + 600)]
    assert amounts == [[40]] * 600
