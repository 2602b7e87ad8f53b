"""Transfers with SIPp, and among three stations: we pass a far end on, are passed on, or are whom another is for."""

import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from urllib.parse import unquote

import pytest

from appliance.demo.stations import CODE
from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets
from tests.support.peers.sipp import Sipp
from tests.support.shown import shows
from tests.support.waiting import pause, until

DEAR = "sip:dear@127.0.0.9:5060"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """As for other modules, but a far end may take its time to end its call after it has passed us on."""
    with Daemon(tmp_path_factory.mktemp("d"), deadlines={"disconnecting_s": 600}) as daemon:
        yield daemon


def refer_to(peer):
    """Whom our REFER names, which may have been sent again."""
    sent = re.findall(r"^REFER sip:.*?\r?\n\r?\n", peer.messages(), re.MULTILINE | re.DOTALL)
    (named,) = {re.search(r"^Refer-To: *(.*?)\r?$", request, re.MULTILINE)[1] for request in sent}
    return named


def dialog(peer, message="ACK sip:"):
    """Call-ID, their tag and ours of the call that SIPp was asked into, by the first message that begins so."""
    pattern = re.compile(rf"^{message}.*?\r?\n\r?\n", re.MULTILINE | re.DOTALL)
    found = until(lambda: pattern.search(peer.messages()), message)[0]
    return tuple(re.search(rf"^{name}.*?{what}(.*?)\r?$", found, re.MULTILINE)[1] for name, what in DIALOG)


DIALOG = (("Call-ID", ": *"), ("To", ";tag="), ("From", ";tag="))


# -- we transfer -----------------------------------------------------------------------------------------------------


@shows("POST /v1/calls/{id}/transfer", "call.transferring", "call.transferred", "cause:transferred")
def test_a_far_end_is_passed_on(door, far):
    with far("uas-referred", code=200) as peer:
        call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/transfer", {"to": DEAR})
        door.wait("call.transferring", call, to=DEAR, kind="blind")
        door.wait("call.transferred", call, to=DEAR, role="transferor")
        door.final(call, kind="call.ended", cause="transferred", by="local")
        peer.done()
    assert refer_to(peer) == f"<{DEAR}>"


def test_somebody_who_called_us_is_passed_on(door, tmp_path):
    with Sipp(tmp_path, "uac-referred", door.address, address=door.far_address, user="far", code=200) as peer:
        call = door.rung()
        door.press("answer")
        door.talk(call)
        door.post(f"/v1/calls/{call}/transfer", {"to": "far"})
        door.final(call, kind="call.ended", cause="transferred", by="local")
        peer.done()
    assert refer_to(peer) == f"<{door.config['target']['far']['uri']}>"


@pytest.mark.parametrize(
    "state", ["terminated;reason=noresource", "terminated;reason=reason=noresource", "terminated;Reason = noresource"]
)
def test_a_transfer_is_reported_however_its_last_word_is_written(door, state):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "200 OK", far.sdp))
        far.receive("ACK", "ACK")
        door.talk(call)
        door.post(f"/v1/calls/{call}/transfer", {"to": DEAR})
        far.send(far.reply(far.receive("REFER", "REFER"), "202 Accepted"))
        outcome = {"kind": "message/sipfrag", "body": "SIP/2.0 200 OK\r\n"}
        notify = far.inside(invite, "NOTIFY", headers=f"Event: refer\r\nSubscription-State: {state}\r\n", **outcome)
        far.send(notify)
        far.receive("SIP/2.0 200", "NOTIFY")
        door.wait("call.transferred", call, to=DEAR, role="transferor")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", cause="transferred", by="local")


@shows("POST /v1/calls/{id}/transfer", "call.transfer_failed")
@pytest.mark.parametrize("code", [404, 486, 487, 503, 603])
def test_whom_it_calls_then_is_not_had_and_our_call_goes_on(code, door, far):
    with far("uas-referred", code=code) as peer:
        call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/transfer", {"to": DEAR})
        door.wait("call.transfer_failed", call, code=code, reason="Outcome", role="transferor")
        assert door.get(f"/v1/calls/{call}")["state"] == "connected"
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


@pytest.mark.parametrize("code", [403, 405, 501, 603])
def test_it_refuses_to_be_passed_on_and_our_call_goes_on(code, door, far):
    with far("uas-refuses-refer", code=code) as peer:
        call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/transfer", {"to": DEAR})
        door.wait("call.transfer_failed", call, code=code, reason="No", role="transferor")
        assert door.get(f"/v1/calls/{call}")["state"] == "connected"
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


