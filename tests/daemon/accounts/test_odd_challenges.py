"""Registrars that ask for a password in a way that the station cannot answer."""

from tests.support.daemon import Daemon
from tests.support.peers.registrars import Scripted, account


def test_a_challenge_that_cannot_be_answered_is_named_and_the_password_is_not_blamed(tmp_path):
    challenges = {
        "session": {"Proxy-Authenticate": 'Digest realm="pbx", nonce="1", algorithm=MD5-sess'},
        "integrity": {"Proxy-Authenticate": 'Digest realm="pbx", nonce="1", qop="auth-int"'},
        "nothing": {},
    }
    parts = {"session": "Digest by MD5-sess", "integrity": "qop auth-int", "nothing": "does not say how"}
    registrars = {name: Scripted((407, headers)) for name, headers in challenges.items()}
    with registrars["session"], registrars["integrity"], registrars["nothing"]:
        accounts = {name: account(tmp_path, each, name) for name, each in registrars.items()}
        with Daemon(tmp_path / "door", account=accounts) as door:
            for name, part in parts.items():
                failed = door.wait("account.failed", account=name)["data"]
                assert part in failed["explanation"], failed
                assert "rejects the password" not in failed["explanation"]
