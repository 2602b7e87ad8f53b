"""Targets that must show a password when they call: no packet's address proves who they are."""

import base64
import contextlib
import os
import re
import signal
import time
import uuid

import pytest
from msgspec.structs import replace

from appliance.app.paths import Places
from appliance.app.sip_settings import realm
from appliance.sip.stack.accounts.digest import Credentials, response
from tests.sip.test_digest import header
from tests.support.daemon import Daemon, loopback
from tests.support.peers.afterwards import rings
from tests.support.peers.baresip import Baresip
from tests.support.peers.packets import PATIENCE_S, Packets
from tests.support.shown import shows
from tests.support.waiting import paced, until

SECRET = "open sesame"


@pytest.fixture
def settings():
    """What its target has beside the password."""
    return {}


@pytest.fixture
def door(tmp_path, settings):
    """A station that knows one target, with a password."""
    file = tmp_path / "far.password"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    daemon = Daemon(tmp_path / "door")
    daemon.config["sip"]["trace"] = True
    daemon.config["target"]["far"] |= {"password_file": str(file), "doors": [], **settings}
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
        came = door.of("call.incoming", call)[0]["data"]
        assert (came["target"], came["by"]) == ("far", came["from"])
        door.press("answer")
        far.wait("CALL_ESTABLISHED")
        door.talk(call)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
    assert len(door.of("call.incoming")) == 1, "the call that was asked for the password is none"
    assert not door.of("access.denied")
    assert SECRET not in door.log + (door.directory / "sip.trace").read_text(errors="replace")


@shows("access.denied scope=call")
def test_a_caller_without_the_password_is_refused_and_reported_even_at_the_target_s_address(door, tmp_path):
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
    overheard, *_ = [text for text in re.findall(r"INVITE sip:.*?\n\n", clean(trace), re.DOTALL) if "Digest " in text]
    with Packets(loopback()) as thief:
        replay = again(overheard, thief)
        host, port = door.address.split(":")
        thief.socket.sendto(replay, (host, int(port)))
        until(lambda: b"SIP/2.0 403" in answer(thief.socket), "it is refused")
    denied = door.wait("access.denied")["data"]
    assert (denied["from"], denied["why"]) == (thief.address, "replayed")
    assert len(door.of("call.incoming")) == 1


def asked(far, uri, response=""):
    """The answer to the challenge that came, without its digest."""
    realm, nonce = (re.search(f'{name}="([^"]*)"', far.seen[-1])[1] for name in ("realm", "nonce"))
    return Credentials("far", realm, nonce, uri, response, 1, "c")


class Guesser(Packets):
    """A caller that says it is `far`, and answers the station's challenge by a password."""

    def __init__(self, door, address):
        super().__init__(address, to=door.address)

    def tries(self, password, uri=""):
        """Call with that password: the code of what comes of it, 401 not taken into account; 180 is given up again.

        uri: what the answer is made for, if not for the request's own address.
        """
        self.dialog, self._tag = uuid.uuid4().hex, ""
        code = self._answered(1)
        if code == 401:
            given = asked(self, uri or f"sip:door@{self.to[0]}:{self.to[1]}")
            code = self._answered(2, header(replace(given, response=response(given, "INVITE", password))))
        if code == 180:
            self.send(self.request("CANCEL", 2))
            self.receive("SIP/2.0 487", "INVITE")
        return code

    def _answered(self, seq, authorization=""):
        headers = f"Authorization: {authorization}\r\n" if authorization else ""
        invite, end = self.request("INVITE", seq, self.sdp, headers=headers), time.monotonic() + PATIENCE_S
        while True:  # sent again, as a phone does: strangers together have one budget of requests
            self.send(invite)
            with contextlib.suppress(AssertionError):
                while (code := self._final(seq)) == 100:
                    pass
                return code
            assert time.monotonic() < end, self.seen

    def _final(self, seq):
        while True:
            answer = self.receive("SIP/2.0 ", "INVITE", patience=1.0)
            if f"CSeq: {seq} " in answer and f"Call-ID: {self.dialog}" in answer:
                return int(answer.split()[1])


