"""Announcements in several languages: their order, what replaces them, and faults."""

import asyncio
import logging

from appliance.app.announcer import Announcer
from appliance.base.errors import ErrorCode, IntercomError
from appliance.config.load import check
from appliance.core.orders import Reply


class Sounds:
    """Takes texts; the first of `faults` is what becomes of the next one."""

    def __init__(self):
        self.spoken, self.faults = [], []

    async def play(self, sound, _who, playback):
        await asyncio.sleep(0)
        self.spoken.append(("sound", sound, playback))
        return Reply("q-1")

    async def speak(self, wanted, _who, playback):
        await asyncio.sleep(0)
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault
        self.spoken.append((wanted.language, wanted.text, playback))
        return Reply("q-1")


def event(kind, **data):
    return {"type": kind, "data": data}


OPENED = event("door.unlocked", means="api")
ALONE = event("ring.ended", result="unanswered")


def announce(act, faults=(), recording=None, **speech):
    """Run `act(announcer, sounds, settle)`; returns what was spoken, as language and first word."""
    config = check({"speech": {"announce": ["en", "de"], **speech}, "recording": recording or {}}, "test")
    sounds = Sounds()
    sounds.faults = list(faults)

    async def settle():
        for _ in range(5):
            await asyncio.sleep(0)

    async def run():
        announcer = Announcer(lambda: config, sounds)
        await act(announcer, sounds, settle)
        await announcer.stop()

    asyncio.run(run())
    return [(language, text.split()[0]) for language, text, _ in sounds.spoken]


async def both(announcer, sounds, settle):
    announcer.take(OPENED)
    await settle()
    announcer.take(event("playback.finished", playback="p-of-somebody"))
    await settle()
    assert len(sounds.spoken) <= 1
    announcer.take(event("playback.finished", playback=sounds.spoken[0][2] if sounds.spoken else ""))
    await settle()


def test_the_languages_follow_one_another():
    assert announce(both) == [("en", "The"), ("de", "Die")]


def test_a_form_of_the_language_is_spoken_if_it_is_configured():
    assert announce(both, language="en-gb") == [("en-gb", "The"), ("de", "Die")]


def test_without_a_language_nothing_is_said():
    assert announce(both, announce=[]) == []


def test_that_nobody_answers_is_said_by_what_asks_for_a_message_where_the_station_takes_them():
    async def act(announcer, _sounds, settle):
        announcer.take(ALONE)
        await settle()
        announcer.take(OPENED)
        await settle()

    assert announce(act, recording={"enabled": True, "message_s": 60}) == [("en", "The")]


def test_the_sound_of_the_event_is_first_and_needs_no_language():
    async def act(announcer, sounds, settle):
        announcer.take(OPENED)
        await settle()
        announcer.take(event("playback.finished", playback=sounds.spoken[0][2]))
        await settle()
        announcer.take(ALONE)
        await settle()

    assert announce(act, announce=["en"], opened_sound="ok") == [("sound", "ok"), ("en", "The"), ("en", "Nobody")]
    assert announce(act, announce=[], opened_sound="ok", denied_sound="error") == [("sound", "ok")]


def test_after_a_sound_that_cannot_be_played_the_text_is_said():
    async def act(announcer, sounds, settle):
        announcer.take(OPENED)
        await settle()
        announcer.take(event("playback.failed", playback=sounds.spoken[0][2]))
        await settle()

    assert announce(act, announce=["en"], opened_sound="ok") == [("sound", "ok"), ("en", "The")]


def test_a_new_announcement_takes_the_place_of_the_one_before():
    async def act(announcer, _sounds, settle):
        announcer.take(ALONE)
        await settle()
        announcer.take(OPENED)
        await settle()

    assert announce(act) == [("en", "Nobody"), ("en", "The")]


def test_after_another_sound_has_taken_the_speaker_the_rest_is_not_said():
    async def act(announcer, sounds, settle):
        announcer.take(OPENED)
        await settle()
        announcer.take(event("playback.stopped", playback=sounds.spoken[0][2]))
        await settle()

    assert announce(act) == [("en", "The")]


def test_a_fault_is_logged_once_and_the_next_language_is_tried(caplog):
    caplog.set_level(logging.WARNING)
    missing = IntercomError(ErrorCode.UNAVAILABLE, "Texts cannot be spoken.", "espeak-ng is missing.")

    async def act(announcer, _sounds, settle):
        announcer.take(OPENED)
        await settle()
        announcer.take(OPENED)
        await settle()

    assert announce(act, [missing] * 3) == [("de", "Die")]
    assert [record.message for record in caplog.records] == [
        "An announcement was not spoken. Texts cannot be spoken. espeak-ng is missing."
    ]
