import asyncio
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from appliance.api import app
from appliance.api.answers import site
from appliance.api.http import auth, server
from appliance.api.ports import HttpPorts
from appliance.api.routes import pages
from tests.api import fake
from tests.api.browser import START_S, Page, log_in, not_answering
from tests.api.chromium import chromium
from tests.api.fake import Station
from tests.api.firefox import firefox
from tests.support.peers.sound_server import SoundServer, running
from tests.support.waiting import until

# Each client would load all authorities of the web, for addresses that begin with http.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TOKEN = "a-token-that-only-this-test-knows-0123456789"
PACKAGING = Path(__file__).parents[2] / "packaging"
PATIENCE_S = 120.0


@contextmanager
def _sounding(profile: Path) -> Generator[Page, None, None]:
    with running(SoundServer) as card, firefox(profile, card=card) as page:
        yield page


BROWSERS = {"chromium": chromium, "firefox": _sounding}


class Client(httpx.Client):
    """Shows what can be seen of a server that takes no connection."""

    def send(self, request: httpx.Request, **how: Any) -> httpx.Response:
        try:
            return super().send(request, **how)
        except httpx.ConnectTimeout as error:
            error.add_note(not_answering(str(request.url)))
            raise


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
        headers = given | headers
        return Client(base_url=self.bound.url, headers=headers, timeout=PATIENCE_S, trust_env=False, verify=NO_TLS)

    def unix(self) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=str(self.bound.socket), verify=NO_TLS)
        return httpx.Client(transport=transport, base_url="http://intercomd/", timeout=PATIENCE_S, trust_env=False)


class Current:
    """Stands for the station of the test that runs: starting a server for each of many tests takes too long."""

    station: Station
    refusals: auth.Patience  # of the server

    def __getattr__(self, name: str) -> Any:
        return getattr(self.station, name)


def run(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE_S)


@pytest.fixture(scope="session", autouse=True)
def _page_of_the_package(tmp_path_factory) -> Generator[None, None, None]:
    """The tests of the page see it as the package has it: made smaller."""
    folder = tmp_path_factory.mktemp("page")
    subprocess.run([PACKAGING / "page", folder], check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "BUILT", folder)
        pages._site.cache_clear()  # tests of another folder may have asked for the page before, in this process
        yield


@pytest.fixture(scope="session")
def loop() -> Generator[asyncio.AbstractEventLoop, None, None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE_S)
    loop.close()


@pytest.fixture
def station(tmp_path: Path, loop) -> Generator[Station, None, None]:
    made = Station(tmp_path)
    yield made
    run(loop, made.operations.close())


@pytest.fixture
def served(station: Station, loop, tmp_path: Path) -> Generator[Served, None, None]:
    """A server of the test's own."""
    listening = server.HttpServer(app.build(station, TOKEN), tmp_path / "http.sock", "127.0.0.1", 0)
    yield Served(station, run(loop, listening.start()), loop)
    run(loop, listening.stop())


@pytest.fixture
def guesses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine the station would forgive guesses while the next ones are on their way."""
    patience = auth.Patience
    monkeypatch.setattr(auth, "Patience", lambda: patience(clock=lambda: 0.0))


@pytest.fixture(scope="session")
def _current(loop, tmp_path_factory) -> Generator[tuple[Current, server.Bound], None, None]:
    current = Current()
    ports = cast("HttpPorts", current)
    current.station, current.refusals = Station(tmp_path_factory.mktemp("nobody")), auth.Patience()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "Patience", lambda: current.refusals)
        built = app.build(ports, TOKEN)
    listening = server.HttpServer(built, tmp_path_factory.mktemp("shared") / "http.sock", "127.0.0.1", 0)
    yield current, run(loop, listening.start())
    run(loop, listening.stop())


@pytest.fixture
def shared(station: Station, loop, _current) -> Served:
    """A server that other tests have used, with a station of the test's own; their refused requests are forgotten."""
    current, bound = _current
    current.station = station
    current.refusals._known.clear()
    return Served(station, bound, loop)


