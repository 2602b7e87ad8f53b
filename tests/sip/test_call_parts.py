"""The parts of a call that keep time, without pjsua2: hold, digits, the look at the packets."""

import pytest

from appliance.core.model import CallId, MediaDirection
from appliance.core.orders import SendDigit
from appliance.sip.stack.calls.dtmf import END_LOST_S, LATE_S, Once, Receiving, Sending
from appliance.sip.stack.calls.hold import (
    BUSY_AGAIN_S,
    CROSSED_MOST,
    INSTEAD_S,
    OWNER_AGAIN_S,
    HoldNegotiation,
    Reinvites,
)
from appliance.sip.stack.calls.rtp_watch import LOOK_S, SOON_S, STOPPED_S, FirstPackets, RtpWatch, SourceWatch


def asked(hold, wanted):
    assert hold.due(wanted, 0.0)
    hold.asked = wanted
    return hold


def test_a_hold_is_asked_for_once_and_is_true_once_answered():
    hold = asked(HoldNegotiation(), True)
    assert not hold.due(True, 1.0) and not hold.due(False, 1.0)
    assert hold.answered(200, 1.0, call_id_is_ours=True)
    assert hold.held and not hold.due(True, 1.0) and hold.due(False, 1.0)


def test_a_refused_hold_is_not_asked_for_again_until_it_was_given_up():
    hold = asked(HoldNegotiation(), True)
    assert not hold.answered(488, 1.0, call_id_is_ours=True)
    assert not hold.held and not hold.due(True, 99.0)
    assert not hold.due(False, 99.0)
    assert hold.due(True, 99.0)


def test_a_refused_resume_leaves_the_call_held():
    hold = asked(HoldNegotiation(), True)
    hold.answered(200, 0.0, call_id_is_ours=True)
    assert not asked(hold, False).answered(503, 0.0, call_id_is_ours=True)
    assert hold.held and not hold.due(False, 99.0)


def test_glare_is_waited_out_for_as_long_as_the_rfc_says():
    hold = asked(HoldNegotiation(), True)
    assert hold.answered(491, 10.0, call_id_is_ours=True)
    assert not hold.due(True, 10.0 + OWNER_AGAIN_S[0] - 0.01)
    assert hold.due(True, 10.0 + OWNER_AGAIN_S[1])


def test_one_that_met_the_end_of_another_is_tried_again_but_not_for_ever():
    hold, now = HoldNegotiation(), 0.0
    for _ in range(5):
        assert hold.due(True, now)
        hold.asked = True
        assert hold.answered(500, now, call_id_is_ours=False, later=True)
        now += 10.0
    hold.asked = True
    assert not hold.answered(500, now, call_id_is_ours=False, later=True)
    assert not hold.held and not hold.due(True, now + 99.0)


def test_a_500_that_asks_for_no_later_try_is_a_refusal_at_once():
    hold = asked(HoldNegotiation(), True)
    assert not hold.answered(500, 1.0, call_id_is_ours=True)
    assert not hold.due(True, 99.0)


@pytest.mark.parametrize(("code", "later"), [(491, False), (500, True)])
def test_a_refresh_of_the_session_that_meets_another_change_is_sent_again_but_not_for_ever(code, later):
    refreshes, sent = Reinvites(), 0
    refreshes.refreshed(code, 0.0, call_id_is_ours=True, later=later)
    assert not refreshes.due(OWNER_AGAIN_S[0] - 0.1)
    assert refreshes.due(OWNER_AGAIN_S[1])
    refreshes.postpone(4.0)
    assert not refreshes.due(4.0)
    while refreshes.due(1e9):
        sent += 1
        refreshes.sent("INVITE sip:far SIP/2.0\r\nCSeq: 7 INVITE\r\n\r\n")
        assert not refreshes.due(1e9)
        refreshes.refreshed(code, 0.0, call_id_is_ours=False, later=later)
    assert sent == CROSSED_MOST
    refreshes.refreshed(200, 0.0, call_id_is_ours=True, later=False)
    refreshes.refreshed(491, 0.0, call_id_is_ours=True, later=False)
    assert refreshes.due(OWNER_AGAIN_S[1])


@pytest.mark.parametrize("code", [200, 403, 488, 500])
def test_a_refresh_with_another_answer_is_not_sent_again(code):
    refreshes = Reinvites()
    refreshes.refreshed(code, 0.0, call_id_is_ours=True, later=False)
    assert not refreshes.due(1e9)


