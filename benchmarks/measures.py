"""The measurements: each starts its programs, does one thing, and returns samples."""

import contextlib
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.core.model import State
from appliance.core.step import step
from benchmarks import sound
from benchmarks.peer import CODECS, Echo, Peer
from benchmarks.processes import Program, cpu_s, pss_mb, say
from benchmarks.subjects import NULL, SUBJECTS, Daemon, Subject, WholeDaemon
from benchmarks.subscribers import Subscribers
from benchmarks.visits import SETTINGS, visits

SETTLE_S = 0.5
QUIET_S = 0.2
OPENING_S = 1.5  # a card is open by then


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured quantity. `digits`: significant decimals."""

    title: str
    unit: str
    digits: int = 2


MEASURES = {
    "start": Measure("Start to ready", "ms", 0),
    "order": Measure("Order to INVITE", "ms"),
    "ring": Measure("INVITE to 180", "ms"),
    "edge": Measure("Button edge to INVITE", "ms"),
    "edge_busy": Measure("Button edge to INVITE, 4 busy HTTP clients", "ms"),
    "heal": Measure("SIP process killed to ready", "ms", 0),
    "pss_idle": Measure("Memory (PSS), idle", "MB", 1),
    "pss_call": Measure("Memory (PSS), in a call", "MB", 1),
    "cpu_idle": Measure("CPU, idle", "% of a core"),
    "cpu_PCMA": Measure("CPU, G.711 call", "% of a core"),
    "cpu_opus": Measure("CPU, Opus call", "% of a core"),
    "cpu_alsa_PCMA": Measure("CPU, G.711 call, speaker on ALSA", "% of a core"),
    "cpu_alsa_opus": Measure("CPU, Opus call, speaker on ALSA", "% of a core"),
    "cpu_whole_PCMA": Measure("CPU, G.711 call, recording, echo canceller, state on disc", "% of a core"),
    "cpu_whole_opus": Measure("CPU, Opus call, recording, echo canceller, state on disc", "% of a core"),
    "event_1": Measure("Button edge to event, 1 subscriber", "ms"),
    "event_100": Measure("Button edge to event, last of 100 subscribers", "ms"),
    "busy": Measure("HTTP requests while 4 clients are busy", "1/s", 0),
    "step": Measure("step", "1/s", 0),
}


@dataclass(frozen=True, slots=True)
class Size:
    """The amount of work. window_s: length of processor-time samples. faults, transports: of recovery.

    histories: lengths of history, each measured `growths` times. emulated: what runs under qemu-user.
    """

    rounds: int
    calls: int
    presses: int
    flooded: int
    cpu_rounds: int
    alsa_rounds: int
    window_s: float
    visits: int
    subscribers: tuple[int, ...]
    healings: int
    faults: tuple[str, ...]
    transports: tuple[str, ...]
    histories: tuple[int, ...]
    growths: int
    emulated: bool


FULL = Size(
    rounds=5,
    calls=5,
    presses=15,
    flooded=200,
    cpu_rounds=3,
    alsa_rounds=2,
    window_s=3.0,
    visits=1000,
    subscribers=(1, 100),
    healings=3,
    faults=("restarted", "forgotten", "link", "address", "in_call", "dns"),
    transports=("udp", "tcp"),
    histories=(100, 10_000, 1_000_000),
    growths=3,
    emulated=True,
)
TINY = Size(
    rounds=1,
    calls=1,
    presses=1,
    flooded=1,
    cpu_rounds=0,
    alsa_rounds=0,
    window_s=0.0,
    visits=20,
    subscribers=(),
    healings=1,
    faults=("address",),
    transports=("udp",),
    histories=(20,),
    growths=1,
    emulated=False,
)


class Bench:
    """One run of all measurements.

    samples: measure → subject → values; the parts of a sum are separate measures, such as `pss_idle/guard`.
    """

    def __init__(self, directory: Path, microphone: Path, size: Size) -> None:
        self.samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._directory, self._microphone, self._size = directory, microphone, size
        self._peer, self._echo = Peer(), Echo()

    def run(self) -> None:
        """Run all measurements, in an order that alternates."""
        self._steps()
        if self._size.rounds > 1:
            self._warm_up()
        for number in range(self._size.rounds):
            for kind in self._order(number):
                say(f"times {number + 1}/{self._size.rounds} {kind.NAME}")
                self._times(kind)
        for number in range(self._size.cpu_rounds):
            for kind in self._order(number):
                say(f"processor and memory {number + 1}/{self._size.cpu_rounds} {kind.NAME}")
                self._in_calls(kind)
        if self._size.alsa_rounds:
            with sound.card() as speaker:
                for number in range(self._size.alsa_rounds):
                    for kind in self._order(number):
                        say(f"processor with ALSA {number + 1}/{self._size.alsa_rounds} {kind.NAME}")
                        self._on_alsa(kind, speaker)
                    self._whole(speaker)
        say("buttons and events")
        self._panel()

    def _warm_up(self) -> None:
        """Start each program once, so that its files are in the page cache."""
        for kind in SUBJECTS:
            with self._running(kind):
                pass

    def close(self) -> None:
        """Stop the far end."""
        self._peer.close()
        self._echo.close()

    @staticmethod
    def _order(number: int) -> tuple[type[Subject], ...]:
        return SUBJECTS if number % 2 == 0 else SUBJECTS[::-1]

    def _add(self, measure: str, subject: str, value: float) -> None:
        self.samples[measure][subject].append(value)

    @contextlib.contextmanager
    def _running(self, kind: type[Subject], speaker: str = NULL, *, timed: bool = False) -> Iterator[Subject]:
        subject = kind(self._directory / kind.NAME, self._microphone, speaker, self._peer.uri)
        took = subject.start()
        try:
            if timed:
                self._add("start", kind.NAME, took * 1e3)
            subject.settle()
            time.sleep(SETTLE_S)
            yield subject
        finally:
            subject.stop()

    def _times(self, kind: type[Subject]) -> None:
        with self._running(kind, timed=True) as subject:
            for _ in range(self._size.calls):
                subject.rest()
                told = subject.call()
                self._add("order", kind.NAME, (self._peer.refused_invite() - told) / 1e6)
            for _ in range(self._size.calls):
                subject.rest()
                call = self._peer.invite(subject.uri, "PCMA", self._echo.port)
                self._add("ring", kind.NAME, (call.rings() - call.sent) / 1e6)
                call.cancel()
            if isinstance(subject, Daemon):  # once for each start: a second kill soon after is delayed on purpose
                self._add("heal", kind.NAME, subject.kill_sip() * 1e3)

    def _in_calls(self, kind: type[Subject]) -> None:
        with self._running(kind) as subject:
            self._memory("pss_idle", subject)
            self._processor("cpu_idle", subject)
            for codec in CODECS:
                with self._talking(subject, codec):
                    self._processor(f"cpu_{codec}", subject)
                    if codec == "PCMA":
                        self._memory("pss_call", subject)

    def _on_alsa(self, kind: type[Subject], speaker: str) -> None:
        with self._running(kind, speaker) as subject:
            for codec in CODECS:
                with self._talking(subject, codec):
                    time.sleep(OPENING_S)
                    self._processor(f"cpu_alsa_{codec}", subject)

    def _whole(self, speaker: str) -> None:
        # Not in /tmp, which may be in memory.
        with tempfile.TemporaryDirectory(prefix="bench-", dir="/var/tmp") as name:
            subject = WholeDaemon(Path(name), self._microphone, speaker, self._peer.uri)
            subject.start()
            try:
                subject.settle()
                for codec in CODECS:
                    with self._talking(subject, codec):
                        time.sleep(OPENING_S)
                        self._processor(f"cpu_whole_{codec}", subject)
            finally:
                subject.stop()

    @contextlib.contextmanager
    def _talking(self, subject: Subject, codec: str) -> Iterator[None]:
        subject.rest()
        call = self._peer.invite(subject.uri, codec, self._echo.port)
        call.rings()
        subject.answer()
        call.answered()
        time.sleep(SETTLE_S)
        yield
        call.hang_up()

    def _memory(self, measure: str, subject: Subject) -> None:
        self._sum(measure, subject.NAME, {name: pss_mb(pid) for name, pid in subject.processes().items()})

    def _processor(self, measure: str, subject: Subject) -> None:
        processes = subject.processes()
        before, begun = {name: cpu_s(pid) for name, pid in processes.items()}, time.monotonic()
        time.sleep(self._size.window_s)
        after, took = {name: cpu_s(pid) for name, pid in processes.items()}, time.monotonic() - begun
        self._sum(measure, subject.NAME, {name: (after[name] - before[name]) / took * 100 for name in processes})

    def _sum(self, measure: str, subject: str, parts: dict[str, float]) -> None:
        self._add(measure, subject, sum(parts.values()))
        for name, value in parts.items():
            if name:
                self._add(f"{measure}/{name}", subject, value)

    def _panel(self) -> None:
        with self._running(Daemon) as subject:
            assert isinstance(subject, Daemon)
            self._press(subject)  # the first press opens connections
            for _ in range(self._size.presses):
                self._add("edge", subject.NAME, self._press(subject))
            if self._size.subscribers:
                self._busy(subject)
            for number in self._size.subscribers:
                # Half of them by TCP: each listener accepts 64 connections.
                places = [place for _ in range((number + 1) // 2) for place in subject.events()][:number]
                told = Subscribers(places)
                for warm in (True, *[False] * self._size.calls):
                    told.quiet(QUIET_S)
                    subject.rest()
                    subject.press()
                    came = told.all_have_it()
                    self._peer.refused_invite()
                    took = came - subject.pressed() / 1e9
                    if not warm:
                        self._add(f"event_{number}", subject.NAME, took * 1e3)
                told.close()

    def _busy(self, subject: Daemon) -> None:
        words = [sys.executable, "-m", "benchmarks.load", str(subject.directory / "http.sock")]
        load = Program(words, self._directory)
        load.line("busy")
        begun = time.monotonic()
        for _ in range(self._size.presses):
            self._add("edge_busy", subject.NAME, self._press(subject))
        took = time.monotonic() - begun
        load.stop()
        self._add("busy", subject.NAME, int(load.line("asked")[1].split()[1]) / took)

    def _press(self, subject: Daemon) -> float:
        """Milliseconds from the edge to the INVITE."""
        time.sleep(QUIET_S)  # the debounce of the previous press
        subject.rest()
        subject.press()
        came = self._peer.refused_invite()
        ahead = time.time_ns() - time.monotonic_ns()
        return (came - ahead - subject.pressed()) / 1e6

    def _steps(self) -> None:
        given = visits(self._size.visits)
        for _ in range(self._size.rounds):
            state = State(SETTINGS, now=0.0)
            begun = time.perf_counter()
            for each in given:
                state = step(state, each).state
            self._add("step", Daemon.NAME, len(given) / (time.perf_counter() - begun))
