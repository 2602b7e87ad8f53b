"""How soon a resident's browser and the visitor hear each other, beside a SIP phone: -m benchmarks.browser_calls.

A press rings the page, or a phone, which is another station on a cable. It is answered, heard in both directions, and
hung up, in turn by either side. The browsers play a tone for their microphone. The times of the page are those of its
own clock, which is the machine's; those of stations are those of events. Sound in the page is the first packet of the
station that its track plays, which is looked for every 4 ms: Chromium shows energy and level only 100 ms later. That
there is energy, too, is a condition of each call.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.processes import kept, say
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import PBX, Cable
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.daemon.browsers.phones import Phone

ROUNDS = 20
TRIPS = 5  # rounds in which the page also sends back what it hears
PACKETS_PER_S = 50
MARKS = """{
  window.marks = {};
  const mark = (name) => { window.marks[name] ??= performance.timeOrigin + performance.now(); };
  const { fetch } = window;
  window.fetch = (to, given) => {
    if (String(to).endsWith("/from-browser") && given?.method === "POST") mark("offer");
    return fetch(to, given);
  };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); mark("begun"); }
    setRemoteDescription(...given) { mark("answer"); return super.setRemoteDescription(...given); }
  };
  addEventListener("click", () => mark("pressed"), true);
  setInterval(() => {
    const connection = window.connections.at(-1);
    if (connection?.connectionState !== "connected" || !window.marks.offer) return;
    if (connection.getReceivers().some((each) => each.getSynchronizationSources().length)) mark("heard");
  }, 4);
}"""
AT_REST = """new MutationObserver(() => {
  if (document.querySelector("#talking").hidden) window.marks.rest ??= performance.timeOrigin + performance.now();
}).observe(document.querySelector("#talking"), { attributes: true })"""
SENT_BACK = """(async () => {
  const connection = window.connections.at(-1);
  await connection.getSenders()[0].replaceTrack(connection.getReceivers()[0].track);
  window.back = true;
})(); window.back"""
BACK_S = 3.0
Found = dict[str, list[float]]


def moment(event: dict[str, Any]) -> float:
    """When it was, in milliseconds."""
    return datetime.fromisoformat(event["time"]).timestamp() * 1000


def received(door: Daemon, call: str) -> float:
    """When the first packet of the far end came."""
    return moment(door.wait("media.started", call, direction="receive"))


def by_browser(anna: "Phone", door: Daemon, found: Found, *, hangs_up: bool) -> None:
    """One ring, answered by the page. hangs_up: the page does, in place of the station."""
    door.begin()
    anna.page.value("window.marks = {}")
    door.press("page")
    until(lambda: anna.page.value("!document.querySelector('#ring').hidden"), "a ring on the page")
    anna.page.value("window.marks = {}")
    anna.page.click("#rings [data-key$=' talk']")
    call = anna.talks()
    until(lambda: anna.page.value("window.marks.heard"), "sound in the browser")
    anna.until_heard()
    marks = anna.page.value("window.marks")
    came = received(door, call)
    found["Answer pressed to offer"].append(marks["offer"] - marks["pressed"])
    found["Offer to answer"].append(marks["answer"] - marks["offer"])
    found["Offer to sound at the station"].append(came - marks["offer"])
    found["Offer to sound in the browser"].append(marks["heard"] - marks["offer"])
    anna.page.value(AT_REST)
    anna.page.value("window.marks = {}")
    if hangs_up:
        anna.page.click("#talk-end")
        door.final(call)
        (ended,) = door.of("call.ended", call)
        found["Hung up there to the call's end"].append(moment(ended) - anna.page.value("window.marks.pressed"))
    else:
        door.post(f"/v1/calls/{call}/hangup")
        rest = until(lambda: anna.page.value("window.marks.rest"), "the page at rest")
        door.final(call)
        (begun,) = door.of("call.disconnecting", call)
        found["Hung up at the station to its end there"].append(rest - moment(begun))


def by_phone(kitchen: Daemon, door: Daemon, found: Found, *, hangs_up: bool) -> None:
    """One ring, answered by a SIP phone."""
    door.begin()
    kitchen.begin()
    door.press("ring")
    call, came = door.wait("call.dialing")["call"], kitchen.rung()
    kitchen.post(f"/v1/calls/{came}/answer")
    kitchen.talk(came)
    door.talk(call)
    answered = moment(kitchen.wait("call.answering", came))
    found["Offer to answer"].append(moment(door.wait("call.connected", call)) - answered)
    found["Offer to sound at the station"].append(received(door, call) - answered)
    found["Offer to sound in the browser"].append(received(kitchen, came) - answered)
    first, second = (kitchen, door) if hangs_up else (door, kitchen)
    first.post(f"/v1/calls/{came if hangs_up else call}/hangup")
    kitchen.final(came)
    door.final(call)
    begun, ended = first.wait("call.disconnecting"), second.wait("call.ended")
    way = "Hung up there to the call's end" if hangs_up else "Hung up at the station to its end there"
    found[way].append(moment(ended) - moment(begun))


def round_trip(anna: "Phone", door: Daemon, found: Found) -> None:
    """A call in which the page sends back what it hears: how much later than it was said."""
    import numpy as np  # noqa: PLC0415  late: see `main`

    from tests.daemon.browsers.phones import recorded, until_received  # noqa: PLC0415

    door.begin()
    call = anna.talk()
    anna.page.value("window.back = false")
    until(lambda: anna.page.value(SENT_BACK), "its own microphone away")
    until_received(door, call, int((2 * BACK_S + 1) * PACKETS_PER_S))
    anna.page.click("#talk-end")
    door.final(call)
    sides, rate = recorded(door, call)
    said, heard = (side[-int(BACK_S * rate) :] for side in sides)
    size = 2 * len(said)
    alike = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)))[:rate]
    found["Round trip through the page"].append(1000 * float(np.argmax(np.abs(alike))) / rate)


@contextmanager
def stations(directory: Path) -> Iterator[tuple[Cable, Daemon, Daemon]]:
    """A cable with the door's station and a phone's."""
    from benchmarks.subjects import noise  # noqa: PLC0415  late: see `main`
    from tests.daemon.browsers.phones import STATION_HZ  # noqa: PLC0415
    from tests.support.peers import sounds  # noqa: PLC0415

    with Cable(directory) as cable:
        cable.door.run("ip", "route", "add", "default", "via", PBX)
        tone = sounds.tone(directory / "door.wav", STATION_HZ)
        sound = {"capture": "simulated", "playback": "simulated", "microphone_file": tone}
        far = {"address": "0.0.0.0", "port": 5090, "callers": "anyone"}  # noqa: S104
        near = {"address": "0.0.0.0", "port": 5080, "callers": "anyone"}  # noqa: S104
        with (
            Daemon(directory / "kitchen", cable.pbx.within, sip=far, audio=sound) as kitchen,
            Daemon(
                directory / "door",
                cable.door.within,
                sip=near,
                audio=sound | {"microphone_file": noise(directory / "noise.wav")},
                recording={"enabled": True, "channels": "separate"},
                target={"far": {"uri": f"sip:far@{PBX}:5090"}},
                panel={
                    "lines": "simulated",
                    "button": {
                        "ring": {"action": "ring", "target": "far"},
                        "page": {"action": "ring", "target": "browsers"},
                    },
                },
            ) as door,
        ):
            yield cable, door, kitchen


def main(arguments: list[str] | None = None) -> int:
    """Print a table: medians, in brackets the smallest and the largest."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser_calls", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="where to write every sample")
    given = parser.parse_args(arguments)
    # Late: numpy has threads, and a process with threads, as those that import this module again, enters no namespace.
    from tests.daemon.browsers.phones import MICROPHONE, phone  # noqa: PLC0415

    found: dict[str, Found] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        cable, door, kitchen = stack.enter_context(stations(directory))
        for kind in MICROPHONE:
            with phone(kind, directory / kind, cable.door, door) as anna, anna.page.first(MARKS):
                anna.home()
                for number in range(given.rounds + 1):  # the first of each is not counted
                    say(f"{kind} {number}/{given.rounds}")
                    kept = found if number else defaultdict(lambda: defaultdict(list))
                    by_phone(kitchen, door, kept["SIP phone"], hangs_up=bool(number % 2))
                    by_browser(anna, door, kept[kind], hangs_up=bool(number % 2))
                    if number <= TRIPS:
                        round_trip(anna, door, kept[kind])
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    names = list(dict.fromkeys(name for kind in MICROPHONE for name in found[kind]))
    sys.stdout.write(f"| ms | {' | '.join(found)} |\n| --- |{' --: |' * len(found)}\n")
    for name in names:
        cells = [told(found[kind].get(name, [])) for kind in found]
        sys.stdout.write(f"| {name} | {' | '.join(cells)} |\n")
    return 0


def told(samples: list[float]) -> str:
    """A cell of the table."""
    if not samples:
        return ""
    return f"{statistics.median(samples):.0f} ({min(samples):.0f} to {max(samples):.0f}; {len(samples)})"


if __name__ == "__main__":
    kept(main)
