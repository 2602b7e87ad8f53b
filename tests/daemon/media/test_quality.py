"""Statistics and quality of a call's sound, with far ends that lose packets, go silent, or report falsehoods."""

import contextlib
import struct
import time

import pytest

from appliance.core import call_quality
from appliance.core.model import QualityClass
from tests.support.cabled import called_over_a_bad_cable
from tests.support.daemon import Daemon
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.baresip import Baresip
from tests.support.peers.namespaces import PBX, BadCable
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import account
from tests.support.peers.voices import FRAME, PCMA, Voice, opened, packet, place
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.realtime

PATIENCE_S = 120.0
EVERY = 10  # each so many packets is lost: 10 %, a slow link, and by itself an R in the middle of "poor"
SR, RR = 200, 201  # RFC 3550 §12.1
DELAY_S, LOSS = 0.1, 0.06
SENT_APART = 100  # packets: the streams begin, and are counted last, up to 2 s apart
BEFORE = 200  # packets, at most, that came before the answer did: it may be lost too, and is sent again
CLOCKS_S = 0.005  # the round trip is a difference of times, each rounded
LOST_SINCE = 40  # packets, at most, since the report of 5 s ago
STILL_LOST = 5  # packets, at most, between our last figures and the last report of the stream, which follows them


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Daemon(tmp_path_factory.mktemp("d")) as daemon:
        yield daemon


class LossyVoice(Voice):
    """A voice of which each so many packets is lost on the way, until `mended`."""

    gone = kept = 0
    mended = False

    def send(self, kind, payload, *, marker=False):
        if self.mended or (self.gone + self.kept + 1) % EVERY:
            self.kept += 1
            super().send(kind, payload, marker=marker)
        else:
            self.gone += 1
            self.sequence += 1


def quality(door, call):
    return door.get(f"/v1/calls/{call}")["quality"] or {}


def mos_of(figures, loss=0.0):
    """The MOS of that loss with the delays that were reported: on a busy machine, the jitter buffer grows."""
    delay = (figures["rtt_ms"] or 0.0) / 2 + figures["buffer_ms"] + call_quality.PACKET_MS
    return call_quality.mos(loss, delay)


def every(door, call, seconds):
    status, answer = door.ask("PATCH", f"/v1/calls/{call}", {"statistics_interval": seconds})
    assert status == 200, answer
    return answer


def ended(door, far, call):
    """The far end hangs up; the call's last statistics, which come before its last event."""
    far.hang_up()
    door.final(call, kind="call.ended", cause="hangup", by="remote")
    (last,) = (event for event in door.of("media.statistics", call) if event["data"]["final"])
    (end,) = door.of("call.ended", call)
    assert last["id"] < end["id"]
    return last["data"]


