"""Twenty kills of the SIP process in transfers: at each moment of each part that we can have in one.

SIPps get the number of their steps, and check themselves that BYE, CANCEL or 480 comes.
"""

import re

import pytest

from tests.daemon.transfers import kills
from tests.daemon.transfers.kills import AWHILE_S, DONE, REFUSED, TOLD, uri
from tests.daemon.transfers.test_transfers import allow, dialog, newest_call
from tests.support.waiting import until


def notified(peer, count):
    """So many NOTIFYs of SIPp, or to it, are answered."""
    until(lambda: len(re.findall(r"^CSeq: \d+ NOTIFY$", peer.messages(), re.MULTILINE)) >= 2 * count, "NOTIFY")


# -- we pass a far end on --------------------------------------------------------------------------------------------


def blind_transferor(house):
    """The first is passed on to the second: they call each other without us, however we fare."""
    call = house.calls_one()
    house.door.post(f"/v1/calls/{call}/transfer", {"to": uri(house.two)})
    yield "asked", AWHILE_S, None
    house.two.wait("CALL_INCOMING")
    house.go_on = True
    yield "the other rings", 0, {"one": TOLD}
    house.two.command("accept")
    house.two.wait("CALL_ESTABLISHED")
    yield "the other has answered", AWHILE_S, {"one": TOLD}
    house.door.wait("call.transferred", call)
    yield "told that it went well", AWHILE_S, {"one": TOLD}


def attended_transferor(house):
    """Our two calls: the first one's far end should take our place in the second."""
    first = house.sipp("transferee", "uas-referred-in-part", steps=1 + house.run)
    call, other = house.calls(first), house.calls(house.sipp("target", "uas-answer"))
    first.until_sent("the end of our hold", 2)
    yield "held", 0, {}
    house.door.post(f"/v1/calls/{call}/transfer", {"call": other})
    until(lambda: "\nREFER sip:" in first.messages(), "REFER")
    yield "asked", 0, {}
    house.door.wait("call.transferring", call)
    yield "agreed", AWHILE_S, {}
    notified(first, 1)
    yield "told that it rings", AWHILE_S, {}


# -- we are passed on ------------------------------------------------------------------------------------------------


def blind_transferee(house):
    """The first passes us on to the second."""
    call = house.calls_one()
    house.one.command("transfer", uri(house.two))
    yield "asked", AWHILE_S, None
    house.door.wait("call.ringing", newest_call(house.door, 2))
    house.two.wait("CALL_INCOMING")
    yield "the other rings", 0, {"one": TOLD, "two": TOLD}
    house.two.command("accept")
    yield "the other has answered", AWHILE_S, None
    house.door.final(call, cause="transferred", by="remote")
    yield "the first call is over", 0, {"one": DONE, "two": TOLD}


def attended_transferee(house):
    """We are to take the first one's place in its call with the target."""
    codes, answers = [((100,), False), ((100, 180), False), ((100, 180, 200), True), ((100, 180, 200), True)][house.run]
    other = house.sipp("target", "uas-answer" if answers else "uas-given-up")
    place = f"{other.uri}?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2"
    first = house.sipp("transferor", "uas-refers", refer_to=place, held=True, notified=codes, ends=house.run == 3)
    call = house.calls(first)
    allow(house.door, call, "ask")
    house.door.press("hold")
    house.door.wait("call.transfer_requested", call)
    notified(first, 1)
    if house.run == 0:
        house.parties.pop("target").vanish()
    yield "people are asked", AWHILE_S, {}
    house.door.post(f"/v1/calls/{call}/transfer-request/accept")
    new = newest_call(house.door, 2)
    house.door.wait("call.ringing", new)
    notified(first, 2)
    yield "the target rings", AWHILE_S if not answers else 0, {}
    house.door.talk(new)
    notified(first, 3)
    yield "the target has answered", AWHILE_S, {}
    house.door.final(call, cause="transferred", by="remote")
    yield "the first call is over", AWHILE_S, {}


# -- somebody is passed on to us -------------------------------------------------------------------------------------


def blind_target(house):
    """The second is passed on to us by the first."""
    house.one.command("dial", uri(house.two))
    house.two.wait("CALL_INCOMING")
    house.two.command("accept")
    for peer in (house.one, house.two):
        peer.wait("CALL_ESTABLISHED")
    house.one.command("transfer", f"sip:{house.door.user}@{house.door.address}")
    call = house.door.rung()
    house.two.wait("CALL_RINGING")
    yield "it rings", 0, {"two": REFUSED}
    house.door.press("answer")
    house.door.talk(call)
    house.two.wait("CALL_ESTABLISHED")
    yield "it is answered", AWHILE_S, {"two": TOLD}


def attended_target(house):
    """Somebody is to take the place of whom we talk with."""
    first = house.sipp("who is replaced", "uas-answer")
    old = house.calls(first)
    allow(house.door, old, "ask")
    name, theirs, ours = dialog(first)
    headers = f"Replaces: {name};to-tag={ours};from-tag={theirs}\nRequire: replaces\n"
    scenario = "uac-refused" if house.run == 0 else "uac-replaces"
    house.sipp("who replaces", scenario, remote=house.door.address, headers=headers, user="far", code=480)
    new = house.door.rung()
    yield "it rings", AWHILE_S, {}
    house.door.post(f"/v1/calls/{new}/answer")
    house.door.talk(new)
    house.door.final(old, cause="replaced", by="local")
    yield "it is answered", AWHILE_S, {}


COURSES = {
    blind_transferor: 4,
    attended_transferor: 4,
    blind_transferee: 4,
    attended_transferee: 4,
    blind_target: 2,
    attended_target: 2,
}
assert sum(COURSES.values()) == 20


@pytest.mark.parametrize("course", COURSES, ids=[course.__name__ for course in COURSES])
def test_each_party_of_a_transfer_hears_that_the_sip_process_was_killed(course, tmp_path, record_property):
    record_property("figures", kills.in_turn(tmp_path / "h", course, COURSES[course]))
