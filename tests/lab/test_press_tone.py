"""How soon a visitor hears a tone after a press, on a card of the kernel."""

import statistics

import pytest

from tests.lab.panel import CHIP, Panel

CONFIG = f"""
[station]
name = "Front door"

[audio]
capture = "plughw:CARD=Loopback,DEV=0"
playback = "plughw:CARD=Loopback,DEV=0"

[panel.button.ring]
chip = "{CHIP}"
line = "BUTTON"
action = "ring"
target = "kitchen"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070;transport=tcp"
"""
BUTTON = 0


@pytest.fixture(scope="module")
def panel(guest):
    made = Panel(guest, "BUTTON")
    made.start(CONFIG)
    return made


def test_a_press_is_heard_with_the_card_closed_and_open(panel, counts, measured):
    presses = counts(6, 50)
    told = panel.guest.check(
        "python3", "/lab/programs/press_to_tone.py", CHIP, str(BUTTON), str(presses), timeout_s=600
    )
    times = [list(map(float, line.split())) for line in told.splitlines()]
    assert len(times) == presses
    for what, each in zip(("closed", "open"), zip(*times, strict=True), strict=True):
        measured(f"press to tone, card {what}", f"{statistics.median(each):.0f} ms, at most {max(each):.0f} ms")
