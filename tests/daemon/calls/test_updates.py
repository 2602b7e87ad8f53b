"""Changes of a call by re-INVITE and UPDATE, the far end's and ours: reported, asked of a client, accepted, refused."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.baresip import Baresip
from tests.support.peers.packets import Packets
from tests.support.peers.sipp import Sipp
from tests.support.shown import shows
from tests.support.waiting import until


def calling(door, directory, scenario, **options):
    """SIPp at the address that the station knows, calling it; the call is answered."""
    return Sipp(directory, scenario, door.address, address=door.far_address, user="far", **options)


def answered(door, *, asks=False):
    call = door.rung()
    if asks:
        assert door.ask("PATCH", f"/v1/calls/{call}", {"updates": "ask"})[0] == 200
    door.post(f"/v1/calls/{call}/answer")
    return door.talk(call)


def goes_on(door, call, peer):
    """The far end's next change is accepted, and the call ends as any other."""
    peer.until_sent("a change that is accepted", 3)
    door.press("hangup")
    door.final(call, kind="call.ended", by="local")
    peer.done()


def changes(door, call):
    """The events of each change, in short."""
    kinds = ("call.update_received", "call.updating", "call.updated")
    return [
        (e["type"].removeprefix("call."), *e["data"]["changes"], *filter(None, [e["data"].get("code")]))
        for e in door.since
        if e["type"] in kinds and e["call"] == call
    ]


@shows("call.update_received", "call.updated")
def test_what_the_far_end_changes_is_reported(door, tmp_path):
    with calling(door, tmp_path, "uac-hold") as peer:
        call = answered(door)
        door.final(call, kind="call.ended", by="remote")
        peer.done()
    assert changes(door, call) == [
        *(("update_received", "hold"), ("updated", "hold", 200)),
        *(("update_received", "resume"), ("updated", "resume", 200)),
    ]


@shows("POST /v1/calls/{id}/update-request/accept", "call.update_received", "call.held", "call.resumed")
def test_a_client_accepts_a_hold_and_its_end(door, tmp_path):
    with calling(door, tmp_path, "uac-hold") as peer:
        call = answered(door, asks=True)
        for count, (what, told) in enumerate((("hold", "held"), ("resume", "resumed")), 1):
            until(lambda n=count: len(door.of("call.update_received", call)) == n, what)
            asked = door.of("call.update_received", call)[-1]["data"]
            assert (asked["changes"], asked["asked"]) == ([what], True)
            assert len(door.of("call.updated", call)) == count - 1
            door.post(f"/v1/calls/{call}/update-request/accept")
            door.wait(f"call.{told}", call, by="remote")
        door.final(call, kind="call.ended", by="remote")
        peer.done()
    assert [e["data"]["result"] for e in door.of("call.updated", call)] == ["accepted", "accepted"]


@shows("POST /v1/calls/{id}/update-request/refuse", "call.updated")
def test_a_client_refuses_a_hold_and_the_call_goes_on(door, tmp_path):
    with calling(door, tmp_path, "uac-change-refused") as peer:
        call = answered(door, asks=True)
        door.wait("call.update_received", call, changes=["hold"])
        door.post(f"/v1/calls/{call}/update-request/refuse")
        refused = door.wait("call.updated", call)["data"]
        assert (refused["result"], refused["changes"], refused["code"]) == ("rejected", ["hold"], 488)
        assert door.ask("POST", f"/v1/calls/{call}/update-request/refuse")[1]["code"] == "conflict"
        goes_on(door, call, peer)
    assert not door.of("call.held", call)


def test_no_one_decides_in_time(tmp_path):
    with (
        Daemon(tmp_path / "d", sip={"updates": "ask"}, deadlines={"update_s": 1}) as door,
        calling(door, tmp_path, "uac-change-refused") as peer,
    ):
        call = answered(door)
        assert door.wait("call.updated", call, result="rejected")["data"]["code"] == 488
        goes_on(door, call, peer)


@pytest.mark.parametrize(("asks", "code"), [(False, 200), (True, 488)])
def test_an_update_is_answered_at_once(asks, code, door, tmp_path):
    with calling(door, tmp_path, "uac-update", code=code) as peer:
        call = answered(door, asks=asks)
        door.final(call, kind="call.ended", by="remote")
        peer.done()
    assert changes(door, call) == [("update_received", "hold"), ("updated", "hold", code)]
    assert door.of("call.update_received", call)[0]["data"]["asked"] is False


@shows("POST /v1/calls/{id}/update", "call.updating", "call.updated")
def test_we_ask_for_another_codec(door, tmp_path):
    with Sipp(tmp_path, "uas-codec", address=door.far_address, port=door.far_port) as peer:
        call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/update", {"codecs": ["PCMU"]})
        door.wait("media.started", call, codec={"name": "PCMU", "clock_rate_hz": 8000})
        peer.until_sent("the change", 2)
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()
    assert changes(door, call) == [("updating", "codec"), ("updated", "codec", 200)]


def test_we_ask_for_a_codec_that_the_far_end_will_not_have(door, tmp_path):
    with Sipp(tmp_path, "uas-hold-refused", address=door.far_address, port=door.far_port) as peer:
        call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/update", {"codecs": ["G722"]})
        assert door.wait("call.updated", call)["data"]["code"] == 488
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()


def test_our_own_hold_is_reported_as_a_change(door, tmp_path):
    with Sipp(tmp_path, "uas-held", address=door.far_address, port=door.far_port) as peer:
        call = door.talk(door.ring())
        for count, what in enumerate(("hold", "resume"), 1):
            door.press("hold")
            until(lambda n=count: len(door.of("call.updated", call)) == n, what)
            peer.until_sent(what, 1 + count)
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()
    told = [("updating", "hold"), ("updated", "hold", 200), ("updating", "resume"), ("updated", "resume", 200)]
    assert changes(door, call) == told


def test_baresip_holds_when_a_client_lets_it(door, tmp_path):
    with Baresip(tmp_path, door.far_address, hertz=440) as far:
        far.command("dial", f"sip:{door.user}@{door.address}")
        call = answered(door, asks=True)
        far.wait("CALL_ESTABLISHED")
        far.command("hold")
        door.wait("call.update_received", call, asked=True)
        door.post(f"/v1/calls/{call}/update-request/accept")
        door.wait("call.held", call, by="remote")
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")


@shows("call.ended")
def test_a_far_end_that_ignores_our_update_has_491_for_its_own_and_the_call_ends_as_lost(tmp_path):
    """As linphone 5 does when its hold crosses our UPDATE, which settles on one codec. RFC 3311 §5.2 wants a 491."""
    daemon = Daemon(tmp_path / "d", deadlines={"rtp_s": 120.0})
    with daemon as door, Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        both = far.sdp.replace("RTP/AVP 8", "RTP/AVP 8 0")
        far.send(far.reply(invite, "200 OK", both, headers=["Allow: INVITE, ACK, BYE, UPDATE"]))
        far.receive("ACK", "ACK")
        door.talk(call)
        far.receive("UPDATE", "UPDATE")
        far.send(far.inside(invite, "INVITE", body=far.sdp.replace("sendrecv", "sendonly")))
        far.receive("SIP/2.0 491", "INVITE")
        far.send(far.inside(invite, "ACK").replace(b"ACK1\r\n", b"INVITE1\r\n"))  # of the same transaction
        bye = far.receive("BYE", "BYE")
        far.send(far.reply(bye, "200 OK"))
        door.final(call, kind="call.ended", cause="network_lost", by="network", code=408)