@pytest.fixture
def change_station(_current, loop, tmp_path_factory) -> Callable[[], Served]:
    """Put another station in the place of the test's own, at the same address."""

    def change() -> Served:
        current, bound = _current
        current.station = Station(tmp_path_factory.mktemp("other"))
        return Served(current.station, bound, loop)

    return change


@pytest.fixture(params=["tcp", "unix"])
def client(shared: Served, request: pytest.FixtureRequest) -> Generator[httpx.Client, None, None]:
    """Both ways in, each authorised in its own manner."""
    with shared.tcp() if request.param == "tcp" else shared.unix() as client:
        yield client


class Browsers:
    """The browsers of this process, which serve all tests of this folder that follow each other.

    Each is started for the first test that needs it, which takes seconds of a processor. To each module it is as new.
    """

    def __init__(self) -> None:
        self._running = ExitStack()
        self._pages: dict[str, tuple[Page, Path]] = {}  # by kind, with the module that it serves

    def page(self, kind: str, module: Path, folders: pytest.TempPathFactory) -> Page:
        """Return the tab of a browser of this kind for a test of this module."""
        if kind not in self._pages:
            self._pages[kind] = self._running.enter_context(BROWSERS[kind](folders.mktemp(kind))), module
        page, before = self._pages[kind]
        if before != module:
            _leave(page)
            page.forget()
            self._pages[kind] = page, module
        return page

    def close(self) -> None:
        """Close all of them."""
        self._pages.clear()
        self._running.close()


browsers = Browsers()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """Close the browsers after the last test of this folder that follows another one."""
    yield
    if nextitem is None or nextitem.path.parent != Path(__file__).parent:
        browsers.close()


@pytest.fixture(scope="session", params=BROWSERS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of a browser: all tests with one kind run before those with the other."""
    return str(request.param)


@pytest.fixture
def browser(kind: str, request: pytest.FixtureRequest, tmp_path_factory) -> Page:
    """A browser that other tests have used."""
    return browsers.page(kind, request.path, tmp_path_factory)


def _leave(page: Page) -> None:
    page.open("about:blank")
    until(lambda: page.value("location.href") == "about:blank", patience=START_S)


@pytest.fixture
def page(browser: Page, shared: Served) -> Generator[Page, None, None]:
    """An empty page of it, as the test before has left it."""
    yield browser
    _leave(browser)


def opened(page: Page, shared: Served, station: Station, view: str = "home") -> None:
    """Open the station's page, logged in, and wait until it follows the events."""
    log_in(page, f"{shared.bound.url}#token={TOKEN}")
    page.shows("#link-text", "live")
    until(lambda: station.subscribers, patience=START_S)
    until(lambda: page.value("!document.querySelector('template[data-later]')"), "the screens that come later", START_S)
    if view != "home":
        show(page, view)


def press_until(page: Page, selector: str, done: Callable[[], object]) -> None:
    """Press a button that asks first until it acts: it takes no double-click, and asks for a while only."""
    press = f"""{{
      const button = document.querySelector({json.dumps(selector)});
      const asked = button?.dataset.sure;
      button?.click();
      Boolean(asked && !button.dataset.sure)
    }}"""
    until(lambda: page.value(press), selector, START_S, every=0.2)
    until(done, f"what {selector} does", START_S)


def hold(page: Page, selector: str, done: Callable[[], object]) -> None:
    """Keep a finger on a button that opens a door, until it has."""
    page.press(selector)
    until(done, f"what {selector} does", START_S)
    page.release(selector)


def show(page: Page, view: str) -> None:
    """Go to a view of the page."""
    page.value(f"location.hash = '{view}'")
    until(lambda: page.value(f"document.querySelector('[data-view={view}]').hidden") is False, view, START_S)


def rings(station: Station, shared: Served, *calls: str) -> None:
    """Calls come in; whatever else there was is over."""
    state = {"state": "incoming", "direction": "incoming", "connected_since": None}
    station.state["calls"] = [fake.call(call, **state) for call in calls]
    shared.tell("call.incoming", call=calls[-1])
