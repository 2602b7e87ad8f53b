"""The station's own page, and the directory for a display at the door: plain files, no build step."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from appliance.api.http.problems import ServedFile

FILES = Path(__file__).parents[1] / "web"
PAGES = {
    "/": ("index.html", "text/html"),
    "/display": ("display.html", "text/html"),
    "/display.js": ("display.js", "text/javascript"),
    "/app.js": ("app.js", "text/javascript"),
    "/dom.js": ("dom.js", "text/javascript"),
    "/session.js": ("session.js", "text/javascript"),
    "/tokens.js": ("tokens.js", "text/javascript"),
    "/style.css": ("style.css", "text/css"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

router = APIRouter(include_in_schema=False)


def _page(name: str, media_type: str) -> Callable[[], Coroutine[Any, Any, ServedFile]]:
    async def page() -> ServedFile:
        return ServedFile(FILES / name, media_type=media_type, headers={"Cache-Control": "no-cache"})

    return page


for _path, (_name, _media_type) in PAGES.items():
    router.get(_path)(_page(_name, _media_type))
