"""What recording costs beside baresip's sndfile and Asterisk's MixMonitor: `python -m benchmarks.recorders`.

Processor time of a G.711 call, in percent of a core, with and without a recording of both sides. baresip writes a file
for each side, Asterisk one of both together, the station either that or a channel for each. Shown is the least of the
rounds, as whatever else runs can only add to it.
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
from benchmarks.processes import cpu_s, say, tree
from benchmarks.subjects import NULL, Baresip, Daemon, Subject, noise
from tests.support.peers.asterisk import Asterisk

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


class _Pbx(Asterisk):
    """Asterisk that answers the peer, with music, without a password."""

    def __init__(self, directory: Path, application: str) -> None:
        super().__init__(directory)
        self._application = application

    def _files(self, modules: str) -> dict[str, str]:
        files = super()._files(modules)
        plan = ("Ringing()", "Wait(0.2)", "Answer()", *filter(None, [self._application]), "MusicOnHold(default)")
        lines = "".join(f" same => n,{step}\n" for step in plan)
        files["modules.conf"] += "load=app_mixmonitor.so\nload=res_pjsip_endpoint_identifier_anonymous.so\n"
        files["extensions.conf"] += f"[bench]\nexten => bench,1,NoOp()\n{lines}"
        files["pjsip.conf"] += (
            "[anonymous]\ntype=endpoint\ncontext=bench\ndisallow=all\nallow=alaw\ndirect_media=no\n"
            f"media_address={self.address}\nbind_rtp_to_media_address=yes\n"
        )
        return files


class AsteriskSubject(Subject):
    """Asterisk in a call with its music."""

    NAME = "Asterisk"
    APPLICATION = ""

    def start(self) -> float:
        """Start it; returns when it is ready."""
        began = time.monotonic()
        self._pbx = _Pbx(self.directory, self.APPLICATION)
        self._pbx.__enter__()
        self.uri = f"sip:bench@{self._pbx.address}:{self._pbx.port}"
        return time.monotonic() - began

    def answer(self) -> None:
        """It does so by itself."""

    def processes(self) -> dict[str, int]:
        """Asterisk and its sandbox."""
        assert self._pbx.process is not None
        return {str(pid): pid for pid in tree(self._pbx.process.pid)}

    def stop(self) -> None:
        """End it."""
        self._pbx.kill()


class RecordingAsterisk(AsteriskSubject):
    """Asterisk that records both sides together."""

    NAME = "Asterisk, MixMonitor"
    APPLICATION = "MixMonitor(/peer/both.wav)"


KINDS: tuple[type[Subject], ...] = (
    *(Daemon, MixedDaemon, SeparateDaemon),
    *(Baresip, RecordingBaresip, AsteriskSubject, RecordingAsterisk),
)


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
        own = least[name.partition(",")[0]]
        sys.stdout.write(f"{name:20} {value:5.2f} % of a core, the recording {value - own:5.2f}\n")


if __name__ == "__main__":
    main()
