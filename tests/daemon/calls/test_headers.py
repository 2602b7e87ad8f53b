"""X- headers in every message of a call, both ways, and what a call shows after its end, packet by packet."""

import pytest

from tests.support.peers.packets import Packets
from tests.support.shown import shows
from tests.support.waiting import until

X = {"X-Floor": "2", "Subject": "Parcel"}
LINE = "X-Floor: 2\r\nSubject: Parcel"
OF_THE_CALLER = {
    "Alert-Info": "<urn:alert:source:external>",
    "Diversion": "<sip:7@pbx.example>;reason=no-answer, <sip:8@pbx.example>",
    "P-Asserted-Identity": '"Miller" <sip:12@pbx.example>',
    "User-Agent": "Far 1.0",
}
OF_THE_NETWORK = (
    "Authorization: Digest response=1\r\nRecord-Route: <sip:192.0.2.9;lr>\r\nIdentity: x\r\nAllow: INVITE\r\n"
)


def refer(far, seq=2):
    to = f"<sip:dear@{far.address}:9>"
    return far.request("REFER", seq, headers=f"Refer-To: {to}\r\n{LINE}\r\n")


def called(door, far, *, rings=True):
    """We call, and it answers; the call and the INVITE."""
    call = door.ring()
    invite = far.receive("INVITE", "INVITE")
    if rings:
        far.send(far.reply(invite, "180 Ringing", headers=[LINE]))
        door.wait("call.ringing", call, headers=X)
    far.send(far.reply(invite, "200 OK", far.sdp, headers=["X-Floor: 3"]))
    far.receive("ACK", "ACK")
    door.wait("call.connected", call, headers={"X-Floor": "3"})
    return door.talk(call), invite


@shows("call.ringing", "call.connected", "call.ended")
def test_headers_of_180_and_bye_and_who_called_whom_by_which_codec(door):
    with Packets(door.far_address, door.far_port) as far:
        call, invite = called(door, far)
        far.send(far.inside(invite, "BYE", headers=f"{LINE}\r\n"))
        far.receive("SIP/2.0 200", "BYE")
        told = door.final(call, kind="call.ended", by="remote", headers=X)
        parties = {"from": f"sip:{door.user}@{door.address}", "to": f"sip:far@{far.address}:{far.port}"}
        for event in (door.of("call.connected", call)[0]["data"], told):
            assert {name: event[name] for name in parties} == parties
            assert event["codec"]["name"] == "PCMA"
        assert door.of("call.dialing", call)[0]["data"]["from"] == parties["from"]


@shows("call.incoming", "call.connected")
def test_of_an_invite_events_show_who_calls_and_how_but_neither_its_way_nor_credentials(door):
    with Packets(door.far_address, to=door.address) as far:
        lines = "".join(f"{name}: {value}\r\n" for name, value in OF_THE_CALLER.items())
        lines = lines.replace(", <sip:8", "\r\ndiversion: <sip:8")
        offer = far.sdp.replace(" 8 101", " 96 18 8 0 13 101") + "a=rtpmap:96 opus/48000/2\r\n"
        call, _ = far.talk_to(door, far.request("INVITE", body=offer, headers=f"{LINE}\r\n{lines}{OF_THE_NETWORK}"))
        told = door.of("call.incoming", call)[0]["data"]
        assert told["headers"] == X | OF_THE_CALLER
        assert told["codecs"] == ["opus", "G729", "PCMA", "PCMU"]
        assert door.of("call.connected", call)[0]["data"]["headers"] == X | OF_THE_CALLER
        far.hang_up()
        door.final(call, kind="call.ended")


def test_a_phone_hears_by_a_header_which_ring_is_wanted(door):
    with Packets(door.far_address, door.far_port) as far:
        wanted = {"Alert-Info": "<http://ring.example/door.wav>", "X-Floor": "2"}
        call = door.post("/v1/calls", {"to": "far", "headers": wanted})["id"]
        invite = far.receive("INVITE", "INVITE")
        assert all(f"{name}: {value}\r\n" in invite for name, value in wanted.items())
        far.send(far.reply(invite, "486 Busy Here"))
        far.receive("ACK", "ACK")
        door.final(call, kind="call.rejected")
        error = door.ask("POST", "/v1/calls", {"to": "far", "headers": {"Contact": "<sip:x@192.0.2.9>"}})
        assert (error[0], error[1]["code"]) == (400, "parameter-invalid")


@shows("call.early_media")
def test_headers_of_183_with_sound(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "183 Session Progress", far.sdp, headers=[LINE]))
        door.wait("call.early_media", call, headers=X)
        far.send(far.reply(invite, "486 Busy Here", headers=["X-Floor: 4"]))
        far.receive("ACK", "ACK")
        door.final(call, kind="call.rejected", code=486, headers={"X-Floor": "4"})