def test_a_far_end_that_never_reports_what_came_of_it_is_not_waited_for(tmp_path):
    with Daemon(tmp_path / "d", deadlines={"transfer_s": 1.0}) as door:
        peer = Sipp(tmp_path, "uas-accepts-refer", address=door.far_address, port=door.far_port)
        with peer:
            call = door.talk(door.ring())
            door.post(f"/v1/calls/{call}/transfer", {"to": DEAR})
            door.wait("call.transfer_failed", call, code=408, role="transferor")
            door.press("hangup")
            door.final(call, kind="call.ended", cause="hangup", by="local")
            peer.done()


def test_a_far_end_that_is_gone_is_not_passed_on(tmp_path):
    with Daemon(tmp_path / "d", deadlines={"rtp_s": 120}) as door:
        with Sipp(tmp_path, "uas-answer", address=door.far_address, port=door.far_port):
            call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/transfer", {"to": DEAR})
        door.wait("call.transfer_failed", call, patience=120, code=0, reason="No answer", role="transferor")


@shows("POST /v1/calls/{id}/transfer", "call.transferring", "call.transferred", "cause:transferred")
def test_two_far_ends_are_connected_with_each_other(door, far, tmp_path):
    (tmp_path / "other").mkdir()
    with far("uas-held-referred", code=200) as first, Sipp(tmp_path / "other", "uas-answer") as second:
        call = door.talk(door.ring())
        other = door.talk(door.post("/v1/calls", {"to": second.uri})["id"])
        door.post(f"/v1/calls/{call}/transfer", {"call": other})
        door.wait("call.transferring", call, to=second.uri, kind="attended")
        door.wait("call.transferred", call, to=second.uri, role="transferor")
        for each, peer in ((call, first), (other, second)):
            door.final(each, kind="call.ended", cause="transferred", by="local")
            peer.done()
    replaces = unquote(refer_to(first)).partition("Replaces=")[2].rstrip(">").split(";")
    name, theirs, ours = dialog(second)
    assert replaces == [name, f"to-tag={theirs}", f"from-tag={ours}"]


def kill(door):
    """Its SIP process dies; another one is there."""
    os.kill(door.sip(), signal.SIGKILL)
    door.wait("appliance.recovered", part="sip")


def test_the_sip_process_dies_while_a_far_end_is_passed_on(door, far):
    with far("uas-accepts-refer") as peer:
        call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/transfer", {"to": DEAR})
        kill(door)
        door.final(call, kind="call.ended", cause="error", by="device")
        door.wait("call.transfer_failed", call, code=0, role="transferor")
        peer.vanish()


def ctl(door, *words):
    """intercomctl's status and what it says."""
    command = [sys.executable, "-m", "appliance.cli", "--socket", str(door.directory / "http.sock"), *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=CODE)
    return ran.returncode, ran.stdout + ran.stderr


def test_the_command_line_passes_the_call_in_front_on(door, far):
    assert ctl(door, "transfer", DEAR)[0] == 1
    with far("uas-referred", code=200) as peer:
        call = door.talk(door.ring())
        assert ctl(door, "transfer", DEAR) == (0, f"{call}\n")
        door.final(call, kind="call.ended", cause="transferred", by="local")
        peer.done()
    assert refer_to(peer) == f"<{DEAR}>"


def test_the_command_line_connects_two_calls(door, far, tmp_path):
    (tmp_path / "other").mkdir()
    with far("uas-held-referred", code=200) as first, Sipp(tmp_path / "other", "uas-answer") as second:
        call = door.talk(door.ring())
        other = door.talk(door.post("/v1/calls", {"to": second.uri})["id"])
        assert ctl(door, "transfer", other, call) == (0, f"{call}\n")
        for each, peer in ((call, first), (other, second)):
            door.final(each, kind="call.ended", cause="transferred", by="local")
            peer.done()
    assert "Replaces=" in refer_to(first)


