import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.core import inputs
from appliance.core.desired import Sound
from appliance.core.model import CallId
from appliance.core.orders import Answer, HangUp, Place, Refuse, SendDigit
from appliance.sip import link
from appliance.sip.settings import SipSettings
from appliance.sip.wire import Offer
from tests.support.processes import status
from tests.support.stations import PATIENCE_S, Station, connect, place, stations, talk
from tests.support.times import REAL
from tests.support.waiting import until_async

pytestmark = pytest.mark.far_end

DOOR, KITCHEN = {"user": "door", "display_name": 'Front "1" döör'}, {"user": "kitchen"}


def test_a_call_is_placed_rings_is_answered_and_hung_up_by_the_caller():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours = CallId("c-1")
            door.link.order(Place(ours, kitchen.uri, (("X-Button", "bell"),)))
            arrived = await kitchen.wait(inputs.CallArrived)
            assert arrived.uri.startswith("sip:door@127.0.0.1")
            assert arrived.display_name == 'Front "1" döör'
            assert arrived.source == door.address
            assert arrived.local_uri.startswith("sip:kitchen@127.0.0.1")
            assert arrived.headers == (("User-Agent", "intercomd"), ("X-Button", "bell"))
            kitchen.link.order(Answer(arrived.call))
            for station, call in ((door, ours), (kitchen, arrived.call)):
                await station.wait(inputs.CallAnswered, call=call)
                started = await station.wait(inputs.MediaStarted, call=call, held=False)
                assert (started.codec.name, started.codec.clock_rate_hz) == ("opus", 48000)
                await station.wait(inputs.CallConfirmed, call=call)
            door.link.order(HangUp(ours, 'SIP;cause=200;text="bye"'))
            ended = await kitchen.wait(inputs.CallEnded, call=arrived.call)
            assert (ended.code, ended.remote, ended.reason_header) == (200, True, 'SIP;cause=200;text="bye"')
            ended = await door.wait(inputs.CallEnded, call=ours)
            assert (ended.code, ended.remote) == (200, False)

    asyncio.run(scenario())


def test_a_header_s_value_cannot_bring_another_header():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            door.link.order(Place(CallId("c-1"), kitchen.uri, (("X-A", "1\r\nX-B: 2"),)))
            arrived = await kitchen.wait(inputs.CallArrived)
            assert arrived.headers == (("User-Agent", "intercomd"), ("X-A", "1  X-B: 2"))

    asyncio.run(scenario())


def test_the_callee_hangs_up():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            kitchen.link.order(HangUp(theirs))
            assert (await door.wait(inputs.CallEnded, call=ours)).remote
            assert not (await kitchen.wait(inputs.CallEnded, call=theirs)).remote

    asyncio.run(scenario())


@pytest.mark.parametrize(("code", "reason"), [(486, "Busy Here"), (603, "Decline"), (404, "Not Found")])
def test_a_refusal_reaches_the_caller_with_its_code(code, reason):
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours, theirs = await place(door, kitchen)
            kitchen.link.order(Refuse(theirs, code))
            ended = await door.wait(inputs.CallEnded, call=ours)
            assert (ended.code, ended.reason, ended.remote) == (code, reason, True)
            ended = await kitchen.wait(inputs.CallEnded, call=theirs)
            assert (ended.code, ended.remote) == (code, False)

    asyncio.run(scenario())


def test_a_caller_who_gives_up_cancels_and_says_why():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours, theirs = await place(door, kitchen)
            door.link.order(HangUp(ours, 'SIP;cause=200;text="Call completed elsewhere"'))
            ended = await kitchen.wait(inputs.CallEnded, call=theirs)
            assert (ended.code, ended.remote) == (487, True)
            assert "elsewhere" in ended.reason_header
            ended = await door.wait(inputs.CallEnded, call=ours)
            assert (ended.code, ended.remote) == (487, False)

    asyncio.run(scenario())


def test_an_invite_is_left_alone_until_an_order_comes():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours = CallId("c-1")
            door.link.order(Place(ours, kitchen.uri))
            await kitchen.wait(inputs.CallArrived)
            with pytest.raises(AssertionError, match="no CallProgressed"):
                await door.wait(inputs.CallProgressed, patience=0.5)
            door.link.order(HangUp(ours))
            await door.wait(inputs.CallEnded, call=ours)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "uri", ["nonsense", "sip:", "sip:a@[", "http://127.0.0.1/", "sip:a@127.0.0.1;transport=tcp", "sip:a@203.0.113.1"]
)
def test_an_address_that_is_none_ends_the_call_at_once(uri):
    async def scenario():
        async with stations(DOOR) as (door,):
            door.link.order(Place(CallId("c-1"), uri))
            ended = await door.wait(inputs.CallEnded, call="c-1")
            assert (ended.code, ended.remote) == (0, False)
            assert ended.reason

    asyncio.run(scenario())


