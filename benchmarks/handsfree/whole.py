"""A whole station in a simulated room: its sound threads, its canceller and a call, and what the caller hears of it.

`python -m benchmarks.handsfree.whole DIRECTORY SECONDS WHO`, in the environment of a station. In the directory are
`caller.wav` (48 kHz, what the caller says in a loop) and, at 16 kHz, `visitor.wav` and `noise.wav`, as they reach the
microphone, and `room.wav`, what the microphone picks up of a click of the speaker. Out come, at 16 kHz, `speaker.wav`,
`near.wav` (the visitor at the microphone), `microphone.wav` and `heard.wav`.

WHO: caller, visitor, turns (the visitor waits until the speaker is quiet) or both. The visitor always begins with a
word.
"""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from benchmarks.handsfree.samples import Sound, pcm, read, sound, write
from tests.support.pairs import appliances, connect, pair
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.stations import RATE

BLOCK, WORD = RATE // 50, 2 * RATE
QUIET, PAUSE = 0.003, 20  # a block of the speaker without speech; blocks after which the visitor speaks
SINKS = ("speaker", "microphone")
CARD = """</usr/share/alsa/alsa.conf>
pcm.door {
  type asym
  playback.pcm { type pulse device speaker }
  capture.pcm { type pulse device microphone.monitor }
  hint { show on description door }
}
"""


class Card(SoundServer):
    """A sound card whose speaker and microphone are in a room."""

    def start(self) -> None:
        """Start the sound server, and describe the card to ALSA."""
        super().start()
        for sink in SINKS:
            self.ask("load-module", "module-null-sink", f"sink_name={sink}", "rate=48000")
        self.alsa = self.directory / "alsa.conf"
        self.alsa.write_text(CARD)

    def stream(self, program: str, device: str, latency_ms: int) -> "subprocess.Popen[bytes]":
        """What the device plays or records, as samples."""
        argv = [program, "-d", device, f"--rate={RATE}", "--channels=1", "--format=s16le"]
        argv += [f"--latency-msec={latency_ms}"]
        return subprocess.Popen(argv, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class Room(threading.Thread):
    """From the speaker to the microphone, in real time; what went through."""

    def __init__(self, card: Card, directory: Path, who: str) -> None:
        super().__init__()
        self._speaker = card.stream("parec", "speaker.monitor", 20)
        # The speaker's blocks come now sooner, now later by 20 ms: with no more than that, the echo has gaps.
        self._microphone = card.stream("pacat", "microphone", 80)
        self._response, self._visitor, self._noise = (
            read(directory / f"{name}.wav")[0] for name in ("room", "visitor", "noise")
        )
        self._who = who
        self.heard: dict[str, list[Sound]] = {"speaker": [], "near": [], "microphone": []}
        self.recorded, self.ended = threading.Event(), threading.Event()

    def run(self) -> None:
        """Until it is ended; what goes through while `recorded` is set is kept."""
        past, said, quiet, place = np.zeros(len(self._response) - 1), 0, 0, 0
        assert self._speaker.stdout
        assert self._microphone.stdin
        while not self.ended.is_set():
            played = sound(self._speaker.stdout.read(2 * BLOCK))
            quiet = quiet + 1 if np.max(np.abs(played)) < QUIET else 0
            speaks = self.recorded.is_set() and (
                self._who in {"visitor", "both"} or said < WORD or (self._who == "turns" and quiet > PAUSE)
            )
            near = part(self._visitor, said) if speaks else np.zeros(BLOCK)
            said += BLOCK * speaks
            past = np.concatenate([past, np.tanh(1.5 * played) / 1.5])
            echo = np.convolve(past, self._response, "valid")
            past = past[BLOCK:]
            picked_up = np.clip(echo + near + part(self._noise, place), -1, 1)
            place += BLOCK
            self._microphone.stdin.write(pcm(picked_up))
            self._microphone.stdin.flush()
            if self.recorded.is_set():
                for name, samples in (("speaker", played), ("near", near), ("microphone", picked_up)):
                    self.heard[name].append(samples)
        for each in (self._speaker, self._microphone):
            each.kill()
            each.wait()


def part(looped: Sound, place: int) -> Sound:
    """A block of a sound that is played in a loop."""
    return np.take(looped, range(place, place + BLOCK), mode="wrap")


def main() -> None:
    """Make a call between a caller and the station in the room."""
    directory, seconds, who = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    front = {"audio": {"capture": "door", "playback": "door"}}
    caller = {"audio": {"microphone_file": str(directory / "caller.wav")}, "recording": {"channels": "separate"}}
    with pytest.MonkeyPatch.context() as patch, serving(Card, patch) as card:
        patch.setenv("ALSA_CONFIG_PATH", str(card.alsa))
        room = Room(card, directory, who)
        room.start()
        try:
            with appliances(*pair(front, caller)) as (door, inside):
                connect(door, inside)
                room.recorded.set()
                room.ended.wait(seconds)
                room.recorded.clear()
                inside.press("hangup")
                recording = inside.next("recording.available")["data"]["recording"]
                file = inside.directory / "recordings" / f"{recording}.wav"
                write(directory / "heard.wav", *read(file, channel=1))
        finally:
            room.ended.set()
            room.join()
    for name, blocks in room.heard.items():
        write(directory / f"{name}.wav", np.concatenate(blocks), RATE)


if __name__ == "__main__":
    main()
