"""The system's name servers change while the station runs, as by DHCP: names are looked up at the new ones."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.namespaces import PBX, Cable, NameServer
from tests.support.peers.registrars import Kamailio, account

NOBODY = "10.9.0.99"
pytestmark = pytest.mark.usefixtures("hasty_stations")


@pytest.fixture
def cable(tmp_path):
    with Cable(tmp_path) as cable:
        yield cable


def ask(cable, server, timeout_s=10):
    cable.resolver.write_text(f"nameserver {server}\noptions timeout:{timeout_s} attempts:1\n")


@pytest.mark.parametrize("port", ["", ":5070"], ids=["by SRV", "by its address"])
def test_a_registrar_is_found_at_the_name_server_that_resolv_conf_has_now(port, cable, tmp_path):
    ask(cable, NOBODY, timeout_s=1)
    records = {"_sip._udp.pbx.test SRV": [[1, 0, 5070, "edge.test"]], "edge.test A": [PBX], "pbx.test A": [PBX]}
    with Kamailio(tmp_path / "k", address=PBX, within=cable.pbx.within) as registrar, NameServer(cable.pbx, records):
        assert registrar.port == 5070
        table = {**account(tmp_path, registrar, "251"), "registrar": f"pbx.test{port}"}
        with Daemon(tmp_path / "d", cable.door.within, sip={"address": "0.0.0.0"}, account={"office": table}) as door:
            door.wait("account.failed", code=0, patience=120)
            call = door.post("/v1/calls", {"to": "sip:far@edge.test:9"})["id"]
            assert "cannot be resolved" in door.final(call, kind="call.failed")["reason"]
            ask(cable, PBX)
            door.wait("account.registered", patience=120)
            call = door.post("/v1/calls", {"to": f"sip:far@edge.test:{registrar.port}"})["id"]
            assert door.final(call, kind="call.failed")["code"] == 407
