"""A station at a broker: nothing is lost, no ring comes late, even if any process is killed meanwhile."""

import os
import random
import re
import signal
import subprocess
import tomllib

import pytest

from tests.daemon.appliance.how_tos import blocks
from tests.support.daemon import Daemon
from tests.support.peers.mosquitto import DEVICE, ROOT, Listener, Mosquitto, Reader
from tests.support.processes import children, command
from tests.support.times import hasty
from tests.support.waiting import pause, until

RING_S = 10.0
FULL = bool(os.environ.get("LOAD_FULL"))  # by make test-load
PRESSES, STARTS = (200, 10) if FULL else (60, 4)  # the broker is killed at each tenth press, the station at each start
pytestmark = pytest.mark.far_end


def at(broker, **more):
    return {"host": broker.address, "port": broker.port, "device": DEVICE, "tls": False, **more}


def outlets(station):
    return [pid for pid in children(station.pid) if "appliance.outlet" in command(pid)]


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker


def journal(station):
    """The ids of all events that the journal has now."""
    found, since = [], 0
    while page := station.get(f"/v1/events?since={since}&wait=0")["events"]:
        found += [event["id"] for event in page if event["type"] != "events.lost"]
        since = page[-1]["id"]
    return found


def has_all(reader, station):
    """Wait until the reader has all events; none of the journal's is missing, and they came in order."""
    until(lambda: set(journal(station)) <= set(reader.order), "all events", log=station.told)
    assert reader.order == sorted(reader.order)


def in_time(heard):
    """No ring came later than 10 s after it began; how many there were."""
    rings = [(at, value) for at, topic, value, *_ in heard.messages if topic == f"{ROOT}/event/ring.started"]
    assert [late for at, value in rings if (late := at - value["uptime"]) > RING_S] == []
    return len(rings)


def test_without_a_broker_there_is_no_such_process(tmp_path):
    with Daemon(tmp_path) as station:
        assert outlets(station) == []
        assert not (tmp_path / "mqtt.cursor").exists()


def test_events_come_live_and_complete_and_states_are_kept(tmp_path, broker):
    with Reader(broker) as reader, Listener(broker, f"{ROOT}/#") as heard:
        settings = at(broker, journal=True)
        with Daemon(tmp_path / "s", mqtt=settings, door={"front": {"pulse_s": 3.0}}) as station:
            until(lambda: heard.of("availability") == ["online"], log=station.told)
            station.ring()
            ring = until(lambda: heard.of("event/ring.started"), log=station.told)[0]
            assert ring == station.wait("ring.started")
            station.post("/v1/doors/front/open")
            until(lambda: any(each[0]["state"] == "unlocked" for each in heard.of("state/doors")))
            until(lambda: heard.of("state/doors")[-1][0]["state"] == "locked")
            has_all(reader, station)
            expiries = {topic: expiry for _, topic, _, _, expiry in heard.messages if "/event/" in topic}
            assert expiries[f"{ROOT}/event/ring.started"] <= RING_S
            assert max(expiries.values()) <= 30
            assert {expiry for _, topic, _, _, expiry in heard.messages if "/event/" not in topic} == {None}
            with Listener(broker, f"{ROOT}/#") as late:
                until(lambda: late.of("state/doors"))
                kept = {
                    topic.removeprefix(f"{ROOT}/").partition("/")[0] for _, topic, _, kept, _ in late.messages if kept
                }
                assert kept == {"availability", "state"}
        until(lambda: heard.of("availability") == ["online", "offline"])


def test_while_the_broker_is_killed_and_away_nothing_is_lost_and_no_ring_comes_late(tmp_path, broker):
    chance = random.Random(1)
    with Reader(broker) as reader, Daemon(tmp_path / "s", mqtt=at(broker, journal=True)) as station:
        for number in range(PRESSES):
            station.press("ring" if number % 6 == 0 else "hangup")
            if number % 10 == 5:
                broker.stop()
                pause(chance.uniform(0, 1.0))
                station.press("hangup")
                broker.start()
            pause(0.1)
        has_all(reader, station)
        in_time(reader)
        assert reader.gaps == []
        until(lambda: station.ever("appliance.recovered", part="mqtt"))
        assert station.ever("appliance.degraded", part="mqtt")[0]["data"]["why"]


def test_a_ring_while_the_broker_is_away_is_not_sent_later(tmp_path, broker):
    with Reader(broker) as reader, Daemon(tmp_path / "s", mqtt=at(broker, journal=True)) as station:
        until(lambda: reader.order, log=station.told)
        broker.stop()
        station.wait("appliance.degraded", part="mqtt")
        station.ring()
        ring = station.wait("ring.started")
        broker.start()
        has_all(reader, station)
        assert ring["id"] in reader.order
        assert in_time(reader) == 0


def test_while_the_station_and_its_process_are_killed_nothing_is_lost(tmp_path, broker):
    with Reader(broker) as reader:
        station = Daemon(tmp_path / "s", mqtt=at(broker, journal=True))
        try:
            for _ in range(STARTS):
                station.start()
                station.ready()
                until(lambda: outlets(station))
                for _ in range(8):
                    station.press("hangup")
                    pause(0.1)
                station.kill()
            station.start()
            station.ready()
            has_all(reader, station)
            assert len(reader.order) > STARTS * 8
        finally:
            station.stop()


