"""The commands that follow from the list of orders: each sends the request of its row."""

import re

import msgspec
import pytest

from appliance.cli import overview
from appliance.cli.__main__ import parser
from appliance.cli.client import WrongUsageError
from appliance.cli.ordered import commands, send
from appliance.orders.order import body, named
from appliance.orders.table import ORDERS

LISTED = [order for order in ORDERS if named(order.command)]
GIVEN = {"code": "486", "seconds": "5", "digits": "12#"}  # of fields


class Station:
    """A client that notes what is asked."""

    def __init__(self):
        self.asked = []

    def ask(self, method, path, given=None):
        self.asked.append((method, path, given))
        return {"warning": None}


def words(order):
    """The command of an order, with a value for each place and field; and the fields."""
    said, fields = [], {}
    for word in order.command.partition(": ")[0].split():
        name = word.strip("{}[]()<>-")
        if word[0] in "<-":
            fields[name] = GIVEN.get(name, "5")
            said += [word, fields[name]] if word[0] == "-" else [fields[name]]
        else:
            said.append("a b" if word[0] in "{[" else name)
    return said, fields


@pytest.mark.parametrize("order", LISTED, ids=lambda order: order.name)
def test_a_command_sends_the_request_of_its_order(order):
    station = Station()
    said, fields = words(order)
    send(station, parser().parse_args(said))
    ((method, path, given),) = station.asked
    assert (method, path) == (order.method, re.sub(r"\{\w+\}", "a%20b", order.path))
    assert {name: f"{value:g}" if name != "digits" else value for name, value in (given or {}).items()} == fields
    if given is not None:
        msgspec.convert(given, body(order))


def test_an_order_without_an_act_is_the_first_of_its_object():
    station = Station()
    for said in (["door", "front"], ["door", "open", "front"], ["door", "front", "open", "--seconds", "2"]):
        send(station, parser().parse_args(said))
    assert station.asked == [("POST", "/v1/doors/front/open", each) for each in ({}, {}, {"seconds": 2.0})]


def test_an_option_that_is_not_given_has_the_default_of_the_field():
    station = Station()
    for said in (["press", "ring"], ["reject", "c-1"], ["talk"], ["talk", "stop"]):
        send(station, parser().parse_args(said))
    assert [given for *_, given in station.asked] == [{"seconds": 0.0}, {"code": 603}, {"seconds": 60.0}, None]


@pytest.mark.parametrize("said", [["door", "front", "dance"], ["accounts", "register"]])
def test_an_act_that_is_none_or_has_no_object_is_wrong_usage(said):
    station = Station()
    with pytest.raises(WrongUsageError):
        send(station, parser().parse_args(said))
    assert station.asked == []


def test_the_help_of_an_option_has_the_bounds_of_the_field():
    (_, option) = commands()["talk"]["arguments"][1]
    assert option["help"] == "longest duration (more than 0, at most 300, default 60)"
    assert (
        "hold: duration of the hold; default: the longest one allowed" in commands()["door"]["arguments"][2][1]["help"]
    )


def test_an_order_of_the_list_comes_last_in_the_group_of_what_it_is_about(monkeypatch):
    new = commands() | {"dance": {"tag": "doors"}, "sleep": {"tag": "doctor"}}
    monkeypatch.setattr(overview.ordered, "commands", lambda: new)
    assert overview.groups()["Doors and panel"][:5] == ("door", "code", "press", "panel", "clear")
    assert overview.groups()["Doors and panel"][-1] == "dance"
    assert overview.groups()["The station"][-1] == "sleep"
    assert overview.groups()["Texts"] == ("message", "messages")
