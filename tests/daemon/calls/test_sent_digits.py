"""Digits to far ends that take none by RFC 4733: by INFO or in the sound as configured, else refused."""

import math
import socket
import struct

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.realtime

PACKET_MS = 20
PRESSES = 6  # a busy machine makes the pauses of some longer
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")


def without_events(far):
    events = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
    assert events in far.sdp
    return far.sdp.replace("AVP 8 101", "AVP 8").replace(events, "")


def talks(door, far, sdp):
    far.send(far.request("INVITE", body=sdp))
    call = door.rung()
    far.called(lambda: door.press("answer"))
    return door.talk(call)


@shows("error:digits-unsupported", "error")
def test_without_a_way_the_order_fails_and_is_reported(door):
    with Packets(door.far_address, to=door.address) as far:
        call = talks(door, far, without_events(far))
        status, error = door.ask("POST", f"/v1/calls/{call}/dtmf", {"digits": "12"})
        assert (status, error["code"]) == (409, "digits-unsupported")
        door.wait("error", call, code="digits-unsupported", operation="send-digits")
        far.hang_up()
        door.final(call, kind="call.ended")
    assert door.of("dtmf.sending") == door.of("dtmf.sent") == []


@shows("dtmf.sent")
def test_a_digit_that_went_out_is_named_where_no_code_is_known(door):
    with Packets(door.far_address, to=door.address) as far:
        call = talks(door, far, far.sdp)
        door.post(f"/v1/calls/{call}/dtmf", {"digits": "1#"})
        for digit in "1#":
            door.wait("dtmf.sent", call, digit=digit, masked=False)
        far.hang_up()
        door.final(call, kind="call.ended")


def test_a_digit_that_a_button_sends_is_not_named(tmp_path):
    daemon = Daemon(tmp_path / "d")
    daemon.config["panel"]["button"]["open"] = {"action": "door", "digits": "42"}
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        call = talks(door, far, far.sdp)
        door.press("open")
        until(lambda: len(door.of("dtmf.sent", call)) == 2, "both digits")
        assert {(e["data"]["digit"], e["data"]["masked"]) for e in door.of("dtmf.sent", call)} == {(None, True)}
        far.hang_up()
        door.final(call, kind="call.ended")


def test_by_info_each_digit_is_a_message_and_a_refused_one_is_an_error(tmp_path):
    daemon = Daemon(tmp_path / "d", sip={"digits_otherwise": "info"})
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        call = talks(door, far, without_events(far))
        door.post(f"/v1/calls/{call}/dtmf", {"digits": "*5"})
        for digit in "*5":
            message = far.receive("INFO", "INFO")
            assert "application/dtmf-relay" in message
            assert f"Signal={digit}\r\n" in message
            far.send(far.reply(message, "200 OK"))
            door.wait("dtmf.sent", call, digit=digit)
        door.post(f"/v1/calls/{call}/dtmf", {"digits": "6"})
        far.send(far.reply(far.receive("INFO", "INFO"), "415 Unsupported Media Type"))
        door.wait("error", call, code="digits-unsupported", sip_code=415)
        far.hang_up()
        door.final(call, kind="call.ended")
    assert "info.sent" not in {e["type"] for e in door.events}


def linear(byte):
    """A sample of PCMA (ITU-T G.711)."""
    byte ^= 0x55
    exponent, mantissa = (byte >> 4) & 7, byte & 15
    value = (mantissa * 2 + 33) << (exponent - 1) if exponent else mantissa * 2 + 1
    return value if byte & 0x80 else -value


def heard(sock, packets):
    """The digit in so many packets of PCMA, "" for none."""
    samples = []
    while len(samples) < packets * 160:
        data = sock.recv(2048)
        if data[1] & 0x7F == 8:
            samples += [linear(byte) for byte in data[12:]]

    def power(hertz):
        turn = 2 * math.pi * hertz / 8000
        real = sum(s * math.cos(turn * n) for n, s in enumerate(samples))
        return math.hypot(real, sum(s * math.sin(turn * n) for n, s in enumerate(samples))) / len(samples)

    row, column = max(ROWS, key=power), max(COLUMNS, key=power)
    return KEYS[ROWS.index(row)][COLUMNS.index(column)] if min(power(row), power(column)) > 50 else ""


