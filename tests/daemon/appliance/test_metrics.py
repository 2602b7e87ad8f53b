"""GET /metrics of a real station, after real calls and openings of doors, read by Prometheus' own parser."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from appliance.core.model import Cause, Direction
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets

HOSTILE = rb'"x\"} 99 # intercomd_calls_total{cause=\"made-up" '
REASON = 'Reason: made-up;cause=999;text="} 1"\r\n'


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """A station with two doors."""
    with Daemon(tmp_path_factory.mktemp("door"), door={"front": {"pulse_s": 0.2}, "back": {"pulse_s": 0.2}}) as door:
        yield door


def scraped(door, scope="view"):
    """The status, and each sample by its name and labels, as Prometheus with a token gets them."""
    made = door.post("/v1/tokens", {"name": f"prometheus-{len(door.asked)}", "scopes": [scope]})
    url = (door.directory / "http.address").read_text()
    headers = {"Authorization": f"Bearer {made['text']}"}
    answer = httpx.get(f"{url}metrics", headers=headers, trust_env=False, timeout=120)
    door.asked.append("GET /metrics")
    families = list(text_string_to_metric_families(answer.text)) if answer.status_code == 200 else []
    return answer, {
        (sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples
    }


def series(name, **labels):
    return (name, *sorted(labels.items()))


def difference(before, after, name, **labels):
    return after[series(name, **labels)] - before[series(name, **labels)]


def test_calls_and_door_openings_of_a_real_station_are_counted(door):
    _, before = scraped(door)
    door.begin()
    with Packets(door.far_address, door.far_port) as far:
        ours = far.rung_by(door)
        _, during = scraped(door)
        door.post(f"/v1/calls/{ours}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(ours, cause="hangup")
    door.begin()
    with Packets(door.far_address, to=door.address, name=HOSTILE) as stranger:
        theirs, _ = stranger.talk_to(door)
        stranger.ask(stranger.request("BYE", 9, headers=REASON), "SIP/2.0 200", "BYE")
        door.final(theirs, cause="hangup", by="remote")
        assert "made-up" in door.wait("call.incoming", theirs)["data"]["display_name"]
    for _ in range(2):
        door.begin()
        door.post("/v1/doors/front/open")
        door.wait("door.locked")
    door.post("/v1/doors/back/lock")
    assert door.ask("POST", "/v1/doors/back/open")[0] == 409
    answer, after = scraped(door)

    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert during[series("intercomd_calls_current")] == 1
    assert difference(before, after, "intercomd_calls_total", direction="outgoing", cause="hangup") == 1
    assert difference(before, after, "intercomd_calls_total", direction="incoming", cause="hangup") == 1
    assert sum(value for name, value in after.items() if name[0] == "intercomd_calls_total") == 2
    assert difference(before, after, "intercomd_call_setup_seconds_count", direction="outgoing") == 1
    assert difference(before, after, "intercomd_call_setup_seconds_count", direction="incoming") == 1
    assert after[series("intercomd_call_setup_seconds_bucket", direction="outgoing", le="+Inf")] == 1
    assert difference(before, after, "intercomd_door_openings_total", door="front", result="opened") == 2
    assert difference(before, after, "intercomd_door_openings_total", door="back", result="denied") == 1
    assert (after[series("intercomd_ready")], after[series("intercomd_relay_guard_up")]) == (1, 1)
    assert after[series("intercomd_storage_free_bytes", place="state")] > 0
    # A far end with a hostile name and reason has made no new series, nor changed a label.
    calm = {name for name in before if name[0] != "intercomd_part_failed"}
    assert {name for name in after if name[0] != "intercomd_part_failed"} == calm
    assert "made-up" not in answer.text


def test_each_direction_and_cause_has_its_series_from_the_start(door):
    _, found = scraped(door)
    for direction in Direction:
        for cause in Cause:
            assert series("intercomd_calls_total", direction=direction, cause=cause) in found


def test_names_and_units_are_those_of_prometheus(door):
    answer, _ = scraped(door)
    for family in text_string_to_metric_families(answer.text):
        assert family.name.startswith("intercomd_")
        assert family.documentation.endswith(".")
        assert not family.name.endswith(("_ms", "_percent", "_kb"))


def test_metrics_need_a_token_for_view(door):
    url = (door.directory / "http.address").read_text()
    assert httpx.get(f"{url}metrics", trust_env=False, timeout=120).status_code == 401
    assert scraped(door, "door")[0].status_code == 403
