"""Two accounts at one PBX: the Request-URI says which is meant, whatever To says."""

import pytest

from tests.support.daemon import Daemon, settled
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Scripted, account

ACCOUNTS = {"201": "flat", "202": "office"}
TO = {
    "diverted from the other account": "sip:{other}@{pbx}",
    "diverted from a number of the PBX": "sip:555@{pbx}",
    "diverted from elsewhere": "sip:+4930123456@provider.example",
    "our address in place of its domain": "sip:{user}@{door}",
    "the other's user at our address": "sip:{other}@{door}",
    "the usual one": "sip:{user}@{pbx}",
}


@pytest.fixture(scope="module")
def pbx():
    with Scripted((200, {})) as registrar:
        yield registrar


@pytest.fixture(scope="module")
def station(pbx, tmp_path_factory):
    directory = tmp_path_factory.mktemp("d")
    tables = {name: account(directory, pbx, user) for user, name in ACCOUNTS.items()}
    with Daemon(directory / "door", account=tables) as door:
        for name in ACCOUNTS.values():
            door.wait("account.registered", account=name)
        yield door


@pytest.mark.parametrize("user", ACCOUNTS)
@pytest.mark.parametrize("to", TO)
def test_a_call_comes_through_the_account_that_the_request_uri_names(to, user, station, pbx):
    (other,) = ACCOUNTS.keys() - {user}
    said = TO[to].format(user=user, other=other, pbx=pbx.address, door=station.address)
    with settled(station), Packets(pbx.address, to=station.address) as far:
        usual = f"<sip:door@{station.address}>"
        invite = (
            far.invite().decode().replace(f"INVITE sip:door@{station.address}", f"INVITE sip:{user}@{station.address}")
        )
        far.send(invite.replace(f"To: {usual}", f"To: <{said}>").encode())
        call = station.rung()
        assert station.get(f"/v1/calls/{call}")["account"] == ACCOUNTS[user]
        station.press("hangup")
        far.receive("SIP/2.0 ", "INVITE")


@pytest.mark.parametrize("user", ACCOUNTS)
def test_a_message_comes_through_the_account_that_the_request_uri_names(user, station, pbx):
    (other,) = ACCOUNTS.keys() - {user}
    with settled(station), Packets(pbx.address, to=station.address) as far:
        usual = f"<sip:door@{station.address}>"
        text = far.request("MESSAGE", body="Parcel", kind="text/plain").decode()
        text = text.replace(f"MESSAGE sip:door@{station.address}", f"MESSAGE sip:{user}@{station.address}")
        far.send(text.replace(f"To: {usual}", f"To: <sip:{other}@{pbx.address}>").encode())
        told = station.wait("message.received")
        assert told["data"]["account"] == ACCOUNTS[user]
