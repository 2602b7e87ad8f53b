"""Edges of a line become presses: debounced, clicked, held, pressed together; a client's press is as a finger's."""

import random
from math import inf

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import Action, ButtonId, ButtonSettings, ChordSettings, Settings, State
from appliance.core.panel import buttons
from appliance.core.transition import Turn
from tests.core import sent
from tests.core.station import SETTINGS as STATION
from tests.core.station import Station
from tests.core.walk import walk

PLAIN, LONG, DOUBLE, ALL, LEFT, RIGHT = map(ButtonId, ("plain", "long", "double", "all", "left", "right"))
BOTH, LATE = ButtonId("both"), ButtonId("late")
MIN, BOUNCE, DOUBLE_S, WITHIN, STUCK = 0.005, 0.03, 0.3, 0.1, 60.0
TIMES = {"min_press_s": MIN, "debounce_s": BOUNCE, "stuck_s": STUCK}
SETTINGS = Settings(
    station="buttons",
    buttons=(
        ButtonSettings(PLAIN, Action.HANGUP, **TIMES),
        ButtonSettings(LONG, Action.HANGUP, long_action=Action.ANSWER, **TIMES),
        ButtonSettings(DOUBLE, Action.HANGUP, double_action=Action.SWITCH, **TIMES),
        ButtonSettings(ALL, Action.HANGUP, long_action=Action.ANSWER, double_action=Action.SWITCH, **TIMES),
        ButtonSettings(LEFT, Action.HANGUP, **TIMES),
        ButtonSettings(RIGHT, Action.ANSWER, long_action=Action.SWITCH, **TIMES),
    ),
    chords=(
        ChordSettings(BOTH, (LEFT, RIGHT), Action.HOLD, within_s=WITHIN),
        ChordSettings(LATE, (LEFT, ButtonId("gone")), Action.HOLD, within_s=0.05),
    ),
)
P, R, C, D, H, S, CHORD = "pressed", "released", "clicked", "double_clicked", "held", "stuck", "chord"


def panel() -> Station:
    return Station(State(SETTINGS, now=100.0))


def give(station: Station, button: ButtonId, at: float, active: bool, **more) -> None:
    """An edge at that time after 100 s, in time: what is due before it has come."""
    station.wait(max(0.0, 100.0 + at - station.state.now))
    station.give(inputs.ButtonEdge, 100.0 + at - station.state.now, button=button, active=active, **more)


def edges(station: Station, button: ButtonId, *at: float, late: bool = False) -> Station:
    """Edges at these times after 100 s, the first one down. Late: no Tick came between them."""
    for number, when in enumerate(at):
        if late:
            station.give(inputs.ButtonEdge, 100.0 + when - station.state.now, button=button, active=number % 2 == 0)
        else:
            give(station, button, when, number % 2 == 0)
    return station


def seen(station: Station) -> list[tuple[str, float]]:
    return [
        (e.TYPE.removeprefix("button."), round(e.at - 100.0, 3))
        for e in station.told
        if isinstance(e, events.ButtonEvent | events.ButtonChord)
    ]


def acted(station: Station) -> list[str]:
    """Which actions were done, and so failed: there is no call that they could be about."""
    return [e.operation for e in station.told if isinstance(e, events.ErrorReported)]