def test_what_cannot_be_transferred_is_refused(door, far):
    with far("uas-refuses-refer", code=603) as peer:
        call = door.ring()
        path = f"/v1/calls/{call}/transfer"
        door.talk(call)
        for body in ({}, {"to": DEAR, "call": call}, {"call": call}, {"to": "nobody"}, {"call": "c-none"}):
            assert door.ask("POST", path, body)[0] in {400, 404}, body
        door.post(path, {"to": DEAR})
        door.wait("call.transfer_failed", call, code=603)
        door.press("hangup")
        door.final(call, kind="call.ended")
        peer.done()


# -- we are transferred ----------------------------------------------------------------------------------------------


def allow(door, call, policy):
    """What becomes of the far end's wishes from now on."""
    status, answer = door.ask("PATCH", f"/v1/calls/{call}", {"transfer_policy": policy})
    assert (status, answer["call"]["transfer_policy"]) == (200, policy)


def only_call(door, call):
    """A far end knows that its call is refused before the station has seen its end: once it has, this one is left."""
    until(lambda: [each["id"] for each in door.get("/v1/calls")["calls"]] == [call], "the one call", log=door.told)


def newest_call(door, count):
    until(lambda: len(door.of("call.dialing")) == count, "the new call")
    return door.of("call.dialing")[-1]["call"]


@pytest.fixture
def dear(tmp_path):
    """SIPp at an address of its own, whom a far end has us call."""
    (tmp_path / "dear").mkdir()

    def started(scenario, **options):
        return Sipp(tmp_path / "dear", scenario, address=loopback(), user="dear", **options)

    return started


def talks_and_holds(door, peer):
    """A call that is held here before its far end asks for anything: no re-INVITE comes between its messages."""
    call = door.talk(door.ring())
    allow(door, call, "follow")
    door.press("hold")
    peer.until_sent("the end of our hold", 2)
    return call


@shows("PATCH /v1/calls/{id}", "call.transferring", "call.transferred", "cause:transferred")
def test_a_far_end_passes_us_on(door, far, dear):
    with (
        dear("uas-answer") as other,
        far("uas-refers", refer_to=other.uri, held=True, notified=(100, 180, 200)) as peer,
    ):
        call = talks_and_holds(door, peer)
        new = door.talk(newest_call(door, 2))
        door.wait("call.transferring", call, to=other.uri, kind="blind")
        door.wait("call.transferred", call, to=other.uri, role="transferee")
        door.final(call, kind="call.ended", cause="transferred", by="remote")
        peer.done()
        door.press("hangup")
        door.final(new, kind="call.ended", cause="hangup", by="local")
        other.done()
    assert "Referred-By: <sip:sipp@" in other.messages()


@pytest.mark.parametrize("code", [404, 486, 503, 603])
def test_a_far_end_passes_us_on_to_somebody_who_is_not_had(code, door, far, dear):
    with (
        dear("uas-refuse", code=code) as other,
        far("uas-refers", refer_to=other.uri, held=True, notified=(100, 180, code)) as peer,
    ):
        call = talks_and_holds(door, peer)
        door.wait("call.transfer_failed", call, code=code, reason="Refused", role="transferee")
        other.done()
        assert [each["id"] for each in door.get("/v1/calls")["calls"]] == [call]
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


def test_a_far_end_has_us_take_the_place_of_another_call(door, far, dear):
    """As by the third of SIPp's calls; that the place is taken is seen among three stations below."""
    place = "?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces"
    with (
        dear("uas-answer") as other,
        far("uas-refers", refer_to=other.uri + place, held=True, notified=(100, 180, 200)) as peer,
    ):
        call = talks_and_holds(door, peer)
        door.wait("call.transferring", call, to=other.uri, kind="attended")
        door.talk(newest_call(door, 2))
        peer.done()
        door.press("hangup")
        other.done()
    for header in ("Replaces: x@y;to-tag=1;from-tag=2", "Require: replaces"):
        assert header in other.messages()


@shows("call.transfer_failed")
def test_a_far_end_may_not_pass_us_on(door, caller):
    with caller("uac-refer", seconds=0.1) as peer:
        call = door.rung()
        assert door.get(f"/v1/calls/{call}")["transfer_policy"] == "refuse"
        door.press("answer")
        door.wait("call.transfer_failed", call, code=603, role="transferee")
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        peer.done()
    assert len(door.of("call.dialing")) == 0


