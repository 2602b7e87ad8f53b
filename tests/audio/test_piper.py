"""Texts as sound files, made by a stand-in that takes Piper's command line: what it is given, and what is reported."""

import asyncio
import os
import sys
import wave

import pytest

from appliance.audio import workers
from appliance.audio.speech import LONGEST_LINE, Speaker, Spoken
from appliance.base.errors import ErrorCode, IntercomError
from tests.support.processes import status
from tests.support.waiting import until

# The options are those that piper-tts 1.8.0 and the older rhasspy/piper both have. As in piper-tts, further words are
# the text, and a text without words ends in an error of wave.
STAND_IN = f"""#!{sys.executable}
import argparse, sys, wave
parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("--model", required=True)
parser.add_argument("--output_file", required=True)
parser.add_argument("--length_scale", type=float)
given, words = parser.parse_known_args()
lines = words or sys.stdin.read().splitlines()
open(given.model, "rb").close()
with open(__file__ + ".given", "a") as log:
    log.write("".join(line + "\\n" for line in lines))
with wave.open(given.output_file, "wb") as file:
    if any(line.strip(". ") for line in lines):
        file.setparams((1, 2, 22050, 0, "NONE", ""))
        file.writeframes(bytes(2 * round(1000 * given.length_scale * len("".join(lines)))))
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """The place of a program that is found as Piper: the stand-in, which a test may write over."""
    place = tmp_path / "bin" / "piper"
    place.parent.mkdir()
    put(place, STAND_IN)
    monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")
    for name in ("voice.onnx", "voice.onnx.json"):
        (tmp_path / name).write_text("a voice")
    return place


def put(place, script):
    place.write_text(script)
    place.chmod(0o755)


def given(program):
    """The lines that the stand-in has spoken."""
    return program.with_name("piper.given").read_text().splitlines()


def speak(tmp_path, text, rate=160):
    """The file of a text."""
    file = tmp_path / f"speech-{rate}" / "p-1.wav"
    words = Spoken(text, "en", "", rate, str(tmp_path / "voice.onnx"))
    asyncio.run(Speaker(file.parent).make(words, file))
    return file


def refusal(tmp_path, text="the code is secret"):
    """The error of a text, which does not have the text; nothing is left of its sound."""
    with pytest.raises(IntercomError) as refused:
        speak(tmp_path, text)
    assert "secret" not in str(refused.value)
    assert list(tmp_path.rglob("*.wav")) == []
    return refused.value


def seconds(file):
    with wave.open(str(file)) as sound:
        return sound.getnframes() / sound.getframerate()


def test_a_text_is_spoken_by_its_voice_at_the_wanted_speed(program, tmp_path):
    slow, fast = (speak(tmp_path, "The door is open.", rate) for rate in (80, 320))
    assert seconds(slow) == pytest.approx(4 * seconds(fast), rel=0.01)
    assert given(program) == ["The door is open."] * 2


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("--output_file /tmp/x", ["--output_file /tmp/x"]),
        ("one\ntwo\r\nthree", ["one two  three"]),
        ('{"text": "a", "output_file": "/tmp/x"}', ['{"text": "a", "output_file": "/tmp/x"}']),
        ("a\0b\x1b[0m [[h@l'oU]]", ["a b [0m  h@l'oU]]"]),
        ("$(reboot) `id` ; ü€", ["$(reboot) `id` ; ü€"]),
        ("The door is open. Come in, 3.5 m", ["The door is open.", "Come in, 3.5 m"]),
    ],
)
def test_a_text_is_read_out_line_by_line_whatever_it_has(program, tmp_path, text, spoken):
    speak(tmp_path, text)
    assert given(program) == spoken


@pytest.mark.parametrize(("rate", "longest"), [(450, LONGEST_LINE), (160, LONGEST_LINE), (80, LONGEST_LINE // 2)])
def test_no_line_is_so_long_that_piper_needs_much_memory_for_its_sound(program, tmp_path, rate, longest):
    text = f"{'please come in ' * 60}{'x' * 500}"
    speak(tmp_path, text, rate)
    assert "".join(given(program)).replace(" ", "") == text.replace(" ", "")
    assert max(map(len, given(program))) == longest


@pytest.mark.parametrize("name", ["voice.onnx", "voice.onnx.json"])
def test_a_file_of_the_voice_that_is_missing_is_named_before_anything_runs(program, tmp_path, name):
    (tmp_path / name).unlink()
    missing = refusal(tmp_path)
    assert (missing.code, missing.cause) == ("unavailable", f"The station cannot read {tmp_path / name}.")
    assert not program.with_name("piper.given").exists()


def test_without_piper_the_error_names_the_how_to(program, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    missing = refusal(tmp_path)
    assert (missing.code, missing.cause) == ("unavailable", "piper is missing.")
    assert missing.resolution == "Install it: docs/how-to/play-sounds.md says how"


def test_a_piper_that_is_made_for_another_machine_is_reported_as_such(program, tmp_path):
    put(program, "\x7fELF of a Raspberry Pi")
    failed = refusal(tmp_path)
    assert (failed.message, failed.cause) == ("Texts cannot be spoken.", "Exec format error: piper")
    assert failed.resolution.startswith("Install it")


@pytest.mark.parametrize(
    ("script", "code", "cause"),
    [
        ("cat >&2; exit 3", ErrorCode.UNAVAILABLE, "Piper failed with status 3."),
        ("exit 0", ErrorCode.UNAVAILABLE, "Piper failed with status 0."),
        ("kill -9 $$", ErrorCode.UNAVAILABLE, "Piper failed with status -9."),
        ("echo 'failed:std::bad_alloc' >&2; exit 1", ErrorCode.UNAVAILABLE, "Piper needs more than 400 MB of memory"),
        ('head -c 44 /dev/zero > "$4"', ErrorCode.PARAMETER_INVALID, "The text has no words."),
        (
            "echo 'Error: x, another exception occurred: # channels not specified' >&2; exit 1",
            ErrorCode.UNAVAILABLE,
            "Piper failed with status 1.",
        ),
    ],
)
def test_a_piper_that_fails_is_reported_and_leaves_nothing_behind(program, tmp_path, script, code, cause):
    put(program, f"#!/bin/sh\n{script}\n")
    failed = refusal(tmp_path)
    assert failed.code is code
    assert failed.cause.startswith(cause)


def test_a_text_without_words_is_reported_as_such(program, tmp_path):
    assert refusal(tmp_path, "...").cause == "The text has no words."


def test_a_piper_that_fills_the_disc_or_the_memory_is_stopped(program, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "LONGEST_FILE", 20_000)
    assert refusal(tmp_path, "This is a sentence that takes two seconds.").code is ErrorCode.TEXT_TOO_LONG
    put(program, f"#!{sys.executable}\nimport sys\nsys.stdin.read()\nbytearray({workers.MEMORY_MB * 1_000_000})\n")
    assert refusal(tmp_path).resolution.startswith("Choose a smaller voice")


def test_a_piper_that_hangs_is_ended_with_its_children(program, tmp_path, set_times):
    set_times(sound_made_s=5.0)
    put(program, f"#!/bin/sh\necho $$ > {tmp_path}/shell; sleep 1000 & echo $! > {tmp_path}/child; wait\n")
    assert refusal(tmp_path).message == "The text was not ready in time."
    for name in ("shell", "child"):
        process = int((tmp_path / name).read_text())
        until(lambda process=process: status(process) is None, f"the end of the {name}")
