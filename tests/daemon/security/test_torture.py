"""The messages of RFC 4475, "SIP torture test messages": each is answered as that RFC says, by UDP and by TCP."""

import re
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.daemon.accounts.test_connections import listeners
from tests.support.daemon import Daemon, settled
from tests.support.peers.registrars import Kamailio, account

PATIENCE_S = 60.0
# What is expected is a code, or several where the RFC leaves it open; None: no answer, as it is an answer itself.
# A registrar would take those that get 405. That of wsinv is in a dialog that the station does not know.
EXPECTED = {
    **dict.fromkeys(["unreason", "noreason", "scalarlg", "bigcode", "bcast"]),
    **dict.fromkeys(["esc01", "longreq", "baddate"], (180,)),
    **dict.fromkeys(["lwsstart", "escruri"], (180, 400)),
    **dict.fromkeys(["lwsdisp", "semiuri", "transports", "mpart01", "badbranch", "zeromf"], (200,)),
    **dict.fromkeys(["trws", "badaspec", "baddn"], (200, 400)),
    **dict.fromkeys(["badinv01", "clerr", "ncl", "scalar02", "quotbal", "ltgtruri", "lwsruri"], (400,)),
    **dict.fromkeys(["mismatch01", "insuf", "multi01", "mcl01", "regbadct"], (400,)),
    "mismatch02": (400, 501),
    **dict.fromkeys(["escnull", "dblreq", "unksm2", "regaut01", "cparam01", "cparam02", "regescrt"], (405,)),
    "sdp01": (406,),
    "invut": (415,),
    **dict.fromkeys(["unkscm", "novelsc"], (416,)),
    "bext01": (420,),
    "wsinv": (481,),
    **dict.fromkeys(["intmeth", "esc02"], (501,)),
    "badvers": (505,),
    # Of RFC 2543, without a Contact. It should be accepted by those who want to be compatible with that.
    "inv2543": (180, 400),
}
BY_TCP = {
    "clerr": None,  # the rest of its body may come yet
    "inv2543": (400,),  # it has no Content-Length
}
CLOSED = {"ncl", "mcl01", "inv2543"}  # where the next message begins is not known


def line(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def messages():
    """The messages by name."""
    text = Path(__file__).with_name("torture.txt").read_text()
    found = {}
    for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        head, *lines = part.removesuffix("\n").split("\n")
        name = head.split()[1]
        found[name] = b"\r\n".join(map(line, lines))
    return found


def played(name, transport):
    """One of them. Some have the same branch, and each is sent twice: they would be one transaction, or a loop."""
    once = f"{name}{transport}".encode()
    of_its_own = re.sub(rb"z9hG4bK(?=kdjuw|-d87543)", b"z9hG4bK" + once, MESSAGES[name])
    return of_its_own.replace(f"{name}.".encode(), once + b".").replace(b"3d9485ad0c49859b", once)


MESSAGES = messages()


def header(message, name):
    found = re.search(rf"^{name}\s*:\s*(.*?)\r?$", message, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


class Sender:
    """One message's sender."""

    def __init__(self, connection):
        self.connection, self.seen, self._next = connection, [], []

    def answer(self):
        """The next final answer, or 180, acknowledged where that is due; "" once the connection is closed."""
        end = time.monotonic() + PATIENCE_S
        while not self._next:
            self.connection.settimeout(max(end - time.monotonic(), 0.001))
            try:
                came = self.connection.recv(65536).decode("latin-1")
            except ConnectionResetError:
                came = ""
            if not came:
                return ""
            self.seen.append(came)
            for each in re.findall(r"^SIP/2\.0 \d.*?(?=^SIP/2\.0 \d|\Z)", came, re.MULTILINE | re.DOTALL):
                self.acknowledge(each)
                self._next += [each] * (not each.startswith("SIP/2.0 100"))
        return self._next.pop(0)

    def acknowledge(self, answer):
        number, _, method = header(answer, "CSeq").partition(" ")
        if method.strip() != "INVITE" or answer[8] < "3":
            return
        copied = "".join(f"{name}: {header(answer, name)}\r\n" for name in ("Via", "From", "To", "Call-ID"))
        start = "ACK sip:door@127.0.0.1 SIP/2.0\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n"
        self.connection.send(f"{start}{copied}CSeq: {number} ACK\r\n\r\n".encode("latin-1"))


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    """A station that takes calls from anyone, and connections from its registrar's host."""
    directory = tmp_path_factory.mktemp("torture")
    with Kamailio(directory / "k") as pbx:
        office = account(directory, pbx, "202", transport="tcp")
        with Daemon(directory / "door", account={"office": office}, sip={"callers": "anyone"}) as door:
            door.wait("account.registered", account="office")
            host, _, port = door.address.rpartition(":")
            (stream,) = set(listeners(door))
            yield SimpleNamespace(door=door, pbx=pbx.address, udp=(host, int(port)), tcp=stream)


def by_udp(station, port=5060):
    """From that port, at which the answer is expected too."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((station.door.far_address, port))
    made.connect(station.udp)
    return made


def by_tcp(station):
    return socket.create_connection(station.tcp, PATIENCE_S, (station.pbx, 0))


def options(connection, transport):
    """A request that is always answered; what came before it was not, if its answer is the first."""
    host, port = connection.getsockname()
    connection.send(
        f"OPTIONS sip:door@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{time.time_ns()}"
        f"\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:door@127.0.0.1>\r\nCall-ID: {time.time_ns()}\r\nCSeq: 1 OPTIONS\r\n"
        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
    )


def plays(name, station, connect, transport, expected):
    with settled(station.door), connect(station) as connection:
        sender = Sender(connection)
        connection.sendall(played(name, transport))
        if expected is None and name != "clerr":
            options(connection, transport)
            assert "1 OPTIONS" in header(sender.answer(), "CSeq")
            return
        if expected is None:
            return
        answer = sender.answer()
        assert int(answer[8:11]) in expected, sender.seen
        if answer.startswith("SIP/2.0 180"):
            station.door.rung()
            station.door.hang_up_all()
            assert sender.answer().startswith("SIP/2.0 603")
        if transport == "UDP":  # an answer whose ACK is late comes again, and the next message has the same port
            options(connection, transport)
            while "1 OPTIONS" not in header(sender.answer(), "CSeq"):
                pass
        if transport == "TCP" and name in CLOSED:
            assert sender.answer() == ""
        if transport == "TCP" and name == "dblreq":  # its second request, whose SDP has "m =video"
            assert header(sender.answer(), "CSeq") == "8 INVITE"


def test_they_are_all_here():
    assert len(MESSAGES) == len(EXPECTED) == 49
    assert set(MESSAGES) == set(EXPECTED)


@pytest.mark.parametrize("name", MESSAGES)
def test_by_udp(name, station):
    port = 5050 if name == "quotbal" else 5060  # as it says in its Via
    plays(name, station, lambda station: by_udp(station, port), "UDP", EXPECTED[name])


@pytest.mark.parametrize("name", MESSAGES)
def test_by_tcp(name, station):
    plays(name, station, by_tcp, "TCP", {**EXPECTED, **BY_TCP}[name])


def test_the_station_lives_after_all_of_them(station):
    for connect, transport in ((by_udp, "UDP"), (by_tcp, "TCP")):
        with connect(station) as connection:
            options(connection, transport)
            assert Sender(connection).answer().startswith("SIP/2.0 200")
