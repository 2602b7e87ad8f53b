"""Beeps, progress tones, and who has answered: what is heard in the sound of a real far end, while a client asks."""

import numpy as np
import pytest

from tests.support.peers.packets import Packets
from tests.support.peers.sounds import AMPLITUDE, G711_RATE, to_a_law
from tests.support.peers.voices import FRAME, Voice
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.realtime

PATIENCE_S = 120.0
CALLS = 4  # a busy machine may keep the far end from speaking in some
RINGBACK, BUSY, CONGESTION = (1.0, 4.0), (0.5, 0.5), (0.25, 0.25)  # seconds of tone and pause, at 425 Hz


class Line(Voice):
    """A far end that plays this, from the beginning, again and again."""

    def __init__(self, sender, sdp, *parts):
        super().__init__(sender, sdp)
        self.plays(*parts)

    def plays(self, *parts):
        """Play this from now on."""
        samples = np.concatenate(parts)
        packets = to_a_law(samples[: len(samples) // FRAME * FRAME])
        self.time += -self.time % len(packets)
        self._tone = packets


def sine(seconds, *hertz):
    at = 2 * np.pi * np.arange(round(seconds * G711_RATE)) / G711_RATE
    return AMPLITUDE / len(hertz) * sum(np.sin(each * at) for each in hertz)


def silence(seconds):
    return np.zeros(round(seconds * G711_RATE))


def noise(seconds):
    """The noise of a line, 60 dB below full scale."""
    return np.random.default_rng(1).normal(0, 32, round(seconds * G711_RATE))


def words(count):
    """So many words: a voice of 140 Hz and its overtones, each 0.3 s long with 0.1 s between them."""
    at = 2 * np.pi * 140 * np.arange(round(0.3 * G711_RATE)) / G711_RATE
    word = sum(AMPLITUDE / number * np.sin(number * at * (1 + 0.02 * np.sin(at / 30))) for number in range(1, 12))
    return np.concatenate([np.concatenate([word * np.hanning(len(word)), silence(0.1)])] * count)


def cadence(on, off, times=1):
    return np.concatenate([sine(on, 425), silence(off)] * times)


@pytest.fixture
def far(door):
    with Packets(door.far_address, door.far_port, to=door.address) as there:
        yield there


def detect(door, call, *kinds):
    status, answer = door.ask("PATCH", f"/v1/calls/{call}", {"detect": list(kinds)})
    assert (status, answer["call"]["detect"]) == (200, list(kinds)), answer


def results(door, call):
    """What was found, in order: the kind of the search, and the result."""
    return [(event["data"]["kind"], event["data"]["result"]) for event in door.of("detection.result", call)]


def plays_on(door, call, seconds):
    """Wait until so many seconds more have come."""

    def received():
        return (door.get(f"/v1/calls/{call}")["quality"] or {"received": 0})["received"]

    before = received()
    until(lambda: received() >= before + 50 * seconds, "sound of the far end", PATIENCE_S)


def ended(door, far, call):
    far.hang_up()
    door.final(call, kind="call.ended", by="remote")


@shows("PATCH /v1/calls/{id}")
def test_the_beep_of_an_answering_machine_is_reported_once_and_completes_the_search(door, far):
    call, accepted = far.talk_to(door)
    with Line(far.rtp, accepted, words(4), silence(0.3), sine(0.4, 1000), silence(2.0)):
        door.wait("media.started", call, direction="receive")
        assert door.get(f"/v1/calls/{call}")["detect"] == []
        detect(door, call, "beep")
        started = door.wait("detection.started", call, patience=PATIENCE_S)
        heard = door.wait("tone.detected", call, patience=PATIENCE_S, tone="beep")
        door.wait("detection.stopped", call, patience=PATIENCE_S, kind="beep")
        assert started["id"] < heard["id"]
        assert results(door, call) == [("beep", "beep")]
        assert door.get(f"/v1/calls/{call}")["detect"] == []
        plays_on(door, call, 8)
        assert len(door.of("tone.detected", call)) == 1, "nobody asks any more"
    ended(door, far, call)


def test_progress_tones_are_distinguished_until_a_client_ends_the_search(door, far):
    """A pause of a busy machine cuts a tone of the far end, which is a beep then: another call is listened to."""
    wanted, found = [("progress", tone) for tone in ("ringback", "busy", "congestion")], []
    while wanted not in found:
        assert len(found) < CALLS, found
        door.begin()
        call = door.ring()
        invite = far.invited()
        far.answer(invite, "200 OK", far.sdp)
        door.talk(call)
        detect(door, call, "beep", "progress")
        with Line(far.rtp, invite, cadence(*RINGBACK)) as line:
            for tone, plays in (("ringback", RINGBACK), ("busy", BUSY), ("congestion", CONGESTION)):
                line.plays(cadence(*plays))
                door.wait("tone.detected", call, patience=PATIENCE_S, tone=tone)
                door.wait("detection.result", call, patience=PATIENCE_S, result=tone)
            found.append(results(door, call))
            detect(door, call)
            door.wait("detection.stopped", call, patience=PATIENCE_S, kind="beep")
            door.wait("detection.stopped", call, patience=PATIENCE_S, kind="progress")
            line.plays(cadence(*BUSY))
            before = len(results(door, call))
            plays_on(door, call, 6)
            assert len(results(door, call)) == before
        far.hung_up_by(door, call)
        door.final(call, kind="call.ended")
    assert [tone for _, tone in found[-1]] == ["ringback", "busy", "congestion"]


ANSWERS = {
    "person": [noise(0.5), words(2), noise(8.0)],
    "machine": [noise(0.5), words(40)],
    "unsure": [noise(10.0)],
}


@pytest.mark.parametrize("answerer", ANSWERS)
def test_who_has_answered_is_known_by_the_greeting(door, far, answerer):
    """A client asks while the phone rings; the ringback before the answer does not count."""
    found = []
    for _ in range(CALLS):
        door.begin()
        call = door.ring()
        detect(door, call, "answering_machine")
        invite = far.invited()
        far.answer(invite, "200 OK", far.sdp)
        door.talk(call)
        with Line(far.rtp, invite, *ANSWERS[answerer]):
            door.wait("detection.stopped", call, patience=PATIENCE_S, kind="answering_machine")
            found.append(results(door, call))
        far.hung_up_by(door, call)
        door.final(call, kind="call.ended")
        if found[-1] == [("answering_machine", answerer)]:
            return
    pytest.fail(f"the results of each call: {found}")


def test_speech_and_digits_are_no_tones_and_the_end_of_the_call_ends_the_search(door, far):
    call, accepted = far.talk_to(door)
    detect(door, call, "beep", "progress")
    with Line(far.rtp, accepted, words(10), sine(0.2, 770, 1336), silence(1.0), sine(0.2, 941, 1477), silence(1.0)):
        plays_on(door, call, 20)
    ended(door, far, call)
    for kind in ("beep", "progress"):
        door.wait("detection.stopped", call, patience=PATIENCE_S, kind=kind)
    assert door.of("tone.detected", call) == []


def test_a_far_end_that_plays_tone_upon_tone_causes_few_events_and_no_more(door, far):
    """Hostile: beeps and pieces of progress tones, five a second, for 20 s, louder than a telephone may be."""
    call, accepted = far.talk_to(door)
    detect(door, call, "beep", "progress", "answering_machine")
    pieces = [part for hertz in (425, 950, 480, 1400, 350, 620) for part in (4 * sine(0.1, hertz), silence(0.1))]
    with Line(far.rtp, accepted, *pieces, *[4 * cadence(0.25, 0.25, 3), cadence(0.5, 0.5, 2)] * 2):
        plays_on(door, call, 20)
    assert len(door.of("tone.detected", call)) <= 20, "at most one a second"
    assert door.get(f"/v1/calls/{call}")["state"] == "connected"
    assert {event["type"] for event in door.of("door.unlocked")} == set()
    ended(door, far, call)


@pytest.mark.parametrize("detect", ["beep", ["voice"], ["beep"] * 4, 5])
def test_searches_that_do_not_exist_are_refused(door, detect):
    assert door.ask("PATCH", "/v1/calls/c-1", {"detect": detect})[0] == 400
