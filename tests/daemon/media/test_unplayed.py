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
from tests.support.peers.voices import PCMA, Voice
from tests.support.shown import shows
from tests.support.waiting import until

PCMU, G722, OPUS = 0, 9, 111
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
        offer = far.sdp.replace("AVP 8 101", f"AVP {formats}")
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
        until(lambda: (door.get(f"/v1/calls/{call}")["quality"] or {}).get("received", 0) > 150, "sound", PATIENCE_S)
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
    ],
    ids=["PCMU", "PCMU for G.722", "PCMA", "G.722", "Opus", "5 ms", "empty", "SRTP", "SRTP for G.722"],
)
def test_packets_that_cannot_be_played_are_named_and_never_noise(door, formats, change, why):
    with talking(door, formats, change) as (call, _):
        door.wait("media.silent", call, patience=PATIENCE_S, direction="receive", why=why)
    samples, _ = recorded(door, call)
    is_no_noise(samples)