def test_the_sip_process_dies_while_we_are_passed_on(door, far, dear):
    with (
        dear("uas-ring") as other,
        far("uas-refers", refer_to=other.uri, held=True, notified=(100, 180)) as peer,
    ):
        call = talks_and_holds(door, peer)
        new = newest_call(door, 2)
        door.wait("call.ringing", new)
        kill(door)
        for each, kind in ((call, "call.ended"), (new, "call.failed")):
            door.final(each, kind=kind, cause="error", by="device")
        door.wait("call.transfer_failed", call, code=480, role="transferee")
        for gone in (peer, other):
            gone.vanish()


def asked(door, call):
    """Answered, with the far end's wishes to be decided on by a client; the first of them has come."""
    allow(door, call, "ask")
    door.post(f"/v1/calls/{call}/answer")
    door.talk(call)
    door.wait("call.transfer_requested", call, to=DEAR)
    return f"/v1/calls/{call}/transfer-request"


@shows("POST /v1/calls/{id}/transfer-request/refuse", "call.transfer_requested", "error:transfer-not-requested")
def test_a_client_refuses_to_be_passed_on(door, caller):
    with caller("uac-refers", refer_to=DEAR, notified=(100, 603)) as peer:
        call = door.rung()
        path = f"/v1/calls/{call}/transfer-request"
        assert door.ask("POST", f"{path}/accept")[1]["code"] == "transfer-not-requested"
        assert asked(door, call) == path
        door.post(f"{path}/refuse")
        door.wait("call.transfer_failed", call, code=603, role="transferee")
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


@shows("POST /v1/calls/{id}/transfer-request/fail")
def test_a_client_that_tried_by_itself_reports_that_it_failed(door, caller):
    with caller("uac-refers", refer_to=DEAR, notified=(100, 486)) as peer:
        call = door.rung()
        door.post(f"{asked(door, call)}/fail", {"code": 486, "reason": "Busy Here"})
        door.wait("call.transfer_failed", call, code=486, reason="Busy Here", role="transferee")
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


@shows("POST /v1/calls/{id}/transfer-request/succeed", "call.transferred", "cause:transferred")
def test_a_client_that_has_done_it_by_itself_reports_so(door, caller):
    with caller("uac-refers", refer_to=DEAR, notified=(100, 200)) as peer:
        call = door.rung()
        door.post(f"{asked(door, call)}/succeed")
        door.wait("call.transferred", call, to=DEAR, role="transferee")
        door.final(call, kind="call.ended", cause="transferred", by="remote")
        peer.done()


@shows("POST /v1/calls/{id}/transfer-request/accept", "call.transfer_requested", "call.transferred")
def test_a_client_accepts_to_be_passed_on(door, far, dear):
    with (
        dear("uas-answer") as other,
        far("uas-refers", refer_to=other.uri, held=True, notified=(100, 180, 200)) as peer,
    ):
        call = door.talk(door.ring())
        allow(door, call, "ask")
        door.press("hold")
        door.wait("call.transfer_requested", call, to=other.uri)
        shown = door.get(f"/v1/calls/{call}")["transfer"]
        assert (shown["role"], shown["state"], shown["to"]) == ("transferee", "asked", other.uri)
        door.post(f"/v1/calls/{call}/transfer-request/accept")
        door.talk(newest_call(door, 2))
        door.final(call, kind="call.ended", cause="transferred", by="remote")
        peer.done()
        door.press("hangup")
        other.done()


def refused(peer):
    """The CSeq of what was refused with 491, each once."""
    return set(re.findall(r"^SIP/2\.0 491 .*?^CSeq: (\d+) ", peer.messages(), re.MULTILINE | re.DOTALL))


def test_a_far_end_asks_again_and_again(door, caller):
    with caller("uac-refers-again", refer_to=DEAR) as peer:
        call = door.rung()
        path = asked(door, call)
        for count in (1, 2):
            until(lambda n=count: len(door.of("call.transfer_requested", call)) == n, "a request")
            until(lambda n=count: len(refused(peer)) == n, "the refusal of another one meanwhile")
            door.post(f"{path}/refuse")
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


def test_what_no_client_decides_on_is_refused(tmp_path):
    with Daemon(tmp_path / "d", deadlines={"transfer_request_s": 1.0}, sip={"transfer_policy": "ask"}) as door:
        options = {"refer_to": DEAR, "notified": (100, 603)}
        with Sipp(tmp_path, "uas-refers", address=door.far_address, port=door.far_port, **options) as peer:
            call = door.talk(door.ring())
            door.wait("call.transfer_failed", call, code=603, role="transferee")
            door.press("hangup")
            door.final(call, kind="call.ended", cause="hangup", by="local")
            peer.done()


