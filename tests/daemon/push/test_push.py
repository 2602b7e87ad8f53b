"""Rings as notifications: what a push service gets, what a device reads, and what a hostile address does not reach."""

import contextlib
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.daemon.push.conftest import INSIDE, INTERNET, SERVICE
from tests.support.certificates import Authority
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import PBX
from tests.support.peers.push_service import PushService
from tests.support.waiting import until


def notified(door, service, language="en"):
    """A device that has subscribed, and the id of its subscription."""
    device = service.device(door.get("/v1/push")["key"])
    made = door.post("/v1/push", device.subscription(language))["subscription"]
    assert (made["client"], made["service"]) == ("http:unix", SERVICE)
    return device, made["id"]


def known(door):
    return {each["id"]: each["problem"] for each in door.get("/v1/push")["subscriptions"]}


def rung(door, button="ring"):
    door.press(button)
    return door.wait("ring.started")["data"]["ring"]


def test_a_ring_reaches_a_device_and_its_end_takes_its_place(door, service):
    device, made = notified(door, service)
    ring = rung(door)
    (message,) = service.wait(device)
    assert message.status == 201
    told = {name: message.headers[name] for name in ("content-encoding", "ttl", "topic", "urgency")}
    assert told == {"content-encoding": "aes128gcm", "ttl": "30", "topic": ring, "urgency": "high"}
    assert b"Front" not in message.body and ring.encode() not in message.body
    read = device.read(message.body)
    assert (read["ring"], read["kind"]) == (ring, "ring")
    assert (read["title"], read["body"]) == ("Front door · Bell", "A visitor rings.")
    door.post("/v1/doors/front/open")
    door.wait("ring.ended", result="opened")
    last = service.wait(device, 2)[1]
    assert (last.status, last.headers["topic"], len(last.body)) == (201, ring, len(message.body))
    read = device.read(last.body)
    assert (read["ring"], read["kind"], read["body"]) == (ring, "opened", "The door was opened by unix.")
    until(lambda: known(door) == {made: ""}, "no problem")


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("de", "Verpasst: Niemand hat geantwortet."),
        ("fr", "Manqué : personne n'a répondu."),
        ("xx", "Missed: nobody answered."),
    ],
)
def test_a_ring_that_nobody_answers_is_missed_in_the_language_of_the_device(door, service, language, body):
    device, _ = notified(door, service, language)
    rung(door, "short")
    read = device.read(service.wait(device, 2)[1].body)
    assert (read["kind"], read["body"]) == ("unanswered", body)


@pytest.fixture
def kitchen(cable, tmp_path):
    """The phone that a button rings: another station."""
    with Daemon(tmp_path / "kitchen", cable.pbx.within, sip={"address": PBX, "port": 5090, "callers": "anyone"}) as far:
        yield far


def test_a_ring_that_a_phone_answers_says_which(door, service, kitchen):
    device, _ = notified(door, service)
    kitchen.begin()
    rung(door, "phone")
    service.wait(device)
    kitchen.post(f"/v1/calls/{kitchen.rung()}/answer")
    door.wait("ring.ended", result="answered")
    read = device.read(service.wait(device, 2)[1].body)
    assert (read["kind"], read["body"]) == ("answered", "Answered by Kitchen.")


