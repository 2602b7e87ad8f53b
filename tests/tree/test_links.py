"""Links in documents lead to files and headings that exist, and the index leads to every page."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), ROOT / "client/README.md", *DOCS.rglob("*.md"), *(ROOT / "tests").rglob("README.md")]
)
LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCED = re.compile(r"(?ms)^ *```.*?^ *```$")
OWN = ("explanation/decisions", "how-to/programs")  # parts with an index of their own
PICTURES = {".svg", ".png"}


def prose(page):
    """The text of a page without its code blocks."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page):
    """The relative links of a page: file and anchor, which may be empty."""
    for target in LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", target):
            file, _, anchor = target.partition("#")
            yield (page.parent / unquote(file)).resolve() if file else page, anchor


def anchors(page):
    """The anchors that a page's headings get, as GitHub makes them."""
    seen = Counter()
    for heading in re.findall(r"(?m)^#+ (.+)$", prose(page)):
        plain = LINK.sub("]", heading).replace("&lt;", "<")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        yield f"{slug}-{seen[slug]}" if seen[slug] else slug
        seen[slug] += 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_relative_link_is_dead(page):
    dead = []
    for file, anchor in links(page):
        if not file.exists():
            dead.append(f"{file} is not there")
        elif anchor and anchor not in anchors(file):
            dead.append(f"{file} has no heading for #{anchor}")
    assert not dead, f"{page.relative_to(ROOT)}: {dead}"


@pytest.mark.parametrize(
    "index", [DOCS / "index.md", *(DOCS / part / "index.md" for part in OWN)], ids=["docs", "decisions", "programs"]
)
def test_an_index_leads_to_every_page_below_it(index):
    below = {path for path in index.parent.rglob("*") if path.is_file() and path.suffix not in PICTURES} - {index}
    if index == DOCS / "index.md":
        below = {path for path in below if path.name == "index.md" or path.parent not in {DOCS / part for part in OWN}}
    missing = below - {file for file, _ in links(index)}
    assert not missing, (
        f"{index.relative_to(ROOT)} does not link {sorted(str(path.relative_to(DOCS)) for path in missing)}"
    )


def test_the_readme_links_every_guide():
    guides = set((DOCS / "how-to").glob("*.md"))
    assert guides <= {file for file, _ in links(ROOT / "README.md")}
