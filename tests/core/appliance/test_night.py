"""Night for the lamps: by the clock's local time where it is trusted, with a deadline at each of its ends."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import Clock, LampId, LampOutput, LampSettings, Night, Pattern, Picture
from tests.core import sent
from tests.core.station import ready

RED = LampId("red")
DIMMED = LampSettings(
    RED,
    ((Picture.IDLE, Pattern.ON), (Picture.DIALING, Pattern.SLOW)),
    color="#ffffff",
    colors=((Picture.DIALING, "#00ff00"),),
    brightness=80,
    night_brightness=20,
)
NIGHT = Night("22:00", "06:30")


def station(night=NIGHT):
    return ready(lamps=(DIMMED,), night=night)


def show_clock(made, hours, *, trusted=True, offset_s=3600.0):
    """Have the clock show that local time now."""
    epoch = hours * 3600 - offset_s - made.state.now + 20_000 * 86_400
    made.give(inputs.ClockReported, clock=Clock(epoch, offset_s, trusted))


def brightness(made):
    return dict(made.desired.lamps)[RED].brightness


@pytest.mark.parametrize(
    ("night", "hours", "wanted"),
    [
        (NIGHT, 12.0, 80),
        (NIGHT, 21.99, 80),
        (NIGHT, 22.0, 20),
        (NIGHT, 0.0, 20),
        (NIGHT, 6.49, 20),
        (NIGHT, 6.5, 80),
        (Night("01:00", "05:00"), 0.99, 80),
        (Night("01:00", "05:00"), 1.0, 20),
        (Night("01:00", "05:00"), 5.0, 80),
        (None, 0.0, 80),
    ],
)
def test_lamps_shine_less_at_night(night, hours, wanted):
    made = station(night)
    show_clock(made, hours)
    assert brightness(made) == wanted
    assert sent.snapshot(made.state, 0.0)["panel"]["night"] == (wanted == 20)


def test_night_begins_and_ends_by_itself_and_is_reported():
    made = station()
    show_clock(made, 21.5)
    assert made.desired.wake_at == pytest.approx(made.state.now + 1800, abs=0.01)
    made.wait(1800.1)
    assert brightness(made) == 20
    assert made.last(events.LampChanged) == events.LampChanged(RED, Pattern.ON, "#ffffff", 20)
    assert made.desired.wake_at == pytest.approx(made.state.now + 8.5 * 3600, abs=0.2)
    made.wait(8.5 * 3600)
    assert brightness(made) == 80
    assert made.last(events.LampChanged).brightness == 80


@pytest.mark.parametrize("known", [False, True])
def test_while_the_clock_is_not_to_be_trusted_it_is_day(known):
    made = station()
    if known:
        show_clock(made, 0.0, trusted=False)
    assert brightness(made) == 80
    assert made.desired.wake_at is None
    show_clock(made, 0.0)
    assert brightness(made) == 20


def test_a_clock_that_is_set_moves_the_night():
    made = station()
    show_clock(made, 0.0)
    show_clock(made, 12.0)
    assert brightness(made) == 80
    show_clock(made, 5.75, offset_s=0.0)
    assert brightness(made) == 20


def test_a_lamp_has_the_colour_of_its_picture_and_else_its_own():
    made = station()
    assert dict(made.desired.lamps)[RED] == LampOutput(Pattern.ON, "#ffffff", 80)
    made.press("ring")
    assert dict(made.desired.lamps)[RED] == LampOutput(Pattern.SLOW, "#00ff00", 80)
    assert made.last(events.LampChanged) == events.LampChanged(RED, Pattern.SLOW, "#00ff00", 80)


def test_what_a_lamp_can_is_shown_once_it_was_found():
    made = station()
    made.give(inputs.LampFound, lamp=RED, dims=False, colors=True)
    made.give(inputs.LampFound, lamp=RED, dims=True, colors=True)
    assert sent.snapshot(made.state, 0.0)["panel"]["lamps"] == [
        {"id": "red", "name": None, "pattern": "on", "color": "#ffffff", "brightness": 80, "dims": True, "colors": True}
    ]
