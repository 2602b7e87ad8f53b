"""Announcements of recordings: what is played where, and what the core learns of it."""

import asyncio

import pytest

from appliance.app.recording_announcer import RecordingAnnouncer
from appliance.base.errors import ErrorCode, IntercomError
from appliance.config.load import check
from appliance.core.model import CallId, RecordingId
from appliance.core.orders import AnnounceRecording, DropAnnouncement, Reply

CALL, RECORDING = CallId("c-1"), RecordingId("r-1")
MISSING = IntercomError(ErrorCode.UNAVAILABLE, "Texts cannot be spoken.", "espeak-ng is missing.", "Install it.")


class Sounds:
    """Takes texts and sounds. fault: raised in place of a playback; refused: replied to its request."""

    def __init__(self, fault=None, refused=None):
        self.played, self.ids, self.fault, self.refused = [], [], fault, refused

    async def play(self, sound, _who, playback, call, *, speaker, announces):
        assert announces.startswith("r-")
        return await self._begin(playback, ("sound", sound, call, speaker))

    async def speak(self, wanted, _who, playback, announces):
        assert announces.startswith("r-")
        return await self._begin(playback, (wanted.language, wanted.text, wanted.call, wanted.speaker))

    async def _begin(self, playback, what):
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        self.ids.append(playback)
        self.played.append(what)
        return Reply("q-1", error=self.refused)


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


def announce(
    *ends, call=CALL, spoken=True, speaker=True, sounds=None, recording=None, **speech
) -> tuple[list[tuple], list[tuple[str, str, str]]]:
    """Announce; the playbacks end as `ends` says: what was played, and what the core was given."""
    config = check({"speech": speech, "recording": recording or {}}, "test")
    sounds, given = sounds or Sounds(), []

    async def run():
        announcer = RecordingAnnouncer(lambda: config, sounds, given.append)
        announcer.take({"type": "playback.finished", "data": {"playback": "p-before"}})
        announcer.announce(AnnounceRecording(call, RECORDING, spoken, speaker))
        await settle()
        for kind, data in ends:
            over = {"type": f"playback.{kind}", "data": {"playback": sounds.ids[-1], **data}}
            announcer.take(over)
            announcer.take(over)
            announcer.take({"type": "playback.failed", "data": {"playback": "p-of-somebody", "why": "gone"}})
            await settle()
        await announcer.stop()

    asyncio.run(run())
    return sounds.played, [(each.call, each.recording, each.why) for each in given]


FINISHED = ("finished", {})
HEARD = [(CALL, RECORDING, "")]


def test_a_text_of_the_configuration_is_said_to_the_far_end_and_the_visitor():
    played, given = announce(FINISHED, recording={"announce_text": "We record."}, language="en-gb")
    assert (played, given) == ([("en-gb", "We record.", CALL, True)], HEARD)


def test_without_a_text_it_is_said_in_each_language_that_is_announced():
    played, given = announce(FINISHED, FINISHED, announce=["de", "en"], language="de-at")
    said = [("de-at", "Dieses Gespräch wird aufgezeichnet.", CALL, True), ("en", "This call is recorded.", CALL, True)]
    assert (played, given) == (said, HEARD)


@pytest.mark.parametrize(("language", "first"), [("fr-be", "Cet"), ("sv", "This")])
def test_without_such_languages_it_is_said_in_that_of_texts_or_in_english(language, first):
    (said,), given = announce(FINISHED, language=language)
    assert (said[0], said[1].split()[0]) == ("en" if language == "sv" else language, first)
    assert given == HEARD


def test_a_visitor_is_asked_for_a_message_and_hears_a_beep():
    played, given = announce(FINISHED, FINISHED, call="", announce=["en"])
    (said, beep) = played
    assert (said[1].startswith("Nobody answers. Leave a message"), said[2:]) == (True, (None, True))
    assert (beep, given) == (("sound", "ok", None, True), [("", RECORDING, "")])


def test_a_sound_is_played_in_place_of_a_text():
    played, given = announce(FINISHED, spoken=False, speaker=False, recording={"announce_sound": "gong"})
    assert (played, given) == ([("sound", "gong", CALL, False)], HEARD)


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        ("failed", {"why": "x.wav cannot be played."}, "x.wav cannot be played."),
        ("stopped", {"reason": "stopped"}, "Its sound was cut off: stopped."),
    ],
)
def test_what_is_not_heard_to_its_end_has_failed_and_nothing_follows_it(kind, data, why):
    played, given = announce((kind, data), announce=["de", "en"])
    assert (len(played), given) == (1, [(CALL, RECORDING, why)])


