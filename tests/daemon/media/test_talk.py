"""Push-to-talk with real sound: the visitor's speaker and the caller's hear one side at a time."""

import numpy as np
import pytest

from tests.support.pairs import appliances, connect, pair
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import ABSENT_DB, HEARD_DB, levels_of, tone
from tests.support.stations import RATE
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
VISITOR, CALLER = 440, 660  # Hz


@pytest.fixture
def card(monkeypatch):
    """The card of both speakers, which can be heard."""
    with serving(SoundServer, monkeypatch) as made:
        yield made


@pytest.mark.long(60)
def test_one_side_is_heard_at_a_time_by_button_digit_and_order(card, tmp_path):
    heard = tmp_path / "heard.raw"
    buttons = {"talk": {"action": "talk"}}
    door_audio = {"microphone_file": tone(tmp_path / "visitor.wav", VISITOR), "mode": "push_to_talk"}
    caller_audio = {"microphone_file": tone(tmp_path / "caller.wav", CALLER)}
    configs = pair(
        {"audio": {"playback": "pulse", **door_audio}, "panel": {"button": buttons}},
        {"audio": {"playback": "pulse", **caller_audio}},
    )

    def only(wanted, other):
        def newest():
            samples = np.fromfile(heard, dtype="<i2").astype(float)[-RATE // 2 :]
            return levels_of(samples, RATE, wanted, other) if len(samples) == RATE // 2 else [ABSENT_DB, ABSENT_DB]

        def alone():
            levels = newest()
            return levels[0] > HEARD_DB and levels[1] < ABSENT_DB

        until(alone, f"{wanted} Hz and not {other}", log=newest)

    listener = card.listen(heard)
    try:
        with appliances(*configs) as (door, caller):
            _, theirs = connect(door, caller)
            only(CALLER, VISITOR)
            with door.held_down("talk"):
                only(VISITOR, CALLER)
                caller.press("hangup")
                door.next("call.ended")
            call, theirs = connect(door, caller)
            only(CALLER, VISITOR)
            assert door.get("/v1/audio")["mode"] == "push_to_talk"
            for wanted in (VISITOR, CALLER):
                caller.post(f"/v1/calls/{theirs}/dtmf", {"digits": "*"})
                door.next("dtmf.received", call)
                only(wanted, VISITOR + CALLER - wanted)
            door.post("/v1/audio/talk", {"seconds": 300})
            door.next("audio.microphone_changed", active=True)
            only(VISITOR, CALLER)
            assert door.ask("DELETE", "/v1/audio/talk")[1]["warning"] is None
            only(CALLER, VISITOR)
    finally:
        listener.kill()
        listener.wait()
