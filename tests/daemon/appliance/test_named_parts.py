"""Names for people of a running station: on each channel, in the logs, and on the command line."""

import os
import subprocess
import sys

import pytest

from appliance.demo.stations import CODE
from tests.bus.buses import BusStation, TheBus, policy
from tests.support.waiting import until

ROOT, FRONT, HOUSE = "/org/intercomd", "/org/intercomd/doors/front", "/org/intercomd/accounts/house"
NAMES = {"door": "Haustür", "button": "Klingel 🔔", "lamp": "Lampe", "target": "Küche <b>", "account": "House PBX"}


class House(BusStation):
    """A station whose parts have names, on a bus of the tests' own."""

    def __init__(self, directory, bus):
        super().__init__(directory, bus, door={"front": {"pulse_s": 2.0}, "back": {}})
        (directory / "password").write_text("a-password\n")
        (directory / "password").chmod(0o600)
        registrar = f"{self.far_address}:{self.far_port}"
        self.config["account"] = {
            "house": {"user": "201", "registrar": registrar, "password_file": str(directory / "password")}
        }
        self.config["panel"]["lamp"] = {"status": {}}
        self.name(NAMES)

    def name(self, names):
        panel = self.config["panel"]
        parts = {
            "door": self.config["door"]["front"],
            "button": panel["button"]["ring"],
            "lamp": panel["lamp"]["status"],
            "target": self.config["target"]["far"],
            "account": self.config["account"]["house"],
        }
        for kind, part in parts.items():
            part["name"] = names[kind]

    def command(self, *words):
        command = [sys.executable, "-m", "appliance.cli", "--socket", str(self.directory / "http.sock"), *words]
        environment = {**os.environ, "PYTHONPATH": str(CODE), "PYTHONUTF8": "1"}
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, encoding="utf-8")
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    with TheBus(tmp_path_factory.mktemp("bus"), policy()) as running:
        yield running


@pytest.fixture
def house(bus, tmp_path):
    with House(tmp_path / "house", bus) as daemon:
        until(lambda: daemon.get("/v1/doors/front")["available"], "the relay", log=daemon.told)
        yield daemon


def test_names_are_beside_the_ids_on_each_channel(house):
    house.begin()
    house.press("ring")
    told = house.wait("button.pressed")["data"]
    assert (told["button"], told["button_name"]) == ("ring", NAMES["button"])
    told = house.wait("ring.started")["data"]
    assert (told["to"], told["to_name"]) == ("far", NAMES["target"])
    call = house.wait("call.dialing")
    assert (call["data"]["target"], call["data"]["target_name"]) == ("far", NAMES["target"])
    state = house.get("/v1/state")
    (living,) = state["calls"]
    assert (living["remote"]["target"], living["remote"]["target_name"]) == ("far", NAMES["target"])
    assert NAMES["target"] in state["appliance"]["status"]
    house.post(f"/v1/calls/{call['call']}/hangup")
    house.post("/v1/doors/front/open")
    house.post("/v1/doors/back/open")
    assert house.wait("door.unlocked", door="front")["data"]["door_name"] == NAMES["door"]
    assert "door_name" not in house.wait("door.unlocked", door="back")["data"]
    assert house.ever("account.registering")[0]["data"]["account_name"] == NAMES["account"]
    assert any(event["data"].get("lamp_name") == NAMES["lamp"] for event in house.ever("lamp.changed"))
    # the state, over HTTP and on the bus
    assert [(each["id"], each["name"]) for each in state["doors"]] == [("front", NAMES["door"]), ("back", None)]
    assert state["accounts"][0]["display_name"] == NAMES["account"]
    assert state["contacts"][0]["display_name"] == NAMES["target"]
    ours = house.on_bus(ROOT, "org.intercomd.Appliance1")
    assert (ours["TargetNames"], ours["ButtonNames"], ours["LampNames"]) == (
        {"far": NAMES["target"]},
        {"ring": NAMES["button"]},
        {"status": NAMES["lamp"]},
    )
    assert house.on_bus(FRONT, "org.intercomd.Door1")["Name"] == NAMES["door"]
    assert house.on_bus(HOUSE, "org.intercomd.Account1")["DisplayName"] == NAMES["account"]
    # the logs, and the command line
    logged = until(lambda: house.get("/v1/log/calls")["calls"], "the call in the log")
    assert logged[0]["remote"]["target_name"] == NAMES["target"]
    assert house.get("/v1/log/calls?party=K%C3%BCche")["calls"] == logged
    opened = [each["data"] for each in house.get("/v1/log/doors")["events"] if each["type"] == "door.unlocked"]
    assert sorted(each.get("door_name", each["door"]) for each in opened) == [NAMES["door"], "back"]
    said = house.command("state")
    assert f"door      front ({NAMES['door']})  " in said and "door      back  " in said
    assert f"account   house ({NAMES['account']})  " in said
    assert f"far ({NAMES['target']})" in house.command("log")
    assert f"door_name={NAMES['door']}" in house.command("log", "doors")
    assert f"far ({NAMES['target']})  sip:" in house.command("targets")
    said = house.command("panel")
    assert f"ring ({NAMES['button']})" in said and f"status ({NAMES['lamp']})" in said
    assert house.command("door", "front", "open") == f"Door front ({NAMES['door']}) is open for 2 s.\n"
