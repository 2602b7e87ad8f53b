"""Results as JSON, and as a table with the machine, the versions, the spread and the ratios."""

import os
import platform
import re
import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import appliance
from appliance.base.types import Json
from benchmarks.emulated import RINGS
from benchmarks.growth import MEGABYTES, ROWS
from benchmarks.healing import FAULTS
from benchmarks.measures import MEASURES, Size
from benchmarks.pressed import ROWS as FLOOD_ROWS
from benchmarks.subjects import Bare, Baresip, Daemon

FINDINGS = Path(__file__).with_name("findings.md")  # of profiles, written by hand
COUNTED = {
    "import": "Imports of the daemon",
    "step": "step",
    "invite": "An INVITE that rings and is canceled, in the reactor",
    "start": "Start until calls are possible",
    "rested": "Start until it rests, with HTTP and the guard",
    "ring": "INVITE until its 180",
    "press": "Press until its INVITE",
    "rest": "A second at rest",
}
PI_4_MHZ, PI_4_PER_CYCLE = 1500, 0.88  # a Cortex-A72 in a Raspberry Pi 4; see STATION
HEAD = """<!-- Made by make bench. Change benchmarks/, not this. -->
# Benchmarks

{machine}, {cores} cores, {memory_gb} GB, Linux {kernel}; load {load_before} when it began, {load_after} when it ended.
intercomd {intercomd}, Python {python}, pjsua2 {pjsua2} (the same build for the daemon and alone), baresip {baresip}.
Taken {taken}, in {took_s} s.

Median, in brackets the smallest and the largest of so many samples. A ratio is the daemon's median to the other's.
"""
HEALING = """
## Times to heal
Taken {taken}, in {took_s} s; load {load_before} when it began. An account at a Kamailio, on a cable of their own.

{table}
"""
FLOOD = """
## Presses in a flood of HTTP requests
Taken {taken}, in {took_s} s; load {load_before} when it began. 200 clients request the state by TCP, 1,000 times a
second in all. The time of a press begins before the simulated panel moves its line.

{table}
"""
GROWTH = """
## As the history grows
Taken {taken}, in {took_s} s; load {load_before} when it began. The daemon's processor time for one request, in
milliseconds. The histories were written by the daemon's own stores, which keep the newest 10,000 events and calls,
50,000 openings of doors, and 1,000 codes and cards; recordings are kept until they are deleted. A history of 100 has
no 200 events and no 1,000 codes, so these two answers are shorter there. A start reads through the index of
recordings once, for those that were not completed: 2 ms for 10,000.

{table}
"""
ARM64 = """
## Instructions on arm64
Taken {taken}, in {took_s} s, under qemu-user with Debian 13's own Python 3.13 and libraries; the same in each
run:

{table}
"""
STATION = """
A whole station, that is the daemon, its SIP process with pjsua2, and its relay guard, was counted in the same way, with
pjsua2 as its package for arm64 has it and a simulated panel. Taken {taken}, in {took_s} s; load {load_before} when it
began. The daemon's count includes the process that reads its configuration. Ring, press and rest are medians of
{rings}. Threads and processes run beside one another, so these counts vary a little; how far the guard has come when
calls are possible varies most:

{table}

No board was measured, so the last column of both tables is an estimate: processor time on a Raspberry Pi 4, summed over
its cores. It divides the instructions by {mhz} million cycles a second, the clock of the first Raspberry Pi 4, and by
{per_cycle} instructions a cycle, which
[a short program executes on such a board](https://github.com/SE-Processor-Fuzzing/control-hazard-analyzer/issues/65).
The kernel's own instructions are not counted, and work that repeats executes more instructions a cycle, so the estimate
may be wrong by a factor of two. By the maker's figures a Raspberry Pi 3 takes three times as long, and a Raspberry Pi 5
a half to a third. On a board of your own, `perf stat -e instructions:u,task-clock intercomd --check` shows what it
executes in a second.
"""
TAIL = """
## How it is measured
- How long a sound takes through a call, and where the milliseconds go: [From mouth to ear](benchmarks-latency.md).
- Each has a file of noise for its microphone. Received sound is decoded and dropped, or, if the table says so, played
  on ALSA's PCM `pulse`, with a null sink of PulseAudio in real time. No recording and no echo canceller, if the
  table does not say so; then the microphone is the sink's monitor. The programs are
  started one after another, in an order that alternates between rounds; each was started once before, so that its
  files are in the page cache.
- The far end is a plain UDP socket on the same machine. The time of a packet on the wire is the kernel's
  (SO_TIMESTAMPNS). A separate process returns every RTP packet.
- *Ready*: the daemon's `appliance.ready`; pjsua2's event loop; baresip's own report. The daemon's HTTP interface comes
  later, but before memory and idle processor time are measured.
- *Order*: for the daemon POST /v1/calls by its Unix socket; for pjsua2 a line on standard input; for baresip a command
  to its ctrl_tcp. *Button edge*: as the simulated panel drove the line.
- Memory is the sum of the proportional set sizes of all processes. Processor time is that of all their threads, in
  nanoseconds from the kernel, over {window_s:g} s.
- `step` runs visits through the core: ring, answer, sound, a digit, the end; {visits} of them in a round.
- Recovered: the registrar's own log has another registration of the station; its other events do not count. An
  account is renewed every 8 s, and after a failure retried within 1 to 8 s at random. *While people talk*: packets
  that the station counts each second.
- Subscribers are WebSocket clients, half by the Unix socket, half by TCP; the time is that of the last one.

`make bench` writes this page and [benchmarks.json](benchmarks.json), which has every sample. The machine should do
nothing else meanwhile. No test asserts a time.

`make bench-check` measures what depends on no clock and fails if it exceeds `benchmarks/budget.toml`: modules loaded,
instructions (valgrind), bytes allocated, and start and memory as ratios to bare pjsua2.
"""