# -- somebody takes a far end's place --------------------------------------------------------------------------------


def station(directory, policy):
    """One whose calls have that policy from their beginning, so that no INVITE comes before it is known."""
    return Daemon(directory / "d", sip={"transfer_policy": policy})


def takes(door, directory, place, scenario="uac-replaces", **options):
    """SIPp at the address that the station knows; place: Call-ID, their tag and ours of a call of the station's."""
    (directory / "new").mkdir()
    name, theirs, ours = place
    headers = f"Replaces: {name};to-tag={ours};from-tag={theirs}\nRequire: replaces\n"
    return Sipp(directory / "new", scenario, door.address, headers=headers, user="far", **options)


def test_a_stranger_takes_no_place_though_it_has_read_the_identifiers_of_the_call(tmp_path):
    with (
        station(tmp_path, "follow") as door,
        Sipp(tmp_path, "uas-answer", address=door.far_address, port=door.far_port) as first,
    ):
        old = door.talk(door.ring())
        with takes(door, tmp_path, dialog(first), "uac-refused", code=403) as second:
            second.done()
        only_call(door, old)
        door.press("hangup")
        first.done()


PLACES = {
    "the call": lambda place: place,
    "another Call-ID": lambda place: ("x@y", *place[1:]),
    "another remote tag": lambda place: (place[0], "1", place[2]),
    "another local tag": lambda place: (*place[:2], "2"),
    "local and remote tag exchanged": lambda place: (place[0], place[2], place[1]),
    "a call that takes only early ones": lambda place: (*place[:2], f"{place[2]};early-only"),
}


@pytest.mark.parametrize("policy", ["refuse", "ask", "follow"])
def test_a_stranger_learns_nothing_by_replaces(policy, tmp_path):
    """Whatever call it names, it gets the same answer, byte for byte, but for what names its own transaction."""
    with (
        station(tmp_path, policy) as door,
        Sipp(tmp_path, "uas-answer", address=door.far_address, port=door.far_port) as first,
    ):
        door.talk(door.ring())
        answers = {}
        for name, change in PLACES.items():
            call_id, theirs, ours = change(dialog(first))
            header = f"Replaces: {call_id};to-tag={ours};from-tag={theirs}\r\n"
            with Packets(loopback(), to=door.address) as stranger:
                stranger.send(stranger.request("INVITE", body=stranger.sdp, headers=header))
                answer = stranger.receive("SIP/2.0 ", "INVITE")
                while answer.startswith("SIP/2.0 1"):
                    answer = stranger.receive("SIP/2.0 ", "INVITE")
                kept = [line.split(":")[0] if ":" in line else line for line in answer.split("\r\n")]
                answers[name] = kept
        assert set(map(tuple, answers.values())) == {tuple(answers["the call"])}, answers
        assert answers["the call"][0] == "SIP/2.0 403 Forbidden"
        door.press("hangup")
        first.done()


@shows("call.replaced", "cause:replaced")
def test_a_target_takes_the_place_of_whom_we_talk_with(tmp_path):
    with (
        station(tmp_path, "follow") as door,
        Sipp(tmp_path, "uas-answer", address=door.far_address, port=door.far_port) as first,
    ):
        old = door.talk(door.ring())
        with takes(door, tmp_path, dialog(first), address=door.far_address) as second:
            new = door.wait("call.incoming")["call"]
            door.wait("call.replaced", old, to=new)
            door.talk(new)
            door.final(old, kind="call.ended", cause="replaced", by="local")
            first.done()
            door.press("hangup")
            door.final(new, kind="call.ended", cause="hangup", by="local")
            second.done()


def test_another_picks_up_what_a_visitor_rings(tmp_path):
    with (
        station(tmp_path, "follow") as door,
        Sipp(tmp_path, "uas-ring", address=door.far_address, port=door.far_port) as first,
    ):
        old = door.ring()
        door.wait("call.ringing", old)
        with takes(door, tmp_path, dialog(first, "SIP/2.0 180"), address=door.far_address) as second:
            new = door.talk(door.wait("call.incoming")["call"])
            door.final(old, kind="call.canceled", cause="replaced", by="local", missed=False)
            first.done()
            door.press("hangup")
            door.final(new, kind="call.ended", cause="hangup", by="local")
            second.done()


