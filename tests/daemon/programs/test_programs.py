"""The programs of docs/how-to/programs at a station, with SIPp, baresip and Asterisk as far ends."""

import contextlib
import wave

import numpy as np
import pytest

from tests.daemon.calls.test_baresip import levels
from tests.daemon.media.test_detection import noise, silence, sine, words
from tests.daemon.media.test_quality import LossyVoice
from tests.daemon.programs.pages import PAGES, SHOWN, Program
from tests.support.daemon import Daemon, loopback
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.baresip import Baresip
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import account
from tests.support.peers.sipp import Sipp, free_port
from tests.support.peers.sounds import ABSENT_DB, HEARD_DB
from tests.support.waiting import until

pytestmark = pytest.mark.realtime
RATE, PLAYED_RATE = 8000, 48000
HASH = {"two": 560, "three": 730, "four": 1270}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A station that knows four far ends, and records on demand."""
    places = {name: (address := loopback(), free_port(address)) for name in ("office", *HASH)}
    targets = {name: {"uri": f"sip:far@{address}:{port}"} for name, (address, port) in places.items()}
    recording = {"enabled": True, "calls": "none"}
    with Daemon(tmp_path_factory.mktemp("d"), target=targets, recording=recording, speech={"rate": 400}) as daemon:
        daemon.places = {"far": (daemon.far_address, daemon.far_port), **places}
        yield daemon


@pytest.fixture
def baresip(door, tmp_path):
    """`baresip(name)`: it, at that target's place."""
    with contextlib.ExitStack() as stack:

        def started(name, **options):
            (tmp_path / name).mkdir()
            return stack.enter_context(Baresip(tmp_path / name, *door.places[name], **options))

        yield started


