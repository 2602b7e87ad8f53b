"""The process that sends events out, in the daemon: how soon it is started again."""

import asyncio
from types import SimpleNamespace

from appliance.app import outlet
from appliance.app.outlet import Outlet
from appliance.app.paths import Places
from appliance.config.schema import Config
from tests.panel.support import run_virtually


def started(lasting, monkeypatch, tmp_path):
    """When the process is started, where it lasts for so many seconds each time; the time is reckoned only."""
    of = Outlet(Config(mqtt={"host": "192.0.2.1"}), {}, Places(tmp_path, tmp_path), lambda _: None)
    moments = []

    def now():
        return asyncio.get_running_loop().time()

    async def once():
        moments.append(round(now()))
        if len(moments) == len(lasting):
            raise asyncio.CancelledError
        await asyncio.sleep(lasting[len(moments) - 1])
        return -9

    async def serve():
        ready = asyncio.Event()
        ready.set()
        await asyncio.gather(of.serve(ready), return_exceptions=True)

    monkeypatch.setattr(of, "_once", once)
    monkeypatch.setattr(outlet, "time", SimpleNamespace(monotonic=now))
    run_virtually(serve())
    return moments


def test_a_process_that_dies_is_started_ever_more_rarely_and_soon_again_if_it_has_lasted(
    monkeypatch, tmp_path, set_times
):
    set_times(outlet_again_s=(1.0, 60.0))
    assert started([0, 0, 0, 100, 0, 0], monkeypatch, tmp_path) == [0, 1, 3, 7, 108, 110]
