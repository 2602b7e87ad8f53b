"""The process as the daemon starts it: what it reports, how it ends, and what a hostile broker can do to it."""

import json
import socketserver
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import msgspec
import pytest

from appliance.config.schema import Config
from appliance.outlet import process, settings
from tests.support.peers.mosquitto import ROOT, Listener, Mosquitto
from tests.support.peers.odd_broker import OddBroker
from tests.support.processes import rss_mb
from tests.support.times import patient
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
MOST_MB = process.MEMORY_BYTES / 2**20 + 30  # and the files of Python and its libraries


@contextmanager
def running(broker, tmp_path, hidden="", times=None, **more):
    """The process for this broker. hidden: a library that is not there. more: settings of [mqtt]."""
    table = {"host": broker.address, "port": broker.port, "device": "front", "tls": False} | more
    files = {"socket": str(tmp_path / "http.sock"), "cursor": str(tmp_path / "cursor")}
    line = settings.line(Config(mqtt=table).mqtt.model_dump(), "", **files, announced=str(tmp_path / "announced"))
    if times is not None:
        line = msgspec.json.encode(msgspec.structs.replace(settings.read(line), times=times)) + b"\n"
    start = f"import sys; sys.modules['{hidden}'] = None;" if hidden else ""
    words = [sys.executable, "-c", f"{start}from appliance.outlet.process import main; raise SystemExit(main())"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdin.write(line)
        child.stdin.flush()
        yield child
        child.kill()


def told(child):
    return json.loads(child.stdout.readline())


def test_it_says_online_and_that_it_works_and_offline_when_the_daemon_ends(tmp_path):
    with Mosquitto(tmp_path / "b") as broker, Listener(broker, f"{ROOT}/#") as heard:
        with running(broker, tmp_path) as child:
            assert told(child) == {"why": "", "resolution": ""}
            until(lambda: heard.of("availability") == ["online"])
            until(lambda: heard.of("state/mqtt") == [{"protocol": "5"}])
            child.stdin.close()
            assert child.wait() == 0
        until(lambda: heard.of("availability") == ["online", "offline"])


def test_a_killed_one_is_reported_gone_by_the_broker(tmp_path):
    with Mosquitto(tmp_path / "b") as broker, Listener(broker, f"{ROOT}/#") as heard:
        with running(broker, tmp_path) as child:
            until(lambda: heard.of("availability") == ["online"])
            child.kill()
            until(lambda: heard.of("availability") == ["online", "offline"])


def test_a_broker_that_sends_more_than_anyone_takes_ends_it_within_its_memory_and_that_is_reported(tmp_path):
    with OddBroker(floods=True) as broker, running(broker, tmp_path) as child:
        most = 0.0
        while child.poll() is None:
            try:
                most = max(most, rss_mb(child.pid))
            except (OSError, IndexError):
                break
        assert child.wait() == 1
        said = [json.loads(line) for line in child.stdout]
        assert said[-1]["why"] == "The broker sent more than the station takes.", child.stderr.read()
        assert most < MOST_MB


def test_the_broker_is_asked_to_send_no_large_message(tmp_path):
    with Mosquitto(tmp_path / "b") as broker, Listener(broker, f"{ROOT}/#") as heard:
        with running(broker, tmp_path) as child:
            assert told(child)["why"] == ""
            heard.publish("journal/ack", "9" * 200_000)
            broker.stop()
            broker.start()
            assert "is lost" in told(child)["why"]
            later = iter(lambda: told(child)["why"], None)
            # The child may connect again before the broker is there.
            assert next(why for why in later if "cannot be reached" not in why) == ""


def test_a_broker_that_ends_each_connection_is_reported_once_until_a_connection_lasts(tmp_path):
    times = patient(broker_again_s=(0.05, 1.0))
    with OddBroker(hangs_up=True) as broker, running(broker, tmp_path, times=times) as child:
        said = [told(child) for _ in range(6)]
        assert [each["why"] == "" for each in said] == [True, False, True, False, False, False]
        assert "is lost" in said[1]["why"]
        assert said[3]["why"].startswith(f"No connection to the broker {broker.address}:{broker.port} lasts.")
        assert "perhaps another client has the name intercomd-front (mqtt.device)" in said[3]["resolution"]
        assert said[3:] == [said[3]] * 3
        broker.hangs_up = False
        assert next(each for each in iter(lambda: told(child), None) if each != said[3])["why"] == ""


def test_mqtt_3_1_1_is_used_with_a_broker_that_knows_no_other_and_said(tmp_path):
    with OddBroker(newest=4) as broker, running(broker, tmp_path) as child:
        assert "Unsupported protocol version" in told(child)["why"]
        assert told(child)["why"] == ""
        until(lambda: any(b'{"protocol":"3.1.1"}' in body for _, body in broker.published))
        assert broker.versions == [5, 4]


class Unlisted(BaseHTTPRequestHandler):
    """A daemon that cannot list its recordings at first, and has an event after that."""

    asked = threading.Event()

    def do_GET(self):
        listed, answer = self.asked.is_set(), b"{}"
        if self.path == "/v1/events":
            self.asked.wait()
            event = {"type": "door.opened", "uptime": time.monotonic()}
            answer = f"id: 1\ndata: {json.dumps(event)}\n\n".encode()
        if "recordings" in self.path:
            answer = b'{"recordings": []}'
            self.asked.set()
        self.send_response(503 if "recordings" in self.path and not listed else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def address_string(self):
        return "unix"


def test_recordings_that_cannot_be_listed_are_asked_for_again_with_the_next_event(tmp_path):
    with (
        Mosquitto(tmp_path / "b") as broker,
        Listener(broker, f"{ROOT}/#") as heard,
        socketserver.ThreadingUnixStreamServer(str(tmp_path / "http.sock"), Unlisted) as server,
    ):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with running(broker, tmp_path, home_assistant="homeassistant"):
            until(lambda: heard.of("state/recording") == [{}])
        server.shutdown()


def test_a_missing_library_is_named_with_its_package(tmp_path):
    broker = type("Any", (), {"address": "127.0.0.1", "port": 1})
    with running(broker, tmp_path, hidden="paho") as child:
        said = told(child)
        assert "The library for MQTT is not installed." in said["why"]
        assert "paho-mqtt" in said["resolution"]
        assert child.wait() == 1


def test_without_a_first_line_it_ends(tmp_path):
    done = subprocess.run([sys.executable, "-m", "appliance.outlet"], input=b"", check=False, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")
