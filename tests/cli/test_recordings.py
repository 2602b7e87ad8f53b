"""Recordings by the command line, from a station that converts them meanwhile."""

import json
import threading
from argparse import Namespace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.cli.client import Client
from appliance.cli.recordings import run

SOUND = b"OggS and so on"
ROW = {"id": "r-1", "format": "wav", "url": "/v1/recordings/r-1/audio"}


class Station(BaseHTTPRequestHandler):
    """Its row says what the file was, its answer what it is."""

    def do_GET(self):
        audio = self.path == ROW["url"]
        body = SOUND if audio else json.dumps(ROW).encode()
        self.send_response(200)
        self.send_header("Content-Type", "audio/ogg" if audio else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def client():
    with ThreadingHTTPServer(("127.0.0.1", 0), Station) as server:
        threading.Thread(target=server.serve_forever).start()
        yield Client(Path(), f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def asked(act):
    return Namespace(act=act, recording="r-1", output=None)


def test_a_recording_that_is_converted_meanwhile_is_fetched_as_what_it_is(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(client, asked("get")) == {"file": "r-1.opus"}
    assert (tmp_path / "r-1.opus").read_bytes() == SOUND


def test_a_recording_that_is_converted_meanwhile_needs_a_player_of_what_it_is(client, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IntercomError) as caught:
        run(client, asked("play"))
    assert caught.value.resolution.startswith("Install pipewire-bin or pulseaudio-utils")
