"""The page that leads through trusting the station's authority: readable by everybody, and without a secret."""

import json
import plistlib
import re
import ssl
import subprocess
import time
from contextlib import contextmanager

import pytest

from appliance.api import app
from appliance.api.answers import trust
from appliance.api.answers.site import FILES
from appliance.api.http import server
from appliance.api.http.headers import HEADERS
from appliance.api.routes import pages
from appliance.app.authority import Authority
from appliance.app.https import fingerprint
from tests.api.browser import START_S
from tests.api.chromium import chromium
from tests.api.conftest import TOKEN, log_in, run
from tests.api.test_https import Given
from tests.api.test_page_push import REGISTER, not_installable
from tests.daemon.security.test_authority import by_the_key
from tests.support.waiting import until

TEXTS = json.loads((FILES / "trust.json").read_text(encoding="utf-8"))
LANGUAGES = sorted(path.stem for path in (FILES / "texts").glob("??.json"))
FILES_OF_TRUST = ["/trust", "/trust.crt", "/trust.mobileconfig"]


@pytest.fixture
def stranger(shared):
    """A client without a token."""
    with shared.tcp(token=None) as made:
        yield made


@pytest.fixture
def authority(station, tmp_path):
    """The certificate of a station's authority, in PEM, which signs its certificate."""
    Authority(tmp_path).make({"door", "door.local", "192.0.2.7"}, "intercomd door")
    station.own_authority = (tmp_path / "http-ca.crt").read_text()
    return station.own_authority


def test_everybody_may_have_the_authority_without_a_token(stranger, authority):
    found = stranger.get("/trust.crt")
    assert found.text == authority and "PRIVATE" not in found.text
    assert found.headers["content-type"] == "application/x-x509-ca-cert"
    assert "intercomd.crt" in found.headers["content-disposition"]