def test_digits_arrive_once_each_in_order_with_their_duration():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            kitchen.link.order(SendDigit(theirs, "11"))
            kitchen.link.order(SendDigit(theirs, "#"))
            lasted = []
            for digit in "11#":
                got = await door.wait(inputs.DigitReceived, call=ours)
                assert (got.digit, got.method) == (digit, "rfc4733")
                lasted.append(got.duration_ms)
                await kitchen.wait(inputs.DigitSent, call=theirs, digit=digit)
            kitchen.link.desire(talk(theirs, held=True))  # a new stream must not hear the last one again
            await door.wait(inputs.MediaStarted, call=ours, held=True)
            kitchen.link.order(HangUp(theirs))
            await door.wait(inputs.CallEnded)
            assert [got.digit for got in door.of(inputs.DigitReceived)] == ["1", "1", "#"]
            # One is shorter if its sender was held up, so that it counted as over.
            assert min(lasted) > 0 and 100 <= max(lasted) <= 300

    asyncio.run(scenario())


def test_both_sides_may_hold_at_once_and_resume_in_any_order():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            door.link.desire(talk(ours, held=True))
            await kitchen.wait(inputs.MediaStarted, held=True)
            kitchen.link.desire(talk(theirs, held=True))
            await door.wait(inputs.MediaStarted, held=True)
            door.link.desire(talk(ours))
            await kitchen.wait(inputs.MediaStarted, held=False)
            kitchen.link.desire(talk(theirs))
            await door.wait(inputs.MediaStarted, held=False)
            assert not door.of(inputs.HoldFailed) + kitchen.of(inputs.HoldFailed)

    asyncio.run(scenario())


def test_holds_that_meet_on_the_way_are_tried_again_until_both_are_true():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            door.link.desire(talk(ours, held=True))
            kitchen.link.desire(talk(theirs, held=True))
            await door.wait(inputs.MediaStarted, held=True)
            await kitchen.wait(inputs.MediaStarted, held=True)
            door.link.desire(talk(ours))
            kitchen.link.desire(talk(theirs))
            both = (door, kitchen)
            await until_async(lambda: not any(each.of(inputs.MediaStarted)[-1].held for each in both))

    asyncio.run(scenario())


def test_many_calls_at_once_are_distinguished():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            pairs = [await place(door, kitchen) for _ in range(6)]
            for ours, theirs in reversed(pairs):
                kitchen.link.order(Refuse(theirs, 486))
                assert (await door.wait(inputs.CallEnded, call=ours)).code == 486
            await connect(door, kitchen)

    asyncio.run(scenario())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_is_killed_or_stopped_is_replaced_and_the_next_call_works(set_times, number):
    set_times(sip_silent_s=3 * REAL.sip_silent_s)  # a busy machine is not that slow

    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            await connect(door, kitchen)
            first, address = door.link.pid, door.address
            os.kill(first, number)
            assert (await door.wait(inputs.SipLost)).why
            assert (await door.ready()).address == address  # far ends that know it find the next one
            assert door.link.pid != first
            with pytest.raises(ProcessLookupError):
                os.kill(first, 0)
            await connect(kitchen, door)

    asyncio.run(scenario())


def test_when_a_process_dies_only_calls_that_go_on_are_ended_at_their_far_ends(caplog):
    caplog.set_level("INFO", logger="appliance.sip.farewells")

    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            over, theirs = await connect(door, kitchen)
            door.link.order(HangUp(over))
            for station, call in ((door, over), (kitchen, theirs)):
                await station.wait(inputs.CallEnded, call=call)
            living, theirs = await connect(door, kitchen)
            os.kill(door.link.pid, signal.SIGKILL)
            assert (await kitchen.wait(inputs.CallEnded, call=theirs)).remote
            said = [each.getMessage() for each in caplog.records if each.name == "appliance.sip.farewells"]
            assert said == [f"{living}: BYE to {kitchen.address}"]

    asyncio.run(scenario())


