"""The pages for people who use a screen reader, or see little: what axe-core finds."""

from importlib.resources import files

import pytest

from tests.api import fake
from tests.api.browser import ANSWER_S, START_S
from tests.api.conftest import opened, show
from tests.api.test_page_views import shows_rows
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

ALL = "minor", "moderate", "serious", "critical"
SOURCE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
AXE = f"window.loadAxe = () => {{ {SOURCE}\n}}; 0"


def serious(page, options=""):
    """What axe-core finds on the page, as far as it keeps people from using it."""
    return violations(page, "serious", "critical", options=options)


def violations(page, *impacts, options=""):
    """What axe-core finds on the page, of these impacts or of any. options: more of them for its run."""
    if page.value("'loadAxe' in window") is False:  # half a megabyte, which the browser reads once for each page
        page.value(AXE)
    page.value("loadAxe()")  # again each time, as it remembers what was hidden in its last run
    # Describing what passes, and how to select it, takes several times as long as all the checks.
    told = f"{{resultTypes: ['violations'], selectors: false, {options}}}"
    page.value(f"window.found = null; axe.run({told}).then(({{violations}}) => {{ window.found = violations; }}); 0")
    until(lambda: page.value("window.found !== null"), "axe-core", ANSWER_S)
    heavy = f"window.found.filter(({{impact}}) => {list(impacts or ALL)}.includes(impact))"
    return page.value(f"{heavy}.map(({{id, nodes}}) => [id, ...nodes.map(({{html}}) => html)])")


@pytest.fixture(params=["light", "dark"])
def scheme(page, request):
    with page.scheme(request.param):
        dark = "matchMedia('(prefers-color-scheme: dark)').matches"
        until(lambda: page.value(dark) is (request.param == "dark"), request.param, START_S)
        yield request.param


def test_axe_core_finds_nothing_serious_on_the_page(page, shared, station, scheme):
    calls = [fake.call("c-1", state="incoming", direction="incoming", connected_since=None), fake.call("c-2")]
    station.state["calls"] = calls
    station.state["conferences"] = [fake.conference()]
    station.state["doors"] = [fake.door("front", state="unlocked", unlocked=True), fake.door("yard", available=False)]
    station.state["accounts"] = [fake.account("office") | {"state": "failed", "code": 403, "explanation": "Check it."}]
    station.findings = [{"check": "a", "level": "problem", "message": "M.", "cause": "C.", "resolution": "R."}]
    station.call_log.rows.append(fake.logged())
    station.recordings.add()
    opened(page, shared, station, "recordings")
    shows_rows(page, "#recordings", "Kitchen")
    show(page, "history")
    shows_rows(page, "#history .line", "Kitchen")
    show(page, "system")
    page.click("#examine")
    page.shows("#findings", "M.")
    shared.tell("custom", note="an event")
    page.shows("#events", "custom")
    page.value("for (const each of document.querySelectorAll('[data-view]')) each.hidden = false")
    assert serious(page) == []
    # Firefox has heard nothing for as long as axe-core computes: if that was long, it takes no order until it is back.
    opens = "document.querySelector('[data-key=\"c-2 transfer\"]').click(); document.querySelector('#transfer').open"
    until(lambda: page.value(opens), "the transfer", START_S)
    page.shows("#transfer", "Transfer Kitchen")
    assert serious(page) == []


def test_axe_core_finds_nothing_serious_on_the_display_and_the_login(page, shared, station, scheme):
    opened(page, shared, station)
    page.open(f"{shared.bound.url}display")
    page.shows("#directory", "Miller")
    assert serious(page) == []
    page.value("fetch('/v1/session', {method: 'DELETE'}).then(() => { location.pathname = '/'; })")
    page.shows("#link-text", "logged out")
    assert serious(page) == []


def test_axe_core_finds_a_fault_that_is_put_there(page, shared):
    page.open(shared.bound.url)
    page.shows("#link-text", "logged out")
    page.value("document.querySelector('#login').append(document.createElement('button'))")
    assert [fault for fault, *_ in serious(page)] == ["button-name"]
