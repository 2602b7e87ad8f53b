"""`make pictures`: plays the call of the demonstration and draws it for the documents.

Writes screenshots of the stations' pages, and the sequence of one ring from the events and the SIP trace of that call.
"""

import argparse
import asyncio
import base64
import math
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.demo.__main__ import scene_in
from appliance.demo.expectations import FRONT, KITCHEN, Scene
from appliance.demo.player import play
from appliance.demo.scenario import STEPS
from appliance.demo.sip_trace import TracedMessage
from appliance.demo.stations import CODE, running
from appliance.generate import RINGS, sequence
from tests.api.browser import Page, log_in
from tests.api.chromium import ChromiumPage, chromium
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import Cable

IMAGES, SEQUENCE = Path("docs/images"), Path("docs/explanation/one-ring.md")
PATIENCE_S = 120.0
DESK, PHONE = (1000, 590), (390, 700)  # width and height, in pixels


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a page. side: the station; selector and text: what must stand on the page by then."""

    side: str
    name: str
    selector: str
    text: str
    size: tuple[int, int] = DESK
    view: str = "home"


SHOTS = {  # by the step after which they are taken
    "ring": (
        Shot(KITCHEN, "page-ringing.png", "#ring", "Answer at the station"),
        Shot(KITCHEN, "page-ringing-phone.png", "#ring", "Answer at the station", PHONE),
    ),
    "talk": (Shot(FRONT, "page-in-call.png", "#calls", "connected"),),
    "recording": (
        Shot(FRONT, "page-history.png", "#history", "kitchen", view="history"),
        Shot(FRONT, "page-home-phone.png", "#doors", "last opened", PHONE),
        Shot(FRONT, "page-new-code.png", "#code-step", "Step 1 of 3", PHONE, "codes=new"),
    ),
}
TALK = (  # of a page with a microphone: picture, and what must stand where by then
    ("page-visitor-phone.png", "#rings", "Answer"),
    ("page-talking-phone.png", "#calls", "Mute"),
)
TICK_S = 0.001  # a trace's times are truncated to milliseconds
ACTS = {  # drawn steps: holding and resuming are not part of a ring
    "ring": ("Visitor", "Front", "presses the button"),
    "answer": ("Resident", "Kitchen", "answers"),
    "door": ("Resident", "Kitchen", "presses the door button"),
    "hangup": ("Resident", "Kitchen", "hangs up"),
}
NAMES = {FRONT: "Front", KITCHEN: "Kitchen"}
TRYING = 100  # only from hop to hop
UNDRAWN = {"call.state_changed", "button.released", "button.clicked"}  # the events beside them say as much
PAGE = """# Which event is the bell? One ring, from press to hang-up