def test_a_process_that_takes_too_much_memory_is_replaced(monkeypatch):
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            first, measured = door.link.pid, link.resident_mb
            assert 1 < measured(first) < link.MOST_MB / 2
            monkeypatch.setattr(link, "resident_mb", lambda pid: 2.0 * link.MOST_MB if pid == first else measured(pid))
            assert "MB of memory" in (await door.wait(inputs.SipLost)).why
            await door.ready()
            assert door.link.pid != first
            await connect(kitchen, door)

    asyncio.run(scenario())


def test_a_process_with_a_call_is_not_replaced_for_its_memory_before_the_call_is_over(monkeypatch):
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            first, measured = door.link.pid, link.resident_mb
            asked = []

            def grown(pid):
                asked.append(pid)
                return 2.0 * link.MOST_MB if pid == first else measured(pid)

            ours, _ = await connect(kitchen, door)
            door.link.desire(talk(ours))
            monkeypatch.setattr(link, "resident_mb", grown)
            door.link.order(HangUp(CallId("c-none")))
            await kitchen.wait(inputs.RtpStarted)
            assert (door.link.pid, door.of(inputs.SipLost), first in asked) == (first, [], False)
            door.link.desire(Sound())
            assert "MB of memory" in (await door.wait(inputs.SipLost)).why

    asyncio.run(scenario())


def test_what_is_desired_is_sent_to_the_next_process_again():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            later = CallId("c-later")
            door.link.desire(talk(later, held=True))
            os.kill(door.link.pid, signal.SIGKILL)
            await door.wait(inputs.SipLost)
            await door.ready()
            door.link.order(Place(later, kitchen.uri))
            arrived = await kitchen.wait(inputs.CallArrived)
            kitchen.link.order(Answer(arrived.call))
            await kitchen.wait(inputs.MediaStarted, call=arrived.call, held=True)

    asyncio.run(scenario())


def test_a_call_placed_while_no_process_is_ready_fails_visibly_and_other_orders_are_dropped():
    async def scenario():
        station = Station(**DOOR)
        station.link.order(HangUp(CallId("c-0")))
        station.link.order(Place(CallId("c-1"), "sip:kitchen@127.0.0.1"))
        ended = await station.wait(inputs.CallEnded, call="c-1")
        assert (ended.code, ended.reason, ended.remote) == (0, "SIP process not ready", False)
        assert len(station.all) == 1
        await station.link.stop()

    asyncio.run(scenario())


def test_who_offers_a_call_from_a_browser_learns_at_once_that_the_process_has_died():
    async def scenario():
        async with stations(DOOR) as (door,):
            os.kill(door.link.pid, signal.SIGSTOP)  # so that it does not answer before
            answer = asyncio.create_task(door.link.offer(Offer(CallId("c-1"), "http:anna", "v=0")))
            await asyncio.sleep(0)
            os.kill(door.link.pid, signal.SIGKILL)
            await door.wait(inputs.SipLost)
            answered = await asyncio.wait_for(answer, PATIENCE_S)
            assert (answered.code, answered.reason) == (0, "it ended by SIGKILL")

    asyncio.run(scenario())


def test_a_busy_port_is_reported_with_its_holder_and_taken_once_it_is_free():
    async def scenario():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            port = holder.getsockname()[1]
            station = Station(**DOOR, port=port)
            try:
                await station.link.start()
                failed = await station.wait(inputs.PartFailed, part="sip")
                assert f"port {port} of 127.0.0.1 is in use by" in failed.why
                assert f"(process {os.getpid()})" in failed.why
                assert failed.resolution
                holder.close()
                await station.wait(inputs.PartRecovered, part="sip")
                assert (await station.ready()).address == f"127.0.0.1:{port}"
                assert len(station.of(inputs.PartFailed)) == 1
                assert not station.of(inputs.SipLost)
            finally:
                await station.link.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("settings", "why"),
    [({"codecs": ("PCMA", "EVS")}, "no codec EVS"), ({"address": "203.0.113.1"}, "cannot be opened")],
)
def test_settings_that_cannot_be_are_reported(settings, why):
    async def scenario():
        station = Station(**{**DOOR, **settings})
        try:
            await station.link.start()
            failed = await station.wait(inputs.PartFailed, part="sip")
            assert why in failed.why
            assert failed.resolution
        finally:
            await station.link.stop()

    asyncio.run(scenario())


