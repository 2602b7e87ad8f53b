"""What the self-test finds in a recording that is made of known echoes and noise."""

import random
import socket
import subprocess
import sys
from array import array
from math import pi, sin
from pathlib import Path

import msgspec
import pytest

from appliance.audio import sweep
from appliance.core.model import SoundMeasured
from tests.support.waiting import until

SECONDS = 1.0


def recording(echoes=(), noise=0.0, offset=0.0, full=32767):
    """What a microphone hears of the sweep: echoes (delay in ms, dB) and noise (deviation)."""
    chance = random.Random(7)
    played = array("h", sweep.played(SECONDS)[sweep.HEADER :])
    heard = [offset + (chance.gauss(0, noise) if noise else 0.0) for _ in played]
    for delay_ms, db in echoes:
        late, gain = round(delay_ms * sweep.RATE / 1000), 10 ** (db / 20)
        for at in range(late, len(heard)):
            heard[at] += gain * played[at - late]
    return array("h", (max(-full - 1, min(full, round(each))) for each in heard))


@pytest.mark.parametrize("delay_ms", [0.0, 1.0, 40.0, 250.0, 480.0])
@pytest.mark.parametrize(("db", "noise"), [(0.0, 0.0), (-20.0, 30.0), (-40.0, 300.0)])
def test_an_echo_is_found_with_its_delay_and_level_even_below_the_noise(delay_ms, db, noise):
    found = sweep.measure(recording([(delay_ms, db)], noise), SECONDS)
    assert found.echo_delay_ms == pytest.approx(delay_ms, abs=0.2)
    assert found.echo_db == pytest.approx(db, abs=1.0)
    assert found.tone_dbfs == pytest.approx(db - 15.3, abs=1.0)
    assert found.clipped == 0.0


def test_the_level_is_that_of_all_reflections_and_the_delay_that_of_the_loudest():
    found = sweep.measure(recording([(30, -10), (41, -16), (57, -16)], 30.0), SECONDS)
    assert found.echo_delay_ms == pytest.approx(30.0, abs=0.2)
    assert found.echo_db == pytest.approx(-8.2, abs=0.7)


def test_the_noise_is_measured_without_the_cards_own_direct_current():
    found = sweep.measure(recording([(30, -10)], 100.0, offset=900.0), SECONDS)
    assert found.quiet_dbfs == pytest.approx(-50.3, abs=0.3)


def test_a_microphone_at_the_end_of_its_scale_is_seen():
    assert sweep.measure(recording([(30, 20)]), SECONDS).clipped > 0.3
    assert sweep.measure(recording([(30, 20)], offset=-3000.0), SECONDS).clipped > 0.3


@pytest.mark.parametrize("noise", [0.0, 3.0, 300.0, 5000.0])
def test_in_a_silence_or_a_noise_nothing_is_found(noise):
    found = sweep.measure(recording(noise=noise), SECONDS)
    assert (found.tone_dbfs, found.echo_db, found.echo_delay_ms) == (None, None, None)
    assert found.quiet_dbfs is not None


@pytest.mark.parametrize("at_s", [0.99, 1.1, 1.3, 1.5, 1.9])
@pytest.mark.parametrize("length", [1, 16, 320])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_a_click_is_no_echo_even_of_a_microphone_that_is_muted(at_s, length, noise):
    heard, chance = recording(noise=noise), random.Random(1)
    first = round(at_s * sweep.RATE)
    heard[first : first + length] = array("h", (chance.randrange(-3000, 3000) for _ in range(length)))
    assert sweep.measure(heard, SECONDS).tone_dbfs is None


def test_an_echo_is_found_though_the_card_clicks_when_it_opens():
    heard, chance = recording([(30, -40)], 3.0), random.Random(1)
    heard[:1600] = array("h", (chance.randrange(-30000, 30000) for _ in range(1600)))
    assert sweep.measure(heard, SECONDS).echo_db == pytest.approx(-40, abs=1.0)


def test_an_echo_is_found_in_the_wind():
    heard = recording([(30, -30)], 10.0)
    heard = array("h", (each + round(6000 * sin(2 * pi * 15 * at / sweep.RATE)) for at, each in enumerate(heard)))
    assert sweep.measure(heard, SECONDS).echo_db == pytest.approx(-30, abs=1.0)


def test_a_recording_that_is_too_short_is_none():
    assert sweep.measure(recording()[:1000], SECONDS) == SoundMeasured(1000)


def test_a_process_makes_the_sweep_and_another_measures_what_it_reads():
    def run(order, given=b""):
        argv = [sys.executable, "-m", "appliance.audio.sweep", order, str(SECONDS)]
        return subprocess.run(argv, input=given, capture_output=True, check=True, timeout=120).stdout

    made = run("make")
    assert made == sweep.played(SECONDS)
    assert msgspec.json.decode(run("measure", made), type=SoundMeasured).echo_db == 0.0


def test_neither_keeps_open_what_its_parent_left_open():
    """A successor of the SIP process could not open a port that the computation still holds."""
    with socket.create_server(("127.0.0.1", 0)) as ours:
        ours.set_inheritable(True)
        argv = [sys.executable, "-m", "appliance.audio.sweep", "measure", str(SECONDS)]
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False)
        held = Path(f"/proc/{process.pid}/fd/{ours.fileno()}")
        until(lambda: not held.exists(), "the port is free")
        process.communicate(sweep.played(SECONDS))
    assert process.returncode == 0
