"""Instructions on arm64, as Debian's Python 3.13 executes them: counted by a plugin of qemu-user, so without a board.

The root has Debian 13's own packages for arm64, unpacked but not configured; the emulator needs no more.
"""

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.instructions import ROOT, differences
from benchmarks.processes import say

CACHE = Path.home() / ".cache" / "intercomd" / "arm64"
PLUGIN = Path(__file__).resolve().parent / "count_instructions.c"
PACKAGES = (
    "python3-minimal",
    "python3",
    "python3-fastapi",
    "python3-gpiozero",
    "python3-msgspec",
    "python3-pydantic",
    "python3-tomli",
    "python3-uvicorn",
    "python3-websockets",
)
MERGED = ("bin", "lib", "sbin")  # links that a configured Debian has


def counted() -> dict[str, float]:
    """Millions of instructions: imports, a step, an INVITE in the reactor."""
    root = _root()
    program = ["qemu-aarch64", "-L", str(root), "-plugin", str(plugin()), str(root / "usr/bin/python3")]
    fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **fixed, "PYTHONPYCACHEPREFIX": str(CACHE / "compiled")}
    for _ in "compiled", "counted":
        done = subprocess.run(
            [*program, "-m", "benchmarks.instructions"],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=environment,
        )
        if done.returncode:
            raise RuntimeError(f"qemu-aarch64 cannot count instructions: {done.stderr[-2000:]}")
    return differences(done.stdout, done.stderr)


def plugin() -> Path:
    """The emulators' plugin, compiled."""
    CACHE.mkdir(parents=True, exist_ok=True)
    made = CACHE / "count.so"
    words = ["cc", "-shared", "-fPIC", "-O2", "-Wl,--unresolved-symbols=ignore-all", "-o", str(made), str(PLUGIN)]
    subprocess.run(words, check=True)
    return made


def _root() -> Path:
    """The unpacked packages, made once."""
    root, fresh = CACHE / "root", CACHE / "root.new"
    if root.exists():
        return root
    say("arm64: unpacking Debian's packages")
    shutil.rmtree(fresh, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    script = '. packaging/common.sh; debian_mirror "Debian 13" "use a machine that has one"'
    mirror = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    options = ["--quiet", "--variant=extract", "--architectures=arm64", f"--include={','.join(PACKAGES)}"]
    subprocess.run(["mmdebstrap", *options, "trixie", str(fresh), f"deb {mirror} trixie main"], check=True)
    for name in MERGED:
        if not (fresh / name).exists():
            (fresh / name).symlink_to(f"usr/{name}")
    fresh.rename(root)
    return root


def run() -> dict[str, float]:
    """What `make bench` stores."""
    say("arm64: counting instructions")
    return {what: round(count, 3) for what, count in counted().items()}
