"""Each block of each guide in docs/how-to: configurations are read, commands run at a station with doors and calls."""

import itertools
import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from appliance.base.toml import dump
from appliance.config import directory
from appliance.config.load import load
from appliance.demo.stations import CODE
from appliance.setup import importer
from tests.bus.buses import TheBus, policy
from tests.daemon.appliance.how_tos import HOW_TO, TABLE, Config, Flats, Imported, LeftOut, Run, blocks, each
from tests.support.daemon import Daemon, loopback, start_command
from tests.support.peers.sipp import free_port
from tests.support.waiting import until

ENDLESS = ("gdbus monitor",)  # commands that run until Ctrl-C


@pytest.fixture(scope="module")
def stations(tmp_path_factory):
    """The station of the guides, and the one that it calls."""
    address = loopback()
    here = f"{address}:{free_port(address)}"
    far = Daemon(tmp_path_factory.mktemp("far"), sip={"address": loopback(), "port": 0, "transfer_policy": "follow"})
    far.config["target"]["far"]["uri"] = f"sip:door@{here}"
    with TheBus(tmp_path_factory.mktemp("bus"), policy()) as bus, far:
        targets = {name: {"uri": f"sip:{name}@{far.address}"} for name in ("far", "kitchen", "office")}
        door = Daemon(
            tmp_path_factory.mktemp("door"),
            sip={"address": address, "port": int(here.rpartition(":")[2]), "transfer_policy": "follow"},
            door={"front": {"max_hold_s": 3600.0}, "garage": {}},
            audio={"capture": "simulated", "playback": "simulated"},
            dbus={"enabled": True, "address": bus.address},
            target=targets,
        )
        with door:
            door.environment = {"DBUS_SYSTEM_BUS_ADDRESS": bus.address}
            yield door, far


@pytest.fixture
def reader(stations, tmp_path):
    door, far = stations
    door.begin()
    far.begin()
    yield Reader(door, far, tmp_path)
    door.hang_up_all()
    until(lambda: not door.get("/v1/calls")["calls"] and not far.get("/v1/calls")["calls"], "the end of all calls")
    door.caught_up()
    far.caught_up()


class Reader:
    """Somebody who runs a guide's commands one by one, with the ids of what there is in place of the guide's."""

    def __init__(self, door, far, directory):
        self.door, self.far, self.directory = door, far, directory
        self.digits = itertools.count(4711081)
        (directory / "bin").mkdir()
        self.offer("intercomctl", f'{sys.executable} -m appliance.cli --socket {door.directory}/http.sock "$@"')
        self.offer("intercomd", f'{sys.executable} -m appliance "$@"')
        self.offer("curl", '/usr/bin/curl --fail-with-body "$@"')
        path = f"{directory}/bin:{os.environ['PATH']}"
        self.environment = {**os.environ, **door.environment, "PATH": path, "PYTHONPATH": str(CODE)}

    def offer(self, name, command):
        script = self.directory / "bin" / name
        script.write_text(f"#!/bin/sh\nexec {command}\n")
        script.chmod(0o755)

    def run(self, block, ready):
        """Run all commands of the block; each must succeed."""
        aliases = ""
        for command in commands(block):
            getattr(self, ready)()
            text = aliases + self.adapted(command)
            if command.startswith("alias "):
                aliases = f"{text}\n"
            elif command.startswith(ENDLESS):
                self.begins(text)
            else:
                done = self.bash(text, stdin=subprocess.PIPE).communicate(f"{next(self.digits)}\n", 120)
                assert self.status == 0, (command, done)

    def bash(self, text, **options):
        argv = ["setpriv", "--pdeathsig", "KILL", "bash", "-O", "expand_aliases", "-euo", "pipefail", "-c", text]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        self.process = subprocess.Popen(argv, cwd=self.directory, env=self.environment, **pipes)
        return self.process

    @property
    def status(self):
        return self.process.returncode

    def begins(self, text):
        """A command without an end: it says something, and is ended."""
        process = self.bash(f"exec {text}")
        try:
            assert process.stdout.readline()
        finally:
            process.kill()
            process.communicate()

    def adapted(self, command):
        """The command with this station's socket, a year to come, and ids that there are, also in paths on the bus."""
        command = command.replace("/run/intercomd/http.sock", f"{self.door.directory}/http.sock")
        command = re.sub(r"192\.0\.2\.\d+", self.far.address, command)
        command = re.sub(r"2026(?=-12-24)", str(datetime.now(UTC).year + 1), command)
        command = re.sub(r"(?<=/)([ck])_01\w*…", lambda found: self.id(found[1]).replace("-", "_"), command)
        return re.sub(r"\b([ackt])-01\w*…", lambda found: self.id(found[1]), command)

    def id(self, kind):
        """The id of a token, a code, the conference, or a call: of several, one that is not active."""
        if kind == "t":
            return self.door.get("/v1/tokens")["tokens"][0]["id"]
        if kind == "a":
            return self.door.get("/v1/codes")["codes"][0]["id"]
        if kind == "k":
            return self.door.get("/v1/conferences")["conferences"][0]["id"]
        return min(self.door.get("/v1/calls")["calls"], key=lambda call: call["active"])["id"]

    # -- what commands need ------------------------------------------------------------------------------------------

    def nothing(self):
        """No call, and none is waited for."""

    def call(self):
        """One call, for all commands of the block."""
        if not self.door.get("/v1/calls")["calls"]:
            self.talk()

    def calls(self):
        """Two calls, and no transfer under way."""
        until(
            lambda: self.of("call.transferring") <= self.of("call.transferred", "call.transfer_failed"),
            "the outcome of the transfer",
        )
        while len(self.door.get("/v1/calls")["calls"]) < 2:
            self.talk()

    def of(self, *kinds):
        """The calls that had such events."""
        return {event["call"] for kind in kinds for event in self.door.of(kind)}

    def talk(self):
        self.far.begin()
        call = self.door.post("/v1/calls", {"to": "far"})["id"]
        self.far.post(f"/v1/calls/{self.far.rung()}/answer")
        self.door.talk(call)

    def recording(self):
        """inputs.jsonl, recorded by a station that has been stopped."""
        config, address = self.directory / "door.toml", self.directory / "state/http.address"
        config.write_text(dump(Daemon(self.directory / "unused").config))
        argv = start_command(config, address.parent, "--demo", "--record-inputs", "inputs.jsonl")
        process = subprocess.Popen(argv, cwd=self.directory, env=self.environment)
        try:
            until(address.exists, "its interface")
        finally:
            process.terminate()
            process.wait(120)


