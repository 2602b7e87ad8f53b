"""Codes typed by real far ends: by RFC 4733 and INFO, right, wrong a thousand times, used up, and through a kill."""

import asyncio
import contextlib
import itertools
import re
import signal
import time
from datetime import datetime

import pytest

from appliance.simulator import panel
from tests.support.daemon import Daemon
from tests.support.peers.packets import PACKET_S, Packets
from tests.support.peers.sipp import Sipp, free_port
from tests.support.shown import shows
from tests.support.waiting import until

DOOR = {"front": {"pulse_s": 2.0}}
PATIENCE_S = 120.0
WHILE_S = 15.0  # far more than a busy machine needs for one code
AT_ONCE = 1e5  # packets a second


def info(digit):
    return {"body": f"Signal={digit}\r\nDuration=160\r\n", "kind": "application/dtmf-relay"}


def station(where, **settings):
    daemon = Daemon(where, door=DOOR, **settings)
    daemon.config["target"]["far"]["doors"] = ["front"]
    return daemon


@contextlib.contextmanager
def again(directory):
    """The same station after an end without a word; the events of its past are not looked at."""
    daemon = station(directory)
    port = free_port(daemon.config["sip"]["address"])
    daemon.config["sip"]["port"] = port
    with daemon as door:
        door.address = f"{daemon.config['sip']['address']}:{port}"
        until(lambda: door.get("/v1/state")["appliance"]["ready"], "SIP")
        door.caught_up()
        door.begin()
        yield door


@pytest.fixture
def guarded(tmp_path):
    """A station whose far end may open its door, with one code."""
    with station(tmp_path / "d") as door:
        added(door)
        yield door


def added(door, **limits):
    return door.post("/v1/codes", {"owner": "Cleaner", "digits": "4711", "doors": ["front"]} | limits)["id"]


def locked_out(door, kind):
    """Whether a lockout goes on for a while: at its end, which a slow machine may just have reached, a code opens."""
    last = door.of(kind)[-1]
    return datetime.fromisoformat(last["time"]).timestamp() + last["data"]["seconds"] > time.time() + WHILE_S


class Call:
    """The far end calls, is answered, and types."""

    def __init__(self, door):
        self.door, self.far = door, Packets(door.far_address, to=door.address)
        self.number, self.typed = itertools.count(2), 0

    def __enter__(self):
        self.call = self.far.rings(self.door)
        self.accepted = self.far.called(lambda: self.door.press("answer"))
        self.door.talk(self.call)
        return self

    def __exit__(self, *_):
        self.far.socket.close()
        self.far.rtp.close()

    def info(self, digits):
        """By INFO, each once the one before was answered."""
        for digit in digits:
            number = next(self.number)
            packet, answer = self.far.request("INFO", number, **info(digit)), f"CSeq: {number} INFO"
            end = time.monotonic() + PATIENCE_S
            while not self.answered(packet, answer):  # sent again (RFC 3261 §17.1.2.2): so many a second are too many
                assert time.monotonic() < end, f"no answer to {number}"
            self.typed += 1

    def heard(self):
        """Wait until the station has all digits."""
        until(lambda: len(self.door.of("dtmf.received")) == self.typed, "all digits")

    def refused(self, count, code):
        """Type this code until so many were refused: a machine that stands still ends an entry too early."""
        for _ in range(9):
            self.heard()
            if len(self.door.of("door.denied")) >= count:
                return
            self.rtp(f"{code}#")  # the refusal is reported before the #
        raise AssertionError(f"not {count} were refused")

    def answered(self, packet, answer):
        """Whether that is answered within the time after which UDP's requests are sent again."""
        self.far.send(packet)
        self.far.socket.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while answer not in self.far.socket.recv(65536).decode():
                pass
            return True
        return False

    def rtp(self, digits, rate=1 / PACKET_S):
        """By RFC 4733, in so many packets a second."""
        for digit in digits:
            self.typed += 1
            self.far.press(self.accepted, digit, self.typed, rate)

    def hang_up(self):
        self.far.hang_up(next(self.number))
        self.door.final(self.call, kind="call.ended")


def audit(door):
    """The events of the whole of it, newest first."""
    rows, cursor = [], ""
    while cursor is not None:
        page = door.get(f"/v1/log/doors?limit=200{cursor and f'&cursor={cursor}'}")
        rows, cursor = rows + page["events"], page["next"]
    for row in rows:
        del row["hash"]
    return rows


