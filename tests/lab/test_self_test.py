"""The self-test of the sound on a card of the kernel: its microphone hears its speaker, as loud as its mixer says."""

import json

import pytest

from tests.lab.station import CARD, PLAIN, Station

LOOPBACK = "/sys/bus/platform/drivers/snd_aloop", "snd_aloop.0"
SPEAKER, MICROPHONE = "room:CARD=Loopback,DEV=0", "room:CARD=Loopback,DEV=1"
# snd-aloop records on its second device what its first one plays. It has no levels, so ALSA adds them to its mixer.
ROOM = """
pcm.room {
    @args [ CARD DEV ]
    @args.CARD { type string }
    @args.DEV { type integer default 0 }
    type asym
    playback.pcm {
        type plug
        slave.pcm {
            type softvol
            slave.pcm { type hw card $CARD device $DEV }
            control { name "Master Playback Volume" card $CARD }
        }
    }
    capture.pcm {
        type plug
        slave.pcm {
            type softvol
            control { name "Capture Volume" card $CARD }
            slave.pcm {
                type softvol
                slave.pcm { type hw card $CARD device $DEV }
                control { name "Capture Switch" card $CARD }
                resolution 2
            }
        }
    }
    hint { show on description "A speaker that its microphone hears" device $DEV }
}
"""
ALSA = "/etc/asound.conf"
OPENED = "timeout 60 {} --quiet --device={} --format=S16_LE --rate=16000 --duration=1 {}"


def unplug(guest):
    guest.shell("echo {1} >{0}/unbind".format(*LOOPBACK))


def plug_in(guest):
    guest.shell("echo {1} >{0}/bind".format(*LOOPBACK))


@pytest.fixture(scope="module")
def station(guest):
    made = Station(guest)
    guest.write(ALSA, ROOM)
    for program, pcm, file in (("aplay", SPEAKER, "/dev/zero"), ("arecord", MICROPHONE, "/dev/null")):
        guest.shell(OPENED.format(program, pcm, file))  # which adds the levels to the mixer
    sides = f'capture = "{MICROPHONE}"\nplayback = "{SPEAKER}"'
    made.configure(PLAIN.replace(f'capture = "{CARD}"\nplayback = "{CARD}"', sides))
    made.restart()
    made.says("^ready$")
    yield made
    guest.check("rm", ALSA)
    unplug(guest)  # the next file finds the card without those levels
    plug_in(guest)


def result_of(guest, *more):
    """What `intercomctl audio test` finds; its status says whether the sound works. A test may also be cut short."""
    ended = guest.run("intercomctl", "--json", "audio", "test", *more)
    if not ended.stdout.strip():
        return {"result": ended.stderr, "applied": False}
    found = json.loads(ended.stdout)
    assert ended.returncode == (0 if found["result"] == "works" else 1)
    return found


def until_result(guest, *wanted):
    """Test until that is the result: a busy machine takes parts of the sweep away."""
    results = []

    def once():
        results.append(result_of(guest))
        return results[-1]["result"] in wanted and results[-1]

    return guest.wait_for(once, f"{wanted}; there were {results}")


def levels(guest):
    answer = json.loads(guest.check("intercomctl", "--json", "audio"))
    return answer["speaker"], answer["microphone"]


def adjust(guest, *words):
    """Set levels, and wait until the mixer shows them."""
    guest.check("intercomctl", "audio", "set", *map(str, words))
    wanted = dict(zip(words[::2], words[1::2], strict=True))

    def shown():
        speaker, microphone = levels(guest)
        now = {"--volume": speaker["percent"], "--gain": microphone["percent"], "--microphone": microphone["muted"]}
        fits = {
            name: now[name] is (level == "off") if name == "--microphone" else abs(now[name] - level) <= 2
            for name, level in wanted.items()
        }
        return all(fits.values())

    guest.wait_for(shown, f"levels {wanted}")


def panel_test(guest):
    """The status and the lines of `intercomctl panel test sound`, with nobody at the panel."""
    ended = guest.run("intercomctl", "panel", "test", "sound")
    return ended.returncode, ended.stdout


def test_a_loud_echo_is_measured_and_its_remedy_makes_the_sound_work(station, measured):
    guest = station.guest
    guest.wait_for(lambda: all(side["percent"] is not None for side in levels(guest)), "the levels of the mixer")
    adjust(guest, "--volume", 100, "--gain", 100)
    loud = until_result(guest, "loud_echo")
    assert -6 < loud["echo_db"] < 1  # all comes back, but for what a busy machine takes away
    begin = station.cursor()
    applied = guest.wait_for(
        lambda: (given := result_of(guest, "--apply"))["applied"] and given, "a volume that is set"
    )
    guest.wait_for(lambda: levels(guest)[0]["percent"] == pytest.approx(applied["volume"], abs=2), "the volume")
    found = guest.wait_for(
        lambda: (given := result_of(guest, "--apply"))["result"] == "works" and given, "a volume that works"
    )
    assert found["advice"] is None
    assert -20 < found["echo_db"] <= -10
    assert found["echo_delay_ms"] > 0
    assert found["clipped"] == 0
    measured("delay of the echo through snd-aloop", f"{found['echo_delay_ms']} ms")
    assert [line for line in station.events("audio.tested", begin) if "result=works" in line]

    def passes():
        status, text = panel_test(guest)
        return status == 0 and "The microphone heard the speaker." in text

    guest.wait_for(passes, "a passed test of the panel")


def test_a_gain_that_is_too_low_is_too_quiet_and_more_of_it_helps(station):
    guest = station.guest
    adjust(guest, "--volume", 50, "--gain", 2)
    quiet = until_result(guest, "too_quiet")
    assert quiet["echo_db"] < -45
    assert "Raise the volume or the gain" in quiet["advice"]
    adjust(guest, "--gain", 100)
    until_result(guest, "works")


def test_a_muted_microphone_hears_nothing_and_the_remedy_helps(station):
    guest = station.guest
    adjust(guest, "--volume", 50, "--gain", 100)
    guest.check("amixer", "--quiet", "--card=Loopback", "sset", "Capture", "nocap")
    guest.wait_for(lambda: levels(guest)[1]["muted"], "the switch")
    found = until_result(guest, "no_echo")
    remedy = "intercomctl audio set --microphone on"
    assert found["advice"] == f"The microphone is muted. Switch it on: {remedy}."
    assert found["heard"] is False

    def hears_nothing():
        status, text = panel_test(guest)
        return status != 0 or "The microphone heard the speaker." not in text

    guest.wait_for(hears_nothing, "a test of the panel without an echo")
    guest.check(*remedy.split())
    guest.wait_for(lambda: levels(guest)[1]["muted"] is False, "the switch")
    until_result(guest, "works")


def test_a_card_that_is_unplugged_is_no_card_and_works_again_when_it_is_back(station):
    guest = station.guest
    begin = station.cursor()
    unplug(guest)
    try:
        found = until_result(guest, "no_card")
        assert (found["heard"], found["tone_dbfs"], found["echo_delay_ms"]) == (False, None, None)
        assert "Loopback" in found["advice"]
        status, text = panel_test(guest)
        assert status == 1
        assert "The sound cannot be tested." in text
        guest.wait_for(lambda: station.events("audio.failed", begin), "the fault")
    finally:
        plug_in(guest)
    until_result(guest, "works", "loud_echo")
    assert guest.state() is not None
