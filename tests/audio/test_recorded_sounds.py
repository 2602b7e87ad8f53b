"""Recordings as sounds: WAV files under a second name, Opus files decoded, and what cannot be played."""

import asyncio
import subprocess
import wave

import pytest

from appliance.audio.recorded_sounds import RecordedSounds
from appliance.base.errors import ErrorCode, IntercomError

SECONDS = 1.5


@pytest.fixture
def sound(tmp_path):
    """A recording."""
    path = tmp_path / "r-1.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\0\1" * round(16000 * SECONDS))
    return path


def placed(tmp_path, sound):
    """The file that is played."""
    file = tmp_path / "sounds" / "p-1.wav"
    asyncio.run(RecordedSounds(file.parent).place(sound, file))
    return file


def test_a_wav_file_is_played_where_it_is_and_stays_there(tmp_path, sound, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = placed(tmp_path, sound.relative_to(tmp_path))
    assert file.read_bytes() == sound.read_bytes()
    file.unlink()
    assert sound.exists()


def test_an_opus_file_is_decoded(tmp_path, sound):
    opus = sound.with_suffix(".opus")
    subprocess.run(["opusenc", "--quiet", str(sound), str(opus)], check=True)
    with wave.open(str(placed(tmp_path, opus))) as made:
        assert (made.getframerate(), made.getsampwidth()) == (16000, 2)
        assert abs(made.getnframes() / 16000 - SECONDS) < 0.01


def test_what_is_no_opus_file_is_reported_and_leaves_nothing(tmp_path):
    broken = tmp_path / "r-1.opus"
    broken.write_bytes(b"OggS" * 100)
    with pytest.raises(IntercomError) as caught:
        placed(tmp_path, broken)
    assert (caught.value.code, "opusdec" in caught.value.cause) == (ErrorCode.UNAVAILABLE, True)
    assert list((tmp_path / "sounds").iterdir()) == []


def test_without_opusdec_the_error_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IntercomError) as caught:
        placed(tmp_path, tmp_path / "r-1.opus")
    assert caught.value.resolution == "Install it: apt install opus-tools"
