"""The station's own page, the directory for a display at the door, and the reference: plain files, no build step.

What a page loads has an address that names its content, so browsers keep it for good and ask for nothing again. Its
modules come as one file; those of screens that are seldom opened come later, each with its markup and texts.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import Scope

from appliance.api.answers import etags, joined
from appliance.api.http.problems import ServedFile

FILES = Path(__file__).parents[1] / "web"
PAGES = {"index.html": "/", "display.html": "/display", "reference.html": "/docs"}
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
ICONS = "icons.svg"
LOADED = re.compile(r'(?:type="module" )?(src|href|data-script|data-markup)="([\w.-]+\.(?:js|css|html))"')
ENTRY = re.compile(r'type="module" src="([\w-]+\.js)"')
LATER = re.compile(r'data-later="(\w+)"[^>]*? data-script="([\w-]+\.js)"[^>]*? data-texts="([\w ]+)"')
MADE = re.compile(r"/[\w.-]+\.[0-9a-f]{16}\.(?:js|css|svg|html)|/texts/[\w.]+\.json")  # addresses of no file's own
KEPT = "public, max-age=31536000, immutable"
ASKED_FOR = "no-cache"


def _path(file: Path) -> str:
    name = file.relative_to(FILES).as_posix()
    return PAGES.get(name, f"/{name}")


_BY_PATH = {_path(file): file for file in sorted(FILES.rglob("*")) if file.suffix in TYPES}


class _Files(Route):
    """One route for all files of the page: a route for each would take 2 kB of memory. Other paths do not match."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope.get("path", "")
        known = path in _BY_PATH or (MADE.fullmatch(path) is not None and path in _site().made)
        return super().matches(scope) if known else (Match.NONE, {})


class _Site:
    """The pages as they are sent, and what they load by its address; all as gzip has it, a quarter of its size."""

    def __init__(self) -> None:
        self.made: dict[str, tuple[bytes, str]] = {}  # by its path, with how long browsers keep it
        self._icons = self._load(ICONS, _read(ICONS))
        for name, path in PAGES.items():
            self.made[path] = _zip(self._page(_read(name))), ASKED_FOR
        for path, texts in _texts(LATER.findall(_read("index.html"))):
            self.made[path] = _zip(json.dumps(texts, ensure_ascii=False, separators=(",", ":"))), ASKED_FOR

    def _page(self, text: str) -> str:
        """The page with the addresses of what it loads."""
        addresses = self._scripts(text)

        def load(found: re.Match[str]) -> str:
            name = found[2]
            address = addresses.get(name) or self._load(name, joined.lean(_read(name)))
            return found[0].replace(f'"{name}"', f'"{address}"')

        return joined.lean(LOADED.sub(load, text))

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
        first = self._load(entry, joined.joined(FILES, modules, others))
        return {entry: first} | {
            name: self._load(name, joined.taken(first, shared[name]) + joined.joined(FILES, own))
            for name, own in later.items()
        }

    def _load(self, name: str, text: str) -> str:
        """Have a text under an address that names its content; returns the address, relative to the pages."""
        if name != ICONS:
            text = text.replace(f"{ICONS}#", f"{self._icons}#")
        stem, suffix = name.rsplit(".", 1)
        address = f"{stem}.{hashlib.sha256(text.encode()).hexdigest()[:16]}.{suffix}"
        self.made[f"/{address}"] = _zip(text), KEPT
        return address


def _read(name: str) -> str:
    return (FILES / name).read_text(encoding="utf-8")


def _texts(later: list[tuple[str, str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """The texts of each language by their paths: those of the first picture, and of each part that comes later."""
    for file in (FILES / "texts").glob("??.json"):
        rest = json.loads(file.read_text(encoding="utf-8"))
        for part, _, kinds in later:
            own = {key: rest.pop(key) for key in list(rest) if key.split(".")[0] in kinds.split()}
            yield f"/texts/{file.stem}.{part}.json", own
        yield f"/texts/{file.name}", rest


@cache
def _site() -> _Site:
    """Made once, when a browser first asks for it."""
    return _Site()


def _zip(text: str) -> bytes:
    import gzip  # noqa: PLC0415 - only once a browser asks

    return gzip.compress(text.encode(), mtime=0)


@cache
def _packed(file: Path) -> bytes:
    return _zip(file.read_text(encoding="utf-8"))


async def _file(request: Request) -> Response:
    path, site = request.scope["path"], _site()
    kind = TYPES[(_BY_PATH[path] if path in _BY_PATH else Path(path)).suffix]
    plain = "range" in request.headers or "gzip" not in request.headers.get("accept-encoding", "")
    if path in site.made:
        packed, kept = site.made[path]
        return _answer(request, packed, kind, kept, plain=plain)
    if plain:
        headers = {"Cache-Control": ASKED_FOR, "Vary": "Accept-Encoding"}
        return ServedFile(_BY_PATH[path], media_type=kind, headers=headers)
    return _answer(request, _packed(_BY_PATH[path]), kind, ASKED_FOR, plain=False)


def _answer(request: Request, packed: bytes, kind: str, cache_control: str, *, plain: bool) -> Response:
    """Answer with a text as gzip has it, or plain; or that the browser has it."""
    tag = etags.tag({"plain" if plain else "gzip": hashlib.sha256(packed).hexdigest()})
    headers = {"Cache-Control": cache_control, "Vary": "Accept-Encoding", "ETag": tag}
    if etags.same(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    if plain:
        import gzip  # noqa: PLC0415 - hardly a browser asks for it

        return Response(gzip.decompress(packed), media_type=kind, headers=headers)
    return Response(packed, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})


# A plain route: it takes no parameters, and is not described.
router = Router([_Files("/{file:path}", _file, methods=["GET"], include_in_schema=False)])
