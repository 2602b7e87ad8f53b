import asyncio
import itertools
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from appliance.base import ids
from appliance.core import inputs
from appliance.core.desired import Sound
from appliance.core.model import CallId, SoundCard, Tone
from appliance.core.orders import HangUp, Place
from appliance.sip import link
from appliance.sip.settings import SipSettings
from appliance.sip.stack.media import devices
from appliance.sip.stack.media.devices import number_of
from tests.support.daemon import loopback
from tests.support.peers.packets import Packets
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.voices import place
from tests.support.stations import PATIENCE_S, Ear, Station, connect, stations, talk, tone_file
from tests.support.times import REAL
from tests.support.waiting import until_async

pytestmark = pytest.mark.far_end

OURS, THEIRS, DIALING = 440, 1000, 425
AS_PLAYED, ABSENT = (-1.0, 1.0), (-200.0, -50.0)  # dB


@pytest.fixture
def server(monkeypatch):
    with serving(SoundServer, monkeypatch) as made:
        yield made


@pytest.fixture
def silent_server(monkeypatch):
    """A sound server that accepts a connection and never says anything."""
    with tempfile.TemporaryDirectory(prefix="pulse-") as directory, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{directory}/native")
        listening.listen()
        listening.setblocking(False)
        monkeypatch.setenv("PULSE_SERVER", f"unix:{directory}/native")
        yield listening


@pytest.fixture
def heard(server, tmp_path):
    path = tmp_path / "heard.raw"
    listener = server.listen(path)
    yield Ear(path, header=0)
    listener.kill()
    listener.wait()


def card(user, tmp_path, hertz):
    return {"user": user, "playback": "pulse", "microphone_file": str(tone_file(tmp_path / f"{user}.wav", hertz))}


def test_each_station_plays_the_other_at_its_level_on_an_alsa_pcm_and_nothing_while_muted(server, heard, tmp_path):
    async def scenario():
        async with stations(card("door", tmp_path, OURS), card("kitchen", tmp_path, THEIRS)) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            door.link.desire(talk(ours))
            kitchen.link.desire(talk(theirs))
            await heard.hears(OURS, *AS_PLAYED)
            await heard.hears(THEIRS, *AS_PLAYED)
            door.link.desire(talk(ours, microphone=False))
            await heard.hears(OURS, *ABSENT)
            await heard.hears(THEIRS, *AS_PLAYED)
            door.link.desire(talk(ours))
            await heard.hears(OURS, *AS_PLAYED)
            kitchen.link.desire(talk(theirs, held=True))
            await heard.hears(OURS, *ABSENT)
            await heard.hears(THEIRS, *ABSENT)

    asyncio.run(scenario())


@pytest.mark.parametrize("tone", list(Tone))
def test_every_tone_is_heard_on_the_own_speaker(tone, server, heard):
    others = {Tone.RINGING: 660, Tone.AUTO_ANSWER: 880, Tone.CONFIRM: 700, Tone.ENDING: 950}
    others |= {Tone.DOOR: 784, Tone.WARNING: 950}
    hertz = others.get(tone, 425)

    async def scenario():
        async with stations({"playback": "pulse"}) as (door,):
            door.link.desire(Sound(tone=tone))
            await heard.hears(hertz, -30, 1)
            door.link.desire(Sound())
            await server.until_open(0, 1)  # the ear

    asyncio.run(scenario())


def test_the_microphone_is_open_only_while_it_is_wanted(server):
    async def scenario():
        both = {"capture": "pulse", "playback": "pulse"}
        async with stations({"user": "door", **both}, {"user": "kitchen"}) as (door, kitchen):
            await server.until_open(0, 0)
            ours, _theirs = await connect(door, kitchen)
            door.link.desire(talk(ours))
            await server.until_open(1, 1)
            door.link.desire(Sound())
            await server.until_open(0, 0)

    asyncio.run(scenario())


def test_a_card_lost_in_a_call_is_reported_and_healed_and_the_far_end_hears_on(server):
    async def scenario():
        async with stations({"user": "door", "capture": "pulse", "playback": "pulse"}, {"user": "kitchen"}) as pair:
            door, kitchen = pair
            ours, _theirs = await connect(door, kitchen)
            door.link.desire(talk(ours))
            await server.until_open(1, 1)
            server.kill()
            failed = await door.wait(inputs.PartFailed, part="audio")
            assert "'pulse'" in failed.why
            await asyncio.to_thread(server.start)
            recovered = await door.wait(inputs.PartRecovered, part="audio")
            assert recovered.card == failed.card == "pulse"
            await server.until_open(1, 1)
            assert not kitchen.of(inputs.CallEnded) + door.of(inputs.SipLost)

            def heard_again():  # after a moment in which a process did not run
                return len(kitchen.of(inputs.RtpStopped)) == len(kitchen.of(inputs.RtpResumed))

            await until_async(heard_again, "packets to the kitchen", log=str)

    asyncio.run(scenario())


