"""The announcement of the station without avahi. With it: tests/daemon/appliance/test_home_assistant_discovery.py."""

import asyncio
import contextlib
import logging
from types import SimpleNamespace

import pytest
from dbus_fast import Message, MessageType

from appliance.app.web import Web
from appliance.bus import announced
from appliance.config.schema import Config
from tests.bus.buses import PATIENCE_S, TheBus, policy
from tests.support.waiting import until_async

NOT_THERE = "not announced"
AVAHI_MAY = """<policy context="default">
  <allow own="org.freedesktop.Avahi"/>
  <allow send_destination="org.freedesktop.Avahi"/>
</policy>
"""


@pytest.fixture
def tries(monkeypatch, set_times):
    """Counts the connections that it makes."""
    set_times(avahi_again_s=0.01)
    made, connect = [], announced.connect

    async def counted(address):
        made.append(address)
        return await connect(address)

    monkeypatch.setattr(announced, "connect", counted)
    return made


def tried(address, tries, count):
    async def run():
        task = asyncio.create_task(announced.announce(address, "Door", 8443, {"device": "front"}))
        async with asyncio.timeout(PATIENCE_S):
            await until_async(lambda: len(tries) >= count or task.done())
        assert not task.done()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_without_avahi_it_is_tried_again_and_said_once(bus, tries, caplog):
    with caplog.at_level(logging.INFO):
        tried(bus.address, tries, 4)
    said = [each for each in caplog.records if NOT_THERE in each.getMessage()]
    assert [each.levelname for each in said] == ["INFO"]


def test_without_a_bus_it_is_tried_again_and_the_interface_reports_that(tmp_path, tries, caplog):
    with caplog.at_level(logging.INFO):
        tried(f"unix:path={tmp_path}/none", tries, 3)
    assert not caplog.records


class AvahiStandIn:
    """What avahi-daemon answers: a service keeps the name that the host has when it is added."""

    def __init__(self, bus):
        self._bus, self.host, self.added = bus, "door.local", []
        bus.add_message_handler(self._take)

    def _take(self, message):
        is_call = message.message_type is MessageType.METHOD_CALL
        if not is_call or not str(message.interface).startswith(announced.AVAHI):
            return False
        answers = {
            "EntryGroupNew": ("o", ["/Group1"]),
            "GetState": ("i", [announced.ESTABLISHED]),
            "GetHostNameFqdn": ("s", [self.host]),
        }
        if message.member == "AddService":
            self.added.append(self.host)
        self._bus.send(Message.new_method_return(message, *answers.get(message.member, ("", []))))
        return True


def test_it_is_announced_once_more_when_the_host_has_got_another_name(tmp_path, set_times):
    set_times(avahi_again_s=0.01)

    async def run(address):
        bus = await announced.connect(address)
        avahi = AvahiStandIn(bus)
        await bus.request_name(announced.AVAHI)
        task = asyncio.create_task(announced.announce(address, "Door", 8443, {"device": "front"}))
        async with asyncio.timeout(PATIENCE_S):
            await until_async(lambda: len(avahi.added) == 1)
            avahi.host = "door-2.local"
            await until_async(lambda: len(avahi.added) > 1 or task.done())
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        announced.close(bus)
        return avahi.added

    with TheBus(tmp_path, policy().replace("</busconfig>", f"{AVAHI_MAY}</busconfig>")) as bus:
        assert asyncio.run(run(bus.address)) == ["door.local", "door-2.local"]


@pytest.mark.parametrize(
    ("tables", "is_announced"),
    [
        ({}, False),
        ({"dbus": {"enabled": True}}, False),
        ({"dbus": {"enabled": True}, "http": {"address": "::1"}}, False),
        ({"http": {"address": "0.0.0.0"}}, False),
        ({"dbus": {"enabled": True}, "http": {"address": "0.0.0.0"}}, True),
        ({"dbus": {"enabled": True}, "http": {"address": "0.0.0.0", "announce": False}}, False),
    ],
)
def test_a_station_is_announced_only_where_others_reach_it_and_it_has_the_bus(tables, is_announced):
    assert Web.is_announced.fget(SimpleNamespace(_config=Config(**tables))) is is_announced
