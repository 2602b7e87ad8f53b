"""Play samples on one PCM, record another one meanwhile, and print when both began, as JSON; runs in the guest.

    mouth_to_ear.py PLAYED RECORDED SAMPLES FILE

PLAYED and RECORDED are PCMs of ALSA, SAMPLES and FILE are of 16 kHz, one channel, 16 bits. Both moments are seconds of
CLOCK_MONOTONIC: when the first sample left the one card, and when the first one came into the other. What ALSA has in
its buffers is counted off (snd_pcm_delay), so that large buffers make no delay. It ends when the last sample is in the
buffer: SAMPLES end with silence.
"""

import ctypes
import json
import statistics
import sys
import threading
import time
from pathlib import Path

PLAYBACK, CAPTURE = 0, 1
S16_LE, INTERLEAVED = 2, 3
RATE, FRAMES, BUFFER_US = 16000, 160, 1_000_000
asound = ctypes.CDLL("libasound.so.2")
asound.snd_strerror.restype = ctypes.c_char_p
for transfer in (asound.snd_pcm_writei, asound.snd_pcm_readi):
    transfer.restype = ctypes.c_long


def done(what: str, result: int) -> int:
    """What a function of ALSA returned; the program ends if that is an error."""
    if result < 0:
        raise SystemExit(f"{what}: {asound.snd_strerror(result).decode()}")
    return result


class Card:
    """An open PCM. `began` has an estimate after each transfer of when its first sample passed."""

    def __init__(self, name: str, way: int) -> None:
        self._pcm, self._sign, self.count, self.began = ctypes.c_void_p(), 1 if way == PLAYBACK else -1, 0, []
        done(f"open {name}", asound.snd_pcm_open(ctypes.byref(self._pcm), name.encode(), way, 0))
        settings = asound.snd_pcm_set_params(self._pcm, S16_LE, INTERLEAVED, 1, RATE, 1, BUFFER_US)
        done(f"set {name}", settings)
        if way == CAPTURE:
            done(f"start {name}", asound.snd_pcm_start(self._pcm))

    def moved(self, frames: int) -> None:
        """Note where the card is after so many frames were transferred."""
        self.count += frames
        delay = ctypes.c_long()
        if asound.snd_pcm_delay(self._pcm, ctypes.byref(delay)) == 0:
            self.began.append(time.monotonic() + (self._sign * delay.value - self.count) / RATE)

    def play(self, samples: bytes) -> None:
        for at in range(0, len(samples), 2 * FRAMES):
            part = samples[at : at + 2 * FRAMES]
            self.moved(done("write", asound.snd_pcm_writei(self._pcm, part, len(part) // 2)))

    def record(self, ended: threading.Event) -> bytes:
        heard, part = bytearray(), ctypes.create_string_buffer(2 * FRAMES)
        while not ended.is_set():
            frames = done("read", asound.snd_pcm_readi(self._pcm, part, FRAMES))
            heard += part.raw[: 2 * frames]
            self.moved(frames)
        return bytes(heard)


def main() -> None:
    mouth, ear = Card(sys.argv[1], PLAYBACK), Card(sys.argv[2], CAPTURE)
    samples, ended = Path(sys.argv[3]).read_bytes(), threading.Event()

    def play() -> None:
        try:
            mouth.play(samples)
        finally:
            ended.set()

    player = threading.Thread(target=play)
    player.start()
    heard = ear.record(ended)
    player.join()
    if mouth.count < len(samples) // 2:
        raise SystemExit("not all was played")
    Path(sys.argv[4]).write_bytes(heard)
    print(json.dumps({"played": statistics.median(mouth.began), "recorded": statistics.median(ear.began)}))


main()
