"""`make pictures`: the screenshots and the sequence of one ring come from a call that really took place."""

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

from appliance.demo.sip_trace import TracedMessage
from appliance.demo.stations import CODE
from appliance.generate import RINGS, sequence
from tests.support import pictures

ARROW = re.compile(r"(?m)^ +(\w+-{1,2}>>\w+: .+)$")


def message(method, status=0, *, received=False):
    first = f"SIP/2.0 {status} OK" if status else f"{method} sip:kitchen@127.0.0.1 SIP/2.0"
    return TracedMessage(0.0, received, "127.0.0.1:5070", first, method, status, "c", False, "", False)


def test_a_message_that_is_sent_again_is_drawn_once_and_a_trying_not_at_all():
    trace = [message("INVITE"), message("INVITE", 100, received=True), message("INVITE"), message("BYE", 200)]
    texts = [each.text for each in pictures.messages(trace, 0.0)]
    assert texts == ["Front->>Kitchen: INVITE", "Front-->>Kitchen: 200 OK (BYE)"]


def test_events_of_one_station_that_follow_each_other_share_a_note():
    moments = [
        pictures.Moment(3.0, "", "Front->>Kitchen: INVITE"),
        pictures.Moment(2.0, "Front", "call.dialing"),
        pictures.Moment(1.0, "Front", "button.pressed"),
        pictures.Moment(4.0, "Kitchen", "call.incoming"),
    ]
    assert pictures.drawn(moments) == [
        "Note over Front: button.pressed<br/>call.dialing",
        "Front->>Kitchen: INVITE",
        "Note over Kitchen: call.incoming",
    ]


def test_the_picture_of_one_ring_has_every_event_and_message_and_marks_the_bell():
    steps = [
        "    Visitor->>Front: presses",
        "    Note over Front: ring.started<br/>a&b",
        "    Kitchen-->>Front: 180 Ringing",
    ]
    drawing = sequence.picture("\n".join(["x", "```mermaid", "sequenceDiagram", *steps, "```", "y"]))
    root = ET.fromstring(drawing)
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[4:] == ["presses", "ring.started (the bell)", "a&b", "180 Ringing"]
    marked = [each.text for each in root.iter() if each.get("class") == "bell"]
    assert marked == ["ring.started (the bell)"]


def test_the_pictures_are_made_and_the_ring_in_the_documents_is_the_one_that_takes_place(tmp_path):
    command = [sys.executable, "-m", "tests.support.pictures", "--root", str(tmp_path)]
    subprocess.run(command, cwd=CODE, check=True, timeout=600)
    shots = [shot.name for shots in pictures.SHOTS.values() for shot in shots] + [name for name, *_ in pictures.TALK]
    for name in shots:
        assert (tmp_path / pictures.IMAGES / name).read_bytes().startswith(b"\x89PNG")
        assert (CODE / pictures.IMAGES / name).exists()
    assert all((tmp_path / path).read_bytes().startswith(b"<svg") for path in RINGS)
    made, kept = ((root / pictures.SEQUENCE).read_text(encoding="utf-8") for root in (tmp_path, CODE))
    assert set(ARROW.findall(made)) == set(ARROW.findall(kept)), "run make pictures"
    assert "Front->>Kitchen: INVITE" in made
