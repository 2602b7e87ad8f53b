"""Volume and gain by clients, with the simulated mixer: set, reported, kept over a restart."""

import pytest

from tests.support.daemon import Daemon
from tests.support.pairs import appliances, connect, pair
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
SIMULATED = {"capture": "simulated", "playback": "simulated", "max_volume": 80}


def speaker(door):
    return door.get("/v1/audio")["speaker"]


def until_card(door):
    until(lambda: speaker(door)["card"] == "simulated", "the simulated card", log=lambda: door.log)


def test_a_level_that_a_client_sets_is_reported_and_kept_over_a_restart(tmp_path):
    with Daemon(tmp_path, audio=SIMULATED) as door:
        until_card(door)
        assert door.ask("PATCH", "/v1/audio", {"volume": 60, "gain_db": 30, "speaker_muted": True})[0] == 200
        event = door.next("audio.settings_changed")["data"]
        assert event["volume"] == pytest.approx(60, abs=2)
        assert (event["gain_db"], event["speaker_muted"], event["microphone_muted"]) == (30, True, False)
        assert speaker(door)["percent"] == event["volume"]
        status, problem = door.ask("PATCH", "/v1/audio", {"volume": 81})
        assert (status, problem["code"]) == (400, "parameter-invalid")
        door.stop()
        door.start()
        door.ready()
        until_card(door)
        assert speaker(door)["percent"] == event["volume"]
        assert speaker(door)["muted"] is True
        found = [each for each in door.post("/v1/doctor")["findings"] if each["check"] == "audio.playback"]
        assert "The speaker is muted. The visitor hears nothing." in [each["message"] for each in found]


def test_the_microphone_is_reported_while_somebody_hears_it_and_not_while_it_is_muted():
    with appliances(*pair({"audio": SIMULATED})) as (front, kitchen):
        until_card(front)
        connect(front, kitchen)
        front.next("audio.microphone_changed", active=True)
        assert front.get("/v1/audio")["microphone"]["heard"] is True
        assert front.ask("PATCH", "/v1/audio", {"microphone_muted": True})[0] == 200
        front.next("audio.microphone_changed", active=False)
        assert front.ask("PATCH", "/v1/audio", {"microphone_muted": False})[0] == 200
        front.next("audio.microphone_changed", active=True)
        front.press("hangup")
        front.next("audio.microphone_changed", active=False)


def test_two_buttons_of_the_panel_change_the_volume(tmp_path):
    buttons = {"louder": {"action": "volume_up"}, "quieter": {"action": "volume_down"}}
    with Daemon(tmp_path, audio={**SIMULATED, "volume": 50}, panel={"lines": "simulated", "button": buttons}) as door:
        until_card(door)
        for button, percent in (("louder", 60), ("louder", 70), ("quieter", 60)):
            door.press(button)
            assert door.next("audio.settings_changed")["data"]["volume"] == pytest.approx(percent, abs=2)