def facts() -> Json:
    """The machine and the versions."""
    import pjsua2 as pj  # noqa: PLC0415  late: its library prints when it is created

    cpu = re.search(r"model name\s*: (.*)|Model\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    baresip = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "baresip-core"], capture_output=True, text=True, check=False
    )
    return {
        "machine": next(filter(None, cpu.groups()), platform.machine()) if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory[1]) / 1e6, 1) if memory else None,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "intercomd": appliance.__version__,
        "pjsua2": pj_version(pj),
        "baresip": baresip.stdout or "unknown",
        **moment(),
    }


def moment() -> Json:
    """The time of the start, and the machine's load."""
    return {"taken": datetime.now(UTC).isoformat(timespec="minutes"), "load_before": round(os.getloadavg()[0], 2)}


def pj_version(pj: Any) -> str:
    """The library's version, without starting it."""
    return str(pj.Endpoint().libVersion().full)


def results(samples: dict[str, dict[str, list[float]]], told: Json, took_s: float, size: Size) -> Json:
    """Everything that is stored."""
    return {
        **told,
        "load_after": round(os.getloadavg()[0], 2),
        "took_s": round(took_s),
        "window_s": size.window_s,
        "visits": size.visits,
        "measures": {
            measure: {subject: summed(values) for subject, values in subjects.items()}
            for measure, subjects in samples.items()
        },
    }


def summed(values: list[float] | None) -> Json | None:
    """The samples and their summary."""
    if not values:
        return None
    return {
        "min": min(values),
        "median": statistics.median(values),
        "max": max(values),
        "samples": [round(value, 4) for value in values],
    }


