"""The station's own authority: what it can sign, how long, and what a clock that is wrong does to it."""

import asyncio
import re
import ssl
import stat
import subprocess
from datetime import UTC, datetime

import pytest

from appliance.app import authority, https
from appliance.app.authority import Authority
from appliance.base.errors import IntercomError
from appliance.config import certificates
from appliance.config.schema.http import HttpTable
from tests.daemon.security.test_https import DOOR, ask, cable, shown, station  # noqa: F401 - cable: a fixture
from tests.support.certificates import KEY, run, self_signed
from tests.support.waiting import until

DAY_S = 86400
NOW = int(datetime.now(UTC).timestamp())
OWN_NAMES = {"door", "door.local", "192.0.2.7", "2001:db8::7"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The directory of an authority for these names."""
    state = tmp_path_factory.mktemp("state")
    Authority(state).make(OWN_NAMES, "intercomd door")
    return state


@pytest.fixture
def clock(monkeypatch):
    """Sets the clock by which the station makes and judges certificates."""
    return lambda moment: monkeypatch.setattr("appliance.app.https.time.time", lambda: moment)


def served(state, *, address="192.0.2.7", clock_is_right=lambda: True):
    certificate = https.Certificate(HttpTable(address=address), state, state / "seen", lambda _: None, clock_is_right)
    certificate.open()
    return certificate


def written(kept, folder, now=NOW):
    key, signed = Authority(kept).sign(now)
    (folder / "leaf.key").write_text(key)
    (folder / "leaf.crt").write_text(signed)
    return folder / "leaf.crt"


def verify(kept, leaf, *words):
    """What openssl says to a chain, as strictly as Python 3.13 has it."""
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", *words]
    done = subprocess.run(
        [*command, "-CAfile", kept / "http-ca.crt", leaf], capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout + done.stderr


def by_the_key(kept, folder, names, use="serverAuth", constraints="CA:FALSE"):
    """A certificate that somebody made who has the authority's key."""
    run("req", *KEY, "-keyout", folder / "evil.key", "-out", folder / "evil.csr", "-subj", "/CN=x")
    (folder / "evil.ext").write_text(
        f"basicConstraints=critical,{constraints}\nextendedKeyUsage={use}\nkeyUsage=critical,digitalSignature\n"
        f"authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\nsubjectAltName={names}\n"
    )
    signing = "x509", "-req", "-in", folder / "evil.csr", "-CA", kept / "http-ca.crt", "-CAkey", kept / "http-ca.key"
    run(*signing, "-days", 30, "-extfile", folder / "evil.ext", "-out", folder / "evil.crt")
    return folder / "evil.crt"


@pytest.mark.parametrize("name", sorted(OWN_NAMES))
def test_what_it_signs_is_accepted_for_each_of_the_stations_names(kept, tmp_path, name):
    which = "-verify_ip" if authority.is_address(name) else "-verify_hostname"
    assert verify(kept, written(kept, tmp_path), which, name) == (True, f"{tmp_path / 'leaf.crt'}: OK\n")


def test_what_it_signs_ends_within_397_days_and_its_own_certificate_does_not(kept, tmp_path):
    facts = certificates.facts(written(kept, tmp_path))
    assert facts.names == OWN_NAMES
    assert facts.begins == NOW - DAY_S
    assert facts.ends - facts.begins == 397 * DAY_S
    assert certificates.facts(kept / "http-ca.crt").ends == authority.END.timestamp()


def test_it_says_what_phones_demand_of_an_authority_and_of_a_server(kept, tmp_path):
    def extensions(file):
        asked = "basicConstraints,keyUsage,extendedKeyUsage,nameConstraints"
        command = ["openssl", "x509", "-in", file, "-noout", "-ext", asked]
        return " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())

    own, leaf = extensions(kept / "http-ca.crt"), extensions(written(kept, tmp_path))
    assert "Basic Constraints: critical CA:TRUE, pathlen:0" in own
    assert "Key Usage: critical Certificate Sign, CRL Sign" in own
    assert "Name Constraints: critical Permitted:" in own
    assert "Basic Constraints: critical CA:FALSE" in leaf and "TLS Web Server Authentication" in leaf


@pytest.mark.parametrize(
    "names",
    [
        "DNS:evil.example",
        "DNS:door.local,DNS:evil.example",
        "IP:192.0.2.8",
        "IP:2001:db8::8",
        "DNS:local",
        "DNS:*.local",
    ],
)
def test_its_key_signs_no_other_name(kept, tmp_path, names):
    accepted, said = verify(kept, by_the_key(kept, tmp_path, names))
    assert not accepted and "permitted subtree violation" in said


def test_its_key_signs_no_program_no_mail_and_no_further_authority(kept, tmp_path):
    for use in ("codeSigning", "emailProtection"):
        purpose = "-purpose", "smimesign" if use == "emailProtection" else "sslclient"
        assert not verify(kept, by_the_key(kept, tmp_path, "DNS:door.local", use), *purpose)[0]
    assert verify(kept, by_the_key(kept, tmp_path, "DNS:door.local"))[0]
    further = by_the_key(kept, tmp_path, "DNS:door.local", constraints="CA:TRUE")
    (tmp_path / "below.ext").write_text("subjectAltName=DNS:door.local\n")
    run("req", *KEY, "-keyout", tmp_path / "below.key", "-out", tmp_path / "below.csr", "-subj", "/CN=y")
    signing = "x509", "-req", "-in", tmp_path / "below.csr", "-CA", further, "-CAkey", tmp_path / "evil.key"
    run(*signing, "-CAcreateserial", "-days", 30, "-extfile", tmp_path / "below.ext", "-out", tmp_path / "below.crt")
    assert not verify(kept, tmp_path / "below.crt", "-untrusted", further)[0]


def test_a_name_alone_permits_no_address(tmp_path):
    Authority(tmp_path).make({"door", "door.local"}, "intercomd door")
    accepted, said = verify(tmp_path, by_the_key(tmp_path, tmp_path, "IP:192.0.2.8"))
    assert not accepted and "permitted subtree violation" in said


def test_its_key_is_the_services_alone_and_no_copy_of_it_is_left(tmp_path):
    served(tmp_path)
    assert stat.S_IMODE((tmp_path / "http-ca.key").stat().st_mode) == 0o600
    key = (tmp_path / "http-ca.key").read_bytes()
    assert {path.name for path in tmp_path.rglob("*")} == {
        "http-ca.crt",
        "http-ca.key",
        "http.crt",
        "http.key",
        "http.authority",
        "seen",
    }
    assert all(path.name == "http-ca.key" or key not in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize(("days_left", "again"), [(31, False), (29, True), (-5, True)])
def test_a_certificate_is_renewed_30_days_before_its_end_by_the_same_authority(tmp_path, clock, days_left, again):
    clock(NOW)
    used = served(tmp_path, clock_is_right=lambda: False)
    first, own = (tmp_path / "http.crt").read_text(), (tmp_path / "http-ca.crt").read_text()
    clock(NOW + (396 - days_left) * DAY_S)
    before = asyncio.run(used.context())
    after = (tmp_path / "http.crt").read_text()
    assert (after != first) == again
    assert (tmp_path / "http-ca.crt").read_text() == own and after.endswith(own)
    used._looked = 0.0
    assert asyncio.run(used.context()) is before, "one renewal is enough"


def test_a_renewal_that_fails_leaves_the_one_before_in_use_and_is_tried_again_later(tmp_path, clock, set_times):
    clock(NOW)
    told = []
    used = https.Certificate(HttpTable(address="192.0.2.7"), tmp_path, tmp_path / "seen", told.append, lambda: True)
    used.open()
    own = (tmp_path / "http-ca.key").read_text()
    (tmp_path / "http-ca.key").write_text("damaged")
    clock(NOW + 380 * DAY_S)
    set_times(certificate_check_s=0.0, certificate_again_s=3600.0)
    before = asyncio.run(used.context())
    assert [(type(each).__name__, each.part) for each in told] == [("PartFailed", "certificate")]
    (tmp_path / "http-ca.key").write_text(own)
    assert asyncio.run(used.context()) is before
    set_times(certificate_check_s=0.0, certificate_again_s=0.0)
    assert asyncio.run(used.context()) is not before
    assert type(told[-1]).__name__ == "PartRecovered"


@pytest.mark.parametrize("year", [1970, 2000])
def test_a_board_whose_clock_is_wrong_at_its_first_start_has_a_certificate_that_is_replaced_later(
    kept, tmp_path, clock, year
):
    clock(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    used = served(tmp_path, clock_is_right=lambda: False)
    own = (tmp_path / "http-ca.crt").read_text()
    assert verify(tmp_path, tmp_path / "http.crt")[0], "clients whose clock is right accept it"
    clock(NOW)
    asyncio.run(used.context())
    facts = certificates.facts(tmp_path / "http.crt")
    assert (facts.begins, facts.ends) == (NOW - DAY_S, NOW + 396 * DAY_S)
    assert (tmp_path / "http-ca.crt").read_text() == own


def test_a_clock_that_is_early_is_believed_only_if_it_is_right(tmp_path, clock):
    clock(NOW + 900 * DAY_S)
    right = []
    used = served(tmp_path, clock_is_right=lambda: bool(right))
    first = (tmp_path / "http.crt").read_bytes()
    for early in (0.0, NOW):
        clock(early)
        used._looked = 0.0
        asyncio.run(used.context())
        assert (tmp_path / "http.crt").read_bytes() == first
    right.append(True)
    used._looked = 0.0
    asyncio.run(used.context())
    assert certificates.facts(tmp_path / "http.crt").valid(NOW)


def test_a_station_keeps_the_certificate_that_it_had_until_its_files_are_removed(tmp_path, clock, monkeypatch):
    monkeypatch.setattr("appliance.app.https.socket.gethostname", lambda: "door")
    before = self_signed(tmp_path, "DNS:door", "DNS:door.local", "IP:192.0.2.7")
    used = served(tmp_path)
    asyncio.run(used.context())
    assert (tmp_path / "http.crt").read_bytes() == before and not (tmp_path / "http-ca.crt").exists()
    for name in ("http.crt", "http.key"):
        (tmp_path / name).unlink()
    served(tmp_path)
    assert (tmp_path / "http.crt").read_text().endswith((tmp_path / "http-ca.crt").read_text())


def test_another_authority_is_made_for_another_name_of_the_host_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.app.https.socket.gethostname", lambda: "door")
    monkeypatch.setattr("appliance.app.https.network.addresses", lambda: ("192.0.2.7",))
    assert served(tmp_path, address="0.0.0.0").names == {"door", "door.local", "192.0.2.7"}
    own = (tmp_path / "http-ca.crt").read_text()
    monkeypatch.setattr("appliance.app.https.network.addresses", lambda: ("192.0.2.8",))
    assert served(tmp_path, address="0.0.0.0").names == {"door", "door.local", "192.0.2.7"}
    assert (tmp_path / "http-ca.crt").read_text() == own, "phones trust it already"
    monkeypatch.setattr("appliance.app.https.socket.gethostname", lambda: "gate")
    assert served(tmp_path, address="0.0.0.0").names == {"gate", "gate.local", "192.0.2.8"}
    assert (tmp_path / "http-ca.crt").read_text() != own


def test_it_is_not_made_before_the_station_has_an_address(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.app.https.network.addresses", lambda: ())
    with pytest.raises(IntercomError, match="once it has an address"):
        served(tmp_path, address="0.0.0.0")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("without", ["http-ca.crt", "http.crt", "http.key"])
def test_a_power_cut_between_its_files_leaves_a_station_that_makes_the_rest(tmp_path, without):
    served(tmp_path)
    (tmp_path / without).unlink()
    (tmp_path / "http.crt").unlink(missing_ok=True)
    served(tmp_path)
    assert verify(tmp_path, tmp_path / "http.crt")[0]


def test_a_client_that_trusts_the_authority_sees_a_renewed_certificate_without_a_restart(cable, tmp_path):  # noqa: F811
    with station(cable, tmp_path) as door:
        own = door.directory / "http-ca.crt"
        until(own.exists, "the authority", log=door.told)
        assert ask(cable, door, own)[0] == 200
        key, old = Authority(door.directory).sign(NOW - 380 * DAY_S)
        (door.directory / "http.key").write_text(key)
        (door.directory / "http.crt").write_text(old)
        ending = ssl.PEM_cert_to_DER_cert(re.match(r"-.*?-----END CERTIFICATE-----", old, re.DOTALL)[0])
        until(lambda: shown(cable, door, own) == ending, "the certificate that ends soon", log=door.told)
        until(lambda: shown(cable, door, own) != ending, "the renewed one", log=door.told)
        assert ask(cable, door, own)[0] == 200
        assert DOOR in certificates.facts(door.directory / "http.crt").names
