"""A Kamailio with much to do is restarted, and has forgotten all: who talks goes on, and soon all is as before."""

import threading
import time

import pytest

from tests.support.cabled import flows
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, account
from tests.support.waiting import until

RATE = 200  # REGISTERs a second, of which each is challenged
PATIENCE_S = 120.0


class Load:
    """`with Load(registrar) as load`: strangers who want to register, `asked` so many times, and are `answered`."""

    def __init__(self, registrar):
        self.to = registrar.address, registrar.port
        self.asked = self.answered = 0
        self._over = threading.Event()

    def __enter__(self):
        self._threads = [threading.Thread(target=each) for each in (self._ask, self._hear)]
        self._far = Packets(self.to[0], to=f"{self.to[0]}:{self.to[1]}")
        self._far.socket.settimeout(0.1)
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for each in self._threads:
            each.join()
        self._far.__exit__()

    def goes_on(self):
        """From now on it has answered some."""
        before = self.answered
        until(lambda: self.answered > before + RATE // 4, "answers to strangers", PATIENCE_S)

    def _ask(self):
        begin, name = time.monotonic(), self._far.dialog
        while not self._over.wait(0.01):
            while self.asked < (time.monotonic() - begin) * RATE:
                self._far.dialog = f"{name}{self.asked}"
                self._far.send(self._far.request("REGISTER", headers="Expires: 60\r\n"))
                self.asked += 1

    def _hear(self):
        while not self._over.is_set():
            try:
                self._far.socket.recv(65536)
            except OSError:  # nothing for a while, or that nobody is there
                continue
            self.answered += 1


@pytest.fixture
def registrar(tmp_path):
    with Kamailio(tmp_path / "k") as running:
        yield running


def station(directory, registrar, user, other, transport):
    table = account(directory, registrar, user, transport=transport)
    target = {"far": {"uri": other, "account": "office"}}
    return Daemon(directory / user, account={"office": table}, target=target, sip={"trace": True})


def talking(caller, callee):
    call = caller.ring()
    came = callee.rung()
    callee.press("answer")
    return caller.talk(call), callee.talk(came)


def acknowledged(door):
    """How many of its answers to INVITEs were, first and later ones."""
    return (door.directory / "sip.trace").read_text(errors="replace").count("\nACK sip:")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_goes_on_while_kamailio_is_restarted_under_load_and_the_next_one_comes_about(
    transport, registrar, tmp_path
):
    with (
        Load(registrar) as load,
        station(tmp_path, registrar, "201", "202", transport) as one,
        station(tmp_path, registrar, "202", "201", "udp") as two,
    ):
        load.goes_on()
        for each in (one, two):
            each.wait("account.registered", patience=PATIENCE_S)
        call, came = talking(one, two)
        flows((one, call), (two, came))
        registrar.kill()
        flows((one, call), (two, came))
        told = acknowledged(two)
        begin = len(registrar.log)
        registrar.__enter__()
        load.goes_on()
        for user in ("201", "202"):
            until(lambda user=user: f"REGISTERED {user} " in registrar.log[begin:], f"{user} to be back", PATIENCE_S)
        if transport == "tcp":  # the far end learns the new connection, as nothing would detect the old one's end
            until(lambda: acknowledged(two) > told, "a re-INVITE", PATIENCE_S)
        flows((one, call), (two, came))
        two.press("hangup")  # its BYE goes by the proxies of the call's beginning (RFC 3261 section 12.2.1.1)
        one.final(call, kind="call.ended", cause="hangup", by="remote")
        two.final(came, kind="call.ended", cause="hangup", by="local")
        for each in (one, two):
            each.begin()
        call, came = talking(two, one)
        flows((two, call), (one, came))
        assert load.asked > RATE
