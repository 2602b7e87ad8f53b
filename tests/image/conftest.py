"""The card image under test: made once for its contents, with a key of its own, out of a root that is kept."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE, BUNDLE = ROOT / "packaging/image/make", ROOT / "packaging/image/bundle"
DEBS = ROOT / "dist"  # of make deb-arm64
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "intercomd/image")
VERSION = "0.1.0+100"


class Image(NamedTuple):
    """A made image. root: what a bundle has."""

    card: Path
    root: Path
    keys: dict[str, str]

    def bundle(self, made: Path, version: str, root: Path | None = None, keys: dict[str, str] | None = None) -> Path:
        """An update."""
        words = [BUNDLE, root or self.root, version, made]
        subprocess.run(words, env={**os.environ, **(keys or self.keys)}, check=True, stdin=subprocess.DEVNULL)
        return made


def make_key(directory: Path, name: str) -> dict[str, str]:
    """A new key with its certificate, as the environment of the commands."""
    keys = {"IMAGE_KEY": str(directory / f"{name}.key"), "IMAGE_CERTIFICATE": str(directory / f"{name}.pem")}
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-days", "3650", "-subj", f"/CN={name}", "-keyout", keys["IMAGE_KEY"], "-out", keys["IMAGE_CERTIFICATE"]]
    subprocess.run(words, check=True, capture_output=True)
    return keys


@pytest.fixture(scope="session")
def image() -> Image:
    """The image of this tree and of the packages in dist."""
    digest = hashlib.sha256()
    debs = [*DEBS.glob("intercomd_*_all.deb"), *DEBS.glob("python3-pjsua2_*_arm64.deb")]
    for file in sorted([*debs, *(path for path in MAKE.parent.rglob("*") if path.is_file())]):
        digest.update(f"{file.name} {os.access(file, os.X_OK)}\n".encode() + file.read_bytes())
    made = CACHE / f"test-{digest.hexdigest()[:16]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for old in CACHE.glob("test-*"):
                shutil.rmtree(old)
            new = made.with_name("new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            environment = {**os.environ, **make_key(new, "ours")}
            words = [MAKE, "--debs", DEBS, "--into", new, VERSION]
            subprocess.run(words, env=environment, check=True, stdin=subprocess.DEVNULL)
            (packed,) = new.glob("*.img.zst")
            subprocess.run(["zstd", "-q", "-d", "--sparse", packed, "-o", new / "card.img"], check=True)
            new.rename(made)
    keys = {"IMAGE_KEY": str(made / "ours.key"), "IMAGE_CERTIFICATE": str(made / "ours.pem")}
    return Image(made / "card.img", made / "root.ext4", keys)
