"""The station's own page, the directory for a display at the door, and the reference: plain files, no build step."""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import Scope

from appliance.api.answers import etags
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


def _path(file: Path) -> str:
    name = file.relative_to(FILES).as_posix()
    return PAGES.get(name, f"/{name}")


_BY_PATH = {_path(file): file for file in sorted(FILES.rglob("*")) if file.suffix in TYPES}


class _Files(Route):
    """One route for all files of the page: a route for each would take 2 kB of memory. Other paths do not match."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if scope.get("path") in _BY_PATH else (Match.NONE, {})


@cache
def _packed(file: Path) -> tuple[bytes, str]:
    """The file as gzip has it, a quarter of its size, and its tag; made once, when a browser first asks for it."""
    import gzip  # noqa: PLC0415 - only once a browser asks

    return gzip.compress(file.read_bytes(), mtime=0), etags.tag({"gzip": file.read_text(encoding="utf-8")})


async def _file(request: Request) -> Response:
    file, kind = _BY_PATH[request.scope["path"]], TYPES[_BY_PATH[request.scope["path"]].suffix]
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if "range" in request.headers or "gzip" not in request.headers.get("accept-encoding", ""):
        return ServedFile(file, media_type=kind, headers=headers)
    body, tag = _packed(file)
    headers |= {"ETag": tag}
    if etags.same(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})


# A plain route: FastAPI's would analyse the function, which takes time and memory at the start.
router = Router([_Files("/{file:path}", _file, methods=["GET"], include_in_schema=False)])
