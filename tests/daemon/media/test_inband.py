"""Digits in the sound itself, from real far ends: they open a door where the account says so, and never by an echo."""

import re
import struct

import numpy as np
import pytest

from tests.sip.dtmf import digit, file, silence, typed
from tests.support.daemon import Daemon
from tests.support.peers.baresip import Baresip
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Scripted
from tests.support.peers.sipp import Sipp
from tests.support.peers.sounds import to_a_law
from tests.support.peers.voices import drained, place
from tests.support.schema import check
from tests.support.shown import shows
from tests.support.waiting import paced, until

pytestmark = pytest.mark.realtime

CODE = "4711"
MS, PAUSE_MS = 120, 120
TYPED = f"*{CODE}#"
ECHOES = "Ignored in the sound of a call: 16 echoes"  # more than the code has
FRAME, FRAME_S = 160, 0.02
RELAY = "application/dtmf-relay"


@pytest.fixture
def registrar():
    with Scripted((200, {})) as there:
        yield there


@pytest.fixture
def station(tmp_path, registrar):
    """A daemon with a code for its door, and a target that may open it through an account."""
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o600)

    def made(*, inband, **settings):
        account = {
            "user": "201",
            "registrar": f"{registrar.address}:{registrar.port}",
            "password_file": str(password),
            "inband_digits": inband,
        }
        daemon = Daemon(tmp_path / "d", account={"office": account}, door={"front": {"pulse_s": 0.5}}, **settings)
        daemon.config["target"]["far"] = {"uri": "far", "account": "office", "doors": ["front"]}
        return daemon

    return made


def ready(door):
    door.wait("account.registered")
    door.post("/v1/codes", {"owner": "Cleaner", "digits": CODE, "doors": ["front"]})


def calls(directory, door, registrar, scenario, **options):
    """SIPp at the registrar's address, so it calls through the account."""
    return Sipp(directory, scenario, door.address, address=registrar.address, user="far", called="201", **options)


def sound(directory, times=1):
    """What SIPp plays: the code, typed so often; and how long that takes."""
    samples = np.concatenate([silence(500), *[typed(TYPED, MS, PAUSE_MS, level=-15.0)] * times])
    path = directory / "digits.al"
    path.write_bytes(to_a_law(samples))
    return {"sound": str(path), "seconds": len(samples) / 8000 + 1.0}


def audited(door):
    return [event["type"] for event in door.get("/v1/log/doors")["events"]]


@shows("dtmf.received method=inband", "door.unlocked means=dtmf", "GET /v1/log/doors")
def test_a_code_in_the_sound_opens_the_door_where_the_account_takes_it(tmp_path, registrar, station):
    with station(inband=True) as door:
        ready(door)
        with calls(tmp_path, door, registrar, "uac-plays", **sound(tmp_path, times=8)):
            call = door.rung()
            door.press("answer")
            told = door.wait("door.unlocked", door="front", patience=120)
            assert (told["data"]["by"], told["data"]["means"]) == ("code of Cleaner, digits of far", "dtmf")
            door.wait("door.locked", door="front")
            door.post(f"/v1/calls/{call}/hangup")
            door.final(call, kind="call.ended")
        heard = door.of("dtmf.received", call)
        for event in [*heard, told]:
            check(event)
        assert {(e["data"]["digit"], e["data"]["masked"], e["data"]["method"]) for e in heard} == {
            (None, True, "inband")
        }
        assert all(0 < e["data"]["duration_ms"] <= 2 * MS for e in heard)
        assert told["id"] in {event["id"] for event in door.get("/v1/log/doors")["events"]}
        # Nowhere but by chance: within a number such as a time, or within an id.
        assert not re.search(rf"(?<![0-9a-z.]){CODE}(?![0-9a-z])", door.log.replace(str(door.process.pid), ""))


@pytest.mark.parametrize("codec", ["pcma", "opus/48000/2"])
def test_baresip_types_the_code_by_tones(codec, tmp_path, registrar, station):
    samples = np.repeat(typed(TYPED * 8, MS, PAUSE_MS, level=-15.0, rate=48000), 2)  # both channels
    tones = file(tmp_path / "tones.wav", samples, 48000, channels=2)
    settings = {"codec": codec, "modules": "module opus.so"}
    with station(inband=True) as door, Baresip(tmp_path, registrar.address, plays=tones, **settings) as far:
        ready(door)
        far.command("dial", f"sip:201@{door.address}")
        call = door.rung()
        door.press("answer")
        door.wait("door.unlocked", door="front", patience=120)
        assert door.get(f"/v1/calls/{call}")["codec"]["name"].lower() == codec.partition("/")[0]
        door.post(f"/v1/calls/{call}/hangup")
        door.final(call, kind="call.ended")


def test_nothing_is_heard_and_nothing_opens_where_the_account_does_not_say_so(tmp_path, registrar, station):
    with station(inband=False) as door:
        ready(door)
        with calls(tmp_path, door, registrar, "uac-plays", **sound(tmp_path, times=2)) as peer:
            call = door.rung()
            door.press("answer")
            door.talk(call)
            door.final(call, kind="call.ended", by="remote")
            peer.done()
        assert door.of("dtmf.received") == []
        assert audited(door) == ["code.added"]


