"""Links with real far ends, each with a tone of its own: who hears whom, and what the speaker plays."""

import contextlib

import numpy as np
import pytest

from tests.daemon.calls.test_baresip import levels
from tests.daemon.conferences.test_conferences import PANEL, TONES, hears, hears_none
from tests.support.daemon import Daemon, loopback
from tests.support.peers.baresip import Baresip
from tests.support.peers.sipp import free_port
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import ABSENT_DB, HEARD_DB, levels_of, tone
from tests.support.shown import shows
from tests.support.stations import RATE
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
NAMES = ("two", "three", "four")


@pytest.fixture
def card(monkeypatch):
    """The card of the speaker, which can be heard."""
    with serving(SoundServer, monkeypatch) as made:
        yield made


@pytest.fixture
def door(card, tmp_path):
    """A station whose microphone hears 1,000 Hz."""
    places = {name: (address := loopback(), free_port(address)) for name in NAMES}
    audio = {"playback": "pulse", "microphone_file": tone(tmp_path / "microphone.wav", PANEL)}
    targets = {name: {"uri": f"sip:far@{address}:{port}"} for name, (address, port) in places.items()}
    recording = {"enabled": True, "calls": "none"}
    with Daemon(tmp_path / "d", audio=audio, recording=recording, target=targets) as station:
        station.places = places
        yield station


@pytest.fixture
def peers(door, tmp_path):
    """The far ends, in a call each; the last one is in front. With their calls."""
    with contextlib.ExitStack() as stack:
        found = {}
        for name in NAMES:
            directory = tmp_path / name
            directory.mkdir()
            peer = stack.enter_context(Baresip(directory, *door.places[name], hertz=TONES[name]))
            call = door.post("/v1/calls", {"to": name})["id"]
            peer.wait("CALL_INCOMING")
            peer.command("accept")
            hears(peer, PANEL)
            if name != NAMES[-1]:  # linked, it talks on behind the next call: baresip 1.0 writes nothing after a hold
                assert door.ask("PUT", f"/v1/calls/{call}/media/speaker", {"gain": 0})[0] == 200
            found[name] = peer, call
        yield found


def alone(found, names):
    """Whether the tones of these far ends were found, and of no other: dB by far end."""
    return bool(found) and all(
        level > HEARD_DB if name in names else level < ABSENT_DB for name, level in found.items()
    )


@pytest.fixture
def speaker(card, tmp_path):
    """`speaker(name, …)`: wait until it plays the tones of these far ends and of no other."""
    heard = tmp_path / "heard.raw"
    listener = card.listen(heard)

    def plays(*names):
        hertz = [TONES[name] for name in NAMES]

        def newest():
            samples = np.fromfile(heard, dtype="<i2").astype(float)[-RATE // 2 :]
            return dict(zip(NAMES, levels_of(samples, RATE, *hertz), strict=True)) if len(samples) else {}

        until(lambda: alone(newest(), names), f"the tones of {names}", log=newest)

    yield plays
    listener.kill()
    listener.wait()


def records(door, recording, *names):
    """Wait until the tones of these far ends are in the recording, and of no other."""

    def newest():
        file = door.directory / "recordings" / f"{recording}.wav"
        return dict(zip(NAMES, levels(file, *(TONES[name] for name in NAMES)), strict=False))

    until(lambda: alone(newest(), names), f"the tones of {names}", log=newest)


@shows(
    *("PUT /v1/calls/{id}/media/{target}", "DELETE /v1/calls/{id}/media/{target}"),
    *("media.linked", "media.unlinked", "error:conflict"),
)
def test_a_client_decides_which_far_end_hears_which_and_what_the_speaker_plays(door, peers, speaker):
    (two, here), (three, there), (four, _) = (peers[name] for name in NAMES)
    place = f"/v1/calls/{here}/media/{there}"
    hears(four, PANEL)
    for peer in (two, three):
        hears_none(peer)
    speaker("four")

    assert door.ask("PUT", place, {})[0] == 200
    door.next("tone.started", here, tone="warning")
    hears(three, TONES["two"])
    hears_none(two)
    hears(four, PANEL)
    speaker("four")

    assert door.ask("PUT", place, {"direction": "both"})[0] == 200
    door.next("tone.started", there, tone="warning")
    hears(two, TONES["three"])
    hears(three, TONES["two"])
    assert door.ask("PUT", place, {"gain": 0})[0] == 200
    for peer in (two, three):
        hears_none(peer)

    assert door.ask("POST", f"/v1/calls/{there}/recording")[0] == 202
    recording = door.next("recording.started", there)["data"]["recording"]
    records(door, recording, "three")
    assert door.ask("PUT", place, {"gain": 50})[0] == 200
    door.next("tone.started", here, tone="warning")
    hears(three, TONES["two"])
    records(door, recording, "two", "three")

    assert door.ask("PUT", f"/v1/calls/{here}/media/speaker", {})[0] == 200
    door.next("tone.started", here, tone="warning")
    speaker("two", "four")
    hears(four, PANEL)
    assert door.ask("PUT", f"/v1/calls/{here}/media/{here}", {})[1]["code"] == "conflict"
    assert [each["target"] for each in door.get(f"/v1/calls/{here}")["links"]] == [there, "speaker"]
    assert door.ask("DELETE", place)[1]["warning"] is None
    door.next("media.unlinked", here, target=there, reason="stopped")
    for peer in (two, three):
        hears_none(peer)
    assert door.ask("DELETE", f"/v1/calls/{there}/media/speaker")[0] == 200
    until(lambda: door.get(f"/v1/calls/{there}")["hold"] == "local", "the call is held, as any in the background")
    assert door.ask("PUT", place, {})[0] == 200
    door.next("call.resumed", there)
    door.post(f"/v1/calls/{here}/hangup")
    door.next("media.unlinked", here, target="speaker", reason="ended")
    speaker("four")
    hears(four, PANEL)
