"""What the catalogue has of calls and accounts and no other test shows."""

import contextlib
import os
import signal
from datetime import datetime

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.registrars import Kamailio, account
from tests.support.peers.sipp import Sipp
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("hasty_stations")


@shows(
    *("POST /v1/calls", "GET /v1/calls", "GET /v1/calls/{id}", "PATCH /v1/calls/{id}", "POST /v1/calls/{id}/hangup"),
    *("POST /v1/calls/{id}/hold", "POST /v1/calls/{id}/resume", "GET /v1/log/calls"),
    *("call.dialing", "call.ringing", "call.connecting", "call.connected", "call.state_changed", "call.active_changed"),
    *("call.held", "call.resumed", "call.muted", "call.unmuted", "call.disconnecting", "call.ended", "warning"),
    *("cause:hangup", "error:call-wrong-state"),
)
def test_a_client_calls_mutes_holds_resumes_and_hangs_up(door, far):
    with far("uas-held") as peer:
        call = door.post("/v1/calls", {"to": "far"})["id"]
        door.talk(call)
        assert door.ask("POST", f"/v1/calls/{call}/answer")[1]["code"] == "call-wrong-state"
        one, listed = door.get(f"/v1/calls/{call}"), door.get("/v1/calls")["calls"][0]
        assert one["id"] == listed["id"] == call
        for muted in (True, True, False):
            assert door.ask("PATCH", f"/v1/calls/{call}", {"muted": muted})[0] == 200
        for kind in ("call.muted", "call.unmuted"):
            assert door.wait(kind, call)["data"]["by"].startswith("http:")
        for what, acks in (("hold", 2), ("resume", 3)):
            door.post(f"/v1/calls/{call}/{what}")
            peer.until_sent(f"the end of {what}", acks)
            done = door.wait("call.updated", call, changes=[what])["data"]
            assert (done["result"], done["by"], done["code"]) == ("accepted", "local", 200)
        door.post(f"/v1/calls/{call}/hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()
    there = [event for event in door.since if event["call"] == call]
    begun = [*dict.fromkeys(event["type"] for event in there)]
    assert begun.index("call.dialing") < begun.index("call.connecting") < begun.index("call.connected")
    assert begun.index("call.connected") < begun.index("call.disconnecting") < begun.index("call.ended")
    assert {event["about"]["direction"] for event in there} == {"outgoing"}
    (dialled,), (connected,) = door.of("call.dialing", call), door.of("call.connected", call)
    uri = f"sip:far@{peer.address}:{peer.port}"
    assert (dialled["data"]["target"], dialled["data"]["to"], connected["data"]["to"]) == ("far", uri, uri)
    (ended,) = door.of("call.ended", call)
    assert connected["data"]["after_s"] >= 0
    assert ended["data"]["total_s"] >= ended["data"]["duration_s"] > 0
    assert door.of("call.disconnecting", call)[0]["data"] == {"cause": "hangup"}
    for kind in ("call.held", "call.resumed"):
        assert [event["data"]["by"] for event in door.of(kind, call)] == ["local"]
    states = [(event["data"]["old"], event["data"]["new"]) for event in door.of("call.state_changed", call)]
    assert [new for _, new in states[:-1]] == [old for old, _ in states[1:]]
    assert {"dialing", "connecting", "connected", "disconnecting"} <= {each for pair in states for each in pair}
    logged = door.get("/v1/log/calls?limit=1")["calls"][0]
    assert logged["id"] == call
    whole = datetime.fromisoformat(logged["ended"]) - datetime.fromisoformat(logged["created"])
    assert ended["data"]["total_s"] == pytest.approx(whole.total_seconds(), abs=0.1)
    for shown in (listed, logged, door.get(f"/v1/calls/{call}")):
        assert all(shown[time] == one[time] for time in ("created", "ringing_since", "connected_since"))


def test_a_client_reports_an_event_of_its_own(door):
    """POST /v1/events gives the event custom."""
    door.post("/v1/events", {"name": "liftCalled", "details": {"floor": "3"}})
    told = door.wait("custom", name="liftCalled")
    assert (told["call"], told["data"]["details"], told["data"]["by"][:5]) == (None, {"floor": "3"}, "http:")
    status, problem = door.ask("POST", "/v1/events", {"name": "lift.called", "call": "c-none"})
    assert (status, problem["code"]) == (404, "call-not-found")


@shows("POST /v1/calls/{id}/answer", "DELETE /v1/calls/{id}", "call.incoming", "call.answering")
def test_a_client_answers_and_ends(door, caller):
    with caller("uac-answered-ends") as peer:
        call = door.rung()
        door.post(f"/v1/calls/{call}/answer")
        door.talk(call)
        kinds = [event["type"] for event in door.since if event["call"] == call]
        assert kinds.index("call.incoming") < kinds.index("call.answering")
        assert kinds.index("call.answering") < kinds.index("call.connecting") < kinds.index("call.connected")
        assert door.of("call.answering", call)[0]["data"]["who"].startswith("http:")
        assert door.of("call.connected", call)[0]["data"]["after_s"] >= 0
        assert door.ask("DELETE", f"/v1/calls/{call}")[0] == 200
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


@shows("POST /v1/calls/{id}/reject", "call.rejected", "cause:rejected")
def test_a_client_refuses(door, caller):
    with caller("uac-refused", code=603) as peer:
        call = door.rung()
        door.post(f"/v1/calls/{call}/reject", {"code": 603})
        door.final(call, kind="call.rejected", cause="rejected", by="local")
        peer.done()


def fails(door, directory, code, cause):
    """We call, and it is refused so."""
    own = directory / str(code)
    own.mkdir()
    with Sipp(own, "uas-refuse", address=door.far_address, port=door.far_port, code=code, rings=False) as peer:
        door.final(door.post("/v1/calls", {"to": "far"})["id"], cause=cause, code=code, by="remote")
        peer.done()


@shows("call.failed", "cause:not_found", "cause:payment_required", "cause:unauthorized", "cause:media_failed")
def test_it_refuses_for_reasons_of_the_callers(door, tmp_path):
    for code, cause in ((404, "not_found"), (402, "payment_required"), (403, "unauthorized"), (488, "media_failed")):
        fails(door, tmp_path, code, cause)


@shows("cause:busy", "cause:server_error", "cause:unavailable")
def test_it_refuses_for_reasons_of_its_own(door, tmp_path):
    for code, cause in ((486, "busy"), (500, "server_error"), (480, "unavailable")):
        fails(door, tmp_path, code, cause)


@shows("call.early_media")
def test_it_is_heard_before_it_answers(door, far):
    with far("uas-early") as peer:
        call = door.talk(door.ring())
        door.wait("call.early_media", call, code=183)
        door.press("hangup")
        door.final(call, kind="call.ended")
        peer.done()


@shows("cause:answered_elsewhere")
def test_somebody_else_answers(door, caller):
    with caller("uac-cancel", headers='Reason: SIP;cause=200;text="Call completed elsewhere"\n') as peer:
        door.final(door.rung(), kind="call.canceled", cause="answered_elsewhere", missed=False)
        peer.done()


@shows("cause:error")
def test_the_sip_process_dies_in_a_call(door, caller):
    with caller("uac-answered-ends") as peer:
        call = door.rung()
        door.press("answer")
        door.talk(call)
        os.kill(door.sip(), signal.SIGKILL)
        door.final(call, kind="call.ended", cause="error", by="device")
        peer.vanish()
    door.wait("appliance.recovered", part="sip")


@shows("cause:audio_failed")
def test_a_sound_card_ends_the_sip_process_in_a_call(door, caller):
    """By the kernel's limit for a thread of real-time priority that does not wait for its card (RLIMIT_RTTIME)."""
    with caller("uac-answered-ends") as peer:
        call = door.rung()
        door.press("answer")
        door.talk(call)
        os.kill(door.sip(), signal.SIGXCPU)
        told = door.final(call, kind="call.ended", cause="audio_failed", by="device")
        peer.vanish()
    assert "check audio.capture" in told["explanation"]
    door.wait("appliance.recovered", part="sip")


@shows("error", "error:media-update-failed")
def test_a_far_end_that_will_not_be_held_is_reported_as_an_error(door, far):
    with far("uas-hold-refused") as peer:
        call = door.talk(door.ring())
        door.press("hold")
        told = door.wait("error", code="media-update-failed")["data"]
        assert (told["operation"], told["sip_code"], told["http_status"]) == ("hold-call", 488, 502)
        door.press("hangup")
        door.final(call, kind="call.ended")
        peer.done()


@shows(
    *("error:call-not-found", "error:parameter-invalid", "error:event-unknown", "error:number-invalid"),
    "error:no-account",
)
def test_what_cannot_be_done_is_refused_with_its_code(door):
    for method, path, body in (
        ("GET", "/v1/calls/c-none", None),
        ("POST", "/v1/calls", {"to": ""}),
        ("POST", "/v1/calls", {"to": "nobody"}),
        ("POST", "/v1/calls", {"to": "far", "account": "none"}),
        ("GET", "/v1/events?types=nothing.*&wait=1", None),
    ):
        assert door.ask(method, path, body)[0] >= 400


@shows("cause:shutdown")
def test_the_daemon_stops_in_a_call(tmp_path):
    with (
        Daemon(tmp_path / "d") as door,
        Sipp(tmp_path, "uas-answer", address=door.far_address, port=door.far_port) as peer,  # answers BYE by itself
    ):
        call = door.talk(door.ring())
        door.process.terminate()
        peer.done()
        door.process.wait(60)
    with Daemon(tmp_path / "d") as door:  # it reports the day before, too
        door.final(call, kind="call.ended", cause="shutdown", by="local")


@shows("error:unavailable")
def test_nothing_is_sent_while_the_sip_process_is_not_there(tmp_path):
    """It is killed as often as it comes: each time it is longer away."""
    with Daemon(tmp_path / "d") as door:

        def refused():
            if pid := door.processes().get("sip"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return door.ask("POST", "/v1/messages", {"to": "far", "text": "Hello"})[1].get("code") == "unavailable"

        until(refused, "a message that is not sent", 60)


@pytest.fixture
def registrar(tmp_path):
    with Kamailio(tmp_path / "k") as running:
        yield running


@pytest.fixture
def member(registrar, tmp_path):
    """A station with an account at it, and one whose password is wrong."""
    accounts = {"office": account(tmp_path, registrar, "401"), "wrong": account(tmp_path, registrar, "402", "not it")}
    with Daemon(tmp_path / "d", account=accounts) as daemon:
        yield daemon


@shows(
    *("GET /v1/accounts", "GET /v1/accounts/{name}"),
    *("POST /v1/accounts/{name}/register", "POST /v1/accounts/{name}/unregister"),
    *("account.registering", "account.registered", "account.unregistered", "account.failed"),
)
def test_an_account_is_registered_and_one_is_refused(member):
    assert member.wait("account.registering", account="office")["data"]["attempt"] == 1
    member.wait("account.registered", account="office")
    member.wait("account.failed", account="wrong", code=401)
    assert {each["name"] for each in member.get("/v1/accounts")["accounts"]} == {"office", "wrong"}
    member.post("/v1/accounts/office/unregister")
    member.wait("account.unregistered", account="office")
    member.post("/v1/accounts/office/register")
    member.wait("account.registered", account="office", after="recovery")
    assert member.get("/v1/accounts/office")["state"] == "registered"


@shows("server.unreachable", "server.reachable")
def test_a_registrar_goes_and_comes_back(member, registrar):
    member.wait("account.registered", account="office")
    registrar.kill()
    member.post("/v1/accounts/office/register")
    member.wait("server.unreachable", account="office", patience=120)
    registrar.__enter__()
    member.wait("server.reachable", account="office", patience=120)
