"""The header that pjmedia really writes, when it is killed and when it ends in order."""

import os
import signal
import subprocess
import sys
import wave

import pytest

from appliance.store import wav
from tests.store.stores import PATIENCE_S
from tests.support.waiting import until

RECORDER = """
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
one.freq1, one.on_msec, one.off_msec = 440, 1000, 0
tones = pj.ToneDescVector()
tones.append(one)
tone.play(tones, True)
recorder = pj.AudioMediaRecorder()
recorder.createRecorder(sys.argv[1])
tone.startTransmit(recorder)
sys.stdin.readline()
tone.stopTransmit(recorder)
del recorder, tone
endpoint.libDestroy()
"""


@pytest.fixture
def recorder(tmp_path):
    path = tmp_path / "r.wav"
    path.touch()
    inode = path.stat().st_ino
    process = subprocess.Popen(
        [sys.executable, "-c", RECORDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        until(lambda: path.stat().st_size > 20_000)
        assert path.stat().st_ino == inode, "the file that was made durable is the one that is written"
        yield process, path
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
    process, path = recorder
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    assert path.read_bytes()[40:44] == bytes(4)
    found = repaired(path)
    assert found.bytes - 44 == 2 * found.frames
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, found.rate_hz)
        assert sound.getnframes() == found.frames
        assert any(sound.readframes(found.frames))


def test_a_file_that_was_patched_while_it_was_written_ends_as_pjmedia_ends_it(recorder):
    process, path = recorder
    while_written = repaired(path)
    until(lambda: path.stat().st_size > while_written.bytes + 10_000)
    process.communicate(b"\n", PATIENCE_S)
    contents = path.read_bytes()
    assert repaired(path).frames > while_written.frames
    assert path.read_bytes() == contents
