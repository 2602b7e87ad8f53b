"""The start of the HTTP interface holds nothing else up."""

import asyncio
import sys
import threading
from unittest.mock import Mock

from appliance import api
from appliance.app.paths import Places
from appliance.app.web import StoredLists, Web
from appliance.config.load import check
from appliance.runtime.counts import Counts


class Slow:
    """An import of the interface that waits for somebody on the loop; in vain where the loop itself imports."""

    def __init__(self):
        self.asked, self.go, self.loop_turned = threading.Event(), threading.Event(), False

    def find_spec(self, name, _path=None, _target=None):
        if name == "appliance.api.app" and not self.asked.is_set():
            self.asked.set()
            self.loop_turned = self.go.wait(5)


def test_the_loop_goes_on_while_the_interface_is_imported(tmp_path, monkeypatch):
    slow = Slow()
    monkeypatch.setattr(sys, "meta_path", [slow, *sys.meta_path])
    monkeypatch.delitem(sys.modules, "appliance.api.app", raising=False)
    monkeypatch.delattr(api, "app", raising=False)  # else `from appliance.api import app` imports nothing
    reactor = Mock()
    config = check({"http": {"port": 0}}, "test")

    async def run():
        kept, places = StoredLists(None, None, None, Mock(stored=list)), Places(tmp_path, tmp_path)
        web = Web(lambda: config, places, reactor, kept, tmp_path / "x.toml", Counts([]), Mock())
        serving = asyncio.create_task(web.serve())
        assert await asyncio.to_thread(slow.asked.wait, 120), "the interface was not imported"
        slow.go.set()
        async with asyncio.timeout(120):
            await serving
        await web.stop()

    asyncio.run(run())
    assert slow.loop_turned
