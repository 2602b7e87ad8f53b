"""A page of which a part did not come, as when a phone changes its network while it loads, comes again by itself."""

import gzip
import secrets

import pytest

from appliance.api.routes import pages
from tests.api.browser import START_S, live
from tests.api.conftest import opened
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

ASKED = "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('%s'))"
WHOLE = """document.documentElement.dataset.started === 'yes' &&
  getComputedStyle(document.querySelector('#too-old')).display === 'none'"""
# Each wait that the page begins; and a script that the station does not have.
WAITS = "window.waits = []; window.setTimeout = ((wait) => (act, ms) => waits.push(ms) && wait(act, ms))(setTimeout)"
MISSING = """{
  const script = Object.assign(document.createElement("script"), { src: "%s" });
  script.onerror = () => { window.missing = true; };
  document.head.append(script);
}"""
AGAIN_MS = 2000


def renamed(part):
    """The files of the page, with this one under a name that no browser has kept; and its path."""
    files = pages._site()
    (old,) = (path.removeprefix("/") for path in files if path.startswith(f"/{part}."))
    new = f"{part}.{secrets.token_hex(8)}.{old.rpartition('.')[2]}"

    def changed(packed):
        return gzip.compress(gzip.decompress(packed).replace(old.encode(), new.encode()))

    return {path.replace(old, new): (changed(packed), kept) for path, (packed, kept) in files.items()}, f"/{new}"


@pytest.mark.parametrize(("part", "where"), [("app", ""), ("style", ""), ("display", "display"), ("reference", "docs")])
def test_a_page_of_which_a_part_did_not_come_comes_again_by_itself(page, shared, monkeypatch, part, where):
    whole, path = renamed(part)
    monkeypatch.setattr(pages, "_site", lambda: whole)
    with monkeypatch.context() as cut:
        cut.setattr(pages, "_site", lambda: {each: whole[each] for each in whole if each != path})
        page.open(f"{shared.bound.url}{where}")
        until(lambda: page.value(ASKED % path), path, START_S)
        assert page.value(WHOLE) is False
    until(lambda: page.value(WHOLE), "the whole page", START_S)


def test_a_script_that_a_proxy_has_added_and_that_does_not_come_changes_nothing(page, shared, station):
    with page.first(WAITS):
        opened(page, shared, station)
        for name, again in (("cdn-cgi/beacon.min.js", False), ("app.0123456789abcdef.js", True)):
            page.value("window.missing = false")
            page.value(MISSING % name)
            until(lambda: page.value("window.missing"), f"{name} does not come", START_S)
            assert page.value(f"window.waits.includes({AGAIN_MS})") is again, name
        until(lambda: page.value("window.missing === undefined"), "the page again", START_S)
        live(page)
