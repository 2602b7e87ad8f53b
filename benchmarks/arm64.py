"""Instructions on arm64, as Debian's Python 3.13 executes them: counted by a plugin of qemu-user, so without a board.

The root has Debian 13's own packages for arm64, unpacked but not configured; the emulator needs no more. pjsua2 is
cross-built by the recipe of its package.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.instructions import ROOT, differences
from benchmarks.processes import say

CACHE = Path.home() / ".cache" / "intercomd" / "arm64"
PLUGIN = Path(__file__).resolve().parent / "count_instructions.c"
EMULATOR = "qemu-aarch64"
PACKAGES = (
    "python3-minimal",
    "python3",
    "python3-alsaaudio",
    "python3-dbus-fast",
    "python3-gpiozero",
    "python3-libgpiod",
    "python3-msgspec",
    "python3-pydantic",
    "python3-starlette",
    "python3-systemd",
    "python3-tomli",
    "python3-uvicorn",
    "python3-websockets",
    # What pjsua2 is linked with:
    "libasound2t64",
    "libgsm1",
    "libopus0",
    "libspeex1",
    "libspeexdsp1",
    "libsrtp2-1",
    "libssl3t64",
    "libstdc++6",
    "libuuid1",
)
PYTHON = "usr/bin/python3"  # in the root
MERGED = ("bin", "lib", "sbin")  # links that a configured Debian has


def counted() -> dict[str, float]:
    """Millions of instructions: imports, a step, an INVITE in the reactor."""
    root = debian()
    program = [EMULATOR, "-L", str(root), "-plugin", str(plugin()), str(root / PYTHON)]
    fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **fixed, "PYTHONPYCACHEPREFIX": str(compiled())}
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


def compiled() -> Path:
    """Where Python keeps what it has compiled: a name that the root lacks would be written to this machine."""
    return CACHE / "compiled"


def pjsua2() -> Path:
    """The folder of pjsua2 for arm64, cross-built once for each state of its recipe."""
    recipe = hashlib.sha256()
    for path in sorted((ROOT / "packaging" / "pjsua2").rglob("*")):
        recipe.update(path.read_bytes() if path.is_file() else b"")
    built = CACHE / f"pjsua2-{recipe.hexdigest()[:16]}"
    if not built.exists():
        say("arm64: cross-building pjsua2, in about six minutes of processor time")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as directory:
            words = ["packaging/deb", "--only", "pjsua2", "--into", directory, "arm64"]
            subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, check=True)
            (package,) = Path(directory).glob("*.deb")
            subprocess.run(["dpkg-deb", "--extract", str(package), f"{directory}/unpacked"], check=True)
            Path(directory, "unpacked").rename(built)
    return built / "usr" / "lib" / "python3" / "dist-packages"


def debian() -> Path:
    """The root: the unpacked packages, made once for each list of them."""
    names = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:16]
    root, fresh = CACHE / f"root-{names}", CACHE / "root.new"
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
