"""Packets that are counted: decoded if the SDP of either side has their codec, else dropped and named; never noise."""

import contextlib
import os
import wave
from math import log10

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import AMPLITUDE, HEARD_DB, from_a_law, levels_of, to_mu_law
from tests.support.peers.voices import PCMA, Voice, packet
from tests.support.shown import shows
from tests.support.waiting import until

PCMU, G722, OPUS = 0, 9, 111
NAMED = f"a=rtpmap:{OPUS} opus/48000/2\r\n"
HERTZ = 440
PATIENCE_S = 90.0
SENT_DBFS = 20 * log10(AMPLITUDE / 2**0.5 / 32768)
LOUDER_DB = 3.0  # than what was sent: noise at full scale is 12 dB louder


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Daemon(tmp_path_factory.mktemp("d"), recording={"enabled": True}) as daemon:
        yield daemon


class Odd(Voice):
    """A telephone whose packets of sound are changed before they are sent: their payload type, and their payload."""

    def __init__(self, *given, change):
        super().__init__(*given, HERTZ)
        self.change = change

    def send(self, kind, payload, *, marker=False):
        super().send(*(self.change(payload) if kind == PCMA else (kind, payload)), marker=marker)


def as_mu_law(payload):
    return PCMU, to_mu_law(from_a_law(payload))


def encrypted(tag):
    return lambda payload: (PCMA, os.urandom(len(payload) + tag))


@contextlib.contextmanager
def talking(door, formats, change):
    """A call of a far end that offers these formats, and sends its sound changed."""
    with Packets(door.far_address, to=door.address) as far:
        offer = far.sdp.replace("AVP 8 101", f"AVP {formats}").replace("a=sendrecv", f"{NAMED}a=sendrecv")
        call, accepted = far.talk_to(door, far.request("INVITE", body=offer))
        with Odd(far.rtp, accepted, change=change):
            yield call, far
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def recorded(door, call):
    """The samples of the call's recording, and their rate."""
    name = door.wait("recording.started", call)["data"]["recording"]
    door.wait("recording.available", patience=PATIENCE_S, recording=name)
    with wave.open(str(next(door.directory.rglob(f"{name}.wav"))), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float), file.getframerate()


def received(door, call):
    """Three seconds of packets have come."""
    until(lambda: (door.get(f"/v1/calls/{call}")["quality"] or {}).get("received", 0) > 150, "sound", PATIENCE_S)


