"""Codes and cards at real lines and input devices: what opens, what is refused, and an audit that lacks nothing.

The tests share a guest and follow one another: the audit at the end is that of all of them.
"""

import contextlib
import itertools
import json
from types import SimpleNamespace

import pytest

from appliance.core.model import Denial
from appliance.panel.entry.wiegand_frames import Spoiled
from appliance.store.audit import TYPES
from tests.lab.far import FarEnd
from tests.lab.guest import NOT_HURRIED
from tests.lab.test_entry import grabbed, plug, type_in
from tests.lab.witness import LabWitness
from tests.support.peers import sipp_scenarios
from tests.support.peers.sipp import OPTIONS
from tests.support.schema import check
from tests.support.shown import shows

CHIP = "entry"
BOARD = (
    "D0",
    "FRONT",
    "D1",
    "EXIT",
    "OPENER",
    "HANGUP",
    "LATCH",
    "SLOW",
    "FAST",
    "PULSE",
    "DOUBLE",
    "BACK",
    "ANSWER",
)
D0, FRONT, D1, EXIT, OPENER, HANGUP, LATCH, *_, ANSWER = range(len(BOARD))  # relay_watcher.py looks at line 1
CONFIG = """
[audio]
capture = "null"
playback = "null"

[deadlines]
rtp_s = 600

[panel.keypad.street]
device = "Desk keypad"
doors = ["front"]

[panel.keypad.gate]
reader = "gate"
doors = ["front"]

[panel.reader.gate]
chip = "entry"
d0 = "D0"
d1 = "D1"
doors = ["front"]

[panel.reader.desk]
device = "Desk reader"
doors = ["front", "back"]

[panel.button.exit]
chip = "entry"
line = "EXIT"
action = "exit"
door = "front"

[panel.button.opener]
chip = "entry"
line = "OPENER"
action = "door"
door = "front"

[panel.button.hangup]
chip = "entry"
line = "HANGUP"
action = "hangup"

[panel.button.answer]
chip = "entry"
line = "ANSWER"
action = "answer"

[panel.sensor.latch]
chip = "entry"
line = "LATCH"
normally = "open"
kind = "other"

[rule.visit]
on = "sensor.changed"
where = { sensor = "latch", active = true }
door = "front"

[panel.lamp.slow]
chip = "entry"
line = "SLOW"
pictures = {door_open = "slow"}

[panel.lamp.fast]
chip = "entry"
line = "FAST"
pictures = {door_open = "fast"}

[panel.lamp.pulse]
chip = "entry"
line = "PULSE"
pictures = {door_open = "pulse"}

[panel.lamp.double]
chip = "entry"
line = "DOUBLE"
pictures = {door_open = "double"}

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "entry"
line = "FRONT"
pulse_s = 2.0
max_hold_s = 600

[door.back]
chip = "entry"
line = "BACK"

[directory]
file = "/etc/intercomd/flats.csv"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"

[target.far]
uri = "sip:far@127.0.0.1:5090"
doors = ["front"]
"""
FLATS = "flat,name,targets\n12,Miller,kitchen\n"
WRONG = 500  # at the keypad, and as many in a call
CARD, KEYS = "0010463173", "{:04b}"
# As a time server does (adjtimex(2)): the clock's error has a bound.
SYNCHRONISED = """
import ctypes
timex = (ctypes.c_long * 128)()
timex[0], timex[3], timex[5] = 0x4 | 0x10, 1000, 0  # ADJ_MAXERROR and ADJ_STATUS
assert ctypes.CDLL(None).adjtimex(timex) >= 0
"""


