"""The daemon's side of the guard, with real guard processes: what it posts, and what it never sends twice."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from appliance.core.desired import RelayPulse
from appliance.core.inputs import GuardLost, GuardReady, RelayChanged
from appliance.core.model import DoorId
from appliance.panel import guard, relay
from appliance.panel.relay import DoorWiring, GpioRelayLine, Relay, SimulatedRelayLine, guard_command
from tests.panel.support import LONG, SECOND, GuardProcess, free, guards, level, send, wiring
from tests.support.times import REAL
from tests.support.waiting import until, until_async

FRONT, GATE = DoorId("front"), DoorId("gate")


@pytest.fixture
def real(set_times):
    """A guard that hangs is taken for hung as soon as on a station."""
    set_times(guard_answers_s=REAL.guard_answers_s, guard_ends_s=REAL.guard_ends_s)


@pytest.fixture
def doors(tmp_path):
    return wiring(tmp_path, cap_s=10.0, names=(FRONT, GATE))


class Posted(list):
    """What was posted, and waiting for it."""

    async def one(self, kind, count=1, **fields):
        def found():
            fits = [i for i in self if isinstance(i, kind) and all(getattr(i, k) == v for k, v in fields.items())]
            return fits[count - 1] if len(fits) >= count else None

        return await until_async(found, f"{kind.__name__} {fields} (posted: {self})")

    def energised(self):
        return [(i.door, i.pulse) for i in self if isinstance(i, RelayChanged) and i.energised]


@contextlib.asynccontextmanager
async def running(doors, how=None):
    posted = Posted()
    relay = Relay(doors, how, posted.append)
    await relay.start()
    try:
        yield relay, posted
    finally:
        await relay.stop()


def pulse(seconds, door=FRONT):
    now = time.monotonic_ns()
    return RelayPulse(door, now, now + int(seconds * SECOND))


async def test_pulse_is_reported_when_it_begins_and_when_it_ends(doors):
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        wanted = pulse(3.0)
        relay.desire((wanted,))
        began = await posted.one(RelayChanged, door=FRONT, energised=True, pulse=wanted.id)
        ended = await posted.one(RelayChanged, door=FRONT, energised=False, pulse=wanted.id)
        assert wanted.id / 1e9 <= began.at <= ended.at
        assert not level(doors[0])


async def test_pulse_that_is_no_longer_desired_ends_at_once(doors):
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        both = pulse(9.0), pulse(9.0, GATE)
        relay.desire(both)
        await posted.one(RelayChanged, door=GATE, energised=True)
        relay.desire(both[1:])
        await posted.one(RelayChanged, door=FRONT, energised=False)
        assert [level(door) for door in doors] == [False, True]


async def test_pulse_is_shortened_and_followed_by_a_newer_one(doors):
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        first = pulse(9.0)
        relay.desire((first,))
        await posted.one(RelayChanged, energised=True, pulse=first.id)
        second = pulse(9.0)
        relay.desire((second,))
        await posted.one(RelayChanged, energised=True, pulse=second.id)
        relay.desire((RelayPulse(FRONT, second.id, second.id + SECOND // 10),))
        await posted.one(RelayChanged, energised=False, pulse=second.id)
        assert not level(doors[0])


async def test_hold_lasts_beyond_a_pulses_bound_and_ends_when_it_is_no_longer_desired(tmp_path):
    (door,) = wiring(tmp_path, cap_s=0.1, hold_s=3600.0)
    async with running((door,)) as (relay, posted):
        await posted.one(GuardReady)
        now = time.monotonic_ns()
        relay.desire((RelayPulse(FRONT, now, now + 3600 * SECOND, hold=True),))
        await posted.one(RelayChanged, energised=True)
        await until_async(lambda: time.monotonic_ns() >= now + SECOND // 2)
        assert level(door)
        relay.desire(())
        await posted.one(RelayChanged, energised=False)
        assert not level(door)


async def test_desired_again_a_pulse_that_ended_is_not_sent_again(doors):
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        wanted = pulse(9.0)
        relay.desire((wanted,))
        await posted.one(RelayChanged, energised=True)
        relay.desire(())
        await posted.one(RelayChanged, energised=False)
        relay.desire((wanted,))
        other = pulse(9.0, GATE)
        relay.desire((wanted, other))
        await posted.one(RelayChanged, door=GATE, energised=True)
        assert posted.energised() == [(FRONT, wanted.id), (GATE, other.id)]
        assert not level(doors[0])


async def test_pulse_decided_before_the_guard_is_ready_is_void(doors):
    async with running(doors) as (relay, posted):
        relay.desire((pulse(9.0),))
        await posted.one(GuardReady)
        other = pulse(9.0, GATE)
        relay.desire((*relay._wanted.values(), other))
        await posted.one(RelayChanged, door=GATE, energised=True)
        assert posted.energised() == [(GATE, other.id)]


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_guard_killed_or_hung_in_a_pulse_is_replaced_and_the_relay_rests(doors, number):
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        wanted = pulse(3.0)
        relay.desire((wanted,))
        await posted.one(RelayChanged, energised=True)
        (victim,) = guards(doors[0])
        send(victim, number)
        lost = await posted.one(GuardLost)
        assert lost.why == (
            "the relay guard closed its socket" if number == signal.SIGKILL else "the relay guard hangs"
        )
        await posted.one(GuardReady, count=2)
        assert victim not in guards(doors[0])
        assert not level(doors[0])
        newer = pulse(9.0)
        relay.desire((newer,))
        await posted.one(RelayChanged, energised=True, pulse=newer.id)
        assert posted.energised() == [(FRONT, wanted.id), (FRONT, newer.id)]


async def test_a_guard_that_was_stopped_is_replaced_soon_after_the_pulses_end(doors, set_times):
    set_times(guard_ends_s=REAL.guard_ends_s)  # what it may take for an answer is not waited for
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        relay.desire((pulse(2.0),))
        await posted.one(RelayChanged, energised=True)
        send(guards(doors[0])[0], signal.SIGSTOP)
        assert (await posted.one(GuardLost)).why == "the relay guard hangs"
        await posted.one(GuardReady, count=2)
        assert not level(doors[0])


@pytest.mark.usefixtures("real")
async def test_guard_that_does_not_answer_is_called_hung(doors):
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        send(guards(doors[0])[0], signal.SIGSTOP)
        relay.desire((pulse(9.0),))
        assert (await posted.one(GuardLost)).why == "the relay guard hangs"
        await posted.one(GuardReady, count=2)
        assert not level(doors[0])


async def test_running_pulse_is_not_energised_again_by_the_guard_that_comes_next(doors):
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        wanted = pulse(9.0)
        relay.desire((wanted,))
        await posted.one(RelayChanged, energised=True)
        os.kill(guards(doors[0])[0], signal.SIGKILL)
        await posted.one(GuardReady, count=2)
        other = pulse(9.0, GATE)
        relay.desire((wanted, other))
        await posted.one(RelayChanged, door=GATE, energised=True)
        assert posted.energised() == [(FRONT, wanted.id), (GATE, other.id)]
        assert not level(doors[0])


async def test_stop_returns_with_the_relays_inactive_and_no_process_left(doors):
    async with running(doors) as (relay, posted):
        await posted.one(GuardReady)
        relay.desire((pulse(9.0),))
        await posted.one(RelayChanged, energised=True)
    assert not level(doors[0])
    assert isinstance(posted[-1], RelayChanged)
    assert not posted[-1].energised
    assert not guards(doors[0])


async def test_stop_before_the_guard_is_ready_leaves_nothing(doors):
    async with running(doors):
        pass
    await until_async(lambda: not guards(doors[0]), "the guard's end")


async def test_guard_of_its_own_serves_one_daemon_after_another(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors, path):
        for _ in range(2):
            async with running(doors, path) as (relay, posted):
                await posted.one(GuardReady)
                relay.desire((pulse(9.0),))
                await posted.one(RelayChanged, energised=True)
            assert not level(doors[0])
            assert not free(doors[0]), "the guard never lets go of a line"


async def test_guard_of_its_own_that_is_started_again_is_found_again(doors, tmp_path):
    path = tmp_path / "guard.sock"
    async with running(doors, path) as (relay, posted):
        lost = await posted.one(GuardLost)
        assert "No such file or directory" in lost.why
        with GuardProcess(doors, path) as guarded:
            await posted.one(GuardReady)
            wanted = pulse(9.0)
            relay.desire((wanted,))
            await posted.one(RelayChanged, energised=True)
            guarded.signal(signal.SIGKILL)
            await posted.one(GuardLost, why="the relay guard closed its socket")
        with GuardProcess(doors, path):
            await posted.one(GuardReady, count=2)
            other = pulse(9.0, GATE)
            relay.desire((wanted, other))
            await posted.one(RelayChanged, door=GATE, energised=True)
            assert posted.energised() == [(FRONT, wanted.id), (GATE, other.id)]
            assert not level(doors[0])


async def test_door_that_the_guard_does_not_know_is_named(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors[:1], path):
        async with running(doors, path) as (_, posted):
            await posted.one(GuardLost, why="the relay guard does not know door gate: it must be restarted")


async def test_guard_with_its_doors_in_another_order_opens_the_right_one(doors, tmp_path):
    path = tmp_path / "guard.sock"
    with GuardProcess(doors[::-1], path):
        async with running(doors, path) as (relay, posted):
            await posted.one(GuardReady)
            relay.desire((pulse(9.0, GATE),))
            await posted.one(RelayChanged, door=GATE, energised=True)
            assert [level(door) for door in doors] == [False, True]


async def test_line_that_is_not_available_is_reported_once_with_its_cause(doors):
    with doors[1].line.file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        async with running(doors) as (_, posted):
            lost = await posted.one(GuardLost)
            assert "held by another guard" in lost.why
            fcntl.flock(held, fcntl.LOCK_UN)
            await posted.one(GuardReady)
            assert len(posted) == 2


@pytest.mark.parametrize("packet", [b"x", guard.RECORD.pack(3, 1, 1, 2)], ids=["short", "no such door"])
async def test_nonsense_from_a_guard_is_a_lost_guard(doors, tmp_path, packet):
    path = tmp_path / "guard.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen(1)
        listener.setblocking(False)
        async with running(doors, path) as (_, posted):
            peer, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(listener), LONG)
            with peer:
                peer.send(packet)
                assert (await posted.one(GuardLost)).why == "the relay guard sent an invalid message"


async def test_an_older_pulses_end_does_not_hide_that_a_newer_one_has_to_be_ended(doors, tmp_path):
    path, loop = tmp_path / "guard.sock", asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen(1)
        listener.setblocking(False)
        async with running(doors, path) as (relay, posted):
            peer, _ = await asyncio.wait_for(loop.sock_accept(listener), LONG)
            with peer:
                peer.send(guard.RECORD.pack(guard.HELLO, guard.NONE, time.monotonic_ns(), 0) + b"front\ngate")
                await posted.one(GuardReady)
                first = pulse(9.0)
                relay.desire((first,))
                peer.send(guard.RECORD.pack(0, True, first.id, first.until))
                await posted.one(RelayChanged, energised=True)
                second = pulse(9.0)
                relay.desire((second,))
                peer.send(guard.RECORD.pack(0, False, first.id, first.until))  # before it has read of the second one
                await posted.one(RelayChanged, energised=False)
                other = pulse(9.0, GATE)
                relay.desire((other,))
                heard = [guard.RECORD.unpack(await asyncio.wait_for(loop.sock_recv(peer, 64), LONG)) for _ in range(4)]
                assert heard == [
                    (0, guard.PULSE, first.id, first.until),
                    (0, guard.PULSE, second.id, second.until),
                    (0, guard.NONE, 0, 0),
                    (1, guard.PULSE, other.id, other.until),
                ]


DAEMON = """
import asyncio, sys, time
from pathlib import Path
from appliance.core.desired import RelayPulse
from appliance.core.inputs import GuardReady
from appliance.core.model import DoorId
from appliance.panel.relay import DoorWiring, Relay, SimulatedRelayLine

