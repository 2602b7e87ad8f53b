"""Sounds from URLs: which are fetched, which are refused, and what a hostile server can do."""

import asyncio
import io
import ipaddress
import socket
import sys
import wave
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import download
from appliance.audio.download import checked, host_of, is_public, rewrite
from appliance.audio.url_sounds import UrlSounds, refusal
from appliance.audio.workers import QUEUE
from appliance.base.errors import ErrorCode, IntercomError
from tests.support.certificates import Authority
from tests.support.peers.web_server import WebServer, page, redirect

HERE = ["127.0.0.1"]


def wav(seconds=0.5, rate=16000, channels=1, width=2):
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setparams((channels, width, rate, 0, "NONE", ""))
        sound.writeframes(bytes(int(seconds * rate) * channels * width))
    return made.getvalue()


@pytest.fixture
def web():
    with WebServer() as server:
        server.answers["/gong.wav"] = page(wav())
        yield server


@pytest.fixture
def fetched(tmp_path):
    """A function that fetches a URL, by the process that the station uses, and returns the file."""

    def fetch(url, hosts=HERE):
        file = tmp_path / "sounds" / "p-1.wav"
        asyncio.run(UrlSounds(tmp_path / "sounds").fetch(url, file, hosts))
        return file

    return fetch


@pytest.fixture
def refused(fetched, tmp_path):
    """A function that fetches a URL and returns the refusal; nothing is left."""

    def fetch(url, hosts=HERE):
        with pytest.raises(IntercomError) as error:
            fetched(url, hosts)
        assert list((tmp_path / "sounds").iterdir()) == []
        assert url not in str(error.value)
        return error.value

    return fetch


def test_a_sound_is_fetched_with_a_header_of_the_stations_own(fetched, web):
    body = wav(0.5, 44100, 2)
    web.answers["/odd name.wav?key=ä"] = b""
    web.answers["/odd%20name.wav?key=%C3%A4"] = page(body + b"LIST\xff\xff\xff\x7f", "Content-Type: audio/wav")
    with wave.open(str(fetched(f"{web.url}/odd name.wav?key=ä"))) as sound:
        assert sound.getparams()[:4] == (2, 2, 44100, 22050)
    assert f"Host: 127.0.0.1:{web.port}\r\n" in web.heads[0]


def test_a_redirect_is_followed_and_each_host_is_checked(fetched, refused, web):
    web.answers["/away"] = redirect("/gong.wav")
    assert fetched(f"{web.url}/away").stat().st_size == len(wav())
    fetched(f"{web.url}/away").unlink()
    web.asked.clear()
    web.answers["/inside"] = redirect(f"http://localhost:{web.port}/gong.wav")
    error = refused(f"{web.url}/inside")
    assert (error.code, error.resolution) == (
        ErrorCode.FORBIDDEN,
        "If the station may fetch sounds from there, add it to audio.url_hosts.",
    )
    assert web.asked == ["/inside"]
    web.answers["/round"] = redirect("/round")
    assert "redirects more than 3 times" in refused(f"{web.url}/round").cause
    assert web.asked.count("/round") == 4
    for elsewhere in ("file:///etc/passwd", "ftp://127.0.0.1/", "http://a:b@127.0.0.1/"):
        web.answers["/elsewhere"] = redirect(elsewhere)
        assert refused(f"{web.url}/elsewhere").code is ErrorCode.PARAMETER_INVALID, elsewhere


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: y\r\n")
        connection.recv(0)


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + wav())
    while True:
        connection.sendall(bytes(1 << 16))


def silent(connection):
    connection.recv(1)


def half(connection):
    connection.sendall(page(wav())[:-100])


HOSTILE = {
    "endless headers": (drip, ErrorCode.SERVER_UNREACHABLE, "100 headers"),
    "an endless body": (endless, ErrorCode.FILE_UNSUPPORTED, "larger than"),
    "a body that is longer than it says": (page(wav())[:-1] + bytes(9), None, ""),
    "a body that is shorter than it says": (half, ErrorCode.SERVER_UNREACHABLE, "too soon"),
    "a length that is no number": (
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + wav(),
        None,
        "",
    ),
    "a huge piece": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
        ErrorCode.SERVER_UNREACHABLE,
        "",
    ),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n\r\n", ErrorCode.SERVER_UNREACHABLE, ""),
    "nothing": (b"", ErrorCode.SERVER_UNREACHABLE, ""),
    "an error": (page(b"", status="500 Oh"), ErrorCode.SERVER_UNREACHABLE, "500"),
    "a page": (page(b"<html>" * 99), ErrorCode.FILE_UNSUPPORTED, "RIFF"),
    "8 bits": (page(wav(width=1)), ErrorCode.FILE_UNSUPPORTED, "8 bits"),
    "five channels": (page(wav(channels=5)), ErrorCode.FILE_UNSUPPORTED, "5 channels"),
    "no sample": (page(wav(0)), ErrorCode.FILE_UNSUPPORTED, "no sound"),
    "half a header": (page(wav()[:30]), ErrorCode.FILE_UNSUPPORTED, ""),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_a_server_may_send_ends_in_a_sound_or_an_error(fetched, refused, web, kind):
    answer, code, says = HOSTILE[kind]
    web.answers["/x"] = answer
    if code is None:
        assert fetched(f"{web.url}/x").stat().st_size > 44
        return
    error = refused(f"{web.url}/x")
    assert (error.code, says in str(error)) == (code, True), str(error)


