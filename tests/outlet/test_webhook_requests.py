"""Requests to hostile and broken receivers, and what an examination says of each. Receivers are real servers."""

import os
import socket
import threading
import time
from contextlib import contextmanager
from email.utils import formatdate

import pytest

from appliance.base.errors import IntercomError, sentences
from appliance.outlet import settings
from appliance.outlet.webhooks import client as client_module
from appliance.outlet.webhooks import trial
from appliance.outlet.webhooks.client import Client
from tests.support.certificates import Authority
from tests.support.peers.receiver import SECRET, Receiver
from tests.support.peers.web_server import WebServer, page, redirect
from tests.support.processes import rss_mb
from tests.support.times import patient
from tests.support.waiting import pause, until

OK = page(b"", status="204 No Content")
SHORT_S = 1.0


def of(url, *, local=True, ca_file=""):
    table = {"url": url, "ca_file": str(ca_file), "local": local, "events": ["*"]}
    table |= {"report": [], "ask": [], "token": ""}
    return settings.webhook("house", table, SECRET, source="front", version="1.0")


def posted(url, within_s=60.0, times=None, **more):
    """The answer to a request."""
    client = Client(of(url, **more), times or patient())
    try:
        return client.post(b"{}", {"webhook-id": "1"}, within_s)
    finally:
        client.close()


def fault(url, within_s=60.0, **more):
    """Why there is no answer, in a sentence."""
    with pytest.raises(IntercomError) as raised:
        posted(url, within_s, **more)
    return sentences(raised.value.message, raised.value.cause, raised.value.resolution)


def found(url, times=None, **more):
    """What an examination says."""
    finding = trial.examine(of(url, **more), times or patient())
    return f"{finding['level']}: {sentences(finding['message'], finding['cause'], finding['resolution'])}"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("house"))


@pytest.fixture
def web():
    with WebServer() as server:
        yield server


def test_a_receiver_that_works_is_named_with_its_delay_and_gets_a_signed_event(tmp_path):
    with Receiver(tmp_path) as receiver:
        assert found(receiver.url).startswith("ok: The receiver house takes events, in ")
        (got,) = receiver.got
        assert got.right
        assert got.event["type"] == "org.intercomd.examination"


def test_one_connection_serves_many_requests_and_one_that_was_closed_meanwhile_is_made_again(tmp_path):
    with Receiver(tmp_path) as receiver:
        client = Client(of(receiver.url), patient())
        headers = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
        assert [client.post(b'{"data": {}}', headers, 60.0).status for _ in range(3)] == [204] * 3
        assert len(receiver._open) == 1
        receiver.stop()
        until(lambda: not receiver._open)
        receiver.start()
        assert client.post(b'{"data": {}}', headers, 60.0).status == 204
        client.close()


def test_after_each_answer_that_closes_the_connection_the_address_is_judged_again(web, monkeypatch):
    """The name has another address by then: the thread of the receiver would end of it, and with it the process."""
    web.answers["/"] = page(b"", "Connection: close", status="204 No Content")
    found = iter(["127.0.0.1", "169.254.169.254", "127.0.0.1"])
    kind = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, ""
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, port, **__: [(*kind, (next(found), port))])
    client = Client(of(f"http://receiver.example:{web.port}/"), patient())
    assert client.post(b"{}", {}, 60.0).status == 204
    with pytest.raises(IntercomError, match="The receiver house") as refused:
        client.post(b"{}", {}, 60.0)
    assert refused.value.cause == "No receiver may have the address 169.254.169.254."
    assert client.post(b"{}", {}, 60.0).status == 204


# -- into the local network --------------------------------------------------------------------------------------------


def test_nothing_is_sent_to_the_local_network_unless_that_is_allowed(web):
    web.answers["/"] = OK
    assert "127.0.0.1 is a local address. Set webhook.house.local = true" in fault(
        f"https://127.0.0.1:{web.port}/", local=False
    )
    assert "local address" in fault(f"http://localhost:{web.port}/", local=False)
    assert "local address" in fault(f"https://[::ffff:127.0.0.1]:{web.port}/", local=False)
    assert web.asked == []
    assert posted(f"{web.url}/").status == 204


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0", "[fe80::1]"]
)
def test_no_setting_allows_the_addresses_of_metadata_and_links(host):
    assert "No receiver may have the address" in fault(f"http://{host}/latest/meta-data", local=True)


