"""Screens that are seldom opened come after the first picture, each with its script, markup and texts."""

import gzip
import re
import secrets

import pytest

from appliance.api.answers import site
from appliance.api.routes import pages
from appliance.core import inputs
from appliance.core.model import AccessScope
from tests.api import fake
from tests.api.browser import START_S, live
from tests.api.conftest import TOKEN, hold, log_in, opened, show
from tests.support.waiting import until

LARGEST = 150_000  # bytes of all files of the page in one language, plain
TALK = 7_000  # and of those that come when somebody talks from a browser
PUSH = 8_500  # and of those for notifications, with the worker and the manifest
FIRST = re.compile(r'(?:src|href)="([\w.-]+\.(?:js|css))"')
LATER = re.compile(r'data-(?:script|markup)="([^"]+)"')
RULES = 6_000  # and of those for rules, which few stations have
SCRIPTS = {"push.js", "talk.js", "codes.js", "recordings.js", "setup.js", "rules.js"}
ASKED = "performance.getEntriesByType('resource').map(({ name, startTime }) => [new URL(name).pathname, startTime])"
AWAY = """{
  const real = window.fetch;
  window.away = true;
  window.fetch = (what, ...more) => (
    window.away && String(what).includes("setup.") ? Promise.reject(new TypeError()) : real(what, ...more));
}"""
HANGS = """{
  const real = window.fetch;
  window.away = true;
  window.fetch = (what, given) => (!window.away || !String(what).includes("setup.") ? real(what, given)
    : new Promise((_, reject) => given?.signal?.addEventListener("abort", () => reject(given.signal.reason))));
  window.setTimeout = ((wait) => (act, ms) => wait(act, ms === 30_000 ? 1000 : ms))(setTimeout);
}"""
WAITS = """{
  const real = window.fetch;
  const gone = new Promise((resolve) => { window.go = () => resolve() ?? true; });
  window.asks = 0;
  window.fetch = async (what, ...more) => {
    if (String(what).includes("sentences.")) {
      asks += 1;
      await gone;
    }
    return real(what, ...more);
  };
}"""