def test_a_server_that_never_answers_is_left_in_time(refused, web, set_times):
    set_times(sound_made_s=3.0)
    web.answers["/x"] = silent
    error = refused(f"{web.url}/x")
    assert (error.code, error.message) == (ErrorCode.UNAVAILABLE, "The sound was not ready in time.")


def test_who_answers_nowhere_is_named(refused):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "127.0.0.1: Connection refused" in refused(f"http://127.0.0.1:{port}/x?token=s3cret").cause


def test_a_certificate_that_nobody_vouches_for_is_refused(refused, tmp_path):
    with WebServer(Authority(tmp_path).sign("web", "127.0.0.1", "IP:127.0.0.1")) as web:
        assert "its certificate is not valid" in refused(f"{web.url}/gong.wav").cause
        assert web.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::]", "[64:ff9b::7f00:1]"),
    ],
)
def test_no_spelling_of_this_machine_is_asked(refused, web, host):
    error = refused(f"http://{host}:{web.port}/gong.wav", hosts=[])
    assert error.code in {ErrorCode.FORBIDDEN, ErrorCode.SERVER_UNREACHABLE}
    assert web.asked == []


LOCAL = [
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1"),
    *("::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:192.168.1.1", "64:ff9b::a00:1", "2002:a00:1::"),
    "255.255.255.255",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo of 192.0.2.45
]


@pytest.mark.parametrize("address", LOCAL)
def test_a_local_address_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_of_the_internet_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("", "gong", "gong.wav", "/etc/passwd", "file:///etc/passwd", "ftp://x/y", "http://", "https:///x"),
        *("http://user:word@x/", "http://x:0/", "http://x:99999/", "http://x:y/", "http://[::1/", "http://\u2100.de/"),
    ],
)
def test_a_url_must_name_a_host_by_http(url):
    with pytest.raises(IntercomError) as error:
        checked(url)
    assert error.value.code is ErrorCode.PARAMETER_INVALID


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("HTTP://Example.COM/x", "example.com"),
        ("https://m\u00fcnchen.de", "xn--mnchen-3ya.de"),
        ("http://[FD00:0::1]:80/", "fd00::1"),
    ],
)
def test_a_host_has_one_spelling(url, host):
    assert host_of(checked(url)) == host


@given(st.binary(max_size=200), st.integers(0, 80), st.integers(0, 4))
def test_a_broken_file_is_refused_or_rewritten(tmp_path_factory, junk, place, cut):
    given_ = wav(0.01)
    raw = tmp_path_factory.mktemp("raw") / "raw"
    raw.write_bytes(given_[:place] + junk + given_[place + cut :])
    made = raw.with_name("made.wav")
    with suppress(IntercomError):
        rewrite(raw, made)
        with wave.open(str(made)) as sound:
            assert sound.getsampwidth() == 2
            assert sound.getnframes() > 0


def test_of_fifty_urls_at_once_the_first_few_are_fetched_and_the_others_refused(web, tmp_path):
    sounds = UrlSounds(tmp_path / "sounds")

    async def act():
        wanted = [
            sounds.fetch(f"{web.url}/gong.wav", tmp_path / "sounds" / f"p-{place}.wav", HERE) for place in range(50)
        ]
        found = await asyncio.gather(*wanted, return_exceptions=True)
        assert {each.code for each in found[QUEUE:]} == {ErrorCode.RATE_LIMITED}
        assert len([each for each in found if each is None]) <= QUEUE

    asyncio.run(act())


def test_a_download_that_dies_is_an_error():
    assert refusal(-9, "").message == "The sound was not fetched."
    assert refusal(-9, '{"code": "par').code is ErrorCode.UNAVAILABLE


def test_the_command_prints_its_refusal(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["download", str(tmp_path / "x")])
    monkeypatch.setattr(sys, "stdin", io.StringIO("gopher://x"))
    assert download.main() == 1
    assert '"code": "parameter-invalid"' in capsys.readouterr().out
