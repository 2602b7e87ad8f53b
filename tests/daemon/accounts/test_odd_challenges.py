"""Registrars that ask for a password in a way that the station cannot answer."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.registrars import Scripted, account, answer

CHALLENGES = {
    "session": {"Proxy-Authenticate": 'Digest realm="pbx", nonce="1", algorithm=MD5-sess'},
    "integrity": {"Proxy-Authenticate": 'Digest realm="pbx", nonce="1", qop="auth-int"'},
    "nothing": {},
}
PARTS = {"session": "Digest by MD5-sess", "integrity": "qop auth-int", "nothing": "does not say how"}


class AsksCallers(Scripted):
    """Grants each registration, and wants a password for calls: the headers of a 407 for each user's."""

    def other(self, text, peer):
        if text.startswith("INVITE "):
            caller = text.partition("From: ")[2].partition("sip:")[2].partition("@")[0]
            self.socket.sendto(answer(text, 407, CHALLENGES[caller]), peer)


def test_a_challenge_that_cannot_be_answered_is_named_and_the_password_is_not_blamed(tmp_path):
    registrars = {name: Scripted((407, headers)) for name, headers in CHALLENGES.items()}
    with registrars["session"], registrars["integrity"], registrars["nothing"]:
        accounts = {name: account(tmp_path, each, name) for name, each in registrars.items()}
        with Daemon(tmp_path / "door", account=accounts) as door:
            for name, part in PARTS.items():
                failed = door.wait("account.failed", account=name)["data"]
                assert part in failed["explanation"], failed
                assert "rejects the password" not in failed["explanation"]


@pytest.mark.parametrize("name", CHALLENGES)
def test_so_it_is_for_a_call(tmp_path, name):
    with AsksCallers((200, {})) as pbx:
        accounts = {name: account(tmp_path, pbx, name)}
        target = {"far": {"uri": f"sip:kitchen@{pbx.address}:{pbx.port}", "account": name}}
        with Daemon(tmp_path / "door", account=accounts, target=target) as door:
            door.wait("account.registered", account=name)
            failed = door.final(door.ring(), kind="call.failed", code=407)
    assert PARTS[name] in failed["explanation"], failed
    assert "rejects the password" not in failed["explanation"]