@shows("media.statistics", "media.quality", "media.slow_link", "PATCH /v1/calls/{id}")
def test_a_far_end_that_loses_packets_is_counted_judged_and_reported(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        assert every(door, call, 1)["call"]["statistics_interval"] == 1
        with LossyVoice(far.rtp, accepted) as voice:
            slow = door.wait("media.slow_link", call, patience=PATIENCE_S)["data"]
            assert slow["loss"] == pytest.approx(1 / EVERY, abs=0.02)
            first = door.wait("media.quality", call, patience=PATIENCE_S)["data"]
            told = quality(door, call)
            assert first["mos"] == pytest.approx(mos_of(told, slow["loss"]), abs=0.3), told
            assert first["class"] == call_quality.class_of(first["mos"], None)
            assert (first["class"] in {"poor", "bad"}, told["class"] in {"poor", "bad"}) == (True, True)
            voice.mended = True
            good = door.wait("media.quality", call, patience=PATIENCE_S, **{"class": "good"})["data"]
            assert good["mos"] >= call_quality.lowest(QualityClass.GOOD)
            assert "already" in every(door, call, 1)["warning"]
            assert every(door, call, 0)["warning"] is None
        until(lambda: quality(door, call).get("received") == voice.kept, "all packets", PATIENCE_S)
        reports = [event["data"] for event in door.of("media.statistics", call)]
        last = ended(door, far, call)
    assert (last["packets"], last["lost"]) == (voice.kept, voice.gone)
    assert last["bytes"] == voice.kept * FRAME
    assert last["codec"] == {"name": "PCMA", "clock_rate_hz": 8000}
    assert last["sent"] > 0
    assert last["sent_bytes"] == last["sent"] * FRAME
    assert (last["rtt_ms"], last["sent_lost"], last["sent_jitter_ms"]) == (None, None, None)  # it reports nothing
    assert len(reports) > 3
    packets = [report["packets"] for report in reports]
    assert packets == sorted(packets)  # two are equal if no packet came for a second
    assert packets[0] < packets[-1]
    assert len(door.of("media.slow_link", call)) == 1


def test_without_a_request_a_call_has_statistics_at_its_end_only(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        with Voice(far.rtp, accepted):
            until(lambda: quality(door, call).get("received", 0) > 100, "sound", PATIENCE_S)
        assert not door.of("media.statistics", call)
        last = ended(door, far, call)
    assert (last["lost"], last["mos"]) == (0, mos_of(last))
    found = door.get("/v1/log/calls")["calls"][0]
    assert (found["id"], found["quality"]["sent"]) == (call, last["sent"])


def test_by_itself_a_call_has_statistics_on_the_configured_interval(tmp_path):
    with (
        Daemon(tmp_path / "d", audio={"statistics_s": 2}) as door,
        Packets(door.far_address, to=door.address) as far,
    ):
        call, accepted = far.talk_to(door)
        with Voice(far.rtp, accepted):
            until(lambda: len(door.of("media.statistics", call)) >= 2, "two reports", PATIENCE_S)
        first, second = (event["data"] for event in door.of("media.statistics", call)[:2])
        assert (first["final"], first["packets"] > 0, second["packets"] > first["packets"]) == (False, True, True)
        ended(door, far, call)


def sound(far, accepted, count, first):
    """So many packets of the far end at once."""
    for number in range(first, first + count):
        far.rtp.sendto(packet(PCMA, number, FRAME * number, 0xFA12, bytes(FRAME)), place(accepted))


def test_the_figures_are_of_the_whole_call_also_after_a_hold(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        sound(far, accepted, 40, 100)
        until(lambda: quality(door, call).get("received") == 40, "the packets", PATIENCE_S)
        for act, answer in (("hold", far.sdp.replace("sendrecv", "recvonly")), ("resume", far.sdp)):
            door.post(f"/v1/calls/{call}/{act}")
            far.answer(far.invited(), "200 OK", answer)
        until(lambda: door.get(f"/v1/calls/{call}")["hold"] == "none", "the talk", PATIENCE_S)
        sound(far, accepted, 20, 200)
        until(lambda: quality(door, call).get("received") == 60, "all packets", PATIENCE_S)
        last = ended(door, far, call)
    assert (last["packets"], last["bytes"]) == (60, 60 * FRAME)


def test_a_call_of_a_moment_has_its_figures(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        sound(far, accepted, 5, 100)
        door.wait("media.started", call, direction="receive")
        last = ended(door, far, call)
    assert last["packets"] == 5
    assert last["sent"] > 0


@pytest.mark.parametrize("seconds", [-1, 3601, 1.5])
def test_an_interval_out_of_bounds_is_refused(door, seconds):
    assert door.ask("PATCH", "/v1/calls/c-1", {"statistics_interval": seconds})[0] == 400


@shows("media.stopped", "media.resumed", "media.disconnection_warning", "cause:rtp_timeout")
def test_a_far_end_that_goes_silent_is_warned_about_before_its_call_ends(tmp_path):
    with Daemon(tmp_path / "d", deadlines={"rtp_s": 6}) as door, Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        with Voice(far.rtp, accepted):
            until(lambda: quality(door, call).get("received"), "sound", PATIENCE_S)
        door.next("media.stopped", call, patience=PATIENCE_S)
        with Voice(far.rtp, accepted):
            door.wait("media.resumed", call, patience=PATIENCE_S, direction="receive", why="no_packets")
        warned = len(door.of("media.disconnection_warning", call))
        stopped = door.next("media.stopped", call, patience=PATIENCE_S)
        for number in (1, 2):
            until(lambda n=number: len(door.of("media.disconnection_warning", call)) >= warned + n, "it", PATIENCE_S)
            warning = door.of("media.disconnection_warning", call)[warned + number - 1]
            assert (stopped["id"] < warning["id"], warning["data"]["tries"]) == (True, number)
            assert 0 <= warning["data"]["ends_in_s"] <= 6 * (3 - number) / 3
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", cause="rtp_timeout", by="local")
        assert door.wait("media.statistics", call, final=True)
        assert len(door.of("media.disconnection_warning", call)) == warned + 2


# -- reports of the far end ------------------------------------------------------------------------------------------


SECOND = 65536  # of the times in reports
SHORTEST_TRIP_S = 0.01


def receiver_report(about, fraction, lost, jitter, last_report, delay):
    """RFC 3550 §6.4.2: what a far end claims about the packets of `about`."""
    head = struct.pack("!BBHI", 0x81, RR, 7, 0xFA12)
    return head + struct.pack("!IIIIII", about, fraction << 24 | lost, 0, jitter, last_report, delay)


@contextlib.contextmanager
def reporting(door):
    """A call whose far end can send reports: it, the call, and a sender that is given `lost` and the rest.

    A report says truthfully how long ago the station's own came, unless it is given `delay`. `older`: by how much the
    report that it answers is older than the station's last one. Both are in 1/65536 s.
    """
    with contextlib.closing(opened(door.far_address)) as rtcp, Packets(door.far_address, to=door.address) as far:
        named = f"{far.sdp}a=rtcp:{rtcp.getsockname()[1]}\r\n"
        far.send(far.request("INVITE", body=named))
        call = door.rung()
        accepted = far.called(lambda: door.press("answer"))
        door.talk(call)
        address, port = place(accepted)
        with Voice(far.rtp, accepted):
            rtcp.settimeout(PATIENCE_S)
            theirs = sender_report(rtcp)
            came = time.monotonic()
            about, stamp = struct.unpack("!I", theirs[4:8])[0], struct.unpack("!I", theirs[10:14])[0]

            def send(fraction, lost, jitter, older=0, delay=None):
                if delay is None:  # 0 would mean that there was none to answer (RFC 3550 §6.4.1)
                    delay = max(int((time.monotonic() - came - SHORTEST_TRIP_S) * SECOND), 1)
                claim = receiver_report(about, fraction, lost, jitter, (stamp - older) & 0xFFFFFFFF, delay)
                rtcp.sendto(claim, (address, port + 1))

            yield far, call, send


def sender_report(rtcp):
    """The next report of the station that has the time."""
    while (came := rtcp.recv(65536))[1] != SR:
        pass
    return came


def test_reports_of_the_far_end_become_figures(door):
    with reporting(door) as (far, call, send):
        send(fraction=10, lost=3, jitter=80)  # 10 ms at 8 kHz
        until(lambda: quality(door, call).get("sent_lost") == 3, "the report", PATIENCE_S)
        told = quality(door, call)
        assert told["sent_jitter_ms"] == 10.0
        assert 0 <= told["rtt_ms"] <= 10_000
        assert ended(door, far, call)["sent_lost"] == 3


HOURS = 3600 * SECOND
HOSTILE = {
    "more lost than sent": {"fraction": 255, "lost": 0x7FFFFF, "jitter": 8},
    "a negative number lost": {"fraction": 255, "lost": 0xFFFFFF, "jitter": 8},
    "a jitter of days": {"fraction": 0, "lost": 1, "jitter": 0xFFFFFFFF},
    "a jitter that overflows": {"fraction": 0, "lost": 1, "jitter": 0x80000000},
    "a round trip of hours": {"fraction": 0, "lost": 1, "jitter": 8, "older": 4 * HOURS},
    "a negative round trip": {"fraction": 0, "lost": 1, "jitter": 8, "delay": 0xFFFFFFFF},
    "a delay of hours": {"fraction": 0, "lost": 1, "jitter": 8, "delay": 6 * HOURS},
}


@shows("media.statistics")
def test_false_reports_become_no_figures(door):
    with reporting(door) as (far, call, send):
        every(door, call, 1)
        for name, claims in HOSTILE.items():
            before = len(door.of("media.statistics", call))
            for _ in range(3):
                send(**claims)
            until(lambda b=before: len(door.of("media.statistics", call)) > b + 1, name, PATIENCE_S)
            for told in (event["data"] for event in door.of("media.statistics", call)[before:]):
                assert told["sent_lost"] is None or 0 <= told["sent_lost"] <= told["sent"], (name, told)
                assert told["sent_jitter_ms"] is None or 0 <= told["sent_jitter_ms"] <= 10_000, (name, told)
                assert told["rtt_ms"] is None or 0 <= told["rtt_ms"] <= 10_000, (name, told)
                assert (told["lost"], told["mos"] or mos_of(told)) == (0, mos_of(told)), (name, told)
        send(fraction=0, lost=2, jitter=8)
        until(lambda: quality(door, call).get("sent_lost") == 2, "a true report after them", PATIENCE_S)
        assert not door.of("media.slow_link", call)
        ended(door, far, call)


JUMP = 0x800000  # samples: 17 minutes


def test_timestamps_that_jump_become_no_jitter_of_days(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        for number in range(200):
            stamp = JUMP * (number % 2) + number
            far.rtp.sendto(packet(PCMA, 100 + number, stamp, 0xFA12, bytes(FRAME)), place(accepted))
        until(lambda: quality(door, call).get("received"), "packets", PATIENCE_S)
        assert 0 <= quality(door, call)["jitter_ms"] <= 10_000
        ended(door, far, call)


# -- each codec beside what a far end counts ---------------------------------------------------------------------------


@pytest.mark.realtime
@pytest.mark.parametrize(("codec", "modules"), [("pcma", ""), ("g722", "module g722.so"), ("opus", "module opus.so")])
def test_with_each_codec_the_station_counts_as_baresip_does(codec, modules, door, tmp_path):
    address, port = door.far_address, door.far_port
    with Baresip(tmp_path, address, port, codec=codec, modules=modules, counts="yes") as far:
        call = door.post("/v1/calls", {"to": "far"})["id"]
        far.wait("CALL_INCOMING")
        far.command("accept")
        door.talk(call)

        def steady():
            """A pause of the sender makes jitter; that of a wrong clock, 40 ms on loopback, never becomes less."""
            told = quality(door, call)
            return told.get("received", 0) > 100 and told["jitter_ms"] < 20

        until(steady, "sound with little jitter", PATIENCE_S, log=lambda: quality(door, call))
        far.command("hangup")
        end = door.wait("call.ended", call)["data"]
        ours = door.wait("media.statistics", call, final=True)["data"]
    assert ours["codec"]["name"].lower() == codec
    theirs = dict(each.split("=", 1) for each in end["headers"]["X-RTP-Stat"].split(";"))
    beside = f"{ours}, and baresip: {theirs}"
    assert int(theirs["PS"]) == pytest.approx(ours["packets"] + ours["lost"], abs=SENT_APART), beside
    assert int(theirs["PR"]) == pytest.approx(ours["sent"], abs=SENT_APART), beside
    assert theirs["PL"] == "0,0", beside
    assert ours["lost"] == 0, beside


# -- two stations on a bad cable -------------------------------------------------------------------------------------


def known(door, call):
    """Wait for 1,000 packets and a round trip: there is none before two reports in a row come through the cable."""
    until(lambda: quality(door, call).get("rtt_ms"), "a round trip", PATIENCE_S)
    until(lambda: quality(door, call)["received"] > 1000, "1,000 packets", PATIENCE_S)


@shows("media.statistics", "media.slow_link")
def test_two_stations_count_the_same_over_a_cable_with_losses_and_delay(tmp_path):
    with called_over_a_bad_cable(tmp_path, loss=LOSS, delay_s=DELAY_S) as both:
        (door, _), _ = both
        for each, number in both:
            known(each, number)
        door.press("hangup")
        last = []
        for each, number in both:
            each.wait("call.ended", number, patience=PATIENCE_S)
            (final,) = (event["data"] for event in each.of("media.statistics", number) if event["data"]["final"])
            last.append(final)
    for mine, theirs in (last, last[::-1]):
        assert mine["rtt_ms"] >= 2 * DELAY_S * 1000
        expected = mine["packets"] + mine["lost"]
        assert expected == pytest.approx(theirs["sent"], abs=SENT_APART)
        assert mine["sent_lost"] == pytest.approx(theirs["lost"], abs=LOST_SINCE)
        assert mine["lost"] / expected == pytest.approx(LOSS, abs=0.03)
        assert 1 < mine["mos"] < 4.1  # R of 93.2, less 18.3 by the losses, and some by the delay
    assert {event["type"] for each, _ in both for event in each.of("media.slow_link")} == {"media.slow_link"}


def test_over_a_bad_cable_a_station_counts_as_asterisk_does(tmp_path):
    with (
        BadCable(tmp_path, loss=LOSS, delay_s=DELAY_S) as cable,
        Asterisk(tmp_path / "asterisk", address=PBX, within=cable.pbx.within) as asterisk,
        Daemon(
            tmp_path / "d",
            within=cable.door.within,
            sip={"address": "0.0.0.0", "port": 0, "trace": True},
            account={"office": account(tmp_path, asterisk, "101")},
        ) as door,
    ):
        door.wait("account.registered")
        call = door.post("/v1/calls", {"to": "605", "account": "office"})["id"]
        known(door, call)
        door.post(f"/v1/calls/{call}/dtmf", {"digits": "#"})
        ours = door.wait("media.statistics", call, final=True)["data"]
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        theirs = asterisk.counted
    here = {name: ours[name] for name in ("packets", "lost", "sent", "sent_lost", "rtt_ms", "jitter_ms")}
    beside = f"{here}, and Asterisk: {theirs}"
    assert theirs["txcount"] - BEFORE - SENT_APART <= ours["packets"] + ours["lost"] <= theirs["txcount"], beside
    assert ours["sent"] == pytest.approx(theirs["rxcount"] + theirs["lp"], abs=SENT_APART), beside
    for reported, counted, later in ((ours["sent_lost"], theirs["lp"], 0), (theirs["rlp"], ours["lost"], STILL_LOST)):
        assert counted - LOST_SINCE <= reported <= counted + later, beside
    for packets, lost in ((theirs["txcount"], ours["lost"]), (ours["sent"], theirs["lp"])):
        assert LOSS / 2 < lost / packets < 2 * LOSS, beside
    # Asterisk's is 0 until our report answers one of its own.
    for round_trip_s in (ours["rtt_ms"] / 1000, *filter(None, [theirs["rtt"]])):
        assert 2 * DELAY_S - CLOCKS_S < round_trip_s < PATIENCE_S, beside
