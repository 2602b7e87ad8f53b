"""Doors and panel as clients use them, over HTTP, on a message bus and by intercomctl; and why a door stays locked."""

import asyncio
import contextlib
import http.client
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dbus_fast import unpack_variants

from appliance.bus.interfaces import DOOR
from appliance.core.model import Denial
from appliance.core.wall_clock import DAYS
from appliance.demo.stations import CODE
from tests.bus.buses import BusStation, Client, TheBus, policy
from tests.daemon.access.test_codes import Call, added
from tests.support.daemon import Daemon, loopback
from tests.support.shown import shows
from tests.support.times import REAL, patient
from tests.support.waiting import until, until_async

ROOT, FRONT = "/org/intercomd", "/org/intercomd/doors/front"
APPLIANCE1, DOOR1 = "org.intercomd.Appliance1", "org.intercomd.Door1"
PROPERTIES = "org.freedesktop.DBus.Properties"
OTHER_DAY = DAYS[(datetime.now(UTC).weekday() + 3) % 7]  # neither now nor soon, wherever that is
BUS, COMMAND = f"dbus:{os.getuid()}", "http:unix"


class House(BusStation):
    """A station with a door that can be held open, on a bus of the tests' own."""

    def __init__(self, directory, bus):
        super().__init__(
            directory,
            bus,
            door={"front": {"pulse_s": 1.0, "max_hold_s": 600.0, "digits": "*9"}, "back": {"pulse_s": 1.0}},
        )
        self.config["panel"]["lamp"] = {"status": {}}
        self.config["panel"]["sensor"] = {"housing": {"kind": "tamper", "block_s": 600.0}}
        self.config["target"]["far"]["doors"] = ["front"]

    def commands(self, *words, given="", act=1):
        """intercomctl: its status, and what it said; `act`: which word says what is done."""
        command = [sys.executable, "-m", "appliance.cli", "--socket", str(self.directory / "http.sock"), *words]
        environment = {**os.environ, "PYTHONPATH": str(CODE)}
        ended = subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, env=environment)
        if ended.returncode == 0:
            self.asked.append(" ".join(("intercomctl", words[0], *words[act : act + 1])))
        return ended.returncode, ended.stdout + ended.stderr

    def child(self, name):
        """The id of the process of ours that has that in its command."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return next(int(pid) for pid in children if name in Path(f"/proc/{pid}/cmdline").read_text())

    def door(self, name="front"):
        return self.get(f"/v1/doors/{name}")


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    with TheBus(tmp_path_factory.mktemp("bus"), policy()) as running:
        yield running


@pytest.fixture(scope="module")
def running(bus, tmp_path_factory):
    with House(tmp_path_factory.mktemp("house"), bus) as daemon:
        until(lambda: daemon.asks_bus(ROOT, PROPERTIES, "GetAll", "s", APPLIANCE1) and daemon.door()["available"])
        yield daemon


@pytest.fixture
def house(running):
    """At rest."""
    until(lambda: running.door()["state"] == "locked" and running.door("back")["state"] == "locked", "doors at rest")
    running.caught_up()
    running.begin()
    return running


def whole(house, act, by):
    """All actions on a door, and their events."""
    act("open", 1.2)
    told = house.wait("door.unlocked", door="front", held=False)["data"]
    assert (told["by"], told["means"]) == (by, "api")
    house.wait("door.locked", door="front")
    house.begin()
    act("hold", 300.0)
    house.wait("door.unlocked", by=by, held=True)
    assert house.door()["state"] == "held"
    act("release")
    house.wait("door.locked")
    act("lock")
    house.wait("door.locked_down", by=by)
    act("open", 0.3)
    assert house.wait("door.denied", door="front")["data"]["why"] == Denial.LOCKED_DOWN
    act("unlock")
    house.wait("door.lockdown_ended", by=by)
    assert house.door()["state"] == "locked"


@shows(
    *(f"POST /v1/doors/{{door}}/{act}" for act in ("open", "hold", "release", "lock", "unlock")),
    *("GET /v1/doors", "GET /v1/doors/{door}", "door.unlocked means=api", "door.locked", "door.locked_down"),
    *("door.lockdown_ended", "door.denied why=the door is locked down", "error:door-locked-down"),
    *("error:door-not-found", "error:parameter-invalid"),
)
def test_a_client_over_http_opens_holds_releases_locks_and_unlocks(house):
    def act(name, seconds=None):
        return house.ask("POST", f"/v1/doors/front/{name}", {} if seconds is None else {"seconds": seconds})

    whole(house, act, "http:unix")
    assert [door["id"] for door in house.get("/v1/doors")["doors"]] == ["front", "back"]
    assert house.ask("POST", "/v1/doors/none/open")[1]["code"] == "door-not-found"
    assert house.ask("POST", "/v1/doors/back/hold")[1]["code"] == "parameter-invalid"  # it may not be held open


@shows(
    *(f"Door1.{act}" for act in ("Open", "Hold", "Release", "Lock", "Unlock")),
    *("Appliance1.OpenDoor", "Appliance1.PressButton", "error:door-locked-down"),
)
def test_a_client_on_the_bus_opens_holds_releases_locks_and_unlocks(house):
    def act(name, seconds=None):
        given = () if seconds is None else ("d", seconds)
        return house.asks_bus(FRONT, DOOR1, name.title(), *given)

    whole(house, act, BUS)
    house.begin()
    house.asks_bus(ROOT, APPLIANCE1, "OpenDoor", "sd", "back", 0.0)
    house.wait("door.unlocked", door="back", by=BUS)
    house.asks_bus(ROOT, APPLIANCE1, "PressButton", "sd", "hold", 0.1)
    house.wait("button.released", button="hold")


@shows(
    *(f"Door1.{each.name}" for each in DOOR.properties),
    *("Appliance1.Buttons", "Appliance1.Event", "Door1.PropertiesChanged"),
)
def test_the_bus_shows_doors_what_http_does_and_each_event(house):
    names = {each.name: each.name for each in DOOR.properties}
    as_told = {"PulseSeconds": "pulse_s", "MaxSeconds": "max_s", "MaxHoldSeconds": "max_hold_s"}
    of_last = {"LastOpened": "time", "LastOpenedBy": "by", "LastMeans": "means"}

    async def followed():
        async with Client(house.bus.address) as client:
            house.post("/v1/doors/front/hold")
            changed = lambda state: [  # noqa: E731
                m for m in client.heard if (m.member, m.path) == ("PropertiesChanged", FRONT) and told(m) == state
            ]
            told = lambda message: unpack_variants(message.body[1]).get("State")  # noqa: E731
            await until_async(lambda: changed("held"), "that the door is held open")
            house.post("/v1/doors/front/release")
            await until_async(lambda: changed("locked"), "that it is locked")
            heard = lambda: {m.body[1] for m in client.heard if m.member == "Event"}  # noqa: E731
            await until_async(lambda: {"door.unlocked", "door.locked"} <= heard(), "both events")
            shown = unpack_variants(await client.get(FRONT, PROPERTIES, "GetAll", "s", DOOR1))
            ours = unpack_variants(await client.get(ROOT, PROPERTIES, "GetAll", "s", APPLIANCE1))
            return shown, ours

    shown, ours = asyncio.run(followed())
    door = house.door()
    assert {name: shown.pop(name) for name in of_last} == {n: door["last_opening"][key] for n, key in of_last.items()}
    house.asked += [f"Door1.{name}" for name in of_last]
    names = {name: name for name in names if name not in of_last}
    assert shown == {name: door[as_told.get(name, name.lower())] or shown[name] for name in names}
    assert ours["Buttons"] == [each["id"] for each in house.get("/v1/panel")["buttons"]]
    house.asked += [*(f"Door1.{name}" for name in shown), "Door1.PropertiesChanged"]
    house.asked += ["Appliance1.Buttons", "Appliance1.Event"]


@shows(
    *(f"intercomctl door {act}" for act in ("open", "hold", "release", "lock", "unlock")),
    *("intercomctl press", "intercomctl panel", "intercomctl clear", "intercomctl log doors"),
    *("intercomctl code add", "intercomctl code list", "intercomctl code remove", "error:door-locked-down"),
)
def test_intercomctl_does_all_of_it(house):
    def act(name, seconds=None):
        return house.commands("door", "front", name, *(() if seconds is None else ("--seconds", str(seconds))), act=2)

    whole(house, act, COMMAND)
    assert house.commands("press", "hold", act=2)[0] == 0
    house.wait("button.released", button="hold")
    assert "hold" in house.commands("panel")[1]
    assert "does not block any door" in house.commands("clear", "housing", act=2)[1]
    assert house.commands("code", "add", "--owner", "Cleaner", "--door", "front", given="4711\n")[0] == 0
    code = house.wait("code.added")["data"]["code"]
    assert "Cleaner" in house.commands("code", "list")[1]
    assert house.commands("code", "remove", code)[0] == 0
    house.wait("code.removed", code=code)
    assert "Cleaner" in house.commands("log", "doors")[1]


@shows(
    *("GET /v1/panel", "POST /v1/panel/buttons/{button}/press", "POST /v1/panel/lamps/{lamp}/test"),
    *("POST /v1/panel/sensors/{sensor}/clear", "error:button-not-found", "error:lamp-not-found"),
    *("error:sensor-not-found", "error:conflict"),
)
def test_a_client_presses_tries_a_lamp_clears_a_sensor_and_learns_what_is_missing(house):
    house.post("/v1/panel/buttons/hold/press", {"seconds": 0.1})
    house.wait("button.released", button="hold")
    house.post("/v1/panel/lamps/status/test", {"pattern": "on", "seconds": 1.0})
    house.wait("lamp.changed", lamp="status", pattern="on")
    assert house.post("/v1/panel/sensors/housing/clear")["warning"]
    assert {each["id"] for each in house.get("/v1/panel")["sensors"]} == {"housing"}
    for kind, act in (("button", "press"), ("lamp", "test"), ("sensor", "clear")):
        assert house.ask("POST", f"/v1/panel/{kind}s/none/{act}")[1]["code"] == f"{kind}-not-found"
    code = added(house)
    assert house.ask("POST", "/v1/codes", {"owner": "B", "digits": "4711", "doors": ["front"]})[1]["code"] == "conflict"
    house.ask("DELETE", f"/v1/codes/{code}")


@shows(
    *(f"access.denied scope={scope}" for scope in ("view", "call", "door", "admin")),
    *("error:unauthorized", "error:forbidden"),
)
def test_a_client_without_the_token_or_with_another_host_opens_nothing_and_is_reported(tmp_path):
    for scope, method, path in (
        ("view", "GET", "/v1/state"),
        ("call", "POST", "/v1/calls"),
        ("door", "POST", "/v1/doors/front/open"),
        ("admin", "POST", "/v1/codes"),
    ):
        with Daemon(tmp_path / scope) as door:  # of this machine's addresses one is reported, once a minute
            url = until(lambda d=door: (d.directory / "http.address").exists() and d.directory / "http.address", "HTTP")
            address, _, port = url.read_text().strip().removeprefix("http://").rstrip("/").partition(":")
            headers = {"Authorization": "Bearer guessed", "Content-Type": "application/json"}
            with contextlib.closing(http.client.HTTPConnection(address, int(port), 120, (loopback(), 0))) as client:
                client.request(method, path, "{}", headers)
                assert client.getresponse().status == 401
                door.asked.append("error:unauthorized")
            door.wait("access.denied", scope=scope, **{"from": "127.0.0.1"})
            with contextlib.closing(http.client.HTTPConnection(address, int(port), 120)) as client:
                client.request("GET", "/v1/state", headers={"Host": "evil.example"})
                assert client.getresponse().status == 403
                door.asked.append("error:forbidden")
            assert not door.of("door.unlocked")


@shows("door.denied why=the relay guard is not running", "door.denied why=the relay guard did not accept the pulse")
def test_a_door_whose_guard_hangs_or_is_gone_stays_locked_and_says_so(bus, tmp_path):
    house = House(tmp_path / "house", bus)
    house.times = patient(guard_answers_s=REAL.guard_answers_s)
    with house:
        until(lambda: house.door()["available"], "the guard")
        guard = house.child("guard")
        os.kill(guard, signal.SIGSTOP)
        house.post("/v1/doors/front/open", {"seconds": 10.0})
        house.wait("door.denied", why=Denial.NOT_TAKEN)
        house.begin()
        with contextlib.suppress(ProcessLookupError):  # the station does so, too
            os.kill(guard, signal.SIGKILL)

        def refused():
            """Another guard may be there so soon that nobody notices."""
            with contextlib.suppress(StopIteration, ProcessLookupError, FileNotFoundError):
                os.kill(house.child("guard"), signal.SIGKILL)
            return house.ask("POST", "/v1/doors/front/open")[1].get("code") == "unavailable"

        until(refused, "a refusal", 60)
        house.wait("door.denied", why=Denial.NO_GUARD)
        until(lambda: house.door()["available"], "another guard", 60)


def test_a_guard_without_processor_time_for_a_second_opens_the_door_afterwards(bus, tmp_path):
    """It is stopped for longer than a second, and for less than the station waits before it refuses the opening."""
    house = House(tmp_path / "house", bus)
    house.times = patient(guard_takes_s=REAL.guard_takes_s, guard_reports_s=REAL.guard_reports_s)
    with house:
        until(lambda: house.door()["available"], "the guard")
        house.begin()
        guard = house.child("guard")
        os.kill(guard, signal.SIGSTOP)
        house.post("/v1/doors/front/open", {"seconds": 10.0})
        decided = time.monotonic()
        until(lambda: time.monotonic() > decided + 1.5, "the end of more than a second")
        assert house.relay() == "0"
        os.kill(guard, signal.SIGCONT)
        opened = house.wait("door.unlocked")
        house.wait("door.locked")
        assert opened["data"]["seconds"] <= 8.5, "the rest of the time"
        assert not house.of("door.denied")
        assert house.child("guard") == guard
        assert house.relay() == "0"


@shows("door.denied why=it is being saved", "door.denied why=its use could not be recorded")
def test_a_use_that_cannot_be_written_opens_nothing(house):
    code = added(house, uses=5)
    with Call(house) as call, contextlib.closing(sqlite3.connect(house.directory / "intercomd.sqlite3")) as disc:
        disc.execute("BEGIN IMMEDIATE")  # nobody else can write
        call.info("4711")
        until(lambda: len(house.of("dtmf.received")) == 4, "the digits")
        call.info("4711")
        house.wait("door.denied", why=Denial.BEING_WRITTEN)
        until(
            lambda: [e for e in house.of("door.denied") if e["data"]["why"].startswith(Denial.NOT_WRITTEN)],
            "that it is not written",
            60,
        )
        disc.rollback()
        call.hang_up()
    assert not house.of("door.unlocked")
    until(lambda: house.ask("DELETE", f"/v1/codes/{code}")[0] == 200, "the disc works again", 60)


@shows("door.denied why=the far end is no target that may open this door")
def test_digits_of_a_door_that_the_far_end_may_not_open_open_nothing(bus, tmp_path):
    daemon = House(tmp_path / "d", bus)
    daemon.config["target"]["far"]["doors"] = ["back"]
    daemon.config["dbus"]["enabled"] = False
    with daemon as door, Call(door) as call:
        call.info("*9")
        assert door.wait("door.denied", door="front")["data"]["why"] == Denial.NO_TARGET
        call.hang_up()
        assert not door.of("door.unlocked")


def test_a_stranger_with_a_resident_s_user_name_opens_nothing_and_its_digits_are_masked(bus, tmp_path):
    daemon = House(tmp_path / "d", bus)
    daemon.config["sip"]["callers"] = "anyone"
    daemon.config["dbus"]["enabled"] = False
    with daemon as door:
        added(door)
        door.far_address = loopback()
        with Call(door) as call:
            call.info("*99876#")
            until(lambda: [e["data"]["digit"] for e in door.of("dtmf.received")] == [None] * 7, "the digits")
            call.hang_up()
        assert not [e for e in door.since if e["type"] in {"door.unlocked", "door.denied", "access.denied"}]


@shows("door.denied why=the code has expired", "door.denied why=the code is not valid at this time")
def test_a_code_at_another_time_opens_nothing(tmp_path):
    door = {"front": {"pulse_s": 0.5}}
    daemon = Daemon(tmp_path / "d", door=door, clock={"trust": "always"})
    daemon.config["target"]["far"]["doors"] = ["front"]
    with daemon as station:
        added(station, digits="1111", expires="2000-01-01T00:00:00Z")
        added(station, digits="2222", schedule=[{"days": [OTHER_DAY], "begin": "00:00", "end": "24:00"}])
        with Call(station) as call:
            for digits, why in (("1111", Denial.EXPIRED), ("2222", Denial.NOT_NOW)):
                call.info(digits)
                station.wait("door.denied", why=why)
            call.hang_up()
        assert not station.of("door.unlocked")


@shows(
    "door.denied why=its time profile is not configured",
    "door.denied why=the holidays are not known, and this depends on them",
)
def test_a_code_whose_time_profile_is_gone_or_cannot_be_known_opens_nothing(tmp_path):
    profiles = {"office": {}, "workdays": {"holidays": "never"}}
    daemon = Daemon(
        tmp_path / "d",
        door={"front": {"pulse_s": 2.0}},
        clock={"trust": "always"},
        profile=profiles,
        holidays={"country": "ZZ"},  # of which nothing is known
    )
    daemon.config["target"]["far"]["doors"] = ["front"]
    with daemon as station:
        added(station, digits="1111", profile="office")
        added(station, digits="2222", profile="workdays")
        wrong = station.ask("POST", "/v1/codes", {"owner": "X", "digits": "3333", "doors": ["front"], "profile": "x"})
        assert (wrong[0], wrong[1]["detail"]) == (400, "There is no time profile 'x'."), wrong
        with Call(station) as call:
            call.info("1111")
            station.wait("door.unlocked")
            call.info("2222")
            station.wait("door.denied", why=Denial.NO_HOLIDAYS)
            call.hang_up()
    del daemon.config["profile"]["office"]
    with daemon as station:
        station.begin()
        with Call(station) as call:
            call.info("1111")
            station.wait("door.denied", why=Denial.NO_PROFILE)
            call.hang_up()
        assert not station.of("door.unlocked")


@shows("door.denied why=a client orders it too often")
def test_a_token_that_opens_again_and_again_pushes_no_opening_out_of_the_audit(tmp_path):
    with Daemon(tmp_path / "d", door={"front": {}}) as station:
        until(lambda: station.get("/v1/doors/front")["available"], "the guard")
        until(lambda: station.ask("POST", "/v1/doors/front/open")[0] == 429, "the refusal")
        denied = station.wait("door.denied", why=Denial.TOO_OFTEN)["data"]
        assert (denied["door"], denied["by"], denied["means"]) == ("front", COMMAND, "api")
        assert station.ask("POST", "/v1/doors/front/lock")[0] == 200
