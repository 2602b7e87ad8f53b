"""The station's own page, the directory for a display at the door, and the reference: plain files, no build step.

What a page loads has an address that names its content, so browsers keep it for good and ask for nothing again. Its
modules come as one file.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import Scope

from appliance.api.answers import etags
from appliance.api.answers.joined import joined
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
LOADED = re.compile(r'(type="module" )?(src|href)="([\w-]+\.(?:js|css))"')
NAMED = re.compile(r"/[\w-]+\.[0-9a-f]{16}\.(?:js|css|svg)")  # the address of what a page loads
KEPT = "public, max-age=31536000, immutable"


def _path(file: Path) -> str:
    name = file.relative_to(FILES).as_posix()
    return PAGES.get(name, f"/{name}")


_BY_PATH = {_path(file): file for file in sorted(FILES.rglob("*")) if file.suffix in TYPES}


class _Files(Route):
    """One route for all files of the page: a route for each would take 2 kB of memory. Other paths do not match."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope.get("path", "")
        known = path in _BY_PATH or (NAMED.fullmatch(path) is not None and path in _site().loaded)
        return super().matches(scope) if known else (Match.NONE, {})


class _Site:
    """The pages as they are sent, and what they load by its address; all as gzip has it, a quarter of its size."""

    def __init__(self) -> None:
        self.loaded: dict[str, bytes] = {}
        self._icons = self._load(ICONS, (FILES / ICONS).read_text(encoding="utf-8"))
        self.pages = {path: _zip(self._page(FILES / name)) for name, path in PAGES.items()}

    def _page(self, file: Path) -> str:
        """The page with the addresses of what it loads."""

        def load(found: re.Match[str]) -> str:
            module, attribute, name = found.groups(default="")
            text = joined(FILES, name) if module else (FILES / name).read_text(encoding="utf-8")
            return f'{module}{attribute}="{self._load(name, text.replace(f"{ICONS}#", f"{self._icons}#"))}"'

        return LOADED.sub(load, file.read_text(encoding="utf-8"))

    def _load(self, name: str, text: str) -> str:
        """Have a text under an address that names its content; returns the address, relative to the pages."""
        stem, suffix = name.rsplit(".", 1)
        address = f"{stem}.{hashlib.sha256(text.encode()).hexdigest()[:16]}.{suffix}"
        self.loaded[f"/{address}"] = _zip(text)
        return address


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
    if path in site.loaded:
        return _answer(request, site.loaded[path], kind, KEPT, plain=plain)
    if path in site.pages:
        return _answer(request, site.pages[path], kind, "no-cache", plain=plain)
    if plain:
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        return ServedFile(_BY_PATH[path], media_type=kind, headers=headers)
    return _answer(request, _packed(_BY_PATH[path]), kind, "no-cache", plain=False)


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
