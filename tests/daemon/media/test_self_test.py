"""The self-test of the sound over HTTP and by a long press: its results, and a call that ends it."""

import os
import signal
import threading
from contextlib import contextmanager

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.realtime

PULSE = {"capture": "pulse", "playback": "pulse"}
SERVICE = {"service": {"action": "none", "long_action": "audio_test", "long_press_ms": 500}}


@pytest.fixture
def server(monkeypatch):
    """A sound server whose microphone hears its speaker."""
    with serving(SoundServer, monkeypatch) as made:
        yield made


def result(door, **body):
    status, answer = door.ask("POST", "/v1/audio/self-test", {"seconds": 1, **body})
    assert status == 200, answer
    return answer


def until_result(door, wanted):
    """Test until that is the result: a busy machine takes parts of the sweep away."""
    results = []

    def once():
        status, answer = door.ask("POST", "/v1/audio/self-test", {"seconds": 1})
        results.append((status, answer))
        return status == 200 and answer["result"] == wanted and answer

    return until(once, wanted, log=lambda: "\n".join(map(str, [*results, door.log])))


def test_each_result_is_caused_by_what_it_names(tmp_path, server):
    with Daemon(tmp_path, audio=PULSE, panel={"lines": "simulated", "button": SERVICE}) as door:
        found = until_result(door, "loud_echo")  # the microphone hears the speaker as loud as it is played
        assert found["echo_db"] > -10
        assert "move speaker and microphone apart" in found["advice"]
        for volume, wanted in (("0.1", "works"), ("10.0", "clipped"), ("0.003", "too_quiet")):
            server.ask("set-source-volume", "null.monitor", volume)
            found = until_result(door, wanted)
            assert (found["advice"] is None) == (wanted == "works")
        server.ask("set-source-mute", "null.monitor", "1")
        until_result(door, "no_echo")
        server.kill()
        door.press("service", 1.0)
        door.next("audio.tested", result="no_card", by="button service")


def test_a_card_that_is_lost_after_its_last_sound_is_no_card(tmp_path, server):
    with Daemon(tmp_path, audio=PULSE) as door:
        door.post("/v1/audio/tone", {"tone": "door"})
        until(lambda: server.open_streams() != (0, 0), "the card is open")
        door.ask("DELETE", "/v1/audio/tone")
        until(lambda: server.open_streams() == (0, 0), "the card is closed")
        server.kill()
        assert result(door)["result"] == "no_card"


@shows("error:audio-unavailable")
def test_without_a_card_that_is_the_result(tmp_path):
    with Daemon(tmp_path, audio={"capture": "null", "playback": "null"}) as door:
        found = result(door)
        assert (found["result"], found["heard"], found["tone_dbfs"]) == ("no_card", False, None)
        assert found["advice"] == "No speaker is configured. Name its card: audio.playback."
        assert door.ask("PATCH", "/v1/audio", {"volume": 50})[1]["code"] == "audio-unavailable"


@contextmanager
def during_a_test(door, server):
    """While the sweep plays; afterwards its answer is in the list."""
    answers = []
    ask = threading.Thread(target=lambda: answers.append(door.ask("POST", "/v1/audio/self-test", {"seconds": 5})))
    ask.start()
    until(lambda: server.open_streams() == (1, 1), "the card is open")
    yield answers
    ask.join()


def interrupted(answers):
    ((status, problem),) = answers
    assert (status, problem["code"]) == (409, "conflict")
    return problem["cause"]


def test_a_visitor_in_the_test_rings_as_always_and_the_test_ends(tmp_path, server):
    with Daemon(tmp_path, audio=PULSE) as door, Packets(door.far_address, door.far_port) as far:
        with during_a_test(door, server) as answers:
            call = far.rung_by(door)
        assert interrupted(answers) == "A visitor rings."
        assert door.ask("POST", "/v1/audio/self-test")[1]["code"] == "conflict"
        assert [each["id"] for each in door.get("/v1/calls")["calls"]] == [call]


def test_two_are_not_at_once_and_one_ends_with_the_sip_process_or_the_card(tmp_path, server):
    with Daemon(tmp_path, audio=PULSE) as door:
        with during_a_test(door, server) as answers:
            status, problem = door.ask("POST", "/v1/audio/self-test")
            assert (status, problem["detail"]) == (409, "The sound is being tested already.")
            os.kill(door.sip(), signal.SIGKILL)
        assert interrupted(answers) == "The process that uses the sound cards ended."
        until_result(door, "loud_echo")
        with during_a_test(door, server) as answers:
            server.kill()
        ((status, found),) = answers
        assert (status, found["result"], found["heard"]) == (200, "no_card", False)
        assert found["advice"].endswith("Run intercomctl doctor.")
