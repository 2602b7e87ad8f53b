"""The daemon's side of the relay guard: starts or finds it, sends the desired pulses, posts its reports."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path

from appliance.base import times
from appliance.base.record import Record
from appliance.core.desired import RelayPulse
from appliance.core.inputs import GuardLost, GuardReady, Input, RelayChanged
from appliance.core.model import DoorId
from appliance.panel import guard

LATE_S = 0.1  # a timer that runs so late shows that something held the loop up


class SimulatedRelayLine(Record):
    """A relay's line that is a file: its first character is 0 or 1."""

    file: Path


class GpioRelayLine(Record):
    """A relay's line: chip by its label, line by its name (or by its offset if that is all digits)."""

    chip: str
    line: str
    active_low: bool = False


class DoorWiring(Record):
    """A door's relay, and the seconds after which the guard ends a pulse or hold in any case.

    cap_s: a pulse, at most 60. hold_s: a hold, at most 43200; 0: no holds.
    """

    id: DoorId
    cap_s: float
    line: SimulatedRelayLine | GpioRelayLine
    hold_s: float = 0.0


def guard_command(where: str, doors: tuple[DoorWiring, ...]) -> list[str]:
    """Return the command that runs a guard; `where`: a descriptor's number, a socket's path with a slash, `systemd`."""
    words = [sys.executable, "-I", "-S", str(Path(guard.__file__)), where]
    for door in doors:
        words += ["--door", door.id, str(door.cap_s), str(door.hold_s)]
        match door.line:
            case SimulatedRelayLine(file):
                words += ["--simulated", str(file)]
            case GpioRelayLine(chip, line, active_low):
                words += ["--gpio-active-low" if active_low else "--gpio", chip, line]
    return words


