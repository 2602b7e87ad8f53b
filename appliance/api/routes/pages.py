"""The station's own page, and the directory for a display at the door: plain files, no build step."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.routing import Route, Router

from appliance.api.http.problems import ServedFile

FILES = Path(__file__).parents[1] / "web"
PAGES = {"index.html": "/", "display.html": "/display"}
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}


def _page(file: Path) -> Callable[[Request], Coroutine[Any, Any, ServedFile]]:
    async def page(_request: Request) -> ServedFile:
        return ServedFile(file, media_type=TYPES[file.suffix], headers={"Cache-Control": "no-cache"})

    return page


def _path(file: Path) -> str:
    name = file.relative_to(FILES).as_posix()
    return PAGES.get(name, f"/{name}")


# Plain routes: FastAPI's would analyse each function, which takes time and memory at the start.
router = Router(
    [
        Route(_path(file), _page(file), methods=["GET"], include_in_schema=False)
        for file in sorted(FILES.rglob("*"))
        if file.suffix in TYPES
    ]
)
