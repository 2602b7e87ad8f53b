"""What the visitor hears until somebody answers: the station's ringback, or the far end as long as it is audible."""

import os

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import account
from tests.support.peers.sipp import Sipp
from tests.support.peers.sounds import to_a_law
from tests.support.peers.voices import FRAME, PCMA, Voice
from tests.support.shown import shows
from tests.support.waiting import until

PATIENCE_S = 60.0
ZERO = bytes([0xD5]) * FRAME  # of A-law
SILENCE_S = 4.0  # of RTP without sound


class Quiet(Voice):
    """A far end that sends these packets while nobody has answered, in place of a tone, unless it `speaks`."""

    speaks = False

    def __init__(self, *given, payload):
        super().__init__(*given)
        self.payload, self.sent = payload, 0

    def send(self, kind, payload, *, marker=False):
        self.sent += 1
        super().send(kind, payload if self.speaks or kind != PCMA else self.payload, marker=marker)


def comfort_noise():
    return to_a_law(np.random.default_rng(1).normal(0, 16, FRAME))


def tones(door):
    """Whether the station's ringback plays, each time that it changed."""
    mine = [e for e in door.since if e["type"] in {"tone.started", "tone.stopped"} and e["call"] is None]
    return [e["type"] == "tone.started" for e in mine]


def rung(door, far, *answers):
    """The station calls; these answers come: the call, and its INVITE."""
    call = door.ring()
    invite = far.invited()
    for answer in answers:
        far.send(answer(invite))
    return call, invite


def progress(far, change=str, status="183 Session Progress", tag="far"):
    """A provisional answer with SDP, in a dialog of that tag."""
    return lambda invite: far.reply(invite, status, change(far.sdp)).replace(b";tag=far", f";tag={tag}".encode())


def answered(door, far, call, invite):
    """It is answered: the ringback ends, and the call."""
    assert tones(door)[-1], "the ringback until the answer"
    far.answer(invite, "200 OK", far.sdp)
    door.talk(call)
    until(lambda: not tones(door)[-1], "the end of the ringback")
    far.send(far.inside(invite, "BYE", 2))
    door.final(call, kind="call.ended", by="remote")


@shows("call.early_media")
@pytest.mark.parametrize(
    ("status", "change"),
    [
        ("183 Session Progress", str),
        ("180 Ringing", str),
        ("183 Session Progress", lambda sdp: sdp.replace("sendrecv", "sendonly")),
        ("183 Session Progress", lambda sdp: sdp.replace("sendrecv", "inactive")),
    ],
    ids=["183", "180", "sendonly", "inactive"],
)
def test_sdp_before_the_answer_without_sound_leaves_the_ringback(door, status, change):
    with Packets(door.far_address, door.far_port) as far:
        ringing = lambda invite: far.reply(invite, "180 Ringing")  # noqa: E731
        call, invite = rung(door, far, ringing, progress(far, change, status), ringing)
        door.wait("call.early_media", call)
        assert tones(door) == [True]
        answered(door, far, call, invite)


@pytest.mark.parametrize("payload", [ZERO, comfort_noise()], ids=["digital silence", "comfort noise"])
def test_silence_before_the_answer_leaves_the_ringback_and_sound_takes_its_place_while_it_lasts(door, payload):
    with Packets(door.far_address, door.far_port) as far:
        call, invite = rung(door, far, progress(far))
        with Quiet(far.rtp, invite, payload=payload) as voice:
            until(lambda: voice.sent > 50 * SILENCE_S, "silence", PATIENCE_S)
            assert tones(door) == [True]
            voice.speaks = True
            until(lambda: tones(door) == [True, False], "the far end in its place", PATIENCE_S)
            voice.speaks = False
            until(lambda: tones(door) == [True, False, True], "the ringback again", PATIENCE_S)
        answered(door, far, call, invite)


UNPLAYED = {
    "another codec": lambda payload: (0, payload),
    "comfort noise only": lambda _: (13, b"\x20"),
    "5 ms": lambda payload: (PCMA, payload[:40]),
    "encrypted": lambda payload: (PCMA, os.urandom(len(payload) + 10)),
}


class Unplayed(Voice):
    """A far end of whose packets none can be played."""

    def __init__(self, *given, change):
        super().__init__(*given)
        self.change, self.sent = change, 0

    def send(self, kind, payload, *, marker=False):
        self.sent += 1
        super().send(*(self.change(payload) if kind == PCMA else (kind, payload)), marker=marker)


@pytest.mark.parametrize("case", UNPLAYED)
def test_packets_before_the_answer_that_cannot_be_played_leave_the_ringback(door, case):
    with Packets(door.far_address, door.far_port) as far:
        call, invite = rung(door, far, progress(far))
        with Unplayed(far.rtp, invite, change=UNPLAYED[case]) as voice:
            until(lambda: voice.sent > 50 * SILENCE_S, "packets", PATIENCE_S)
        assert tones(door) == [True]
        answered(door, far, call, invite)


def test_a_reliable_183_without_sound_leaves_the_ringback(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.invited()
        for number, (status, body) in enumerate((("183 Session Progress", far.sdp), ("180 Ringing", "")), 1):
            far.send(far.reply(invite, status, body, ["Require: 100rel", f"RSeq: {number}"]))
            far.send(far.reply(far.receive("PRACK", "PRACK"), "200 OK"))
        door.wait("call.early_media", call)
        assert tones(door) == [True]
        answered(door, far, call, invite)


def test_the_ringback_comes_again_when_packets_stop_before_the_answer(door):
    with Packets(door.far_address, door.far_port) as far:
        call, invite = rung(door, far, progress(far))
        for heard in ([True, False], [True, False, True, False]):
            with Voice(far.rtp, invite):
                until(lambda h=heard: tones(door) == h, "the far end", PATIENCE_S)
            until(lambda h=heard: tones(door) == [*h, True], "the ringback again", PATIENCE_S)
        answered(door, far, call, invite)


def test_a_fork_that_has_sound_is_heard_though_another_one_is_silent(door):
    with Packets(door.far_address, door.far_port) as far:
        call, invite = rung(door, far, progress(far, tag="silent"), progress(far, tag="heard"))
        with Voice(far.rtp, invite):
            until(lambda: tones(door) == [True, False], "the fork with sound", PATIENCE_S)
        until(lambda: tones(door) == [True, False, True], "the ringback again", PATIENCE_S)
        answered(door, far, call, invite)


@shows("call.early_media")
def test_sipp_that_sends_sdp_and_no_sound_before_its_answer_leaves_the_ringback(door, tmp_path):
    with Sipp(tmp_path, "uas-early", address=door.far_address, port=door.far_port) as peer:
        call = door.ring()
        door.wait("call.early_media", call)
        door.talk(call)
        ended = door.wait("tone.stopped")
        assert ended["id"] > door.of("call.connecting", call)[0]["id"]
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()


def test_early_media_of_asterisk_takes_the_place_of_the_ringback(tmp_path):
    with Asterisk(tmp_path / "pbx") as pbx:
        daemon = Daemon(tmp_path / "d", account={"pbx": account(tmp_path, pbx, "101")})
        with daemon as door:
            door.wait("account.registered")
            call = door.post("/v1/calls", {"to": "606"})["id"]
            until(lambda: tones(door)[:2] == [True, False], "Asterisk's early media", PATIENCE_S)
            ended = door.wait("tone.stopped")
            door.talk(call)
            assert ended["id"] < door.of("call.connected", call)[0]["id"]
            door.post(f"/v1/calls/{call}/hangup")
            door.final(call, kind="call.ended", by="local")
