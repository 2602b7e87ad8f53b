"""Statistics of calls: on an interval, at the end, and what is reported when the sound gets worse or stops."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import AudioSettings, Quality, QualityClass, SoundLevel, SoundSource
from tests.core.sent import call_view
from tests.core.station import PCMA, ready

FULL, HALF = (500, 0), (400, 100)  # packets of a window, received and lost


@pytest.fixture
def station():
    station = ready()
    station.talking()
    return station


def count(station, received, lost, after=1.0, **more):
    """The SIP process counts so many packets since the sound was negotiated."""
    quality = Quality(received, lost, 2.5, sent=received, **more)
    return station.give(inputs.MediaCounted, after, call=station.call.id, quality=quality)


def windows(station, *packets, **more):
    """Windows with these packets each, one after another."""
    received, lost = 0, 0
    for came, missing in packets:
        received, lost = received + came, lost + missing
        count(station, received, lost, 10.0, **more)


def end(station):
    call = station.call.id
    station.give(inputs.CallEnded, call=call, code=200, reason="OK", remote=True)


def told(station, kind):
    return [event for event in station.told if isinstance(event, kind)]


def every(station, seconds):
    return station.ask(inputs.SetStatisticsInterval(station.call.id, seconds))


def test_without_a_request_statistics_are_reported_once_just_before_the_last_event(station):
    for second in range(30):
        count(station, 50 * second, second, rtt_ms=40.0, buffer_ms=60.0, sent_lost=3, sent_jitter_ms=1.5)
    assert not told(station, events.MediaStatistics)
    call = station.call.id
    end(station)
    assert told(station, events.MediaStatistics) == [
        events.MediaStatistics(
            call,
            final=True,
            packets=1450,
            lost=29,
            jitter_ms=2.5,
            buffer_ms=60.0,
            bytes=0,
            sent=1450,
            sent_bytes=0,
            sent_lost=3,
            sent_jitter_ms=1.5,
            rtt_ms=40.0,
            mos=4.24,
            codec=PCMA,
        )
    ]
    assert station.types().index("media.statistics") < station.types().index("call.ended")


def test_a_call_without_sound_has_no_statistics():
    station = ready()
    station.talking()
    end(station)
    assert not told(station, events.MediaStatistics)


def test_statistics_come_on_the_interval_until_it_is_switched_off(station):
    assert every(station, 5).warning == ""
    for second in range(1, 13):
        count(station, 50 * second, 0)
    assert [event.packets for event in told(station, events.MediaStatistics)] == [250, 500]
    assert not any(event.final for event in told(station, events.MediaStatistics))
    assert "already" in every(station, 5).warning
    assert every(station, 0).warning == ""
    for second in range(13, 30):
        count(station, 50 * second, 0)
    assert len(told(station, events.MediaStatistics)) == 2


@pytest.mark.parametrize("seconds", [-1, 3601])
def test_an_interval_out_of_bounds_is_refused(station, seconds):
    assert every(station, seconds).error.code == "parameter-invalid"
    assert station.call.media.watch.interval_s is None


def test_statistics_come_as_configured_until_a_client_wants_another_interval():
    station = ready(audio=AudioSettings(statistics_s=10))
    station.talking()
    for second in range(1, 26):
        count(station, 50 * second, 0)
    assert [event.packets for event in told(station, events.MediaStatistics)] == [500, 1000]
    assert "already" in every(station, 10).warning
    assert every(station, 0).warning == ""
    for second in range(26, 50):
        count(station, 50 * second, 0)
    assert len(told(station, events.MediaStatistics)) == 2
    end(station)
    assert told(station, events.MediaStatistics)[-1].final


def test_too_few_packets_have_no_mos(station):
    every(station, 1)
    count(station, 49, 0)
    count(station, 50, 0)
    assert [event.mos for event in told(station, events.MediaStatistics)] == [None, 4.41]


def test_the_class_is_reported_when_it_changes_and_not_on_each_window(station):
    windows(station, FULL, FULL, (475, 25), (475, 25), HALF, FULL)
    assert [(event.mos, event.class_) for event in told(station, events.MediaQuality)] == [
        (4.41, QualityClass.GOOD),
        (3.92, QualityClass.FAIR),
        (2.63, QualityClass.BAD),
        (4.41, QualityClass.GOOD),
    ]
    watch = station.call.media.watch
    assert (watch.mos, watch.rating, watch.loss) == (4.41, QualityClass.GOOD, 0.0)


def test_a_slow_link_is_reported_again_only_after_it_was_fast(station):
    windows(station, FULL, (475, 25), (470, 30), (485, 15), (475, 25), (490, 10), (475, 25), rtt_ms=40.0)
    call = station.call.id
    assert told(station, events.MediaSlowLink) == [events.MediaSlowLink(call, loss=0.05, rtt_ms=40.0)] * 2


def test_nothing_is_judged_before_a_window_is_over(station):
    for second in range(1, 10):
        count(station, 30 * second, 20 * second)
    assert not told(station, events.MediaQuality) + told(station, events.MediaSlowLink)


def test_a_window_with_few_packets_goes_on(station):
    windows(station, FULL, (10, 5), (10, 5), (10, 11))
    assert [event.loss for event in told(station, events.MediaSlowLink)] == [0.4118]


def test_counters_that_begin_again_begin_a_window(station):
    windows(station, FULL)
    count(station, 10, 0, 10.0)
    count(station, 60, 60, 10.0)
    assert [event.loss for event in told(station, events.MediaSlowLink)] == [0.5455]
    windows(station, (200, 10))  # fewer lost than before
    assert len(told(station, events.MediaSlowLink)) == 1


def test_a_call_that_ends_or_was_never_connected_is_counted_and_not_judged():
    station = ready()
    station.dialled()
    count(station, 1, 500, 20.0)
    assert station.call.media.quality.lost == 500
    assert not told(station, events.MediaSlowLink)


def test_a_call_without_packets_is_warned_about_twice_and_then_ends(station):
    station.give(inputs.RtpStopped, call=station.call.id)
    station.wait(9.9)
    assert not told(station, events.MediaDisconnectionWarning)
    station.wait(20.0)
    warnings = told(station, events.MediaDisconnectionWarning)
    assert [(event.tries, event.ends_in_s) for event in warnings] == [(1, 20.0), (2, 10.0)]
    assert station.call.alive
    station.wait(0.2)
    assert not station.call.alive
    assert len(told(station, events.MediaDisconnectionWarning)) == 2


def test_packets_that_come_again_end_the_warnings_and_the_next_stop_begins_them(station):
    call = station.call.id
    for _ in range(2):
        station.give(inputs.RtpStopped, call=call)
        station.wait(12.0)
        station.give(inputs.RtpResumed, call=call)
        station.wait(100.0)
    assert [event.tries for event in told(station, events.MediaDisconnectionWarning)] == [1, 1]


def test_a_late_clock_reports_both_warnings_at_once(station):
    station.give(inputs.RtpStopped, call=station.call.id)
    station.give(inputs.Tick, 25.0)
    assert [event.tries for event in told(station, events.MediaDisconnectionWarning)] == [1, 2]


def test_a_call_that_is_hung_up_without_packets_is_not_warned_about(station):
    call = station.call.id
    station.give(inputs.RtpStopped, call=call)
    station.ask(inputs.HangUpCall(call))
    station.wait(4.0)
    assert not told(station, events.MediaDisconnectionWarning)


def test_the_calls_quality_has_the_last_windows_figures(station):
    windows(station, (475, 25), rtt_ms=40.0)
    assert station.call.media.watch.loss == 0.05


def heard(station, sent, received):
    given = {"quality": Quality(1, 0, 1.0), "sent": sent, "received": received}
    station.give(inputs.MediaCounted, 1.0, call=station.call.id, **given)


def test_levels_are_reported_while_a_client_wants_them_and_the_call_says_who_speaks(station):
    call = station.call.id
    quiet, voice = SoundLevel(-70.0, speaking=False), SoundLevel(-23.5, speaking=True)
    heard(station, quiet, voice)
    assert not told(station, events.AudioLevel) and shown(station)["vad"] is None
    assert station.ask(inputs.ReportLevels(call, wanted=True)).warning == ""
    assert (shown(station)["report"], shown(station)["vad"]) == (["level"], {"local": False, "remote": False})
    heard(station, quiet, voice)
    assert shown(station)["vad"] == {"local": False, "remote": True}
    heard(station, voice, None)  # no second of sound came
    assert shown(station)["vad"] == {"local": True, "remote": False}
    assert told(station, events.AudioLevel) == [
        events.AudioLevel(call, SoundSource.LOCAL, -70.0, speaking=False),
        events.AudioLevel(call, SoundSource.REMOTE, -23.5, speaking=True),
        events.AudioLevel(call, SoundSource.LOCAL, -23.5, speaking=True),
    ]
    assert "already" in station.ask(inputs.ReportLevels(call, wanted=True)).warning
    assert station.ask(inputs.ReportLevels(call, wanted=False)).warning == ""
    heard(station, voice, voice)
    assert len(told(station, events.AudioLevel)) == 3 and shown(station)["vad"] is None
    assert "not reported" in station.ask(inputs.ReportLevels(call, wanted=False)).warning


def shown(station):
    return call_view(station.state, station.call, 0.0, 0.0)