def test_a_killed_process_is_replaced_and_reported(tmp_path, broker):
    with Reader(broker) as reader, Daemon(tmp_path / "s", mqtt=at(broker, journal=True), times=hasty()) as station:
        (first,) = until(lambda: outlets(station))
        until(lambda: reader.order)
        os.kill(first, signal.SIGKILL)
        said = station.wait("appliance.degraded", part="mqtt")["data"]["why"]
        assert said == "The process that sends events ended with status -9. Look into the log."
        station.wait("appliance.recovered", part="mqtt")
        station.press("hangup")
        has_all(reader, station)


def test_what_the_journal_no_longer_has_is_a_gap_with_from_and_to(tmp_path, broker):
    broker.stop()
    settings = {"mqtt": at(broker, journal=True), "log": {"keep_events": 100}}
    with Daemon(tmp_path / "s", **settings) as station:
        while len(station.events) < 250:
            station.press("hangup")
            pause(0.1)
        broker.start()
        with Reader(broker) as reader:
            has_all(reader, station)
            ((first, last),) = reader.gaps[:1]
            assert first == 1
            assert last > 100
            assert reader.order[:2] == [last, last + 1]
    kept = (tmp_path / "s" / "mqtt.cursor").read_text()
    assert re.fullmatch(r"\d+\n", kept)


def test_the_doctor_says_whether_the_broker_works(tmp_path, broker):
    with Daemon(tmp_path / "s", mqtt=at(broker)) as station:
        found = [each for each in station.post("/v1/doctor")["findings"] if each["check"] == "mqtt"]
        assert [each["level"] for each in found] == ["ok"]
        with Listener(broker, f"{ROOT}/#") as heard:
            until(lambda: heard.of("availability") == ["online"])
        broker.stop()
        station.wait("appliance.degraded", part="mqtt")
        found = [each for each in station.post("/v1/doctor")["findings"] if each["check"] == "mqtt"]
        assert {each["level"] for each in found} == {"problem"}
        assert "Nothing listens there." in found[0]["cause"]


def test_a_kept_acknowledgment_moves_nothing(tmp_path, broker):
    with Listener(broker, f"{ROOT}/journal") as heard, Daemon(tmp_path / "s", mqtt=at(broker, journal=True)) as station:
        last = until(lambda: heard.of("journal"), log=station.told)[-1]["id"]
        heard.publish("journal/ack", str(last), retain=True)
        station.press("hangup")
        until(lambda: any(each["id"] > last for each in heard.of("journal")))
        assert {each["acknowledged"] for each in heard.of("journal")} == {0}


def guide(directory):
    """The blocks of the guide for this machine: certificates, the broker's file and access list, ours, two clients."""
    _, certificates, its, access, _, _, ours, reads, _, takes, gives = blocks("connect-by-mqtt.md")
    ours += takes.replace("[mqtt]", "")
    access = access.replace("user home\n", "user home\ntopic write intercomd/front/command/#\n")
    its = its.replace("/etc/mosquitto/certs", str(directory)).replace("/etc/mosquitto", str(directory))
    ours = ours.replace("/etc/intercomd/broker-ca.crt", str(directory / "ca.crt"))
    ours = ours.replace("/etc/intercomd/mqtt.password", str(directory / "mqtt.password"))
    return certificates.replace("DNS:broker.example", "IP:127.0.0.1"), its, access, ours, (reads, gives)


def test_the_guide_s_broker_works_with_the_guide_s_station_and_client(tmp_path):
    directory = tmp_path / "broker"
    directory.mkdir()
    certificates, its, access, ours, clients = guide(directory)
    subprocess.run(certificates, shell=True, check=True, capture_output=True, cwd=directory)
    (directory / "access").write_text(access)
    (directory / "mqtt.password").write_text("front's password")
    (directory / "passwords").touch()
    for file in ("access", "mqtt.password", "passwords"):
        (directory / file).chmod(0o600)
    for user in ("front", "home", "archive"):
        subprocess.run(["mosquitto_passwd", "-b", directory / "passwords", user, f"{user}'s password"], check=True)
    listener, *lines = its.splitlines()
    assert listener == "listener 8883"
    guided = Mosquitto(directory, *(line for line in lines if line != "set_tcp_nodelay true"))
    guided.address = "127.0.0.1"
    with guided as broker:
        settings = {**tomllib.loads(ours)["mqtt"], "host": "127.0.0.1", "port": broker.port}
        with Daemon(tmp_path / "s", mqtt=settings, door={"front": {}}) as station:
            station.post("/v1/tokens", {"name": "home", "scopes": ["door", "call"]})
            until(lambda: "intercomd-front" in broker.log, log=lambda: broker.log)
            found = [each for each in station.post("/v1/doctor")["findings"] if each["check"] == "mqtt"]
            assert "speaks MQTT 5" in found[0]["message"] or "works" in found[0]["message"], found
            here = [each.replace("broker.example -p 8883", f"127.0.0.1 -p {broker.port}") for each in clients]
            reads, gives = (each.replace("PASSWORD", '"home\'s password"') for each in here)
            said = subprocess.run(
                f"{reads.strip()} -C 3",
                shell=True,
                check=True,
                capture_output=True,
                text=True,
                cwd=directory,
                timeout=60,
            ).stdout
            assert "intercomd/front/availability online" in said
            assert "intercomd/front/state/" in said
            subprocess.run(gives, shell=True, check=True, cwd=directory, timeout=60)
            assert station.wait("door.unlocked")["data"]["by"] == "http:home"
