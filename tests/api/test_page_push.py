"""The page as an app of a phone: its manifest, and the worker that shows rings and has the page's files."""

import json
import threading
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from appliance.api import app
from appliance.api.http import server
from tests.api.browser import START_S, Page
from tests.api.chromium import chromium
from tests.api.conftest import TOKEN, log_in, press_until, run
from tests.api.test_push import wanted
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

AGAIN_S = 3
REGISTER = """navigator.serviceWorker.register('worker.js').then(() => navigator.serviceWorker.ready)
  .then(() => { window.works = true; }); true"""
UPDATED = "ServiceWorker.workerRegistrationUpdated"
SHOWN = """navigator.serviceWorker.ready.then((each) => each.getNotifications())
  .then((all) => { window.shown = all.map((one) => [one.tag, one.title, one.body, one.requireInteraction]); });
  window.shown"""
STARTS_S = 15.0  # for one try to start the page
SEEN = "[location.href, document.readyState, document.documentElement.outerHTML.slice(0, 500)].join(' ')"
KEPT = """(async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
  }
  window.kept = found;
})(); window.kept"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium alone: its tools play the part of a push service, which Firefox has in tests/daemon/push."""
    with chromium(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture
def home(browser, station, loop, tmp_path):
    """A station of its own, which may go away; the page, logged in, with its worker."""
    listening = server.HttpServer(app.build(station, TOKEN), tmp_path / "http.sock", "127.0.0.1", 0)
    url = run(loop, listening.start()).url
    origin = url.rstrip("/")
    Page.ask(browser, "Browser.grantPermissions", {"origin": origin, "permissions": ["notifications"]})
    log_in(browser, f"{url}#token={TOKEN}")
    browser.shows("#link-text", "live")
    browser.value(REGISTER)
    until(lambda: browser.value("window.works"), "the worker", START_S)
    yield browser, origin, listening
    run(loop, listening.stop())


def registration(page, origin):
    """The id by which the browser's tools know the worker of this station: it keeps those of earlier ones."""
    page.events.clear()
    page.send("ServiceWorker.enable")

    def told():
        page.value("1")  # what came meanwhile is read with an answer
        updates = [event["params"] for event in page.events if event["method"] == UPDATED]
        known = (each for update in reversed(updates) for each in update["registrations"])
        return next((each["registrationId"] for each in known if each["scopeURL"] == f"{origin}/"), None)

    return until(told, "the registration", START_S)


def not_installable(page):
    """Why the browser would not install the page, besides that it keeps nothing."""
    page.send("Page.enable")
    errors = page.send("Page.getInstallabilityErrors")["installabilityErrors"]
    return [each["errorId"] for each in errors if each["errorId"] != "in-incognito"]


def push(page, origin, ident, shown, **data):
    """Deliver a message until what is shown is as it should be.

    A browser that is asked for its notifications forgets one that it has taken, and does not show yet: so again.
    """
    message = json.dumps({"at": 1.7e12, "title": "Front door", **data})

    def delivered():
        page.send("ServiceWorker.deliverPushMessage", origin=origin, registrationId=ident, data=message)
        with suppress(AssertionError):
            return until(lambda: shown(page.value(SHOWN) or []), patience=AGAIN_S)

    until(delivered, data["body"], START_S)


def test_a_message_is_shown_and_a_later_one_of_the_same_ring_takes_its_place(home):
    page, origin, _ = home
    send = partial(push, page, origin, registration(page, origin))
    ring, end = "A visitor rings.", "Answered by Anna."
    send(lambda each: each == [["v-1", "Front door", ring, True]], ring="v-1", kind="ring", body=ring)
    send(lambda each: each == [["v-1", "Front door", end, False]], ring="v-1", kind="answered", body=end)
    send(lambda each: len(each) == 2, ring="v-2", kind="ring", body=ring)


def test_the_browser_would_install_the_page(home):
    page, _, _ = home
    told = page.send("Page.getAppManifest")
    assert told["errors"] == []
    assert json.loads(told["data"])["display"] == "standalone"
    assert not_installable(page) == []


def keep(page):
    """Have the worker keep the page and its modules."""
    page.reload()
    page.shows("#link-text", "live")
    until(lambda: page.value("navigator.serviceWorker.controller !== null"), "a page that the worker serves", START_S)
    page.reload()
    page.shows("#link-text", "live")
    until(lambda: "/" in (page.value(KEPT) or []), "the page in the browser", START_S)
    until(lambda: any(each.startswith("/app.") for each in page.value(KEPT)), "its modules in the browser", START_S)


def starts_without_the_station(page, origin):
    """Chromium gives up what it loads when an address of the machine changes, as tests do with theirs: then again."""

    def starts():
        page.open("about:blank")
        until(lambda: page.value("location.href") == "about:blank", patience=START_S)
        page.send("Page.navigate", url=origin)
        with suppress(AssertionError):
            return until(lambda: page.value("document.documentElement.dataset.started"), patience=STARTS_S)

    until(starts, "the page without the station", START_S, log=lambda: page.value(SEEN))
    assert page.value("document.querySelector('#main').hidden") is True


def test_the_worker_has_the_pages_files_when_the_station_is_away_and_no_answer_of_it(home, loop):
    page, origin, listening = home
    keep(page)
    kept = page.value(KEPT)
    assert not [each for each in kept if each.startswith(("/v1", "/metrics", "/openapi", "/trust"))], kept
    run(loop, listening.stop())
    starts_without_the_station(page, origin)


class Refusing(BaseHTTPRequestHandler):
    """A station that is busy, or a proxy whose station is away."""

    def do_GET(self):
        body = b"<title>Refused</title>"
        self.send_response(503)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_refusal_in_place_of_the_page_is_not_kept(home, loop):
    page, origin, listening = home
    keep(page)
    run(loop, listening.stop())
    with ThreadingHTTPServer(("127.0.0.1", urlsplit(origin).port), Refusing) as refusing:
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        page.send("Page.navigate", url=origin)
        until(lambda: page.value("document.title") == "Refused", "the refusal", START_S)
        refusing.shutdown()
    starts_without_the_station(page, origin)


def test_the_page_lists_the_devices_with_their_problems_and_removes_one(home, station):
    page, _, _ = home
    made, other = (station.subscriptions.add(wanted(name), "", "", f"http:{name}")["id"] for name in ("anna", "ben"))
    station.subscriptions.note(made, "push.example.net answered 403.")
    page.value("location.hash = 'more'")
    page.shows("#push-list", "answered 403")
    page.shows("#push-list", "ben")
    press_until(page, f"[data-key='push {made}']", lambda: len(station.subscriptions.list(None)) == 1)
    assert [each["id"] for each in station.subscriptions.list(None)] == [other]
    until(lambda: "anna" not in page.value("document.querySelector('#push-list').innerText"), "one device", START_S)