def test_in_band_each_digit_is_heard_in_the_sound(tmp_path):
    daemon = Daemon(tmp_path / "d", sip={"digits_otherwise": "inband"})
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        call = talks(door, far, without_events(far))
        far.rtp.settimeout(120)
        far.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        door.post(f"/v1/calls/{call}/dtmf", {"digits": "5#"})
        found = ""
        while not found.endswith("#"):
            digit = heard(far.rtp, 3)
            found += digit if digit != found[-1:] else ""
        assert found == "5#"
        for digit in "5#":
            door.wait("dtmf.sent", call, digit=digit)
        far.hang_up()
        door.final(call, kind="call.ended")


def sends(directory, **sip):
    """A station whose button sends two equal digits, of 400 ms each, 500 ms apart."""
    daemon = Daemon(directory / "d", sip=sip)
    daemon.config["panel"]["button"]["open"] = {
        "action": "door",
        "digits": "77#",
        "digit_ms": 400,
        "digit_pause_ms": 500,
    }
    return daemon


def event(sock):
    """The next packet of a telephone event: digit, whether it is the last, the event's begin and its length in ms."""
    while True:
        data = sock.recv(2048)
        if data[1] & 0x7F == 101:
            number, flags, length = struct.unpack_from("!BBH", data, 12)
            return "0123456789*#ABCD"[number], flags & 0x80, struct.unpack_from("!I", data, 4)[0] / 8, length / 8


def some_press_fits(door, measured, wanted, near, wanted_others, near_others):
    """Press the button, a few times at most, until digits, lengths, and pauses or the like are as they should be."""
    found = []
    for _ in range(PRESSES):
        door.press("open")
        digits, lengths, others = measured()
        found.append((digits, lengths, others))
        near_enough = lengths == pytest.approx(wanted, abs=near)
        if digits == "77#" and near_enough and others == pytest.approx(wanted_others, abs=near_others):
            return
    pytest.fail(f"of each press: {found}")


def test_a_button_s_digits_last_as_long_and_pause_as_long_as_it_says(tmp_path):
    with sends(tmp_path) as door, Packets(door.far_address, to=door.address) as far:
        call = talks(door, far, far.sdp)
        far.rtp.settimeout(120)
        before = set()

        def lengths_and_pauses():
            presses = {}
            while len(presses) < 3:
                digit, last, begin, length = event(far.rtp)
                if last and begin not in before:
                    presses[begin] = digit, length
            before.update(presses)
            digits = "".join(digit for digit, _ in presses.values())
            assert digits == "77#"
            first, second, third = presses
            pauses = [second - first - presses[first][1], third - second - presses[second][1]]
            return digits, [length for _, length in presses.values()], pauses

        # The pauses are beside the machine's own delays.
        some_press_fits(door, lengths_and_pauses, [400] * 3, 25, [500] * 2, 150)
        far.hang_up()
        door.final(call, kind="call.ended")


def test_a_button_s_digits_in_the_sound_are_as_long(tmp_path):
    with sends(tmp_path, digits_otherwise="inband") as door, Packets(door.far_address, to=door.address) as far:
        call = talks(door, far, without_events(far))
        far.rtp.settimeout(120)
        far.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

        def digits_lengths_and_distances():
            tones, at, before = [], 0, ""  # of each: digit, begin and length in ms
            while len(tones) < 3 or before:
                digit = heard(far.rtp, 1)
                if digit and not before:
                    tones.append([digit, at, 0])
                if digit:
                    tones[-1][2] += PACKET_MS
                at, before = at + PACKET_MS, digit
            digits, begins, lengths = zip(*tones, strict=True)
            return "".join(digits), [*lengths], [begins[1] - begins[0], begins[2] - begins[1]]

        some_press_fits(door, digits_lengths_and_distances, [400] * 3, 60, [900] * 2, 250)
        far.hang_up()
        door.final(call, kind="call.ended")


def test_by_info_a_button_s_digits_name_their_length(tmp_path):
    with sends(tmp_path, digits_otherwise="info") as door, Packets(door.far_address, to=door.address) as far:
        call = talks(door, far, without_events(far))
        door.press("open")
        for digit in "77#":
            message = far.receive("INFO", "INFO")
            assert f"Signal={digit}\r\nDuration=400\r\n" in message
            far.send(far.reply(message, "200 OK"))
        far.hang_up()
        door.final(call, kind="call.ended")
