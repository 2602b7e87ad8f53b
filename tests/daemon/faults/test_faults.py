import os
import signal
import socket
import sqlite3
from contextlib import closing, contextmanager

import pytest

from appliance.store import database
from tests.support.daemon import Daemon
from tests.support.pairs import alone, appliances, connect, pair, place, ring
from tests.support.peers.packets import Packets
from tests.support.peers.sipp import Sipp
from tests.support.presses import rings
from tests.support.times import REAL, patient
from tests.support.waiting import PATIENCE_S, until

pytestmark = pytest.mark.usefixtures("hasty_stations")


def test_a_missing_card_is_reported_and_the_call_goes_on():
    missing = {"audio": {"capture": "nosuchmicrophone", "playback": "nosuchspeaker"}}
    with appliances(*pair(front=missing)) as (front, kitchen):
        failed = front.next("audio.failed")["data"]
        assert "nosuchspeaker" in failed["error"] and failed["resolution"]
        connect(front, kitchen)
        kitchen.press("hangup")
        front.next("call.ended", cause="hangup", by="remote")


@contextmanager
def started(config):
    """A daemon that need not become ready."""
    with place() as directory:
        front = Daemon(directory / "front", config=config)
        front.start()
        try:
            yield front
        finally:
            front.stop()


@contextmanager
def sip_port_in_use():
    """A daemon whose port another program has: both."""
    config, _ = pair()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", config["sip"]["port"]))
        with started(config) as front:
            yield front, other


def test_a_sip_port_in_use_is_reported_with_its_remedy_and_taken_when_it_is_free():
    with sip_port_in_use() as (front, other):
        port = front.config["sip"]["port"]
        told = front.next("appliance.degraded", part="sip")["data"]["why"]
        assert f"port {port}" in told and "in use" in told and "another SIP port" in told
        assert front.get("/v1/state")["appliance"]["ready"] is False
        other.close()
        front.next("appliance.ready", address=f"127.0.0.1:{port}")
        front.next("appliance.recovered", part="sip")


def test_an_http_port_in_use_costs_no_call_and_is_taken_when_it_is_free():
    with socket.create_server(("127.0.0.1", 0)) as other:
        config, _ = pair(front={"http": {"port": other.getsockname()[1]}})
        with started(config) as front:
            until(lambda: "appliance.degraded part=http" in front.log, "degraded", log=front.told)
            until(lambda: "appliance.ready" in front.log, "ready", log=front.told)
            other.close()
            degraded = front.next("appliance.degraded", patience=2 * PATIENCE_S, part="http")  # tried each 10 s
            assert "Another program listens on it already" in degraded["data"]["why"]
            front.next("appliance.recovered", part="http")


@pytest.mark.parametrize(
    ("code", "kind", "cause"),
    [
        (404, "call.failed", "not_found"),
        (408, "call.failed", "no_answer"),  # after it rang
        (486, "call.rejected", "busy"),
        (603, "call.rejected", "rejected"),
    ],
)
def test_a_far_end_that_refuses_is_reported_by_cause_and_code(code, kind, cause, tmp_path):
    with Sipp(tmp_path, "uas-refuse", code=code) as peer:
        with appliances(alone(peer.uri)) as (front,):
            front.press("ring")
            front.next(kind, cause=cause, code=code, by="remote")
            assert front.get("/v1/state")["panel"]["picture"] in {"error", "idle"}
            until(lambda: front.ever("lamp.changed", pattern="fast"), "the lamp's error", log=front.told)
            peer.done()


def test_a_ring_that_no_one_answers_ends_at_both_ends():
    with appliances(*pair(front={"deadlines": {"ringing_s": 1.0}})) as (front, kitchen):
        ours, theirs = ring(front, kitchen)
        front.next("call.failed", call=ours, cause="no_answer", by="local")
        kitchen.next("call.canceled", call=theirs, missed=True, by="remote")


def test_a_far_end_that_never_says_anything_is_given_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        config = alone(f"sip:kitchen@127.0.0.1:{silent.getsockname()[1]}", deadlines={"dialing_s": 1.0})
        with appliances(config) as (front,):
            front.press("ring")
            front.next("call.failed", cause="unavailable", by="local")
            assert not front.get("/v1/calls")["calls"]


def test_a_far_end_that_vanishes_in_mid_call_is_missed():
    with appliances(*pair(front={"deadlines": {"rtp_s": 1.0}})) as (front, kitchen):
        ours, _theirs = connect(front, kitchen)
        # Stopped first, so that no end of file makes it say BYE.
        sip = kitchen.sip()
        os.kill(sip, signal.SIGSTOP)
        kitchen.kill()
        os.kill(sip, signal.SIGKILL)
        front.next("media.stopped", call=ours)
        front.next("call.ended", call=ours, cause="rtp_timeout")


