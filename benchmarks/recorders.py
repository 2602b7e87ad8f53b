"""What recording costs beside baresip's sndfile: `python -m benchmarks.recorders`.

Processor time of a G.711 call, in percent of a core, with and without a recording of both sides. baresip writes a file
for each side, the station one file with a channel for each. Shown is the least of the rounds, as whatever else runs can
only add to it.
"""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measures import SETTLE_S
from benchmarks.peer import Echo, Peer
from benchmarks.processes import cpu_s, say
from benchmarks.subjects import NULL, Baresip, Daemon, Subject, noise

ROUNDS, WINDOW_S = 3, 5.0
RECORDING = '[recording]\nenabled = true\nchannels = "{channels}"\n'


class RecordingBaresip(Baresip):
    """baresip that records both sides."""

    NAME = "baresip, sndfile"
    CONFIG = f"{Baresip.CONFIG}module sndfile.so\nsnd_path .\n"


class MixedDaemon(Daemon):
    """A station that records both sides together."""

    NAME = "intercomd, mixed"
    AUDIO = Daemon.AUDIO + RECORDING.format(channels="mixed")


class SeparateDaemon(Daemon):
    """A station that records a channel for each side."""

    NAME = "intercomd, separate"
    AUDIO = Daemon.AUDIO + RECORDING.format(channels="separate")


KINDS: tuple[type[Subject], ...] = (Daemon, MixedDaemon, SeparateDaemon, Baresip, RecordingBaresip)


@contextmanager
def _talking(kind: type[Subject], directory: Path, microphone: Path) -> Iterator[Subject]:
    peer, echo = Peer(), Echo()
    subject = kind(directory, microphone, NULL, peer.uri)
    subject.start()
    try:
        subject.settle()
        time.sleep(SETTLE_S)
        call = peer.invite(subject.uri, "PCMA", echo.port)
        call.rings()
        subject.answer()
        call.answered()
        time.sleep(SETTLE_S)
        yield subject
        call.hang_up()
    finally:
        subject.stop()
        peer.close()
        echo.close()


def _percent(subject: Subject) -> float:
    """Processor time of all its processes, in percent of a core."""
    pids = subject.processes().values()
    before, began = sum(map(cpu_s, pids)), time.monotonic()
    time.sleep(WINDOW_S)
    return (sum(map(cpu_s, pids)) - before) / (time.monotonic() - began) * 100


def main() -> None:
    """Print the table."""
    samples: dict[str, list[float]] = defaultdict(list)
    # Not in /tmp, which may be in memory.
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/var/tmp") as name:
        microphone = noise(Path(name) / "noise.wav")
        for number in range(ROUNDS):
            for kind in KINDS:
                directory = Path(name) / f"{kind.__name__}-{number}"
                with _talking(kind, directory, microphone) as subject:
                    samples[kind.NAME].append(_percent(subject))
                recorded = sorted(file.stat().st_size for file in directory.rglob("*.wav"))
                say(f"{kind.NAME:20} {samples[kind.NAME][-1]:5.2f} % of a core, files of {recorded} bytes")
    least = {name: min(values) for name, values in samples.items()}
    for name, value in least.items():
        own = least["baresip" if "baresip" in name else "intercomd"]
        sys.stdout.write(f"{name:20} {value:5.2f} % of a core, the recording {value - own:5.2f}\n")


if __name__ == "__main__":
    main()
