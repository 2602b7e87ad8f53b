"""Contact sheets of the page's states: `python -m tests.support.page_sheets OUT [--design DIR] [--dark] [--state S]`.

Each state on a phone, a wall and a desk, in English and German, by Chromium. A design is a folder whose index.html and
setup.html show the same states by `?state=…&lang=…`; its pictures are at the right of those of the page.
"""

import argparse
import asyncio
import base64
import functools
import http.server
import importlib
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from appliance.api import app
from appliance.api.http import server
from tests.api.browser import START_S, live, log_in
from tests.api.chromium import ChromiumPage, chromium
from tests.support.waiting import pause, until

TOKEN = "a-token-that-only-these-pictures-know-0123456"
PATIENCE_S = 60.0
SETTLES_S = 1.0
SIZES = {"phone": (390, 844), "wall": (800, 480), "desk": (1280, 800)}
SETUP = ("system", "accounts", "panel", "sound", "access")
NAMES = {"sound": "settings", "ringing": "ringing-nopic"}  # of states that the design calls otherwise
SCALE = 0.5  # of a picture on a sheet
fake = importlib.import_module("tests.api.fake")  # which mypy does not read
Shown = Callable[[Any, ChromiumPage], None]


def ago(**much: float) -> str:
    """A time before now, as the station writes it."""
    return (datetime.now(UTC) - timedelta(**much)).isoformat().replace("+00:00", "Z")


def put(view: str = "home", press: str = "", happened: str = "", **changed: Any) -> Shown:
    """Changes of the station's state, an event at the door that led to them, the view, and what is pressed there."""

    def shown(station: Any, page: ChromiumPage) -> None:
        if happened not in ("", *(row["type"] for row in station.audit.rows)):
            event = fake.event(happened, 9, {"door": "front", "seconds": 240.0})
            station.audit.rows.append(event | {"time": ago(minutes=4), "hash": "h"})
        station.state |= changed
        page.value(f"location.hash = {view!r}")
        for each in filter(None, press.split(" | ")):
            until(functools.partial(page.value, f"{{ {each}; }} true"), each, START_S)

    return shown


def front(**changed: Any) -> dict[str, Any]:
    """The front door, which Anna opened last."""
    last = {"time": ago(hours=1), "by": "http:Anna", "means": "api", "held": False}
    found: dict[str, Any] = fake.door("front", name="Front door", last_opening=last, **changed)
    return found


def tell(type_: str, **data: Any) -> Shown:
    """An event."""
    return lambda station, page: station.tell(type_, **data)


RINGS = {"state": "incoming", "direction": "incoming", "connected_since": None}
REMOTE = fake.call()["remote"] | {"display_name": "Gate"}
OPENED = {"by": "http:Anna", "means": "api"}
WHO = "document.querySelector('#code-owner').value = 'Mrs Keller'"
STEP = "document.querySelector('#code-form').requestSubmit()"
DAYS = "document.querySelector('[name=when][value=days]').click() | document.querySelector('#code-days label').click()"
UNTIL = "document.querySelector('[name=when][value=until]').click()"
STATES: dict[str, Shown] = {
    "idle": put(),
    "missed": put(),
    "elsewhere": tell("ring.ended", ring="v", button="b", result="answered", call="c", target="Kitchen"),
    "dnd": put(press="document.querySelector('#hush').click()"),
    "open": put(doors=[front(state="unlocked", unlocked=True, until=ago(seconds=-600), **OPENED)]),
    "forced": put(happened="door.forced", doors=[front(contact="open", alarm="forced")]),
    "leftopen": put(happened="door.held_open", doors=[front(contact="open", alarm="held_open")]),
    "lockdown": put(happened="door.locked_down", doors=[front(state="locked_down")]),
    "ringing": put(calls=[fake.call(created=ago(seconds=6), **RINGS)]),
    "call": put(calls=[fake.call(direction="incoming", recording="r-1")]),
    "call-waiting": put(calls=[fake.call(direction="incoming"), fake.call("c-2", remote=REMOTE, **RINGS)]),
    "history": put("history"),
    "recordings": put("recordings", "document.querySelector('#recordings button').click()"),
    "codes": put("codes"),
    "code-who": put("codes=new"),
    "code-what": put("codes=new", f"{WHO} | {STEP}"),
    "code-when": put("codes=new", f"{WHO} | {STEP} | {STEP} | {DAYS}"),
    "code-until": put("codes=new", f"{WHO} | {STEP} | {STEP} | {UNTIL}"),
    "code-done": put("codes=new", f"{WHO} | {STEP} | {STEP} | {DAYS} | {STEP}"),
    "more": put("more"),
    **{view: put(view) for view in SETUP},
    "offline": put(),
    "signin": put(),
    "welcome": put(),
}


def furnish(station: Any) -> None:
    """What happened, who may open, what is recorded."""
    station.state["appliance"] |= {"station": "Front door", "zone": "UTC"}
    station.state["doors"] = [front()]
    unlocked = {"door": "front", "door_name": "Front door", "held": False, "seconds": 3.0}
    for number, (hours, data) in enumerate(
        ((26, {"by": "card of Mr Brandt, reader gate", "means": "card"}), (5, OPENED), (1, OPENED)), 1
    ):
        event = fake.event("door.unlocked", number, unlocked | data) | {"time": ago(hours=hours), "hash": "h"}
        station.audit.rows.append(event)
    station.call_log.rows.append(fake.logged("c-8", created=ago(hours=3), recording="r-001"))
    station.book = [
        fake.code("a-1", owner="Mrs Keller"),
        fake.code("a-2", kind="card", owner="Mr Brandt", schedule=None),
    ]
    station.recordings.add(started=ago(hours=3))
    trouble = {"check": "sound", "level": "problem", "message": "The microphone cannot be opened.", "cause": "No card."}
    fine = {"check": "guard", "level": "ok", "message": "The guard runs.", "cause": "", "resolution": ""}
    station.findings = [trouble | {"resolution": "Plug it in. Restart the service."}, fine]