def senders(door):
    """The processes that send now."""
    found = []
    for each in Path(f"/proc/{door.pid}/task/{door.pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            if b"appliance.push" in Path(f"/proc/{each}/cmdline").read_bytes():
                found.append(each)
    return found


def ended(door):
    until(lambda: not senders(door), "the end of the process")


def test_nothing_of_it_runs_between_rings(door, service):
    ended(door)  # that of an earlier ring may wait for a service that is silent
    device, _ = notified(door, service)
    rung(door)
    service.wait(device)
    assert len(senders(door)) == 1
    door.hang_up_all()
    door.wait("ring.ended", result="canceled")
    service.wait(device, 2)
    ended(door)


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_its_service_does_not_know_any_more_is_removed(door, service, status):
    gone, there = notified(door, service), notified(door, service)
    service.answers[gone[0].endpoint.rpartition("/")[2]] = (status, "")
    rung(door)
    service.wait(there[0])
    until(lambda: known(door) == {there[1]: ""}, "its removal")
    door.hang_up_all()
    service.wait(there[0], 2)
    assert len(service.of(gone[0])) == 1


def test_a_removed_device_gets_nothing(door, service):
    gone, there = notified(door, service), notified(door, service)
    assert door.ask("DELETE", f"/v1/push/{gone[1]}") == (200, {"warning": None})
    assert door.ask("DELETE", f"/v1/push/{gone[1]}")[1]["code"] == "subscription-not-found"
    rung(door)
    service.wait(there[0])
    assert service.of(gone[0]) == []


def test_a_service_that_refuses_is_named_and_the_others_are_notified(door, service):
    refusing, there = notified(door, service), notified(door, service)
    service.answers[refusing[0].endpoint.rpartition("/")[2]] = (403, "")
    rung(door)
    service.wait(there[0])
    until(lambda: known(door)[refusing[1]], "its problem")
    assert known(door) == {refusing[1]: f"{SERVICE} answered 403.", there[1]: ""}
    door.hang_up_all()
    service.wait(there[0], 2)
    ended(door)
    assert [len(service.of(device)) for device, _ in (refusing, there)] == [2, 2]  # it is not asked again


@pytest.fixture
def inside(cable):
    """A machine of the house, at the PBX's address: how many connections have come, over the life of the test."""
    listening = cable.pbx.socket(PBX, 0, kind=socket.SOCK_STREAM)
    listening.listen()
    listening.setblocking(False)
    with listening:
        yield listening


def untouched(listening):
    with pytest.raises(BlockingIOError):
        listening.accept()


@pytest.mark.parametrize("name", INSIDE)
def test_an_address_that_leads_into_the_house_is_not_connected_to(door, service, inside, name):
    port = inside.getsockname()[1]
    hostile = service.device("")
    hostile.endpoint = f"https://{name}:{port}/send/x"
    made = door.post("/v1/push", hostile.subscription())["subscription"]["id"]
    there = notified(door, service)
    rung(door)
    service.wait(there[0])
    until(lambda: known(door)[made], "its problem")
    assert "which is not on the Internet" in known(door)[made]
    untouched(inside)


def test_a_redirect_into_the_house_is_not_followed(door, service, inside):
    device, made = notified(door, service)
    where = f"https://lan.example.org:{inside.getsockname()[1]}/"
    service.answers[device.endpoint.rpartition("/")[2]] = (307, where)
    rung(door)
    service.wait(device)
    until(lambda: known(door)[made], "its problem")
    assert known(door)[made] == f"{SERVICE} answered 307."
    untouched(inside)


def test_a_service_whose_certificate_does_not_count_gets_nothing(door, service, cable, tmp_path):
    listening = cable.pbx.socket(INTERNET, 0, kind=socket.SOCK_STREAM)
    other = PushService(SERVICE, listening, *Authority(tmp_path).sign("push", SERVICE, f"DNS:{SERVICE}"))
    try:
        _, made = notified(door, other)
        rung(door)
        until(lambda: known(door)[made], "its problem")
        assert "its certificate does not count" in known(door)[made]
        assert other.messages == []
    finally:
        other.close()


@pytest.mark.parametrize(
    "says", [b"", b"HTTP/1.1 201 " + b"x" * 1_000_000, b"\x00" * 100_000], ids=["no", "much", "junk"]
)
def test_a_service_that_says_nothing_or_too_much_holds_no_other_up(door, service, cable, authority, says):
    listening = cable.pbx.socket(INTERNET, 0, kind=socket.SOCK_STREAM)
    listening.listen()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign("odd", SERVICE, f"DNS:{SERVICE}"))
    over = threading.Event()

    def serve():
        with contextlib.suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as wire:
            wire.recv(4096)
            wire.sendall(says)
            over.wait(60)

    odd = threading.Thread(target=serve, daemon=True)
    odd.start()
    hostile = service.device("")
    hostile.endpoint = f"https://{SERVICE}:{listening.getsockname()[1]}/send/x"
    made = door.post("/v1/push", hostile.subscription())["subscription"]["id"]
    there = notified(door, service)
    rung(door)
    service.wait(there[0])
    door.hang_up_all()
    service.wait(there[0], 2)
    over.set()
    listening.close()
    until(lambda: made in known(door) and known(door)[there[1]] == "", "the others")


def test_a_person_lists_and_removes_devices_at_a_shell(door, service):
    def told(*words):
        command = [sys.executable, "-m", "appliance.cli", "--socket", f"{door.directory}/http.sock", "push", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert told().startswith("No devices")
    _, made = notified(door, service)
    assert told("list").startswith(f"{made}  http:unix  {SERVICE}  since ")
    told("remove", made)
    assert known(door) == {}
