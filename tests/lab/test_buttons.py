"""What buttons do in calls, from real edges to what the far end sees; and worn ones, whose contacts bounce."""

import json
from itertools import pairwise

import pytest

from tests.lab.far import FarEnd
from tests.lab.panel import Panel
from tests.support.schema import check

LINES = ("ANSWER", "END", "HOLD", "ONE", "CABLE", "FIRST", "SECOND")
ANSWER, END, HOLD, ONE, CABLE, FIRST, SECOND = range(len(LINES))
STATION = "sip:intercom@127.0.0.1:5060"
COMMON = """
[audio]
capture = "null"
playback = "null"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"

[target.attic]
uri = "sip:attic@127.0.0.1:5080"
"""
THREE_BUTTONS = """
[panel.button.answer]
chip = "board"
line = "ANSWER"
action = "answer"

[panel.button.end]
chip = "board"
line = "END"
action = "hangup"

[panel.button.hold]
chip = "board"
line = "HOLD"
action = "hold"

[panel.button.cable]
chip = "board"
line = "CABLE"
action = "ring"
target = "nobody"
min_press_ms = 500

[panel.button.first]
chip = "board"
line = "FIRST"
action = "ring"
target = "first"

[panel.button.second]
chip = "board"
line = "SECOND"
action = "ring"
target = "second"

[target.nobody]
uri = "sip:nobody@127.0.0.1:5090"

[target.first]
uri = "sip:first@127.0.0.1:5100"

[target.second]
uri = "sip:second@127.0.0.1:5110"
"""
ONE_BUTTON = """
[panel.button.one]
chip = "board"
line = "ONE"
action = "answer"
long_action = "hangup"
long_press_ms = 5000
"""
WORN, LAST, ROUND_AT_ONCE = 60, 60, 9  # lines, the one that does not bounce, and rounds after which it is looked at
# (min_press_ms, debounce_ms) by turns; the first is what a button has by default.
KINDS = ((5, 30), (0, 30), (20, 60))
BUTTON = """
[panel.button.b{number}]
chip = "worn"
line = "{number}"
action = "none"
min_press_ms = {min_press_ms}
debounce_ms = {debounce_ms}
"""


@pytest.fixture(scope="module")
def guest(one_processor):
    return one_processor


@pytest.fixture(scope="module")
def panel(guest):
    guest.chip("worn", *(f"W{number}" for number in range(WORN + 1)))
    guest.shell(f"for line in $(seq 0 {WORN}); do sim-gpio up worn $line; done")
    made = Panel(guest, *LINES)
    for line in range(len(LINES)):
        made.pull(line, "up")
    made.start(COMMON + THREE_BUTTONS)
    return made


@pytest.fixture(scope="module")
def kitchen(guest):
    return FarEnd(guest)


@pytest.fixture(scope="module")
def attic(guest):
    return FarEnd(guest, "attic", 5080)


def is_called(panel, by):
    """The call that comes then."""
    by.tell("dial", STATION)
    return panel.wait("call.incoming")["call"]


def told(panel, kind, call, **data):
    """The next such event is of that call."""
    assert panel.wait(kind, **data)["call"] == call


def test_a_button_answers_another_holds_and_resumes_and_a_third_hangs_up(panel, kitchen):
    panel.rest()
    call = is_called(panel, kitchen)
    panel.click(ANSWER)
    panel.wait("button.pressed", button="answer")
    told(panel, "call.answering", call)
    told(panel, "call.connected", call)
    for _ in range(2):
        panel.click(HOLD)
        told(panel, "call.held", call, by="local")
        panel.click(HOLD)
        told(panel, "call.resumed", call, by="local")
    panel.click(END)
    panel.wait("button.pressed", button="end")
    told(panel, "call.ended", call, cause="hangup", by="local")


def test_hold_changes_places_with_a_call_that_waits_and_again_with_the_one_that_is_held(panel, kitchen, attic):
    panel.rest()
    first = is_called(panel, kitchen)
    panel.click(ANSWER)
    told(panel, "call.connected", first)
    second = is_called(panel, attic)
    states = lambda: {c["id"]: (c["state"], c["hold"], c["active"]) for c in panel.ask("/v1/calls")["calls"]}  # noqa: E731
    panel.click(HOLD)
    told(panel, "call.connected", second)
    talks, waits = ("connected", "none", True), ("connected", "local", False)
    panel.guest.wait_for(lambda: states() == {first: waits, second: talks}, f"the second talks, not {states()}")
    panel.click(HOLD)
    panel.guest.wait_for(lambda: states() == {first: talks, second: waits}, f"the first talks, not {states()}")
    panel.click(END)
    told(panel, "call.ended", first, cause="hangup", by="local")
    panel.click(END)
    told(panel, "call.ended", second, cause="hangup", by="local")


def test_two_bells_ring_at_once_and_the_flat_that_answers_first_is_heard(panel):
    flats = [FarEnd(panel.guest, name, port, answers=False) for name, port in (("first", 5100), ("second", 5110))]
    panel.rest()
    panel.click(FIRST)
    panel.wait("ring.started", button="first")
    first = panel.wait("call.ringing")["call"]
    panel.click(SECOND)
    panel.wait("ring.started", button="second")
    second = panel.wait("call.ringing")["call"]
    panel.click(FIRST)  # a bell that rings: nothing changes
    panel.wait("button.clicked", button="first")
    states = lambda: {c["id"]: c["state"] for c in panel.ask("/v1/calls")["calls"]}  # noqa: E731
    assert states() == {first: "ringing", second: "ringing"}
    flats[0].tell("accept")
    panel.wait("ring.ended", button="second", result="canceled")
    panel.guest.wait_for(lambda: states() == {first: "connected"}, f"only the first talks, not {states()}")
    panel.click(END)
    told(panel, "call.ended", first, cause="hangup", by="local")
    for flat in flats:
        flat.stop()


