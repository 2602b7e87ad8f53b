import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from appliance.api import app, server
from tests.api.fake import Station

TOKEN = "a-token-that-only-this-test-knows-0123456789"
PATIENCE_S = 20.0


@dataclass
class Served:
    """A station on a loop in a thread of its own, behind a real uvicorn on both listeners."""

    station: Station
    bound: server.Bound
    loop: asyncio.AbstractEventLoop

    def on_loop(self, act: Callable[[], Any]) -> Any:
        """Call `act` on the loop's thread, where the daemon's own calls are made."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(act())
            except BaseException as error:
                done.set_exception(error)

        self.loop.call_soon_threadsafe(run)
        return done.result(PATIENCE_S)

    def tell(self, type_: str, call: str | None = None, **data: Any) -> None:
        self.on_loop(lambda: self.station.tell(type_, call, **data))

    def tcp(self, token: str | None = TOKEN, **headers: str) -> httpx.Client:
        given = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return httpx.Client(base_url=self.bound.url, headers=given | headers, timeout=PATIENCE_S, trust_env=False)

    def unix(self) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=str(self.bound.socket))
        return httpx.Client(transport=transport, base_url="http://intercomd/", timeout=PATIENCE_S, trust_env=False)


@pytest.fixture
def loop() -> Generator[asyncio.AbstractEventLoop, None, None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE_S)
    loop.close()


@pytest.fixture
def run(loop: asyncio.AbstractEventLoop) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE_S)


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@pytest.fixture
def served(station: Station, loop, run, tmp_path: Path) -> Generator[Served, None, None]:
    listening = server.Server(app.build(station, TOKEN), tmp_path / "http.sock", "127.0.0.1", 0)
    yield Served(station, run(listening.start()), loop)
    run(listening.stop())


@pytest.fixture
def tcp(served: Served) -> Generator[httpx.Client, None, None]:
    with served.tcp() as client:
        yield client


@pytest.fixture(params=["tcp", "unix"])
def client(served: Served, request: pytest.FixtureRequest) -> Generator[httpx.Client, None, None]:
    """Both ways in, each authorised in its own manner."""
    with served.tcp() if request.param == "tcp" else served.unix() as client:
        yield client
