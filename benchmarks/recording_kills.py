"""What a recording loses by `kill -9` at a random moment: `python -m benchmarks.recording_kills 200`.

Each time a station rings a far end, records the call, and is killed: while it records, or just after the call, while it
finishes or converts the recording. Half of the kills hit the daemon alone, the others all processes of the station.
After the next start the recording must be whole, and have all that was on disc at the kill. It shows for each kill how
much of the time from recording.started to the kill, or to the call's end, is missing.
"""

import argparse
import io
import os
import random
import signal
import subprocess
import tempfile
import time
import wave
from contextlib import suppress
from pathlib import Path
from statistics import median

from appliance.base.record import Record
from appliance.base.types import Json
from benchmarks.processes import kept, say, tree
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.stations import RATE
from tests.support.times import REAL
from tests.support.waiting import pause, until

WITHIN_S = 3.0
AFTER_THE_CALL = 1 / 3  # of all kills
DAEMON_ALONE = 1 / 2
HEAD = 44  # bytes before the first sample
FRAME = 2  # bytes
ROUNDED_S = 0.002


class Loss(Record):
    """What a kill cost. ran_s: from recording.started to the kill, or the call's end. kept_s: None if all is gone."""

    recording: str
    kind: str
    ran_s: float
    on_disc_s: float
    kept_s: float | None
    format: str

    @property
    def lost_ms(self) -> int:
        """How much is missing; nothing where the SIP process wrote until it noticed the kill."""
        return max(0, round((self.ran_s - (self.kept_s or 0.0)) * 1000))


def station(directory: Path, opus: bool) -> Daemon:
    """A station that records its calls."""
    recording: Json = {"enabled": True, "format": "opus" if opus else "wav"}
    return Daemon(directory, times=REAL, recording=recording, deadlines={"rtp_s": 600})


def killed(door: Daemon, chance: random.Random) -> Loss:
    """Kill the station in or after a recorded call, start it again, and look what is left of the recording."""
    door.begin()
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        begun = door.next("recording.started", call)
        recording: str = begun["data"]["recording"]
        wav = door.directory / "recordings" / f"{recording}.wav"
        pause(chance.uniform(0, WITHIN_S))
        ended, when = 0.0, "in a call"
        if chance.random() < AFTER_THE_CALL:
            ended, when = time.monotonic(), "after a call"
            far.hung_up_by(door, call)
            pause(chance.uniform(0, WITHIN_S / 3))
        alone = chance.random() < DAEMON_ALONE
        victims = [door.pid] if alone else tree(door.pid)
        size = on_disc(wav)
        ended = ended or time.monotonic()
        for pid in victims:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pid, signal.SIGKILL)
        door.kill()
    door.start()
    door.ready()
    row = whole(door, recording)
    return Loss(
        recording=recording,
        kind=f"{'the daemon' if alone else 'all processes'}, {when}",
        ran_s=ended - begun["uptime"],
        on_disc_s=round(max(0, size - HEAD) // FRAME / RATE, 3),
        kept_s=row["duration_s"] if row else None,
        format=row["format"] if row else "",
    )


def on_disc(file: Path) -> int:
    """Its bytes; 0 once it was converted."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def whole(door: Daemon, recording: str) -> Json | None:
    """The recording, once it is complete, with a sound as long as it says; None if nothing of it was on disc."""

    def settled() -> list[Json]:
        _, row = door.ask("GET", f"/v1/recordings/{recording}")
        return [row] if row.get("complete") or row.get("code") == "recording-not-found" else []

    (row,) = until(settled, f"{recording} to be complete or gone", log=door.told)
    if row.get("code"):
        return None
    sound = door.get(row["url"])
    assert abs(seconds(sound) - row["duration_s"]) < ROUNDED_S, row
    found: Json = row
    return found


def seconds(sound: bytes) -> float:
    """The length of a WAV or an Opus file, which must be whole."""
    if not sound.startswith(b"OggS"):
        with wave.open(io.BytesIO(sound)) as file:
            frames = len(file.readframes(file.getnframes())) // (file.getsampwidth() * file.getnchannels())
            assert frames == file.getnframes()
            return float(round(frames / file.getframerate(), 3))
    words = ("opusdec", "--quiet", "--rate", str(RATE), "-", "-")
    return round(len(subprocess.run(words, input=sound, check=True, capture_output=True).stdout) / FRAME / RATE, 3)


def report(losses: list[Loss], again: int) -> bool:
    """Print each kind of kill; returns whether nothing is missing that was on disc."""
    for kind in sorted({loss.kind for loss in losses}):
        missing = sorted(loss.lost_ms for loss in losses if loss.kind == kind)
        say(f"{kind:27}{len(missing):4} kills: {median(missing):g} ms missing in the median, at most {missing[-1]}")
    kept = sum(loss.kept_s is not None for loss in losses)
    short = sum((loss.kept_s or 0.0) < loss.on_disc_s for loss in losses)
    say(f"{len(losses)} kills, {kept} recordings, all whole")
    say(f"{short} recordings lack what was on disc, {again} are gone at the end")
    return not (short or again)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recording_kills", description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--opus", action="store_true", help="with recordings that become Opus files")
    given = parser.parse_args(arguments)
    chance, losses = random.Random(0), list[Loss]()  # noqa: S311 - moments, not secrets
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as directory,
        station(Path(directory) / "d", given.opus) as door,
    ):
        for number in range(1, given.kills + 1):
            loss = killed(door, chance)
            losses.append(loss)
            kept = "nothing was on disc" if loss.kept_s is None else f"{loss.kept_s:6.3f} s {loss.format:4}"
            say(f"{number:4}  {loss.kind:27}{loss.ran_s:6.3f} s  {kept}  {loss.lost_ms:5} ms missing")
        again = sum(loss.kept_s is not None and whole(door, loss.recording) is None for loss in losses)
    return 0 if report(losses, again) else 1


if __name__ == "__main__":
    kept(main)