def test_gaps_in_the_sound_are_counted_by_the_card_and_reported(server):
    """Alsa's plug-in for the sound server reports EPIPE, as a card does, to a process that comes too late."""

    async def scenario():
        async with stations({"capture": "pulse", "playback": "pulse"}) as (door,):
            door.link.desire(Sound(tone=Tone.DIALING))
            await server.until_open(1, 1)

            def dry():
                return re.search(r"Buffer Latency: \d{1,3} usec", server.ask("list", "sink-inputs"))

            def reports():
                return door.of(inputs.XrunsCounted)

            async def starved():
                """Hold the process up; one that opens the card just then, or again, has no buffer that runs dry."""
                os.kill(door.link.pid, signal.SIGSTOP)
                with suppress(AssertionError):
                    await until_async(dry, "less than 1 ms in the buffer", 5)
                os.kill(door.link.pid, signal.SIGCONT)
                with suppress(AssertionError):
                    await until_async(reports, "a report", 5)
                return reports()

            (counted, *more) = await until_async(starved, "a report")
            assert counted.card == "pulse"
            assert counted.playback > 0
            assert not more

    asyncio.run(scenario())


def test_after_a_gap_the_buffer_is_full_before_it_plays_so_one_gap_is_not_followed_by_many(server, heard):
    """Each restart after a gap costs a new stream at the sound server, whose number counts them.

    On a busy machine the buffer may outlast a pause: there are more of them until three were gaps.
    """
    drains_s = 0.14  # what the card's buffer holds; a sound server may take some of it ahead

    async def scenario():
        async with stations({"capture": "pulse", "playback": "pulse"}) as (door,):
            door.link.desire(Sound(tone=Tone.DIALING))

            async def number():
                return int(await until_async(lambda: server.ask("list", "short", "sink-inputs").split("\t")[0], "it"))

            async def restarts_of_a_pause():
                began, before = time.monotonic(), await number()
                os.kill(door.link.pid, signal.SIGSTOP)
                await heard.level(OURS, 0.5)  # longer than the buffer
                os.kill(door.link.pid, signal.SIGCONT)
                await heard.level(OURS, 1.5)
                restarts = await number() - before
                assert restarts <= 5 + 2 * (time.monotonic() - began) / drains_s
                return restarts

            for _ in range(3):
                await until_async(restarts_of_a_pause, "a gap")

    asyncio.run(scenario())


@pytest.fixture
def failing(tmp_path, monkeypatch):
    """Reads and writes of the card fail as the files of these names say (failing_card.c)."""
    library, files = tmp_path / "failing_card.so", tmp_path / "fails"
    source = Path(__file__).with_name("failing_card.c")
    subprocess.run(
        ["gcc", "-O2", "-shared", "-fPIC", "-o", library, source, "-Wl,--no-as-needed", "-lasound"], check=True
    )
    files.mkdir()
    monkeypatch.setenv("FAILING_CARD", str(files))
    monkeypatch.setenv("LD_PRELOAD", str(library))
    return files


@pytest.mark.parametrize(
    ("way", "loss"),
    [("read", b"x"), ("write", b"x"), ("write", b"x........")],
    ids=["read", "written", "taken until its buffer is full"],
)
def test_one_failed_transfer_is_a_gap_and_more_within_a_moment_are_the_loss_of_the_card(
    way, loss, server, heard, failing
):
    """A process that gets no processor sees EIO once, where alsa-lib waits for a stream that overruns again."""
    transfers = failing / way

    async def scenario():
        async with stations({"capture": "pulse", "playback": "pulse"}) as (door,):
            door.link.desire(Sound(tone=Tone.DIALING))
            await heard.hears(DIALING, -30, 1)
            transfers.write_bytes(b"x")
            await until_async(lambda: not transfers.stat().st_size, "the failed transfer")
            await heard.level(DIALING, 1.5)
            assert not door.of(inputs.PartFailed)
            transfers.write_bytes(loss * 10_000)
            await door.wait(inputs.PartFailed, part="audio")
            transfers.unlink()
            await door.wait(inputs.PartRecovered, part="audio")
            await heard.hears(DIALING, -30, 1)

    asyncio.run(scenario())


