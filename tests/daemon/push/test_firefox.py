"""A real browser is notified: Firefox subscribes at a push service, decrypts what comes, and its worker shows it."""

import json
import socket
from datetime import UTC, datetime

import pytest

from tests.api.browser import START_S, live, log_in
from tests.daemon.browsers.phones import phone
from tests.support.peers.namespaces import PBX
from tests.support.waiting import until

PREFERENCES = {
    "dom.push.connection.enabled": True,
    "dom.push.testing.allowInsecureServerURL": True,  # of the service's side for browsers, which is its own
    "dom.push.testing.ignorePermission": True,
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,
}
# What is shown, and when each was there first: [tag, body, time in seconds].
WATCH = """
  window.shown = [];
  window.seen = new Set();
  (async () => {
    const registration = await navigator.serviceWorker.ready;
    for (;;) {
      for (const { tag, body, title } of await registration.getNotifications()) {
        if (!window.seen.has(tag + body)) window.shown.push([tag, title, body, Date.now() / 1000]);
        window.seen.add(tag + body);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  true
"""


@pytest.fixture(scope="module")
def anna(cable, running, service, tmp_path_factory):
    """A Firefox that is logged in, and asks that service."""
    with (
        service.for_firefox(cable.pbx.socket(PBX, 0, kind=socket.SOCK_STREAM)) as where,
        phone(
            "firefox",
            tmp_path_factory.mktemp("firefox"),
            cable.door,
            running,
            preferences=PREFERENCES | {"dom.push.serverURL": where},
        ) as found,
    ):
        yield found


@pytest.fixture
def notified(anna, door):
    """Its page, once it has asked to be notified."""
    anna.home()
    anna.page.value("location.hash = 'more'")
    until(lambda: anna.page.value("document.querySelector('#push-said')?.innerText"), "the switch", START_S)
    if anna.page.value("document.querySelector('#push').getAttribute('aria-checked')") != "true":
        anna.page.click("#push")
    checked = "document.querySelector('#push').getAttribute('aria-checked') === 'true'"
    until(
        lambda: anna.page.value(checked),
        "a subscription",
        START_S,
        log=lambda: anna.page.value("document.querySelector('#push-said').innerText"),
    )
    until(lambda: door.get("/v1/push")["subscriptions"], "the subscription at the station")
    anna.page.value(WATCH)
    return anna.page


def shown(page, ring, count, door, service):
    """What was shown of a ring: its texts and times."""
    script = f"window.shown.filter(([tag]) => tag === {json.dumps(ring)})"

    def there():
        found = page.value(script) or []
        return len(found) >= count and found

    def told():
        return [(each.channel, each.status) for each in service.messages], door.get("/v1/push")["subscriptions"]

    return until(there, f"{count} shown", START_S, log=told)


def test_a_press_is_shown_by_the_browser_and_its_end_takes_its_place(notified, door, service, record_property):
    door.press("ring")
    begun = door.wait("ring.started")
    ring = begun["data"]["ring"]
    (first,) = shown(notified, ring, 1, door, service)
    pressed = datetime.fromisoformat(begun["time"]).timestamp()
    record_property("milliseconds from the press to the notification", round(1000 * (first[3] - pressed)))
    assert first[1:3] == ["Front door · Bell", "A visitor rings."]
    door.post("/v1/doors/front/open")
    assert shown(notified, ring, 2, door, service)[1][2] == "The door was opened by unix."
    alive = (
        "navigator.serviceWorker.ready.then((r) => r.getNotifications())"
        ".then((found) => { window.alive = found.map(({ tag }) => tag); }); true"
    )
    notified.value(alive)
    until(lambda: notified.value("window.alive") == [ring], "one notification in place of two")


def test_the_page_lists_this_device_and_its_switch_removes_it(notified, door):
    notified.shows("#push-list", "this device")
    notified.click("#push")
    until(lambda: not door.get("/v1/push")["subscriptions"], "its removal")
    subscribed = (
        "navigator.serviceWorker.ready.then((r) => r.pushManager.getSubscription())"
        ".then((found) => { window.left = found === null; }); true"
    )
    notified.value(subscribed)
    until(lambda: notified.value("window.left"), "no subscription in the browser")


def test_a_hushed_device_is_not_notified_and_again_when_it_may_ring(notified, door):
    notified.click("#hush")
    until(lambda: not door.get("/v1/push")["subscriptions"], "its removal")
    notified.shows("#push-said", "not to be disturbed")
    notified.click("#hush")
    until(lambda: door.get("/v1/push")["subscriptions"], "its return", START_S)


def test_a_page_that_the_station_has_forgotten_asks_again_when_it_is_opened(notified, anna, door):
    (made,) = door.get("/v1/push")["subscriptions"]
    door.ask("DELETE", f"/v1/push/{made['id']}")
    anna.home()
    until(lambda: door.get("/v1/push")["subscriptions"], "its return", START_S)


def test_the_language_of_the_page_is_that_of_the_notifications(notified, anna, door):
    (made,) = door.get("/v1/push")["subscriptions"]
    assert made["language"] == "en"
    notified.value("localStorage.setItem('language', 'fr')")
    notified.open(anna.url)
    live(notified)

    def followed():
        (now,) = door.get("/v1/push")["subscriptions"]
        return (now["id"], now["language"]) == (made["id"], "fr")

    until(followed, "French", START_S)
    notified.value("localStorage.removeItem('language')")
    anna.home()


LOGINS = """(async () => {
  const headers = { Authorization: "Bearer " + %s };
  for (let each = 0; each < 16; each += 1) await fetch("v1/session", { method: "POST", headers, credentials: "omit" });
  window.done = true;
})(); true"""


def test_a_logout_ends_the_notifications_also_of_a_login_before(notified, anna, door):
    token = door.post("/v1/tokens", {"name": "again", "scopes": ["view"]})["text"]
    link = f"{anna.url}#token={token}"

    def subscribed(after):
        return [each for each in door.get("/v1/push")["subscriptions"] if each["created"] > after]

    log_in(notified, link)
    live(notified)
    (made,) = until(lambda: [each for each in subscribed("") if each["client"] == "http:again"], "the device", START_S)
    notified.value(LOGINS % json.dumps(token))  # a token has 16 sessions: that of the page has ended
    until(lambda: notified.value("window.done"), "the other logins", START_S)
    until(lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") > made["created"], "a later second")
    log_in(notified, link)
    live(notified)
    (now,) = until(lambda: subscribed(made["created"]), "that of this login", START_S)
    assert (now["id"], now["client"]) == (made["id"], "http:again")
    notified.value("location.hash = 'more'")
    notified.click("#logout")
    until(lambda: not door.get("/v1/push")["subscriptions"], "its removal", START_S)
