"""The announcement of the station without avahi. With it: tests/daemon/appliance/test_home_assistant_discovery.py."""

import asyncio
import contextlib
import logging
from types import SimpleNamespace

import pytest

from appliance.app.web import Web
from appliance.bus import announced
from appliance.config.schema import Config
from tests.bus.buses import PATIENCE_S
from tests.support.waiting import until_async

NOT_THERE = "not announced"


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