def test_other_ways_to_write_an_address_change_nothing():
    for host in ("2130706433", "0x7f.1", "127.1"):  # inet_aton takes them
        assert "is a local address" in fault(f"https://{host}/", local=False)


def test_without_tls_only_local_addresses_are_taken():
    assert "is no local address" in fault("http://1.1.1.1/", local=True)


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_a_redirect_into_the_local_network_is_not_followed(web, status):
    web.answers["/"] = page(b"", f"Location: {web.url}/inner", status=status)
    web.answers["/inner"] = OK
    assert posted(f"{web.url}/").status // 100 == 3
    assert "It sends the station elsewhere" in found(f"{web.url}/")
    assert set(web.asked) == {"/"}


def test_a_redirect_is_named_with_what_to_do(web):
    web.answers["/"] = redirect("https://other.example/")
    assert "Write the address where it takes events into webhook.house.url." in found(f"{web.url}/")


# -- answers without an end --------------------------------------------------------------------------------------------


def endless(head, part, pause_s=0.0):
    """What sends a head, and then a part again and again until the client is gone."""

    def answer(connection):
        connection.sendall(head)
        while True:
            connection.sendall(part)
            pause(pause_s)

    return answer


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n%s\r\n"


@pytest.mark.parametrize("length", [b"Content-Length: 104857600\r\n\r\n", b"\r\n", CHUNKED % b"6400000"])
def test_of_an_answer_of_100_mb_16_kb_are_read(web, length):
    body = b"x" * 65536
    sent = []

    def answer(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + length)
        for _ in range(1600):
            connection.sendall(body)
            sent.append(len(body))

    web.answers["/"] = answer
    before = rss_mb(os.getpid())
    told = posted(f"{web.url}/")
    assert (told.status, told.long, len(told.body)) == (200, True, client_module.LARGEST)
    assert rss_mb(os.getpid()) - before < 8
    assert sum(sent) < 20_000_000  # what fits into the buffers of the kernel


@pytest.mark.parametrize("size", [b"-1", b"-6400000"])
def test_a_chunk_of_a_negative_length_is_not_read_to_its_end(web, size):
    sent = []

    def answer(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + CHUNKED % size)
        for _ in range(1600):
            connection.sendall(b"x" * 65536)
            sent.append(65536)

    web.answers["/"] = answer
    assert "Its answer is not HTTP." in fault(f"{web.url}/")
    assert sum(sent) < 20_000_000


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda connection: connection.recv(1), id="never"),
        pytest.param(
            endless(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", b"x", 0.05), id="a byte now and then"
        ),
        pytest.param(endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.05), id="headers without an end"),
        pytest.param(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), id="answers before the answer"),
        pytest.param(
            endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05), id="small chunks"
        ),
    ],
)
def test_a_receiver_that_does_not_come_to_an_end_is_given_up_in_time(web, answer):
    web.answers["/"] = answer
    begun = time.monotonic()
    assert "It does not answer in time." in fault(f"{web.url}/", SHORT_S)
    assert time.monotonic() - begun >= SHORT_S * 0.9


def test_a_receiver_that_does_not_finish_its_handshake_is_given_up_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "It does not answer in time." in fault(f"https://127.0.0.1:{silent.getsockname()[1]}/", SHORT_S)


def test_headers_beyond_every_measure_are_no_answer(web):
    web.answers["/"] = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(500)) + b"\r\n"
    assert "Its answer is not HTTP." in fault(f"{web.url}/")
    web.answers["/"] = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"
    assert "Its answer is not HTTP." in fault(f"{web.url}/")


def test_what_is_no_http_is_named(web):
    web.answers["/"] = b"SSH-2.0-OpenSSH_9\r\n"
    assert "Its answer is not HTTP." in fault(f"{web.url}/")


# -- certificates ------------------------------------------------------------------------------------------------------


@contextmanager
def secured(tmp_path, house, *names, **more):
    certificate = house.sign("receiver", "receiver", *names, **more)
    with WebServer(certificate) as server:
        server.answers["/"] = OK
        yield server


