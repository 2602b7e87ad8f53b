"""Local users who connect a thousand times and say nothing: calls, clients and a killed SIP process do not notice."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from appliance.cli.client import Client
from tests.support.daemon import Daemon
from tests.support.peers.afterwards import address_of, rings
from tests.support.peers.packets import Packets, good_call
from tests.support.waiting import until

LIMIT = 500  # descriptors, so that a thousand connections would use all of them up
PATIENCE_S = 120.0


def connected(door, how):
    """A connection; one that cannot be made at once is none."""
    connection = socket.socket(socket.AF_UNIX if how == "unix" else socket.AF_INET)
    if how == "unix":
        connection.connect(str(door.directory / "http.sock"))
    else:
        host, port = (door.directory / "http.address").read_text().removeprefix("http://").strip("/").split(":")
        connection.connect((host, int(port)))
    return connection


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def dead(pid):
    """Its children that have ended and were not taken note of."""
    return [each for each in children(pid) if Path(f"/proc/{each}/stat").read_text().rpartition(") ")[2][0] == "Z"]


@pytest.mark.parametrize("how", ["tcp", "unix"])
def test_a_thousand_idle_connections_stop_no_interface_and_no_start_of_the_sip_process(tmp_path, how):
    with Daemon(tmp_path / "d", within=("prlimit", f"--nofile={LIMIT}")) as door, ExitStack() as idle:
        until((door.directory / "http.address").exists, "the interface over TCP", PATIENCE_S)
        for _ in range(1010):
            idle.enter_context(connected(door, how))
        before = door.sip()
        os.kill(before, signal.SIGKILL)
        until(lambda: door.processes().get("sip", before) != before, "another SIP process", PATIENCE_S)
        until(lambda: door.get("/v1/state")["appliance"]["ready"], "SIP", PATIENCE_S)
        door.settle()
        assert len(list(Path(f"/proc/{door.process.pid}/fd").iterdir())) < LIMIT
        assert dead(door.process.pid) == []
        assert "Errno 24" not in door.log
        assert len(door.log.splitlines()) < 100
        with Packets(door.far_address, door.far_port, to=door.address) as phone:
            rings(door, phone)
            phone.to = address_of(door)
            good_call(door, phone)


HALF = """
import os, select, socket, sys, threading

def half():
    one = socket.socket(socket.AF_UNIX)
    one.setblocking(False)
    try:
        one.connect(sys.argv[1])
        one.send(b"POST /v1/doors/front/open HTTP")
    except OSError:
        return None
    return one

held = [half() for _ in range(250)]
os.write(1, b"begun")
while os.read(0, 1):  # two rounds for each byte
    for _ in range(2):  # nine replace all that wait, and an order on a slow machine among them
        poll = select.poll()
        for each in filter(None, held):
            poll.register(each, select.POLLIN)
        closed = {each for each, _ in poll.poll(1)}
        held = [each if each is not None and each.fileno() not in closed else half() for each in held]
        os.write(1, b".")
        threading.Event().wait(0.4)
"""


def test_an_order_gets_through_beside_hundreds_of_clients_of_the_group_that_finish_no_request(tmp_path):
    with Daemon(tmp_path / "d", door={"front": {"pulse_s": 2.0}}) as door:
        path = door.directory / "http.sock"
        argv = [sys.executable, "-c", HALF, str(path)]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as others:
            try:
                assert others.stdout.read(5) == b"begun"
                for _ in range(20):
                    others.stdin.write(b".")
                    assert others.stdout.read(1) == b"."  # so that others have come since the last order
                    Client(path).ask("POST", "/v1/doors/front/open", {})
                assert next(Client(path).events(0))
                door.wait("door.unlocked")
                call = door.ring()
                door.press("hangup")
                door.final(call)
            finally:
                others.kill()


CROWD = """
import http.client, os, socket, sys, threading

class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])

for _ in range(200):
    if os.fork() == 0:
        answered = 0
        while answered < 3:
            try:
                one = Connection("station")
                one.request("GET", "/v1/state")
                answered += one.getresponse().status == 200
            except (http.client.HTTPException, OSError):  # another has taken its place: it asks again
                threading.Event().wait(0.05)
        os._exit(0)
for _ in range(200):
    os.wait()
print("all were answered")
"""


def test_hundreds_of_processes_that_ask_at_once_are_all_answered_and_a_press_rings(tmp_path):
    with Daemon(tmp_path / "d") as door:
        command = [sys.executable, "-c", CROWD, str(door.directory / "http.sock")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as crowd:
            call = door.ring()
            said, _ = crowd.communicate(timeout=PATIENCE_S)
        assert said == "all were answered\n"
        door.press("hangup")
        door.final(call)