class Arrivals:
    """`with Arrivals(socket) as heard`: when each packet came, in a thread of its own."""

    def __init__(self, receiver):
        self._receiver, self.at, self._gone = receiver, [], False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._receiver.settimeout(PATIENCE_S)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._gone = True
        self._thread.join()

    def _run(self):
        while not self._gone:
            self._receiver.recv(2000)
            self.at.append(time.monotonic())

    async def flow(self):
        """Wait until a second of sound has come from now on."""
        before = len(self.at)
        await until_async(lambda: len(self.at) > before + 50, "sound", log=str)


def test_sound_to_the_far_end_goes_on_while_the_card_is_opened_lost_and_closed(server, record_property):
    """pjsua has no clock between one device and the next (upstream's 8a7ab4a27): the longest pause is printed."""

    async def scenario():
        async with stations({"user": "door", "capture": "pulse", "playback": "pulse"}) as (door,):
            with Packets(loopback()) as far:
                ours = CallId(ids.new("c"))
                door.link.order(Place(ours, f"sip:far@{far.address}:{far.port}"))
                invite = await asyncio.to_thread(far.receive, "INVITE", "INVITE")
                far.rtp.connect(place(invite))
                with Arrivals(far.rtp) as heard:
                    far.send(far.reply(invite, "200 OK", far.sdp))
                    await door.wait(inputs.CallConfirmed, call=ours)
                    await heard.flow()
                    door.link.desire(talk(ours))
                    await server.until_open(1, 1)
                    await heard.flow()
                    server.kill()
                    await door.wait(inputs.PartFailed, part="audio")
                    await heard.flow()
                    await asyncio.to_thread(server.start)
                    await door.wait(inputs.PartRecovered, part="audio")
                    await heard.flow()
                    door.link.desire(talk(ours, microphone=False, speaker=False))
                    await server.until_open(0, 0)
                    await heard.flow()
                door.link.order(HangUp(ours))
                await asyncio.to_thread(far.receive, "BYE", "BYE")
            pauses = sorted(later - at for at, later in itertools.pairwise(heard.at))
            record_property("longest pauses between packets, ms", [round(1000 * pause) for pause in pauses[-5:]])
            print(f"Longest pauses between packets: {[round(1000 * pause) for pause in pauses[-5:]]} ms")

    asyncio.run(scenario())


def test_packets_go_on_while_a_card_gives_and_takes_nothing(server):
    """The microphone is the clock of the packets, but not the only one."""

    async def scenario():
        async with stations({"user": "door", "capture": "pulse", "playback": "pulse"}) as (door,):
            with Packets(loopback()) as far:
                ours = CallId(ids.new("c"))
                door.link.order(Place(ours, f"sip:far@{far.address}:{far.port}"))
                invite = await asyncio.to_thread(far.receive, "INVITE", "INVITE")
                far.rtp.connect(place(invite))
                with Arrivals(far.rtp) as heard:
                    far.send(far.reply(invite, "200 OK", far.sdp))
                    await door.wait(inputs.CallConfirmed, call=ours)
                    door.link.desire(talk(ours))
                    await server.until_open(1, 1)
                    await heard.flow()
                    server.process.send_signal(signal.SIGSTOP)
                    try:
                        await heard.flow()
                        await heard.flow()
                    finally:
                        server.process.send_signal(signal.SIGCONT)
                    await heard.flow()
                door.link.order(HangUp(ours))
                await asyncio.to_thread(far.receive, "BYE", "BYE")
            assert not door.of(inputs.SipLost)

    asyncio.run(scenario())


def test_a_card_that_opens_slowly_ends_no_process(server, set_times):
    """In three seconds, as on a busy board. Again where this machine adds to them."""
    set_times(sip_silent_s=REAL.sip_silent_s)

    async def lasts():
        async with stations({"user": "door", "capture": "pulse", "playback": "pulse"}) as (door,):
            server.process.send_signal(signal.SIGSTOP)
            try:
                door.link.desire(Sound(tone=Tone.DIALING))
                await asyncio.sleep(3)
            finally:
                server.process.send_signal(signal.SIGCONT)
            await server.until_open(1, 1)
            return not door.of(inputs.SipLost)

    async def scenario():
        for _ in range(4):
            if await lasts():
                return
        pytest.fail("the process was ended each time")

    asyncio.run(scenario())