class Relay:
    """Stays connected to a guard: at the socket `how`, or for None its own child process.

    Runs on the loop in which `start` is called; `desire` is called there too. A guard that leaves a message without an
    answer, or a pulse's end without a report, for longer than `base/times.py` says, counts as hung: an own child is
    killed, since only the next one can make its lines inactive; to another guard the connection is closed. spare: lends
    file descriptors to the start.
    """

    def __init__(
        self,
        doors: tuple[DoorWiring, ...],
        how: Path | None,
        post: Callable[[Input], None],
        spare: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        self._doors, self._how, self._post, self._spare = doors, how, post, spare
        self._task: asyncio.Task[None] | None = None
        self._wanted: dict[DoorId, RelayPulse] = {}
        self._sent: dict[DoorId, RelayPulse] = {}  # kept when the guard is lost: no pulse is ever sent again as new
        self._why = ""  # of the last GuardLost, until ready
        self._link: _Link | None = None  # once it is ready

    async def start(self) -> None:
        """Start; GuardReady or GuardLost follows."""
        self._task = asyncio.create_task(self._keep(), name="relay guard")

    def desire(self, pulses: tuple[RelayPulse, ...]) -> None:
        """Set the desired pulses; a door without a pulse should be inactive."""
        self._wanted = {pulse.door: pulse for pulse in pulses}
        self._send()

    async def stop(self) -> None:
        """Return when the relays are inactive, as far as a guard reports that, and our own guard has exited."""
        self.desire(())
        if self._link:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(times.current.guard_answers_s):
                    await self._link.quiet()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        delay, (first, longest) = 0.0, times.current.guard_again_s
        while True:
            began = time.monotonic()
            why = await self._follow()
            if why != self._why:
                self._why = why
                self._post(GuardLost(at=time.monotonic(), why=why))
            steady = time.monotonic() - began > times.current.guard_steady_s
            delay = 0.0 if steady else min(longest, max(first, 2 * delay))
            await asyncio.sleep(delay)

    async def _follow(self) -> str:
        """Connect to a guard, follow it until it is gone, and return why."""
        process: Process | None = None
        try:
            with self._spare():
                if self._how is None:
                    sock, process = await self._spawn()
                else:
                    sock = _connect(self._how)
        except OSError as error:
            return f"the relay guard {self._how or ''} cannot be reached: {error.strerror or error}"
        link = _Link(sock, self._hello, self._heard)
        try:
            why = await link.gone
        finally:
            self._link = None
            link.close()
            said = await _bury(process, kill=link.hung) if process else ""
        return said or why

    async def _spawn(self) -> tuple[socket.socket, Process]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fd = theirs.fileno()
        with theirs, contextlib.ExitStack() as undo:
            undo.enter_context(ours)
            process = await asyncio.create_subprocess_exec(
                *guard_command(str(fd), self._doors), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, pass_fds=[fd], env={}
            )
            undo.pop_all()
        return ours, process

    def _hello(self, link: "_Link") -> None:
        missing = [door.id for door in self._doors if door.id not in link.names]
        if missing:
            link.end(f"the relay guard does not know door {', '.join(missing)}: it must be restarted")
            return
        self._link, self._why = link, ""
        self._post(GuardReady(at=time.monotonic()))
        self._send()

    def _heard(self, door: DoorId, energised: bool, pulse: int) -> None:
        self._post(RelayChanged(at=time.monotonic(), door=door, energised=energised, pulse=pulse))

    def _send(self) -> None:
        """Send the changes since the last message: a pulse as new only once, later only a shorter end, or its end."""
        link = self._link
        if link is None:
            return
        for door in link.names:
            wanted, sent = self._wanted.get(door), self._sent.get(door)
            if wanted is None:
                if door in link.busy:
                    link.send(door, guard.NONE, 0, 0)
            elif wanted.id > max(link.born, sent.id if sent else 0) or (
                sent and wanted.id == sent.id and wanted.until < sent.until and door in link.busy
            ):
                self._sent[door] = wanted
                link.send(door, guard.HOLD if wanted.hold else guard.PULSE, wanted.id, wanted.until)


class _Link:
    """One connection to a guard. `gone` holds the reason once it has ended."""

    def __init__(
        self, sock: socket.socket, hello: Callable[["_Link"], None], heard: Callable[[DoorId, bool, int], None]
    ) -> None:
        self._sock, self._hello, self._heard = sock, hello, heard
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[str] = self._loop.create_future()
        self.hung = False
        self.born = 0
        self.names: tuple[DoorId, ...] = ()
        self.busy: set[DoorId] = set()  # has, or may have, a pulse
        self._newest: dict[DoorId, int] = {}  # pulse that was sent
        self._reported: dict[DoorId, tuple[int, int]] = {}
        self._due: dict[DoorId, float] = {}  # when a pulse's end must have been reported
        self._asked: float | None = (
            self._loop.time() + times.current.guard_greets_s
        )  # by when any message must have arrived
        self._news = asyncio.Event()
        self._watch: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        self._loop.add_reader(sock, self._read)
        self._rearm()

    def send(self, door: DoorId, kind: int, pulse: int, until: int) -> None:
        """Send a record: guard.PULSE, HOLD, or NONE with pulse 0 if none is wanted."""
        try:
            self._sock.send(guard.RECORD.pack(self.names.index(door), kind, pulse, until))
        except BlockingIOError:
            self._hang()
        except OSError as error:
            self.end(f"the relay guard closed its socket: {error.strerror}")
        else:
            if pulse:
                self.busy.add(door)
                self._newest[door] = pulse
            self._asked = self._asked or self._loop.time() + times.current.guard_answers_s
            self._rearm()

    async def quiet(self) -> None:
        """Return when everything is answered and no relay is energised, or when the connection has ended."""
        while (self._asked or self._due) and not self.gone.done():
            self._news.clear()
            await self._news.wait()

    def end(self, why: str) -> None:
        """End the connection, once."""
        if not self.gone.done():
            self.gone.set_result(why)
        self._news.set()

    def close(self) -> None:
        """Disconnect: a guard makes all relays inactive at this end of file."""
        if self._watch:
            self._watch.cancel()
        self._loop.remove_reader(self._sock)
        self._sock.close()
        self.end("closed")

    def _read(self) -> None:
        while not self.gone.done():
            try:
                packet = self._sock.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError as error:
                self.end(f"the relay guard closed its socket: {error.strerror}")
                break
            if len(packet) < guard.RECORD.size:
                self.end(
                    "the relay guard closed its socket" if not packet else "the relay guard sent an invalid message"
                )
                break
            self._asked = None
            self._take(packet)
        self._rearm()
        self._news.set()

    def _take(self, packet: bytes) -> None:
        number, energised, pulse, until = guard.RECORD.unpack_from(packet)
        if number == guard.HELLO and not self.names:
            self.born = pulse
            self.names = tuple(
                DoorId(name) for name in packet[guard.RECORD.size :].decode(errors="replace").split("\n")
            )
            self._hello(self)
        elif number < len(self.names):
            door = self.names[number]
            if energised:
                self._due[door] = until / 1e9 + times.current.guard_ends_s
            else:
                self._due.pop(door, None)
                if pulse >= self._newest.get(door, 0):  # not an older one's end, while a newer one is on its way
                    self.busy.discard(door)
            if self._reported.get(door, (0, 0)) != (energised, pulse):
                self._reported[door] = energised, pulse
                self._heard(door, bool(energised), pulse)
        else:
            self.end("the relay guard sent an invalid message")

    def _rearm(self) -> None:
        """Set one timer for the earliest moment by which a message must have arrived."""
        if self._watch:
            self._watch.cancel()
        due = min([*self._due.values(), *([self._asked] if self._asked else [])], default=None)
        self._watch = None if due is None or self.gone.done() else self._loop.call_at(due, self._look)

    def _look(self) -> None:
        """The guard hangs; if this loop was busy, it first reads the guard's messages."""
        assert self._watch is not None
        if self._loop.time() - self._watch.when() > LATE_S:
            self._watch = self._loop.call_later(LATE_S, self._hang)
        else:
            self._hang()

    def _hang(self) -> None:
        self.hung = True
        self.end("the relay guard hangs")


def _connect(path: Path) -> socket.socket:
    """Connect to a listening guard. Raises OSError, also if it serves another daemon, rather than wait."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        sock.setblocking(False)
        sock.connect(os.fspath(path))
    except OSError:
        sock.close()
        raise
    return sock


async def _bury(process: Process, *, kill: bool) -> str:
    """Wait for our guard to exit, by force if `kill` is set, and return its last message."""
    if kill:
        process.kill()
    try:
        async with asyncio.timeout(times.current.guard_answers_s):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        _, said = await process.communicate()
    return said.decode(errors="replace").strip().removeprefix("intercomd-guard: ")