class Entrance(LabWitness):
    """The service in the guest, input at its keypads and readers, and its events."""

    def __init__(self, guest):
        super().__init__(guest)
        guest.chip(CHIP, *BOARD)
        for line in (D0, D1, EXIT, OPENER, HANGUP, LATCH, ANSWER):
            guest.pull(CHIP, line, "up")
        guest.write("/etc/intercomd/flats.csv", FLATS)
        guest.write("/etc/intercomd/intercomd.toml", CONFIG)
        guest.drop_in("not-hurried", NOT_HURRIED)
        plug(guest, "keypad")
        plug(guest, "reader")
        guest.check("udevadm", "settle")
        guest.check("systemctl", "restart", "intercomd-guard", "intercomd", timeout_s=120)
        self.ready()
        guest.service("watch-relay", "python3", "/lab/programs/relay_watcher.py")
        self.since = 0

    def ready(self):
        """Until the doors can be opened, and keypad and reader are read."""
        available = lambda: (state := self.guest.state()) and all(door["available"] for door in state["doors"])  # noqa: E731
        self.guest.wait_for(available, "the doors", 120)
        self.guest.wait_for(lambda: all(grabbed(self.guest, f"Desk {kind}") for kind in ("keypad", "reader")), "keys")

    def begin(self):
        self.since = self.moment()

    def of(self, kind, /, **data):
        """The events of a kind since `begin`, each as its schema says."""
        events = [event for event in self.witnessed(self.since)[0] if event["type"] == kind]
        for event in events:
            check(event)
        return [e for e in events if data.items() <= e["data"].items()]

    def told(self, kind, /, **data):
        """Wait for one; its data."""
        return self.guest.wait_for(lambda: self.of(kind, **data), f"{kind} {data}", 120)[0]["data"]

    def code(self, owner, digits, *words, doors=("front",)):
        """Add a code, or by --card a card."""
        named = [word for door in doors for word in ("--door", door)]
        self.guest.check("intercomctl", "code", "add", "--owner", owner, *named, *words, given=f"{digits}\n")

    def types(self, text, kind="keypad"):
        type_in(self.guest, kind, text)

    def frames(self, *words):
        """To the reader on lines."""
        self.guest.check("python3", "/lab/programs/wiegand_sender.py", CHIP, str(D0), str(D1), *words, timeout_s=600)

    def press(self, line, name):
        self.guest.pull(CHIP, line, "down")
        self.told("button.pressed", button=name)
        self.guest.pull(CHIP, line, "up")
        self.told("button.released", button=name)

    def opened(self, **data):
        """The front door was opened by that, and is locked again, as its line shows."""
        told = self.told("door.unlocked", door="front", **data)
        self.told("door.locked", door="front")
        self.guest.wait_for(lambda: self.relay()[-1][1] == 0, "the relay is at rest")
        self.begin()
        return told

    def relay(self):
        """Every change of the front door's line: seconds, level."""
        return [(float(at), int(level)) for at, level in map(str.split, self.guest.read("/run/relay").splitlines())]


@pytest.fixture(scope="module")
def started(one_processor):
    return Entrance(one_processor)


@pytest.fixture
def entrance(started):
    started.begin()
    return started


@shows(
    *("keypad.accepted", "keypad.digit", "door.unlocked means=keypad", "door.unlocked means=card", "door.locked"),
    *("card.read", "lamp.changed pattern=slow", "lamp.changed pattern=fast", "lamp.changed pattern=pulse"),
    *("lamp.changed pattern=double", "lamp.changed pattern=off"),
)
def test_codes_at_keypads_and_cards_at_readers_open_the_door(entrance):
    entrance.code("Cleaner", "1234")
    entrance.code("Tenant", "12345")
    entrance.code("Guest", CARD, "--card")
    entrance.code("Clerk", "1193046", "--card")
    for typed, owner in (("1234", "Cleaner"), ("12345\\", "Tenant")):  # the longer one needs no Enter, which is #
        entrance.types(typed)
        entrance.told("keypad.accepted", owner=owner)
        entrance.opened(means="keypad", by=f"code of {owner}, keypad street")
    entrance.types(CARD, "reader")
    entrance.opened(means="card", by="card of Guest, reader desk")
    for _ in range(3):  # again where a busy machine has cut it in two
        entrance.frames("1193046")
        with contextlib.suppress(AssertionError):
            entrance.guest.wait_for(lambda: entrance.of("door.unlocked"), "the card", 20)
            break
    entrance.opened(means="card", by="card of Clerk, reader gate")


@shows(f"door.denied why={Denial.NO_CLOCK}")
def test_a_code_with_times_is_refused_until_the_clock_is_synchronised(entrance):
    entrance.code("Postman", "2468", "--time", "mon-sun 00:00-24:00", "--expires", "2199-01-01T00:00")
    entrance.types("2468")
    assert entrance.told("keypad.refused")["why"] == entrance.told("door.denied")["why"] == Denial.NO_CLOCK
    entrance.guest.check("python3", "-c", SYNCHRONISED)

    def accepted():
        entrance.begin()
        entrance.types("2468")
        both = lambda: entrance.of("keypad.accepted") + entrance.of("keypad.refused")  # noqa: E731
        (told,) = entrance.guest.wait_for(both, "what comes of the code")
        return told["type"] == "keypad.accepted"

    entrance.guest.wait_for(accepted, "that the service sees it, which looks now and then")
    entrance.opened(means="keypad", by="code of Postman, keypad street")


