"""All times for which the station waits are in appliance/base/times.py, so that tests can choose them.

A constant of a module counts as a time by its name, which ends in _S, _MS, _US or _NS, and by its value, a number.
"""

import ast
import re

import pytest

from appliance.base.times import Times
from tests.support.times import kinds
from tests.tree.sources import ROOT, parse

NAME = re.compile(r"^(?!.*(PER|KBIT)_S$)_?[A-Z][A-Z0-9_]*_(S|MS|US|NS)$")  # not a rate, such as PER_S
OTHER_PROGRAMS = ("cli/", "demo/", "generate/")  # they are no part of the station, and have their own patience
# Times that are neither of the kind "it hangs" nor of the kind "again", by the reason.
RULES = """
what a client may ask for
    api/answers/outcomes.py LONGEST_WAIT_S
    api/routes/events.py LONGEST_WAIT_S
    core/audio/playbacks.py LONGEST_S LONGEST_SPEECH_S
    core/audio/self_test.py SHORTEST_S LONGEST_S
    core/audio/talk.py LONGEST_S
    core/audio/tones.py LONGEST_S
    core/calls/forwarding.py SHORTEST_S LONGEST_S
    core/calls/statistics.py LONGEST_INTERVAL_S
    core/panel/actions.py LONGEST_PRESS_S
    core/panel/buttons.py QUIET_S
    core/panel/self_tests.py LONGEST_LAMP_S
    simulator/panel.py LONGEST_PRESS_S
of local clients, as intercomctl
    base/unixhttp.py _AGAIN_S
what people notice: a rule of the product
    app/daemon.py LAST_CALLS_S
    core/access/card_readers.py AWAY_S
    core/access/dtmf.py TOGETHER_S ECHO_S
    core/access/keypads.py TOGETHER_S
    core/model/access.py LOCKOUT_FIRST_S LOCKOUT_LONGEST_S LOCKOUT_FORGOTTEN_S LOCKOUT_CLEARS_AGAIN_S
    core/model/clock.py MINUTE_S
    core/appliance/custom_events.py EVERY_S
    core/appliance/refusals.py AGAIN_AFTER_S
    core/audio/links.py TONE_S
    core/audio/recording_tones.py EVERY_S LASTS_S
    core/audio/self_test.py BUTTON_S
    core/audio/silence.py SILENT_S
    core/audio/talk.py TURN_S
    core/calls/call_timers.py LAST_S
    core/calls/connecting.py CONFIRM_S
    core/calls/early_media.py LONGEST_PAUSE_S
    core/calls/incoming.py ANNOUNCED_S
    core/calls/media.py BROWSER_S
    core/calls/statistics.py WINDOW_S
    core/doors/pulses.py WARNING_S
    core/doors/sensors.py GRACE_S QUIET_S
    core/transition.py ERROR_SHOWN_S
    core/visitor_ring/ring.py OUT_OF_REACH_S
    doctor/https.py SOON_S
    outlet/home_assistant.py ORDER_EXPIRES_S
    outlet/live.py RING_S EVENT_S
    outlet/orders.py EVERY_S REPORTED_EVERY_S REMEMBERED_S ANSWER_S
    outlet/trial.py SLOW_S
    outlet/webhooks/digits.py CONNECTS_S
    outlet/webhooks/trial.py SLOW_S
    push/message.py RING_S END_S
    panel/entry/matrix_keypad.py UNCHANGED_S JAMMED_S
    panel/entry/usb_keyboard.py TOGETHER_S
    panel/entry/wiegand_reader.py REPORT_EACH_S
    panel/lamps/lamps.py GLOW_STEP_S
    core/rules/limits.py EVERY_S FOLLOWS_S
    sip/stack/calls/rtp_watch.py STOPPED_S SOON_S
    sip/stack/routing/floods.py SILENT_S FILTERED_S
    store/make_room.py HOVERS_S
    system/clock.py FAR_AHEAD_S
    system/loopfaults.py EVERY_S
how long something is valid
    api/http/idempotency.py KEPT_S
    api/http/sessions.py LASTS_S
    push/message.py SIGNED_S
    runtime/ended_calls.py READABLE_S
    sip/stack/accounts/digest.py LIFE_S
    sip/stack/accounts/guesses.py KNOWN_S
given by a protocol, or told to a far end
    api/http/problems.py RETRY_S
    core/accounts/registration.py LONGEST_ASKED_S
    core/accounts/subscriptions.py LONGEST_ASKED_S
    core/model/panel.py DIGIT_S PAUSE_S
    outlet/webhooks/client.py APART_S
    sip/stack/accounts/accounts.py SESSION_S
    sip/stack/calls/hold.py BUSY_AGAIN_S OWNER_AGAIN_S OTHER_AGAIN_S INSTEAD_S
    sip/stack/calls/transfers.py LASTS_S
    sip/stack/routing/failover.py SILENT_S
    sip/stack/routing/tls.py UNHEARD_MS
a property of sound, signals or clocks
    audio/sweep.py QUIET_S ECHO_S FADE_S EARLY_S TAIL_S
    base/wall_time.py READING_S UNKNOWN_US
    core/rules/schedule.py JUMP_S
    core/call_quality.py FREE_DELAY_MS PACKET_MS LONGEST_MS
    panel/gpio/input_line.py LONGEST_LAG_S SETTLED_S
    panel/lamps/pwm_lamp.py PERIOD_NS
    panel/relay.py LATE_S
    runtime/counts.py SETUP_S LAG_S
    sip/link.py HELD_UP_S YOUNG_S
    sip/stack/calls/dtmf.py SAME_S LATE_S LONGEST_MS NEXT_PART_MS END_LOST_S
    sip/stack/calls/packets.py VOICE_MS
    sip/stack/engine.py CARD_MS RESERVE_MS
    sip/stack/media/devices.py ECHO_TAIL_MS
    store/finished/count_peaks.py ROUNDED_S
    store/finished/opus.py DIFFERENCE_S
    store/quota.py _PLAUSIBLE_S
    system/clock.py LEAST_CHANGE_S FAR_S
a unit
    app/daemon.py DAY_S
    core/wall_clock.py DAY_S
    store/journal.py _IDS_IN_A_MS
    system/clock.py QUARTER_S
a pace, short enough for every test
    panel/entry/matrix_keypad.py BETWEEN_S
    panel/gpio/chip_pins.py PAUSE_S
    panel/gpio/line_claims.py TOGETHER_S
    simulator/panel.py AGAIN_S
    sip/stack/accounts/accounts.py BUSY_S
    sip/stack/calls/ice.py LOOK_S
    sip/stack/calls/packets.py COUNT_S
    sip/stack/calls/rtp_watch.py LOOK_S
    sip/stack/calls/table.py BEGIN_S BEGIN_POLL_MS
    sip/stack/engine.py TURN_S BEAT_S IDLE_BEAT_S
    sip/stack/media/card_watch.py FIRST_S SETTLED_S
    sip/stack/media/devices.py XRUNS_LOOK_S
    sip/stack/routing/floods.py COUNT_S
    store/recordings.py _SETTLE_S
    system/clock.py SETTLED_S
    system/network.py SETTLED_S
a program of its own, which knows no other module: the guard's limits are those of its arguments, and systemd's
    panel/guard.py LONGEST_S LONGEST_HOLD_S HURRY_US USUAL_CAP_S USUAL_HOLD_S PAUSE_S
the same: a download, and the processor time of a conversion
    api/http/server.py STOP_S
    audio/download.py CONNECT_S READ_S
    store/finished/opus.py WITHIN_S
"""


