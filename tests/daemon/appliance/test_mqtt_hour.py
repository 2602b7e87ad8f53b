"""A broker that is away for an hour, at five events a second: the reader gets each of them, in order."""

import contextlib
import http.client
import json
import os
import socket

import pytest

from tests.daemon.appliance.test_mqtt import at, has_all, in_time
from tests.support.daemon import Daemon
from tests.support.peers.mosquitto import Mosquitto, Reader
from tests.support.waiting import PATIENCE_S, until

FULL = bool(os.environ.get("LOAD_FULL"))  # by make test-load
HOUR = 5 * 3600 if FULL else 1_000  # events
RING_EVERY = HOUR // 10
pytestmark = pytest.mark.far_end


def happen(station, count):
    """So many changes, each an event, one after the other, with ten rings between them."""
    connection = http.client.HTTPConnection("station", timeout=PATIENCE_S)
    connection.sock = socket.socket(socket.AF_UNIX)
    with contextlib.closing(connection):
        connection.sock.connect(str(station.directory / "http.sock"))
        for number in range(count):
            if number % RING_EVERY == 0:
                station.press("ring")
                station.next("ring.started")
                station.press("hangup")
            body = json.dumps({"do_not_disturb": number % 2 == 0})
            connection.request("PATCH", "/v1/config/runtime", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 200, said


def test_after_an_hour_without_its_broker_the_reader_gets_every_event_and_no_old_ring(tmp_path, record_property):
    settings = {"mqtt": {"journal": True}, "log": {"keep_events": 100_000}}
    with Mosquitto(tmp_path / "broker") as broker, Reader(broker) as reader:
        settings["mqtt"] |= at(broker)
        with Daemon(tmp_path / "s", **settings) as station:
            until(lambda: reader.order, log=station.told)
            broker.stop()
            station.wait("appliance.degraded", part="mqtt")
            happen(station, HOUR)
            broker.start()
            until(lambda: len(reader.order) > HOUR // 2, "half of the events", 10 * PATIENCE_S, log=station.told)
            broker.stop()  # once more, while it catches up: some events come twice
            broker.start()
            station.post("/v1/events", {"name": "end"})
            last = station.wait("custom", name="end")["id"]
            until(lambda: reader.order[-1] >= last, "the last event", 10 * PATIENCE_S, log=station.told)
            has_all(reader, station)
            changes = {value["id"] for value in reader.of("journal") if value["type"] == "config.changed"}
            assert len(changes) == HOUR
            assert reader.order == sorted(set(reader.order))
            assert reader.gaps == []
            assert in_time(reader) == 0
            record_property("events", len(reader.order))
            record_property("doubles", sum(reader.got.values()) - len(reader.got))