<!-- Made by make pictures from the events and the SIP trace of a call. Change tests/support/pictures.py, not this. -->
The bell is [`ring.started`](../reference/events.md#ringstarted). The station with the button reports it once for each
visitor, however many phones it then calls. Its `ring` is the id that the calls of this ring have.

| what you want to know | event | reported by |
| --- | --- | --- |
| a visitor rings | `ring.started` | the station with the button |
| it was answered, opened, canceled, or nobody came | `ring.ended`, with `result` | the station with the button |
| a call comes in, from a door or from anybody else | `call.incoming` | the station that is called |
| a door opens, and who opened it | `door.unlocked` | the station with the door |

Three events are not the bell: `button.pressed` comes for every button, whatever it does; `call.dialing` and
`call.ringing` come for every call, so several times in a ring, and not at all while the network is away. On the command
line, `intercomctl wait ring` waits until a visitor rings or an incoming call does. [A bell in
Python](../how-to/write-programs-in-python.md) misses no ring.

## The sequence
A visitor presses the button at the front door, somebody in the kitchen answers, opens the door, and hangs up. Between
the stations are the SIP messages; over each station are the events that it reports, except `call.state_changed`,
`button.released` and `button.clicked`. [How intercomd is built](architecture.md) describes the parts that a press goes
through, [Events](../reference/events.md) each event.

![The sequence of one ring: press, calls, answer, door, end, with the events of both stations](../images/one-ring.svg)

The pages of both stations in this call: the kitchen rings, [on a screen](../images/page-ringing.png) and [on a
phone](../images/page-ringing-phone.png); [the front door is in the call](../images/page-in-call.png), and afterwards
has it [in its history](../images/page-history.png).

<details>
<summary>The sequence as text (Mermaid)</summary>

```mermaid
sequenceDiagram
    actor Visitor
    participant Front as Front door
    participant Kitchen
    actor Resident
{lines}
```

</details>
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that was seen. at: CLOCK_MONOTONIC; over: the station that reported the event, "" for a message."""

    at: float
    over: str
    text: str


def messages(trace: Iterable[TracedMessage], since_1970: float) -> Iterable[Moment]:
    """The SIP messages as the front door saw them; each once, as a busy machine repeats some."""
    seen = set()
    for message in trace:
        ends = ("Kitchen", "Front") if message.received else ("Front", "Kitchen")
        reply = f"{message.first_line.removeprefix('SIP/2.0 ')} ({message.method})"
        text = f"{ends[0]}{'--' if message.status else '-'}>>{ends[1]}: {reply if message.status else message.method}"
        if message.status != TRYING and text not in seen:
            seen.add(text)
            yield Moment(message.at - since_1970, "", text)


def reported(side: str, envelopes: Iterable[dict[str, Any]]) -> Iterable[Moment]:
    """The events of one station."""
    for envelope in envelopes:
        kind, data = envelope["type"], envelope["data"]
        about = {
            "lamp.changed": f" {data.get('lamp')} {data.get('pattern')}",
            "dtmf.received": f" by {data.get('method')}",
        }
        if kind not in UNDRAWN:
            yield Moment(float(envelope["uptime"]), NAMES[side], kind + about.get(kind, ""))


def drawn(moments: Iterable[Moment]) -> list[str]:
    """Lines of the diagram; events of one station that follow each other share a note."""
    lines: list[str] = []
    over = ""
    for moment in sorted(moments, key=lambda each: each.at):
        if moment.over and moment.over == over:
            lines[-1] += f"<br/>{moment.text}"
        else:
            lines.append(f"Note over {moment.over}: {moment.text}" if moment.over else moment.text)
        over = moment.over
    return lines


async def call(scene: Scene, page: ChromiumPage, images: Path) -> list[str]:
    """Play the call, write the pictures; the lines of the diagram."""
    began = []
    for step in STEPS:
        began.append((await play(step, scene, PATIENCE_S)).began)
        for shot in SHOTS.get(step.name, ()):
            png = await asyncio.to_thread(screenshot, page, scene[shot.side].station.page, shot)
            (images / shot.name).write_bytes(png)
    since_1970 = time.time() - time.monotonic()
    lines = []
    for step, start, end in zip(STEPS, began, [*began[1:], math.inf], strict=True):
        if step.name in ACTS:
            trace = scene[FRONT].station.trace.read()
            moments = [*messages((each for each in trace if start <= each.at - since_1970 + TICK_S < end), since_1970)]
            for side, seen in scene.items():
                moments += reported(side, (each for each in seen.station.events if start <= each["uptime"] < end))
            whose, where, what = ACTS[step.name]
            lines += [f"{whose}->>{where}: {what}", *drawn(moments)]
    return lines


def talk(place: Path, images: Path) -> None:
    """Have a visitor ring a page that answers with its own microphone, and write the pictures of it."""
    # Late: numpy's threads would be in what forks the daemons, and nobody with threads may enter a namespace.
    from tests.daemon.browsers.phones import phone

    config = {
        "station": {"name": "Front door"},
        "http": {"port": 0},
        "sip": {"address": "0.0.0.0", "port": 5080},
        "audio": {"capture": "simulated", "playback": "simulated"},
        "panel": {
            "lines": "simulated",
            "button": {"ring": {"action": "ring", "target": "browsers", "name": "Front door"}},
        },
        "door": {"front": {"name": "Front door"}},
    }
    place.mkdir()
    with (
        Cable(place) as cable,
        Daemon(place / "door", cable.door.within, config=config) as door,
        phone("chromium", place / "phone", cable.door, door, who="anna-phone") as mine,
    ):
        sized(mine.page, PHONE)
        mine.home()
        door.press("ring")
        for name, selector, text in TALK:
            mine.page.shows(selector, text)
            (images / name).write_bytes(seen(mine.page))
            if text == "Answer":
                mine.page.click("#rings [data-key$=' talk']")
                mine.talks()


def sized(page: Page, size: tuple[int, int]) -> None:
    """Give the page a size, and no bars to scroll."""
    width, height = size
    page.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    page.send("Emulation.setScrollbarsHidden", hidden=True)


def seen(page: Page) -> bytes:
    """What the page shows, as a PNG."""
    return base64.b64decode(page.send("Page.captureScreenshot", format="png")["data"])


def screenshot(page: ChromiumPage, address: str, shot: Shot) -> bytes:
    """The page as a PNG, once it shows the text."""
    sized(page, shot.size)
    page.open("about:blank")  # an address that differs in its fragment alone would not load again
    page.forget()  # with a session of before, the page does not ask, or asks in vain
    log_in(page, address)
    page.shows("#link-text", "live")
    page.value(f"location.hash = '{shot.view}'")
    page.shows(shot.selector, shot.text)
    return seen(page)


async def make(root: Path) -> None:
    """Write all pictures below `root`."""
    (root / IMAGES).mkdir(parents=True, exist_ok=True)
    (root / SEQUENCE).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        scene = scene_in(place, CODE / "hardware")
        with chromium(place / "chromium") as page:
            async with running(*(side.station for side in scene.values())):
                lines = await call(scene, page, root / IMAGES)
        await asyncio.to_thread(talk, place / "talk", root / IMAGES)
    text = PAGE.format(lines="\n".join(f"    {line}" for line in lines))
    (root / SEQUENCE).write_text(text, encoding="utf-8")
    for path in RINGS:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(sequence.picture(text), encoding="utf-8")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.pictures", description=__doc__)
    parser.add_argument("--root", type=Path, default=CODE, help="where docs/ is (default: this clone)")
    asyncio.run(make(parser.parse_args().root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