def test_a_certificate_of_the_named_authority_is_trusted_and_no_other(tmp_path, house):
    with secured(tmp_path, house, "IP:127.0.0.1") as server:
        assert posted(f"{server.url}/", ca_file=house.file).status == 204
        told = fault(f"{server.url}/")
        assert "The certificate of the receiver house is not trusted. Another authority has signed it" in told
        assert "Name the file with the authority of the receiver in webhook.house.ca_file." in told
        assert "It ends the connection" in fault(f"http://127.0.0.1:{server.port}/")
        assert server.asked == ["/"]


def test_an_authority_that_people_put_into_the_file_later_is_trusted(tmp_path, house):
    file = tmp_path / "ca.pem"
    file.write_text(Authority(tmp_path).file.read_text())
    with secured(tmp_path, house, "IP:127.0.0.1") as server:
        client = Client(of(f"{server.url}/", ca_file=file), patient())
        with pytest.raises(IntercomError):
            client.post(b"{}", {"webhook-id": "1"}, 60.0)
        file.write_text(house.file.read_text())
        assert client.post(b"{}", {"webhook-id": "1"}, 60.0).status == 204
        client.close()


def test_a_certificate_for_another_name_gets_nothing(tmp_path, house):
    with secured(tmp_path, house, "DNS:other.example") as server:
        assert "It is not for 127.0.0.1" in fault(f"{server.url}/", ca_file=house.file)
        assert server.asked == []


def test_a_certificate_that_has_expired_gets_nothing(tmp_path, house):
    with secured(tmp_path, house, "IP:127.0.0.1", made_days_ago=60) as server:
        assert "It has expired." in fault(f"{server.url}/", ca_file=house.file)
        assert server.asked == []


def test_a_file_without_authorities_is_named(tmp_path, web):
    (tmp_path / "ca.pem").write_text("none")
    told = fault(f"https://127.0.0.1:{web.port}/", ca_file=tmp_path / "ca.pem")
    assert f"{tmp_path}/ca.pem. Give a file in PEM form" in told


# -- other faults, each in a sentence ----------------------------------------------------------------------------------


def test_nothing_that_listens_and_a_name_without_an_address_are_named():
    assert "Nothing listens there." in found("http://127.0.0.1:1/")
    assert "The name house.invalid has no address." in found("https://house.invalid/")


def test_a_receiver_without_tls_at_the_port_is_named():
    def refuse(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, args=[listener], daemon=True).start()
        assert "It does not speak TLS at this port." in found(f"https://127.0.0.1:{listener.getsockname()[1]}/")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("401 Unauthorized", "Give both sides the same secret"),
        ("404 Not Found", "Correct the path in webhook.house.url."),
        ("410 Gone", "remove the table webhook.house."),
        ("500 Internal Server Error", "See the log of the receiver."),
        ("299 Odd", ""),
        ("799 Odd", "It answers 799."),
    ],
)
def test_an_answer_that_is_no_success_is_named(web, status, said):
    web.answers["/"] = page(b"", status=status)
    assert said in found(f"{web.url}/")


@pytest.mark.parametrize(("ahead_s", "apart"), [(0, False), (-86_400, True), (86_400, True), (-1_700_000_000, True)])
def test_a_refusal_by_another_clock_names_the_clocks(web, ahead_s, apart):
    web.answers["/"] = page(b"", f"Date: {formatdate(time.time() + ahead_s, usegmt=True)}", status="400 Bad Request")
    assert posted(f"{web.url}/").clocks_apart == apart
    assert ("set the clocks of both" in found(f"{web.url}/")) == apart


@pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Nov 2026 99:99:99 GMT", "Fri, 01 Jan 0001 00:00:00 GMT"])
def test_an_answer_that_names_no_time_is_one_of_now(web, date):
    web.answers["/"] = page(b"", f"Date: {date}")
    assert posted(f"{web.url}/").taken


def test_a_slow_receiver_is_warned_of(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "SLOW_S", 0.0)
    with Receiver(tmp_path) as receiver:
        assert found(receiver.url).startswith("warning: The receiver house takes events, but needs ")


def test_how_long_the_receiver_asks_to_wait_is_read(web):
    web.answers["/"] = page(b"", "Retry-After: 30", status="503 Service Unavailable")
    assert posted(f"{web.url}/").wait_s == 30
    web.answers["/"] = page(b"", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", status="503 Service Unavailable")
    assert posted(f"{web.url}/").wait_s == 0
