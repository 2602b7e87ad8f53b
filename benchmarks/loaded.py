"""Which modules each process of the daemon has loaded, and what a start costs beside bare pjsua2."""

import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from appliance.panel import guard
from benchmarks.processes import PATIENCE_S, cpu_s, own_mb
from benchmarks.subjects import NULL, Bare, Daemon, Subject, noise

ROOT = Path(__file__).resolve().parents[1]
HOOK = Path(__file__).resolve().parent / "hook"
NOBODY = "sip:nobody@127.0.0.1:9"  # nobody is called
# The guard runs without site, so the hook does not reach it: this does what its start does.
GUARD = "import sys; exec(compile(open(sys.argv[1]).read(), '', 'exec'), {'__name__': 'guard'}); print(*sys.modules)"


def modules(directory: Path) -> dict[str, frozenset[str]]:
    """The modules in the daemon, which serves HTTP, in its SIP process and guard, and in a command of intercomctl."""
    names = directory / "modules"
    names.mkdir()
    environment = {"BENCH_MODULES": str(names), "PYTHONPATH": os.pathsep.join([str(HOOK), str(ROOT)])}
    daemon = Daemon(directory / "loaded", noise(directory / "short.wav"), NULL, NOBODY)
    daemon.start(environment)
    try:
        daemon.settle()
        found = {}
        for name, pid in daemon.processes().items():
            if name != "guard":
                os.kill(pid, signal.SIGUSR2)
                found["sip" if name == "SIP process" else name] = _written(names / str(pid))
        words = [sys.executable, "-m", "appliance.cli", "--socket", str(daemon.directory / "http.sock"), "state"]
        client = subprocess.Popen(words, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
        if client.wait(PATIENCE_S):
            raise RuntimeError("intercomctl state failed")
        found["intercomctl"] = _written(names / str(client.pid))
    finally:
        daemon.stop()
    words = [sys.executable, "-I", "-S", "-c", GUARD, str(guard.__file__)]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return {**found, "guard": frozenset(printed.split())}


def _written(path: Path) -> frozenset[str]:
    until = time.monotonic() + PATIENCE_S
    while not path.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{path} was not written")
        time.sleep(0.01)
    return frozenset(path.read_text(encoding="utf-8").split()) - {"sitecustomize"}


def ratios(directory: Path, pairs: int) -> dict[str, float]:
    """Processor time of a start until everything serves, and idle memory that is no file's, to those of bare pjsua2.

    Neither is a time on the wall clock, and each pair is started one right after the other, so that a busy machine
    slows both alike.
    """
    microphone = noise(directory / "noise.wav")
    cpu: dict[str, list[float]] = {"intercomd": [], "pjsua2": []}
    own: dict[str, list[float]] = {"intercomd": [], "pjsua2": []}
    for number in range(pairs):
        for kind in (Daemon, Bare) if number % 2 else (Bare, Daemon):
            subject: Subject = kind(directory / f"{kind.NAME}-{number}", microphone, NULL, NOBODY)
            subject.start()
            try:
                subject.settle()
                pids = subject.processes().values()
                cpu[kind.NAME].append(sum(map(cpu_s, pids)))
                own[kind.NAME].append(sum(map(own_mb, pids)))
            finally:
                subject.stop()
    return {
        # The least of each: whatever else runs can only add to it.
        "start": min(cpu["intercomd"]) / min(cpu["pjsua2"]),
        "memory": statistics.median(own["intercomd"]) / statistics.median(own["pjsua2"]),
    }
