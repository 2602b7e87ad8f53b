"""Edges of a line become presses: debounced, clicked or held; a client's press is as a finger's."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import Action, ButtonId, ButtonSettings, Settings, State
from tests.core.station import Station

PLAIN, LONG = ButtonId("plain"), ButtonId("long")
SETTINGS = Settings(
    station="buttons",
    buttons=(
        ButtonSettings(PLAIN, Action.RING, target="nobody"),
        ButtonSettings(LONG, Action.RING, long_action=Action.HANGUP, target="nobody"),
    ),
)
P, R, C, H = "pressed", "released", "clicked", "held"


def panel() -> Station:
    return Station(State(SETTINGS, now=100.0))


def edges(station: Station, button: ButtonId, *at: float) -> Station:
    """Edges at these times after 100 s, the first one down."""
    for number, when in enumerate(at):
        station.give(inputs.ButtonEdge, 100.0 + when - station.state.now, button=button, active=number % 2 == 0)
    return station


def seen(station: Station) -> list[tuple[str, float]]:
    return [
        (e.TYPE.removeprefix("button."), round(e.at - 100.0, 3))
        for e in station.told
        if isinstance(e, events.ButtonEvent)
    ]


@pytest.mark.parametrize(
    ("button", "at", "wanted"),
    [
        pytest.param(PLAIN, [1.0], [(P, 1.0)], id="down, at once"),
        pytest.param(PLAIN, [1.0, 1.2], [(P, 1.0), (R, 1.2), (C, 1.2)], id="click"),
        pytest.param(PLAIN, [1.0, 1.005, 1.01, 1.2], [(P, 1.0), (R, 1.2), (C, 1.2)], id="bounces as it is pressed"),
        pytest.param(PLAIN, [1.0, 1.2, 1.205, 1.21], [(P, 1.0), (R, 1.2), (C, 1.2)], id="bounces as it is released"),
        pytest.param(PLAIN, [1.0, 1.01], [(P, 1.0), (R, 1.03), (C, 1.03)], id="shorter than the debounce"),
        pytest.param(
            PLAIN, [1.0, 1.2, 1.21], [(P, 1.0), (R, 1.2), (C, 1.2), (P, 1.23)], id="down again within the debounce"
        ),
        pytest.param(PLAIN, [1.0, 5.0], [(P, 1.0), (R, 5.0), (C, 5.0)], id="no long press without its action"),
        pytest.param(LONG, [1.0, 1.9], [(P, 1.0), (R, 1.9), (C, 1.9)], id="click of a button that has both"),
        pytest.param(LONG, [1.0], [(P, 1.0), (H, 2.0)], id="long press while it is still down"),
        pytest.param(LONG, [1.0, 2.5], [(P, 1.0), (H, 2.0), (R, 2.5)], id="long press is no click"),
        pytest.param(LONG, [1.0, 2.0], [(P, 1.0), (H, 2.0), (R, 2.0)], id="released exactly at the long press"),
        pytest.param(LONG, [1.0, 1.01], [(P, 1.0), (R, 1.03), (C, 1.03)], id="short, and seen late"),
        pytest.param(
            LONG,
            [1.0, 1.1, 1.2, 1.3],
            [(P, 1.0), (R, 1.1), (C, 1.1), (P, 1.2), (R, 1.3), (C, 1.3)],
            id="two clicks are no long press",
        ),
    ],
)
def test_edges_mean(button, at, wanted):
    station = edges(panel(), button, *at)
    if len(at) != 1 or button is LONG:
        station.wait(5.0)
    assert seen(station) == wanted


@pytest.mark.parametrize("button", [PLAIN, LONG])
def test_a_button_at_rest_is_forgotten_and_wakes_nobody(button):
    station = edges(panel(), button, 1.0, 1.005, 1.01, 3.0, 3.01, 3.02).wait(4.0)
    assert station.state.presses == ()
    assert station.desired.wake_at is None


def test_a_plain_button_that_is_down_wakes_nobody():
    assert edges(panel(), PLAIN, 1.0).wait(1.0).desired.wake_at is None


def test_a_button_with_a_long_press_acts_only_when_it_is_known_which():
    station = edges(panel(), LONG, 1.0)
    assert station.desired.wake_at == pytest.approx(102.0)
    station.wait(1.0)
    assert station.last(events.ErrorTold).operation == "button long: hangup"


def test_the_long_press_is_due_even_where_no_tick_came_before_the_release():
    station = edges(panel(), LONG, 1.0, 2.5)
    assert [kind for kind, _ in seen(station)] == [P, H, R]


def test_a_short_press_that_is_seen_late_is_no_long_press():
    station = edges(panel(), LONG, 1.0, 1.01)  # within the debounce
    station.give(inputs.Tick, 9.0)
    assert seen(station) == [(P, 1.0), (R, 1.03), (C, 1.03)]


def test_edges_with_old_times_count_as_now():
    station = panel()
    station.give(inputs.ButtonEdge, -50.0, button=PLAIN, active=True)
    station.give(inputs.ButtonEdge, 1.0, button=PLAIN, active=False)
    station.give(inputs.ButtonEdge, -0.5, button=PLAIN, active=True)  # within the debounce of what is newer
    station.wait(0.1)
    assert seen(station) == [(P, 0.0), (R, 1.0), (C, 1.0), (P, 1.03)]


def test_edges_that_tell_what_is_known_change_nothing():
    station = edges(panel(), PLAIN, 1.0)
    station.give(inputs.ButtonEdge, 1.0, button=PLAIN, active=True)
    station.give(inputs.ButtonEdge, 1.0, button=LONG, active=False)
    station.give(inputs.ButtonEdge, 1.0, button=ButtonId("unknown"), active=True)
    assert seen(station) == [(P, 1.0)]


@pytest.mark.parametrize(
    ("button", "seconds", "wanted"),
    [
        (PLAIN, 0.0, [(P, 0.0), (R, 0.0), (C, 0.0)]),
        (PLAIN, 0.5, [(P, 0.0), (R, 0.5), (C, 0.5)]),
        (LONG, 0.0, [(P, 0.0), (R, 0.0), (C, 0.0)]),
        (LONG, 0.9, [(P, 0.0), (R, 0.9), (C, 0.9)]),
        (LONG, 1.0, [(P, 0.0), (H, 1.0), (R, 1.0)]),
        (LONG, 3.0, [(P, 0.0), (H, 1.0), (R, 3.0)]),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_client_presses_as_a_finger_does(button, seconds, wanted, late):
    station = panel()
    assert station.ask(inputs.PressButton(button, seconds)).error is None
    if late:
        station.give(inputs.Tick, 10.0)
    station.wait(5.0)
    assert seen(station) == wanted
    assert station.state.presses == ()


def test_a_client_that_presses_what_is_down_is_told_so():
    station = edges(panel(), PLAIN, 1.0)
    assert station.ask(inputs.PressButton(PLAIN, 1.0)).warning == "Button plain is down already."
    station.wait(2.0)
    assert seen(station) == [(P, 1.0)]
    assert station.last(events.WarningTold).code == "redundant"


def test_a_finger_that_comes_and_goes_while_a_client_presses_changes_nothing():
    station = panel()
    station.ask(inputs.PressButton(PLAIN, 2.0))
    edges(station, PLAIN, 0.5, 1.0).wait(5.0)
    assert seen(station) == [(P, 0.0), (R, 2.0), (C, 2.0)]


@pytest.mark.parametrize("late", [False, True])
def test_a_finger_that_stays_after_a_clients_press_is_a_press_of_its_own(late):
    station = panel()
    station.ask(inputs.PressButton(PLAIN, 2.0))
    edges(station, PLAIN, 1.5)
    if late:
        station.give(inputs.Tick, 8.0)
    station.wait(3.0)
    assert seen(station) == [(P, 0.0), (R, 2.0), (C, 2.0), (P, 2.03)]
    assert dict(station.state.presses)[PLAIN].down


def test_a_finger_on_one_button_leaves_the_other():
    station = edges(panel(), LONG, 1.0)
    edges(station, PLAIN, 1.1, 1.2)
    assert [name for name, press in station.state.presses if press.down] == [LONG]