def test_a_card_that_hangs_costs_one_process_and_the_next_one_does_without_it(server, set_times):
    set_times(sip_silent_s=REAL.sip_silent_s)
    set_times(hung_card_again_s=15.0)  # the call is to be connected before the card is opened again

    async def scenario():
        async with stations({"user": "door", "capture": "pulse", "playback": "pulse"}, {"user": "kitchen"}) as pair:
            door, kitchen = pair
            server.process.send_signal(signal.SIGSTOP)
            try:
                door.link.desire(Sound(tone=Tone.DIALING))
                lost = await door.wait(inputs.SipLost)
                assert "while opening ALSA PCM 'pulse'" in lost.why
                door.link.desire(Sound())
                await door.ready()
                failed = await door.wait(inputs.PartFailed, part="audio")
                assert "'pulse' hung" in failed.why
                await connect(door, kitchen)
            finally:
                server.process.send_signal(signal.SIGCONT)
            await door.wait(inputs.PartRecovered, part="audio")

    asyncio.run(scenario())


def test_a_card_that_keeps_the_processor_busy_costs_one_process_and_the_next_one_does_without_it(server, set_times):
    """The signal is that of RLIMIT_RTTIME."""
    set_times(hung_card_again_s=2.0)

    async def scenario():
        async with stations({"user": "door", "capture": "pulse", "playback": "pulse"}) as (door,):
            os.kill(door.link.pid, signal.SIGXCPU)
            lost = await door.wait(inputs.SipLost)
            assert lost.why == link.SPUN
            await door.ready()
            failed = await door.wait(inputs.PartFailed, part="audio")
            assert "kept the processor busy" in failed.why
            await door.wait(inputs.PartRecovered, part="audio")

    asyncio.run(scenario())


def test_a_station_without_cards_starts_without_a_look_at_the_sound_server(silent_server):
    async def scenario():
        async with stations({"user": "door", "capture": "null", "playback": "null"}):
            with pytest.raises(BlockingIOError):
                silent_server.accept()

    asyncio.run(scenario())


def test_a_slow_start_of_sip_is_reported_once_with_what_it_waits_for(silent_server, set_times):
    set_times(sip_slow_s=600.0)
    set_times(sip_starts_s=600.0)

    async def scenario():
        door = Station(user="door", playback="pulse")
        try:
            await door.link.start()
            loop = asyncio.get_running_loop()
            waiting, _ = await asyncio.wait_for(loop.sock_accept(silent_server), PATIENCE_S)
            with waiting:
                assert not door.all
                set_times(sip_slow_s=0.0)
                slow = await door.wait(inputs.SipSlow)
                assert slow.waits_for == "listing the ALSA PCMs"
            silent_server.close()
            await door.ready()
            assert len(door.of(inputs.SipSlow)) == 1
        finally:
            await door.link.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("plughw:CARD=x,DEV=1", 1),
        ("plughw:CARD=x", 0),
        ("default", 3),
        ("pulse", 4),
        ("plughw:CARD=y", None),
        ("hw", None),
    ],
)
def test_a_pcm_is_found_by_the_part_of_its_name_that_alsa_wants(name, number):
    listed = ["plughw:CARD=x,DEV=0", "plughw:CARD=x,DEV=1", "sysdefault:CARD=x", "default:CARD=x", "pulse"]
    assert number_of(name, {each: place for place, each in enumerate(listed)}) == number


def test_a_card_that_another_program_has_released_is_opened_within_seconds(monkeypatch, set_times):
    """As that of a program that plays at boot. The kernel reports no release, and each listing opens every PCM."""
    set_times(card_again_s=REAL.card_again_s, card_list_again_s=REAL.card_list_again_s)
    listed, held, posted = [], {"playback": (77,), "capture": ()}, []
    manager = Mock(enumDev2=lambda: [SimpleNamespace(name=name) for name in listed], getXruns=lambda _: 0)
    monkeypatch.setattr(devices, "cards", lambda: " 0 [phone]")
    monkeypatch.setattr(devices.audio_cards, "holders", lambda _, way: held[way])
    pcm = "plughw:CARD=phone,DEV=0"
    made = devices.Devices(
        Mock(audDevManager=lambda: manager), SipSettings(playback=pcm, capture=pcm), posted.append, lambda _: None
    )
    made.found((SoundCard(0, "phone", "Phone", capture=(0,), playback=(0,)),))
    made.check(0.0, 0.0)
    made.want(True, clock=True)
    for now in range(1, 31):
        made.turn(float(now))
    assert [type(each) for each in posted] == [inputs.PartFailed]
    assert manager.refreshDevs.call_count <= 2
    listed.append(pcm)
    held["playback"] = ()
    for now in range(31, 37):
        made.turn(float(now))
    assert [type(each) for each in posted] == [inputs.PartFailed, inputs.PartRecovered]
