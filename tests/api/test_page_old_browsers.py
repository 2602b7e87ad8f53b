"""The page in the oldest browsers that it supports, which hang on walls: Safari 15, Chrome 94, Firefox 91.

What one of them lacks is not in the page's files, or has a substitute there; and browsers of today from which it has
been removed can do all that residents do.
"""

import operator
import re

import pytest

from appliance.api.answers.site import FILES
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from tests.api import fake
from tests.api.conftest import TOKEN, hold, log_in, opened, rings
from tests.api.test_page_talk import GIVEN
from tests.support.waiting import until

# Property, and the first Safari, Chrome and Firefox that have it.
LACKING = {
    "Array.prototype.at": (15.4, 92, 90),
    "String.prototype.at": (15.4, 92, 90),
    "Array.prototype.findLast": (15.4, 97, 104),
    "Array.prototype.findLastIndex": (15.4, 97, 104),
    "Array.prototype.toSorted": (16, 110, 115),
    "Array.prototype.toReversed": (16, 110, 115),
    "Array.prototype.toSpliced": (16, 110, 115),
    "Array.prototype.with": (16, 110, 115),
    "Array.fromAsync": (16.4, 121, 115),
    "Object.hasOwn": (15.4, 93, 92),
    "Object.groupBy": (17.4, 117, 119),
    "Map.groupBy": (17.4, 117, 119),
    "Promise.withResolvers": (17.4, 119, 121),
    "Promise.try": (18.2, 128, 134),
    "Set.prototype.union": (17, 122, 127),
    "Set.prototype.difference": (17, 122, 127),
    "AbortSignal.timeout": (16, 103, 100),
    "AbortSignal.any": (17.4, 116, 124),
    "AbortSignal.prototype.throwIfAborted": (15.4, 100, 97),
    "Response.json": (17, 105, 115),
    "URL.canParse": (17, 120, 115),
    "structuredClone": (15.4, 98, 94),
    "BroadcastChannel": (15.4, 54, 38),
    "reportError": (15.4, 95, 93),
    "crypto.randomUUID": (15.4, 92, 95),
    "HTMLDialogElement.prototype.showModal": (15.4, 37, 98),
    "HTMLDialogElement.prototype.show": (15.4, 37, 98),
    "HTMLDialogElement.prototype.close": (15.4, 37, 98),
    "HTMLElement.prototype.showPopover": (17, 114, 125),
    "Element.prototype.checkVisibility": (17.4, 105, 106),
    "Element.prototype.setHTMLUnsafe": (17.4, 124, 123),
    "HTMLElement.prototype.inert": (15.5, 102, 112),
    "Intl.DurationFormat": (18.4, 129, 136),
    "Intl.Segmenter": (14.1, 87, 125),
    "navigator.userActivation": (16.4, 72, 120),
    "navigator.locks": (15.4, 69, 96),
    "scheduler": (99, 94, 142),
    "requestIdleCallback": (99, 47, 55),
}
OURS = (15, 94, 91)


def remove(path):
    owner, _, name = path.rpartition(".")
    owner = owner or "globalThis"
    found = f"typeof {owner.split('.')[0]} !== 'undefined'"
    return f"if ({found}) {{ delete {owner}[{name!r}]; delete Object.getPrototypeOf({owner})?.[{name!r}]; }}"


OLD = "; ".join(remove(path) for path in LACKING)
SYNTAX = {
    "a look behind in a regular expression (Safari 16.4)": r"\(\?<[=!]",
    "a static block (Safari 16.4)": r"\bstatic \{",
    "#x in object (Firefox 90, Safari 15)": r"#\w+ in ",
    "an import with attributes": r"\bwith \{ type:",
}
STYLES = {  # each only with a substitute before it, in the same rule
    r"\d[dsl]vh\b": r"\d+vh;",
    r"color-mix\(": r"background: var\(",
}
NO_SUBSTITUTE = (r":has\(", r"@layer", r"@container", r"text-wrap:", r"light-dark\(", r"^\s+&", r"oklch\(", r"\blh\b")
SCRIPTS = sorted(FILES.rglob("*.js"))
# The page asks whether it exists, or a method of others has the name too.
CHECKED = {"navigator.locks", *(f"HTMLDialogElement.prototype.{name}" for name in ("showModal", "show", "close"))}