def test_where_people_decide_who_takes_a_place_rings(tmp_path):
    with (
        station(tmp_path, "ask") as door,
        Sipp(tmp_path, "uas-answer", address=door.far_address, port=door.far_port) as first,
    ):
        old = door.talk(door.ring())
        with takes(door, tmp_path, dialog(first), address=door.far_address) as second:
            new = door.rung()
            assert not door.of("call.replaced")
            door.post(f"/v1/calls/{new}/answer")
            door.talk(new)
            door.final(old, kind="call.ended", cause="replaced", by="local")
            first.done()
            door.press("hangup")
            second.done()


def test_no_one_takes_a_place_unless_it_is_allowed(door, far, tmp_path):
    with far("uas-answer") as first:
        old = door.talk(door.ring())
        with takes(door, tmp_path, dialog(first), "uac-refused", address=door.far_address, code=603) as second:
            second.done()
        only_call(door, old)
        door.press("hangup")
        first.done()


def test_a_place_that_is_not_there_cannot_be_taken(door, caller):
    with caller("uac-refused", headers="Replaces: x@y;to-tag=1;from-tag=2\n", code=481) as peer:
        peer.done()
    door.final(door.wait("call.incoming")["call"], kind="call.rejected", code=481)


# -- three stations --------------------------------------------------------------------------------------------------

KILLS = 6
OUTCOMES = ("call.transferred", "call.transfer_failed")


@pytest.fixture
def three(tmp_path):
    """The first calls the others, who follow."""
    anyone = {"callers": "anyone", "transfer_policy": "follow"}
    with (
        Daemon(tmp_path / "1") as one,
        Daemon(tmp_path / "2", sip={**anyone, "address": loopback(), "port": 0}) as two,
        Daemon(tmp_path / "3", sip={**anyone, "address": loopback(), "port": 0}) as last,
    ):
        yield one, two, last


def outcomes_of(station, call):
    return [event["type"] for kind in OUTCOMES for event in station.of(kind, call)]


def called(one, *others):
    """Of each call with the first one its id there, and at the other."""
    found = []
    for other in others:
        call = one.post("/v1/calls", {"to": f"sip:{other.user}@{other.address}"})["id"]
        came = other.rung()
        other.press("answer")
        found.append((one.talk(call), other.talk(came)))
    return found


def connected(one, two, last):
    """The first connects the others with each other, and all see it: the new call of the second."""
    (first, at_two), (second, at_last) = called(one, two, last)
    one.post(f"/v1/calls/{first}/transfer", {"call": second})
    two.wait("call.transferring", at_two, kind="attended")
    new = two.talk(newest_call(two, 1))
    last.wait("call.replaced", at_last)
    for station, call, cause in (
        (one, first, "transferred"),
        (one, second, "transferred"),
        (two, at_two, "transferred"),
        (last, at_last, "replaced"),
    ):
        station.final(call, kind="call.ended", cause=cause)
    assert one.wait("call.transferred", first)["data"]["role"] == "transferor"
    assert two.wait("call.transferred", at_two)["data"]["role"] == "transferee"
    return new


@shows("call.transferring", "call.transferred", "call.replaced", "cause:transferred", "cause:replaced")
def test_one_station_connects_two_others_with_each_other(three):
    new = connected(*three)
    three[1].press("hangup")
    three[1].final(new, kind="call.ended", cause="hangup", by="local")


def test_a_sip_process_that_is_killed_in_a_transfer_leaves_no_one_without_its_outcome(three, record_property):
    chance, seen = random.Random(9), Counter()
    for kills in range(KILLS):
        for station in three:
            station.begin()
        (first, _), (second, _) = called(*three)
        three[0].post(f"/v1/calls/{first}/transfer", {"call": second})
        pause(chance.uniform(0, 0.03))  # a moment at random, wherever the transfer is by then
        victim = three[kills % len(three)]
        kill(victim)
        for station in three:
            station.hang_up_all()
        for number, station in enumerate(three):
            station.settle()
            for begun in station.of("call.transferring"):
                outcomes = until(lambda s=station, c=begun["call"]: outcomes_of(s, c), "the outcome")
                assert len(outcomes) == 1, station.story(begun["call"])
                seen[f"{number} saw {outcomes[0]}"] += 1
    for station in three:
        station.begin()
    connected(*three)
    record_property("figures", f"{KILLS} kills: {dict(seen)}")
