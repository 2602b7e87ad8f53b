"""How soon a phone on a poor line shows a ring after it has opened the page: `python -m benchmarks.page_opening`.

Chromium with a quarter of the processor and a line like 3G (1.6 Mbit/s, 150 ms there and back) opens the page of a
station at which it rings: first with an empty cache, then again. Beside the time are the requests and the bytes.
"""

import asyncio
import importlib
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from appliance.api import app
from appliance.api.answers import site
from appliance.api.http import server
from benchmarks.processes import kept
from tests.api.browser import log_in
from tests.api.chromium import ChromiumPage, chromium
from tests.support.waiting import until

ROUNDS = 5
PATIENCE_S = 60.0
TOKEN = "a-token-that-only-this-benchmark-knows-012345"  # noqa: S105
SLOWER = 4
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SEEN = """
  const look = () => {
    if (document.querySelector("#ring .who")) window.shown = performance.now();
    else requestAnimationFrame(look);
  };
  addEventListener("DOMContentLoaded", look);
"""
LOADED = """(() => {
  const all = performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"));
  return [window.shown, all.length, all.reduce((sum, { transferSize }) => sum + transferSize, 0)];
})()"""


def opening(page: ChromiumPage, url: str) -> tuple[float, int, int]:
    """Milliseconds until the ring is shown, requests, and bytes with their headers."""
    page.open("about:blank")
    until(lambda: page.value("location.href") == "about:blank", "an empty page", PATIENCE_S)
    page.open(url)
    until(lambda: page.value("window.shown > 0"), "the ring", PATIENCE_S)
    shown, requests, size = page.value(LOADED)
    return float(shown), int(requests), int(size)


def main() -> int:
    """Print the medians of each kind of opening."""
    fake = importlib.import_module("tests.api.fake")  # which mypy does not read
    site.BUILT = Path(tempfile.mkdtemp(prefix="bench-"))
    subprocess.run(["packaging/page", site.BUILT], check=True)  # as the package has it
    station = fake.Station(Path(tempfile.mkdtemp(prefix="bench-")))
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0)
    url = asyncio.run_coroutine_threadsafe(listening.start(), loop).result(PATIENCE_S).url
    found: dict[str, list[tuple[float, int, int]]] = {}
    with chromium(Path(tempfile.mkdtemp(prefix="bench-"))) as page, page.first(SEEN):
        log_in(page, f"{url}#token={TOKEN}")
        page.shows("#link-text", "live")
        page.send("Network.enable")
        page.send("Network.emulateNetworkConditions", **LINE)
        page.send("Emulation.setCPUThrottlingRate", rate=SLOWER)
        for language in ("en", "de"):
            page.value(f"localStorage.setItem('language', '{language}')")
            found |= {f"{kind}, {language}": [] for kind in ("first", "again")}
            for _ in range(ROUNDS):
                page.send("Network.clearBrowserCache")
                for kind in ("first", "again"):
                    found[f"{kind}, {language}"].append(opening(page, url))
    asyncio.run_coroutine_threadsafe(listening.stop(), loop).result(PATIENCE_S)
    for kind, values in found.items():
        milliseconds, requests, size = (statistics.median(each) for each in zip(*values, strict=True))
        sys.stdout.write(f"{kind:10} {milliseconds:6.0f} ms, {requests:.0f} requests, {size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    kept(main)
