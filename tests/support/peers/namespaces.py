"""Two machines on a cable: network namespaces of their own, in which a test may take addresses and the link away."""

import contextlib
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from tests.support.peers.nameserver import answer, name_of
from tests.support.waiting import until

DOOR, PBX = "10.9.0.7", "10.9.0.1"
WIRE = Path(__file__).with_name("wire.py")
OPENED = """import socket, sys
family, kind, protocol, address, port, passed = sys.argv[1:]
made = socket.socket(int(family), int(kind), int(protocol))
if address:
    made.bind((address, int(port)))
with socket.socket(fileno=int(passed)) as to:
    socket.send_fds(to, [b"x"], [made.fileno()])
"""
HELD = ["setpriv", "--pdeathsig", "KILL", "sleep", "infinity"]


class Within(list[str]):
    """What begins a command that runs on the machine that a process is on."""

    def __init__(self, pid: int) -> None:
        super().__init__(["nsenter", "-t", str(pid), "--user", "--net", "--mount", "--preserve-credentials"])
        self.pid = pid


class Machine:
    """One side: `within` begins a command that runs there."""

    def __init__(self, argv: Sequence[str]) -> None:
        here = Path("/proc/self/ns/net").readlink()
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        comm = Path(f"/proc/{self.process.pid}/comm")
        until(lambda: self._alive() and comm.read_text() == "sleep\n", "a namespace")
        assert Path(f"/proc/{self.process.pid}/ns/net").readlink() != here
        self.within = Within(self.process.pid)

    def _alive(self) -> bool:
        assert self.process.poll() is None, "network namespaces cannot be made here"
        return True

    def run(self, *words: str | Path) -> None:
        subprocess.run([*self.within, *words], check=True, capture_output=True, timeout=120)

    def runs(self, interface: str) -> bool:
        """Whether an interface has a link; the kernel says so up to a second after both ends are up."""
        argv = [*self.within, "ip", "link", "show", "dev", interface]
        return b" state UP " in subprocess.run(argv, check=True, capture_output=True, timeout=120).stdout

    def socket(
        self,
        address: str = "",
        port: int = 0,
        family: int = socket.AF_INET,
        kind: int = socket.SOCK_DGRAM,
        protocol: int = 0,
    ) -> socket.socket:
        """A socket of that machine's, bound where an address is given."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            words = map(str, (int(family), int(kind), protocol, address, port, theirs.fileno()))
            subprocess.run(
                [*self.within, sys.executable, "-c", OPENED, *words],
                check=True,
                capture_output=True,
                timeout=60,
                pass_fds=[theirs.fileno()],
            )
            return socket.socket(fileno=socket.recv_fds(ours, 1, 1)[1][0])

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


class Cable:
    """`with Cable(directory) as cable`: the machines `door` and `pbx`, DOOR and PBX on interfaces called eth0."""

    def __init__(self, directory: Path) -> None:
        self.resolver = Path(directory) / "resolv.conf"
        self.resolver.write_text("")
        self.door: Machine
        self.pbx: Machine
        self._machines: list[Machine] = []

    def __enter__(self) -> Self:
        self.door = Machine(["unshare", "--map-root-user", "--net", "--mount", *HELD])
        self._machines.append(self.door)
        try:
            self.pbx = self._machine()
            self.door.run("mount", "--bind", self.resolver, "/etc/resolv.conf")
            self._plug()
            for machine, address in ((self.door, DOOR), (self.pbx, PBX)):
                machine.run("ip", "link", "set", "lo", "up")
                machine.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
                machine.run("ip", "link", "set", "eth0", "up")
            for machine in (self.door, self.pbx):  # a station that starts before has the loopback address only
                until(partial(machine.runs, "eth0"), "the link", every=0.1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for machine in reversed(self._machines):
            machine.end()
        self._machines.clear()

    def _machine(self) -> Machine:
        made = Machine([*self.door.within, "unshare", "--net", "--mount", *HELD])
        self._machines.append(made)
        return made

    def _plug(self) -> None:
        plug(self.door, "eth0", self.pbx, "eth0")

    def cut(self) -> None:
        """Pull the plug."""
        self.pbx.run("ip", "link", "set", "eth0", "down")

    def mend(self) -> None:
        """Put it in again."""
        self.pbx.run("ip", "link", "set", "eth0", "up")

    def move(self, address: str) -> None:
        """The door has another address at once: without any for a moment, it would be without a network."""
        steps = "address flush dev eth0 scope global", f"address add {address}/24 dev eth0"
        self.door.run("sh", "-c", f"printf '%s\\n' {shlex.join(steps)} | ip -batch -")


def plug(one: Machine, name: str, other: Machine, far: str) -> None:
    """A cable between two machines, with these names of its ends."""
    peer = "type", "veth", "peer", "name", far, "netns", str(other.process.pid)
    one.run("ip", "link", "add", name, *peer)


class BadCable(Cable):
    """`with BadCable(directory, loss=0.1)`: of what goes through, a part is lost, late, out of order or doubled.

    loss, double: parts of all packets; delay_s: of each, to which jitter_s adds up to as much again, so that packets
    overtake each other; handshakes: so many of the door's messages of DTLS are lost, the first ones; forged: sound
    that nobody can verify goes to the door every so many seconds, as from the other machine, once that has sent some.
    """

    def __init__(self, directory: Path, **spoiled: float) -> None:
        super().__init__(directory)
        self.spoiled = spoiled
        self.between: Machine
        self.wire: subprocess.Popen[bytes] | None = None

    def __exit__(self, *_: object) -> None:
        self._unplug()
        super().__exit__()

    def _plug(self) -> None:
        self.between = self._machine()
        for machine, end in ((self.door, "door"), (self.pbx, "pbx")):
            plug(machine, "eth0", self.between, end)
            machine.run(sys.executable, WIRE, "sums", "eth0")
            self.between.run("ip", "link", "set", end, "up")
        self.spoil(**self.spoiled)

    def spoil(self, **spoiled: float) -> None:
        """From now on that becomes of packets, and nothing else; loss=1: the network is away, which nobody reports."""
        self._unplug()
        told = dict.fromkeys(("loss", "double", "delay_s", "jitter_s", "handshakes", "forged"), 0.0) | spoiled
        command = ["setpriv", "--pdeathsig", "KILL", sys.executable, str(WIRE), "carry", repr(told)]
        argv = [*self.between.within, *command]
        self.wire = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self.wire.stdout and self.wire.stdout.readline() == b"ready\n"

    def _unplug(self) -> None:
        if self.wire is None:
            return
        self.wire.kill()
        self.wire.wait()
        assert self.wire.stdout
        self.wire.stdout.close()
        self.wire = None


class NameServer:
    """`with NameServer(machine, records)`: DNS at PBX; records as in {"_sip._udp.x SRV": [[1, 0, 5060, "a.x"]]}."""

    def __init__(self, machine: Machine, records: Mapping[str, Any]) -> None:
        self.machine, self.records = machine, records

    def __enter__(self) -> Self:
        script = Path(__file__).with_name("nameserver.py")
        argv = [
            *self.machine.within,
            "setpriv",
            "--pdeathsig",
            "KILL",
            sys.executable,
            str(script),
            PBX,
            repr(self.records),
        ]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self.process.stdout and self.process.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


class SilentNameServer:
    """`with SilentNameServer(machine) as server`: DNS at PBX that counts names, and answers late or never."""

    def __init__(self, machine: Machine) -> None:
        self._socket = machine.socket(PBX, 53)
        self._socket.setblocking(False)
        self._questions: list[tuple[bytes, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def asked(self) -> set[str]:
        """Since this was read last."""
        names = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                self._questions.append(self._socket.recvfrom(2000))
                names.add(name_of(self._questions[-1][0]))
        return names

    def answer(self, records: Mapping[str, Any]) -> None:
        """Answer all questions of which `asked` has reported the names."""
        for question, peer in self._questions:
            self._socket.sendto(answer(question, records), peer)