def sound(door, call):
    """The events of the call that say when it is heard, in order."""
    kinds = {"call.early_media", "call.connected", "media.started"}
    return [event["type"] for event in door.since if event["call"] == call and event["type"] in kinds]


@shows("call.early_media")
def test_media_starts_with_early_media_and_again_after_the_answer(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "183 Session Progress", far.sdp))
        door.wait("media.started", call)
        door.wait("call.early_media", call, code=183, headers={})
        far.send(far.reply(invite, "200 OK", far.sdp))
        far.receive("ACK", "ACK")
        until(lambda: len(door.of("media.started", call)) == 2, "media.started after the answer")
        assert sound(door, call) == ["call.early_media", "media.started", "call.connected", "media.started"]


def test_media_starts_once_after_the_answer_without_early_media(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        far.hang_up()
        door.final(call, kind="call.ended")
        assert sound(door, call) == ["call.connected", "media.started"]
        assert door.of("media.started", call)[0]["data"]["direction"] == "send"


@shows("call.failed")
def test_headers_of_a_failing_response(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        far.send(far.reply(far.receive("INVITE", "INVITE"), "404 Not Found", headers=[LINE]))
        far.receive("ACK", "ACK")
        door.final(call, kind="call.failed", code=404, headers=X)


@shows("call.canceled")
def test_headers_of_cancel(door):
    with Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        far.receive("SIP/2.0 180", "INVITE")
        far.send(far.request("CANCEL", headers=f"{LINE}\r\n"))
        door.final(call, kind="call.canceled", by="remote", headers=X)


@shows("call.transfer_requested")
def test_headers_of_refer(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.ask("PATCH", f"/v1/calls/{call}", {"transfer_policy": "ask"})
        far.send(refer(far))
        far.receive("SIP/2.0 202", "REFER")
        door.wait("call.transfer_requested", call, to=f"sip:dear@{far.address}:9", headers=X)
        door.post(f"/v1/calls/{call}/transfer-request/refuse")
        far.hang_up()
        door.final(call, kind="call.ended")


@pytest.mark.parametrize("outcome", ["200 OK", "486 Busy Here"])
def test_headers_of_the_notify_that_says_how_a_transfer_went(door, outcome):
    with Packets(door.far_address, door.far_port) as far:
        call, invite = called(door, far, rings=False)
        door.post(f"/v1/calls/{call}/transfer", {"to": "sip:dear@127.0.0.9:5060"})
        far.send(far.reply(far.receive("REFER", "REFER"), "202 Accepted", headers=["X-Floor: 1"]))
        state = "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n"
        body = {"kind": "message/sipfrag", "body": f"SIP/2.0 {outcome}\r\n"}
        far.send(far.inside(invite, "NOTIFY", headers=f"{state}{LINE}\r\n", **body))
        far.receive("SIP/2.0 200", "NOTIFY")
        done = "call.transferred" if outcome.startswith("200") else "call.transfer_failed"
        other = {"code": 486} if done == "call.transfer_failed" else {"to": "sip:dear@127.0.0.9:5060"}
        door.wait(done, call, headers=X, **other)
        if done == "call.transfer_failed":
            door.press("hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended")


def test_headers_of_a_refusal_of_refer(door):
    with Packets(door.far_address, door.far_port) as far:
        call, _ = called(door, far, rings=False)
        door.post(f"/v1/calls/{call}/transfer", {"to": "sip:dear@127.0.0.9:5060"})
        far.send(far.reply(far.receive("REFER", "REFER"), "603 Decline", headers=[LINE]))
        door.wait("call.transfer_failed", call, code=603, headers=X)
        door.press("hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended")


@shows("call.update_received")
def test_headers_and_body_type_of_their_re_invite(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        offer = far.sdp.replace("sendrecv", "sendonly")
        far.send(far.request("INVITE", 2, body=offer, headers=f"{LINE}\r\n"))
        far.receive("SIP/2.0 200", "INVITE")
        far.send(far.request("ACK", 2))
        door.wait("call.update_received", call, headers=X, content_type="application/sdp")
        far.hang_up(3)
        door.final(call, kind="call.ended")


@shows("call.update_received")
def test_headers_and_body_type_of_their_update(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        offer = far.sdp.replace("sendrecv", "sendonly")
        far.send(far.request("UPDATE", 2, body=offer, headers=f"{LINE}\r\n"))
        far.receive("SIP/2.0 200", "UPDATE")
        door.wait("call.update_received", call, headers=X, content_type="application/sdp")
        far.hang_up(3)
        door.final(call, kind="call.ended")


@shows("call.updated")
@pytest.mark.parametrize("answer", ["200 OK", "488 Not Acceptable Here"])
def test_headers_and_body_type_of_the_response_to_our_re_invite(door, answer):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.ask("POST", f"/v1/calls/{call}/update", {"codecs": ["PCMA"]})
        agreed = answer.startswith("200")
        far.send(far.reply(far.receive("INVITE", "INVITE"), answer, far.sdp if agreed else "", headers=[LINE]))
        far.receive("ACK", "ACK")
        told = door.wait("call.updated", call, headers=X)["data"]
        assert told["content_type"] == ("application/sdp" if agreed else "")
        far.hang_up()
        door.final(call, kind="call.ended")


@shows("POST /v1/calls/{id}/hangup")
def test_a_client_hangs_up_with_headers(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.post(f"/v1/calls/{call}/hangup", {"headers": X})
        bye = far.receive("BYE", "BYE")
        far.send(far.reply(bye, "200 OK"))
        door.final(call, kind="call.ended", by="local")
    assert f"{LINE}\r\n" in bye


@shows("POST /v1/calls/{id}/reject")
def test_a_client_refuses_with_a_reason_and_headers(door):
    with Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        far.receive("SIP/2.0 180", "INVITE")
        door.post(f"/v1/calls/{call}/reject", {"code": 480, "reason": "Nobody at home", "headers": X})
        refusal = far.receive("SIP/2.0 480 Nobody at home", "INVITE")
        far.send(far.request("ACK"))
        door.final(call, kind="call.rejected", code=480, by="local", reason="Nobody at home")
    assert f"{LINE}\r\n" in refusal


@pytest.mark.parametrize(
    "body", [{"reason": "x" * 129}, {"reason": "two\nlines"}, {"headers": {"Via": "x"}}, {"headers": {"X-A": "a\nb"}}]
)
def test_words_that_cannot_be_sent_are_refused_and_the_error_names_the_call(door, body):
    with Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        status, _ = door.ask("POST", f"/v1/calls/{call}/reject", {"code": 480, **body})
        assert status in {400, 422}
        assert door.get(f"/v1/calls/{call}")["state"] == "incoming"
        far.receive("SIP/2.0 180", "INVITE")
        far.send(far.request("CANCEL"))
        door.final(call, kind="call.canceled")


@shows("error", "warning")
def test_errors_and_warnings_name_their_call(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.ask("POST", f"/v1/calls/{call}/answer")
        door.wait("warning", call, code="redundant")
        assert door.ask("POST", f"/v1/calls/{call}/reject")[0] == 409
        door.wait("error", call, code="call-wrong-state")
        far.hang_up()
        door.final(call, kind="call.ended")


def test_a_call_shows_its_number_and_way_and_stays_readable_after_its_end(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        lasting = door.get(f"/v1/calls/{call}")
        assert (lasting["account"], lasting["number"], lasting["direction"]) == ("direct", "door", "incoming")
        assert (lasting["legacy_state"], lasting["ended"]) == ("CONNECTED", None)
        far.hang_up()
        door.final(call, kind="call.ended", direction="incoming")
        over = door.get(f"/v1/calls/{call}")
    assert (over["state"], over["legacy_state"], over["active"]) == ("ended", "TERMINATED", False)
    assert (over["end"]["cause"], over["end"]["reason"]) == ("hangup", "Normal call clearing")
    assert over["ended"] is not None
    assert call not in {each["id"] for each in door.get("/v1/calls")["calls"]}
    status, error = door.ask("POST", f"/v1/calls/{call}/hold")
    assert (status, error["code"], error["detail"]) == (409, "call-wrong-state", f"Call {call} has ended.")
    assert error["cause"] and error["resolution"]
    status, late = door.ask("POST", f"/v1/calls/{call}/hangup")  # it has crossed the far end's
    assert (status, late["warning"]) == (200, "The call has ended already.")


@shows("DELETE /v1/calls/{id}", "call.canceled")
def test_a_client_gives_its_call_up_and_each_state_has_its_older_name(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.post("/v1/calls", {"to": "far"})["id"]
        place = f"/v1/calls/{call}"
        invite = far.invited()
        assert door.get(place)["legacy_state"] == "PROGRESSING"
        far.send(far.reply(invite, "180 Ringing"))
        door.wait("call.ringing", call)
        ringing = door.get(place)
        assert (ringing["legacy_state"], bool(ringing["summary"])) == ("ALERTING", True)
        assert door.ask("DELETE", place)[0] == 200
        far.send(far.reply(far.receive("CANCEL", "CANCEL"), "200 OK"))
        far.send(far.reply(invite, "487 Request Terminated"))
        door.final(call, kind="call.canceled", by="local")
        assert door.get(place)["legacy_state"] == "TERMINATED"


def test_a_call_placed_directly_goes_through_no_account(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.post("/v1/calls", {"to": "far", "account": "direct"})["id"]
        far.send(far.reply(far.receive("INVITE", "INVITE"), "486 Busy Here"))
        far.receive("ACK", "ACK")
        door.final(call, kind="call.rejected")
        assert door.get(f"/v1/calls/{call}")["account"] == "direct"