def picture(page: ChromiumPage) -> str:
    """What the window shows, as a PNG in Base64."""
    return str(page.send("Page.captureScreenshot", format="png")["data"])


def ours(page: ChromiumPage, url: str, station: Any, state: str, on_loop: Callable[[Callable[[], Any]], Any]) -> None:
    """Bring the page into a state."""
    page.open("about:blank")
    page.send("Network.clearBrowserCookies")
    if state == "signin":
        page.open(url)
        page.shows("#link-text", "")
        pause(SETTLES_S)
        return
    if state == "welcome":
        page.open(f"{url}#token={TOKEN}")
        page.shows("#offer-who", "")
        pause(SETTLES_S)
        return
    log_in(page, f"{url}#token={TOKEN}")
    live(page)
    until(lambda: page.value("!document.querySelector('template[data-later]')"), "the screens that come later", START_S)
    page.value("localStorage.setItem('intercomd.rings', 'on')")
    if state == "missed" and len(station.call_log.rows) == 1:
        end = {"cause": "canceled", "code": 487, "reason": "", "by": "remote", "explanation": ""}
        missed = {"direction": "incoming", "missed": True, "connected_since": None, "end": end}
        station.call_log.rows.append(fake.logged("c-9", created=ago(minutes=4), **missed))
    on_loop(lambda: STATES[state](station, page) if state == "elsewhere" else None)
    if state != "elsewhere":
        STATES[state](station, page)
    on_loop(lambda: station.tell("call.canceled", call="c-9", cause="canceled"))
    settled = "document.fonts.status === 'loaded' && document.readyState === 'complete'"
    until(lambda: page.value(settled) is True, "the page", START_S)
    pause(SETTLES_S)
    if state == "offline":
        page.send(
            "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )
        page.shows("#link-text", "")
        until(lambda: page.value("document.querySelector('#banner').hidden") is False, "the banner", START_S)


@contextmanager
def served(folder: Path) -> Any:
    """A folder by HTTP; its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    ) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}/"
        listening.shutdown()


def sheet(page: ChromiumPage, rows: list[list[tuple[str, tuple[int, int]]]]) -> bytes:
    """Pictures in rows, as one."""
    width = max(sum(int(size[0] * SCALE) + 8 for _, size in row) for row in rows)
    height = sum(max(int(size[1] * SCALE) for _, size in row) + 8 for row in rows)
    page.open("about:blank")
    with page.screen(width, height):
        lines = "".join(
            "<div style='display:flex;align-items:flex-start;gap:8px;margin-bottom:8px'>"
            + "".join(f"<img width={int(size[0] * SCALE)} src='data:image/png;base64,{data}'>" for data, size in row)
            + "</div>"
            for row in rows
        )
        page.send(
            "Page.setDocumentContent",
            frameId=page.send("Page.getFrameTree")["frameTree"]["frame"]["id"],
            html=f"<body style='margin:0;background:#888'>{lines}",
        )
        pause(SETTLES_S)
        return base64.b64decode(picture(page))


def draw(out: Path, design: Path | None, only: list[str], dark: bool) -> None:
    """Write a sheet for each state."""
    out.mkdir(parents=True, exist_ok=True)
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def on_loop(act: Callable[[], Any]) -> Any:
        async def run() -> Any:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), loop).result(PATIENCE_S)

    with (
        tempfile.TemporaryDirectory() as place,
        chromium(Path(place) / "chromium") as page,
        served(design or Path(place)) as beside,
        page.scheme("dark" if dark else "light"),
    ):
        page.send("Network.enable")
        for state in only or list(STATES):
            station = fake.Station(Path(tempfile.mkdtemp(dir=place)))
            furnish(station)
            listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0)
            url = asyncio.run_coroutine_threadsafe(listening.start(), loop).result(PATIENCE_S).url
            rows = []
            for language in ("en", "de"):
                row = []
                for size in SIZES.values():
                    with page.screen(*size), page.languages(language):
                        station.state |= {"calls": [], "doors": [front()]}
                        ours(page, url, station, state, on_loop)
                        row.append((picture(page), size))
                        page.send(
                            "Network.emulateNetworkConditions",
                            offline=False,
                            latency=0,
                            downloadThroughput=-1,
                            uploadThroughput=-1,
                        )
                        if design:
                            file = "setup" if state in SETUP else "index"
                            page.open(f"{beside}{file}.html?state={NAMES.get(state, state)}&lang={language}")
                            until(lambda: page.value("document.readyState") == "complete", "the design", START_S)
                            row.append((picture(page), size))
                rows.append(row)
            (out / f"{state}{'-dark' if dark else ''}.png").write_bytes(sheet(page, rows))
            asyncio.run_coroutine_threadsafe(listening.stop(), loop).result(PATIENCE_S)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.page_sheets", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--design", type=Path)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--state", action="append", default=[], choices=STATES)
    given = parser.parse_args()
    draw(given.out, given.design, given.state, given.dark)
    return 0


if __name__ == "__main__":
    sys.exit(main())