def spoken(path, *parts):
    """A file that baresip plays: 48 kHz, two channels."""
    samples = np.repeat(np.concatenate(parts), 2 * PLAYED_RATE // RATE).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, PLAYED_RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return str(path)


def heard(peer, *hertz):
    """Wait until the newest half second that came to this peer has these tones."""
    until(lambda: min(levels(peer.heard(), *hertz), default=-100.0) > HEARD_DB, f"{hertz} Hz")


def hears_only(peer, mine, other):
    """Wait until this peer hears the other's tone, and not its own."""

    def alone():
        found = levels(peer.heard(), other, mine)
        return found and found[0] > HEARD_DB and found[1] < ABSENT_DB

    until(alone, f"{other} Hz alone")


def test_each_page_has_one_program_and_its_row_in_the_index():
    index = (PAGES / "index.md").read_text()
    pages = sorted(path for path in PAGES.glob("*.md") if path.name != "index.md")
    assert len(pages) == 10
    for page in pages:
        assert len(SHOWN.findall(page.read_text())) == 1, page
        assert f"({page.name})" in index


def test_a_person_is_called_hears_the_menu_and_is_passed_on_to_the_office(door, baresip, tmp_path):
    sound = spoken(tmp_path / "person.wav", noise(0.5), words(2), noise(60.0))
    far, office = baresip("far", plays=sound), baresip("office")
    with Program("call-and-find-a-machine", tmp_path, door, "far") as program:
        call = door.wait("call.ringing")["call"]
        until(lambda: door.get(f"/v1/calls/{call}")["detect"], "the detection")
        far.wait("CALL_INCOMING")
        far.command("accept")
        program.says("this is a ")
        program.says("said")
        far.command("sndcode", "1")
        until(lambda: program.lines.count("said") == 2, "the text again", log=program.told)
        far.command("sndcode", "2")
        office.wait("CALL_INCOMING")
        office.command("accept")
        lines = program.done()
    kinds = {"this is a person", "this is a unsure"}  # a machine that is busy keeps the far end from speaking
    assert kinds & {*lines}
    assert lines[-1].startswith("call.ended transferred ")
    assert f"transferred to {door.config['target']['office']['uri']}" in lines
    assert [event["data"]["digit"] for event in door.of("dtmf.received", call)] == ["1", "2"]
    recording = door.wait("recording.available")["data"]
    assert f"recording {recording['recording']}" in lines
    shown = door.get(f"/v1/recordings/{recording['recording']}")
    assert (shown["note"], shown["call"]) == ("parcel 4711", call)


def test_a_machine_is_called_and_hears_the_text_after_its_beep(door, baresip, tmp_path):
    sound = spoken(tmp_path / "machine.wav", noise(0.5), words(20), silence(0.3), sine(0.5, 1000), silence(60.0))
    far = baresip("far", plays=sound)
    with Program("call-and-find-a-machine", tmp_path, door, "far") as program:
        call = door.wait("call.ringing")["call"]
        until(lambda: door.get(f"/v1/calls/{call}")["detect"], "the detection")
        far.wait("CALL_INCOMING")
        far.command("accept")
        lines = program.done()
    assert "this is a machine" in lines
    beep, said = door.wait("tone.detected", call, tone="beep"), door.wait("playback.started", call)
    assert beep["id"] < said["id"]
    assert lines[-1].startswith("call.ended hangup 200 ")
    assert door.final(call)["by"] == "local"


def test_a_caller_hears_early_media_and_is_answered_with_headers(door, tmp_path):
    with Program("answer-with-early-media", tmp_path, door) as program:
        program.says("ready")
        with Sipp(tmp_path, "uac-early", door.address, address=door.far_address, user="far") as peer:
            lines = program.done()
            peer.done()
    assert lines[1].startswith(f"from sip:far@{door.far_address}")
    assert lines[2:] == ["early_media", "connected: flat 3 PCMA", "call.ended local hangup"]
    assert door.final(door.wait("call.incoming")["call"], kind="call.ended", code=200)["reason"] == "OK"
    assert "X-Result: seen" in peer.messages()


def test_two_legs_hear_each_other_and_the_end_of_one_ends_the_other(door, baresip, tmp_path):
    two, three = baresip("two", hertz=HASH["two"]), baresip("three", hertz=HASH["three"])
    with Program("join-two-calls", tmp_path, door, "two", "three") as program:
        for far in (two, three):
            far.wait("CALL_INCOMING")
            far.command("accept")
        program.says("joined")
        hears_only(two, HASH["two"], HASH["three"])
        hears_only(three, HASH["three"], HASH["two"])
        assert [call["media"] for call in door.get("/v1/calls")["calls"]] == ["none", "none"]
        two.command("hangup")
        lines = program.done()
    assert sorted(lines[:2]) == ["connected: three", "connected: two"]
    assert lines[2:] == ["joined", "two ended by remote", "three ended by local"]
    assert not door.of("call.held")
    assert not door.of("call.active_changed")


def test_a_message_is_taken_until_the_caller_presses_hash(door, baresip, tmp_path):
    far = baresip("far", hertz=440)
    with Program("take-messages", tmp_path, door) as program:
        program.says("ready")
        far.command("dial", f"sip:{door.user}@{door.address}")
        program.says("recording separate")
        call = door.wait("recording.started")["call"]
        assert door.get(f"/v1/calls/{call}")["media"] == "none"
        begun = [door.wait(stage, call)["id"] for stage in ("call.answering", "call.connecting", "call.connected")]
        assert begun == sorted(begun)
        far.command("sndcode", "#")
        lines = program.done()
    end, message = lines[-2:] if "message" in lines[-1] else reversed(lines[-2:])
    assert end == "ended by local"
    assert message.startswith(f"message {call}.wav ")
    with wave.open(str(tmp_path / f"{call}.wav")) as file:
        assert file.getnchannels() == 2
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    assert len(frames) * 2 + 44 <= int(message.split()[-2])


def test_a_host_calls_three_holds_mutes_removes_and_ends(door, baresip, tmp_path):
    peers = {name: baresip(name, hertz=hertz) for name, hertz in HASH.items()}
    with Program("host-a-conference", tmp_path, door, *HASH) as program:
        for peer in peers.values():
            peer.wait("CALL_INCOMING")
            peer.command("accept")
        lines = program.done()
    uris = [door.config["target"][name]["uri"] for name in HASH]
    assert sorted(line for line in lines if line.startswith("invitation_sent")) == sorted(
        f"invitation_sent {uri}" for uri in uris
    )
    assert sum(line.startswith("invitation_accepted") for line in lines) == 3
    stages = ("connecting", "invitation_sending", "invitation_sent", "connected", "disconnecting", "ended")
    began = [door.wait(f"conference.{stage}")["id"] for stage in stages]
    assert began == sorted(began)
    for kind in ("conference.connecting", "conference.disconnecting", "conference.invitation_sent", "conference.held"):
        assert door.wait(kind)["data"]["conference"] == door.wait("conference.connected")["data"]["conference"]
    assert door.wait("conference.invitation_sent")["call"] == door.wait("conference.invitation_sending")["call"]
    assert [line for line in lines if not line.startswith("invitation")] == [
        *(f"in: {number} invited" for number in (1, 2, 3)),
        *("held", "resumed", "removed", "ended"),
    ]


@pytest.mark.usefixtures("hasty_stations")
def test_a_gateway_that_dies_is_shown_and_calls_go_out_once_it_is_back(tmp_path):
    with Asterisk(tmp_path / "a") as pbx:
        office = account(tmp_path, pbx, "101", expires_s=60)
        with Daemon(tmp_path / "d", account={"office": office}) as door:
            door.wait("account.registered", account="office", after="start")
            with Program("follow-the-registration", tmp_path, door, "office", "602") as program:
                program.says("[('office', 'registered')]")
                pbx.kill()
                door.post("/v1/accounts/office/register")
                assert program.says("no gateway: ").startswith(f"no gateway: {pbx.address}:{pbx.port} ")
                program.says("not registered: 0 ")
                with pbx:
                    lines = program.done()
    assert lines[-1] == "call.ended hangup"
    failed = door.wait("account.failed", account="office")["data"]
    assert (failed["code"], bool(failed["reason"]), failed["retry_in_s"] > 0) == (0, True, True)
    assert failed["explanation"].endswith(".")
    assert door.wait("account.registering", account="office")["data"]["attempt"] == 1
    lost = door.wait("server.unreachable", account="office")["data"]
    assert (lost["server"], bool(lost["why"])) == (f"{pbx.address}:{pbx.port}", True)
    assert lines[-2] == f"calls are possible: sip:602@{pbx.address}"
    assert f"the gateway is back: {pbx.address}:{pbx.port}" in lines
    assert "registered after recovery" in lines


def test_a_web_page_calls_shows_the_call_and_hangs_up(door, tmp_path):
    answered = {"headers": "X-Flat: 3\nX-Floor: 2\n"}
    with (
        Sipp(tmp_path, "uas-answers-with", address=door.far_address, port=door.far_port, **answered) as peer,
        Program("call-from-a-web-page", tmp_path, door, "far") as program,
    ):
        lines = program.done()
        peer.done()
    states = [line for line in lines if line.startswith("state: ")]
    assert states[0] == "state: dialing to connecting"
    assert states[-1] == "state: disconnecting to ended"
    uri = door.config["target"]["far"]["uri"]
    assert f"connected: {uri} {{'X-Flat': '3', 'X-Floor': '2'}} PCMA" in lines
    call = door.wait("call.dialing", to=uri)["call"]
    door.final(call, kind="call.ended", by="local")
    (last,) = (event["data"] for event in door.of("media.statistics", call) if event["data"]["final"])
    assert last["sent"] > 0
    assert f"sent: {last['sent']} received: {last['packets']} lost: {last['lost']}" in lines
    assert lines[-1] == "call.ended hangup local {}"
    assert any(line.startswith("muted by http:") for line in lines)
    assert "active: True" in lines
    changes = [(event["data"]["old"], event["data"]["new"]) for event in door.of("call.state_changed", call)]
    assert changes == [
        *(("dialing", "connecting"), ("connecting", "connected")),
        *(("connected", "disconnecting"), ("disconnecting", "ended")),
    ]
    assert next(event["data"] for event in door.of("call.active_changed", call)) == {"old": False, "new": True}
    assert "X-Rating: 5" in peer.messages()


def test_a_user_takes_a_second_call_and_is_warned_of_the_bad_line_of_the_first(door, baresip, tmp_path):
    with Packets(door.far_address, to=door.address) as first, Program("take-a-second-call", tmp_path, door) as program:
        program.says("ready")
        first.send(first.invite())
        accepted = first.called(lambda: None)
        with LossyVoice(first.rtp, accepted):
            one = door.wait("call.connected")["call"]
            assert program.says("call 1 loses ").endswith(" %")
            program.says("call 1 sounds ")
            second = baresip("two", hertz=HASH["two"])
            second.command("dial", f"sip:{door.user}@{door.address}")
            first.answer(first.invited(), "200 OK", first.sdp.replace("sendrecv", "recvonly"))
            program.says("second call connected")
            first.answer(first.invited(), "200 OK", first.sdp)
            program.says("switched from 2 to 1")
            second.command("hangup")
            program.says("call 2 hangup")
        first.hang_up()
        lines = program.done()
    assert "call 1 is held by local" in lines
    assert "call 1 goes on by local" in lines
    assert "call 2 is held by local" in lines
    assert door.final(one)["cause"] == "hangup"
    assert lines[-1] == "call 1 hangup"


REFUSALS = {
    486: ("call.rejected", "The line is busy.", "remote"),
    600: ("call.rejected", "The line is busy.", "remote"),
    603: ("call.rejected", "The call was declined.", "remote"),
    404: ("call.failed", "There is no such number.", "remote"),
    480: ("call.failed", "The phone cannot be reached.", "remote"),
    402: ("call.failed", "There is no credit.", "remote"),
    488: ("call.failed", "Both sides have no codec in common.", "remote"),
    500: ("call.failed", "The other side is broken.", "remote"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_call_is_explained_in_one_sentence(door, tmp_path, code):
    kind, sentence, by = REFUSALS[code]
    since = door.get("/v1/state")["last_event"]
    with (
        Sipp(tmp_path, "uas-refuse", address=door.far_address, port=door.far_port, code=code) as peer,
        Program("say-why-a-call-failed", tmp_path, door, "far", "60") as program,
    ):
        lines = program.done()
        peer.done()
    assert lines == [f"{kind} {code} Refused", sentence, f"by {by}"]
    call = door.wait("call.dialing")["call"]
    (last,) = door.get(f"/v1/events?types=call.final&call={call}&since={since}&wait=0")["events"]
    assert (last["type"], last["data"]["code"], last["data"]["by"]) == (kind, code, by)
    assert (last["type"], last["data"]["direction"], last["data"]["duration_s"]) == (kind, "outgoing", 0.0)


def test_a_call_that_nobody_answers_in_time_is_explained(door, tmp_path):
    with (
        Sipp(tmp_path, "uas-ring", address=door.far_address, port=door.far_port) as peer,
        Program("say-why-a-call-failed", tmp_path, door, "far", "3") as program,
    ):
        lines = program.done()
        peer.done()
    assert lines[0].startswith("call.failed 408 ")
    assert lines[1:] == ["Nobody answered.", "by local"]
    door.final(door.wait("call.dialing")["call"], kind="call.failed", code=408, cause="no_answer", by="local")


def test_each_wrong_order_has_its_code_with_cause_and_remedy(door, tmp_path):
    with (
        Sipp(tmp_path, "uas-hold-refused", address=door.far_address, port=door.far_port) as peer,
        Program("handle-errors", tmp_path, door, "far") as program,
    ):
        lines = program.done()
        peer.done()
    told = [line for line in lines if ": " in line and not line.startswith("hang it up again")]
    assert [line.rpartition(": ")[2] for line in told if line.rpartition(": ")[2][:3].isdigit()] == [
        "404 call-not-found",
        "400 number-invalid",
        "400 parameter-invalid",
        "409 call-wrong-state",
        "400 text-too-long",
        "400 parameter-invalid",
        "404 playback-not-found",
        "409 transfer-not-requested",
        "488 hold-call",
        "409 call-wrong-state",
    ]
    assert lines[-1].startswith("hang it up again: ")
    assert not lines[-1].endswith("None")
    refused = door.wait("error", code="media-update-failed", operation="hold-call")
    data = refused["data"]
    assert (refused["call"], data["sip_code"], data["http_status"]) == (door.wait("call.dialing")["call"], 488, 502)
    sentences = data["message"], data["cause"], data["resolution"]
    assert {"message", "cause", "resolution"} <= data.keys()
    assert all(sentence.endswith(".") and any(sentence in line for line in lines) for sentence in sentences)
