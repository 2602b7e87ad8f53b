"""Digits by INFO and by RFC 4733 in unusual writing, packet by packet."""

import struct

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.voices import event, event_type
from tests.support.shown import shows
from tests.support.waiting import until

RELAY, ALONE = "application/dtmf-relay", "application/dtmf"


class Phone:
    """A far end in a call; `presses` sends an INFO, and a 9 after it: once that is reported, all before it was."""

    def __init__(self, door, far):
        self.door, self.far, self.seq = door, far, 1
        self.call = far.rings(door)
        self.accepted = far.called(lambda: door.press("answer"))
        door.talk(self.call)

    def informs(self, body, kind=RELAY, change=lambda packet: packet):
        self.seq += 1
        self.far.send(change(self.far.request("INFO", self.seq, body=body, kind=kind)))
        return self.far.receive("SIP/2.0", "INFO")

    def presses(self, *info, **how):
        answer = self.informs(*info, **how)
        self.informs("Signal=9\r\nDuration=160\r\n")
        self.door.wait("dtmf.received", self.call, digit="9")
        return answer, "".join(e["data"]["digit"] for e in self.door.of("dtmf.received", self.call))

    def hang_up(self):
        self.far.hang_up(self.seq + 1)
        self.door.final(self.call, kind="call.ended")


@pytest.fixture
def phone(door):
    with Packets(door.far_address, to=door.address) as far:
        made = Phone(door, far)
        yield made
        made.hang_up()


@shows("dtmf.received method=info")
@pytest.mark.parametrize(
    ("body", "kind", "digits"),
    [
        ("Signal=10\r\nDuration=160\r\n", RELAY, "*9"),
        ("Signal=11\r\nDuration=160\r\n", RELAY, "#9"),
        ("Signal=12\r\nDuration=160\r\n", RELAY, "A9"),
        ("Signal=16\r\nDuration=160\r\n", RELAY, "9"),
        ("Signal=\r\nDuration=160\r\n", RELAY, "9"),
        ("Signal= \r\n1\r\n", RELAY, "9"),
        ("Signal=10", "Application/DTMF-Relay;v=1", "*9"),
        ("Signal=5\nDuration=160\n", RELAY, "59"),
        ("11", ALONE, "#9"),
        ("\r\n", ALONE, "9"),
        ("Signal=5\r\nDuration=160\r\n", "text/plain", "59"),
        ("p=Digit-Collection\r\n\r\nd=5\r\n", "application/vnd.nortelnetworks.digits", "9"),
        (f"--b\r\nContent-Type: {ALONE}\r\n\r\n5\r\n--b--\r\n", "multipart/mixed;boundary=b", "59"),
        (f"--b\r\n\r\nx\r\n--b\r\nc:{RELAY}\r\n\r\nSignal=10\r\n--b--\r\n", "multipart/mixed;boundary=b", "*9"),
        (f"--b\r\nContent-Type: {ALONE}\r\n\r\nfive\r\n--b--\r\n", "multipart/mixed;boundary=b", "9"),
    ],
)
def test_an_info_is_the_digit_that_its_whole_signal_names_and_never_text(door, phone, body, kind, digits):
    answer, told = phone.presses(body, kind)
    assert answer.startswith("SIP/2.0 200")
    assert told == digits
    assert door.of("info.received") == []


@pytest.mark.parametrize(
    "change",
    [
        lambda packet: packet.replace(b"Content-Type:", b"c:").replace(b"Content-Length:", b"l:"),
        lambda packet: packet.replace(b"From:", b"f:").replace(b"To:", b"t:").replace(b"Call-ID:", b"i:"),
        lambda packet: packet.replace(b"\r\n", b"\n"),
        lambda packet: packet + b"\r\nSignal=7",
    ],
    ids=["compact content", "compact dialog", "bare line feeds", "more than Content-Length says"],
)
@pytest.mark.parametrize(("body", "kind"), [("5", ALONE), ("Signal=5\nDuration=160", RELAY)])
def test_a_digit_counts_however_its_headers_are_written(door, phone, body, kind, change):
    answer, told = phone.presses(body, kind, change)
    assert answer.startswith("SIP/2.0 200")
    assert told == "59"
    assert door.of("info.received") == []


def test_an_info_with_compact_names_is_reported_with_its_type(door, phone):
    phone.informs("There", "text/plain", lambda packet: packet.replace(b"Content-Type:", b"c:"))
    door.wait("info.received", phone.call, content_type="text/plain", body="There")


def test_a_message_with_compact_names_is_reported_with_its_sender_and_type(door):
    with Packets(door.far_address, to=door.address) as far:
        message = far.request("MESSAGE", body="There", kind="text/plain", headers="Subject: x\r\n")
        for name, compact in ((b"From", b"f"), (b"Content-Type", b"c"), (b"To", b"t"), (b"Via", b"v")):
            message = message.replace(name + b":", compact + b":")
        far.send(message.replace(b"\r\n", b"\n"))
        far.receive("SIP/2.0 200", "MESSAGE")
        told = door.wait("message.received", target="far")["data"]
    assert (told["content_type"], told["body"], told["by"]) == (
        "text/plain",
        "There",
        f"sip:far@{far.address}:{far.port}",
    )


