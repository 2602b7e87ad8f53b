"""The simulated mixer and ALSA's mixers keep the same contract; and each card's elements are found by its profile."""

import contextlib

import pytest

from appliance.audio.cards import alsa_library
from appliance.audio.mixer import AlsaElement, AlsaMixers, MixerGoneError, Reading
from appliance.audio.profiles import profile, profiles
from appliance.base import times
from appliance.core.model import NULL, Level, SoundCard
from appliance.simulator.mixer import SimulatedMixers
from appliance.sip.stack.media.levels import Levels
from tests.audio.mixers import keeps_the_contract
from tests.support.peers.sound_server import SoundServer, serving

WAYS = ("playback", "capture")
NAMES = {"playback": ("Speaker", "Master"), "capture": ("Mic", "Capture")}


@pytest.fixture
def server(monkeypatch):
    """A sound server: its mixer is one of ALSA's, by a plugin, without dB."""
    with serving(SoundServer, monkeypatch) as made:
        yield made


@pytest.mark.parametrize("way", WAYS)
def test_the_simulated_mixer_keeps_the_contract(way):
    keeps_the_contract(SimulatedMixers(), "simulated", way, NAMES[way])


@pytest.mark.far_end
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("way", WAYS)
def test_a_mixer_of_alsa_keeps_the_contract(way):
    keeps_the_contract(AlsaMixers(), "pulse", way, NAMES[way])


@pytest.mark.far_end
@pytest.mark.usefixtures("server")
def test_a_mixer_without_the_wanted_elements_has_none():
    assert AlsaMixers().find("pulse", "playback", ("Turntable",)) is None


def test_a_level_is_in_percent_of_the_ears_scale_only_where_the_element_has_both_its_level_and_its_range_in_db():
    assert Reading(percent=40.0).loudness == 40.0
    assert Reading(percent=40.0, db=-6.0).loudness == 40.0
    assert Reading(percent=40.0, range_db=(-60.0, 0.0)).loudness == 40.0
    assert Reading(percent=40.0, db=0.0, range_db=(-60.0, 0.0)).loudness == 100.0


def test_a_card_that_is_not_there_has_no_mixer():
    with pytest.raises(MixerGoneError):
        AlsaMixers().find("hw:CARD=none", "playback", ("PCM",))


@pytest.mark.parametrize(
    ("card", "name", "found"),
    [
        ("seeed2micvoicec", "seeed-2mic-voicecard", "ReSpeaker 2-mic"),
        ("seeed4micvoicec", "seeed-4mic-voicecard", "ReSpeaker 4-mic"),
        ("sndrpihifiberry", "snd_rpi_hifiberry_dacplus", "HiFiBerry and other PCM512x codecs"),
        ("wm8960soundcard", "wm8960-soundcard", "WM8960 codec"),
        ("Headphones", "bcm2835 Headphones", "Headphone jack"),
        ("USB", "Jabra SPEAK 510 USB", "USB conference puck"),
        ("Headset", "Plantronics Blackwire Headset", "USB headset"),
        ("Loopback", "Loopback", "Any card"),
    ],
)
def test_a_card_has_the_profile_of_its_kind(card, name, found):
    assert profile(card, name).name == found


def test_every_profile_names_an_element_and_the_last_fits_any_card():
    assert all(each.playback or each.capture for each in profiles())
    assert profiles()[-1].match == ("",)
    assert all(word == word.lower() for each in profiles() for word in each.match)


class Failing:
    """A mixer that fails a number of times before it answers; and one that fails once it is read again."""

    def __init__(self, failures=0):
        self.failures, self.found, self.fails = failures, [], False

    def find(self, device, way, names):
        if self.failures:
            self.failures -= 1
            raise MixerGoneError("Device or resource busy")
        element = SimulatedMixers().find(device, way, names)
        element.changed = self.changed
        self.found.append(element)
        return element

    def changed(self):
        if self.fails:
            raise MixerGoneError("Input/output error")


CARDS = (SoundCard(0, "usb", "A USB phone"),)
AGAIN_S = times.current.card_again_s[-1]


@pytest.fixture
def levels():
    """Levels of a card with that mixer, and what they reported."""
    with contextlib.ExitStack() as made:

        def begin(mixer, at):
            reported = []
            begun = Levels(NULL, "plughw:CARD=usb", mixer, reported.append, lambda _: None)
            made.callback(begun.close)
            begun.desire(at, Level(percent=50.0), Level())
            begun.found(at, CARDS)
            return begun, reported

        yield begin


def test_a_mixer_that_fails_when_its_card_comes_is_tried_again_and_then_set(levels):
    mixer = Failing(failures=2)
    begun, reported = levels(mixer, 100.0)
    for at in (100.0 + AGAIN_S / 2, 100.0 + AGAIN_S, 100.0 + 1.5 * AGAIN_S):
        begun.turn(at)
        assert not mixer.found
    begun.turn(100.0 + 2 * AGAIN_S)
    assert [element.read().loudness for element in mixer.found] == [pytest.approx(50.0, abs=1.0)]
    assert reported[-1].speaker.percent == pytest.approx(50.0, abs=1.0)
    begun.turn(100.0 + 9 * AGAIN_S)
    assert len(mixer.found) == 1, "it works"


def test_a_mixer_that_fails_in_use_is_tried_again(levels):
    mixer = Failing()
    begun, reported = levels(mixer, 100.0)
    mixer.fails = True
    begun.desire(101.0, Level(percent=80.0), Level())
    assert reported[-1].speaker is None
    mixer.fails = False
    begun.turn(101.0 + AGAIN_S)
    assert reported[-1].speaker.percent == pytest.approx(80.0, abs=2.0)


def test_a_mixer_of_a_card_that_was_pulled_is_not_tried(levels):
    mixer = Failing(failures=1)
    begun, _ = levels(mixer, 100.0)
    begun.found(101.0, ())
    begun.turn(101.0 + AGAIN_S)
    assert (mixer.failures, mixer.found) == (0, [])


class Gone:
    """The mixer of a card that is pulled: ALSA refuses each call, save that it has a switch."""

    def __getattr__(self, name):
        def refused(*_, **__):
            raise alsa_library().ALSAAudioError("No such device")

        return (lambda: [1]) if name in {"getmute", "getrec"} else refused


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "use",
    [
        lambda element: element.read(),
        lambda element: element.set_db(-6.0),
        lambda element: element.set_percent(50.0),
        lambda element: element.set_muted(True),
        lambda element: element.descriptors(),
        lambda element: element.changed(),
    ],
)
def test_every_use_of_a_mixer_that_is_gone_says_so(use, way):
    with pytest.raises(MixerGoneError, match="No such device"):
        use(AlsaElement(alsa_library(), Gone(), "PCM", way))
