"""The files of the page as browsers get them, each under an address that names its content, so they keep it for good.

The modules of a page come as one file; those of screens that are seldom opened come later, each with its markup and
texts. A clone makes these files when a browser first asks; `packaging/page` makes smaller ones for the package.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from appliance.api.answers import joined

FILES = Path(__file__).parents[1] / "web"
BUILT = Path(__file__).parents[1] / "built"  # the files of the package
PAGES = {"index.html": "/", "display.html": "/display", "reference.html": "/docs"}
ICONS = "icons.svg"
LOADED = re.compile(r'(?:type="module" )?(src|href|data-script|data-markup)="([\w.-]+\.(?:js|css|html))"')
ENTRY = re.compile(r'type="module" src="([\w-]+\.js)"')
LATER = re.compile(r'data-later="(\w+)"[^>]*? data-script="([\w-]+\.js)"[^>]*? data-texts="([\w ]+)"')
REFERENCE = ("reference", "reference.js", "reference")  # texts that only the page of the reference asks for


def files() -> dict[str, str]:
    """The files by their paths under the station's address."""
    if not BUILT.is_dir():
        return Site().made
    names = (each.relative_to(BUILT).as_posix() for each in BUILT.rglob("*.*"))
    return {PAGES.get(name, f"/{name}"): (BUILT / name).read_text(encoding="utf-8") for name in names}


class Site:
    """The pages, and what they load by its address, made from the files in the tree."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self._icons = self._load(ICONS, self.shrink(ICONS, _read(ICONS)))
        for name, path in PAGES.items():
            self.made[path] = self._page(_read(name))
        for path, texts in _texts([*LATER.findall(_read("index.html")), REFERENCE]):
            self.made[path] = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))

    def _page(self, text: str) -> str:
        """The page with the addresses of what it loads."""
        addresses = self._scripts(text)

        def load(found: re.Match[str]) -> str:
            name = found[2]
            address = addresses.get(name) or self._load(name, self.shrink(name, _read(name)))
            return found[0].replace(f'"{name}"', f'"{address}"')

        return self.shrink("index.html", LOADED.sub(load, text))

    def _scripts(self, page: str) -> dict[str, str]:
        """The addresses of the page's modules, and of those that come later, by the names of their entries."""
        entry = ENTRY.findall(page)[0]
        modules = joined.order(FILES, entry)
        later = {
            name: [each for each in joined.order(FILES, name) if each not in modules]
            for _, name, _ in LATER.findall(page)
        }
        shared = {
            name: [each for each in modules if any(each in joined.imported(FILES, one) for one in own)]
            for name, own in later.items()
        }
        others = [each for each in modules if any(each in names for names in shared.values())]
        first = self._load(entry, self.join(entry, modules, others))
        return {entry: first} | {
            name: self._load(name, self.join_later(name, own, shared[name], first)) for name, own in later.items()
        }

    def shrink(self, _name: str, text: str) -> str:
        """A file as browsers get it: without what only people read."""
        return joined.lean(text)

    def join(self, _entry: str, modules: Collection[str], others: Collection[str]) -> str:
        """The modules of a page as one file. others: the names that later files import."""
        return joined.joined(FILES, modules, others)

    def join_later(self, _entry: str, modules: Collection[str], shared: Collection[str], first: str) -> str:
        """The modules of a part that comes later. shared: the modules that the file at the address `first` has."""
        return joined.taken(first, shared) + joined.joined(FILES, modules)

    def _load(self, name: str, text: str) -> str:
        """Have a text under an address that names its content; returns the address, relative to the pages."""
        if name != ICONS:
            text = text.replace(f"{ICONS}#", f"{self._icons}#")
        stem, suffix = name.rsplit(".", 1)
        address = f"{stem}.{hashlib.sha256(text.encode()).hexdigest()[:16]}.{suffix}"
        self.made[f"/{address}"] = text
        return address


def _read(name: str) -> str:
    return (FILES / name).read_text(encoding="utf-8")


def _texts(later: list[tuple[str, str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """The texts of each language by their paths: of the first picture, and of each part that comes later."""
    for file in (FILES / "texts").glob("??.json"):
        rest = json.loads(file.read_text(encoding="utf-8"))
        for part, _, kinds in later:
            own = {key: rest.pop(key) for key in list(rest) if key.split(".")[0] in kinds.split()}
            yield f"/texts/{file.stem}.{part}.json", own
        yield f"/texts/{file.name}", rest
