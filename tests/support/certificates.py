"""Certificates for tests: authorities and what they sign, made by openssl."""

import subprocess
from pathlib import Path

from tests.support.clocks import behind

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def run(*words: object, before: int = 0) -> None:
    """Have openssl do it, on a clock that is so many days behind."""
    clock = behind(before) if before else ()
    subprocess.run([*clock, "openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    """An authority of its own: `file` is its certificate."""

    def __init__(self, directory: Path, name: str = "test authority") -> None:
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.file, self._key = self.directory / "ca.pem", self.directory / "ca.key"
        use = "-addext", "keyUsage=critical,keyCertSign,cRLSign"  # without it, Python 3.13 refuses the authority
        out = "-keyout", self._key, "-out", self.file
        run("req", "-x509", *KEY, *out, "-days", 3650, "-subj", f"/CN={name}", *use)

    def sign(self, name: str, subject: str, *names: str, made_days_ago: int = 1) -> tuple[str, str]:
        """Certificate, valid for 30 days, and key; `names` as in DNS:pbx.example or IP:127.0.0.1.

        subject: its common name, or all of it, as in /O=house/CN=pbx.
        """
        base = self.directory / name
        whole = subject if subject.startswith("/") else f"/CN={subject}"
        run("req", *KEY, "-keyout", f"{base}.key", "-out", f"{base}.csr", "-subj", whole)
        Path(f"{base}.ext").write_text(f"subjectAltName={','.join(names)}\nauthorityKeyIdentifier=keyid\n")
        out = "x509", "-req", "-in", f"{base}.csr", "-CA", self.file, "-CAkey", self._key, "-CAcreateserial"
        run(*out, "-days", 30, "-extfile", f"{base}.ext", "-out", f"{base}.pem", before=made_days_ago)
        return f"{base}.pem", f"{base}.key"


def self_signed(state: Path, *names: str) -> bytes:
    """Have in a station's state the certificate that it made before it had an authority; returns that."""
    certificate, key = state / "http.crt", state / "http.key"
    used = "-addext", f"subjectAltName={','.join(names)}", "-subj", "/CN=intercomd", "-days", 8000
    run("req", "-x509", *KEY, "-keyout", key, "-out", certificate, *used)
    key.chmod(0o600)
    return certificate.read_bytes()
