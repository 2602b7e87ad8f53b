"""An account as a client on the message bus sees and orders it, registered at a real registrar."""

import asyncio

import pytest
from dbus_fast import unpack_variants

from tests.bus.buses import BusStation, Client, TheBus, policy
from tests.support.peers.registrars import Kamailio, account
from tests.support.shown import shows
from tests.support.waiting import until, until_async

PATH, ACCOUNT1 = "/org/intercomd/accounts/front_2doffice", "org.intercomd.Account1"


@pytest.fixture
def stations(tmp_path):
    """A registrar, and a station whose account is registered there."""
    (tmp_path / "k").mkdir()
    (tmp_path / "bus").mkdir()
    with Kamailio(tmp_path / "k") as registrar, TheBus(tmp_path / "bus", policy()) as bus:
        office = {"front-office": account(tmp_path, registrar, "201")}
        with BusStation(tmp_path / "door", bus, account=office) as door:
            door.wait("account.registered", account="front-office")
            yield door, registrar


@shows("Account1.Register", "Account1.Unregister", "account.registered", "account.unregistered")
def test_a_client_on_the_bus_sees_an_account_end_its_registration_and_register_again(stations):
    door, registrar = stations
    server = f"{registrar.address}:{registrar.port}"
    shown = door.on_bus(PATH, ACCOUNT1)
    assert {name: shown[name] for name in ("Name", "State", "Registrar", "Server", "Code", "Explanation")} == {
        "Name": "front-office",
        "State": "registered",
        "Registrar": server,
        "Server": server,
        "Code": 0,
        "Explanation": "",
    }
    assert shown["Uri"].startswith("sip:201@")

    async def followed():
        async with Client(door.bus.address) as client:
            for member, last in (("Unregister", "unregistered"), ("Register", "registered")):
                client.heard.clear()
                assert await asyncio.to_thread(door.asks_bus, PATH, ACCOUNT1, member) is None
                await until_async(lambda wanted=last: wanted in states(client), f"PropertiesChanged to {last}")

    def states(client):
        changes = [m for m in client.heard if (m.member, m.path) == ("PropertiesChanged", PATH)]
        return [unpack_variants(each.body[1]).get("State") for each in changes]

    asyncio.run(followed())
    until(lambda: "REGISTERED 201 by udp for 0 " in registrar.log, "the end of the registration")
    door.wait("account.unregistered", account="front-office")
    assert door.on_bus(PATH, ACCOUNT1)["State"] == "registered"


def test_a_registrar_that_has_gone_is_explained_on_the_bus(stations):
    door, registrar = stations
    registrar.kill()
    assert door.asks_bus(PATH, ACCOUNT1, "Register") is None
    until(lambda: door.on_bus(PATH, ACCOUNT1)["State"] == "failed", "the failure", 120.0)
    shown = door.on_bus(PATH, ACCOUNT1)
    assert "account.front-office.registrar" in shown["Explanation"]
    assert shown["Reason"]