@shows(
    *("POST /v1/codes", "GET /v1/log/doors", "code.added kind=code"),
    *("door.unlocked means=dtmf", "door.locked"),
)
@pytest.mark.parametrize("way", ["info", "rtp"])
def test_a_code_opens_the_door_and_who_by_what_and_when_is_in_the_audit(guarded, way):
    with Call(guarded) as call:
        getattr(call, way)("4711")
        told = guarded.wait("door.unlocked", door="front")
        assert (told["data"]["by"], told["data"]["means"]) == ("code of Cleaner, digits of far", "dtmf")
        guarded.wait("door.locked", door="front")
        call.hang_up()
    digits = {(e["data"]["digit"], e["data"]["masked"]) for e in guarded.of("dtmf.received", call.call)}
    assert digits == {(None, True)}
    kept = audit(guarded)
    assert [e["type"] for e in kept] == ["door.locked", "door.unlocked", "code.added"]
    assert kept[1] == told
    everything = (guarded.directory / "intercomd.sqlite3").read_bytes() + guarded.log.encode()
    # Nowhere but by chance: within a number such as a time, or within an id.
    assert not re.search(rb"(?<![0-9a-z.])4711(?![0-9a-z])", everything)


def test_sipp_types_a_code_by_info(guarded, tmp_path):
    options = {"address": guarded.far_address, "user": "far", "digits": "4711#"}
    with Sipp(tmp_path, "uac-info", guarded.address, **options) as peer:
        call = guarded.rung()
        guarded.press("answer")
        guarded.wait("door.unlocked", door="front")
        guarded.final(call, kind="call.ended")
        peer.done()


def test_a_code_typed_before_the_call_is_answered_opens_nothing(guarded):
    with Packets(guarded.far_address, guarded.far_port) as far:
        call = guarded.ring()
        invite = far.receive("INVITE", "INVITE")
        early = far.reply(invite, "183 Session Progress", far.sdp)
        far.send(early)
        guarded.wait("call.early_media", call)
        for number, digit in enumerate("4711", 1):
            far.press(far.seen[-1], digit, number)
        accepted = far.reply(invite, "200 OK", far.sdp)
        far.send(accepted)
        far.receive("ACK", "ACK")
        guarded.talk(call)
        guarded.press("hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        guarded.final(call, kind="call.ended")
    assert guarded.of("door.unlocked") == guarded.of("door.denied") == []


@shows("door.denied why=it does not open this door")
def test_a_code_for_other_doors_than_the_callers_opens_nothing(tmp_path):
    daemon = station(tmp_path / "d")
    daemon.config["door"]["back"] = {"pulse_s": 2.0}
    daemon.config["target"]["far"]["doors"] = ["back"]
    with daemon as door:
        added(door)
        with Call(door) as call:
            call.info("4711")
            assert door.wait("door.denied", door="front")["data"]["why"] == "it does not open this door"
            call.hang_up()
        assert door.of("door.unlocked") == []


@pytest.mark.long(60)
@shows(
    "door.denied why=a wrong code",
    "door.denied why=no code is accepted for a while after too many wrong ones",
    "access.locked_out scope=caller",
)
def test_a_thousand_wrong_codes_open_nothing_and_each_is_in_the_audit_after_a_kill(tmp_path, record_property):
    with station(tmp_path / "d", deadlines={"rtp_s": 600}) as door:  # nobody says anything
        added(door)
        wrong = [f"{number:04}" for number in range(1001) if number != 4711][:1000]
        began = time.monotonic()
        with Call(door) as call:
            for code in wrong:  # not by INFO: of these, the station takes fifteen a second
                call.rtp(code, AT_ONCE)
                call.heard()
            call.rtp("#")
            call.refused(1000, "9999")
            record_property("figures", f"1,000 wrong codes in {time.monotonic() - began:.0f} s")
            tried = itertools.count(1001)
            while len(door.of("access.locked_out")) < 2 or not locked_out(door, "access.locked_out"):
                call.refused(next(tried), "9999")  # until the first lockout has ended, at least
            looked_at = [e for e in door.of("door.denied") if e["data"]["why"] == "a wrong code"]
            lockouts = door.of("access.locked_out")
            assert len(looked_at) == 5 + len(lockouts) - 1, "after a lockout one more guess each"
            assert [e["data"]["seconds"] for e in lockouts] == [30.0 * 2**n for n in range(len(lockouts))]
            assert {(e["data"]["who"], e["data"]["scope"]) for e in lockouts} == {("far", "caller")}
            call.refused(next(tried), "4711")
            assert door.of("door.unlocked") == []
        refused = [e["id"] for e in door.of("door.denied")]
        until(lambda: len([e for e in audit(door) if e["type"] == "door.denied"]) == len(refused) > 1000, "the audit")
        door.process.send_signal(signal.SIGKILL)
        door.process.wait()
    with again(tmp_path / "d") as door:
        kept = audit(door)
        assert [e["id"] for e in kept if e["type"] == "door.denied"] == refused[::-1]
        with Call(door) as call:
            call.info("4711")  # within the lockout, which began again with the daemon
            door.wait("door.denied", why="no code is accepted for a while after too many wrong ones")
            call.hang_up()


@shows("door.denied why=the code is used up")
def test_a_use_that_opened_the_door_is_not_given_back_by_a_kill(tmp_path):
    with station(tmp_path / "d") as door:
        code = added(door, uses=1)
        with Call(door) as call:
            call.info("4711")
            door.wait("door.unlocked", door="front")
            door.process.send_signal(signal.SIGKILL)
            door.process.wait()
    with again(tmp_path / "d") as door:
        until(lambda: door.ask("GET", "/v1/codes")[0] == 200, "the codes are read")
        kept = door.get("/v1/codes")["codes"]
        assert [(each["id"], each["uses"]) for each in kept] == [(code, 0)]
        with Call(door) as call:
            call.info("4711")
            assert door.wait("door.denied")["data"]["why"] == "the code is used up"
            call.hang_up()


@shows("GET /v1/codes", "DELETE /v1/codes/{code}", "code.removed")
def test_a_code_that_is_removed_while_the_call_goes_on_is_a_wrong_one(guarded):
    (code,) = guarded.get("/v1/codes")["codes"]
    with Call(guarded) as call:
        call.info("47")
        assert guarded.ask("DELETE", f"/v1/codes/{code['id']}")[0] == 200
        added(guarded, digits="1234")
        call.info("11")
        assert guarded.wait("door.denied")["data"]["why"] == "a wrong code"
        call.info("1234")
        guarded.wait("door.unlocked", door="front")
        call.hang_up()


@shows("PATCH /v1/codes/{code}", "GET /v1/codes/{code}", "code.changed", "error:code-not-found")
def test_a_code_that_was_changed_opens_as_it_says_now(guarded):
    (code,) = guarded.get("/v1/codes")["codes"]
    path = f"/v1/codes/{code['id']}"
    assert guarded.ask("PATCH", path, {"owner": "Postman", "uses": 0})[0] == 200
    assert guarded.get(path) | {"owner": "Cleaner", "uses": None} == code
    with Call(guarded) as call:
        call.info("4711")
        assert guarded.wait("door.denied")["data"]["why"] == "the code is used up"
        assert guarded.ask("PATCH", path, {"uses": None})[0] == 200
        call.info("4711")
        assert guarded.wait("door.unlocked")["data"]["by"] == "code of Postman, digits of far"
        call.hang_up()
    assert guarded.ask("GET", "/v1/codes/a-none")[1]["code"] == "code-not-found"


@pytest.mark.parametrize("trusted", [True, False])
def test_times_of_a_code_hold_by_a_clock_that_is_to_be_trusted(tmp_path, trusted):
    day = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "begin": "00:00", "end": "24:00"}
    with station(tmp_path / "d", clock={"trust": "always"}) as door:
        added(door, schedule=[day], expires="2100-01-01T00:00:00Z" if trusted else "2000-01-01T00:00:00Z")
        with Call(door) as call:
            call.info("4711")
            if trusted:
                door.wait("door.unlocked", door="front")
            else:
                assert door.wait("door.denied")["data"]["why"] == "the code has expired"
            call.hang_up()


