"""Each command of `intercomctl` asks the station for what its row of the parity table names, and for nothing else."""

import re

import pytest

from appliance.cli import __main__ as program
from appliance.cli import codes, ordered
from appliance.cli.__main__ import parser
from appliance.generate.contract import commands, orders

# The words after a command that is written by hand; several lists where it gives several orders.
WORDS = {
    "dial": [["kitchen"]],
    "message": [["kitchen", "Hello"]],
    "digits": [["info"]],
    "tone": [["busy"], ["busy", "c-1"], ["stop"], ["stop", "c-1"]],
    "play": [["gong"], ["gong", "c-1"], ["--stop", "speaker"], ["--stop", "c-1"]],
    "say": [["Hello"], ["Hello", "c-1"]],
    "transfer": [["kitchen"]],
    "conference make": [["kitchen"]],
    "conference join": [["kitchen"]],
    "conference leave": [["c-1"]],
    "conference mute": [[], ["c-1"]],
    "conference unmute": [[], ["c-1"]],
    "audio set": [["--volume", "50"]],
    "recordings delete": [["r-1"]],
    "recordings protect": [["r-1"]],
    "recordings unprotect": [["r-1"]],
    "rules add": [["tests/tree/night.toml"]],
    "rules remove": [["night"]],
    "code add": [["--owner", "Ann", "--door", "front"]],
    "code remove": [["a-1"]],
    "token add": [["tablet", "--scope", "view"]],
    "token remove": [["t-1"]],
    "push remove": [["s-1"]],
    "forward always": [["kitchen"]],
    "forward quiet": [["kitchen"]],
    "forward busy": [["kitchen"]],
    "forward no-answer": [["kitchen"]],
    "config get": [["sip.port"]],
}
# A file, a program or a person stands between the command and the station.
NOT_RUN = {
    "backup",
    "restore",
    "update",
    "update install",
    "update back",
    "wipe",
    "config check",
    "panel test",
    "recordings get",
    "recordings play",
} | {*("page", "support-bundle", "watch", "messages", "idle", "wait ring", "ids")}
CALL = {"id": "c-1", "state": "incoming", "hold": "local", "active": True}
ANSWER = {
    "calls": [CALL],
    "conferences": [{"id": "k-1"}],
    "recording": "r-1",
    "findings": [],
    "result": "works",
    "warning": None,
    "last_event": 3,
    "events": [],
    "since": 3,
    "contacts": [],
    "next": None,
    "rules": [],
    "configuration": {"sip": {"port": 5060}},
}


class Station:
    """A client that notes what is asked."""

    def __init__(self):
        self.asked = []

    def ask(self, method, path, *_):
        self.asked.append((method, path.partition("?")[0]))
        return ANSWER


def argv(command, words):
    name, _, act = command.partition(" ")
    if name not in ordered.commands():
        return [name, *([act] if act else []), *words]
    said = {}  # an object and a field that it needs are "1"
    for argument, given in ordered.commands()[name]["arguments"]:
        if argument == "act":
            said[argument] = act or given["default"]
        elif argument != "call" and argument[0] != "-":
            said[argument] = "1" if act or "nargs" not in given else None
    return [name, *filter(None, said.values())]


def asked_by(command, monkeypatch):
    """The acting requests of a command: method and path."""
    monkeypatch.setattr(program, "output", lambda *_: 0)
    monkeypatch.setattr(codes, "secret", lambda _: "1234")
    station = Station()
    for words in WORDS.get(command, [[]]):
        given = parser().parse_args(argv(command, words))
        given.command(station, given)
    return {(method, path) for method, path in station.asked if method != "GET"}


def allowed(command):
    """The acting requests of the rows that name a command, as patterns."""
    rows = [row for row in orders() if command in row[3].split(", ") and not row[1].startswith("no: ")]
    names = [name.split(" ")[:2] for row in rows for name in row[1].split(", ")]
    return {(method, re.sub(r"\{\w+\}", "[^/]+", path)) for method, path in names if method != "GET"}


@pytest.mark.parametrize("command", sorted(set(commands(parser())) - NOT_RUN))
def test_a_command_acts_by_the_requests_of_its_rows_alone(command, monkeypatch):
    made, known = asked_by(command, monkeypatch), allowed(command)
    for method, path in made:
        assert any(method == each and re.fullmatch(pattern, path) for each, pattern in known), (method, path)
    assert made or not known or command in {"dnd", "forward", "conference list"}, known


def test_the_lists_here_name_commands():
    assert {*WORDS, *NOT_RUN} <= set(commands(parser()))
