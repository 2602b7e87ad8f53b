"""A sound card that fails is reported for each call that needs it, and the microphone with the call that hears it."""

from appliance.core import events, inputs
from appliance.core.orders import EarlyMedia
from tests.core.station import Station, ready

FAULT = {"part": "audio", "why": "It is gone.", "resolution": "Plug it in.", "card": "usb"}


def faults(station: Station) -> list:
    return [
        (event.call, event.during, event.error, event.card, event.resolution)
        for event in station.told
        if isinstance(event, events.AudioFailed)
    ]


def test_a_fault_without_a_call_is_reported_once():
    station = ready()
    for _ in range(2):
        station.give(inputs.PartFailed, **FAULT)
    assert faults(station) == [(None, None, "It is gone.", "usb", "Plug it in.")]


def test_a_fault_in_a_call_names_the_call():
    station = ready()
    call = station.talking().id
    station.give(inputs.PartFailed, **FAULT)
    station.wait(5)
    assert faults(station) == [(call, "call", "It is gone.", "usb", "Plug it in.")]


def test_each_later_call_without_the_card_has_its_report_while_it_is_set_up():
    station = ready()
    station.give(inputs.PartFailed, **FAULT)
    first = station.talking().id
    station.give(inputs.CallEnded, call=first, code=200, reason="OK", remote=True)
    second = station.talking().id
    assert [fault[:2] for fault in faults(station)] == [(None, None), (first, "setup"), (second, "setup")]
    station.give(inputs.PartRecovered, part="audio", card="usb")
    station.give(inputs.CallEnded, call=second, code=200, reason="OK", remote=True)
    station.talking()
    assert len(faults(station)) == 3


def test_both_calls_of_a_conference_have_a_report():
    station = ready()
    first, second = station.talking().id, station.talking().id
    station.ask(inputs.Confer(calls=(first, second), invite=()))
    station.give(inputs.PartFailed, **FAULT)
    assert {fault[:2] for fault in faults(station)} == {(first, "call"), (second, "call")}


def test_the_microphone_is_reported_with_the_call_that_hears_it():
    station = ready()
    call = station.talking().id
    assert station.last(events.AudioMicrophoneChanged) == events.AudioMicrophoneChanged(active=True, call=call)
    station.ask(inputs.ReportLevels(call, wanted=False, microphone=True))
    told = [event for event in station.told if isinstance(event, events.AudioMicrophoneChanged)]
    assert told == [events.AudioMicrophoneChanged(active=True, call=call)] * 2
    station.ask(inputs.MuteCall(call, muted=True))
    assert station.last(events.AudioMicrophoneChanged) == events.AudioMicrophoneChanged(active=False, call=call)


def test_early_media_takes_headers():
    station = ready()
    call = station.arrive().id
    station.ask(inputs.SendEarlyMedia(call, headers=(("X-Stage", "menu"),)))
    assert station.orders(EarlyMedia) == [EarlyMedia(call, (("X-Stage", "menu"),))]


def test_the_fault_that_came_last_is_the_last_one_in_the_state():
    station = Station()
    for part, why in (("panel", "One."), ("audio", "Two."), ("panel", "Three.")):
        station.give(inputs.PartFailed, part=part, why=why, resolution="")
    assert station.state.appliance.failed == (("audio", "Two."), ("panel", "Three."))
