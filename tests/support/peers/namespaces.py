"""Two machines on a cable: network namespaces of their own, in which a test may take addresses and the link away."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.peers.nameserver import name_of
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


class Machine:
    """One side: `within` begins a command that runs there."""

    def __init__(self, argv):
        here = Path("/proc/self/ns/net").readlink()
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        comm = Path(f"/proc/{self.process.pid}/comm")
        until(lambda: self._alive() and comm.read_text() == "sleep\n", "a namespace")
        assert Path(f"/proc/{self.process.pid}/ns/net").readlink() != here
        namespaces = ["--user", "--net", "--mount", "--preserve-credentials"]
        self.within = ["nsenter", "-t", str(self.process.pid), *namespaces]

    def _alive(self):
        assert self.process.poll() is None, "network namespaces cannot be made here"
        return True

    def run(self, *words):
        subprocess.run([*self.within, *words], check=True, capture_output=True, timeout=120)

    def socket(self, address="", port=0, family=socket.AF_INET, kind=socket.SOCK_DGRAM, protocol=0):
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

    def end(self):
        self.process.kill()
        self.process.wait()


class Cable:
    """`with Cable(directory) as cable`: the machines `door` and `pbx`, DOOR and PBX on interfaces called eth0."""

    def __init__(self, directory):
        self.resolver = Path(directory) / "resolv.conf"
        self.resolver.write_text("")

    def __enter__(self):
        self.door = Machine(["unshare", "--map-root-user", "--net", "--mount", *HELD])
        self.pbx = None
        try:
            self.pbx = self._machine()
            self.door.run("mount", "--bind", self.resolver, "/etc/resolv.conf")
            self._plug()
            for machine, address in ((self.door, DOOR), (self.pbx, PBX)):
                machine.run("ip", "link", "set", "lo", "up")
                machine.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
                machine.run("ip", "link", "set", "eth0", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for machine in (self.pbx, self.door):
            if machine is not None:
                machine.end()

    def _machine(self):
        return Machine([*self.door.within, "unshare", "--net", "--mount", *HELD])

    def _plug(self):
        plug(self.door, "eth0", self.pbx, "eth0")

    def cut(self):
        """Pull the plug."""
        self.pbx.run("ip", "link", "set", "eth0", "down")

    def mend(self):
        """Put it in again."""
        self.pbx.run("ip", "link", "set", "eth0", "up")

    def move(self, address):
        """The door has another address from now on."""
        self.door.run("ip", "address", "flush", "dev", "eth0", "scope", "global")
        self.door.run("ip", "address", "add", f"{address}/24", "dev", "eth0")


def plug(one, name, other, far):
    """A cable between two machines, with these names of its ends."""
    peer = "type", "veth", "peer", "name", far, "netns", str(other.process.pid)
    one.run("ip", "link", "add", name, *peer)


class BadCable(Cable):
    """`with BadCable(directory, loss=0.1)`: of what goes through, a part is lost, late, out of order or doubled.

    loss, double: parts of all packets; delay_s: of each, to which jitter_s adds up to as much again, so that packets
    overtake each other.
    """

    def __init__(self, directory, **spoiled):
        super().__init__(directory)
        self.spoiled = {"loss": 0.0, "double": 0.0, "delay_s": 0.0, "jitter_s": 0.0, **spoiled}
        self.between = self.wire = None

    def __exit__(self, *_):
        if self.wire is not None:
            self.wire.kill()
            self.wire.wait()
            self.wire.stdout.close()
        if self.between is not None:
            self.between.end()
        super().__exit__()

    def _plug(self):
        self.between = self._machine()
        for machine, end in ((self.door, "door"), (self.pbx, "pbx")):
            plug(machine, "eth0", self.between, end)
            machine.run(sys.executable, WIRE, "sums", "eth0")
            self.between.run("ip", "link", "set", end, "up")
        argv = [
            *self.between.within,
            "setpriv",
            "--pdeathsig",
            "KILL",
            sys.executable,
            WIRE,
            "carry",
            repr(self.spoiled),
        ]
        self.wire = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self.wire.stdout.readline() == b"ready\n"


class NameServer:
    """`with NameServer(machine, records)`: DNS at PBX; records as in {"_sip._udp.x SRV": [[1, 0, 5060, "a.x"]]}."""

    def __init__(self, machine, records):
        self.machine, self.records = machine, records

    def __enter__(self):
        script = Path(__file__).with_name("nameserver.py")
        argv = [*self.machine.within, "setpriv", "--pdeathsig", "KILL", sys.executable, script, PBX, repr(self.records)]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class SilentNameServer:
    """`with SilentNameServer(machine) as server`: DNS at PBX that answers nothing, and counts names."""

    def __init__(self, machine):
        self._socket = machine.socket(PBX, 53)
        self._socket.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    @property
    def asked(self):
        """Since this was read last."""
        names = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                names.add(name_of(self._socket.recv(2000)))
        return names
