"""Texts as sound files: made by espeak-ng, kept or not, and refused."""

import asyncio
import os
import wave
from functools import partial
from pathlib import Path

import pytest

from appliance.audio import speech, workers
from appliance.audio.speech import LONGEST_TEXT, Speaker, Spoken, clean
from appliance.audio.workers import QUEUE
from appliance.base.errors import ErrorCode, IntercomError
from tests.support.waiting import until

HOW = {"language": "en", "voice": "", "rate": 160}


def words(text, **otherwise):
    return Spoken(text, **(HOW | otherwise))


def seconds(file):
    with wave.open(str(file)) as sound:
        return sound.getnframes() / sound.getframerate()


@pytest.fixture
def made(tmp_path):
    """A function that speaks texts, one after another, and returns their files."""

    def make(*texts, speaker=None):
        speaker = speaker or Speaker(tmp_path / "speech")
        files = [tmp_path / "speech" / f"p-{place}.wav" for place in range(len(texts))]

        async def act():
            for text, file in zip(texts, files, strict=True):
                await speaker.make(text, file)

        asyncio.run(act())
        return files

    return make


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A function that puts a program of that text in the place of espeak-ng."""
    place = tmp_path / "bin"
    place.mkdir()

    def put(script):
        (place / "espeak-ng").write_text(f"#!/bin/sh\n{script}\n")
        (place / "espeak-ng").chmod(0o755)
        monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")

    return put


def refusal(made, *texts):
    with pytest.raises(IntercomError) as refused:
        made(*texts)
    assert all(text.text not in str(refused.value) for text in texts if len(text.text) > 1)
    return refused.value


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "speech").glob("*.wav"))


def test_a_text_becomes_a_file_that_only_the_service_may_read(made, tmp_path):
    slow, fast, german = made(
        words("The door is open.", rate=80),
        words("The door is open.", rate=400),
        words("Zu.", language="de", voice="f3"),
    )
    assert seconds(slow) > 1.5 * seconds(fast) > 0.5
    assert seconds(german) > 0.1
    assert (tmp_path / "speech").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("[[h@l'oU]]", "h@l'oU]]"),
        ("[\0[x", "[ [x"),
        ("[[[[x", "x"),
        ("a\x01b\x1b[0m\n\tc", "a b [0m  c"),
        ("a\ud800b", "a b"),
        (" -w /etc/passwd ", "-w /etc/passwd"),
        ("\u0633\u200c\u0644 \u00e4\u20ac", "\u0633\u200c\u0644 \u00e4\u20ac"),
        ("\0\x01\x7f\x85 \n", ""),
    ],
)
def test_a_text_loses_what_espeak_ng_would_take_for_a_command(text, spoken):
    assert clean(text) == spoken


def test_markup_and_options_are_read_out_and_not_obeyed(made, tmp_path):
    markup, option, plain = made(
        words('<speak><break time="20s"/><audio src="/etc/passwd"/></speak>'), words(f"-w {tmp_path}/x"), words("-w")
    )
    assert seconds(markup) < 15
    assert seconds(option) > seconds(plain)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (words("x" * (LONGEST_TEXT + 1)), ErrorCode.TEXT_TOO_LONG),
        (words(""), ErrorCode.PARAMETER_INVALID),
        (words("\0\x01\x1b \n"), ErrorCode.PARAMETER_INVALID),
        *(
            (words("a", language=odd), ErrorCode.PARAMETER_INVALID)
            for odd in ("", "../en", "/en", "-w", "en/x", "en\n")
        ),
        *((words("a", voice=odd), ErrorCode.PARAMETER_INVALID) for odd in ("../f3", "/f3", "-w", "f3\n", "f3+m1")),
        *((words("a", rate=odd), ErrorCode.PARAMETER_INVALID) for odd in (0, 79, 451)),
    ],
)
def test_words_that_cannot_be_spoken_are_refused_before_anything_runs(made, monkeypatch, wanted, code):
    monkeypatch.setenv("PATH", "/nowhere")
    assert refusal(made, wanted).code is code


def test_a_language_or_voice_that_espeak_ng_does_not_have_is_refused_with_the_place_of_the_list(made, tmp_path):
    language = refusal(made, words("Hello", language="xx"))
    assert (language.code, language.resolution) == ("parameter-invalid", "espeak-ng --voices lists them.")
    voice = refusal(made, words("Hello", voice="nobody"))
    assert (voice.code, voice.resolution) == ("parameter-invalid", "espeak-ng --voices=variant lists them.")
    assert left(tmp_path) == []


def test_without_espeak_ng_the_error_names_the_package(made, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    missing = refusal(made, words("Hello"))
    assert (missing.code, missing.resolution) == ("unavailable", "Install it: apt install espeak-ng")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("cat; exit 3", ErrorCode.UNAVAILABLE),
        ("exec cat >&2", ErrorCode.UNAVAILABLE),
        ("kill -9 $$", ErrorCode.UNAVAILABLE),
        ('exec head -c 44 /dev/zero > "$8"', ErrorCode.PARAMETER_INVALID),
    ],
)
def test_an_espeak_ng_that_fails_leaves_nothing_behind(made, fake, tmp_path, script, code):
    fake(script)
    assert refusal(made, words("the code is secret")).code is code
    assert left(tmp_path) == []


def test_an_espeak_ng_that_hangs_is_ended_with_its_children(made, fake, tmp_path, set_times):
    set_times(sound_made_s=5.0)
    fake(f"echo $$ > {tmp_path}/shell; sleep 1000 & echo $! > {tmp_path}/child; wait")
    assert refusal(made, words("Hello")).message == "The text was not ready in time."
    for name in ("shell", "child"):
        process = int((tmp_path / name).read_text())
        until(partial(gone, process), f"the end of the {name}")
    assert left(tmp_path) == []


def gone(process):
    """Whether it has ended; one that nobody has waited for counts."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_text_whose_sound_would_fill_the_memory_is_refused(made, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "LONGEST_FILE", 20_000)
    assert refusal(made, words("This takes much longer than half a second.")).code is ErrorCode.TEXT_TOO_LONG
    assert left(tmp_path) == []


