"""The station's own page, the directory for a display at the door, the reference, and how to trust the station.

What a page loads has an address that names its content, so browsers keep it for good and ask for nothing again
(`site.py`). The plain files are there, too.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import Scope

from appliance.api.answers import etags, site
from appliance.api.answers.site import FILES, PAGES
from appliance.api.http.problems import ServedFile

TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
NAMED = r"/[\w.-]+\.[0-9a-f]{16}\.(?:js|css|svg|html)"  # by its content
MADE = re.compile(rf"{NAMED}|/texts/[\w.]+\.json")  # addresses of no file's own
ACCEPTS_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)  # "gzip;q=0" does not
TRUST = ("/trust", "/trust.crt", "/trust.mobileconfig")  # made for each request
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
        known = path in _BY_PATH or path in TRUST or (MADE.fullmatch(path) is not None and path in _site())
        return super().matches(scope) if known else (Match.NONE, {})


@cache
def _site() -> dict[str, tuple[bytes, str]]:
    """What is sent by its path, as gzip has it, and how long browsers keep it. Made when a browser first asks."""
    return {path: (_zip(text), KEPT if re.fullmatch(NAMED, path) else ASKED_FOR) for path, text in site.files().items()}


def _zip(text: str) -> bytes:
    import gzip  # noqa: PLC0415 - only once a browser asks

    return gzip.compress(text.encode(), mtime=0)


@cache
def _packed(file: Path) -> bytes:
    return _zip(file.read_text(encoding="utf-8"))


async def _file(request: Request) -> Response:
    path = request.scope["path"]
    if path in TRUST:
        from appliance.api.answers import trust  # noqa: PLC0415 - few ask for it, and seldom

        return trust.answer(request, path, request.app.state.ports.authority())
    kind = TYPES[(_BY_PATH[path] if path in _BY_PATH else Path(path)).suffix]
    packable = kind != "image/png" and "range" not in request.headers
    plain = not packable or ACCEPTS_GZIP.search(request.headers.get("accept-encoding", "")) is None
    if path in _site():
        packed, kept = _site()[path]
        return _answer(request, packed, kind, kept, plain=plain)
    if plain:
        headers = {"Cache-Control": ASKED_FOR, "Vary": "Accept-Encoding"}
        return ServedFile(_BY_PATH[path], media_type=kind, headers=headers)
    return _answer(request, _packed(_BY_PATH[path]), kind, ASKED_FOR, plain=False)


def _answer(request: Request, packed: bytes, kind: str, cache_control: str, *, plain: bool) -> Response:
    """Answer with a text as gzip has it, or plain; or say that the browser's copy is current."""
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
