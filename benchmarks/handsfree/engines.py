"""What takes the echo out: ours as the station runs it, WebRTC's own module, and speexdsp, on the same frames."""

import contextlib
import ctypes
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.handsfree.samples import Sound, pcm, sound
from benchmarks.handsfree.scenes import FRAME, Scene
from benchmarks.handsfree.signals import RATE

AEC3, SUPPRESSOR = 4, 128  # PJMEDIA_ECHO_WEBRTC_AEC3, PJMEDIA_ECHO_USE_NOISE_SUPPRESSOR

Engine = Callable[[Scene], Sound]


def none(scene: Scene) -> Sound:
    """The microphone as it is."""
    return scene.microphone


def perfect(scene: Scene) -> Sound:
    """The microphone without the echo: no canceller can do better."""
    return scene.calm


def ours(program: Path, options: int = 0) -> Engine:
    """The canceller of pjmedia, by benchmarks/handsfree/canceller.c. options: PJMEDIA_ECHO_USE_…."""

    def run(scene: Scene) -> Sound:
        with tempfile.TemporaryDirectory() as directory:
            names = [Path(directory, name) for name in ("reference", "microphone", "out", "schedule")]
            contents = (pcm(scene.reference), pcm(scene.microphone), b"", scene.schedule.encode())
            for name, content in zip(names, contents, strict=True):
                name.write_bytes(content)
            subprocess.run([program, str(AEC3 | options), *names], check=True, capture_output=True)
            return sound(names[2].read_bytes())

    return run


def calls(scene: Scene) -> Iterator[tuple[bool, bytes]]:
    """Each call of a sound thread: whether it plays, and its 20 ms."""
    sides = {True: pcm(scene.reference), False: pcm(scene.microphone)}
    places = {True: 0, False: 0}
    for letter in scene.schedule:
        plays = letter == "p"
        frame = sides[plays][places[plays] : places[plays] + 2 * FRAME]
        places[plays] += 2 * FRAME
        if len(frame) == 2 * FRAME:
            yield plays, frame


def webrtc(scene: Scene) -> Sound:
    """WebRTC's own processing module, of the PyPI package livekit."""
    from livekit.rtc import AudioFrame  # noqa: PLC0415 - starts threads
    from livekit.rtc.apm import AudioProcessingModule  # noqa: PLC0415

    module = AudioProcessingModule(echo_cancellation=True, noise_suppression=True, high_pass_filter=True)
    module.set_stream_delay_ms(0)
    out = bytearray()
    for plays, samples in calls(scene):
        for half in (samples[:FRAME], samples[FRAME:]):
            frame = AudioFrame(bytearray(half), RATE, 1, FRAME // 2)
            if plays:
                module.process_reverse_stream(frame)
            else:
                module.process_stream(frame)
                out += bytes(frame._data)  # noqa: SLF001 - `data` copies into other types
    return sound(bytes(out))


def speex(scene: Scene) -> Sound:
    """The canceller of speexdsp with its own queue between the threads, and its residual echo and noise suppression."""
    library = ctypes.CDLL("libspeexdsp.so.1")
    for name in ("speex_echo_state_init", "speex_preprocess_state_init"):
        getattr(library, name).restype = ctypes.c_void_p
    state = ctypes.c_void_p(library.speex_echo_state_init(FRAME, RATE * 200 // 1000))
    rate = ctypes.c_int(RATE)
    library.speex_echo_ctl(state, 24, ctypes.byref(rate))  # SPEEX_ECHO_SET_SAMPLING_RATE
    preprocess = ctypes.c_void_p(library.speex_preprocess_state_init(FRAME, RATE))
    library.speex_preprocess_ctl(preprocess, 24, state)  # SPEEX_PREPROCESS_SET_ECHO_STATE
    frame, out = ctypes.create_string_buffer(2 * FRAME), bytearray()
    with contextlib.ExitStack() as stack:
        stack.callback(library.speex_echo_state_destroy, state)
        stack.callback(library.speex_preprocess_state_destroy, preprocess)
        for plays, samples in calls(scene):
            if plays:
                library.speex_echo_playback(state, samples)
            else:
                library.speex_echo_capture(state, samples, frame)
                library.speex_preprocess_run(preprocess, frame)
                out += frame.raw
    return sound(bytes(out))