def test_a_text_is_kept_and_one_with_a_digit_is_not(made, fake, tmp_path):
    fake(f'echo x >> {tmp_path}/runs; exec /usr/bin/espeak-ng "$@"')
    texts = [*[words("Come in.")] * 3, words("Come in.", rate=100), *[words("Code 4711.")] * 2, *[words("\u096a")] * 2]
    files = made(*texts)
    assert len((tmp_path / "runs").read_text()) / 2 == 6
    assert files[0].read_bytes() == files[2].read_bytes()
    for file in files:
        file.unlink()
    assert left(tmp_path) == ["kept-1.wav", "kept-2.wav"]


def test_a_text_whose_file_somebody_has_removed_is_made_again_and_kept(made, fake, tmp_path):
    fake(f'echo x >> {tmp_path}/runs; exec /usr/bin/espeak-ng "$@"')
    speaker = Speaker(tmp_path / "speech")
    made(words("Come in."), speaker=speaker)
    for file in (tmp_path / "speech").iterdir():
        file.unlink()
    files = made(words("Come in."), words("Come in."), speaker=speaker)
    assert len((tmp_path / "runs").read_text()) / 2 == 2
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_cache_has_bounds_and_forgets_what_was_not_used(made, tmp_path, monkeypatch):
    monkeypatch.setattr(speech, "KEPT_FILES", 2)
    speaker = Speaker(tmp_path / "speech")
    for file in made(words("a"), words("b"), words("a"), words("c"), speaker=speaker):
        file.unlink()
    assert left(tmp_path) == ["kept-1.wav", "kept-3.wav"]
    monkeypatch.setattr(speech, "KEPT_BYTES", 10)
    (file,) = made(words("d"), speaker=speaker)
    assert left(tmp_path) == [file.name]


def test_of_fifty_texts_at_once_the_first_few_are_spoken_and_the_others_refused(tmp_path):
    speaker = Speaker(tmp_path / "speech")

    async def act():
        wanted = [speaker.make(words("Hello 1"), tmp_path / "speech" / f"p-{place}.wav") for place in range(50)]
        found = await asyncio.gather(*wanted, return_exceptions=True)
        assert found[:QUEUE] == [None] * QUEUE
        assert {each.code for each in found[QUEUE:]} == {ErrorCode.RATE_LIMITED}
        await speaker.make(words("Hello again"), tmp_path / "speech" / "later.wav")

    asyncio.run(act())
    assert len(left(tmp_path)) == QUEUE + 2


def test_a_directory_that_cannot_be_written_is_an_error_with_its_reason(tmp_path):
    with pytest.raises(IntercomError) as refused:
        asyncio.run(Speaker(tmp_path / "no" / "speech").make(words("Hello"), tmp_path / "x.wav"))
    assert refused.value.code is ErrorCode.UNAVAILABLE


def test_the_text_is_not_in_what_a_log_would_show():
    assert "4711" not in repr(words("4711"))
