"""coturn, which relays the sound of calls (RFC 8656)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.peers.namespaces import PBX, Machine
from tests.support.peers.turn import PASSWORD, REALM, USER
from tests.support.waiting import until


@contextmanager
def coturn(machine: Machine, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The TURN server of Debian's package, on the machine `pbx` of a cable."""
    log = directory / "coturn.log"
    words: dict[str, object] = {
        "listening-ip": PBX,
        "relay-ip": PBX,
        "min-port": 50000,
        "max-port": 50999,
        "user": f"{USER}:{PASSWORD}",
        "realm": REALM.decode(),
        "userdb": directory / "users",
        "pidfile": directory / "pid",
        "log-file": "stdout",
    }
    argv = ["turnserver", "-n", "--lt-cred-mech", "--no-cli", "--no-tls", "--no-dtls", "--verbose"]
    argv += [f"--{name}={value}" for name, value in words.items()]
    with log.open("wb") as output:
        process = subprocess.Popen([*machine.within, *argv], stdout=output, stderr=subprocess.STDOUT)
    try:
        until(lambda: b"Relay ports initialization done" in log.read_bytes(), "coturn", log=log.read_text)
        yield process
    finally:
        process.kill()
        process.wait()