def size(client, path):
    return len(client.get(path, headers={"Accept-Encoding": "identity"}).content)


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_all_files_of_the_page_in_one_language_are_at_most_150_kilobytes_plain(client, language):
    """What a browser may ever ask for.

    The station's own sentences in German, talk from a browser, notifications and rules come beside.
    """
    page = client.get("/").text
    app = client.get("/" + next(name for name in FIRST.findall(page) if name.startswith("app."))).text
    names = {"", *FIRST.findall(page), *LATER.findall(page), "icon.svg", "icon-ring.svg"}
    names |= {*re.findall(r"icons\.[0-9a-f]{16}\.svg", app)}
    names |= {f"texts/{language}{part}.json" for part in ("", ".guests", ".recordings", ".setup")}
    talk = {name for name in names if name.startswith("talk.")}
    push = {name for name in names if name.startswith("push.")}
    rules = {name for name in names if name.startswith("rules.")}
    sizes = {name: size(client, f"/{name}") for name in names - talk - push - rules}
    assert sum(sizes.values()) <= LARGEST, sizes
    assert sum(size(client, f"/{name}") for name in talk | {f"texts/{language}.talk.json"}) <= TALK
    assert sum(size(client, f"/{name}") for name in rules | {f"texts/{language}.rules.json"}) <= RULES
    push |= {f"texts/{language}.push.json", "worker.js", "manifest.webmanifest"}
    assert sum(size(client, f"/{name}") for name in push) <= PUSH


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_each_part_has_its_files_and_no_text_is_there_twice(client, language):
    page = client.get("/").text
    named = LATER.findall(page)
    assert {re.sub(r"\.[0-9a-f]{16}\.", ".", name) for name in named if name.endswith(".js")} == SCRIPTS
    for name in named:
        answer = client.get(f"/{name}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, pages.KEPT)
    parts = [
        client.get(f"/texts/{language}{part}.json").json()
        for part in ("", ".push", ".talk", ".guests", ".recordings", ".setup", ".rules")
    ]
    assert sum(map(len, parts)) == len({key for part in parts for key in part})
    assert all(parts)


def test_a_later_script_takes_the_modules_of_the_first_and_has_none_of_them():
    made = site.Site().made
    first = next(name for name in FIRST.findall(made["/"]) if name.startswith("app."))
    own = set(re.findall(r"^const (_\w+_js) = await", made[f"/{first}"], re.MULTILINE))
    for name in (each for each in LATER.findall(made["/"]) if each.endswith(".js")):
        text = made[f"/{name}"]
        taken = re.match(r'import \{ ([^}]+) \} from "\./([^"]+)";\n', text)
        assert taken and taken[2] == first
        assert set(taken[1].split(", ")) <= own
        assert set(re.findall(r"^const (_\w+_js) = await", text, re.MULTILINE)) & own == set()


@pytest.mark.far_end
def test_a_ring_is_shown_before_anything_is_asked_for_that_comes_later(page, shared, station):
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    opened(page, shared, station)
    times = {re.sub(r"\.[0-9a-f]{16}\.", ".", path): start for path, start in page.value(ASKED)}
    assert {path[1:] for path in times if path.endswith(".js")} == {"first.js", "app.js"} | SCRIPTS
    assert all(times["/v1/state"] < times[f"/{name}"] for name in SCRIPTS)


@pytest.mark.far_end
def test_a_client_loads_no_screen_that_it_may_not_open(page, shared, station):
    _, token = station.tokens.add("tablet", (AccessScope.VIEW, AccessScope.DOOR), None)
    log_in(page, f"{shared.bound.url}#token={token}")
    page.shows("#link-text", "live")
    page.value("location.hash = 'system'")
    left = "[...document.querySelectorAll('template[data-later]')].map(({ dataset }) => dataset.later)"
    until(lambda: "push" not in page.value(left), "the one part that this client may open", START_S)
    assert page.value(left) == ["talk", "guests", "recordings", "setup", "rules"]
    asked = {re.sub(r"\.[0-9a-f]{16}\.", ".", path).removeprefix("/") for path, _ in page.value(ASKED)}
    assert asked & SCRIPTS == {"push.js"}
    assert page.value("document.body.dataset.place") == "home"


@pytest.mark.far_end
@pytest.mark.parametrize(
    ("language", "failed"), [("en", "This screen could not be loaded."), ("de", "konnte nicht geladen werden")]
)
def test_a_screen_that_does_not_come_says_so_and_comes_when_it_is_asked_for_again(
    page, shared, station, language, failed
):
    station.findings = [{"check": "a", "level": "problem", "message": "M.", "cause": "C.", "resolution": "R."}]
    with page.first(AWAY), page.languages(language):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        live(page)
        page.value("location.hash = 'system'")
        page.shows("#later-said", failed)
        page.click("#later-again")
        page.shows("#later-said", failed)
        # In one step: the page asks by itself, too, and then needs the button no more.
        page.value("window.away = false; document.querySelector('#later-again').click()")
        page.shows("#findings", "M.")
        assert page.value("document.querySelector('#later').hidden") is True


@pytest.mark.far_end
def test_a_screen_whose_files_get_no_answer_says_so_and_comes_when_it_is_asked_for_again(page, shared, station):
    station.findings = [{"check": "a", "level": "problem", "message": "M.", "cause": "C.", "resolution": "R."}]
    with page.first(HANGS):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        live(page)
        page.value("location.hash = 'system'")
        page.shows("#later-said", "This screen could not be loaded.")
        page.value("window.away = false; document.querySelector('#later-again').click()")
        page.shows("#findings", "M.")


@pytest.mark.far_end
def test_a_screen_that_did_not_come_comes_with_the_next_connection(page, shared, station):
    with page.first(AWAY):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        page.shows("#link-text", "live")
        page.value("location.hash = 'accounts'")
        page.shows("#later-said", "could not be loaded")
        page.value("window.away = false; dispatchEvent(new Event('online'))")
        until(lambda: page.value("document.querySelector('#accounts .card') !== null"), "the accounts")
        assert page.value("document.querySelector('#later').hidden") is True


def renamed():
    """The files of the page, with the script of the set-up under a name that no browser has kept; and its path."""
    files = pages._site()
    (old,) = (path for path in files if re.fullmatch(r"/setup\.\w{16}\.js", path))
    new = f"/setup.{secrets.token_hex(8)}.js"

    def changed(packed):
        return gzip.compress(gzip.decompress(packed).replace(old[1:].encode(), new[1:].encode()))

    return {path.replace(old, new): (changed(packed), kept) for path, (packed, kept) in files.items()}, new


@pytest.mark.far_end
def test_a_screen_of_an_updated_station_comes_when_it_is_asked_for_again(page, shared, station, monkeypatch):
    station.findings = [{"check": "a", "level": "problem", "message": "M.", "cause": "C.", "resolution": "R."}]
    (before, path), (after, _) = renamed(), renamed()
    monkeypatch.setattr(pages, "_site", lambda: {each: before[each] for each in before if each != path})
    log_in(page, f"{shared.bound.url}#token={TOKEN}")
    live(page)
    page.value("location.hash = 'system'")
    page.shows("#later-said", "This screen could not be loaded.")
    monkeypatch.setattr(pages, "_site", lambda: after)
    page.click("#later-again")
    page.shows("#findings", "M.")


@pytest.mark.far_end
def test_each_view_begins_at_its_top(page, shared, station):
    """Browsers scroll to an element whose id is the fragment of the address."""
    station.findings = [
        {"check": f"c{n}", "level": "problem", "message": "M.", "cause": "C.", "resolution": "R."} for n in range(9)
    ]
    with page.screen(800, 480):
        opened(page, shared, station, "system")
        page.shows("#findings", "M.")
        for view in ("panel", "sound", "accounts", "events", "directory", "history", "recordings"):
            page.value("scrollTo(0, 200)")
            show(page, view)
            until(lambda: page.value("scrollY") == 0, f"the top of {view}")


@pytest.mark.far_end
def test_translations_that_come_while_a_door_is_held_do_not_take_its_button_away(page, shared, station):
    with page.first(WAITS), page.languages("de"):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        until(lambda: page.value("window.asks > 0"), "a question for the translations", START_S)
        hold(page, '[data-door="front"] button', lambda: page.value("window.go()") and station.requests)
        assert station.requests == [(inputs.OpenDoor("front", None), "http:token")]