def third(kitchen, known):
    """Another caller of the kitchen, who is one of its targets or a stranger."""
    uri = f"sip:kitchen@127.0.0.1:{kitchen['sip']['port']}"
    caller = alone(uri, station={"name": "Back door", "user": "back"})
    if known:
        kitchen["target"]["back"] = {"uri": f"sip:back@127.0.0.1:{caller['sip']['port']}"}
    return caller


def test_a_second_caller_is_refused_as_busy_and_the_first_call_goes_on():
    config, inside = pair()
    inside["sip"]["max_calls"] = 1
    with appliances(config, third(inside, known=True), inside) as (front, back, kitchen):
        ours, theirs = connect(front, kitchen)
        back.press("ring")
        back.next("call.rejected", cause="busy", code=486, by="remote")
        kitchen.next("call.rejected", cause="busy", missed=True)
        assert front.call()["id"] == ours and kitchen.call()["id"] == theirs
        kitchen.press("hangup")
        front.next("call.ended", call=ours, cause="hangup")


def test_a_stranger_is_refused_and_nothing_rings():
    _, inside = pair()
    with appliances(third(inside, known=False), inside) as (back, kitchen):
        back.press("ring")
        back.next("call.failed", code=403, by="remote")
        kitchen.next("call.incoming", target="")
        assert not kitchen.ever("call.ringing")
        assert not any(message.status == 180 for message in back.trace.read())


def test_a_press_while_the_sip_process_is_dead_rings_once_it_is_back():
    with appliances(*pair(), times=patient(sip_silent_s=REAL.sip_silent_s)) as (front, kitchen):
        os.kill(front.sip(), signal.SIGSTOP)  # for as long as nobody notices it takes no order
        front.press("ring")
        front.next("appliance.degraded", part="sip")
        kitchen.next("call.ringing")
        kitchen.press("answer")
        front.next("call.connected")


def test_a_sip_process_that_crashes_leaves_in_the_log_what_it_did(tmp_path):
    with Daemon(tmp_path / "d") as door:
        os.kill(door.sip(), signal.SIGSEGV)
        assert door.wait("appliance.degraded", part="sip")["data"]["why"] == "it ended by SIGSEGV"
        door.wait("appliance.recovered", part="sip")
        assert "Fatal Python error: Segmentation fault" in door.log
        assert "appliance/sip/stack/engine.py" in door.log


def test_the_panel_and_the_door_work_while_the_sip_process_cannot_start():
    with sip_port_in_use() as (front, _):
        front.next("appliance.degraded", part="sip")
        front.press("ring")
        front.next("call.dialing")
        front.post("/v1/doors/front/open", {"seconds": 2.0})
        front.next("door.unlocked")
        front.next("door.locked")


def test_a_daemon_that_is_stopped_sends_bye_and_ends_with_status_0():
    with appliances(*pair()) as (front, kitchen):
        _ours, theirs = connect(front, kitchen)
        front.stop()
        assert front.ended == 0
        kitchen.next("call.ended", call=theirs, cause="hangup", by="remote")
        assert [m for m in kitchen.trace.read() if m.received and m.method == "BYE"]


def test_a_second_daemon_in_the_same_place_is_refused():
    config, _ = pair()
    with appliances(config) as (front,):
        second = Daemon(front.directory, config=front.config)
        second.start()
        until(lambda: second.ended is not None, "its end")
        assert second.ended == 1
        assert "Another daemon uses" in front.log


DAMAGE = {  # of a database whose station has been used
    "a flipped bit of its first page": None,
    "its tables are gone": "DROP TABLE {table}",
    "a version that is none": "PRAGMA user_version = -1",
}


def damage(file, how):
    """Do this to a database that nobody uses."""
    if statement := DAMAGE[how]:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for each in {statement.format(table=table) for table in tables}:
                connection.execute(each)
    else:
        content = bytearray(file.read_bytes())
        content[content.index(b"CREATE TABLE audit")] ^= 1 << 7
        file.write_bytes(content)


@pytest.mark.parametrize("how", DAMAGE)
def test_a_station_with_a_damaged_database_says_so_and_has_http_journal_and_audit(how, tmp_path):
    with Daemon(tmp_path / "d", door={"front": {"pulse_s": 2.0}}) as door:
        door.stop()
        damage(door.directory / database.FILE, how)
        door.begin()
        door.start()
        door.ready()
        assert "renamed to" in door.wait("appliance.degraded", part="storage")["data"]["why"]
        assert list(door.directory.glob(f"{database.FILE}.damaged-*"))
        door.post("/v1/doors/front/open")
        opened = door.wait("door.unlocked")
        rows = until(lambda: door.get("/v1/log/doors")["events"], "the audit", log=door.told)
        # that the door is locked again may be there, too
        assert [row["id"] for row in rows if row["type"] == "door.unlocked"] == [opened["id"]]
        with Packets(door.far_address, door.far_port) as far:
            rings(door, far, 1)
