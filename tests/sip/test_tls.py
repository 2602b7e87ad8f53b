"""TLS: whom the SIP process believes, and what it says about whom it does not."""

import asyncio
import socket
import ssl
import threading

import pytest

from appliance.core import inputs
from appliance.core.model import TlsFault
from appliance.core.orders import Register
from appliance.sip.settings import TlsSettings
from tests.sip.test_registrations import account, pbx_test
from tests.support.certificates import Authority
from tests.support.daemon import loopback
from tests.support.peers.registrars import Kamailio
from tests.support.stations import stations
from tests.support.waiting import until_async

pytestmark = pytest.mark.far_end

__all__ = ["pbx_test"]
NAME = "pbx.test"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory):
    """The one that is trusted, and another."""
    directory = tmp_path_factory.mktemp("certificates")
    return Authority(directory / "good", "Our PBX"), Authority(directory / "evil", "Somebody else")


def tried(directory, certificate, host, address, resolved, tls):
    """What comes of a REGISTER to `host` at `address`, where Kamailio shows the certificate."""

    async def scenario(pbx):
        settings = account(host, pbx.tls_port, transport="tls", password="pw-201", auth_user="201")
        async with stations({"accounts": (settings,), "tls": tls}) as (door,):
            door.link.order(Register("office"))
            return (await until_async(lambda: door.of(inputs.Registered) + door.of(inputs.RegistrationFailed)))[0]

    resolved.write_text(address)
    with Kamailio(directory, certificate, address) as pbx:
        return asyncio.run(asyncio.wait_for(scenario(pbx), 120))


BELIEVED = [("name", f"DNS:{NAME}"), ("address", "IP:{address}"), ("one of several", f"DNS:other.test,DNS:{NAME}")]


@pytest.mark.parametrize("names", [row[1] for row in BELIEVED], ids=[row[0] for row in BELIEVED])
def test_a_certificate_for_the_name_by_our_authority_is_believed(names, authorities, pbx_test, tmp_path):
    address = loopback()
    names = names.format(address=address)
    host = address if names.startswith("IP") else NAME
    certificate = authorities[0].sign("server", "nobody", names)
    told = tried(tmp_path / "k", certificate, host, address, pbx_test, TlsSettings(ca_file=str(authorities[0].file)))
    assert isinstance(told, inputs.Registered), told


NOT_BELIEVED = [
    (TlsFault.NAME, 0, "other.test", "its certificate is for other.test only"),
    (TlsFault.ISSUER, 1, NAME, "its certificate is by Somebody else, which is not a trusted authority"),
    (TlsFault.TIME, 0, NAME, "its certificate is valid from "),
]


@pytest.mark.parametrize(("fault", "by", "name", "words"), NOT_BELIEVED, ids=[str(row[0]) for row in NOT_BELIEVED])
def test_another_certificate_is_not_and_the_reason_is_reported(fault, by, name, words, authorities, pbx_test, tmp_path):
    ago = 60 if fault is TlsFault.TIME else 1
    certificate = authorities[by].sign("server", name, f"DNS:{name}", made_days_ago=ago)
    settings = TlsSettings(ca_file=str(authorities[0].file))
    told = tried(tmp_path / "k", certificate, NAME, loopback(), pbx_test, settings)
    assert isinstance(told, inputs.RegistrationFailed), told
    assert (told.code, told.tls, words in told.reason) == (0, fault, True), told.reason


def alternative_name(name):
    """subjectAltName with one DNS name of any bytes, as openssl takes it (RFC 5280 §4.2.1.6)."""
    return "DER:" + bytes([0x30, len(name) + 2, 0x82, len(name), *name]).hex(":")


NAMES_WITHIN_NAMES = {
    "a name that goes on after a NUL": ("/CN=other.test", alternative_name(b"pbx.test\0.other.test")),
    "an organisation that ends as a common name": ("/O=x\\/CN=pbx.test/CN=other.test", "DNS:other.test"),
    "a common name that goes on": ("/CN=pbx.test\\/x", "DNS:other.test"),
}


@pytest.mark.parametrize("case", NAMES_WITHIN_NAMES)
def test_a_certificate_that_only_begins_with_the_name_is_not_believed(case, authorities, pbx_test, tmp_path):
    certificate = authorities[0].sign("server", *NAMES_WITHIN_NAMES[case])
    settings = TlsSettings(ca_file=str(authorities[0].file))
    told = tried(tmp_path / "k", certificate, NAME, loopback(), pbx_test, settings)
    assert isinstance(told, inputs.RegistrationFailed), told
    assert (told.code, told.tls) == (0, TlsFault.NAME)


def test_without_verification_it_believes_all(authorities, pbx_test, tmp_path):
    certificate = authorities[1].sign("server", "other.test", "DNS:other.test", made_days_ago=60)
    settings = TlsSettings(ca_file=str(authorities[0].file), verify=False)
    assert isinstance(tried(tmp_path / "k", certificate, NAME, loopback(), pbx_test, settings), inputs.Registered)


def test_without_its_file_of_authorities_it_trusts_no_one(authorities, pbx_test, tmp_path):
    certificate = authorities[0].sign("server", NAME, f"DNS:{NAME}")
    settings = TlsSettings(ca_file=str(tmp_path / "gone"))
    told = tried(tmp_path / "k", certificate, NAME, loopback(), pbx_test, settings)
    assert isinstance(told, inputs.RegistrationFailed), told


REFUSED = "no handshake"
SUITES = {
    "ECDHE-ECDSA-AES128-SHA": REFUSED,
    "ECDHE-ECDSA-AES256-SHA": REFUSED,
    "ECDHE-ECDSA-AES128-SHA256": REFUSED,
    "ECDHE-ECDSA-AES256-SHA384": REFUSED,
    "ECDHE-ECDSA-CAMELLIA128-SHA256": REFUSED,
    "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305": "ECDHE-ECDSA-CHACHA20-POLY1305",
}


class Server:
    """A server of TLS 1.2 with these suites only. `came`: the suite of each handshake, REFUSED for one that failed."""

    def __init__(self, certificate, suites):
        self.came = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._context.set_ciphers(f"{suites}:@SECLEVEL=0")
        self._listening = socket.create_server((loopback(), 0))
        self.address, self.port = self._listening.getsockname()

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listening.close()

    def _serve(self):
        while True:
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            with connected:
                try:
                    with self._context.wrap_socket(connected, server_side=True) as shaken:
                        self.came.append(shaken.cipher()[0])
                except OSError:
                    self.came.append(REFUSED)


@pytest.mark.parametrize("offered", SUITES)
def test_no_suite_with_cbc_is_taken(offered, authorities, pbx_test, tmp_path):
    certificate = authorities[0].sign("server", NAME, f"DNS:{NAME}")

    async def scenario(server):
        settings = account(NAME, server.port, transport="tls", password="pw-201", auth_user="201")
        tls = TlsSettings(ca_file=str(authorities[0].file))
        async with stations({"accounts": (settings,), "tls": tls}) as (door,):
            door.link.order(Register("office"))
            await until_async(lambda: server.came)

    with Server(certificate, offered) as server:
        pbx_test.write_text(server.address)
        asyncio.run(asyncio.wait_for(scenario(server), 120))
        assert server.came[0] == SUITES[offered]