def test_a_refused_update_is_followed_by_a_reinvite_unless_one_with_an_offer_is_taken():
    refreshes = Reinvites()
    refreshes.updated(0, 0.0)
    assert not refreshes.due(1e9)
    refreshes.updated(405, 0.0)
    assert refreshes.due(BUSY_AGAIN_S)
    refreshes.updated(200, 1.0)
    assert not refreshes.due(1e9)
    refreshes.updated(405, INSTEAD_S - 1.0)
    assert not refreshes.due(1e9), "once in a while"
    refreshes.updated(481, INSTEAD_S)
    assert not refreshes.due(1e9), "the call ends"
    refreshes.updated(501, INSTEAD_S)
    assert refreshes.due(INSTEAD_S + BUSY_AGAIN_S)


def test_a_hold_that_could_not_be_sent_is_sent_a_moment_later():
    hold = asked(HoldNegotiation(), True)
    hold.postpone(5.0)
    assert not hold.due(True, 5.0) and hold.due(True, 5.0 + BUSY_AGAIN_S)


def test_an_answer_to_what_is_not_ours_changes_nothing():
    hold = HoldNegotiation()
    assert hold.answered(500, 0.0, call_id_is_ours=True) and not hold.held


def digits(text):
    return SendDigit(CallId("c-1"), text, tone_s=0.2, pause_s=0.1)


def sent(turn):
    """The digit that was sent, and the one to send, of a turn."""
    gone, going = turn
    return gone.digit if gone else "", going.digit if going else ""


def test_digits_are_sent_one_after_another_with_their_pauses():
    sending = Sending()
    sending.add(digits("12"))
    assert sent(sending.turn(0.0)) == ("", "1")
    assert sent(sending.turn(0.25)) == ("", "")  # it is silent
    sending.add(digits("3"))
    assert sent(sending.turn(0.31)) == ("1", "2")
    assert sent(sending.turn(0.62)) == ("2", "3")
    assert sent(sending.turn(0.93)) == ("3", "")
    assert sent(sending.turn(1.24)) == ("", "")


def test_dropped_digits_are_not_reported_as_sent():
    sending = Sending()
    sending.add(digits("12"))
    sending.turn(0.0)
    sending.drop()
    assert sent(sending.turn(1.0)) == ("", "")


def test_a_digit_is_reported_once_at_its_end():
    receiving = Receiving()
    event = ("5", 1000)
    assert receiving.packet(event, 20, 0.0, last=False) == []
    assert receiving.packet(event, 180, 0.1, last=True) == [("5", 180)]
    assert receiving.packet(event, 180, 0.1, last=True) == []
    assert receiving.turn(9.0) == []


def test_the_same_digit_pressed_twice_is_two():
    receiving = Receiving()
    assert receiving.packet(("5", 1000), 100, 0.0, last=True) == [("5", 100)]
    assert receiving.packet(("5", 3000), 120, 0.3, last=True) == [("5", 120)]


def test_a_digit_whose_end_is_lost_is_reported_by_the_next_or_by_time():
    receiving = Receiving()
    receiving.packet(("1", 1000), 80, 0.0, last=False)
    assert receiving.packet(("2", 2000), 20, 0.1, last=False) == [("1", 80)]
    assert receiving.turn(0.1 + END_LOST_S / 2) == []
    assert receiving.turn(0.2 + END_LOST_S) == [("2", 20)]


def test_late_packets_of_digits_are_no_digits_in_the_stream_that_follows_a_hold():
    receiving = Receiving()
    for digit, timestamp in (("5", 1000), ("6", 2000)):
        receiving.packet((digit, timestamp), 40, 0.0, last=False)
        assert receiving.packet((digit, timestamp), 60, 0.1, last=True) == [(digit, 60)]
    receiving.packet(("7", 3000), 40, 0.2, last=False)
    receiving.stream_ended(0.3)
    for digit, timestamp in (("5", 1000), ("6", 2000), ("7", 3000)):
        assert receiving.packet((digit, timestamp), 20, 0.4, last=False) == []
    assert receiving.packet(("7", 3000), 60, 0.4, last=True) == [("7", 60)]
    assert receiving.turn(1.0) == []
    assert receiving.packet(("6", 5000), 60, 1.0, last=True) == [("6", 60)]
    assert receiving.packet(("6", 5000), 40, 0.3 + LATE_S, last=True) == [("6", 40)], "pressed again"


def pressed(*packets):
    """The digits of packets that come every 20 ms: digit, timestamp, duration, whether it is the last."""
    receiving, told, now = Receiving(), [], 0.0
    for digit, timestamp, duration, last in packets:
        told += receiving.packet((digit, timestamp), duration, now, last=last)
        now += 0.02
    return "".join(digit for digit, _ in told + receiving.turn(now + 2 * END_LOST_S))


def press(digit, timestamp, *durations, ends=3):
    """One press: packets of these durations, and the last one again."""
    return [*((digit, timestamp, each, False) for each in durations), *[(digit, timestamp, durations[-1], True)] * ends]