def test_what_a_button_cannot_do_now_is_reported(panel):
    for line, button in ((ANSWER, "answer"), (END, "end"), (HOLD, "hold")):
        panel.rest()
        panel.click(line)
        panel.wait("button.pressed", button=button)
        assert panel.wait("error")["data"]["code"] == "call-wrong-state"


def pulses(panel):
    """Play 200 pulses on the cable's line; for how long one may have lasted (s), and when the last one ended."""
    played = panel.play(*[(CABLE, way, 0.003) for _ in range(200) for way in ("down", "up")])
    longest = max(over - begun for (begun, _), (_, over) in zip(played[::2], played[1::2], strict=True))
    return longest, played[-1][1]


def test_200_pulses_of_3_ms_ring_no_one_and_are_counted(panel, measured):
    panel.rest()
    rounds, (longest, last) = 1, pulses(panel)
    while longest > 0.25:  # a busy host kept the player waiting in a pulse, so that this may be a press
        panel.rest()
        rounds, (longest, last) = rounds + 1, pulses(panel)
    counted = panel.guest.wait_for(lambda: panel.button("cable")["glitches"], "pulses are counted")
    assert not panel.ask("/v1/calls")["calls"]
    panel.pull(CABLE, "down")
    at = panel.wait("button.pressed", button="cable")["data"]["at"]  # the first event of that line
    assert at > last
    panel.pull(CABLE, "up")
    panel.wait("button.clicked", button="cable")
    assert counted <= panel.button("cable")["glitches"] <= 200 * rounds
    measured(f"of {200 * rounds} pulses of 3 ms, reported by the kernel and counted", panel.button("cable")["glitches"])


def test_one_button_answers_by_a_click_and_hangs_up_by_a_long_press(panel, kitchen):
    panel.start(COMMON + ONE_BUTTON)
    call = is_called(panel, kitchen)
    panel.click(ONE)
    panel.wait("button.clicked", button="one")
    told(panel, "call.connected", call)
    panel.pull(ONE, "down")
    panel.wait("button.held", button="one")
    told(panel, "call.ended", call, cause="hangup", by="local")
    panel.pull(ONE, "up")
    panel.wait("button.released", button="one")


def meant(trace, min_press_s, debounce_s):
    """What a trace comes to: kinds of events in order, and how many of its pulses are too short to be a press.

    None where it depends on when within a step the edge was: its player was kept from the processor.
    """
    kinds, short, down = [], 0, False
    for (begun, over, closes), (until, at_last, _) in pairwise(trace):
        least, most = until - over, at_last - begun
        limit = debounce_s if down else min_press_s
        if closes == down:
            continue
        if least <= limit <= most:
            return None
        if most < limit:
            short += not down
        else:
            down = closes
            kinds += ["button.pressed"] if down else ["button.released", "button.clicked"]
    return (kinds + ["button.released", "button.clicked"] * down, short)


def test_random_bounces_are_one_press_each_and_short_pulses_none(panel, counts, measured):
    """Sixty buttons at once. Each event is that of one trace, and each trace has those that it must have."""
    numbers = range(WORN + 1)
    kinds = {number: dict(zip(("min_press_ms", "debounce_ms"), KINDS[number % 3], strict=True)) for number in numbers}
    panel.start(COMMON + "".join(BUTTON.format(number=number, **kinds[number]) for number in numbers))
    wanted, decided, presses, doubtful, wrong, run = counts(1000, 10_000), 0, 0, 0, [], 0
    least, most = 0, 0  # of the pulses that are counted as none
    while decided < wanted:
        run += 1
        words = ("python3", "/lab/programs/bounces.py", "worn", str(run), str(ROUND_AT_ONCE), str(LAST), "/lab/rounds")
        panel.guest.check(*words, timeout_s=1800)
        for line in (panel.guest.directory / "share" / "rounds").read_text().splitlines():
            played = json.loads(line)
            began = min(steps[0][0] for steps in played["traces"].values())
            events = [event for event in played["events"] if event["data"]["at"] >= began]
            for event in events:
                check(event)
            for number, steps in played["traces"].items():
                min_press_s, debounce_s = (kinds[int(number)][name] / 1000 for name in ("min_press_ms", "debounce_ms"))
                came = [event["type"] for event in events if event["data"]["button"] == f"b{number}"]
                outcome = meant(steps, min_press_s, debounce_s)
                if outcome is None:
                    doubtful, most = doubtful + 1, most + len(steps) // 2
                    continue
                must, short = outcome
                wrong += [] if came == must else [(number, steps, must, came)]
                decided, presses = decided + 1, presses + must.count("button.pressed")
                least, most = least + (0 if must else short), most + short

    assert not wrong
    glitches = sum(button["glitches"] for button in panel.ask("/v1/panel")["buttons"])
    assert least <= glitches <= most
    measured(f"{decided} traces of bouncing contacts", f"{presses} presses, none missed, none false")
    measured("short pulses counted, and played for certain", f"{glitches}, {least}")
    measured("traces not judged, as their player was kept waiting", doubtful)