async def main(file):
    def post(what):
        print(what, flush=True)
        if isinstance(what, GuardReady):
            now = time.monotonic_ns()
            relay.desire((RelayPulse(DoorId("front"), now, now + 60 * 10**9),))
    relay = Relay((DoorWiring(DoorId("front"), 60.0, SimulatedRelayLine(Path(file))),), None, post)
    await relay.start()
    await asyncio.Event().wait()

asyncio.run(main(sys.argv[1]))
"""


def test_daemon_killed_in_a_pulse_leaves_no_energised_relay_and_no_guard(doors):
    command = [sys.executable, "-c", DAEMON, str(doors[0].line.file)]
    daemon = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL)
    try:
        until(lambda: doors[0].line.file.exists() and level(doors[0]), "the pulse")
        daemon.kill()
        killed = time.monotonic()
        until(lambda: not level(doors[0]), "the relay's rest")
        assert time.monotonic() - killed < 50.0, "not by the pulse's own end"
        until(lambda: not guards(doors[0]), "the guard's end")
        until(lambda: free(doors[0]), "the line's release")  # /proc forgets a name before the files close
    finally:
        daemon.kill()
        daemon.wait(LONG)


def test_command_names_every_kind_of_line(tmp_path):
    doors = (
        DoorWiring(FRONT, 10.0, GpioRelayLine("pinctrl-bcm2711", "GPIO17")),
        DoorWiring(GATE, 2.5, GpioRelayLine("expander", "3", active_low=True)),
        DoorWiring(DoorId("cellar"), 60, SimulatedRelayLine(tmp_path / "relay")),
    )
    words = guard_command("systemd", doors)
    assert words[1:5] == ["-I", "-S", guard.__file__, "systemd"]
    assert guard.parse(words[5:]) == [
        ("front", 10 * SECOND, 0, ["--gpio", "pinctrl-bcm2711", "GPIO17"]),
        ("gate", 5 * SECOND // 2, 0, ["--gpio-active-low", "expander", "3"]),
        ("cellar", 60 * SECOND, 0, ["--simulated", str(tmp_path / "relay")]),
    ]


def test_a_guard_whose_news_waits_unread_is_not_taken_for_hung():
    """The loop was held up between reading sockets and running timers."""

    async def scenario():
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            connection = relay._Link(ours, lambda _: None, lambda *_: None)
            loop = asyncio.get_running_loop()
            connection._watch = loop.call_at(loop.time() - 7.0, list)
            connection._look()
            assert not connection.hung
            await until_async(lambda: connection.hung, "what is looked for once more")
            connection.end("over")

    asyncio.run(scenario())
