"""Talk between browsers and the door: both hear each other, and no call outlives its page."""

import re

import pytest

from tests.daemon.browsers.phones import (
    HEARD_DB,
    MICROPHONE,
    PHONE_HZ,
    STATION_HZ,
    note_end,
    phone,
    recorded,
    until_received,
)
from tests.support.daemon import Daemon
from tests.support.peers import sounds
from tests.support.peers.namespaces import DOOR
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import levels_of
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound

KITCHEN_HZ = 440.0
ABSENT_DB = -60.0
OTHER_KEY = """{
  const { fetch } = window;
  const other = (offer) => offer.replace(/(:sha-256 )(..)/, (_, name, byte) => name + (byte === "00" ? "11" : "00"));
  window.fetch = (to, given) => fetch(to, given?.body ? { ...given, body: other(given.body) } : given);
}"""
KEPT = """{
  const { fetch } = window;
  window.fetch = (to, given) => {
    if (given?.body?.includes("offer")) window.offered = given.body;
    return fetch(to, given);
  };
}"""
# What a browser finds without a wait; Chromium looks for ways of TCP later.
AT_ONCE = {"chromium": {"udp"}, "firefox": {"udp", "tcp"}}
CARD = {"media.cubeb.force_null_context": False, "media.cubeb.backend": "pulse"}  # of Firefox
LAST_S = 0.5
# Headless browsers have no outputs to choose from.
CHOOSES = """
  navigator.mediaDevices.selectAudioOutput = async () => ({ deviceId: "earpiece" });
  HTMLMediaElement.prototype.setSinkId = async (id) => { window.sink = id; };
  0
"""
SMALL = 360, 560  # what the bars of a browser leave of a small phone
IN_VIEW = """((box) => (
  box && box.top >= 0 && box.bottom <= document.querySelector("#tabs").getBoundingClientRect().top
))(document.querySelector("[data-key='%s']")?.getBoundingClientRect())"""


