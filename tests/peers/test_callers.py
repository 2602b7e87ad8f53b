"""Targets that must show a password when they call: who they are is nothing that a packet's address says."""

import re
import uuid

import pytest

from tests.peers.baresip import Baresip
from tests.peers.daemon import Daemon, loopback, until
from tests.peers.packets import Packets
from tests.shown import shows

SECRET = "open sesame"


@pytest.fixture
def door(tmp_path):
    """A station that knows one target, with a password."""
    file = tmp_path / "far.password"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    daemon = Daemon(tmp_path / "door")
    daemon.config["sip"]["trace"] = True
    daemon.config["target"]["far"] |= {"password_file": str(file), "doors": []}
    with daemon as running:
        yield running


def calling(door, directory, address, password):
    """Baresip, who calls us with that password."""
    return Baresip(directory, address, hertz=440, account=f';auth_user=far;auth_pass="{password}"')


@shows("call.incoming")
@pytest.mark.parametrize("own_address", [True, False])
def test_who_knows_the_password_is_the_target_from_whatever_address(own_address, door, tmp_path):
    address = door.far_address if own_address else loopback()
    with calling(door, tmp_path, address, SECRET) as far:
        far.command("dial", f"sip:{door.user}@{door.address}")
        call = door.rung()
        assert door.get(f"/v1/calls/{call}")["remote"]["target"] == "far"
        door.press("answer")
        far.wait("CALL_ESTABLISHED")
        door.talk(call)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
    assert len(door.of("call.incoming")) == 1, "the call that was asked for the password is none"
    assert not door.of("access.denied")
    assert SECRET not in door.log + (door.directory / "sip.trace").read_text(errors="replace")


@shows("access.denied scope=call")
def test_who_does_not_know_it_is_refused_and_told_though_he_has_the_target_s_address(door, tmp_path):
    with calling(door, tmp_path, door.far_address, "a guess") as far:
        far.command("dial", f"sip:{door.user}@{door.address}")
        assert "403" in far.wait("CALL_CLOSED")["param"]
        denied = door.wait("access.denied")["data"]
    assert (denied["from"], denied["scope"], denied["why"]) == (door.far_address, "call", "wrong")
    assert not door.of("call.incoming")


def test_an_answer_that_was_overheard_is_worth_nothing(door, tmp_path):
    with calling(door, tmp_path, door.far_address, SECRET) as far:
        far.command("dial", f"sip:{door.user}@{door.address}")
        call = door.rung()
        far.command("hangup")
        door.final(call, kind="call.canceled", by="remote")
    trace = (door.directory / "sip.trace").read_text(errors="replace")
    (overheard,) = [text for text in re.findall(r"INVITE sip:.*?\n\n", clean(trace), re.DOTALL) if "Digest " in text]
    with Packets(loopback()) as thief:
        replay = again(overheard, thief)
        host, port = door.address.split(":")
        thief.socket.sendto(replay, (host, int(port)))
        until(lambda: b"SIP/2.0 403" in answer(thief.socket), "it is refused")
    denied = door.wait("access.denied")["data"]
    assert (denied["from"], denied["why"]) == (thief.address, "replayed")
    assert len(door.of("call.incoming")) == 1


def clean(trace):
    """Lines end alike."""
    return trace.replace("\r\n", "\n")


def again(invite, thief):
    """The same with another call's ids, from another address, and without sound."""
    text = re.sub(
        r"\nVia:[^\n]*", f"\nVia: SIP/2.0/UDP {thief.address}:{thief.port};branch=z9hG4bK{uuid.uuid4().hex}", invite
    )
    text = re.sub(r"\nCall-ID:[^\n]*", f"\nCall-ID: {uuid.uuid4().hex}", text)
    text = re.sub(r"\nContent-(Length|Type):[^\n]*", "", text).rstrip("\n") + "\nContent-Length: 0\n\n"
    return text.replace("\n", "\r\n").encode()


def answer(sock):
    """The next packet; a 100 may come before what is waited for."""
    sock.settimeout(5)
    try:
        return sock.recv(65535)
    except TimeoutError:
        return b""
