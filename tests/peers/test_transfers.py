"""Transfers with SIPp: we pass a far end on to somebody else."""

import re
from urllib.parse import unquote

import pytest

from tests.peers.daemon import Daemon
from tests.peers.shown import shows
from tests.peers.sipp import Sipp

DEAR = "sip:dear@127.0.0.9:5060"


@pytest.fixture
def far(door, tmp_path):
    """SIPp at the address that the button rings."""

    def started(scenario, **options):
        return Sipp(tmp_path, scenario, address=door.far_address, port=door.far_port, **options)

    return started


def refer_to(peer):
    """What our REFER said, and the tags and Call-ID of the dialog that it came in."""
    (request,) = re.findall(r"^REFER sip:.*?\r?\n\r?\n", peer.messages(), re.MULTILINE | re.DOTALL)
    return re.search(r"^Refer-To: *(.*?)\r?$", request, re.MULTILINE)[1]


def dialog(peer):
    """Call-ID, their tag and ours of the call that SIPp was asked into."""
    (ack,) = re.findall(r"^ACK sip:.*?\r?\n\r?\n", peer.messages(), re.MULTILINE | re.DOTALL)
    found = [re.search(rf"^{name}.*?{what}(.*?)\r?$", ack, re.MULTILINE)[1] for name, what in DIALOG]
    return tuple(found)


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


def test_a_far_end_that_never_tells_what_came_of_it_is_not_waited_for(tmp_path):
    with Daemon(tmp_path / "d", deadlines={"transfer_s": 1.0}) as door:
        peer = Sipp(tmp_path, "uas-accepts-refer", address=door.far_address, port=door.far_port)
        with peer:
            call = door.talk(door.ring())
            door.post(f"/v1/calls/{call}/transfer", {"to": DEAR})
            door.wait("call.transfer_failed", call, code=408, role="transferor")
            door.press("hangup")
            door.final(call, kind="call.ended", cause="hangup", by="local")
            peer.done()


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


def test_what_can_not_be_transferred_is_refused(door, far):
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
