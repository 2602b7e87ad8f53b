"""Who signs releases in the tests: a key of its own, and repositories as make release makes them."""

import os
import subprocess
from pathlib import Path

RELEASE = Path(__file__).parents[2] / "packaging/release"


class Publisher:
    """A home of GnuPG with one key, and repositories that it signs."""

    def __init__(self, home: Path, debs: Path, kind: str, *made: str) -> None:
        """Make a key of that kind, with further options of gpg, that ends after two days."""
        home.mkdir(mode=0o700)
        self._debs = debs
        self._environment = {**os.environ, "GNUPGHOME": str(home)}
        self._run(
            "gpg", *made, "--batch", "--passphrase", "", "--quick-gen-key", "p <p@station.example>", kind, "sign", "2d"
        )
        self.public = self._run("gpg", "--batch", "--export", "--armor")

    def _run(self, *words: str | Path) -> str:
        return subprocess.run(words, env=self._environment, check=True, capture_output=True, text=True).stdout

    def prolong(self) -> None:
        """Give the key another end; stations have the former one."""
        fields = self._run("gpg", "--batch", "--list-keys", "--with-colons").split(":")
        fingerprint = next(field for field in fields if len(field) == 40)
        self._run("gpg", "--batch", "--quick-set-expire", fingerprint, "5y")

    def publish(self, repository: Path, more: Path | None = None) -> Path:
        """Put the packages under test into a repository, or those of the directory `more`."""
        self._run(RELEASE / "apt-repository", more or self._debs, repository)
        return repository

    def close(self) -> None:
        self._run("gpgconf", "--kill", "all")
