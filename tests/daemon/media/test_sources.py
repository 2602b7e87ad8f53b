"""Whose sound and digits count in a call: those of its far end, and of nobody else who sends packets into it."""

import contextlib
import os
import subprocess
import sys
import wave

import numpy as np
import pytest

from appliance.demo.stations import CODE
from tests.support.daemon import Daemon, loopback
from tests.support.peers.afterwards import outlived
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import ABSENT_DB, HEARD_DB, levels_of
from tests.support.peers.voices import SSRC, Voice, drained, event, event_type, opened, packet, place, report
from tests.support.shown import shows
from tests.support.waiting import until

PATIENCE_S = 90.0
DOOR = {"front": {"digits": "1", "pulse_s": 1.0}}
FAR_HZ, STRANGER_HZ = 440, 1000
FLOOD_PER_S, FLOOD_S = 50_000, 3


def station(directory, **settings):
    daemon = Daemon(directory, door=DOOR, **settings)
    daemon.config["target"]["far"]["doors"] = ["front"]
    return daemon


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with station(tmp_path_factory.mktemp("d"), recording={"enabled": True}) as daemon:
        yield daemon


@contextlib.contextmanager
def called(door, change=str):
    """A far end that calls and was answered: itself, the call, and our 200. `change`: of its SDP."""
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", body=change(far.sdp)))
        call = door.rung()
        accepted = far.called(lambda: door.press("answer"))
        door.talk(call)
        yield far, call, accepted
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def received(door, call):
    """How many packets of its far end a call has counted."""
    quality = door.get(f"/v1/calls/{call}")["quality"]
    return quality["received"] if quality else 0


def flows(door, call):
    """Wait until packets of its far end come."""
    before = received(door, call)
    until(lambda: received(door, call) > before + 20, "sound of the far end", PATIENCE_S)


def opens(door, voice):
    """The far end's own digit still opens the door, and it is the only one that did."""
    voice.press("1")
    door.wait("door.locked", door="front", patience=PATIENCE_S)
    assert len(door.of("door.unlocked")) == len(door.of("dtmf.received")) == 1


def sounds_like(door, call, heard, absent):
    """In the recording of the call there is the one tone, and not the other."""
    name = door.wait("recording.started", call)["data"]["recording"]
    done = door.wait("recording.available", patience=PATIENCE_S, recording=name)["data"]
    with wave.open(str(next(door.directory.rglob(f"{done['recording']}.wav"))), "rb") as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    there, other = levels_of(samples, rate, heard, absent)
    assert there > HEARD_DB, f"{heard} Hz at {there:.1f} dB"
    assert other < ABSENT_DB, f"{absent} Hz at {other:.1f} dB"


def test_a_stranger_is_neither_heard_nor_hears_nor_opens(door, record_property):
    with outlived(door, record_property):
        with called(door) as (far, call, accepted), Voice(far.rtp, accepted, FAR_HZ) as voice:
            flows(door, call)
            drained(far.rtp)
            with contextlib.closing(opened(loopback())) as stranger:
                other = Voice(stranger, accepted, STRANGER_HZ, ssrc=0xBAD)
                for _ in range(100):
                    other.digit("1")
                with other:
                    flows(door, call)
                opens(door, voice)
                assert not drained(stranger)
            until(lambda: drained(far.rtp), "our sound at the far end")
            assert not door.of("media.source_changed")
        sounds_like(door, call, FAR_HZ, STRANGER_HZ)


@shows("media.source_changed")
def test_another_ssrc_from_the_far_ends_address_waits_for_a_pause(door):
    with called(door) as (far, call, accepted):
        with Voice(far.rtp, accepted) as voice:
            flows(door, call)
            other = Voice(far.rtp, accepted, ssrc=0xBAD)
            for _ in range(20):
                other.digit("1")
            opens(door, voice)
        assert not door.of("media.source_changed", call)
        with Voice(far.rtp, accepted, ssrc=0x600D) as next_one:
            changed = door.wait("media.source_changed", call, patience=PATIENCE_S)["data"]
            assert (changed["source"], changed["ssrc"]) == (changed["previous"], 0x600D)
            assert changed["previous_ssrc"] == SSRC
            flows(door, call)
            next_one.press("1")
            until(lambda: len(door.of("door.locked")) == 2, "the door again", PATIENCE_S)