@shows("access.locked_out scope=source", "access.locked_out scope=target")
def test_guesses_are_locked_out_by_source_and_by_target_and_never_lock_out_the_phone(door):
    with (
        Guesser(door, door.far_address) as phone,
        Guesser(door, loopback()) as away,
        Guesser(door, loopback()) as stranger,
    ):
        assert away.tries(SECRET) == 180, "the phone, where it has another address"
        for _ in range(3):
            with Guesser(door, loopback()) as thief:
                for guess in range(5):
                    assert thief.tries(f"guess {guess}") == 403
                locked = door.wait("access.locked_out", scope="source", **{"from": thief.address})["data"]
                assert (locked["who"], locked["seconds"]) == (thief.address, 30.0)
                assert thief.tries(SECRET) == 403, "no answer is looked at"
                assert "nonce" not in thief.seen[-1]
        assert door.wait("access.locked_out", scope="target")["data"]["who"] == "far"
        assert stranger.tries(SECRET) == 403
        assert phone.tries(SECRET) == 180
        assert away.tries(SECRET) == 180
        assert phone.tries("a mistake") == 403
        assert phone.tries(SECRET) == 180
        assert len(door.of("access.locked_out")) == 4
    with Packets(door.far_address, door.far_port) as rung:
        rings(door, rung)


def test_a_flood_forged_as_a_phone_that_has_shown_its_password_does_not_shut_it_out(door):
    """The phone is away from the address that the station knows: only its password has made its address known."""
    with Guesser(door, loopback()) as phone, Packets(phone.address, to=door.address) as forged:
        assert phone.tries(SECRET) == 180
        for number in paced(1000, 1.0):
            forged.dialog = f"flood{number}"
            forged.send(forged.invite())
        assert phone.tries(SECRET) == 180
        assert not door.of("access.denied")


@pytest.mark.parametrize("server", ["sip:door@192.0.2.5", "sip:pbx.example", "sip:far@{here}", "sip:door@{host}:5099"])
def test_an_answer_that_a_phone_made_for_another_server_is_worth_nothing(door, server):
    """Somebody has the phone answer our challenge as if it were his own, and shows us the answer."""
    with Guesser(door, loopback()) as thief:
        uri = server.format(here=door.address, host=door.address.partition(":")[0])
        assert thief.tries(SECRET, uri) == 403
        assert door.wait("access.denied", **{"from": thief.address})["data"]["why"] == "replayed"
        assert thief.tries(SECRET) == 180


def test_each_station_has_a_realm_of_its_own(tmp_path):
    assert realm(Places(tmp_path / "a", tmp_path)) == realm(Places(tmp_path / "a", tmp_path))
    assert realm(Places(tmp_path / "a", tmp_path)) != realm(Places(tmp_path / "b", tmp_path))


def test_wrong_answers_from_a_forged_address_lock_no_one_out(door):
    """A sender with the phone's address that sees no challenge cannot answer one that was for the phone."""
    with Guesser(door, loopback()) as thief, Packets(door.far_address, to=door.address) as forged:
        thief.send(thief.invite())
        thief.receive("SIP/2.0 401", "INVITE")
        given = asked(thief, "sip:door", "0" * 32)
        for number in range(8):
            forged.dialog = uuid.uuid4().hex
            forged.send(forged.request("INVITE", number + 1, headers=f"Authorization: {header(given)}\r\n"))
            forged.receive("SIP/2.0 401", "INVITE")
        assert not door.of("access.denied")
    with Guesser(door, door.far_address) as phone:
        assert phone.tries(SECRET) == 180
    assert not door.of("access.locked_out")


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


def test_guesses_are_not_free_again_when_the_sip_process_was_killed(door):
    with Guesser(door, loopback()) as thief, Guesser(door, loopback()) as phone:
        assert phone.tries(SECRET) == 180
        for guess in range(5):
            assert thief.tries(f"guess {guess}") == 403
        door.wait("access.locked_out", scope="source", **{"from": thief.address})
        before = door.sip()
        os.kill(before, signal.SIGKILL)
        until(lambda: door.processes().get("sip", before) != before, "another SIP process")
        assert phone.tries(SECRET) == 180, "it knows that this is the phone's address"
        assert thief.tries(SECRET) == 403, "no answer is looked at"
        assert "nonce" not in thief.seen[-1]
    assert len(door.of("access.locked_out")) == 1


class Encrypting(Guesser):
    """One whose offer of sound is encrypted."""

    @property
    def sdp(self):
        key = base64.b64encode(bytes(30)).decode()
        offer = super().sdp.replace("RTP/AVP", "RTP/SAVP")
        return f"{offer}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\n"


@pytest.mark.parametrize("settings", [{"srtp": "mandatory"}])
def test_a_target_whose_calls_must_be_encrypted_makes_none_without_from_wherever_it_calls(door):
    with Guesser(door, loopback()) as plain, Encrypting(door, loopback()) as encrypting:
        assert plain.tries(SECRET) == 488
        assert not door.of("call.ringing")
        assert encrypting.tries(SECRET) == 180