def used(path):
    """What a script that uses the property looks like."""
    owner, _, name = path.rpartition(".")
    if owner.endswith(".prototype"):
        return rf"\.{name}\(" if name != "inert" else r"\.inert\b"
    return rf"\b{re.escape(path)}\b"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_use_nothing_that_a_supported_browser_lacks(script):
    text = script.read_text(encoding="utf-8")
    old = (path for path, since in LACKING.items() if any(map(operator.gt, since, OURS)))
    assert [path for path in old if path not in CHECKED and re.search(used(path), text)] == []
    assert [what for what, pattern in SYNTAX.items() if re.search(pattern, text)] == []


def test_each_rule_of_the_style_has_what_older_browsers_read():
    rules = re.findall(r"[^{}]+\{[^{}]*\}", (FILES / "style.css").read_text(encoding="utf-8"))
    for newer, older in STYLES.items():
        assert [
            rule for rule in rules if re.search(newer, rule) and not re.search(older, re.split(newer, rule)[0])
        ] == []
    assert [rule for rule in rules for each in NO_SUBSTITUTE if re.search(each, rule, re.MULTILINE)] == []


@pytest.mark.far_end
def test_what_old_browsers_lack_is_really_removed(page, shared):
    with page.first(OLD):
        page.open(f"{shared.bound.url}display")
        until(lambda: page.value("document.readyState") == "complete", "the page")
        there = [
            path
            for path in LACKING
            if page.value(f"(() => {{ try {{ return {path} !== undefined; }} catch {{ return false; }} }})()")
        ]
    assert there == []


@pytest.mark.far_end
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_shows_the_house_and_takes_orders_in_an_old_browser(page, shared, station, language):
    with page.first(OLD), page.languages(language):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        page.shows("#doors", {"en": "Hold to open", "de": "Zum Öffnen halten"}[language])
        hold(page, '[data-door="front"] button', lambda: station.requests)
        assert station.requests == [(inputs.OpenDoor("front", None), "http:token")]
        rings(station, shared, "c-1")
        page.shows("#ring", "Kitchen")
        page.click('[data-key="c-1 answer"]')
        until(lambda: len(station.requests) == 2)
        station.replies = fake.refused("conflict")
        page.click('[data-key="c-1 reject"]')
        page.shows("#banner", {"en": "That did not work", "de": "nicht"}[language])


@pytest.mark.far_end
def test_a_call_is_passed_on_in_a_browser_without_dialogs(page, shared, station):
    station.state["calls"] = [fake.call("c-1")]
    with page.first(OLD):
        opened(page, shared, station)
        hidden = "document.querySelector('#transfer').getClientRects().length === 0"
        assert page.value(hidden) is True
        page.click('[data-key="c-1 transfer"]')
        until(lambda: page.value(hidden) is False, "the box")
        page.type("#transfer-to", "201")
        page.click("#transfer-form [type=submit]")
        until(lambda: station.requests)
        until(lambda: page.value(hidden) is True, "no box")
        assert page.value("document.activeElement.dataset.key") == "c-1 transfer"


@pytest.mark.far_end
def test_a_browser_without_locks_talks_at_the_door(page, shared, station):
    station.refuses_offers = IntercomError(ErrorCode.CALL_WRONG_STATE, "The station is in another call.")
    station.state["calls"] = []
    with page.first(OLD):
        opened(page, shared, station)
        page.value(GIVEN)
        page.click("#to-talk")
        page.shows("#banner", "Somebody else talks at the door.")
        assert station.offers[0][0].startswith("v=0")


@pytest.mark.far_end
@pytest.mark.parametrize("where", ["", "display", "docs"])
@pytest.mark.parametrize("lacks", ["delete HTMLScriptElement.prototype.noModule", "delete Intl.DisplayNames"])
def test_a_browser_that_is_too_old_shows_a_sentence(page, shared, where, lacks):
    with page.first(lacks):
        page.open(f"{shared.bound.url}{where}")
        page.shows("#too-old", "It needs Safari 15, Chrome 94 or Firefox 91")


@pytest.mark.far_end
@pytest.mark.parametrize("where", ["", "display", "docs"])
def test_a_browser_that_blocks_cookies_and_storage_is_not_only_said_to_be_too_old(page, shared, where):
    blocks = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } })"
    with page.first(blocks):
        page.open(f"{shared.bound.url}{where}")
        page.shows("#too-old", "or blocks cookies")


@pytest.mark.far_end
def test_a_browser_of_today_shows_no_such_sentence(page, shared, station):
    opened(page, shared, station)
    page.value("setTimeout(() => { throw new Error('later'); })")
    shared.tell("custom")
    page.shows("#events", "custom")
    assert page.value("document.querySelector('#too-old').getClientRects().length") == 0