def test_our_own_sound_that_comes_back_opens_nothing(tmp_path, registrar, station):
    """A visitor plays the code to the microphone, and the far end sends back all that it hears."""
    samples = typed(TYPED, MS, PAUSE_MS, level=-15.0, rate=16000)
    microphone = {"microphone_file": file(tmp_path / "visitor.wav", samples, 16000)}
    with station(inband=True, audio=microphone) as door:
        ready(door)
        with Packets(registrar.address, to=door.address) as far:
            call = far.rings(door)
            to = place(far.called(lambda: door.press("answer")))
            door.talk(call)

            def echoes():
                for each in drained(far.rtp):  # with an SSRC of its own: it is another stream
                    far.rtp.sendto(each[:8] + b"echo" + each[12:], to)
                return ECHOES in door.log

            until(echoes, "echoes", 120)
            door.post(f"/v1/calls/{call}/hangup")
            far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
            door.final(call, kind="call.ended", by="local")
        assert door.of("dtmf.received") == []
        assert audited(door) == ["code.added"]


class Gateway:
    """Sends sound by RTP, and also sends a telephone event (RFC 4733) for each digit."""

    def __init__(self, far, accepted):
        self.far = far
        self.to = far.to[0], int(accepted.partition("m=audio ")[2].split()[0])
        self.sequence = self.timestamp = 0

    def send(self, kind, payload, timestamp):
        self.sequence += 1
        head = struct.pack("!BBHII", 0x80, kind, self.sequence, timestamp, 0x1234)
        self.far.rtp.sendto(head + payload, self.to)

    def press(self, which):
        """The tone is left in the sound, and the event reports it from its first packet on."""
        samples = np.concatenate([digit(which, MS, -15.0), silence(PAUSE_MS)])
        began, event = self.timestamp, "0123456789*#ABCD".index(which)
        for _, at in zip(paced(1 / FRAME_S), range(0, len(samples), FRAME), strict=False):
            lasts = min(at + FRAME, MS * 8)
            over = at >= MS * 8
            if at <= MS * 8 + 2 * FRAME:  # the last one three times
                self.send(101, struct.pack("!BBH", event, 10 | (0x80 if over else 0), lasts), began)
            self.send(8, to_a_law(samples[at : at + FRAME]), self.timestamp)
            self.timestamp += FRAME


def test_a_gateway_that_leaves_the_tones_in_the_sound_types_each_digit_once(registrar, station):
    with station(inband=True) as door:
        ready(door)
        with Packets(registrar.address, to=door.address) as far:
            call = far.rings(door)
            gateway = Gateway(far, far.called(lambda: door.press("answer")))
            door.talk(call)
            for which in TYPED:
                gateway.press(which)
            door.wait("door.unlocked", door="front")
            door.wait("door.locked", door="front")
            door.post(f"/v1/calls/{call}/hangup")
            far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
            door.final(call, kind="call.ended")
        assert [e["data"]["method"] for e in door.of("dtmf.received", call)] == ["rfc4733"] * len(TYPED)
        assert audited(door) == ["door.locked", "door.unlocked", "code.added"]


@shows("PATCH /v1/calls/{id}")
def test_a_client_chooses_by_which_methods_the_digits_of_a_call_are_taken(registrar, station):
    with station(inband=False) as door, Packets(registrar.address, to=door.address) as far:
        door.wait("account.registered")
        call = far.rings(door)
        gateway = Gateway(far, far.called(lambda: door.press("answer")))
        door.talk(call)

        def wants(*methods):
            status, answer = door.ask("PATCH", f"/v1/calls/{call}", {"dtmf": list(methods)})
            assert (status, answer["call"]["dtmf"]) == (200, list(methods)), answer

        def come(*methods):
            """Wait until digits have come by these methods, in this order, and by no other."""
            until(lambda: len(door.of("dtmf.received", call)) >= len(methods), "the digits", 120)
            assert [event["data"]["method"] for event in door.of("dtmf.received", call)] == list(methods)

        def informs(digit, seq):
            request = far.request("INFO", seq, body=f"Signal={digit}\r\nDuration=160\r\n", kind=RELAY)
            far.ask(request, "SIP/2.0 200", "INFO")

        assert door.get(f"/v1/calls/{call}")["dtmf"] == ["rfc4733", "info"]
        gateway.press("7")
        come("rfc4733")
        wants("rfc4733")
        informs("4", 2)
        gateway.press("8")
        come("rfc4733", "rfc4733")
        wants("info")
        gateway.press("5")
        informs("6", 3)
        come("rfc4733", "rfc4733", "info")
        door.post(f"/v1/calls/{call}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended")
        come("rfc4733", "rfc4733", "info")


@shows("dtmf.received method=inband")
def test_a_client_has_the_sound_searched_for_digits_but_they_open_nothing(tmp_path, registrar, station):
    with station(inband=False) as door:
        ready(door)
        with calls(tmp_path, door, registrar, "uac-plays", **sound(tmp_path, times=8)):
            call = door.rung()
            door.press("answer")
            door.talk(call)
            assert door.ask("PATCH", f"/v1/calls/{call}", {"dtmf": ["inband"]})[0] == 200
            until(lambda: len(door.of("dtmf.received", call)) > len(TYPED), "the code", 120)
            door.post(f"/v1/calls/{call}/hangup")
            door.final(call, kind="call.ended")
        assert {event["data"]["method"] for event in door.of("dtmf.received", call)} == {"inband"}
        assert audited(door) == ["code.added"]