# -- at the keypad and the reader of the panel -----------------------------------------------------------------------

PANEL = {"keypad": {"street": {"doors": ["front"]}}, "reader": {"street": {"doors": ["front"]}}}


def entrance(where, **settings):
    daemon = station(where, **settings)
    daemon.config["panel"] |= PANEL
    return daemon


def at_panel(door, **request):
    asyncio.run(panel.ask(door.directory / "panel.sock", request))


@shows("code.added kind=card")
def test_a_code_at_the_keypad_and_a_card_at_the_reader_open_the_door(tmp_path):
    with entrance(tmp_path / "d") as door:
        added(door)
        door.post("/v1/codes", {"owner": "Tenant", "card": "12345678", "doors": ["front"]})
        until(lambda: door.get("/v1/doors/front")["available"], "the guard")
        at_panel(door, keypad="street", keys="4711#")
        told = door.wait("door.unlocked", door="front")["data"]
        assert (told["by"], told["means"]) == ("code of Cleaner, keypad street", "keypad")
        assert door.of("keypad.accepted")[0]["data"]["owner"] == "Cleaner"
        door.wait("door.locked", door="front")
        door.begin()
        at_panel(door, reader="street", card="12345678", bits=0)
        told = door.wait("door.unlocked", door="front")["data"]
        assert (told["by"], told["means"]) == ("card of Tenant, reader street", "card")
        door.begin()
        at_panel(door, reader="street", card="87654321", bits=0)
        denied = door.wait("door.denied")["data"]
        assert (denied["why"], denied["means"], denied["by"]) == ("a wrong code", "card", "reader street")
        for number in range(5):
            at_panel(door, keypad="street", keys=f"999{number}#")
        assert door.wait("keypad.locked_out")["data"] == {"keypad": "street", "seconds": 30.0}
        assert {(e["data"]["digit"], e["data"]["masked"]) for e in door.of("keypad.digit")} == {(None, True)}


