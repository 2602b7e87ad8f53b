"""The D-Bus interface in the daemon: a fault of its modules is reported, and tried again."""

import asyncio
import sys
from unittest.mock import Mock, PropertyMock

import pytest

from appliance import bus
from appliance.app.bus import Bus
from appliance.base import times
from tests.support.times import hasty


@pytest.mark.parametrize("fault", [ImportError("no module"), TypeError("half an upgrade")])
def test_an_interface_that_cannot_be_imported_is_reported(monkeypatch, fault):
    class Broken:
        """A module that always fails."""

        def find_spec(self, name, _path=None, _target=None):
            if name == "appliance.bus.service":
                raise fault

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    monkeypatch.delitem(sys.modules, "appliance.bus.service", raising=False)
    monkeypatch.delattr(bus, "service", raising=False)
    monkeypatch.setattr(times, "current", hasty())
    config, reactor = Mock(), Mock()
    type(config.dbus).enabled = PropertyMock(side_effect=[True, True, False])  # two attempts
    asyncio.run(Bus(config, reactor, Mock(), Mock()).serve())
    (failed,) = (call.args[0] for call in reactor.post.call_args_list)
    assert failed.part == "dbus"
    assert str(fault) in failed.why