@shows(
    *("ring.started", "ring.ended result=canceled", "ring.ended result=opened"),
    "keypad.refused why=there is no such flat",
)
def test_a_flat_is_rung_by_its_number_until_the_visitor_gives_up_or_somebody_opens(entrance):
    phone = FarEnd(entrance.guest, answers=False)
    entrance.types("99")
    entrance.told("keypad.refused", why="there is no such flat")
    entrance.types("12")
    assert entrance.told("ring.started", to="flat 12")["button"] == "keypad street"
    entrance.told("call.ringing")
    entrance.press(HANGUP, "hangup")
    entrance.told("ring.ended", result="canceled")
    entrance.begin()
    entrance.types("12")
    entrance.told("call.ringing")
    entrance.press(EXIT, "exit")
    entrance.told("ring.ended", result="opened", door="front", by="button exit", means="exit")
    entrance.opened(means="exit", by="button exit")
    phone.stop()


@shows(
    *("sensor.changed kind=other", "door.unlocked means=button", "door.unlocked means=exit"),
    *("rule.triggered", "door.unlocked means=rule"),
)
def test_buttons_open_and_a_latch_does_by_a_rule(entrance):
    for line, name, means in ((OPENER, "opener", "button"), (EXIT, "exit", "exit")):
        entrance.press(line, name)
        entrance.opened(means=means, by=f"button {name}")
    entrance.guest.pull(CHIP, LATCH, "down")
    entrance.told("sensor.changed", sensor="latch", kind="other")
    entrance.told("rule.triggered", rule="visit", door="front")
    entrance.opened(means="rule", by="rule visit")


SPOILED = (  # of the reader on lines, of which the kernel keeps 1,024 edges, and at USB, of which it keeps 64 events
    ("0b" + "0" * 26, Spoiled.PARITY, "12*4", Spoiled.CHARACTERS),
    ("0b11110001", Spoiled.HALVES, "12", Spoiled.TYPED_LENGTH),
    ("0b1100", Spoiled.NO_KEY, "1234\\", Spoiled.NO_ENTER),
    ("0b" + "01" * 600, Spoiled.PULSES_LOST, "1" * 40, Spoiled.KEYS_LOST),
)


@shows(*(f"card.discarded why={why}" for _, on_lines, _, at_usb in SPOILED for why in (on_lines, at_usb)))
def test_what_is_no_whole_card_is_reported_and_opens_nothing(entrance):
    told = lambda: {e["data"]["why"].partition(":")[0] for e in entrance.of("card.discarded")}  # noqa: E731
    daemon = entrance.guest.properties("intercomd", "MainPID")["MainPID"]
    for frame, on_lines, typed, at_usb in SPOILED:

        def sent(frame=frame, typed=typed, on_lines=on_lines, at_usb=at_usb):
            """Again what a busy machine has cut in two; the daemon sleeps where it is to miss some."""
            missing = {on_lines, at_usb} - told()
            if on_lines is Spoiled.PULSES_LOST:
                entrance.guest.check("kill", "-STOP", daemon)
            if at_usb in missing:
                entrance.types(typed, "reader")
            if on_lines in missing:
                entrance.frames(frame)
            entrance.guest.check("kill", "-CONT", daemon)
            entrance.guest.check("sleep", "11")  # they are reported no more often
            return {on_lines, at_usb} <= told()

        entrance.guest.wait_for(sent, f"{on_lines}; {at_usb}", 240)
    assert not entrance.of("door.unlocked")


def test_kills_in_pulses_leave_no_opening_out_of_the_audit(entrance):
    for units in (["intercomd"], ["intercomd-guard"], ["intercomd", "intercomd-guard"]):
        entrance.guest.check("intercomctl", "door", "front")
        entrance.told("door.unlocked", means="api")
        for unit in units:
            entrance.guest.check("systemctl", "kill", "--signal=KILL", "--kill-whom=main", unit)
        entrance.guest.wait_for(lambda: entrance.relay()[-1][1] == 0, "the relay is at rest")
        entrance.ready()
        entrance.begin()