@pytest.mark.parametrize(
    ("packets", "digits"),
    [
        ([each for digit in "1122#" for each in press(digit, 1000, 20, 40, 60)], "1122#"),
        ([each for digit in "111" for each in press(digit, 1000, 60, ends=1)], "1"),
        ([each for digit in "111" for each in press(digit, 1000, 40, 60, ends=1)], "111"),
        (press("1", 1000, 20, 40, 60, ends=0) + press("1", 1000, 20, 40), "11"),
        (press("1", 1000, 20, 40, 60) + press("1", 1000, 20, 40, 60, 80, 100), "11"),
        (press("1", 1000, 20, 40, 60) + press("2", 1000, 20, 40, 60) + press("1", 1000, 20, 40, 60), "121"),
        (press("1", 1000, 100) + press("1", 3000, 100), "11"),
        (press("1", 1000, 20, 40, 60, ends=6), "1"),
    ],
    ids=["a code", "only ends", "ends", "end lost", "longer", "between", "own timestamps", "many ends"],
)
def test_twin_digits_of_one_timestamp_are_distinguished_by_their_durations(packets, digits):
    assert pressed(*packets) == digits


@pytest.mark.parametrize("longest", [1365, 8191], ids=["48 kHz", "8 kHz"])
def test_a_key_that_is_held_for_longer_than_one_event_can_say_is_one_digit(longest):
    held = [
        packet for part in (0, 1) for packet in press("5", part * longest, *range(20, longest, 20), longest, ends=0)
    ]
    rest = press("5", 2 * longest + 15, 25, 45)  # some senders begin it a packet later
    receiving, told = Receiving(), []
    for number, (digit, timestamp, duration, last) in enumerate(held + rest):
        told += receiving.packet((digit, timestamp), duration, number * 0.02, last=last)
    assert told == [("5", 2 * longest + 45)]
    assert pressed(*held, *rest, *press("5", 2 * longest + 200, 20, 40)) == "55"


def test_a_long_press_whose_end_is_lost_and_the_next_one_are_two():
    assert pressed(*press("5", 0, *range(20, 1361, 20), ends=0), *press("5", 1500, 20, 40)) == "55"
    assert pressed(*press("5", 0, *range(20, 81, 20), ends=0), *press("5", 120, 20, 40)) == "55"
    assert pressed(*press("5", 0, *range(20, 1361, 20), ends=0), *press("6", 1365, 20, 40)) == "56"


def looks(watch, packets, begin, seconds):
    """The reports while each look sees the same count, or one more each."""
    told, now = [], begin
    while now < begin + seconds:
        count = packets() if callable(packets) else packets
        if watch.due(now):
            told.append(watch.look(count, now))
        now += LOOK_S
    return [news for news in told if news is not None], now


def test_packets_that_stop_are_reported_while_that_lasts_and_their_return_once():
    watch = RtpWatch()
    counts = iter(range(1000))
    told, now = looks(watch, lambda: next(counts), 0.0, 3.0)
    assert told == []
    told, now = looks(watch, 500, now, 3 * STOPPED_S + LOOK_S)
    assert told == [False, False, False]
    told, now = looks(watch, 501, now, 1.0)
    assert told == [True]


def test_packets_that_never_came_have_stopped():
    told, _now = looks(RtpWatch(), 0, 0.0, STOPPED_S + 2 * LOOK_S)
    assert told == [False]


def test_a_call_without_a_stream_has_no_packets():
    told, _now = looks(RtpWatch(), None, 0.0, STOPPED_S + 2 * LOOK_S)
    assert told == [False]
    watch = RtpWatch()
    looks(watch, 500, 0.0, 1.0)
    told, now = looks(watch, None, 1.0, STOPPED_S + 2 * LOOK_S)
    assert told == [False]
    told, _now = looks(watch, 1, now, LOOK_S)
    assert told == [True]


SEND, RECEIVE = MediaDirection.SEND, MediaDirection.RECEIVE


def test_the_first_packet_of_each_direction_is_reported_once_for_each_beginning():
    first = FirstPackets()
    assert not first.due(0.0), "there is no stream"
    for now in (0.0, 100.0):
        first.begin(now)
        assert first.due(now)
        assert first.look(0, 0, now) == []
        assert first.look(3, 0, now) == [SEND]
        assert first.look(9, 2, now) == [RECEIVE]
        assert not first.due(now + 9) and not first.soon(now)


def test_a_first_packet_is_awaited_closely_at_the_beginning_and_now_and_then_later():
    first = FirstPackets()
    first.begin(0.0)
    first.look(3, 0, 0.0)
    assert first.soon(SOON_S / 2) and first.due(SOON_S / 2)
    first.look(3, 0, SOON_S)
    assert not first.soon(SOON_S) and not first.due(SOON_S)
    assert first.due(SOON_S + LOOK_S)


THERE, NAMED, ELSEWHERE = "192.0.2.9:4000", "192.0.2.7:4000", "192.0.2.8:4000"