def test_stopping_says_bye_and_leaves_no_process(set_times):
    set_times(sip_stops_s=PATIENCE_S)  # after that it is killed, and says nothing

    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            _ours, theirs = await connect(door, kitchen)
            pid = door.link.pid
            await door.link.stop()
            assert (await kitchen.wait(inputs.CallEnded, call=theirs)).remote
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
            assert not door.of(inputs.SipLost)

    asyncio.run(scenario())


DAEMON = """
import asyncio, sys
from appliance.core import inputs
from appliance.core.orders import Place
from appliance.core.model import CallId
from appliance.sip.link import Link
from appliance.sip.settings import SipSettings
from appliance.sip.wire import Offer

async def main():
    def post(happened):
        if isinstance(happened, inputs.SipReady):
            link.order(Place(CallId("c-1"), sys.argv[1]))
        print(type(happened).__name__, link.pid, flush=True)
    link = Link(SipSettings(address="127.0.0.1", user="door"), post)
    await link.start()
    await asyncio.sleep(3600)

asyncio.run(main())
"""


def started(uri):
    argv = [sys.executable, "-c", DAEMON, uri]
    return subprocess.Popen(argv, cwd=Path(__file__).resolve().parents[2], stdout=subprocess.PIPE, text=True)


def test_a_killed_daemon_takes_its_sip_process_along_which_still_says_bye():
    async def scenario():
        async with stations(KITCHEN) as (kitchen,):
            daemon = started(kitchen.uri)
            try:
                arrived = await kitchen.wait(inputs.CallArrived)
                kitchen.link.order(Answer(arrived.call))
                await kitchen.wait(inputs.CallConfirmed)
                child = int(daemon.stdout.readline().split()[1])
                process = os.pidfd_open(child)
            finally:
                daemon.kill()
                daemon.wait()
                daemon.stdout.close()
            ended = await kitchen.wait(inputs.CallEnded, call=arrived.call)
            assert (ended.code, ended.remote) == (200, True)
            gone = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().add_reader(process, lambda: gone.done() or gone.set_result(None))
            await asyncio.wait_for(gone, PATIENCE_S)
            asyncio.get_running_loop().remove_reader(process)
            os.close(process)

    asyncio.run(scenario())


def test_a_machine_that_stands_still_for_seconds_loses_neither_the_process_nor_its_call():
    """As on a computer that is overloaded, or whose disc does not answer: both processes wait equally long."""

    async def scenario():
        async with stations(KITCHEN) as (kitchen,):
            daemon = started(kitchen.uri)
            try:
                arrived = await kitchen.wait(inputs.CallArrived)
                kitchen.link.order(Answer(arrived.call))
                await kitchen.wait(inputs.CallConfirmed)
                child = int(daemon.stdout.readline().split()[1])
                for stopped in (daemon.pid, child):
                    os.kill(stopped, signal.SIGSTOP)
                used = status(child)[11:13]  # its processor time
                await asyncio.sleep(REAL.sip_silent_s + 2.5)
                os.kill(child, signal.SIGCONT)
                # The daemon gives it only a second.
                await until_async(lambda: status(child)[11:13] != used, "the process runs")
                os.kill(daemon.pid, signal.SIGCONT)
                # Two checks of the daemon later, the same process still has the call.
                await asyncio.sleep(2 * REAL.sip_check_s)
                kitchen.link.order(HangUp(arrived.call))
                ended = await asyncio.to_thread(
                    lambda: next(line for line in daemon.stdout if line.startswith(("CallEnded", "SipLost")))
                )
                assert ended == f"CallEnded {child}\n"
            finally:
                daemon.kill()
                daemon.wait()
                daemon.stdout.close()

    asyncio.run(scenario())


def test_packets_that_stop_are_reported_and_reported_again_when_they_come():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours, _theirs = await connect(door, kitchen)
            stopped = kitchen.link.pid
            # Its media thread stops with it. The link, which would replace it, is kept from looking.
            kitchen.link._timer.cancel()
            os.kill(stopped, signal.SIGSTOP)
            try:
                await door.wait(inputs.RtpStopped, call=ours)
            finally:
                os.kill(stopped, signal.SIGCONT)
            await door.wait(inputs.RtpResumed, call=ours)

    asyncio.run(scenario())