def is_no_noise(samples):
    """No second is louder than what was sent."""
    seconds = np.array_split(samples, max(len(samples) // 8000, 1))
    loudest = max(20 * log10(max(np.sqrt(np.mean(each**2)), 0.1) / 32768) for each in seconds)
    assert loudest < SENT_DBFS + LOUDER_DB, f"{loudest:.1f} dBFS"


@pytest.mark.parametrize(
    ("formats", "chosen", "change"),
    [
        ("8 0 101", "PCMA", as_mu_law),
        ("9 0 101", "G722", as_mu_law),
        ("9 8 101", "G722", lambda payload: (PCMA, payload)),
        ("0 8 101", "PCMU", lambda payload: (PCMA, payload)),
    ],
)
def test_g711_is_heard_where_their_sdp_has_it_although_another_codec_was_chosen(door, formats, chosen, change):
    with talking(door, formats, change) as (call, _):
        assert door.get(f"/v1/calls/{call}")["codec"]["name"] == chosen
        received(door, call)
    samples, rate = recorded(door, call)
    is_no_noise(samples)
    (heard,) = levels_of(samples, rate, HERTZ)
    assert heard > HEARD_DB
    assert not door.of("media.silent", call)


@shows("media.silent")
@pytest.mark.parametrize(
    ("formats", "change", "why"),
    [
        ("8 101", as_mu_law, "other_codec"),
        ("9 101", as_mu_law, "other_codec"),
        ("0 101", lambda payload: (PCMA, payload), "other_codec"),
        ("8 101", lambda payload: (G722, payload), "other_codec"),
        ("8 101", lambda payload: (OPUS, payload), "other_codec"),
        ("8 101", lambda payload: (PCMA, payload[:40]), "unreadable"),
        ("8 101", lambda _: (PCMA, b""), "unreadable"),
        ("8 101", encrypted(10), "unreadable"),
        ("9 101", lambda payload: (G722, os.urandom(len(payload) + 4)), "unreadable"),
        ("8 9 101", lambda payload: (G722, payload), "other_codec"),
        (f"{OPUS} 0 101", as_mu_law, "other_codec"),
        (f"{OPUS} 8 101", lambda payload: (PCMA, payload), "other_codec"),
        (f"{OPUS} 101", lambda _: (OPUS, b""), "unreadable"),
        (f"{OPUS} 101", lambda _: (OPUS, os.urandom(90)), "unreadable"),
        (f"{OPUS} 101", lambda _: (OPUS, os.urandom(44)), "unreadable"),
    ],
    ids=[
        *("PCMU", "PCMU for G.722", "PCMA", "G.722", "Opus", "5 ms", "empty", "SRTP", "SRTP for G.722"),
        *("G.722 beside PCMA", "PCMU beside Opus", "PCMA beside Opus", "empty Opus", "SRTP for Opus", "short SRTP"),
    ],
)
def test_packets_that_cannot_be_played_are_named_and_never_noise(door, formats, change, why):
    with talking(door, formats, change) as (call, _):
        door.wait("media.silent", call, patience=PATIENCE_S, direction="receive", why=why)
    samples, _ = recorded(door, call)
    is_no_noise(samples)


@pytest.mark.parametrize(
    ("formats", "change"),
    [
        ("8 0 101", as_mu_law),
        ("0 8 101", lambda payload: (PCMA, payload)),
        ("9 8 101", lambda payload: (PCMA, payload)),
    ],
)
def test_so_it_is_in_our_call_where_their_answer_has_both(door, formats, change):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.invited()
        far.answer(invite, "200 OK", far.sdp.replace("AVP 8 101", f"AVP {formats}"))
        door.talk(call)
        with Odd(far.rtp, invite, change=change):
            received(door, call)
        far.send(far.inside(invite, "BYE", 50))
        door.final(call, kind="call.ended", by="remote")
    samples, rate = recorded(door, call)
    is_no_noise(samples)
    assert levels_of(samples, rate, HERTZ)[0] > HEARD_DB


def test_the_codec_before_a_change_is_named_and_never_noise(door):
    with talking(door, "8 101", lambda payload: (PCMA, payload)) as (call, far):
        far.send(far.request("INVITE", 2, body=far.sdp.replace("AVP 8", "AVP 0").replace("far 1 1", "far 1 2")))
        far.receive("SIP/2.0 200", "INVITE")
        far.send(far.request("ACK", 2))
        door.wait("media.silent", call, patience=PATIENCE_S, direction="receive", why="other_codec")
    samples, _ = recorded(door, call)
    is_no_noise(samples)


class Headed(Voice):
    """A telephone whose packets have more than a header and sound (RFC 3550 §5.1, RFC 8285)."""

    def __init__(self, *given, flags, before=b"", behind=b""):
        super().__init__(*given, HERTZ)
        self.flags, self.before, self.behind = flags, before, behind

    def send(self, kind, payload, *, marker=False):
        self.sequence += 1
        sound = packet(kind, self.sequence, self.time, self.ssrc, self.before + payload + self.behind)
        self.socket.sendto(bytes([sound[0] | self.flags]) + sound[1:], self.to)


@pytest.mark.parametrize(
    "more",
    [
        {"flags": 0x10, "before": bytes.fromhex("bede000110aa0000")},
        {"flags": 0x20, "behind": bytes([0, 0, 0, 4])},
        {"flags": 0x20, "behind": bytes([*[0] * 9, 10])},
        {"flags": 0x20, "behind": bytes([*[0] * 15, 16])},
        {"flags": 0x02, "before": bytes(8)},
    ],
    ids=["extension", "padding", "padding as long as a tag", "padding as long as another tag", "contributors"],
)
def test_sound_behind_a_longer_header_or_before_padding_is_heard(door, more):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        with Headed(far.rtp, accepted, **more):
            received(door, call)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
    samples, rate = recorded(door, call)
    assert levels_of(samples, rate, HERTZ)[0] > HEARD_DB
    assert not door.of("media.silent", call)
