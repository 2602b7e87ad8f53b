"""SIPp as the far end: a process of its own that calls or is called by one of the scenarios, and judges how it went."""

import asyncio
import ipaddress
import random
import re
import socket
import struct
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from tests.support.peers import sipp_scenarios
from tests.support.waiting import until

ADDRESS = "127.0.0.1"
PATIENCE_S = 120
PORTS = range(10100, 20000)  # below the kernel's own range, of port 0 of others; browsers refuse 10080
RTP_PORTS = range(20000, 30000, 4)
OPTIONS = {
    "user": "sipp",
    "called": "service",  # whom a uac- scenario asks for
    "transport": "udp",  # or tcp
    "ring": 0.1,  # seconds before a uas- scenario answers
    "rings": True,  # whether it says 180 before
    "seconds": 0.3,  # to talk, to hold, before BYE, CANCEL or 200
    "code": 486,  # of a refusal
    "hold": "sendonly",  # or inactive, or zero as in c=0.0.0.0
    "headers": "",  # in the request that ends the call, each with its line end
    "contact": "",  # of a 302
    "digits": "12#",  # by INFO
    "times": 1,  # how often again
    "display_name": "",
    "text": "There is a parcel",  # of a MESSAGE or INFO
    "kind": "text/plain",
    "refer_to": "",  # whom the party under test is to call
    "sound": "",  # file of A-law that it plays
    "held": False,  # it holds us before
    "steps": 9,  # of a transfer, after which it only waits for BYE
    "ends": True,  # the call, once its transfer has gone well
    "notified": (),  # the codes that it reports by NOTIFY, in their order
}


def free_port(address: str = ADDRESS, ports: range = PORTS) -> int:
    """One that nobody uses, for UDP or for TCP."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in random.sample(ports, 100):
        with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp, suppress(OSError):
            udp.bind((address, port))
            tcp.bind((address, port))
            return port
    raise AssertionError("no free port")


def bound(address: str, port: int, transport: str = "udp", *, remote: bool = False, pid: int | str = "self") -> bool:
    """Whether somebody has that port where that process is, or is connected to it, by /proc and without a packet."""
    table = f"/proc/{pid}/net/{transport}{'6' if ':' in address else ''}"
    words = [word[::-1].hex().upper() for (word,) in struct.iter_unpack("4s", ipaddress.ip_address(address).packed)]
    wanted = f"{''.join(words)}:{port:04X}"
    return any(line.split()[2 if remote else 1] == wanted for line in Path(table).read_text().splitlines())


def host(address: str) -> str:
    """As it stands before a port (RFC 5952 §6)."""
    return f"[{address}]" if ":" in address else address


def listening(address: str) -> int:
    """The port at which connections by TCP are taken there, 0 while there is none."""
    wanted = socket.inet_aton(address)[::-1].hex().upper()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        if state == "0A" and local.startswith(wanted):
            return int(local.partition(":")[2], 16)
    return 0


class Sipp:
    """`with Sipp(directory, "uas-answer") as peer`: runs until its calls are done; ended at the end of the block.

    remote: address:port to call, for the uac- scenarios. address, port: its own, of which 0 takes a free one. within:
    what begins its command, to run in a network namespace. The rest are options of the scenarios, see OPTIONS.
    """

    def __init__(
        self,
        directory: Path,
        scenario: str,
        remote: str = "",
        *,
        address: str = ADDRESS,
        port: int = 0,
        within: Sequence[str] = (),
        **options: Any,
    ) -> None:
        assert not set(options) - set(OPTIONS), options
        self.options = SimpleNamespace(**OPTIONS | options)
        self.scenario, self.remote = scenario, remote
        self.directory = Path(directory) / scenario
        self.address, self.port, self._port, self.within = address, port, port, within
        self.process: subprocess.Popen[bytes]

    @property
    def uri(self) -> str:
        return f"sip:{self.options.user}@{host(self.address)}:{self.port}"

    def __enter__(self) -> Self:
        self.directory.mkdir()
        (self.directory / "scenario.xml").write_text(sipp_scenarios.xml(self.scenario, self.options))
        # A daemon whose SIP process was killed repeats its BYE: SIPp sends answers to where the INVITE came from.
        until(lambda: not bound(self.address, self._port, remote=True), "the end of the connection to the last one")
        self._spawn()
        until(self._begun, "SIPp", PATIENCE_S, self.log)
        return self

    def _begun(self) -> bool:
        """Whether it listens or is done; it is started again where another process took its port."""
        if self.process.poll() is None:
            return self._listens()
        if self.process.returncode == 0:
            return True
        self._spawn()
        return False

    def __exit__(self, *_: object) -> None:
        self.vanish()

    async def finished(self) -> None:
        """Every call went as the scenario says."""
        await asyncio.to_thread(self.done)

    def done(self) -> None:
        """The same, for tests without a loop."""
        until(lambda: self.process.poll() is not None, "the end of SIPp", PATIENCE_S, self.log)
        assert self.process.returncode == 0, self.log()

    def vanish(self) -> None:
        """Go without a word."""
        self.process.kill()
        self.process.wait()

    def until_sent(self, what: str, acks: int) -> None:
        """Wait until the other side has acknowledged so many INVITEs, some perhaps more than once."""

        def enough() -> bool:
            return len(set(re.findall(r"^CSeq: (\d+) ACK", self.messages(), re.MULTILINE))) >= acks

        until(enough, what, PATIENCE_S, self.log)

    def messages(self) -> str:
        """All that was sent and received, as SIPp logs it."""
        return (self.directory / "messages.log").read_text(errors="replace")

    def log(self) -> str:
        files = (self.directory / name for name in ("errors.log", "messages.log"))
        return "\n".join(file.read_text(errors="replace")[-4000:] for file in files if file.exists())

    def _listens(self) -> bool:
        try:
            return bound(self.address, self.port, self.options.transport, pid=self.process.pid)
        except OSError:  # it is done in this very moment
            return False

    def _spawn(self) -> None:
        free_at = ADDRESS if self.within else self.address  # a namespace is ours alone
        self.port = self._port or free_port(free_at)
        own = self.directory.resolve()  # nsenter changes the working directory
        argv = [*self.within, "sipp", *([self.remote] if self.remote else []), "-sf", str(own / "scenario.xml")]
        argv += ["-m", "1", "-nostdin"]
        control = ADDRESS if ":" in self.address or self.within else self.address  # SIPp binds that by IPv4 only
        argv += ["-i", self.address, "-p", str(self.port), "-ci", control, "-cp", str(free_port(control))]
        argv += ["-mi", self.address, "-mp", str(free_port(free_at, RTP_PORTS))]
        if not self.options.sound:  # our own packets back among those of the sound would be one garbled stream
            argv += ["-rtp_echo"]
        argv += ["-s", self.options.called, "-t", "t1" if self.options.transport == "tcp" else "u1"]
        argv += ["-timeout", f"{PATIENCE_S}s", "-timeout_error", "-recv_timeout", str(PATIENCE_S * 1000)]
        argv += ["-trace_msg", "-message_file", str(own / "messages.log")]
        argv += ["-trace_err", "-error_file", str(own / "errors.log")]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(argv, cwd=self.directory, stdin=quiet, stdout=quiet, stderr=quiet)