def table(found: Json) -> str:
    """docs/benchmarks.md."""
    names = (Daemon.NAME, Bare.NAME, Baresip.NAME)
    rows = [
        f"| | {' | '.join(names)} | to pjsua2 | to baresip |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for measure, about in MEASURES.items():
        for name, subjects in found["measures"].items():
            whole, _, part = name.partition("/")
            if whole != measure:
                continue
            title = f"{about.title}, {about.unit}" if not part else f"&nbsp;&nbsp;of that {part}"
            cells = [cell(subjects.get(each), about.digits) for each in names]
            ratios = [ratio(subjects, each) for each in names[1:]]
            rows.append(f"| {title} | {' | '.join([*cells, *ratios])} |")
    sections = flood(found) + healing(found) + growth(found) + emulated(found)
    findings = FINDINGS.read_text(encoding="utf-8")
    return f"{HEAD.format(**found)}\n" + "\n".join(rows) + f"\n{sections}\n{findings}" + TAIL.format(**found)


def flood(found: Json) -> str:
    """The presses in a flood of requests."""
    taken = found.get("flood")
    if taken is None:  # it was not measured yet
        return ""
    rows = ["| | |", "| --- | --: |"]
    for name, title in FLOOD_ROWS.items():
        if name in taken["samples"]:
            rows.append(f"| {title} | {cell(summed(taken['samples'][name]), 0 if name.isdecimal() else 1)} |")
    return FLOOD.format(**taken, table="\n".join(rows))


def healing(found: Json) -> str:
    """The times to heal."""
    taken = found.get("healing")
    if taken is None:  # it was not measured yet
        return ""
    rows = ["| | UDP | TCP |", "| --- | --: | --: |"]
    for fault, (title, _) in FAULTS.items():
        cells = [cell(summed(taken["samples"].get(fault, {}).get(by)), 1) for by in ("udp", "tcp")]
        rows.append(f"| {title}, s | {' | '.join(cells)} |")
    return HEALING.format(**taken, table="\n".join(rows))


def growth(found: Json) -> str:
    """The cost of requests as the history grows."""
    taken = found.get("growth")
    if taken is None:  # it was not measured yet
        return ""
    sizes = sorted({size for row in taken["samples"].values() for size in row}, key=int)
    rows = [f"| | {' | '.join(f'{int(size):,}' for size in sizes)} |", f"| --- |{' --: |' * len(sizes)}"]
    for name, title in ROWS.items():
        cells = [
            cell(summed(taken["samples"].get(name, {}).get(size)), 1 if name in MEGABYTES else 2) for size in sizes
        ]
        rows.append(f"| {title} | {' | '.join(cells)} |")
    return GROWTH.format(**taken, table="\n".join(rows))


def emulated(found: Json) -> str:
    """What arm64 executes, and how long a Raspberry Pi takes for it."""
    parts, station = (found.get(part, {}) for part in ("arm64", "station"))
    if not parts.get("samples"):  # it was not measured
        return ""
    section = ARM64.format(**parts, table=_counted(parts["samples"]))
    if station.get("samples"):
        pi = {"mhz": PI_4_MHZ, "per_cycle": PI_4_PER_CYCLE}
        section += STATION.format(**station, **pi, rings=RINGS, table=_counted(station["samples"]))
    return section


def _counted(counts: dict[str, float]) -> str:
    rows = ["| | millions | Raspberry Pi 4, ms |", "| --- | --: | --: |"]
    for what, count in counts.items():
        whole, _, process = what.partition("/")
        title = f"&nbsp;&nbsp;of that {process}" if process else COUNTED[whole]
        rows.append(f"| {title} | {count:,.2f} | {count / (PI_4_MHZ * PI_4_PER_CYCLE) * 1e3:,.1f} |")
    return "\n".join(rows)


def cell(values: Json | None, digits: int) -> str:
    """Median, spread and number of samples."""
    if values is None:
        return ""
    low, middle, high = (f"{values[name]:,.{digits}f}" for name in ("min", "median", "max"))
    return f"{middle} ({low} to {high}; {len(values['samples'])})"


def ratio(subjects: Json, other: str) -> str:
    """The daemon's median to the other's."""
    if other not in subjects or Daemon.NAME not in subjects or not subjects[other]["median"]:
        return ""
    return f"{subjects[Daemon.NAME]['median'] / subjects[other]['median']:.1f}"