@pytest.mark.parametrize("reason", ["held", "stopped"])
def test_the_core_learns_that_a_hold_cut_it_off(reason):
    sounds, given = Sounds(), []

    async def run():
        announcer = RecordingAnnouncer(lambda: check({}, "test"), sounds, given.append)
        order = AnnounceRecording(CALL, RECORDING, spoken=True, speaker=True)
        announcer.announce(order)
        await settle()
        announcer.take({"type": "playback.stopped", "data": {"playback": sounds.ids[-1], "reason": reason}})
        await asyncio.sleep(0)
        while not given:
            await asyncio.sleep(0)
        announcer.announce(order)  # again, while the first one's task ends
        await settle()
        announcer.drop(DropAnnouncement(RECORDING))
        await settle()
        announcer.take({"type": "playback.finished", "data": {"playback": sounds.ids[-1]}})
        await settle()
        await announcer.stop()

    asyncio.run(run())
    assert len(sounds.ids) == 2
    assert [(each.recording, each.held) for each in given] == [(RECORDING, reason == "held")]


def test_an_announcement_that_another_sound_replaces_is_played_again_after_that_sound():
    replaced = ("stopped", {"reason": "replaced"})
    played, given = announce(replaced, FINISHED, FINISHED, announce=["de", "en"])
    assert ([language for language, *_ in played], given) == (["de", "de", "en"], HEARD)


def test_announcements_follow_one_another():
    sounds, given = Sounds(), []

    async def run():
        announcer = RecordingAnnouncer(lambda: check({}, "test"), sounds, given.append)
        for recording in ("r-1", "r-2"):
            announcer.announce(AnnounceRecording(CALL, RecordingId(recording), spoken=True, speaker=True))
        for begun in (1, 2):
            await settle()
            assert len(sounds.ids) == begun
            announcer.take({"type": "playback.finished", "data": {"playback": sounds.ids[-1]}})
        await settle()
        await announcer.stop()

    asyncio.run(run())
    assert [(each.recording, each.why) for each in given] == [("r-1", ""), ("r-2", "")]


@pytest.mark.parametrize("dropped", ["r-1", "r-2", "r-3"])
def test_one_that_is_dropped_also_while_it_waits_for_its_turn_is_not_played_and_nothing_is_posted(dropped):
    sounds, given, orders = Sounds(), [], ["r-1", "r-2", "r-3"]

    async def run():
        announcer = RecordingAnnouncer(lambda: check({}, "test"), sounds, given.append)
        for recording in orders:
            announcer.announce(AnnounceRecording(CALL, RecordingId(recording), spoken=True, speaker=True))
        await settle()
        for _ in range(2):  # a second time, and of one that is over, it changes nothing
            announcer.drop(DropAnnouncement(RecordingId(dropped)))
        for begun in (1, 2) if dropped != "r-1" else (2, 3):
            await settle()
            assert len(sounds.ids) == begun
            announcer.take({"type": "playback.finished", "data": {"playback": sounds.ids[-1]}})
        await settle()
        announcer.drop(DropAnnouncement(RecordingId("r-1")))
        await announcer.stop()

    asyncio.run(run())
    assert [(each.recording, each.why) for each in given] == [(each, "") for each in orders if each != dropped]


def test_one_that_is_never_heard_is_given_up(set_times):
    set_times(announcement_s=0.0)
    assert announce()[1] == [(CALL, RECORDING, "It took too long.")]


def test_the_core_learns_that_a_text_cannot_be_made_or_played_or_that_the_disc_is_full():
    for sounds in (Sounds(fault=MISSING), Sounds(refused=MISSING)):
        (said,) = announce(sounds=sounds)[1]
        assert said == (CALL, RECORDING, str(MISSING))
    (said,) = announce(sounds=Sounds(fault=OSError("No space left on device")))[1]
    assert said == (CALL, RECORDING, "No space left on device")


def test_a_daemon_that_stops_announces_nothing_more():
    assert announce(spoken=False)[1] == []
