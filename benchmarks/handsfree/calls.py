"""Speech through calls: two stations, and two of baresip beside them, over a cable that loses packets.

`python -m benchmarks.handsfree.calls DIRECTORY LOSS...`, in the environment of a station: what is said in a loop
(`spoken-16000.wav` there by stations, `spoken-48000.wav` by baresip, mono) comes out as `stations CODEC LOSS.wav` and
`baresip CODEC LOSS.wav`, for each part of the packets that is to be lost.
"""

import shutil
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.support.daemon import Daemon
from tests.support.pairs import connect, pair, together
from tests.support.peers.baresip import Baresip
from tests.support.peers.namespaces import DOOR, PBX, BadCable, Cable
from tests.support.peers.sipp import free_port
from tests.support.times import REAL

CODECS = {"opus": ("opus/48000/2", "opus"), "G722": ("g722/16000/1", "g722"), "PCMA": ("pcma", "g711")}
"""Each codec as a station names it; its name and module in baresip."""
ROUNDS = 3  # one that is whole is among them, wherever the call begins
END_S = 1.0  # so that the last round is whole
BEGIN_S = 10.0  # until baresip's call is there
PATIENCE_S = 60.0


@contextmanager
def cable(loss: float) -> Iterator[tuple[Path, Cable]]:
    """A directory with a short path, for sockets, and two machines on a cable."""
    with tempfile.TemporaryDirectory(prefix="call-") as directory:
        made = BadCable(Path(directory), loss=loss) if loss else Cable(Path(directory))
        with made:
            yield Path(directory), made


def by_stations(spoken: Path, codec: str, loss: float, seconds: float, heard: Path) -> None:
    """A front door says it; the kitchen records it."""
    front, kitchen = (
        {"sip": {"address": address, "codecs": [codec]}, "target": {other: {"uri": f"sip:{other}@{far}"}}}
        for address, other, far in ((DOOR, "kitchen", PBX), (PBX, "front", DOOR))
    )
    configs = pair(front | {"audio": {"microphone_file": str(spoken)}}, kitchen)
    for config in configs:
        config["sip"]["port"] = 5060  # each machine has its own
    with cable(loss) as (directory, made):
        door, inside = (
            Daemon(directory / config["station"]["user"], machine.within, config=config, times=REAL)
            for config, machine in zip(configs, (made.door, made.pbx), strict=True)
        )
        with together(door, inside):
            connect(door, inside)
            time.sleep(seconds)
            inside.press("hangup")
            recording = inside.next("recording.available")["data"]["recording"]
            shutil.copyfile(inside.directory / "recordings" / f"{recording}.wav", heard)


def by_baresip(spoken: Path, codec: str, loss: float, seconds: float, heard: Path) -> None:
    """The same between two of baresip, the second of which writes what it has decoded."""
    name, module = CODECS[codec]
    with cable(loss) as (directory, made):
        said = in_two_channels(spoken, directory / "said.wav")
        for end in ("a", "b"):
            (directory / end).mkdir()
        modules, port = f"module plc.so\nmodule {module}.so", free_port("127.0.0.1")
        far = Baresip(directory / "b", PBX, port, codec=name, modules=modules, within=made.pbx.within)
        near = Baresip(
            directory / "a",
            DOOR,
            plays=str(said),
            codec=name,
            modules=modules,
            within=made.door.within,
            dials=f"sip:far@{PBX}:{port}",
        )
        with far, near:
            time.sleep(BEGIN_S + seconds)
            far.process.terminate()  # so that it writes the length into the file's head
            far.process.wait(PATIENCE_S)
            shutil.copyfile(far.heard(), heard)


def in_two_channels(spoken: Path, file: Path) -> Path:
    """The sound as baresip takes it, which plays a file once only."""
    with wave.open(str(spoken)) as source, wave.open(str(file), "wb") as target:
        samples = source.readframes(source.getnframes())
        target.setparams((2, 2, source.getframerate(), 0, "NONE", ""))
        pairs = b"".join(samples[place : place + 2] * 2 for place in range(0, len(samples), 2))
        target.writeframes(pairs * (ROUNDS + 1))
    return file


def main() -> None:
    """Make all calls: those with the same loss at once."""
    directory, *losses = sys.argv[1:]
    for loss in losses:
        for who, make, rate in (("stations", by_stations, 16000), ("baresip", by_baresip, 48000)):
            spoken = Path(directory, f"spoken-{rate}.wav")
            with wave.open(str(spoken)) as file:
                seconds = ROUNDS * file.getnframes() / rate + END_S
            with ThreadPoolExecutor() as pool:
                made = [
                    pool.submit(make, spoken, codec, float(loss), seconds, Path(directory, f"{who} {codec} {loss}.wav"))
                    for codec in CODECS
                ]
            for each in made:
                each.result()


if __name__ == "__main__":
    main()