@shows("media.source_changed")
def test_the_first_source_behind_a_nat_is_the_far_end(door):
    private = loopback()
    behind = lambda sdp: sdp.replace(f"c=IN IP4 {door.far_address}", f"c=IN IP4 {private}")  # noqa: E731
    with called(door, behind) as (far, call, accepted), Voice(far.rtp, accepted, FAR_HZ) as voice:
        named, real = f"{private}:{far.rtp.getsockname()[1]}", "{}:{}".format(*far.rtp.getsockname())
        told = door.wait("media.source_changed", call, patience=PATIENCE_S)["data"]
        assert told == {"source": real, "ssrc": SSRC, "previous": named, "previous_ssrc": None}
        until(lambda: drained(far.rtp), "our sound where it really is")
        with contextlib.closing(opened(loopback())) as stranger:
            other = Voice(stranger, accepted, STRANGER_HZ, ssrc=0xBAD)
            for _ in range(100):
                other.digit("1")
            flows(door, call)
            opens(door, voice)
            assert not drained(stranger)
    assert len(door.of("media.source_changed")) == 1


@shows("media.source_changed")
def test_another_source_is_taken_after_a_silence_and_the_first_one_has_its_place_back(door):
    with called(door) as (far, call, accepted), contextlib.closing(opened(loopback())) as elsewhere:
        with Voice(far.rtp, accepted):
            flows(door, call)
        first, second = ("{}:{}".format(*each.getsockname()) for each in (far.rtp, elsewhere))
        with Voice(elsewhere, accepted, ssrc=0xB0B):
            changed = door.wait("media.source_changed", call, patience=PATIENCE_S, source=second)
            assert changed["data"]["previous"] == first
            assert door.of("media.stopped", call)  # for two seconds, before the five
            until(lambda: drained(elsewhere), "our sound there")
            with Voice(far.rtp, accepted):
                back = door.wait("media.source_changed", call, patience=PATIENCE_S, source=first)
                assert back["data"]["previous"] == second
                flows(door, call)


@pytest.mark.parametrize("behind_nat", [False, True])
def test_digits_of_a_source_that_a_silence_let_in_open_nothing_and_the_far_ends_by_info_do(door, behind_nat):
    private = loopback()
    named = lambda sdp: sdp.replace(f"c=IN IP4 {door.far_address}", f"c=IN IP4 {private}")  # noqa: E731
    with (
        called(door, named if behind_nat else str) as (far, call, accepted),
        contextlib.closing(opened(loopback())) as elsewhere,
    ):
        with Voice(far.rtp, accepted):
            flows(door, call)
        second = "{}:{}".format(*elsewhere.getsockname())
        with Voice(elsewhere, accepted, ssrc=0xB0B) as voice:
            voice.press("1")  # among its first packets, and again
            door.wait("media.source_changed", call, patience=PATIENCE_S, source=second)
            flows(door, call)
            for count in (1, 2):
                voice.press("1")
                until(lambda: len(door.of("dtmf.received", call)) >= count, "the digit", PATIENCE_S)  # noqa: B023
            assert not door.of("door.unlocked")
            for seq in (5, 6, 7):  # those within a second of the others count as the same presses
                far.ask(
                    far.request("INFO", seq, body="Signal=1\r\n", kind="application/dtmf-relay"), "SIP/2.0 200", "INFO"
                )
            door.wait("door.unlocked", door="front", patience=PATIENCE_S)
            door.wait("door.locked", door="front", patience=PATIENCE_S)


@shows("media.source_changed")
def test_a_re_invite_brings_another_source_at_once(door):
    with called(door) as (far, call, accepted), contextlib.closing(opened(door.far_address)) as moved:
        first, second = ("{}:{}".format(*each.getsockname()) for each in (far.rtp, moved))
        with Voice(far.rtp, accepted):
            flows(door, call)
            sdp = far.sdp.replace("far 1 1", "far 1 2")
            sdp = sdp.replace(f"m=audio {far.rtp.getsockname()[1]}", f"m=audio {moved.getsockname()[1]}")
            far.send(far.request("INVITE", 2, body=sdp))
            again = far.receive("SIP/2.0 200", "INVITE")
            far.send(far.request("ACK", 2))
            with Voice(moved, again, ssrc=0xB0B) as voice:
                changed = door.wait("media.source_changed", call, patience=PATIENCE_S)["data"]
                assert changed == {"source": second, "ssrc": 0xB0B, "previous": first, "previous_ssrc": SSRC}
                opens(door, voice)


def test_our_own_packets_that_come_back_are_no_sound_of_the_far_end(tmp_path):
    with station(tmp_path / "d", deadlines={"rtp_s": 2}) as door, Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        accepted = far.called(lambda: door.press("answer"))
        to = place(accepted)

        def ended():
            for each in drained(far.rtp):
                far.rtp.sendto(each, to)
            return door.of("call.disconnecting", call)

        until(ended, "the end of the call", PATIENCE_S)
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", cause="rtp_timeout", by="local")


