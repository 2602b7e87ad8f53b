"""Browsers as a target: they ring like a phone that SIP does not know, until one answers or the time is over."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import (
    BROWSERS,
    Account,
    AccountId,
    AccountSettings,
    AccountState,
    Action,
    ButtonId,
    ButtonSettings,
    CallState,
    Cause,
    ChordSettings,
    Entry,
    Plan,
    RingResult,
    RingStep,
    State,
    Target,
    Tone,
)
from appliance.core.orders import AnnounceRecording, Answer, HangUp, Place, Refuse
from appliance.core.status_line import status
from appliance.core.visitor_ring.ring import ELSEWHERE
from tests.core.sent import snapshot
from tests.core.station import FRONT, KITCHEN, PCMA, SETTINGS, Station, ready

ANNA = "http:anna"
OURS = {"uri": "sip:anna@browser.invalid", "source": "127.9.9.9:40000", "browser": ANNA}
RING_S = 60.0


def buttons(target: str) -> tuple[ButtonSettings, ...]:
    return tuple(replace(each, target=target) if each.id == "ring" else each for each in SETTINGS.buttons)


def alone(**changes) -> Station:
    """A station that has no target: its button rings browsers."""
    return ready(**{"targets": (), "buttons": buttons(BROWSERS), **changes})


def house(*steps: tuple[str, ...], **changes) -> Station:
    """A station whose button rings these steps, each for 20 s."""
    plan = Plan("house", tuple(RingStep(names, 20.0) for names in steps))
    return ready(**{"plans": (plan,), "buttons": buttons("house"), **changes})


def rung(station: Station) -> list[str]:
    """Whom it rings now."""
    return [call.remote.target for call in station.state.calls.living if call.alive]


def answered(station: Station, call: str = "c-in") -> None:
    """Anna answers from her browser, and talks."""
    station.arrive(call, **OURS)
    station.give(inputs.CallAnswered, call=call)
    station.give(inputs.CallConfirmed, call=call)
    station.give(inputs.MediaStarted, call=call, codec=PCMA, held=False)


def test_a_press_rings_browsers_and_the_visitor_hears_it_without_an_order_to_sip():
    station = alone()
    call = station.dialled()
    assert (call.state, call.ring, call.remote.target) == (CallState.RINGING, station.state.rings[0].id, BROWSERS)
    assert station.desired.sound.tone is Tone.DIALING
    assert "call.ringing" in station.types()
    assert station.orders(Place) == []
    (shown,) = snapshot(station.state, 0.0)["calls"]
    assert (shown["state"], shown["remote"]["target"], shown["ring"]) == ("ringing", BROWSERS, call.ring)


def test_a_browser_answers_and_all_others_stop():
    station = alone()
    ring = station.dialled()
    answered(station)
    assert station.orders(Answer) == [Answer("c-in")]
    ended = station.last(events.RingEnded)
    assert (ended.result, ended.call, ended.by) == (RingResult.ANSWERED, "c-in", ANNA)
    over = next(each for each in station.told if isinstance(each, events.FinalEvent))
    assert (over.call, over.cause, over.missed) == (ring.id, Cause.ANSWERED_ELSEWHERE, False)
    assert station.orders(HangUp) == []
    assert rung(station) == [""]


def test_the_only_line_of_a_station_is_that_of_the_ring_which_a_browser_answers():
    station = alone(max_calls=1)
    station.dialled()
    answered(station)
    assert station.orders(Refuse) == []
    assert station.state.count == 1
    late = station.arrive("c-late", **OURS)
    assert station.orders(Refuse) == [Refuse(late.id, 486)]


@pytest.mark.parametrize("message_s", [0.0, 30.0])
def test_nobody_answers(message_s):
    station = alone(message_s=message_s)
    station.dialled()
    station.wait(RING_S - 0.5)
    assert rung(station) == [BROWSERS]
    station.wait(1.0)
    assert station.last(events.CallFailed).cause is Cause.NO_ANSWER
    assert station.last(events.RingEnded).result is RingResult.UNANSWERED
    assert bool(station.orders(AnnounceRecording)) is bool(message_s)
    assert station.orders(HangUp) == []


def test_who_stops_the_ring_on_the_page_ends_it():
    station = house((BROWSERS,), ("kitchen",))
    call = station.dialled()
    station.ask(inputs.HangUpCall(call.id))
    assert station.last(events.RingEnded).result is RingResult.CANCELED
    assert station.orders(Place) == []


def test_who_opens_the_door_ends_it():
    station = alone()
    station.dialled()
    station.ask(inputs.OpenDoor(FRONT), who=ANNA)
    pulse = dict(station.state.doors.pulses)[FRONT].id
    station.give(inputs.RelayChanged, door=FRONT, energised=True, pulse=pulse)
    ended = station.last(events.RingEnded)
    assert (ended.result, ended.by, rung(station)) == (RingResult.OPENED, ANNA, [])


def test_phones_ring_beside_and_their_refusal_leaves_browsers_their_time():
    station = house(("kitchen", BROWSERS), ("office",))
    station.press("ring")
    assert sorted(rung(station)) == [BROWSERS, "kitchen"]
    (phone,) = (call for call in station.state.calls.living if call.remote.target == "kitchen")
    station.give(inputs.CallEnded, call=phone.id, code=603, reason="Decline", remote=True)
    station.wait(19.0)
    assert rung(station) == [BROWSERS]
    station.wait(1.5)
    assert rung(station) == ["office"]


def test_a_phone_answers_and_browsers_stop():
    station = house(("kitchen", BROWSERS))
    station.press("ring")
    (phone,) = (call for call in station.state.calls.living if call.remote.target == "kitchen")
    station.give(inputs.CallAnswered, call=phone.id)
    assert station.last(events.RingEnded).target == "kitchen"
    assert rung(station) == ["kitchen"]


def test_a_browser_answers_and_phones_stop():
    station = house(("kitchen", BROWSERS))
    station.press("ring")
    (phone,) = (call for call in station.state.calls.living if call.remote.target == "kitchen")
    answered(station)
    assert station.orders(HangUp) == [HangUp(phone.id, ELSEWHERE)]


def test_browsers_of_a_second_step_ring_again():
    station = house((BROWSERS,), (BROWSERS, "kitchen"))
    call = station.dialled()
    station.wait(20.5)
    assert sorted(rung(station)) == [BROWSERS, "kitchen"]
    assert call.id not in {each.id for each in station.state.calls.living}


def test_a_step_with_browsers_is_in_reach_whatever_its_phones_are():
    office = AccountId("office")
    station = house(
        ("mobile", BROWSERS),
        ("kitchen",),
        targets=(Target("mobile", "sip:1@pbx", account=office), Target("kitchen", KITCHEN)),
        accounts=(AccountSettings(office, "1", "pbx", "pbx"),),
    )
    away = (Account(office, AccountState.FAILED, failures=1),)
    station.state = replace(station.state, accounts=replace(station.state.accounts, begun=away))
    station.press("ring")
    station.wait(19.0)
    assert rung(station) == ["mobile", BROWSERS]


def test_a_second_press_while_a_browser_talks_changes_nothing():
    station = alone()
    station.dialled()
    answered(station)
    station.press("ring")
    assert station.state.rings == ()
    assert station.types().count("ring.started") == 1


def test_another_bell_rings_beside_a_browser_that_talks():
    other = ButtonSettings(ButtonId("second"), Action.RING, target=BROWSERS)
    station = ready(targets=(), buttons=(*buttons("house"), other), plans=(Plan("house", (RingStep((BROWSERS,)),)),))
    station.dialled()
    answered(station)
    station.press("second")
    assert [ring.button for ring in station.state.rings] == ["second"]


def test_sip_is_not_asked_to_place_it_whether_it_starts_late_or_is_lost():
    station = Station(State(replace(SETTINGS, targets=(), buttons=buttons(BROWSERS)), now=100.0))
    call = station.dialled()
    assert station.desired.sound.tone is Tone.DIALING
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    station.give(inputs.SipLost, why="killed")
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert station.orders(Place) == []
    assert rung(station) == [BROWSERS]
    assert station.state.calls.get(call.id).deadline == call.deadline


def test_a_client_cannot_dial_them():
    assert alone().ask(inputs.Dial(BROWSERS)).error.code == "number-invalid"


BELL = ButtonSettings(ButtonId("bell"), Action.RING, target=BROWSERS)
STEPS = (RingStep((BROWSERS,)),)
BARE = {"targets": (), "buttons": (), "lamps": (), "doors": (), "keypads": (), "readers": ()}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"buttons": (BELL,)}, "ready"),
        ({"buttons": (replace(BELL, target="house"),), "plans": (Plan("house", STEPS),)}, "ready"),
        ({"chords": (ChordSettings(ButtonId("both"), (), Action.RING, target=BROWSERS),)}, "ready"),
        ({"directory": (Entry("1", "Miller", Plan("flat 1", STEPS)),)}, "ready"),
        ({"buttons": (replace(BELL, target=""),)}, "not configured: it has no target to call"),
        ({"plans": (Plan("house", STEPS),)}, "not configured"),
    ],
)
def test_a_station_is_configured_if_a_press_rings_browsers(settings, said):
    assert status(ready(**BARE | settings).state) == said
