"""GET /metrics of a real station, after real calls and openings of doors, read by Prometheus and its parser."""

import contextlib
import math
import os
import signal
import subprocess

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from appliance.core.model import Cause, Direction
from tests.daemon.appliance.how_tos import blocks
from tests.support import monitoring
from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets
from tests.support.peers.voices import Voice
from tests.support.waiting import pause, until

HOSTILE = rb'"x\"} 99 # intercomd_calls_total{cause=\"made-up" '
SCRAPE_S = 1
HELD_UP_S = 1.5  # longer than a thread takes from one measurement to the next
REASON = 'Reason: made-up;cause=999;text="} 1"\r\n'


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """A station with two doors, an account whose registrar does not answer, and no message bus."""
    directory = tmp_path_factory.mktemp("door")
    doors = {name: {"pulse_s": 1.0} for name in ("front", "back")}
    (directory / "password").write_text("secret")
    (directory / "password").chmod(0o600)
    office = {"user": "201", "registrar": f"{loopback()}:9", "password_file": str(directory / "password")}
    bus = {"enabled": True, "address": f"unix:path={directory}/bus"}
    with Daemon(directory, door=doors, account={"office": office}, dbus=bus) as door:
        yield door


def scraped(door, scope="view"):
    """The status, and each sample by its name and labels, as Prometheus with a token gets them."""
    made = door.post("/v1/tokens", {"name": f"prometheus-{len(door.asked)}", "scopes": [scope]})
    url = (door.directory / "http.address").read_text()
    headers = {"Authorization": f"Bearer {made['text']}"}
    answer = httpx.get(f"{url}metrics", headers=headers, trust_env=False, timeout=120)
    door.asked.append("GET /metrics")
    return answer, samples(answer.text) if answer.status_code == 200 else {}


def samples(text):
    """Each sample by its name and labels."""
    families = text_string_to_metric_families(text)
    return {series(sample.name, **sample.labels): sample.value for family in families for sample in family.samples}


@contextlib.contextmanager
def prometheus(door, directory):
    """Prometheus, which scrapes the station and evaluates the alerts as the guide says: a function that asks it."""
    made = door.post("/v1/tokens", {"name": "prometheus", "scopes": ["view"]})
    (directory / "token").write_text(made["text"])
    scrape, rules = (blocks("watch-with-prometheus.md")[number] for number in (1, 4))
    station = (door.directory / "http.address").read_text().removeprefix("http://").rstrip("/")
    for ours, here in (
        ("/etc/prometheus/intercomd.token", directory / "token"),
        ("127.0.0.1:8080", station),
        ("/etc/prometheus/intercomd.rules.yml", monitoring.RULES),
    ):
        assert ours in scrape + rules
        scrape, rules = scrape.replace(ours, str(here)), rules.replace(ours, str(here))
    (directory / "prometheus.yml").write_text(
        f"global: {{scrape_interval: {SCRAPE_S}s, evaluation_interval: {SCRAPE_S}s}}\n{scrape}{rules}"
    )
    address = f"{loopback()}:9090"
    options = {"config.file": "prometheus.yml", "storage.tsdb.path": "data", "web.listen-address": address}
    with (
        (directory / "log").open("wb") as log,
        subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "prometheus", *(f"--{name}={value}" for name, value in options.items())],
            cwd=directory,
            stdout=log,
            stderr=log,
        ) as process,
        httpx.Client(base_url=f"http://{address}/api/v1/", trust_env=False, timeout=120) as client,
    ):

        def ask(path, **query):
            """The data of an answer; {} while it starts."""
            try:
                answer = client.get(path, params=query)
            except httpx.TransportError:
                return {}
            assert answer.status_code in {200, 503}, answer.text
            return answer.json()["data"] if answer.status_code == 200 else {}

        try:
            yield ask
        finally:
            process.terminate()


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


def test_the_score_of_a_call_s_sound_is_counted_at_its_end(door):
    _, before = scraped(door)
    door.begin()
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        with Voice(far.rtp, accepted):
            until(lambda: (door.get(f"/v1/calls/{call}")["quality"] or {}).get("received", 0) > 100, "sound")
        far.hang_up()
        door.final(call, cause="hangup", by="remote")
    (last,) = door.of("media.statistics", call)
    _, after = scraped(door)
    assert difference(before, after, "intercomd_call_mos_count") == 1
    assert difference(before, after, "intercomd_call_mos_sum") == pytest.approx(last["data"]["mos"])


@pytest.mark.parametrize("thread", ["loop", "sip"])
def test_a_thread_that_stood_still_has_a_lag(door, thread):
    """Both processes are stopped: alone, the SIP process would be taken for a hung one on a slow machine."""
    within = series("intercomd_thread_lag_seconds_bucket", thread=thread, le="0.25")
    every = series("intercomd_thread_lag_seconds_bucket", thread=thread, le="+Inf")

    def late():
        _, answer = door.ask("GET", "/metrics")  # at the socket, where each look needs no token
        found = samples(answer.decode())
        return found[every] - found[within]

    before = late()
    both = door.sip(), door.pid
    for process in both:
        os.kill(process, signal.SIGSTOP)
    pause(HELD_UP_S)
    for process in both:
        os.kill(process, signal.SIGCONT)
    until(lambda: late() > before, f"the lag of {thread}")


def test_prometheus_answers_each_query_of_the_dashboard_and_has_each_metric_of_the_alerts(door, tmp_path):
    left = monitoring.metrics() | set(monitoring.queries().values())

    def unanswered(part):
        """Whether a query with this part has had no figure so far."""
        for query in [each for each in left if part in each]:
            found = ask("query", query=query).get("result", [])
            if any(not math.isnan(float(each["value"][1])) for each in found):
                left.remove(query)
        return any(part in query for query in left)

    with prometheus(door, tmp_path) as ask:
        until(lambda: not unanswered("intercomd_ready"), "a scrape", log=(tmp_path / "log").read_text, every=SCRAPE_S)
        door.begin()
        with Packets(door.far_address, to=door.address) as far:
            call, accepted = far.talk_to(door)
            with Voice(far.rtp, accepted):
                until(lambda: not unanswered("intercomd_worst_"), "figures of a call", log=lambda: left, every=SCRAPE_S)
                until(lambda: (door.get(f"/v1/calls/{call}")["quality"] or {}).get("received", 0) > 100, "sound")
            far.hang_up()
            door.final(call, cause="hangup", by="remote")
        until(lambda: not unanswered(""), "figures", log=lambda: left, every=SCRAPE_S)
        (group,) = until(lambda: ask("rules").get("groups"), "the alerts")
        assert [each["name"] for each in group["rules"]] == monitoring.alerts()
        until(lambda: {each["health"] for each in ask("rules")["groups"][0]["rules"]} == {"ok"}, "their evaluation")

        def pending():
            return {each["labels"]["alertname"] for each in ask("alerts")["alerts"]}

        until(lambda: pending() >= {"AccountNotRegistered", "PartFailed"}, "the alerts of account and bus", log=pending)


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