def test_events_of_rfc_4733_above_15_are_no_digits(door, phone):
    far, (host, _) = phone.far, phone.far.to
    port = int(phone.accepted.partition("m=audio ")[2].split()[0])
    for number, code in enumerate((16, 17, 36, 255)):
        for sequence in range(3):
            head = struct.pack("!BBHII", 0x80, 101, 10 * number + sequence, 4000 * number, 0x1234)
            far.rtp.sendto(head + struct.pack("!BBH", code, 0x8A, 1280), (host, port))
    far.press(phone.accepted, "3", 9)
    door.wait("dtmf.received", phone.call, digit="3", method="rfc4733")
    assert [e["data"]["digit"] for e in door.of("dtmf.received", phone.call)] == ["3"]


def of_one_timestamp(far, accepted, digits, began=None):
    """Presses whose events share one RTP timestamp, as some phones send them (RFC 4733 wants one for each).

    began: the timestamp of each, if every press has its own.
    """
    port = int(accepted.partition("m=audio ")[2].split()[0])
    sequence = 100
    for number, digit in enumerate(digits):
        for step in (1, 2, 3, 4, 4, 4) if began is None else (4, 4, 4):
            sequence += 1
            last = step == 4 or began is not None
            timestamp = 8000 if began is None else began + 2000 * number
            head = struct.pack("!BBHII", 0x80, event_type(accepted), sequence, timestamp, 0x1234)
            far.rtp.sendto(head + event(digit, 320 * step, end=last), (far.to[0], port))


def are_told(door, phone, digits):
    """These digits come, and no other before the next one."""

    def told():
        return "".join(e["data"]["digit"] for e in door.of("dtmf.received", phone.call))

    until(lambda: len(told()) >= len(digits), f"{digits}", log=told)
    phone.informs("Signal=9\r\nDuration=160\r\n")
    door.wait("dtmf.received", phone.call, digit="9")
    assert told() == f"{digits}9"


@shows("dtmf.received method=rfc4733")
@pytest.mark.parametrize("digits", ["1122#", "0000", "121", "##"])
def test_twin_digits_whose_events_share_a_timestamp_are_distinguished(door, phone, digits):
    of_one_timestamp(phone.far, phone.accepted, digits)
    are_told(door, phone, digits)


def test_twin_digits_of_which_only_the_ends_are_sent_are_distinguished_by_their_timestamps(door, phone):
    of_one_timestamp(phone.far, phone.accepted, "1122#", began=8000)
    are_told(door, phone, "1122#")


def test_a_key_that_is_held_for_longer_than_one_event_can_say_is_one_digit(door, phone):
    far, port = phone.far, int(phone.accepted.partition("m=audio ")[2].split()[0])
    first = [(8000, duration, False) for duration in (160, 30000, 65375, 65535)]
    rest = [(8000 + 65535, duration, end) for duration, end in ((160, False), (320, True), (320, True), (320, True))]
    for sequence, (timestamp, duration, end) in enumerate(first + rest):
        head = struct.pack("!BBHII", 0x80, event_type(phone.accepted), 100 + sequence, timestamp, 0x1234)
        far.rtp.sendto(head + event("5", duration, end=end), (far.to[0], port))
    are_told(door, phone, "5")
    assert door.of("dtmf.received", phone.call)[0]["data"]["duration_ms"] == pytest.approx(65855 / 8, abs=2)


def test_a_code_with_twin_digits_of_one_timestamp_opens_its_door(tmp_path):
    daemon = Daemon(tmp_path / "d", door={"front": {"digits": "1122#", "pulse_s": 2.0}})
    daemon.config["target"]["far"]["doors"] = ["front"]
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        phone = Phone(door, far)
        of_one_timestamp(far, phone.accepted, "1122#")
        door.wait("door.unlocked", door="front")
        door.wait("door.locked", door="front")
        phone.hang_up()


@shows("warning")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("p=Digit-Collection\r\n\r\nd=5\r\n", "application/vnd.nortelnetworks.digits"),
        ("\x05\x8a\x05\x00", "audio/telephone-event"),
        ("Signal=five\r\nDuration=160\r\n", RELAY),
        ("five", ALONE),
        ("Signal=17", "text/plain"),
    ],
)
def test_a_digit_of_an_unknown_form_leaves_one_warning_that_does_not_show_it(door, phone, body, kind):
    for _ in range(3):
        phone.presses(body, kind)
    (told,) = [e["data"] for e in door.of("warning", phone.call)]
    assert told["code"] == "digit-unreadable"
    assert kind in told["message"]
    assert "five" not in told["message"]


def test_a_code_with_a_star_by_number_opens_its_door(tmp_path):
    daemon = Daemon(tmp_path / "d", door={"front": {"digits": "*42", "pulse_s": 2.0}})
    daemon.config["target"]["far"]["doors"] = ["front"]
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        phone = Phone(door, far)
        for signal in (10, 4, 2):
            phone.informs(f"Signal={signal}\r\nDuration=160\r\n")
        door.wait("door.unlocked", door="front")
        door.wait("door.locked", door="front")
        phone.hang_up()
