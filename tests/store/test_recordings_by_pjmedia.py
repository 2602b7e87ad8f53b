"""The header that pjmedia really writes, when it is killed and when it ends in order."""

import os
import signal
import subprocess
import sys
import wave

import numpy as np
import pytest

from appliance.store import wav
from tests.store.stores import PATIENCE_S
from tests.support.waiting import until

TURN = 320  # samples
BEGIN = """
import sys
import pjsua2 as pj
endpoint = pj.Endpoint()
endpoint.libCreate()
config = pj.EpConfig()
config.logConfig.level = config.logConfig.consoleLevel = 0
config.uaConfig.threadCnt = 0
endpoint.libInit(config)
endpoint.libStart()
endpoint.audDevManager().setNullDev()
tone = pj.ToneGenerator()
tone.createToneGenerator(8000, 1)
one = pj.ToneDesc()
one.freq1, one.on_msec, one.off_msec = 443, 1000, 0
tones = pj.ToneDescVector()
tones.append(one)
tone.play(tones, True)
"""
RECORDER = f"""{BEGIN}
recorder = pj.AudioMediaRecorder()
recorder.createRecorder(sys.argv[1])
tone.startTransmit(recorder)
sys.stdin.readline()
tone.stopTransmit(recorder)
del recorder, tone
endpoint.libDestroy()
"""
# The tone comes to both sides, to one of them, or to none, which is a pause, until a line is read. Meanwhile the bridge
# gets another clock, as when a sound card is lost.
TWO_SIDES = f"""{BEGIN}
import itertools, select
silence = pj.ToneGenerator()
silence.createToneGenerator(8000, 1)
recorder = pj.AudioMediaStereoRecorder()
recorder.createRecorder(sys.argv[1])
left, right = (tone, recorder), (tone, recorder.getRight())
both = [(silence, recorder), left, right]
made = []
for wanted in itertools.cycle([both, both[:2], both, [both[0], right], both, []]):
    for source, sink in made:
        if (source, sink) not in wanted:
            source.stopTransmit(sink)
    for source, sink in wanted:
        if (source, sink) not in made:
            source.startTransmit(sink)
    made = wanted
    if wanted is both:
        endpoint.audDevManager().setNullDev()
    if select.select([sys.stdin], [], [], 0.05)[0]:
        break
del source, sink, wanted, made, both, left, right, recorder, silence, tone
endpoint.libDestroy()
"""


@pytest.fixture(params=[1, 2])
def recorder(request, tmp_path):
    """The process, its file, and the file's channels."""
    path = tmp_path / "r.wav"
    path.touch()
    inode = path.stat().st_ino
    process = subprocess.Popen(
        [sys.executable, "-c", [RECORDER, TWO_SIDES][request.param - 1], str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        until(lambda: path.stat().st_size > 20_000)
        assert path.stat().st_ino == inode, "the file that was made durable is the one that is written"
        yield process, path, request.param
    finally:
        process.kill()
        process.communicate()


def repaired(path):
    descriptor = os.open(path, os.O_RDWR)
    try:
        return wav.repair(descriptor)
    finally:
        os.close(descriptor)


def test_a_file_whose_writer_was_killed_is_playable_after_the_repair(recorder):
    process, path, channels = recorder
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    assert path.read_bytes()[40:44] == bytes(4)
    found = repaired(path)
    assert found.bytes - 44 == 2 * channels * found.frames
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (channels, 2, found.rate_hz)
        assert sound.getnframes() == found.frames
        assert any(sound.readframes(found.frames))


def test_a_file_that_was_patched_while_it_was_written_ends_as_pjmedia_ends_it(recorder):
    process, path, _ = recorder
    while_written = repaired(path)
    until(lambda: path.stat().st_size > while_written.bytes + 10_000)
    process.communicate(b"\n", PATIENCE_S)
    contents = path.read_bytes()
    assert repaired(path).frames > while_written.frames
    assert path.read_bytes() == contents


@pytest.mark.parametrize("recorder", [2], indirect=True)
def test_both_sides_of_a_file_stay_together_whichever_has_sound_through_pauses_and_under_another_clock(recorder):
    process, path, _ = recorder
    until(lambda: {(True, True), (True, False), (False, True)} <= {*map(loud, turns(path))})
    process.communicate(b"\n", PATIENCE_S)
    assert process.returncode == 0
    found = turns(path)
    apart = [number for number, turn in enumerate(found) if loud(turn) == (True, True) and (turn[0] != turn[1]).any()]
    assert apart == []


def turns(path):
    """What the bridge has written in each of its turns of 20 ms: both sides."""
    samples = np.frombuffer(path.read_bytes()[44:], dtype="<i2")
    each = 2 * TURN
    return [samples[at : at + each].reshape(-1, 2).T for at in range(0, len(samples) - each + 1, each)]


def loud(turn):
    """Which sides have sound."""
    return tuple(bool(side.any()) for side in turn)
