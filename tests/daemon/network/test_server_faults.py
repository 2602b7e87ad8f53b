"""Why a server cannot be used, by kind: the machine, the name, the certificate, the handshake."""

from contextlib import ExitStack

import pytest

from tests.support.certificates import Authority
from tests.support.daemon import Daemon, loopback
from tests.support.peers.registrars import Kamailio, account
from tests.support.peers.sipp import free_port
from tests.support.peers.tls_servers import TlsServer
from tests.support.shown import shows
from tests.support.times import patient

HANDSHAKES = "handshake", "no_tls", "closes"
WORDS = {
    "certificate_name": "for other.example only",
    "certificate_issuer": "by Stranger, which is not a trusted authority",
    "certificate_time": "its certificate is valid from",
    "refused": "Connection refused",
    "no_name": "pbx.invalid cannot be resolved",
}
pytestmark = pytest.mark.usefixtures("hasty_stations")


@shows("server.unreachable")
def test_each_fault_of_a_server_is_reported_by_its_kind(tmp_path):
    ours, stranger = Authority(tmp_path / "ours"), Authority(tmp_path / "stranger", "Stranger")
    here = loopback()
    right = ours.sign("right", "pbx", f"IP:{here}")
    servers = {
        "certificate_name": TlsServer(here, ours.sign("named", "pbx", "DNS:other.example")),
        "certificate_issuer": TlsServer(here, stranger.sign("strange", "pbx", f"IP:{here}")),
        "certificate_time": TlsServer(here, ours.sign("old", "pbx", f"IP:{here}", made_days_ago=40)),
        "handshake": TlsServer(here, right, clients=str(ours.file)),
        "no_tls": TlsServer(here, text="SIP/2.0 400 Bad Request\r\n\r\n"),
        "closes": TlsServer(here),
    }
    with ExitStack() as stack:
        accounts = {
            name: account(tmp_path, stack.enter_context(server), f"3{number}", transport="tls")
            for number, (name, server) in enumerate(servers.items())
        }
        first = accounts["handshake"]
        accounts["refused"] = {**first, "registrar": f"{here}:{free_port(here)}", "user": "37"}
        accounts["no_name"] = {**first, "registrar": "pbx.invalid", "user": "38"}
        with Daemon(tmp_path / "door", account=accounts, tls={"ca_file": str(ours.file)}, times=patient()) as door:
            for name in accounts:
                door.wait("account.failed", account=name, code=0, patience=120)
            told = {event["data"]["account"]: event["data"] for event in door.of("server.unreachable")}
            assert {name: each["fault"] for name, each in told.items()} == {
                name: "handshake" if name in HANDSHAKES else name for name in accounts
            }
            for name, word in WORDS.items():
                assert word in told[name]["why"]
            for name, table in accounts.items():
                assert told[name]["server"] == table["registrar"]
            for name in HANDSHAKES:
                assert "takes the connection and then refuses TLS" in door.get(f"/v1/accounts/{name}")["explanation"]


@shows("server.unreachable", "server.reachable")
def test_a_server_with_a_good_certificate_again_is_reachable(tmp_path):
    ours, stranger, here = Authority(tmp_path / "ours"), Authority(tmp_path / "stranger"), loopback()
    with Kamailio(tmp_path / "k", stranger.sign("pbx", "pbx", f"IP:{here}"), here) as registrar:
        place = f"{here}:{registrar.tls_port}"
        office = account(tmp_path, registrar, "301", transport="tls") | {"registrar": place}
        with Daemon(tmp_path / "door", account={"office": office}, tls={"ca_file": str(ours.file)}) as door:
            gone = door.wait("server.unreachable", account="office", server=place)["data"]
            assert gone["fault"] == "certificate_issuer"
            registrar.kill()
            registrar.certificate = ours.sign("pbx", "pbx", f"IP:{here}")
            with registrar:
                door.post("/v1/accounts/office/register")
                door.wait("server.reachable", account="office", server=place, patience=120)
                door.wait("account.registered", account="office")
