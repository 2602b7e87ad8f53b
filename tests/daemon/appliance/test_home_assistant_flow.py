"""What the native integration's config flow says of a server that is no station, or has no valid certificate.

Its other answers are in test_home_assistant_integration and _discovery. `make test-home-assistant` runs it.
"""

import contextlib
import http.server
import json
import ssl
import threading
from pathlib import Path

import pytest

from appliance.base.errors import ErrorCode, IntercomError, problem
from tests.support.certificates import Authority
from tests.support.peers.home_assistant import HomeAssistant

pytestmark = [pytest.mark.far_end, pytest.mark.home_assistant]
HERE = "127.0.0.1"


@contextlib.contextmanager
def answering(certificate, key, status=200, body=b"{}", handshakes=None):
    """A server by HTTPS with one answer to each request: its address. handshakes: after so many it listens no more."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        taken = 0

        def get_request(self):
            self.taken += 1
            taken = super().get_request()
            if self.taken == handshakes:
                self.socket.close()
            return taken

        def finish_request(self, request, client_address):
            with contextlib.suppress(OSError), context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server((HERE, 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield f"https://{HERE}:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.fixture(scope="module", params=["sid", "trixie"])
def home(request, tmp_path_factory):
    with HomeAssistant(tmp_path_factory.mktemp("ha") / "ha", request.param, integrated=True) as home:
        yield home


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def chain(authority, name, **more):
    """A certificate of an address, with the one of its authority behind it, as a station shows them, and the key."""
    certificate, key = authority.sign(name, HERE, f"IP:{HERE}", **more)
    whole = Path(certificate)
    whole.write_text(whole.read_text() + authority.file.read_text())
    return certificate, key


def trusted(home, address):
    """What the flow says after the fingerprint was found to be right."""
    flow = home.flow("intercomd")
    shown = home.fill(flow, address=address, token="any")
    assert shown["step_id"] == "trust", shown
    return home.fill(flow)["errors"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>", "unknown"),
        (200, b"{}", "unknown"),
        (200, b"[]", "unknown"),
        (200, json.dumps({"appliance": {"device": "front"}}).encode(), "unknown"),
        (404, b"", "unknown"),
        # and one that is, which a person seldom meets
        (429, json.dumps(problem(IntercomError(ErrorCode.RATE_LIMITED, "Too many."))).encode(), "too_many"),
    ],
)
def test_an_answer_with_which_no_station_is_set_up(home, authority, status, body, error):
    with answering(*chain(authority, "valid"), status, body) as address:
        assert trusted(home, address) == {"base": error}


def test_a_certificate_that_is_over(home, authority):
    with answering(*chain(authority, "over", made_days_ago=60)) as address:
        assert trusted(home, address) == {"base": "invalid_certificate"}


def test_a_server_that_goes_before_its_certificate_is_read(home, authority):
    with answering(*chain(authority, "gone"), handshakes=1) as address:
        flow = home.flow("intercomd")
        assert home.fill(flow, address=address, token="any")["errors"] == {"base": "cannot_connect"}