def test_reports_of_a_stranger_do_not_lead_ours_to_them(door):
    with contextlib.closing(opened(door.far_address)) as rtcp, contextlib.closing(opened(loopback())) as stranger:
        named = lambda sdp: f"{sdp}a=rtcp:{rtcp.getsockname()[1]}\r\n"  # noqa: E731
        with called(door, named) as (far, call, accepted):
            address, port = place(accepted)
            for number in range(20):
                stranger.sendto(report(0xBAD + number), (address, port + 1))
            with Voice(far.rtp, accepted):
                flows(door, call)
            rtcp.settimeout(PATIENCE_S)
            assert rtcp.recv(65536)[1] in {200, 201}  # ours
            assert not drained(stranger)


def test_packets_of_an_earlier_call_played_again_open_nothing(door):
    with called(door) as (far, call, accepted), Voice(far.rtp, accepted, ssrc=0x01D) as voice:
        flows(door, call)
        opens(door, voice)
    door.begin()
    kept = [
        packet(event_type(accepted), 500 + n, 80000, 0x01D, event("1", 160 * (n + 1), end=n >= 3)) for n in range(6)
    ]
    with called(door) as (far, call, accepted), Voice(far.rtp, accepted, ssrc=0x2E3) as voice:
        flows(door, call)
        with contextlib.closing(opened(loopback())) as stranger:
            for each in kept * 20:
                far.rtp.sendto(each, place(accepted))  # as from the far end's address, which a stranger can forge
                stranger.sendto(each, place(accepted))
        opens(door, voice)


def test_wrong_codes_of_a_stranger_lock_no_one_out(tmp_path, record_property):
    daemon = Daemon(tmp_path / "d", door={"front": {"pulse_s": 2.0}})
    daemon.config["target"]["far"]["doors"] = ["front"]
    with daemon as door:
        door.post("/v1/codes", {"owner": "Cleaner", "digits": "4711", "doors": ["front"]})
        with (
            outlived(door, record_property),
            called(door) as (far, call, accepted),
            Voice(far.rtp, accepted) as voice,
        ):
            flows(door, call)
            with contextlib.closing(opened(loopback())) as stranger:
                other = Voice(stranger, accepted, ssrc=0xBAD)
                for _ in range(30):  # five would do
                    for digit in "0000#":
                        other.digit(digit)
            flows(door, call)  # 900 packets at once fill the socket's buffer, which drops what comes behind them
            voice.press("4711#")
            door.wait("door.unlocked", door="front", means="dtmf", patience=PATIENCE_S)
            assert not door.of("door.denied") + door.of("access.locked_out")


def test_ports_for_sound_are_random_in_the_configured_range(tmp_path):
    runs = []
    for run in ("one", "other"):
        with station(tmp_path / run, sip={"address": loopback(), "port": 0, "rtp_ports": "31000-31999"}) as door:
            ports = []
            for _ in range(4):
                with called(door) as (_, _, accepted):
                    ports.append(place(accepted)[1])
            runs.append(ports)
    assert all(31000 <= port < 31999 and port % 2 == 0 for ports in runs for port in ports)
    assert runs[0] != runs[1]
    assert all({ports[n + 1] - ports[n] for n in range(3)} != {2} for ports in runs)


def rtp_flood(accepted, strangers, within=(), seconds=FLOOD_S):
    """A process that sends packets of these addresses into the call; it prints how many, and in how many seconds."""
    to, port = place(accepted)
    words = ["-m", "tests.support.peers.rtp_flood", to, port, event_type(accepted), FLOOD_PER_S, seconds, *strangers]
    command = [*within, sys.executable, *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(CODE)}  # a namespace has a working directory of its own
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def quality(door, call):
    """How many packets of its far end a call has lost, and received."""
    told = door.get(f"/v1/calls/{call}")["quality"]
    return told["lost"], told["received"]


def test_a_flood_of_strangers_packets_into_a_call_leaves_it_to_its_far_end(door, record_property):
    with outlived(door, record_property):
        with called(door) as (far, call, accepted), Voice(far.rtp, accepted, FAR_HZ) as voice:
            flows(door, call)
            before = quality(door, call)
            flood = rtp_flood(accepted, [loopback() for _ in range(8)])
            sent, seconds = map(float, flood.communicate(timeout=PATIENCE_S)[0].split())
            flows(door, call)
            lost, came = (now - then for now, then in zip(quality(door, call), before, strict=True))
            record_property("packets of strangers a second", round(sent / seconds))
            record_property("of the far end's packets", f"{lost} of {lost + came} lost")
            print(f"{sent / seconds:.0f} packets of strangers a second for {seconds} s: {lost} of {lost + came} lost")
            assert not door.of("dtmf.received") + door.of("media.source_changed")
            opens(door, voice)
        sounds_like(door, call, FAR_HZ, STRANGER_HZ)