@shows("door.denied why=codes are unavailable")
def test_codes_that_cannot_be_read_are_unavailable_masked_and_lock_no_one_out(tmp_path):
    with entrance(tmp_path / "d") as door:
        added(door)
        door.process.send_signal(signal.SIGKILL)
        door.process.wait()
    (tmp_path / "d/device.key").chmod(0o644)
    with entrance(tmp_path / "d") as door:
        door.wait("appliance.degraded", part="codes")
        for _ in range(6):
            at_panel(door, keypad="street", keys="4711#")
        until(lambda: len(door.of("keypad.refused")) == 6, "six refusals")
        with Call(door) as call:
            call.info("4711#")
            until(lambda: len(door.of("door.denied")) == 7, "seven refusals")
            assert {(e["data"]["digit"], e["data"]["masked"]) for e in door.of("dtmf.received")} == {(None, True)}
            call.hang_up()
        assert {e["data"]["why"] for e in door.of("door.denied") + door.of("keypad.refused")} == {
            "codes are unavailable"
        }
        assert "codes: " in door.get("/v1/state")["appliance"]["status"]
        assert not door.of("keypad.accepted") + door.of("keypad.locked_out") + door.of("access.locked_out")


def test_a_thousand_wrong_codes_at_the_keypad_open_nothing_and_are_all_in_the_audit(tmp_path):
    with entrance(tmp_path / "d") as door:
        added(door)
        for number in range(1000):
            at_panel(door, keypad="street", keys=f"{number:04}#")
        until(lambda: len(door.of("keypad.refused")) == 1000, "a thousand refusals", patience=120)
        (out, *_) = door.of("keypad.locked_out")
        assert out["data"] == {"keypad": "street", "seconds": 30.0}

        def guess(code):
            number = len(door.of("keypad.refused")) + 1
            at_panel(door, keypad="street", keys=f"{code}#")
            until(lambda: len(door.of("keypad.refused")) == number, "a refusal")

        while not locked_out(door, "keypad.locked_out"):
            guess("9999")
        guess("4711")
        why = door.of("keypad.refused")[-1]["data"]["why"]
        assert why == "no code is accepted for a while after too many wrong ones"
        assert door.of("door.unlocked") == []
        refused = [e["id"] for e in door.of("keypad.refused")]
        until(lambda: len([e for e in audit(door) if e["type"] == "keypad.refused"]) >= 1001, "the audit")
        assert {*refused} <= {e["id"] for e in audit(door)}


@shows("GET /v1/contacts", "POST /v1/contacts/{flat}/ring", "error:flat-not-found")
def test_a_flats_number_at_the_keypad_or_in_the_list_rings_there(tmp_path):
    flats = tmp_path / "flats.csv"
    daemon = entrance(tmp_path / "d")
    daemon.config["directory"] = {"file": str(flats)}
    address = f"sip:miller@{daemon.far_address}:{daemon.far_port}"
    flats.write_text(f"flat,name,targets,doors\n12,Miller,{address},front\n3,Smith,far,\n")
    with daemon as door, Packets(door.far_address, door.far_port) as far:
        told = door.get("/v1/contacts")
        names = [(each["flat"], each["name"], each["targets"]) for each in told["directory"]]
        assert names == [("12", "Miller", ["flat 12"]), ("3", "Smith", ["far"])]
        assert [each["name"] for each in told["contacts"]] == ["far", "flat 12"]
        at_panel(door, keypad="street", keys="12#")
        invite = far.receive("INVITE", "INVITE")
        assert "INVITE sip:miller@" in invite
        assert door.wait("ring.started")["data"] | {"ring": ""} == {
            "ring": "",
            "button": "keypad street",
            "to": "flat 12",
            "answer_s": None,  # no webhook is asked first
        }
        far.send(far.reply(invite, "486 Busy Here"))
        assert door.wait("ring.ended")["data"]["result"] == "unanswered"
        far.receive("ACK", "ACK")
        door.post("/v1/contacts/3/ring")
        far.send(far.reply(far.receive("INVITE", "INVITE"), "486 Busy Here"))
        assert door.wait("ring.started", to="flat 3")["data"]["button"] == "http:unix"
        assert door.ask("POST", "/v1/contacts/99/ring")[1]["code"] == "flat-not-found"
        door.begin()
        at_panel(door, keypad="street", keys="99#")
        assert door.wait("keypad.refused")["data"]["why"] == "there is no such flat"
