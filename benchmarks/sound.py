"""A sound card in software: PulseAudio with a null sink, to which ALSA's PCM `pulse` plays in real time."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import Program

PCM = "pulse"
PATIENCE_S = 20.0


@contextlib.contextmanager
def card() -> Iterator[str]:
    """The name of the PCM, for programs that are started meanwhile."""
    with tempfile.TemporaryDirectory(prefix="pulse-") as directory:  # a socket's path is short
        path = Path(directory) / "native"
        ours = {"HOME": directory, "PULSE_RUNTIME_PATH": directory, "PULSE_SERVER": f"unix:{path}"}
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        modules = f"module-native-protocol-unix auth-anonymous=1 socket={path}", "module-null-sink rate=48000"
        words = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"]
        server = Program([*words, *(word for module in modules for word in ("-L", module))], Path(directory))
        try:
            until = time.monotonic() + PATIENCE_S
            while not path.exists():
                if time.monotonic() > until:
                    raise TimeoutError("PulseAudio does not start")
                time.sleep(0.05)
            yield PCM
        finally:
            server.stop()
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