def heard(door, call, *tones):
    """Whether each tone is anywhere in the recording of a call: by default the station's, and the browser's."""
    sides, rate = recorded(door, call)
    found = []
    for hertz in tones or (STATION_HZ, PHONE_HZ):
        best = max(
            levels_of(side[at : at + rate // 2], rate, hertz)[0]
            for side in sides
            for at in range(0, len(side) - rate // 2, rate // 4)
        )
        found.append(best > HEARD_DB)
    return found


def test_a_resident_calls_the_door_and_both_hear_each_other(mine, door):
    call = mine.talk()
    mine.until_heard()
    until_received(door, call)
    shown = door.get(f"/v1/calls/{call}")
    assert (shown["remote"]["display_name"], shown["led_by"], shown["srtp"]) == (mine.who, f"http:{mine.who}", True)
    assert shown["codec"]["name"] == "opus"
    mine.page.click("#talk-end")
    door.final(call, kind="call.ended", cause="hangup", by="local")
    assert heard(door, call) == [True, True]
    row = next(each for each in door.get("/v1/log/calls")["calls"] if each["id"] == call)
    assert (row["remote"]["display_name"], row["direction"], row["missed"]) == (mine.who, "incoming", False)
    assert (row["end"]["cause"], row["quality"]["received"] > 0, bool(row["recording"])) == ("hangup", True, True)
    story = ["incoming", "ringing", "answering", "connecting", "connected"]
    assert door.story(call)[: len(story)] == story
    until(lambda: mine.page.value("window.microphone.getTracks()[0].readyState") == "ended", "a microphone at rest")
    until(lambda: mine.page.value("document.querySelector('#talking').hidden"), "the page at rest")


def test_the_offer_waits_for_no_ways_that_the_station_does_not_use(mine, door):
    """A page that has no processor for a tenth of a second has those as well: then it calls again."""

    def offered():
        mine.page.value(KEPT)
        call = mine.talk()
        ways = re.findall(r"a=candidate:\S+ 1 (\w+) ", mine.page.value("window.offered"), re.IGNORECASE)
        mine.page.click("#talk-end")
        door.final(call, cause="hangup")
        until(lambda: mine.page.value("document.querySelector('#talking').hidden"), "the page at rest")
        return {way.lower() for way in ways}

    until(lambda: offered() == AT_ONCE[mine.who.partition("-")[0]], "an offer without a wait")


def test_a_muted_microphone_is_silent_and_the_call_goes_on(mine, door):
    call = mine.talk()
    until_received(door, call)
    mine.page.click(f"[data-key='{call} mute']")
    mine.page.shows(".facts", "muted")
    until_received(door, call, 200)  # four seconds: longer than silence may last
    mine.page.click("#talk-end")
    door.final(call, cause="hangup")
    sides, rate = recorded(door, call)
    last = [side[-int(LAST_S * rate) :] for side in sides]
    assert max(levels_of(side, rate, PHONE_HZ)[0] for side in last) < ABSENT_DB
    assert max(levels_of(side, rate, STATION_HZ)[0] for side in last) > HEARD_DB


def test_on_a_small_phone_what_mutes_and_what_hangs_up_are_in_view_while_people_talk(mine, door):
    with mine.page.screen(*SMALL):
        call = mine.talk()
        for what in ("mute", "hangup"):
            key = f"{call} {what}"
            until(lambda key=key: mine.page.value(IN_VIEW % key), f"{what} in view")
        mine.page.click("#talk-end")
    door.final(call, cause="hangup")


@pytest.mark.parametrize("kind", MICROPHONE)
def test_the_page_asks_for_the_microphone_once_shows_its_level_has_a_volume_and_lets_go_of_all(
    kind, door, cable, tmp_path, monkeypatch
):
    """Firefox measures nothing without a sound card that takes time."""
    volume = "document.querySelector('#talk-sound').volume"
    states = "window.contexts.map((each) => each.state)"
    with (
        serving(SoundServer, monkeypatch),
        phone(kind, tmp_path / "hears", cable.door, door, preferences=CARD) as mine,
    ):
        call, page = mine.talk(), mine.page
        until(lambda: page.value("document.querySelector('#talk-level').value") > 0, "the level of the tone")
        page.value("document.querySelector('#talk-volume').focus()")
        page.key("ArrowLeft")
        until(lambda: page.value(volume) < 1, "a lower volume", log=lambda: page.value(volume))
        assert page.value(f"Math.round(100 * {volume}) === document.querySelector('#talk-volume').valueAsNumber")
        assert page.value(states) == ["running"]
        page.click("#talk-end")
        door.final(call, cause="hangup")
        until(lambda: page.value("window.microphone.getTracks()[0].readyState") == "ended", "a microphone at rest")
        until(lambda: page.value(states) == ["closed"], "no means to work with sound", log=lambda: page.value(states))
        assert page.value("window.askings") == 1


def test_where_the_browser_can_people_choose_between_earpiece_and_speaker(mine, door):
    offers = mine.page.value("'selectAudioOutput' in navigator.mediaDevices && 'setSinkId' in Audio.prototype")
    shown = "document.querySelector('#talk-speaker').checkVisibility()"
    for chooses, wanted in (("0", offers), (CHOOSES, True)):
        mine.page.value(chooses)
        call = mine.talk()
        until(lambda wanted=wanted: mine.page.value(shown) is wanted, f"a choice: {wanted}")
        if chooses is CHOOSES:
            mine.page.click("#talk-speaker")
            until(lambda: mine.page.value("window.sink") == "earpiece", "the choice")
        mine.until_heard()
        mine.page.click("#talk-end")
        door.final(call, cause="hangup")


def test_a_call_is_held_and_resumed(mine, door):
    call = mine.talk()
    mine.until_heard()
    door.post(f"/v1/calls/{call}/hold")
    door.wait("call.held", call, by="local")
    until_received(door, call, 200)
    door.post(f"/v1/calls/{call}/resume")
    door.wait("call.resumed", call, by="local")
    mine.until_heard()
    mine.page.click("#talk-end")
    door.final(call, cause="hangup")


def test_the_station_hangs_up_and_the_page_is_at_rest(mine, door):
    call = mine.talk()
    door.post(f"/v1/calls/{call}/hangup")
    door.final(call, cause="hangup", by="local")
    until(lambda: mine.page.value("document.querySelector('#talking').hidden"), "the page at rest")
    until(lambda: mine.page.value("window.microphone.getTracks()[0].readyState") == "ended", "a microphone at rest")


def test_the_phone_answers_a_ring_and_other_phones_stop(mine, door, cable, tmp_path):
    with Daemon(
        tmp_path / "kitchen", cable.pbx.within, sip={"address": "0.0.0.0", "port": 5090, "callers": "anyone"}
    ) as kitchen:
        rang = door.ring()
        kitchen.rung()
        mine.page.click("#rings [data-key$=' talk']")
        call = mine.talks()
        ended = door.wait("ring.ended", result="answered")
        assert (ended["call"], ended["data"]["by"]) == (call, f"http:{mine.who}")
        door.final(rang, cause="answered_elsewhere")
        mine.until_heard()
        assert "ringing" not in door.story(call)
        mine.page.click("#talk-end")
        door.final(call, cause="hangup")


def test_with_a_phone_it_makes_a_conference_in_which_each_hears_both_others(mine, door, cable, tmp_path):
    tone = sounds.tone(tmp_path / "kitchen.wav", KITCHEN_HZ)
    with Daemon(
        tmp_path / "kitchen",
        cable.pbx.within,
        sip={"address": "0.0.0.0", "port": 5090, "callers": "anyone"},
        audio={"capture": "simulated", "playback": "simulated", "microphone_file": tone},
        recording={"enabled": True, "channels": "separate"},
    ) as kitchen:
        call = mine.talk()
        made = door.post("/v1/conferences", {"participants": [{"call": call}, {"to": "far"}]})
        came = kitchen.rung()
        kitchen.press("answer")
        kitchen.talk(came)
        door.wait("conference.participant_added", reason="invited")
        mine.until_hears(STATION_HZ, KITCHEN_HZ)
        until_received(door, call, 100)
        until_received(kitchen, came, 100)
        door.ask("DELETE", f"/v1/conferences/{made['id']}")
        door.final(call)
        kitchen.final(came)
        assert heard(kitchen, came, STATION_HZ, PHONE_HZ) == [True, True]


def test_a_page_that_is_loaded_again_ends_its_call(mine, door):
    call = mine.talk()
    mine.page.reload()
    door.final(call, kind="call.ended", cause="hangup")


def test_a_tab_that_is_closed_ends_its_call(mine, door):
    other = mine.another()
    call = other.talk()
    other.page.close()
    door.final(call, kind="call.ended", cause="hangup")


def test_a_second_phone_is_refused_and_its_browser_that_is_killed_ends_its_own_call(mine, door, cable, tmp_path):
    call = mine.talk()
    with phone("chromium", tmp_path / "other", cable.door, door) as other:
        other.page.value("document.querySelector('#to-talk').click()")
        other.explains("Somebody else talks at the door.")
        mine.page.click("#talk-end")
        door.final(call, cause="hangup")
        door.begin()
        until(lambda: other.page.value("document.querySelector('#talking').hidden"), "the other page at rest")
        call = other.talk()
    door.final(call, cause="hangup")


def test_a_second_tab_says_that_the_first_one_talks(mine, door):
    call = mine.talk()
    other = mine.another()
    other.page.value("import(document.querySelector('script[type=module]').src)")
    other.page.value("document.querySelector('#to-talk').hidden = false")
    other.page.value("document.querySelector('#to-talk').click()")
    other.explains("Another tab of this browser talks at the door.")
    other.page.close()
    mine.page.click("#talk-end")
    door.final(call, cause="hangup")


def test_a_key_that_is_not_the_browsers_ends_the_call_at_once(mine, door, record_property):
    mine.page.value(OTHER_KEY)
    mine.page.click("#to-talk")
    call = door.wait("call.incoming")["call"]
    door.final(call, kind="call.ended", cause="media_failed")
    note_end(record_property, door, call, "wrong key, from the answer")


@shows("POST /v1/calls/from-browser", "error:call-wrong-state")
def test_an_offer_without_a_browser_ends_by_itself(mine, door, record_property):
    mine.page.value(KEPT)
    call = mine.talk()
    offer = {"offer": re.sub(r"\S+\.local", DOOR, mine.page.value("JSON.parse(window.offered).offer"))}
    assert door.ask("POST", "/v1/calls/from-browser", offer)[0] == 409  # replayed while its browser talks
    mine.page.click("#talk-end")
    door.final(call, cause="hangup")
    door.begin()
    status, begun = door.ask("POST", "/v1/calls/from-browser", offer)  # and afterwards: until the call is over
    assert status == 200, begun
    door.final(begun["call"], kind="call.ended", cause="rtp_timeout")
    note_end(record_property, door, begun["call"], "no browser, from the answer")


def test_it_passes_the_visitor_on_to_a_phone(mine, door, cable, tmp_path):
    with Daemon(
        tmp_path / "kitchen", cable.pbx.within, sip={"address": "0.0.0.0", "port": 5090, "callers": "anyone"}
    ) as kitchen:
        call = mine.talk()
        mine.until_heard()
        mine.page.click(f"[data-key='{call} transfer']")
        mine.page.type("#transfer-to", "far")
        mine.page.key("Enter")
        came = kitchen.rung()
        door.wait("call.held", call, by="local")
        kitchen.press("answer")
        kitchen.talk(came)
        door.wait("call.transferred", call, role="transferee")
        door.final(call, kind="call.ended", cause="transferred", by="local")
        until(lambda: mine.page.value("document.querySelector('#talking').hidden"), "the page at rest")
        until_received(kitchen, came)
        (theirs,) = [each["id"] for each in door.get("/v1/calls")["calls"] if each["state"] == "connected"]
        until_received(door, theirs)
        kitchen.press("hangup")
        door.final(theirs, cause="hangup", by="remote")