async def hears_on(station):
    """Packets come for three seconds, or again after a moment in which their sender did not run."""
    try:
        await station.wait(inputs.RtpStopped, patience=3)
    except AssertionError:
        return
    await station.wait(inputs.RtpResumed)


def test_a_muted_or_held_call_is_no_lost_call():
    async def scenario():
        async with stations(DOOR, KITCHEN) as (door, kitchen):
            ours, theirs = await connect(door, kitchen)
            kitchen.link.desire(talk(theirs, microphone=False))
            await hears_on(door)
            door.link.desire(talk(ours, held=True))
            await hears_on(kitchen)
            door.link.desire(Sound())

    asyncio.run(scenario())


def test_a_card_that_is_not_there_is_reported_and_calls_go_on_without():
    async def scenario():
        async with stations({**DOOR, "capture": "nosuch", "playback": "nosuch"}, KITCHEN) as (door, kitchen):
            failed = await door.wait(inputs.PartFailed, part="audio")
            assert failed.why == "There is no ALSA PCM 'nosuch'"
            assert "intercomctl audio devices lists them" in failed.resolution
            ours, _theirs = await connect(door, kitchen)
            door.link.desire(talk(ours))
            await hears_on(kitchen)

    asyncio.run(scenario())


def test_a_microphone_file_that_is_not_there_is_reported(tmp_path):
    async def scenario():
        async with stations({**DOOR, "microphone_file": str(tmp_path / "none.wav")}) as (door,):
            failed = await door.wait(inputs.PartFailed, part="audio")
            assert "none.wav" in failed.why

    asyncio.run(scenario())


def test_the_trace_has_every_message_with_direction_and_peer(tmp_path):
    async def scenario():
        trace = tmp_path / "sip.log"
        async with stations({**DOOR, "trace": str(trace)}, KITCHEN) as (door, kitchen):
            ours, theirs = await place(door, kitchen)
            kitchen.link.order(Refuse(theirs, 486))
            await door.wait(inputs.CallEnded, call=ours)
            address = kitchen.address
        text = trace.read_text()
        for direction, message, preposition in (
            ("TX", "Request msg INVITE", "to"),
            ("RX", "Response msg 180/INVITE", "from"),
            ("RX", "Response msg 486/INVITE", "from"),
            ("TX", "Request msg ACK", "to"),
        ):
            found = [line for line in text.splitlines() if f" {direction} " in line and message in line]
            assert found, f"no {direction} {message}"
            assert f"{preposition} UDP {address}:" in found[0]

    asyncio.run(scenario())


def test_a_start_that_fails_for_want_of_descriptors_leaves_no_zombie_and_is_tried_again(monkeypatch, set_times):
    async def scenario():
        begun, spawn, pidfd = [], os.posix_spawn, os.pidfd_open

        def spawned(*args, **options):
            begun.append(spawn(*args, **options))
            return begun[-1]

        def none_left(pid):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

        monkeypatch.setattr("appliance.sip.link.os.posix_spawn", spawned)
        monkeypatch.setattr("appliance.sip.link.os.pidfd_open", none_left)
        set_times(sip_again_s=(0.0, 0.05))
        door = Station(**DOOR)
        try:
            await door.link.start()
            failed = await door.wait(inputs.PartFailed, part="sip")
            assert "Too many open files" in failed.why
            await until_async(lambda: len(begun) >= 3)
            monkeypatch.setattr("appliance.sip.link.os.pidfd_open", pidfd)
            await door.wait(inputs.SipReady)
            assert not await asyncio.to_thread(lambda: [pid for pid in begun[:-1] if Path(f"/proc/{pid}").exists()])
        finally:
            await door.link.stop()

    asyncio.run(scenario())


def test_a_check_that_comes_late_kills_no_process_whose_beats_may_not_have_been_read(set_times):
    """The loop was held up between reading sockets and running timers: beats wait in the socket."""
    set_times(sip_silent_s=REAL.sip_silent_s)

    async def scenario():
        now, killed = time.monotonic(), []
        kept = link.Link(SipSettings(address="127.0.0.1", user="door"), lambda given: None)
        kept._child = SimpleNamespace(
            pid=0, why="", ready=True, reported=True, doing="", born=now - 60.0, heard=now - 60.0, kill=killed.append
        )
        kept._timer = asyncio.get_running_loop().call_at(now - 7.0, list)
        kept._check()
        assert not killed
        kept._check()
        kept._timer.cancel()
        assert len(killed) == 1

    asyncio.run(scenario())