@pytest.mark.parametrize(
    ("looks_at", "told"),
    [
        pytest.param([("", 0), (NAMED, 1), (NAMED, 1)], [None] * 3, id="where the SDP says"),
        pytest.param([("", 0), (THERE, 1), (THERE, 1)], [None, (NAMED, None), None], id="behind a NAT"),
        pytest.param([(NAMED, 1), (ELSEWHERE, 2), (NAMED, 1)], [None, (NAMED, 1), (ELSEWHERE, 2)], id="away and back"),
        pytest.param([(NAMED, 1), ("", 0), (ELSEWHERE, 2)], [None, None, (NAMED, 1)], id="after a re-INVITE"),
        pytest.param([(NAMED, 1), (NAMED, 2), (NAMED, 2)], [None, (NAMED, 1), None], id="another stream"),
    ],
)
def test_a_change_of_source_is_reported_once(looks_at, told):
    watch = SourceWatch()
    looks = [watch.look(source, ssrc, NAMED) for source, ssrc in looks_at]
    assert [look and (look.source, look.ssrc) for look in looks] == told


@pytest.mark.parametrize(
    ("looks_at", "taken_over"),
    [
        pytest.param([(NAMED, NAMED), (ELSEWHERE, NAMED)], True, id="silence"),
        pytest.param([(THERE, NAMED), (ELSEWHERE, NAMED)], True, id="silence of a phone behind a NAT"),
        pytest.param([(NAMED, NAMED), ("", NAMED), (ELSEWHERE, NAMED)], False, id="a new stream"),
        pytest.param([(NAMED, NAMED), (ELSEWHERE, ELSEWHERE)], False, id="a re-INVITE that names it"),
        pytest.param([(NAMED, NAMED), (THERE, ELSEWHERE)], False, id="a re-INVITE from behind a NAT"),
        pytest.param([(THERE, NAMED), (NAMED, NAMED)], False, id="where the SDP says"),
        pytest.param([(THERE, NAMED)], False, id="the first source"),
    ],
)
def test_a_source_that_only_a_silence_has_let_in_is_said_to_have_taken_over(looks_at, taken_over):
    watch = SourceWatch()
    (*_, last) = [watch.look(source, ssrc, announced) for ssrc, (source, announced) in enumerate(looks_at)]
    assert last.taken_over == taken_over


def test_silence_that_is_due_to_a_hold_is_no_stop():
    watch = RtpWatch()
    looks(watch, 5, 0.0, 1.0)
    assert watch.excuse(1.0) is None
    told, now = looks(watch, 5, 10.0, STOPPED_S - LOOK_S)
    assert told == []
    told, now = looks(watch, 5, now, 2 * LOOK_S)
    assert told == [False]
    assert watch.excuse(now) is True
    assert watch.excuse(now + 1) is None


PRESSES = {
    "RTP alone": ([("5", "rfc4733", 0.0, 0.2), ("5", "rfc4733", 0.3, 0.5)], "55"),
    "INFO alone": ([("5", "info", 0.0, 0.2), ("5", "info", 0.3, 0.5)], "55"),
    "INFO after RTP": ([("5", "rfc4733", 0.0, 0.2), ("5", "info", 0.1, 0.3)], "5"),
    "INFO before RTP": ([("5", "info", 0.0, 0.0), ("5", "rfc4733", 0.0, 0.2)], "5"),
    "INFO at the begin of a long press": ([("5", "info", 0.0, 0.0), ("5", "rfc4733", 0.1, 6.0)], "5"),
    "the same digit twice, both ways": (
        [("5", "info", 0, 0.1), ("5", "rfc4733", 0, 0.2), ("5", "info", 0.3, 0.4), ("5", "rfc4733", 0.3, 0.5)],
        "55",
    ),
    "the second press told first by the other": (
        [("5", "info", 0, 0.1), ("5", "rfc4733", 0, 0.2), ("5", "rfc4733", 0.3, 0.5), ("5", "info", 0.4, 0.6)],
        "55",
    ),
    "the second press told by one way alone": (
        [("5", "info", 0, 0.1), ("5", "rfc4733", 0, 0.2), ("5", "rfc4733", 0.5, 0.7)],
        "55",
    ),
    "two digits, told crosswise": (
        [("1", "info", 0, 0.1), ("2", "info", 0.2, 0.3), ("1", "rfc4733", 0, 0.3), ("2", "rfc4733", 0.2, 0.5)],
        "12",
    ),
    "the other way much later": ([("5", "rfc4733", 0.0, 0.2), ("5", "info", 2.0, 2.2)], "55"),
}


@pytest.mark.parametrize("case", PRESSES)
def test_one_press_is_one_digit_whichever_ways_report_it(case):
    told, digits = PRESSES[case]
    once = Once()
    assert "".join(one[0] for one in told if once.is_new(*one)) == digits
