"""Keys that sign in tests, and end with them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def home() -> Iterator[Path]:
    """A home of GnuPG, whose agent ends with it. Its path is short: that of the agent's socket fits."""
    with TemporaryDirectory(prefix="gpg-") as name:
        try:
            yield Path(name)
        finally:
            subprocess.run(["gpgconf", "--homedir", name, "--kill", "all"], check=True)


def make_key(home: Path, name: str) -> None:
    """Add a key without a passphrase, which signs for a day."""
    kind = (f"{name} <{name}@station.example>", "ed25519", "sign", "1d")
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", *kind]
    subprocess.run(command, check=True, capture_output=True)
