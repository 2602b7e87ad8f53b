"""What browsers load for a page: few files, each under an address that names its content, so they keep it."""

import gzip
import re
from xml.etree import ElementTree as ET

import pytest

from appliance.api.answers.site import FILES, PAGES
from tests.api import fake
from tests.api.conftest import opened

LOADED = re.compile(r'(?:src|href)="([\w-]+\.[0-9a-f]{16}\.(?:js|css))"')


STYLE = re.sub(r"/\*.*?\*/", "", (FILES / "style.css").read_text(encoding="utf-8"), flags=re.DOTALL)
USED = "".join(each.read_text(encoding="utf-8") for each in FILES.rglob("*") if each.suffix in {".html", ".js"})


def test_every_style_and_every_icon_is_used():
    selectors = "".join(re.findall(r"([^{}]+)\{", STYLE))
    names = {*re.findall(r"[.#](-?[a-zA-Z][\w-]*)", selectors)}
    names |= {*re.findall(r'<path id="(\w+)"', (FILES / "icons.svg").read_text(encoding="utf-8"))}
    assert {name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", USED)} == set()
    assert {name for name in re.findall(r"(--[\w-]+):", STYLE) if f"var({name})" not in STYLE} == set()


@pytest.mark.parametrize("page", PAGES.values())
def test_what_a_page_loads_is_kept_by_browsers_and_the_page_itself_asked_for(client, page):
    answer = client.get(page)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    names = LOADED.findall(answer.text)
    assert len(names) == (3 if page == "/" else 4), "a style or two, the first script, and all modules as one"
    for name in names:
        sent = client.get(f"/{name}")
        assert (sent.status_code, sent.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert sent.headers["content-encoding"] == "gzip"
        plain = client.get(f"/{name}", headers={"Accept-Encoding": "identity"})
        assert ("content-encoding" in plain.headers, plain.text) == (False, sent.text)
        assert plain.headers["etag"] != sent.headers["etag"]
        known = client.get(f"/{name}", headers={"If-None-Match": sent.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")


def test_an_address_with_another_content_is_not_there(client):
    name = LOADED.findall(client.get("/").text)[0]
    stem, _, suffix = name.split(".")
    assert client.get(f"/{stem}.{'0' * 16}.{suffix}").status_code == 404


def test_the_drawings_are_kept_too(client):
    (script,) = [name for name in LOADED.findall(client.get("/").text) if name.startswith("app.")]
    icons = set(re.findall(r"icons\.[0-9a-f]{16}\.svg", client.get(f"/{script}").text))
    assert len(icons) == 1
    drawings = client.get(f"/{icons.pop()}")
    assert "immutable" in drawings.headers["cache-control"]
    names = {each.get("id") for each in ET.fromstring(drawings.text)}  # browsers draw nothing of broken XML
    assert {"home", "key", "phone"} <= names


def test_what_the_page_needs_at_its_opening_is_small(client):
    """Kilobytes as gzip has them: with 1.6 Mbit/s, 100 kB take half a second."""
    names = ["/", *(f"/{name}" for name in LOADED.findall(client.get("/").text)), "/icons.svg", "/texts/de.json"]
    sizes = {name.partition(".")[0]: len(gzip.compress(client.get(name).content)) for name in names}
    assert sum(sizes.values()) < 45_000, sizes


ASKED = """performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)"""


@pytest.mark.far_end
def test_a_ring_is_shown_after_few_questions_and_none_is_asked_twice(page, shared, station):
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    opened(page, shared, station)
    page.reload()
    page.shows("#ring .who", "Kitchen")
    asked = [re.sub(r"\.[0-9a-f]{16}\.", ".", path) for path in page.value(ASKED)]
    first = {"/style.css", "/first.js", "/app.js", "/texts/en.json", "/v1/session", "/v1/state"}
    assert first <= set(asked)
    assert sorted(path for path in asked if path in first) == sorted(first)
    assert [path for path in asked if path.endswith(".js")][:2] == ["/first.js", "/app.js"]