TABLE = [
    pytest.param(PLAIN, [1.0], [(P, 1.0)], ["hangup"], id="down, once it has lasted"),
    pytest.param(PLAIN, [1.0, 1.2], [(P, 1.0), (R, 1.2), (C, 1.2)], ["hangup"], id="click"),
    pytest.param(PLAIN, [1.0, 1.005], [(P, 1.0), (R, 1.005), (C, 1.005)], ["hangup"], id="just long enough"),
    pytest.param(PLAIN, [1.0, 1.004], [], [], id="too short"),
    pytest.param(
        PLAIN, [1.0, 1.002, 1.003, 1.2], [(P, 1.003), (R, 1.2), (C, 1.2)], ["hangup"], id="bounces as it is pressed"
    ),
    pytest.param(
        PLAIN,
        [1.0, 1.2, 1.205, 1.215],
        [(P, 1.0), (R, 1.215), (C, 1.215)],
        ["hangup"],
        id="bounces as it is released",
    ),
    pytest.param(PLAIN, [1.0, 1.2, 1.22, 1.5], [(P, 1.0), (R, 1.5), (C, 1.5)], ["hangup"], id="bounces in between"),
    pytest.param(PLAIN, [1.0, 5.0], [(P, 1.0), (R, 5.0), (C, 5.0)], ["hangup"], id="no long press without its action"),
    pytest.param(LONG, [1.0, 1.9], [(P, 1.0), (R, 1.9), (C, 1.9)], ["hangup"], id="click of a button that has both"),
    pytest.param(LONG, [1.0], [(P, 1.0), (H, 2.0)], ["answer"], id="long press while it is still down"),
    pytest.param(LONG, [1.0, 2.5], [(P, 1.0), (H, 2.0), (R, 2.5)], ["answer"], id="long press is no click"),
    pytest.param(LONG, [1.0, 2.0], [(P, 1.0), (H, 2.0), (R, 2.0)], ["answer"], id="released exactly at the long press"),
    pytest.param(LONG, [1.0, 1.99], [(P, 1.0), (R, 1.99), (C, 1.99)], ["hangup"], id="released just before it"),
    pytest.param(
        LONG,
        [1.0, 1.1, 1.2, 1.3],
        [(P, 1.0), (R, 1.1), (C, 1.1), (P, 1.2), (R, 1.3), (C, 1.3)],
        ["hangup", "hangup"],
        id="two clicks are no long press",
    ),
    pytest.param(DOUBLE, [1.0, 1.1], [(P, 1.0), (R, 1.1), (C, 1.1)], ["hangup"], id="one click"),
    pytest.param(
        DOUBLE,
        [1.0, 1.1, 1.2, 1.3],
        [(P, 1.0), (R, 1.1), (P, 1.2), (D, 1.2), (R, 1.3)],
        ["switch"],
        id="double click",
    ),
    pytest.param(
        DOUBLE,
        [1.0, 1.1, 1.399, 1.6],
        [(P, 1.0), (R, 1.1), (P, 1.399), (D, 1.399), (R, 1.6)],
        ["switch"],
        id="second click in the last moment",
    ),
    pytest.param(
        DOUBLE,
        [1.0, 1.1, 1.41, 1.6],
        [(P, 1.0), (R, 1.1), (C, 1.1), (P, 1.41), (R, 1.6), (C, 1.6)],
        ["hangup", "hangup"],
        id="second click too late",
    ),
    pytest.param(
        DOUBLE,
        [1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
        [(P, 1.0), (R, 1.1), (P, 1.2), (D, 1.2), (R, 1.3), (P, 1.4), (R, 1.5), (C, 1.5)],
        ["switch", "hangup"],
        id="a third click is one of its own",
    ),
    pytest.param(
        DOUBLE,
        [1.0, 1.1, 1.398, 1.401],
        [(P, 1.0), (R, 1.1), (C, 1.1)],
        ["hangup"],
        id="a pulse is no second click",
    ),
    pytest.param(ALL, [1.0, 1.1], [(P, 1.0), (R, 1.1), (C, 1.1)], ["hangup"], id="click of one that has all"),
    pytest.param(ALL, [1.0, 3.0], [(P, 1.0), (H, 2.0), (R, 3.0)], ["answer"], id="long press of one that has all"),
    pytest.param(
        ALL,
        [1.0, 1.1, 1.2, 3.0],
        [(P, 1.0), (R, 1.1), (P, 1.2), (D, 1.2), (R, 3.0)],
        ["switch"],
        id="a double click that is held is no long press",
    ),
    pytest.param(LEFT, [1.0, 1.05], [(P, 1.0), (R, 1.05), (C, 1.05)], ["hangup"], id="click of one that has a chord"),
    pytest.param(LEFT, [1.0, 2.0], [(P, 1.0), (R, 2.0), (C, 2.0)], ["hangup"], id="press of one that has a chord"),
    pytest.param(RIGHT, [1.0, 3.0], [(P, 1.0), (H, 2.0), (R, 3.0)], ["switch"], id="long press where there is a chord"),
]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(("button", "at", "wanted", "actions"), TABLE)
def test_edges_mean(button, at, wanted, actions, late):
    """Whether each deadline brought its Tick, or all edges came at once: they have the kernel's times."""
    station = edges(panel(), button, *at, late=late).wait(5.0)
    assert seen(station) == wanted
    assert acted(station) == [f"button {button}: {action}" for action in actions]
    assert bool(station.state.panel.presses) == (len(at) == 1)
    if len(at) > 1:
        assert station.desired.wake_at is None


def test_edges_that_come_after_what_was_later_count_when_they_were():
    """As the loop stood still; a visitor's press of 0.2 s is no long one then."""
    station = panel()
    station.give(inputs.GuardReady, 3.0)
    station.give(inputs.ButtonEdge, -2.0, button=LONG, active=True)
    station.give(inputs.ButtonEdge, -1.8, button=LONG, active=False)
    station.wait(1.0)
    assert seen(station) == [(P, 1.0), (R, 1.2), (C, 1.2)]


def test_an_edge_is_never_older_than_the_one_before_it():
    station = edges(panel(), PLAIN, 1.0, 1.5)
    station.give(inputs.ButtonEdge, -9.0, button=PLAIN, active=True)
    station.wait(1.0)
    assert seen(station) == [(P, 1.0)]


def test_only_a_tick_and_the_lines_own_edges_say_that_time_is_over():
    """The kernel may have an edge from before an input that came first: of a pulse, and nobody pressed."""
    station = edges(panel(), PLAIN, 1.0)
    station.give(inputs.GuardReady, 0.01)
    edges(station, LEFT, 1.02, late=True)
    assert seen(station) == []
    edges(station, PLAIN, 1.0, 1.003, late=True)
    assert seen(station) == []


def test_edges_that_report_what_is_known_change_nothing():
    station = edges(panel(), PLAIN, 1.0)
    give(station, PLAIN, 2.0, True)
    give(station, LONG, 2.0, False)
    give(station, ButtonId("unknown"), 2.0, True)
    assert seen(station) == [(P, 1.0)]


def test_without_a_shortest_press_the_first_edge_counts_at_once():
    station = Station(State(replace(SETTINGS, buttons=(ButtonSettings(PLAIN, Action.NONE),), chords=()), now=100.0))
    station.give(inputs.ButtonEdge, 1.0, button=PLAIN, active=True)
    assert seen(station) == [(P, 1.0)]
    assert station.desired.wake_at is None


# -- pulses too short --------------------------------------------------------------------------------------------------


def glitches(station: Station) -> dict[str, int]:
    return {b["id"]: b["glitches"] for b in sent.snapshot(station.state, 0.0)["panel"]["buttons"] if b["glitches"]}


@pytest.mark.parametrize("apart", [0.006, 0.05, 1.0])
def test_200_pulses_of_3_ms_ring_no_one_and_are_counted(apart):
    station = panel()
    for number in range(200):
        edges(station, PLAIN, number * apart, number * apart + 0.003)
    station.wait(1.0)
    assert (seen(station), glitches(station)) == ([], {PLAIN: 200})
    assert station.state.panel.presses == ()


def test_bounces_of_a_press_are_no_pulses():
    station = edges(panel(), PLAIN, 1.0, 1.001, 1.002, 1.003, 1.004, 1.2, 1.202, 1.203).wait(1.0)
    assert (len(seen(station)), glitches(station)) == (3, {})


def test_pulses_are_counted_while_a_second_click_is_waited_for():
    station = edges(panel(), DOUBLE, 1.0, 1.1, 1.2, 1.202).wait(1.0)
    assert seen(station) == [(P, 1.0), (R, 1.1), (C, 1.1)]
    assert (glitches(station), station.state.panel.presses) == ({DOUBLE: 1}, ())


def trace(dice: random.Random) -> tuple[list[float], list[tuple[float, float]]]:
    """Edges of a line, and the presses that they are: with bounces, pulses too short, and chatter while it is down."""
    at, told, presses = 1.0, [], []
    for _ in range(dice.randint(1, 2)):
        for _ in range(dice.randint(0, 3)):  # disturbances, from each other and from presses further than a bounce
            told += [at, at + dice.uniform(0.0001, MIN * 0.99)]
            at = told[-1] + dice.uniform(BOUNCE * 1.01, 0.5)
        for _ in range(dice.randint(0, 6)):  # it bounces as it is pressed
            told += [at, at + dice.uniform(0.0001, MIN * 0.99)]
            at = told[-1] + dice.uniform(0.0001, BOUNCE * 0.99)
        down = at
        told.append(at)
        at += dice.uniform(MIN * 1.01, 2.0)
        for _ in range(dice.randint(0, 6)):  # and as it is released
            told += [at, at + dice.uniform(0.0001, BOUNCE * 0.99)]
            at = told[-1] + dice.uniform(0.0001, MIN * 3)
        told.append(at)
        presses.append((down, at))
        at += dice.uniform(BOUNCE * 1.01, 1.0)
    return told, presses


@pytest.mark.parametrize("seed", range(100))
def test_of_10000_random_bounce_traces_no_press_is_missed_and_none_is_false(seed):
    """By the gestures alone, for whole steps of so many would take minutes; the next test takes those."""
    dice, button = random.Random(seed), SETTINGS.buttons[0]
    state = State(SETTINGS, now=0.0)
    for _ in range(100):
        at, presses = trace(dice)
        told, acts = [], 0
        for number, when in enumerate((*at, inf)):
            while (
                dice.random() < 0.9 and (press := dict(state.panel.presses).get(PLAIN)) and buttons.wake(press) < when
            ):
                turn = Turn(state, buttons.wake(press), "")
                acts += len(buttons.due(turn, button, turn.now))
                state, told = turn.state, told + turn.events
            if when == inf:
                break
            turn = Turn(state, when, "")
            acts += len(buttons.edge(turn, button, active=number % 2 == 0, at=when))
            state, told = turn.state, told + turn.events
        turn = Turn(state, at[-1] + 10.0, "")
        acts += len(buttons.due(turn, button, turn.now))
        told += turn.events
        wanted = [event for down, up in presses for event in ((P, down), (R, up), (C, up))]
        assert [(e.TYPE.removeprefix("button."), e.at) for e in told] == wanted, at
        assert acts == len(presses)
        assert turn.panel.presses == ()
        state = replace(turn.state, now=0.0)


def test_random_bounce_traces_are_presses_by_whole_steps_too():
    dice = random.Random(1)
    first = State(replace(SETTINGS, buttons=SETTINGS.buttons[:1], chords=()), now=100.0)
    for _ in range(50):
        at, presses = trace(dice)
        station = edges(Station(first), PLAIN, *at, late=dice.random() < 0.3).wait(1.0)
        wanted = [event for down, up in presses for event in ((P, down), (R, up), (C, up))]
        assert seen(station) == [(kind, round(when, 3)) for kind, when in wanted], at
        assert station.state.panel.presses == ()


# -- two together ------------------------------------------------------------------------------------------------------


def together(left: tuple[float, ...], right: tuple[float, ...]) -> Station:
    station = panel()
    both = [(at, LEFT, n % 2 == 0) for n, at in enumerate(left)] + [
        (at, RIGHT, n % 2 == 0) for n, at in enumerate(right)
    ]
    for at, button, active in sorted(both):
        give(station, button, at, active)
    return station.wait(5.0)


@pytest.mark.parametrize(
    ("left", "right", "wanted", "actions"),
    [
        pytest.param(
            (1.0, 1.5),
            (1.05, 1.6),
            [(P, 1.0), (P, 1.05), (CHORD, 1.05), (R, 1.5), (R, 1.6)],
            ["chord both: hold"],
            id="chord",
        ),
        pytest.param(
            (1.05, 5.0),
            (1.0, 6.0),
            [(P, 1.0), (P, 1.05), (CHORD, 1.05), (R, 5.0), (R, 6.0)],
            ["chord both: hold"],
            id="held: no long press",
        ),
        pytest.param(
            (1.0, 1.5),
            (1.094, 1.6),
            [(P, 1.0), (P, 1.094), (CHORD, 1.094), (R, 1.5), (R, 1.6)],
            ["chord both: hold"],
            id="in the last moment",
        ),
        pytest.param(
            (1.0, 1.5),
            (1.12, 1.6),
            [(P, 1.0), (P, 1.12), (R, 1.5), (C, 1.5), (R, 1.6), (C, 1.6)],
            ["button left: hangup", "button right: answer"],
            id="too late",
        ),
        pytest.param(
            (1.0, 1.03),
            (1.04, 1.2),
            [(P, 1.0), (P, 1.04), (R, 1.03), (C, 1.03), (R, 1.2), (C, 1.2)],
            ["button left: hangup", "button right: answer"],
            id="one after another",
        ),
    ],
)
def test_buttons_that_are_pressed_together_mean_something_else(left, right, wanted, actions):
    station = together(left, right)
    assert seen(station) == wanted
    assert acted(station) == actions


def test_a_button_that_has_a_chord_waits_only_so_long():
    station = edges(panel(), LEFT, 1.0).wait(0.0)
    station.wait(0.09)
    assert acted(station) == []
    station.wait(0.02)
    assert acted(station) == ["button left: hangup"]


def test_a_chord_of_a_client():
    station = panel()
    station.ask(inputs.PressButton(LEFT, 0.5))
    station.ask(inputs.PressButton(RIGHT, 0.2))
    station.wait(2.0)
    assert seen(station) == [(P, 0.0), (P, 0.0), (CHORD, 0.0), (R, 0.2), (R, 0.5)]
    assert station.last(events.ButtonChord).buttons == (LEFT, RIGHT)


def test_a_chord_may_ring():
    chord = ChordSettings(BOTH, (PLAIN, LONG), Action.RING, target="kitchen")
    station = Station(State(replace(STATION, buttons=SETTINGS.buttons, chords=(chord,)), now=100.0))
    edges(station, PLAIN, 1.0)
    edges(station, LONG, 1.05).wait(0.1)
    assert station.last(events.RingStarted).button == BOTH
    assert [c["id"] for c in sent.snapshot(station.state, 0.0)["panel"]["chords"]] == [BOTH]


# -- a button that stays down, a line that goes -----------------------------------------------------------------------


@pytest.mark.parametrize(("button", "actions"), [(PLAIN, ["hangup"]), (LONG, ["answer"]), (LEFT, ["hangup"])])
def test_a_button_that_is_down_for_too_long_is_reported_and_counts_for_nothing_until_it_is_up(button, actions):
    station = edges(panel(), button, 1.0).wait(70.0)
    assert seen(station)[-1] == (S, 61.0)
    part = f"button {button}"
    assert station.last(events.ApplianceDegraded).part == part
    assert part in dict(station.state.appliance.failed)
    shown = {b["id"]: b["stuck"] for b in sent.snapshot(station.state, 0.0)["panel"]["buttons"]}
    assert [name for name, stuck in shown.items() if stuck] == [button]
    assert station.desired.wake_at is None
    give(station, button, 80.0, False)
    station.wait(1.0)
    assert seen(station)[-2:] == [(S, 61.0), (R, 80.0)]
    assert station.last(events.ApplianceRecovered).part == part
    assert station.state.appliance.failed == ()
    assert acted(station) == [f"{part}: {action}" for action in actions]
    edges(station, button, 90.0, 90.2).wait(1.0)
    assert seen(station)[-1] == (C, 90.2)


def test_a_chatter_does_not_free_a_stuck_button():
    station = edges(panel(), PLAIN, 1.0, 30.0, 30.01, 62.0, 62.01).wait(5.0)
    assert seen(station) == [(P, 1.0), (S, 61.0)]


def presses(count: int, every: float, begin: float = 0.0) -> list[float]:
    """So many presses, each of half of the time to the next one."""
    return [begin + every * half / 2 for half in range(2 * count)]


def test_a_contact_that_chatters_is_ignored_until_it_is_quiet():
    station = edges(panel(), PLAIN, *presses(300, 0.15))
    assert [kind for kind, _ in seen(station)].count(P) == len(acted(station)) == 300
    edges(station, PLAIN, *presses(100, 0.15, 45.0), *presses(2, 9.0, 61.0))
    assert seen(station)[-2:] == [(P, 45.0), (S, 45.0)], "and none of what follows"
    degraded = station.last(events.ApplianceDegraded)
    assert (degraded.part, "300 times in a minute" in degraded.why) == (f"button {PLAIN}", True)
    assert station.state.appliance.failed
    station.wait(9.0)
    assert seen(station)[-1] == (S, 45.0), "it is quiet for nine seconds"
    station.wait(1.5)
    assert seen(station)[-1] == (R, 74.5)
    assert station.last(events.ApplianceRecovered).part == f"button {PLAIN}"
    assert len(acted(station)) == 300
    edges(station, PLAIN, 90.0, 90.2).wait(1.0)
    assert seen(station)[-1] == (C, 90.2)
    assert len(acted(station)) == 301


def test_a_child_that_plays_with_the_button_for_minutes_is_no_chatter():
    station = edges(panel(), PLAIN, *presses(900, 0.22))
    assert [kind for kind, _ in seen(station)].count(P) == 900
    assert station.state.appliance.failed == ()


def test_presses_by_a_client_are_no_chatter():
    station = panel()
    for _ in range(400):
        station.ask(inputs.PressButton(PLAIN, 0.05))
        station.wait(0.1)
    assert [kind for kind, _ in seen(station)].count(P) == 400


@pytest.mark.parametrize("button", [PLAIN, LONG, DOUBLE, LEFT])
def test_a_line_that_goes_ends_its_press_and_that_is_no_click(button):
    station = edges(panel(), button, 1.0)
    give(station, button, 1.05, False, lost=True)
    before = len(acted(station))
    station.wait(5.0)
    assert seen(station) == [(P, 1.0), (R, 1.05)]
    assert len(acted(station)) == before == (button is PLAIN)
    assert station.state.panel.presses == ()


def test_a_line_that_goes_while_its_button_is_stuck_ends_the_alarm():
    station = edges(panel(), PLAIN, 1.0)
    give(station, PLAIN, 70.0, False, lost=True)
    assert (seen(station)[-1], station.state.appliance.failed) == ((R, 70.0), ())


@pytest.mark.parametrize("at", [(), (1.0,), (1.0, 1.2)])
def test_a_line_that_goes_before_a_press_is_believed_or_after_it_leaves_nothing(at):
    station = edges(panel(), PLAIN, *at, late=True)
    station.give(inputs.ButtonEdge, 0.001, button=PLAIN, active=False, lost=True)
    station.wait(5.0)
    assert station.state.panel.presses == ()
    assert len(seen(station)) == len(at) // 2 * 2


# -- clients ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "seconds", "wanted"),
    [
        (PLAIN, 0.0, [(P, 0.0), (R, 0.0), (C, 0.0)]),
        (PLAIN, 0.5, [(P, 0.0), (R, 0.5), (C, 0.5)]),
        (PLAIN, 60.0, [(P, 0.0), (S, 60.0), (R, 60.0)]),
        (LONG, 0.0, [(P, 0.0), (R, 0.0), (C, 0.0)]),
        (LONG, 0.9, [(P, 0.0), (R, 0.9), (C, 0.9)]),
        (LONG, 1.0, [(P, 0.0), (H, 1.0), (R, 1.0)]),
        (LONG, 3.0, [(P, 0.0), (H, 1.0), (R, 3.0)]),
        (DOUBLE, 0.1, [(P, 0.0), (R, 0.1), (C, 0.1)]),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_client_presses_as_a_finger_does(button, seconds, wanted, late):
    station = panel()
    assert station.ask(inputs.PressButton(button, seconds)).error is None
    if late:
        station.give(inputs.Tick, 80.0)
    station.wait(80.0)
    assert seen(station) == wanted
    assert station.state.panel.presses == ()


def test_a_client_that_presses_a_button_that_is_down_gets_a_warning():
    station = edges(panel(), PLAIN, 1.0).wait(0.1)
    assert station.ask(inputs.PressButton(PLAIN, 1.0)).warning == "Button plain is down already."
    station.wait(2.0)
    assert seen(station) == [(P, 1.0)]
    assert station.last(events.WarningReported).code == "redundant"


def test_a_finger_that_comes_and_goes_while_a_client_presses_changes_nothing():
    station = panel()
    station.ask(inputs.PressButton(PLAIN, 2.0))
    edges(station, PLAIN, 0.5, 1.0).wait(5.0)
    assert seen(station) == [(P, 0.0), (R, 2.0), (C, 2.0)]


def test_a_line_that_goes_while_a_client_presses_changes_nothing():
    station = panel()
    station.ask(inputs.PressButton(PLAIN, 2.0))
    give(station, PLAIN, 1.0, False, lost=True)
    station.wait(5.0)
    assert seen(station) == [(P, 0.0), (R, 2.0), (C, 2.0)]


@pytest.mark.parametrize("late", [False, True])
def test_a_finger_that_stays_after_a_clients_press_is_a_press_of_its_own(late):
    station = panel()
    station.ask(inputs.PressButton(PLAIN, 2.0))
    edges(station, PLAIN, 1.5)
    if late:
        station.give(inputs.Tick, 8.0)
    station.wait(3.0)
    assert seen(station) == [(P, 0.0), (R, 2.0), (C, 2.0), (P, 2.0)]
    assert dict(station.state.panel.presses)[PLAIN].down


def test_a_finger_on_one_button_leaves_the_other():
    station = edges(panel(), LONG, 1.0)
    edges(station, PLAIN, 1.1, 1.2).wait(0.1)
    assert [name for name, press in station.state.panel.presses if press.down] == [LONG]


# -- all that can be ---------------------------------------------------------------------------------------------------


def test_every_state_of_two_buttons_that_make_a_chord_keeps_the_rules_and_comes_to_rest():
    """Breadth-first, with edges and a client's presses at any time; once nothing is down any more, nothing is kept."""
    every = replace(SETTINGS.buttons[3], id=LEFT, action=Action.NONE)
    two = replace(SETTINGS, buttons=(every, SETTINGS.buttons[5]), chords=SETTINGS.chords[:1])
    for settings in (two, replace(two, buttons=(every,), chords=())):

        def every_input(state, serial):
            at, fresh = state.now, f"{serial:026}"
            for button in state.settings.buttons:
                for active, lost in ((True, False), (False, False), (False, True)):
                    yield inputs.ButtonEdge(at=at, fresh=fresh, button=button.id, active=active, lost=lost)
                if len(state.settings.buttons) == 1:
                    press = inputs.PressButton(button.id, 1.0)
                    yield inputs.Requested(at=at, fresh=fresh, request="q", who="walk", action=press)

        def bounded(state):
            return state.panel.error_until is None and all(press.glitches < 2 for _, press in state.panel.presses)

        states, _ = walk(State(settings, now=100.0), every_input, bounded)
        for state in states:
            station = Station(state)
            for button in settings.buttons:
                station.give(inputs.ButtonEdge, button=button.id, active=False)
            station.wait(70.0)
            assert station.state.panel.presses == ()
            assert station.desired.wake_at is None


def test_a_deadline_believes_only_levels_that_have_lasted_by_the_edges_that_are_known():
    station = edges(panel(), PLAIN, 1.0)
    station.give(inputs.Tick, 30.0, edges=101.004)
    assert seen(station) == []
    station.give(inputs.Tick, edges=101.005)
    assert seen(station) == [(P, 1.0)]