def commands(block):
    """The commands of a block, each with all of its lines."""
    whole = ""
    for line in block.splitlines():
        whole += f"{line}\n"
        checked = subprocess.run(["bash", "-n", "-c", whole], capture_output=True, timeout=60)
        if checked.returncode == 0 and not line.endswith("\\") and whole.strip():
            yield whole.strip()
            whole = ""
    assert not whole.strip(), whole


def test_each_block_of_each_guide_is_tried_or_left_out_for_a_reason():
    assert sorted(TABLE) == sorted(path.name for path in HOW_TO.glob("*.md"))
    assert {name: len(row) for name, row in TABLE.items()} == {name: len(blocks(name)) for name in TABLE}
    assert all(entry.why for _, _, entry in each(LeftOut))


def test_tests_that_are_named_for_what_is_left_out_are_there():
    named = {file for _, _, entry in each(LeftOut) for file in re.findall(r"tests/[\w/.]+\w", entry.why)}
    assert named
    assert [file for file in named if not (CODE / file).exists()] == []


@pytest.mark.parametrize(("name", "number", "entry"), each(Config))
def test_a_guides_configuration_is_accepted(name, number, entry, tmp_path):
    file = tmp_path / "intercomd.toml"
    file.write_text(f"{entry.base}{blocks(name)[number]}{entry.rest}")
    load(file)


@pytest.mark.parametrize(("name", "number", "entry"), each(Flats))
def test_a_guides_directory_is_accepted(name, number, entry, tmp_path):
    file = tmp_path / "directory.csv"
    file.write_text(blocks(name)[number])
    config = tmp_path / "intercomd.toml"
    targets = "".join(f'[target.{name}]\nuri = "sip:{name}@192.0.2.8"\n' for name in ("kitchen", "hall"))
    account = '[account.office]\nuser = "201"\nregistrar = "pbx.example"\npassword_file = "office.password"\n'
    config.write_text(f'{targets}{account}[door.front]\n[panel]\nlines = "simulated"\n[directory]\nfile = "{file}"\n')
    assert [flat.number for flat in directory.read(load(config))] == ["1", "2", "3"]


@pytest.mark.parametrize(("name", "number", "entry"), each(Imported))
def test_a_guides_configuration_for_the_boot_partition_is_imported(name, number, entry, tmp_path):
    source, file = tmp_path / "boot.toml", tmp_path / "intercomd.toml"
    source.write_text(blocks(name)[number])
    assert importer.run(source, file).changed
    load(file)


@pytest.mark.parametrize(("name", "number", "entry"), each(Run))
def test_a_guides_commands_do_what_they_say(name, number, entry, reader):
    reader.run(blocks(name)[number], entry.ready)