def test_the_page_shows_the_fingerprint_that_the_device_shows(stranger, authority, tmp_path):
    command = ["openssl", "x509", "-in", tmp_path / "http-ca.crt", "-noout", "-fingerprint", "-sha256"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    shown = re.search(r'<small id="fingerprint">(.*?)</small>', stranger.get("/trust").text)[1]
    assert shown == told.strip().partition("=")[2] == fingerprint(authority)


def test_a_profile_of_apple_has_the_authority_and_the_same_ids_each_time(stranger, authority):
    answer = stranger.get("/trust.mobileconfig")
    assert answer.headers["content-type"] == "application/x-apple-aspen-config"
    profile = plistlib.loads(answer.content)
    (payload,) = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root"
    assert payload["PayloadContent"] == ssl.PEM_cert_to_DER_cert(authority)
    ids = [profile["PayloadUUID"], payload["PayloadUUID"]]
    assert len(set(ids)) == 2 and all(re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", each) for each in ids)
    assert stranger.get("/trust.mobileconfig").content == answer.content


@pytest.mark.parametrize("path", FILES_OF_TRUST)
def test_a_station_without_an_authority_has_no_such_page(stranger, path):
    assert stranger.get(path).status_code == 404


@pytest.mark.parametrize("path", FILES_OF_TRUST)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nobody_replaces_the_authority_by_the_page(stranger, authority, path, method):
    assert stranger.request(method, path, content=b"-----BEGIN CERTIFICATE-----").status_code == 405
    assert stranger.get("/trust.crt").text == authority


@pytest.mark.parametrize(
    "path", ["/trust/", "/trust.key", "/trust/http-ca.key", "/http-ca.key", "/trust.crt/../http-ca.key"]
)
def test_no_other_file_is_beside_it(stranger, authority, path):
    answer = stranger.get(path)
    assert answer.status_code == 404 and "PRIVATE" not in answer.text


def test_a_foreign_name_is_refused_here_too(stranger, authority):
    assert stranger.get("/trust.crt", headers={"Host": "evil.example"}).status_code == 403


def test_the_page_runs_no_script_and_has_the_policy_of_all_pages(stranger, authority):
    answer = stranger.get("/trust")
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script|\bon\w+=|style=|javascript:", answer.text)
    for link in re.findall(r'(?:href|src)="([^"]+)"', answer.text):
        assert stranger.get(f"/{link.removeprefix('./')}").status_code == 200, link


@pytest.mark.parametrize(
    ("wished", "language"),
    [
        ("de-CH,de;q=0.9,en;q=0.5", "de"),
        ("es,fr;q=0.8", "fr"),
        ("es", "en"),
        ("", "en"),
        ('"><script>', "en"),
        ("de" * 5000, "en"),
    ],
)
def test_the_page_comes_in_the_language_of_the_browser(stranger, authority, wished, language):
    answer = stranger.get("/trust", headers={"Accept-Language": wished})
    assert f'<html lang="{language}">' in answer.text and TEXTS[language]["remove"] in answer.text
    assert answer.headers["vary"] == "Accept-Language"


def test_each_language_of_the_page_has_all_texts():
    assert sorted(TEXTS) == LANGUAGES
    assert all(TEXTS[language].keys() == TEXTS["en"].keys() for language in LANGUAGES)
    for name in trust.STEPS:
        assert len({len(TEXTS[language][name]["steps"]) for language in LANGUAGES}) == 1
    assert all("intercomctl page" in TEXTS[language]["compare"] for language in LANGUAGES)


def test_the_paths_are_those_of_the_routes():
    assert (trust.PAGE, trust.CERTIFICATE, trust.PROFILE) == pages.TRUST


NAME, FOREIGN = "door.home.test", "evil.home.test"  # which the browser finds on this machine


@contextmanager
def listening(station, loop, given, name):
    """The station shows this certificate, and goes by this name; its address."""
    given.names = frozenset({name})
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, given)
    bound = run(loop, listening.start())
    yield f"https://{name}:{bound.port}/"
    run(loop, listening.stop())


@pytest.fixture
def secured(station, loop, tmp_path):
    """A station whose certificate its own authority has signed; its address."""
    authority = Authority(tmp_path)
    authority.make({NAME}, "intercomd door")
    station.own_authority = authority.certificate.read_text()
    key, certificate = authority.sign(time.time())
    (tmp_path / "http.key").write_text(key)
    (tmp_path / "http.crt").write_text(certificate)
    with listening(station, loop, Given(str(tmp_path / "http.crt"), str(tmp_path / "http.key")), NAME) as address:
        yield address


def opened(page, address):
    """What the browser says against the page, if anything."""
    page.send("Page.enable")
    return page.send("Page.navigate", url=address).get("errorText")


@pytest.fixture
def trusted(secured, tmp_path, monkeypatch):
    """A browser that trusts the station's authority."""
    monkeypatch.setenv("HOME", str(tmp_path))
    store = f"sql:{tmp_path / '.pki' / 'nssdb'}"
    (tmp_path / ".pki" / "nssdb").mkdir(parents=True)
    subprocess.run(["certutil", "-N", "--empty-password", "-d", store], check=True, capture_output=True)
    added = ["certutil", "-A", "-n", "door", "-t", "C,,", "-i", tmp_path / "http-ca.crt", "-d", store]
    subprocess.run(added, check=True)
    with chromium(tmp_path / "trusting") as page:
        yield page


@pytest.mark.far_end
def test_a_browser_that_does_not_trust_the_authority_warns(secured, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with chromium(tmp_path / "before") as page:
        assert opened(page, secured) == "net::ERR_CERT_AUTHORITY_INVALID"


@pytest.mark.far_end
def test_a_browser_that_trusts_the_authority_opens_the_page_without_a_warning(secured, trusted, tmp_path):
    assert opened(trusted, f"{secured}trust") is None
    shown = until(lambda: trusted.value("document.getElementById('fingerprint')?.textContent"), "the page", START_S)
    assert shown == fingerprint((tmp_path / "http-ca.crt").read_text())
    assert trusted.value("isSecureContext && Boolean(navigator.mediaDevices)") is True
    assert opened(trusted, secured.replace(NAME, FOREIGN)) == "net::ERR_CERT_COMMON_NAME_INVALID"


@pytest.mark.far_end
def test_a_browser_that_trusts_the_authority_would_install_the_page_and_runs_its_worker(secured, trusted):
    log_in(trusted, f"{secured}#token={TOKEN}")
    trusted.shows("#link-text", "live")
    trusted.value(REGISTER)
    until(lambda: trusted.value("window.works"), "the worker", START_S)
    assert not_installable(trusted) == []


@pytest.mark.far_end
def test_a_browser_that_trusts_the_authority_refuses_what_its_key_signs_for_another_name(
    station, loop, trusted, tmp_path
):
    for name, said in ((NAME, None), (FOREIGN, "net::ERR_CERT_INVALID")):
        signed = str(by_the_key(tmp_path, tmp_path, f"DNS:{name}"))
        with listening(station, loop, Given(signed, str(tmp_path / "evil.key")), name) as address:
            assert opened(trusted, address) == said