def excepted():
    rows = (line.split() for line in RULES.splitlines() if line.startswith(" "))
    return {(file, name) for file, *names in rows for name in names}


def is_number(value):
    match value:
        case ast.Constant(int() | float() as number):
            return not isinstance(number, bool)
        case ast.UnaryOp(operand=inner):
            return is_number(inner)
        case ast.BinOp(left=left, right=right):
            return is_number(left) and is_number(right)
        case ast.Tuple(elts=elements):
            return all(map(is_number, elements))
    return False


def constants(source):
    """Each name that a module binds to a value at its top level, also in `A, B = 1, 2`."""
    for line in parse(source).body:
        match line:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                yield from zip(names, values, strict=False)
            case ast.Assign(targets=targets, value=value):
                yield from ((name, value) for name in targets)
            case ast.AnnAssign(target=name, value=value):
                yield name, value


def times_of(source):
    return [
        name.id
        for name, value in constants(source)
        if isinstance(name, ast.Name) and NAME.match(name.id) and is_number(value)
    ]


def modules():
    for path in sorted((ROOT / "appliance").rglob("*.py")):
        yield path.relative_to(ROOT / "appliance").as_posix(), path.read_text()


def test_a_module_has_no_time_of_its_own_for_which_the_station_waits():
    known = excepted()
    found = {
        (file, name) for file, source in modules() if not file.startswith(OTHER_PROGRAMS) for name in times_of(source)
    }
    new = [f"appliance/{file}: {name}" for file, name in sorted(found - known)]
    assert not new, f"Move to appliance/base/times.py, or add to RULES here with a reason: {new}"
    assert not known - found, f"Remove from RULES, as the modules have them no more: {sorted(known - found)}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("AGAIN_S = 2.0", ["AGAIN_S"]),
        ("_RETRY_S = 60 * 10", ["_RETRY_S"]),
        ("FIRST_S, MOST = 1.0, 3", ["FIRST_S"]),
        ("LATE_MS: int = 5", ["LATE_MS"]),
        ("PAUSES_S = (1.0, 2.0)", ["PAUSES_S"]),
        ("WAIT_S = times.current.reply_s", []),
        ("MOST = 3", []),
        ("STRANGERS_PER_S = 5.0", []),
        ("def f():\n    WAIT_S = 3", []),
    ],
)
def test_a_time_is_recognised(source, found):
    assert times_of(source) == found


def test_each_time_has_its_kind_its_unit_and_its_meaning():
    text = (ROOT / "appliance/base/times.py").read_text().partition("class Times")[2].partition("\ncurrent")[0]
    assert set(kinds().values()) == {"hang", "again"}
    lines = text.splitlines()
    for name in Times.__struct_fields__:
        assert name.endswith("_s"), f"{name}: in seconds"
        (at,) = (number for number, line in enumerate(lines) if line.startswith(f"    {name}: "))
        assert "  # " in lines[at] or lines[at - 1].startswith("    # "), f"{name}: say in a comment what it is"


def test_each_time_is_read_somewhere():
    text = "\n".join(source for file, source in modules() if file != "base/times.py")
    assert not [name for name in Times.__struct_fields__ if not re.search(rf"\.{name}\b", text)]