@shows(
    *("access.locked_out scope=keypad", "access.locked_out scope=caller", "access.locked_out scope=door"),
    *("access.locked_out scope=reader", "keypad.locked_out", "keypad.refused why=a wrong code"),
    "keypad.refused why=no code is accepted for a while after too many wrong ones",
)
def test_a_thousand_wrong_codes_by_keypads_and_a_caller_open_nothing(entrance, measured):
    guest = entrance.guest
    for number in range(5):
        entrance.types(f"00{number:08}", "reader")
    entrance.told("access.locked_out", scope="reader", who="desk")
    rises = [level for _, level in entrance.relay()].count(1)
    options = SimpleNamespace(
        **OPTIONS | {"user": "far", "digits": "".join(f"{n:04}#" for n in range(10)), "times": WRONG // 10}
    )
    guest.write("/root/caller.xml", sipp_scenarios.xml("uac-info-again", options))
    caller = "sipp 127.0.0.1:5060 -sf /root/caller.xml -m 1 -nostdin -i 127.0.0.1 -p 5090 -rtp_echo -timeout 600s"
    guest.check("systemd-run", "--quiet", "--unit=caller", *caller.split(), "-recv_timeout", "120000")
    entrance.told("call.incoming")
    entrance.press(ANSWER, "answer")
    entrance.told("access.locked_out", scope="caller", who="far")
    guest.check("python3", "/lab/programs/wrong_codes.py", "/run/lab/desk-keypad", str(WRONG), timeout_s=600)
    # The caller and the keypads take turns of one processor, so either may be done long before the other.
    guest.wait_for(lambda: entrance.of("call.ended"), "the caller is done", 600)
    assert guest.properties("caller", "Result")["Result"] == "success"

    others = map(str, itertools.count(5000))

    def doubled():
        """One more guess, which is looked at once keypad and door are free again."""
        entrance.types(next(others))
        street = entrance.of("access.locked_out", who="street", seconds=60.0)
        return street and entrance.of("access.locked_out", who="front")

    # Each further guess waits twice as long, and the door locks out at its fifteenth, from wherever they came.
    guest.wait_for(doubled, "longer lockouts", 400)
    for who in ("street", "far", "front"):
        lasted = [e["data"]["seconds"] for e in entrance.of("access.locked_out", who=who)]
        assert lasted == [30.0 * 2**n for n in range(len(lasted))] != []
        measured(f"lockouts of {who} by a thousand wrong codes", lasted)
    entrance.types("1234")
    entrance.told("keypad.refused", why=Denial.LOCKED_OUT)
    assert not entrance.of("door.unlocked")
    assert [level for _, level in entrance.relay()].count(1) == rises
    entrance.press(EXIT, "exit")  # who is inside may leave
    entrance.opened(means="exit")


def audit(guest):
    """The whole of it, oldest first."""
    rows, more = [], ()
    while more is not None:
        page = json.loads(guest.check("intercomctl", "--json", "log", "doors", "--limit", "200", *more))
        rows += page["events"]
        more = ("--cursor", str(page["next"])) if page["next"] is not None else None
    return rows[::-1]


def test_the_audit_has_each_opening_and_refusal_once_with_who_by_what_and_when(entrance):
    kept = audit(entrance.guest)
    events, _ = LabWitness(entrance.guest).witnessed(None)  # as the station has them after all those kills
    told = {event["id"]: event for event in events if event["type"].startswith(TYPES)}
    hashes = [row.pop("hash") for row in kept]
    assert len({*hashes}) == len(hashes)
    rows = {row["id"]: row for row in kept}
    assert list(rows) == sorted(rows) and len(rows) == len(kept)
    assert told == {number: row for number, row in rows.items() if number in told}, "a kill takes no row from the audit"
    for row in kept:
        check(row)
    denied = [row["data"] for row in kept if row["type"] == "door.denied"]
    for means, by in (("keypad", "keypad street"), ("dtmf", "digits of far")):
        found = [row for row in denied if (row["means"], row["by"]) == (means, by)]
        assert len(found) >= WRONG, means
        assert {row["why"] for row in found} == {Denial.WRONG, Denial.LOCKED_OUT}
    assert len([row for row in kept if row["type"] == "keypad.refused"]) >= WRONG
    unlocked = [row for row in kept if row["type"] == "door.unlocked" and row["data"]["door"] == "front"]
    times = [at for at, level in entrance.relay() if level == 1]
    assert len(unlocked) == len(times), "each time that the relay was energised, and no other"
    for row, before, after in zip(unlocked, [0.0, *times], [*times[1:], float("inf")], strict=False):
        assert before < row["uptime"] < after
        assert row["data"]["by"] and row["data"]["means"] and row["time"]
