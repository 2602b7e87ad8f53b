"""The HTTP interface in the daemon: its start holds nothing else up, and one examination serves all who ask at once."""

import asyncio
import sys
import threading
from unittest.mock import Mock

import pytest

from appliance import api
from appliance.app.paths import Places
from appliance.app.web import StoredLists, Web
from appliance.base import times
from appliance.config.load import check
from appliance.core.inputs import PartRecovered
from appliance.runtime.counts import Counts
from tests.support.times import hasty


class Slow:
    """An import of the interface that waits for somebody on the loop; in vain where the loop itself imports."""

    def __init__(self):
        self.asked, self.go, self.loop_turned = threading.Event(), threading.Event(), False

    def find_spec(self, name, _path=None, _target=None):
        if name == "appliance.api.app" and not self.asked.is_set():
            self.asked.set()
            self.loop_turned = self.go.wait(120)


def made(state, reactor):
    """The interface of a daemon with that state directory."""
    config = check({"http": {"port": 0}}, "test")
    kept, places = StoredLists(None, None, None, Mock(stored=list)), Places(state, state)
    return Web(lambda: config, places, reactor, kept, state / "x.toml", Counts([]), Mock(), Mock())


def test_the_loop_goes_on_while_the_interface_is_imported(tmp_path, monkeypatch):
    slow = Slow()
    monkeypatch.setattr(sys, "meta_path", [slow, *sys.meta_path])
    monkeypatch.delitem(sys.modules, "appliance.api.app", raising=False)
    monkeypatch.delattr(api, "app", raising=False)  # else `from appliance.api import app` imports nothing
    reactor = Mock()

    async def run():
        web = made(tmp_path, reactor)
        serving = asyncio.create_task(web.serve())
        assert await asyncio.to_thread(slow.asked.wait, 120), "the interface was not imported"
        slow.go.set()
        async with asyncio.timeout(120):
            await serving
        await web.stop()

    asyncio.run(run())
    assert slow.loop_turned


@pytest.mark.parametrize("fault", [ImportError("no module"), TypeError("half an upgrade")])
def test_an_interface_that_cannot_be_imported_is_reported_and_served_once_it_can(tmp_path, monkeypatch, fault):
    class Broken:
        """A module that fails until it has been reported."""

        def find_spec(self, name, _path=None, _target=None):
            if name == "appliance.api.app" and not reactor.post.called:
                raise fault

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    monkeypatch.delitem(sys.modules, "appliance.api.app", raising=False)
    monkeypatch.delattr(api, "app", raising=False)
    monkeypatch.setattr(times, "current", hasty())
    reactor = Mock()

    async def run():
        web = made(tmp_path, reactor)
        async with asyncio.timeout(120):
            await web.serve()
        await web.stop()

    asyncio.run(run())
    failed, recovered = (call.args[0] for call in reactor.post.call_args_list)
    assert (failed.part, failed.why) == ("http", f"It cannot be loaded: {type(fault).__name__}: {fault}")
    assert isinstance(recovered, PartRecovered)


def test_clients_that_ask_the_doctor_at_once_share_an_examination_which_outlasts_each_of_them(tmp_path, monkeypatch):
    web, begun = made(tmp_path, Mock()), []

    async def run():
        may_end = asyncio.Event()

        async def examine():
            begun.append(found := [{"check": f"{len(begun)}"}])
            await may_end.wait()
            return found

        monkeypatch.setattr(web, "_examine", examine)
        first, second = (asyncio.create_task(web.doctor()) for _ in range(2))
        while not begun:
            await asyncio.sleep(0)
        first.cancel()
        may_end.set()
        assert await second == begun[0]
        assert await web.doctor() == begun[1]

    asyncio.run(run())
    assert len(begun) == 2


def test_a_disc_that_hangs_takes_one_thread_however_often_it_is_measured(tmp_path, monkeypatch, set_times):
    """Prometheus asks every few seconds; without a thread that is free, HTTPS and logins would wait as well."""
    set_times(disc_answers_s=0.05)
    reactor, asked, go = Mock(), [], threading.Event()
    reactor.feed.waiting.return_value = []

    def statvfs(path):
        asked.append(path)
        go.wait()
        raise OSError

    async def run():
        web = made(tmp_path, reactor)
        web.snapshot = Mock()
        try:
            return [(await web.measure()).storage for _ in range(3)], len(asked)
        finally:
            go.set()

    with monkeypatch.context() as patched:
        patched.setattr("appliance.app.web.os.statvfs", statvfs)
        assert asyncio.run(run()) == ([{}, {}, {}], 1)


def test_an_examination_that_hangs_is_said_so(tmp_path, set_times):
    set_times(examined_s=0.05)

    async def run():
        web = made(tmp_path, Mock())
        web._examine = asyncio.Event().wait
        return await web.doctor()

    (found,) = asyncio.run(run())
    assert (found["level"], found["check"]) == ("problem", "examination")
    assert found["message"] and found["cause"] and found["resolution"]
