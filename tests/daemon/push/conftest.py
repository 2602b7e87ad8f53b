"""A station whose button rings the page, and a push service in what its cable takes for the Internet."""

import socket

import pytest

from tests.support.certificates import Authority
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import PBX, Cable, NameServer
from tests.support.peers.push_service import PushService

# Of the network that RFC 7526 has given back: it belongs to nobody, and is no private one either.
INTERNET = "192.88.99.7"
SERVICE = "push.example.org"
INSIDE = {  # names that a hostile client may choose
    "lan.example.org": [PBX],
    "self.example.org": ["127.0.0.1"],
    "metadata.example.org": ["169.254.169.254"],
    "mixed.example.org": [INTERNET, PBX],
}


@pytest.fixture(scope="module")
def cable(tmp_path_factory):
    with Cable(tmp_path_factory.mktemp("c")) as cable:
        cable.door.run("ip", "route", "add", "default", "via", PBX)
        cable.pbx.run("ip", "address", "add", f"{INTERNET}/32", "dev", "lo")
        cable.resolver.write_text(f"nameserver {PBX}\n")
        with NameServer(cable.pbx, {f"{name} A": where for name, where in {SERVICE: [INTERNET], **INSIDE}.items()}):
            yield cable


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Whom the station trusts, as it does those of the Web."""
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def service(cable, authority):
    listening = cable.pbx.socket(INTERNET, 0, kind=socket.SOCK_STREAM)
    made = PushService(SERVICE, listening, *authority.sign("push", SERVICE, f"DNS:{SERVICE}"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def running(cable, authority, tmp_path_factory):
    config = {
        "station": {"name": "Front door"},
        "http": {"port": 0},
        "sip": {"address": "0.0.0.0", "port": 5080},
        "audio": {"capture": "simulated", "playback": "simulated"},
        "panel": {
            "lines": "simulated",
            "button": {
                "ring": {"action": "ring", "target": "browsers", "name": "Bell"},
                "short": {"action": "ring", "target": "house"},
                "phone": {"action": "ring", "target": "kitchen"},
            },
        },
        "target": {"kitchen": {"uri": f"sip:door@{PBX}:5090", "name": "Kitchen"}},
        "plan": {"house": {"steps": [["browsers"]], "step_s": [2]}},
        "door": {"front": {"pulse_s": 2.0}},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority.file))
        with Daemon(tmp_path_factory.mktemp("d"), cable.door.within, config=config) as daemon:
            yield daemon


@pytest.fixture
def door(running):
    """It, with no ring and no device."""
    running.begin()
    yield running
    running.hang_up_all()
    running.settle()
    for each in running.get("/v1/push")["subscriptions"]:
        running.ask("DELETE", f"/v1/push/{each['id']}")
    running.caught_up()
