"""What the panel's tests share: deadlines, virtual time, and a real guard process seen from outside."""

import asyncio
import contextlib
import fcntl
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from appliance.core.model import DoorId
from appliance.panel import guard
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.lamps.lamps import Lamps
from appliance.panel.relay import DoorWiring, SimulatedRelayLine, guard_command
from tests.support.waiting import until

LONG = 120.0  # seconds that anything may take on a machine that is busy
SECOND = 1_000_000_000


@contextlib.contextmanager
def lamps_of(*wiring, factory=None, found=None):
    """Lamps, and the inputs that they post; what they find of hardware goes into `found`, if there is such a list."""
    posted = []
    claims = Claims(factory, posted.append)
    lamps = Lamps(wiring, claims, (posted if found is None else found).append)
    try:
        yield lamps, posted
    finally:
        lamps.close()
        claims.close()


def send(pid, number):
    """Send a signal. One that stops is over when it does: until then the process may do what it was about to."""
    os.kill(pid, number)
    if number == signal.SIGSTOP:
        until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", "the stop")


class _Skipping(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout=None):
        assert timeout is not None, "nothing is due: the test would wait for ever"
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in which only waiting takes time, and only simulated time."""

    def __init__(self):
        self.skipping = _Skipping()
        super().__init__(self.skipping)

    def time(self):
        return self.skipping.now


def run_virtually(coroutine):
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


def wiring(tmp_path, cap_s=10.0, names=("front",), hold_s=0.0):
    return tuple(
        DoorWiring(DoorId(name), cap_s, SimulatedRelayLine(tmp_path / f"relay-{name}"), hold_s) for name in names
    )


def level(door):
    """The level of the relay's line, whichever process lives; the guard makes the file before it writes to it."""
    return {"0": False, "1": True}[until(door.line.file.read_text, "a level")[0]]


def free(door):
    """Whether no process holds the line."""
    with door.line.file.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def guards(door):
    """The ids of the guard processes with that line, from /proc."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdecimal() else []
            if str(guard.__file__).encode() in words and str(door.line.file).encode() in words:
                found.append(int(folder.name))
    return found


class Daemon:
    """A guard's far end on a raw socket: what a daemon, or something worse, may send."""

    def __init__(self, sock):
        self.sock = sock
        sock.settimeout(LONG)
        hello = sock.recv(4096)
        number, _, self.born, _ = guard.RECORD.unpack_from(hello)
        assert number == guard.HELLO
        self.names = hello[guard.RECORD.size :].decode().split("\n")

    @classmethod
    def at(cls, path):
        """Connect to a guard that listens, or soon will."""

        def connected():
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                sock.connect(str(path))
            except OSError:
                sock.close()
                return None
            return sock

        return cls(until(connected, "the guard"))

    def send(self, pulse, end, door=0, kind=guard.PULSE):
        self.sock.send(guard.RECORD.pack(door, kind if pulse > 0 else guard.NONE, pulse, end))

    def heard(self):
        """The next record as (door, energised, pulse, until), or None at the end of file."""
        data = self.sock.recv(4096)
        if not data:
            return None
        door, energised, pulse, until = guard.RECORD.unpack(data)
        return door, bool(energised), pulse, until

    def ask(self, pulse, end, door=0, kind=guard.PULSE):
        self.send(pulse, end, door, kind)
        return self.heard()

    def pulse(self, seconds, door=0, kind=guard.PULSE):
        """Ask for a pulse that is decided now, and return its id and the answer."""
        now = time.monotonic_ns()
        return now, self.ask(now, now + int(seconds * SECOND), door, kind)


class GuardProcess:
    """A real guard: at a path if one is given, else with a Daemon (`daemon`) at its inherited descriptor."""

    def __init__(self, doors, path=None):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        where = str(path or theirs.fileno())
        fds = [] if path else [theirs.fileno()]
        self.process = subprocess.Popen(guard_command(where, doors), pass_fds=fds, stderr=subprocess.PIPE, text=True)
        theirs.close()
        self._ours = ours
        self.daemon = None if path else Daemon(ours)

    def signal(self, number):
        send(self.process.pid, number)

    def ended(self):
        """Wait for its end: exit status and what it said."""
        _, said = self.process.communicate(timeout=LONG)
        return self.process.returncode, said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ours.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=LONG)


def run_guard(*words, **options):
    """Run a guard with arguments that it should not like."""
    return subprocess.run(
        [sys.executable, "-I", "-S", guard.__file__, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONG,
        **options,
    )


def framed(number, length):
    """A card's frame of 26 or 34 bits, with its parity."""
    inner = [int(bit) for bit in f"{number:0{length - 2}b}"]
    half = len(inner) // 2
    return (sum(inner[:half]) % 2, *inner, 1 - sum(inner[half:]) % 2)


def closed_by(keys):
    """Which crossings a scan finds closed: each row alone is low, and whatever keys connect with it."""
    found = set()
    for driven in {row for row, _ in keys}:
        rows, columns = {driven}, set()
        while True:
            more = {column for row, column in keys if row in rows} - columns
            back = {row for row, column in keys if column in columns | more} - rows
            if not more and not back:
                break
            columns |= more
            rows |= back
        found |= {(driven, column) for column in columns}
    return frozenset(found)
