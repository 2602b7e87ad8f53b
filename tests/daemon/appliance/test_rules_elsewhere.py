"""A rule of one station that has another one act: by an event that it reports there, at once or never, and once."""

import contextlib

import pytest

from appliance.core.rules.limits import EVERY_S  # a rule that acts more often is stopped some time
from tests.support.daemon import Daemon
from tests.support.peers.sipp import free_port
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
RULES = {
    "gate": {
        "on": "custom",
        "where": {"name": "lift"},
        "then": [{"order": "report_event", "name": "gate.open", "details": {"from": "{name}"}}],
        "allow": ["call"],
    },
    # also here, and on the other one: what comes from a station does not go back to it
    "echo": {
        "on": "custom",
        "where": {"name": "echo"},
        "then": [{"order": "report_event", "name": "echo", "details": {}}],
        "allow": ["call"],
    },
}
OPENS = {
    "open": {
        "on": "custom",
        "where": {"name": "gate.open", "by": "http:front"},
        "then": [{"order": "open_door", "door": "gate"}],
        "allow": ["door"],
    },
}


@contextlib.contextmanager
def both(directory, token=None):
    """The gate's station, and the one in front, which has the text of a token of it."""
    port = free_port("127.0.0.1")
    gate = Daemon(directory / "gate", http={"port": port}, door={"gate": {"pulse_s": 0.2}}, rule=OPENS)
    with gate:
        made = gate.post("/v1/tokens", {"name": "front", "scopes": ["call"]})["text"]
        file = directory / "gate.token"
        file.write_text(token or made)
        file.chmod(0o600)
        url = f"http://127.0.0.1:{port}/v1/events"
        table = {"form": "station", "url": url, "secret_file": str(file), "local": True, "report": ["custom"]}
        with Daemon(directory / "front", webhook={"gate": table}, rule=RULES) as front:
            yield front, gate


def lift(front):
    front.post("/v1/events", {"name": "lift"})


def echoes(station):
    """Events of that name; the first, of a client, is in front only."""
    return [event for event in station.of("custom") if event["data"]["name"] == "echo"]


def late(station):
    """Echoes that were left out, as a busy machine had not sent them for ten seconds."""
    left_out = [event["data"] for event in station.of("notification.failed") if event["data"]["again_s"] is None]
    numbers = {event["id"] for event in echoes(station)}
    return [each for each in left_out if each["event"] in numbers]


def test_a_rule_has_another_station_open_its_door_once_and_nothing_comes_back_or_late(tmp_path):
    with both(tmp_path) as (front, gate):
        until(lambda: lift(front) or gate.of("door.unlocked"), "the gate's door", every=EVERY_S)
        told = gate.wait("custom", name="gate.open")["data"]
        assert told == {"name": "gate.open", "details": {"from": "lift"}, "by": "http:front"}
        assert front.wait("notification.sent", receiver="gate")["data"]["name"] == "custom"
        front.post("/v1/events", {"name": "echo"})
        gate.wait("custom", name="echo", by="http:front")
        front.wait("rule.stopped", rule="echo", why="depth")
        assert [event for event in front.of("custom") if event["data"]["by"].startswith("http:front")] == []
        until(lambda: len(echoes(gate)) + len(late(front)) == len(echoes(front)) - 1, "all by rules")  # none on its way

        gate.stop()
        front.begin()
        lift(front)
        failed = front.wait("notification.failed", receiver="gate")["data"]
        assert "Nothing listens there." in failed["why"]
        front.wait("notification.failed", receiver="gate", again_s=None)  # after 10 s
        gate.begin()
        gate.start()
        gate.ready()
        front.begin()
        until(lambda: lift(front) or gate.of("door.unlocked"), "the gate's door again", every=EVERY_S)
        until(lambda: len(gate.of("custom")) <= len(front.of("rule.triggered")), "no more than now")  # none from before
        until(lambda: len(gate.of("rule.triggered")) == len(gate.of("custom")), "the rule of each")


def test_a_token_that_does_not_count_there_is_named_and_nothing_happens(tmp_path):
    with both(tmp_path, token="no-token-of-that-station") as (front, gate):
        until(lambda: lift(front) or front.of("appliance.degraded"), "the process that sends", every=0.5)
        failed = front.wait("appliance.degraded", part="webhook.gate")["data"]
        assert "It answers 401 Unauthorized." in failed["why"]
        (found,) = [each for each in front.post("/v1/doctor")["findings"] if each["check"] == "webhooks"]
        assert found["resolution"] == (
            "Write a token of that station, with the scope call, into webhook.gate.secret_file."
        )
        assert gate.of("custom") == []
