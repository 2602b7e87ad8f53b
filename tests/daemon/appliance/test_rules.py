"""Rules at a real station: from the configuration and from clients, within their scopes, and without end never."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.core.rules import limits, made
from appliance.demo.stations import CODE
from tests.daemon.security.test_tokens import ask, make
from tests.support.clocks import on_clock
from tests.support.daemon import Daemon
from tests.support.shown import shows
from tests.support.times import patient
from tests.support.waiting import until

LOCK = {"order": "lock_door", "values": {"door": "front"}}
ON_LIFT = {"on": "custom", "where": {"name": "lift"}}
FILE = """
[rule.night]
at = ["mon-sun 22:00"]
holiday = false
then = [{ order = "lock_door", door = "front" }, { order = "silence_ringer", minutes = 30 }]
"""


def custom(door, name="lift"):
    return door.post("/v1/events", {"name": name})


def commands(door, *words, given=""):
    """intercomctl: its status, and what it said."""
    command = [sys.executable, "-m", "appliance.cli", "--socket", str(door.directory / "http.sock"), *words]
    environment = {**os.environ, "PYTHONPATH": str(CODE)}
    ended = subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, env=environment)
    return ended.returncode, ended.stdout + ended.stderr


@shows("rule.triggered", "rule.failed", "door.locked_down")
def test_rules_of_the_configuration_order_what_they_may_by_their_name(tmp_path):
    rules = {
        "evening": {**ON_LIFT, "then": [{"order": "lock_door", "door": "front"}], "allow": ["door"]},
        "morning": {
            "on": "door.locked_down",
            "state": {"runtime.do_not_disturb": False},
            "then": [
                {"order": "hang_up_call", "call": "{by}"},
                {"order": "change_runtime", "do_not_disturb": True},
                {"order": "change_runtime", "quiet_hours": {"begin": "22:00", "end": "06:00"}},
                {"order": "open_door", "door": "front"},
                {"order": "ring_flat", "flat": "{by}/x"},
            ],
            "allow": ["call", "door"],
        },
    }
    with Daemon(tmp_path / "d", door={"front": {}}, rule=rules) as door:
        custom(door)
        assert door.wait("door.locked_down")["data"] == {"door": "front", "by": "rule evening"}
        door.wait("config.changed", applied="do_not_disturb")
        door.wait("rule.failed", order="hang_up_call", code="call-not-found")
        refused = door.wait("rule.failed", order="change_runtime")["data"]
        assert (refused["rule"], refused["code"], refused["cause"]) == ("morning", "forbidden", "It lacks admin.")
        door.wait("access.denied", who="rule morning", scope="admin")
        door.wait("rule.failed", order="open_door", code="door-locked-down")
        assert door.wait("rule.failed", order="ring_flat")["data"]["cause"] == "flat is missing."
        assert door.wait("error", operation="open-door")
        assert not door.of("door.unlocked")


@shows("rule.stopped")
def test_rules_that_trigger_themselves_or_each_other_end_while_the_door_opens(tmp_path):
    def reports(on, name):
        then = [{"order": "report_event", "name": name}]
        return {"on": "custom", "where": {"name": on}, "then": then, "allow": ["call"]}

    rules = {
        "echo": reports("lift", "lift"),
        "ping": reports("a", "b"),
        "pong": reports("b", "a"),
        # its author is lost on the way: only the rate ends it
        "worker": {
            "on": "config.changed",
            "then": [
                {"order": "change_runtime", "do_not_disturb": True},
                {"order": "change_runtime", "do_not_disturb": False},
            ],
            "allow": ["call"],
        },
    }
    with Daemon(tmp_path / "d", door={"front": {"pulse_s": 2.0}}, rule=rules) as door:
        custom(door)
        custom(door, "a")
        door.wait("rule.stopped", rule="echo", why="depth")
        until(lambda: {e["data"]["rule"] for e in door.of("rule.stopped")} & {"ping", "pong"}, "the end of two rules")
        assert door.ask("PATCH", "/v1/config/runtime", {"do_not_disturb": True})[0] == 200
        door.wait("rule.stopped", rule="worker")
        door.post("/v1/doors/front/open")
        door.wait("door.unlocked")
        acted = [event["data"]["rule"] for event in door.of("rule.triggered")]
        assert acted.count("echo") == limits.DEEPEST
        assert acted.count("worker") <= limits.AT_ONCE + 2


@shows(
    *("GET /v1/rules", "DELETE /v1/rules/{rule}", "GET /v1/rules/try", "rule.added", "rule.removed"),
    "error:rule-not-found",
)
def test_a_client_makes_rules_within_its_token_and_no_further(tmp_path):
    daemon = Daemon(tmp_path / "d", door={"front": {"pulse_s": 0.3}})
    with daemon as door:
        small, text = make(door, "tablet", "view", "call")
        _, other = make(door, "other", "view", "call", "door")
        rule = {"name": "lock", **ON_LIFT, "then": [LOCK]}
        status, answer = ask(door, "POST", "/v1/rules", text, rule)
        assert (status, "lacks door" in answer["cause"]) == (403, True)
        assert door.get("/v1/rules")["rules"] == []
        quiet = {"order": "change_runtime", "values": {"quiet_hours": {"begin": "22:00", "end": "06:00"}}}
        for order in ("add_token", "begin_session", "add_code", "open_doors", "../doors/front/open", ""):
            wrong = {**rule, "then": [{"order": order}]}
            assert ask(door, "POST", "/v1/rules", text, wrong)[0] == 400, order
        assert ask(door, "POST", "/v1/rules", text, {**rule, "then": [quiet]})[0] == 201, "its values are checked later"
        custom(door)
        assert door.wait("rule.failed", order="change_runtime")["data"]["code"] == "forbidden"

        assert ask(door, "POST", "/v1/rules", other, {**rule, "name": "gate"})[0] == 201
        for name in ("gate", "nothing"):
            assert ask(door, "DELETE", f"/v1/rules/{name}", text)[0] in {403, 404}
        assert ask(door, "POST", "/v1/rules", text, {**rule, "name": "gate", "then": [quiet]})[0] == 403
        seen = {each["name"]: each["then"][0]["values"] for each in ask(door, "GET", "/v1/rules", text)[1]["rules"]}
        assert seen == {"lock": quiet["values"], "gate": {}}
        tried = door.get("/v1/rules/try?at=2026-12-24T22:00")["rules"]
        assert [(each["rule"], each["acts"]) for each in tried] == [("lock", True), ("gate", True)]
        tokens = {each["name"]: each["id"] for each in door.get("/v1/tokens")["tokens"]}

    with daemon as door:  # rules outlast a restart, but not their token
        door.begin()
        assert [each["name"] for each in door.get("/v1/rules")["rules"]] == ["lock", "gate"]
        custom(door)
        assert door.wait("door.locked_down")["data"]["by"] == "rule gate"
        door.post("/v1/doors/front/unlock")
        assert door.ask("DELETE", f"/v1/tokens/{tokens['other']}")[0] == 200
        custom(door)
        failed = door.wait("rule.failed", rule="gate")["data"]
        assert "was removed" in failed["cause"]
        assert len(door.of("door.locked_down")) == 1
        assert door.ask("DELETE", "/v1/rules/gate")[0] == 200
        assert door.ask("DELETE", "/v1/rules/gate")[0] == 404
        assert ask(door, "DELETE", "/v1/rules/lock", text)[0] == 200
        door.wait("rule.removed", rule="lock", by="http:tablet")
        assert small


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "x" * 33}, 400),
        ({"name": "try"}, 400),
        ({"name": "../../x"}, 400),
        ({"on": "nothing.such"}, 404),
        ({"on": "x" * 60_000}, 400),
        ({"on": "x" * 100_000}, 413),
        ({"on": ""}, 400),
        ({"at": ["mon 08:00"]}, 400),
        ({"on": "", "at": ["08:00 mon"]}, 400),
        ({"then": []}, 400),
        ({"then": [LOCK] * 9}, 400),
        ({"then": [{"order": "lock_door", "values": {"door": "x" * 3000}}]}, 400),
        ({"then": [{"order": "lock_door", "values": {}}]}, 400),
        ({"then": [{"order": "open_door", "values": {"door": "front", "seconds": "long"}}]}, 400),
        ({"then": [{"order": "open_door", "values": {"door": "front", "secnods": 1}}]}, 400),
        ({"state": {"doors.nothing.state": "x"}}, 400),
        ({"profile": "nothing"}, 400),
        ({"text": "x" * 2_000_000}, 413),
    ],
)
def test_a_rule_of_a_client_that_is_no_rule_is_refused_with_a_remedy(shared, change, status):
    told = shared.ask("POST", "/v1/rules", {"name": "wrong", **ON_LIFT, "then": [LOCK], **change})
    assert told[0] == status, told
    assert told[1]["detail"]
    assert shared.get("/v1/rules")["rules"] == []


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Daemon(tmp_path_factory.mktemp("rules"), door={"front": {}}) as door:
        yield door


@shows("POST /v1/rules")
def test_a_flood_of_rules_ends_at_a_limit_and_calls_and_doors_go_on(tmp_path):
    with Daemon(tmp_path / "d", door={"front": {"pulse_s": 2.0}}) as door:
        refused = 0
        for number in range(made.MOST + 20):
            status, told = door.ask("POST", "/v1/rules", {"name": f"r{number}", **ON_LIFT, "then": [LOCK]})
            assert status in {201, 409, 429, 503}, told
            refused += status != 201
        assert refused >= 20
        assert len(door.get("/v1/rules")["rules"]) <= made.MOST
        door.post("/v1/doors/front/open")
        door.wait("door.unlocked")


def test_rules_by_the_command_line(tmp_path):
    with Daemon(tmp_path / "d", door={"front": {}}, clock={"trust": "always"}, holidays={"dates": ["12-24"]}) as door:
        assert commands(door, "rules") == (0, "No rules.\n")
        assert commands(door, "rules", "add", "-", given=FILE)[0] == 0
        listed = commands(door, "rules")[1]
        assert "night  at mon,tue,wed,thu,fri,sat,sun 22:00, if not on holidays: lock_door door=front" in listed
        status, said = commands(door, "rules", "try", "--at", "2026-12-23T22:00")
        assert (status, said.startswith("night  acts: lock_door door=front, then silence_ringer minutes=30")) == (
            0,
            True,
        )
        assert "2026-12-24 is a holiday" in commands(door, "rules", "try", "night", "--at", "2026-12-24T22:00")[1]
        assert "does not act: its times are" in commands(door, "rules", "try", "--at", "2026-12-23T22:01")[1]
        assert commands(door, "rules", "add", "-", given="[rule.x]\n[rule.y]")[0] == 2
        assert commands(door, "rules", "remove", "night")[0] == 0
        assert commands(door, "rules", "remove", "night")[0] == 1


def test_a_trial_at_a_time_of_the_other_half_of_the_year_counts_with_the_offset_of_then(tmp_path):
    reports = {"then": [{"order": "report_event", "name": "x"}], "allow": ["call"]}
    settings = {
        "clock": {"trust": "always"},
        "profile": {"ten": {"times": ["mon-sun 10:00-10:30"], "zone": "Etc/UTC"}},
        "rule": {"noon": {"at": ["12:00"], **reports}, "ten": {**ON_LIFT, "profile": "ten", **reports}},
    }
    with Daemon(tmp_path / "d", **settings, within=["env", "TZ=Europe/Berlin"]) as door:

        def acting(at):
            return [each["rule"] for each in door.get(f"/v1/rules/try?at={at}")["rules"] if each["acts"]]

        assert acting("2027-01-15T11:00:00Z") == acting("2027-01-15T12:00") == ["noon"]
        assert acting("2027-07-15T10:00:00Z") == acting("2027-07-15T12:00") == ["noon", "ten"]


def test_the_holidays_of_a_country_are_known_after_a_reload_and_the_program_has_ended(tmp_path):
    profile = {"holidays": {"holidays": "only"}, "workdays": {"holidays": "never"}}
    rule = {
        "name": "lock",
        **ON_LIFT,
        "holiday": True,
        "then": [{"order": "report_event", "values": {"name": "x"}}],
    }
    daemon = Daemon(
        tmp_path / "d",
        clock={"trust": "always"},
        door={"front": {}},
        profile=profile,
        holidays={"country": "DE", "region": "BY"},
    )
    with daemon as door:
        door.post("/v1/rules", rule)

        def verdict(day):
            return door.get(f"/v1/rules/try?at={day}T12:00")["rules"][0]

        year = datetime.now(UTC).year
        until(lambda: verdict(f"{year}-01-06")["acts"], "the holidays")
        assert verdict(f"{year}-10-03")["acts"]
        assert "is no holiday" in verdict(f"{year}-10-31")["why"]
        assert "not known" in verdict(f"{year + 2}-01-06")["why"]
        assert not [each for each in door.get("/v1/state")["appliance"]["failed"] if each["part"] == "holidays"]
        children = Path(f"/proc/{door.process.pid}/task/{door.process.pid}/children").read_text().split()
        assert not [each for each in children if "public_holidays" in Path(f"/proc/{each}/cmdline").read_text()]


def test_the_holidays_of_this_year_are_known_once_the_clock_is_set(tmp_path):
    """A board without a battery for its clock starts in the past."""
    offset = tmp_path / "offset"
    offset.write_text(f"-{20 * 365}d\n")
    clock = on_clock(FAKETIME_TIMESTAMP_FILE=str(offset), FAKETIME_NO_CACHE="1")
    rule = {"name": "lock", **ON_LIFT, "holiday": True, "then": [{"order": "report_event", "values": {"name": "x"}}]}
    settings = {"holidays": {"country": "DE", "region": "BY"}, "within": clock, "times": patient(year_again_s=0.2)}
    with Daemon(tmp_path / "d", **settings) as door:
        door.post("/v1/rules", rule)

        def verdict(year):
            return door.get(f"/v1/rules/try?at={year}-01-06T12:00")["rules"][0]

        year = datetime.now(UTC).year
        until(lambda: verdict(year - 20)["acts"], "the holidays of then")
        assert "not known" in verdict(year)["why"]
        offset.write_text("+0\n")
        until(lambda: verdict(year)["acts"], "the holidays of now")


def test_holidays_that_cannot_be_computed_are_a_fault_with_a_remedy(tmp_path):
    with Daemon(tmp_path / "d", holidays={"country": "ZZ"}) as door:
        told = until(
            lambda: [each for each in door.get("/v1/state")["appliance"]["failed"] if each["part"] == "holidays"],
            "the fault",
            60,
        )
        assert "knows no country ZZ" in told[0]["why"]
        assert door.get("/v1/state")["appliance"]["ready"]


def test_a_page_that_sets_the_hours_alone_leaves_the_profile_of_the_quiet_hours(tmp_path):
    hours = {"begin": "22:00", "end": "06:00"}
    with Daemon(tmp_path / "d", profile={"night": {}}, quiet_hours={"profile": "night"}) as door:
        assert door.ask("PATCH", "/v1/config/runtime", {"quiet_hours": hours})[0] == 200
        assert door.get("/v1/state")["runtime"]["quiet_hours"] == {**hours, "profile": "night"}
        assert door.ask("PATCH", "/v1/config/runtime", {"quiet_hours": {**hours, "profile": ""}})[0] == 200
        assert door.get("/v1/state")["runtime"]["quiet_hours"]["profile"] == ""
