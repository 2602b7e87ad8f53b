"""A transfer that failed may be asked for again, and costs nobody the call."""

import pytest

from tests.support.pairs import appliances, connect, pair
from tests.support.peers.packets import Packets

pytestmark = pytest.mark.far_end
NOBODY = "sip:nobody@127.0.0.1:9"
TIMES = 3


def test_a_transfer_that_was_refused_is_asked_for_again_in_the_same_call():
    """Each further REFER of a call has an id of its own (RFC 3515 §2.4.6), and its outcome arrives."""
    with appliances(*pair({"sip": {"transfer_policy": "ask"}})) as (door, inside):
        ours, theirs = connect(door, inside)
        for _ in range(TIMES):
            inside.post(f"/v1/calls/{theirs}/transfer", {"to": NOBODY})
            door.next("call.transfer_requested", ours)
            door.post(f"/v1/calls/{ours}/transfer-request/refuse")
            assert inside.next("call.transfer_failed", theirs)["data"]["code"] == 603
        for station, call in ((door, ours), (inside, theirs)):
            assert station.get(f"/v1/calls/{call}")["state"] == "connected"


def test_a_far_end_that_knows_nothing_of_its_transfer_any_more_stays_in_the_call(door):
    """481 for a NOTIFY ends the subscription, not the call (RFC 5057 §5.1)."""
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.ask("PATCH", f"/v1/calls/{call}", {"transfer_policy": "ask"})
        far.ask(far.request("REFER", 2, headers=f"Refer-To: <{NOBODY}>\r\n"), "SIP/2.0 202", "REFER")
        door.wait("call.transfer_requested", call)
        door.post(f"/v1/calls/{call}/transfer-request/refuse")
        for _ in range(2):  # under way, and refused
            far.send(far.reply(far.receive("NOTIFY", "NOTIFY"), "481 Subscription does not exist"))
        far.hang_up()
        assert not [message for message in far.seen if message.startswith("BYE")]
        door.final(call, kind="call.ended", cause="hangup", by="remote")
