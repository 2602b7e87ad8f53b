"""HTTPS of a real station, from another machine: its own certificate, a given one, and one that is renewed."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

from appliance.app.https import fingerprint
from appliance.demo.stations import CODE
from tests.support.certificates import Authority
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import DOOR, Cable
from tests.support.waiting import PATIENCE_S, until

GUIDE = CODE / "docs/how-to/reach-the-station-by-https.md"


@pytest.fixture
def cable(tmp_path):
    with Cable(tmp_path) as cable:
        yield cable


def station(cable, directory, address=DOOR, **http):
    return Daemon(directory / "d", within=cable.door.within, http={"address": address, **http}, door={"front": {}})


def address(door):
    file = door.directory / "http.address"
    until(file.exists, "the interface", log=door.told)
    return file.read_text().strip()


def reached(cable, door):
    """A connection from the other machine to the station."""
    port = int(address(door).rstrip("/").rsplit(":", 1)[1])
    made = cable.pbx.socket(kind=socket.SOCK_STREAM)
    made.settimeout(PATIENCE_S)
    made.connect((DOOR, port))
    return made, port


def encrypted(cable, door, authority, name=DOOR):
    made, port = reached(cable, door)
    return ssl.create_default_context(cafile=authority).wrap_socket(made, server_hostname=name), port


def ask(cable, door, authority, method="GET", path="/v1/state", name=DOOR):
    connection, port = encrypted(cable, door, authority, name)
    with contextlib.closing(http.client.HTTPConnection(name, port)) as client:
        client.sock = connection
        client.request(method, path, headers={"Authorization": f"Bearer {token(door)}"})
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


def token(door):
    return (door.directory / "http.token").read_text().strip()


def shown(cable, door, authority, name=DOOR):
    """The certificate that the station shows now, and only then."""
    with encrypted(cable, door, authority, name)[0] as connection:
        return connection.getpeercert(binary_form=True)


def ctl(within, *words, **environment):
    argv = [*within, sys.executable, "-m", "appliance.cli", *map(str, words)]
    given = {**os.environ, "PYTHONPATH": str(CODE), **environment}
    return subprocess.run(argv, capture_output=True, text=True, env=given, timeout=PATIENCE_S, check=False)


def test_a_station_makes_a_certificate_and_clients_that_trust_it_open_the_door(cable, tmp_path):
    with station(cable, tmp_path) as door:
        certificate, key = door.directory / "http.crt", door.directory / "http.key"
        assert address(door).startswith(f"https://{DOOR}:")
        assert ask(cable, door, certificate, "POST", "/v1/doors/front/open")[0] == 200
        assert door.wait("door.unlocked")["data"]["by"] == "http:token"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        known = door.directory / "http.sock"
        page = json.loads(ctl([], "--socket", known, "page", "--json").stdout)
        der = shown(cable, door, certificate)
        assert page["address"] == f"{address(door)}#token={token(door)}"
        assert page["fingerprint"] == hashlib.sha256(der).digest().hex(":").upper()
        own = (door.directory / "http-ca.crt").read_text()
        assert page["authority"] == fingerprint(own) and page["trust"] == f"{address(door)}trust"
        told = ctl([], "--socket", known, "page").stdout
        assert all(page[name] in told for name in page)
        with encrypted(cable, door, certificate)[0] as connection:
            connection.sendall(f"GET /trust.crt HTTP/1.0\r\nHost: {address(door).split('/')[2]}\r\n\r\n".encode())
            assert connection.makefile("rb").read().endswith(own.encode())
        away = ["--url", address(door)]
        state = ctl(cable.pbx.within, *away, "--ca", certificate, "state", "--json", INTERCOM_TOKEN=token(door))
        assert json.loads(state.stdout)["doors"], state.stderr
        distrusted = ctl(cable.pbx.within, *away, "state", INTERCOM_TOKEN=token(door))
        assert distrusted.returncode == 1 and "is not trusted" in distrusted.stderr and "--ca" in distrusted.stderr
        unfit = ctl(cable.pbx.within, *away, "--ca", "/nonexistent", "state")
        assert unfit.returncode == 1 and "/nonexistent cannot be used" in unfit.stderr
        watching = subprocess.Popen(
            [
                *cable.pbx.within,
                sys.executable,
                "-m",
                "appliance.cli",
                *away,
                "--ca",
                certificate,
                "watch",
                "--since",
                "0",
            ],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(CODE), "INTERCOM_TOKEN": token(door)},
        )
        with watching:
            assert watching.stdout.readline()
            watching.kill()
    with station(cable, tmp_path) as again:
        assert shown(cable, again, certificate) == der


def test_a_websocket_of_the_stations_page_follows_events_over_tls(cable, tmp_path):
    with station(cable, tmp_path) as door:
        made, port = encrypted(cable, door, door.directory / "http.crt")
        protocols = [f"bearer.{token(door)}", "intercomd.v1"]
        uri, origin = f"ws://{DOOR}:{port}/v1/events", f"https://{DOOR}:{port}"
        with connect(uri, sock=made, subprotocols=protocols, origin=origin, proxy=None) as feed:
            assert ask(cable, door, door.directory / "http.crt", "POST", "/v1/doors/front/open")[0] == 200
            while json.loads(feed.recv(PATIENCE_S))["type"] != "door.unlocked":
                pass


@pytest.mark.parametrize("every", ["0.0.0.0", "::"])
def test_on_all_addresses_the_certificate_has_the_hosts_names_and_those_addresses(cable, tmp_path, every):
    with station(cable, tmp_path, every) as door:
        host = socket.gethostname().partition(".")[0].lower()
        assert address(door).startswith(f"https://{host}.local:")
        for name in (DOOR, host, f"{host}.local"):
            assert ask(cable, door, door.directory / "http.crt", name=name)[0] == 200


def test_a_client_without_tls_gets_an_answer_and_the_unix_socket_stays_plain(cable, tmp_path):
    with station(cable, tmp_path) as door:
        address(door)
        assert door.get("/v1/state")["doors"]
        made, _ = reached(cable, door)
        with made:
            made.sendall(b"GET / HTTP/1.1\r\nHost: door\r\n\r\n")
            assert b"HTTPS only" in made.recv(4096)


def put(certificate, key, place):
    """Put a pair in its place by the hook for certbot that the guide has, for this user."""
    (lineage := place / "live").mkdir(exist_ok=True)
    shutil.copy(certificate, lineage / "fullchain.pem")
    shutil.copy(key, lineage / "privkey.pem")
    (hook,) = re.findall(r"```sh\n(#!/bin/sh\n.*?)```", GUIDE.read_text(), re.DOTALL)
    assert "\nu intercomd -:intercom " in (CODE / "packaging/debian/intercomd.sysusers").read_text()
    assert (hook.count("-o intercomd -g intercom"), hook.count("/etc/intercomd")) == (2, 2)
    hook = hook.replace("-o intercomd -g intercom", f"-o {os.geteuid()} -g {os.getegid()}")
    subprocess.run(
        ["sh", "-c", hook.replace("/etc/intercomd", str(place))],
        env={**os.environ, "RENEWED_LINEAGE": str(lineage)},
        check=True,
    )


def given(tmp_path):
    return {"certificate_file": str(tmp_path / "http.crt"), "key_file": str(tmp_path / "http.key")}


def test_a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not(cable, tmp_path):
    authority = Authority(tmp_path / "ca")
    put(*authority.sign("one", "one", "DNS:door.example"), tmp_path)
    with station(cable, tmp_path, **given(tmp_path)) as door:
        assert address(door).startswith("https://door.example:")
        one = shown(cable, door, authority.file, "door.example")
        assert ask(cable, door, authority.file, name="door.example")[0] == 200
        (tmp_path / "http.key").write_text("not a key")
        until(lambda: asked_again(cable, door, authority), "the report", log=door.told)
        assert "The one before stays in use" in door.wait("appliance.degraded", part="certificate")["data"]["why"]
        assert shown(cable, door, authority.file, "door.example") == one
        findings = {found["check"]: found for found in door.post("/v1/doctor")["findings"]}
        assert findings["http.certificate_file"]["level"] == "problem"
        assert "certificate" not in findings
        put(*authority.sign("two", "two", "DNS:front.example"), tmp_path)
        until(lambda: renewed(cable, door, authority), "the new certificate", log=door.told)
        assert door.wait("appliance.recovered")["data"]["part"] == "certificate"
        assert ask(cable, door, authority.file, name="front.example")[0] == 200
        assert address(door).startswith("https://front.example:"), "intercomctl page shows it"
        findings = {found["check"]: found for found in door.post("/v1/doctor")["findings"]}
        assert findings["http.certificate_file"]["level"] == "ok"


def test_a_renewed_key_that_others_could_read_counts_after_the_remedy_that_the_station_names(cable, tmp_path):
    authority = Authority(tmp_path / "ca")
    put(*authority.sign("one", "one", "DNS:door.example"), tmp_path)
    with station(cable, tmp_path, **given(tmp_path)) as door:
        assert shown(cable, door, authority.file, "door.example")
        (tmp_path / "http.key").chmod(0o644)
        put_in_place(*authority.sign("two", "two", "DNS:front.example"), tmp_path)
        until(lambda: asked_again(cable, door, authority), "the report", log=door.told)
        assert f"chmod 0600 {tmp_path}/http.key" in door.wait("appliance.degraded", part="certificate")["data"]["why"]
        (tmp_path / "http.key").chmod(0o600)
        until(lambda: renewed(cable, door, authority), "the new certificate", log=door.told)
        assert door.wait("appliance.recovered")["data"]["part"] == "certificate"
        assert len(door.of("appliance.degraded")) == 1, "each look tries it, and reports it once"


def put_in_place(certificate, key, place):
    """Write a pair over the one there, which keeps the modes of its files."""
    (place / "http.crt").write_bytes(Path(certificate).read_bytes())
    (place / "http.key").write_bytes(Path(key).read_bytes())


def asked_again(cable, door, authority):
    """The report of a fault: the station looks at the files when a client comes."""
    assert shown(cable, door, authority.file, "door.example")
    return door.of("appliance.degraded")


def renewed(cable, door, authority):
    with contextlib.suppress(ssl.SSLCertVerificationError):
        return shown(cable, door, authority.file, "front.example")


def test_without_a_usable_certificate_no_port_is_open_until_it_is_mended(cable, tmp_path):
    authority = Authority(tmp_path / "ca")
    certificate, _ = authority.sign("one", "one", "DNS:door.example")
    _, other = authority.sign("two", "two", "DNS:door.example")
    put(certificate, other, tmp_path)
    with station(cable, tmp_path, **given(tmp_path)) as door:
        why = door.wait("appliance.degraded", part="http")["data"]["why"]
        assert "are not a certificate and its key" in why and "without a password" in why
        assert not (door.directory / "http.address").exists()
        assert door.get("/v1/state")["doors"]
        put(certificate, certificate.replace(".pem", ".key"), tmp_path)
        assert ask(cable, door, authority.file, name="door.example")[0] == 200
