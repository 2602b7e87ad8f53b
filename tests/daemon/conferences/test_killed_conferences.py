"""Twenty kills of the SIP process in conferences: while people are called, talk, are held, come and go."""

from collections import Counter

import pytest

from tests.daemon.conferences.test_conferences import PATH, joins
from tests.daemon.transfers import kills
from tests.daemon.transfers.kills import AWHILE_S, DONE, REFUSED, TOLD, uri
from tests.support.waiting import until


def begins(house, *peers):
    """The path of a conference that calls these."""
    conference = house.door.post(PATH, {"participants": [{"to": uri(peer)} for peer in peers]})["id"]
    return f"{PATH}/{conference}"


def of_two(house):
    """The path of one whose two are in, and their calls."""
    here = begins(house, house.one, house.two)
    return here, [joins(house.door, peer) for peer in (house.one, house.two)]


BOTH = {"one": TOLD, "two": TOLD}
ALL = {**BOTH, "three": TOLD}


def called(house):
    """They are called, and come."""
    here = begins(house, house.one, house.two)
    for peer in (house.one, house.two):
        peer.wait("CALL_INCOMING")
    until(lambda: len(house.door.of("call.ringing")) == 2, "both ringing")
    yield "both ring", 0, BOTH
    house.one.command("accept")
    yield "one has answered", AWHILE_S, None
    house.door.wait("conference.participant_added")
    house.two.command("accept")
    until(lambda: len(house.door.of("conference.participant_added")) == 2, "both in it")
    yield "both are in it", AWHILE_S, BOTH
    house.door.post(f"{here}/participants", {"to": uri(house.three)})
    house.three.wait("CALL_INCOMING")
    until(lambda: len(house.door.of("call.ringing")) == 3, "the third ringing")
    yield "a third one rings", 0, ALL


def mixed(house):
    """They talk, one is muted, one is removed, it is ended."""
    here, (first, second) = of_two(house)
    yield "they talk", 2 * AWHILE_S, BOTH
    house.door.ask("PATCH", f"{here}/participants", {"call": first, "muted": True})
    yield "one is muted", AWHILE_S, BOTH
    house.door.ask("DELETE", f"{here}/participants?call={second}")
    yield "one is being removed", AWHILE_S, BOTH
    house.door.wait("conference.participant_removed", second)
    house.door.ask("DELETE", here)
    yield "it is being ended", AWHILE_S, BOTH


def held(house):
    """The panel leaves it, one is held, one holds us."""
    here, (first, _) = of_two(house)
    house.door.ask("PATCH", here, {"held": True})
    house.door.wait("conference.held")
    yield "the panel has left it", AWHILE_S, BOTH
    house.door.ask("PATCH", here, {"held": False})
    house.door.wait("conference.resumed")
    house.door.post(f"/v1/calls/{first}/hold")
    yield "one is being held", AWHILE_S, BOTH
    house.door.post(f"/v1/calls/{first}/resume")
    house.two.command("hold")
    house.door.wait("call.held", by="remote")
    yield "one holds us", AWHILE_S, BOTH
    house.two.command("resume")
    yield "it takes us back", AWHILE_S, None


def beside(house):
    """Another call comes before it."""
    of_two(house)
    call = house.door.post("/v1/calls", {"to": uri(house.three)})["id"]
    house.three.wait("CALL_INCOMING")
    house.door.wait("call.ringing", call)
    yield "we call somebody beside it", AWHILE_S, ALL
    house.three.command("accept")
    house.door.talk(call)
    house.door.wait("conference.held")
    yield "we talk with him", AWHILE_S, ALL
    house.door.press("switch")
    house.door.wait("conference.resumed")
    yield "we are back", AWHILE_S, ALL


def guests(house):
    """Who called us comes into it, and one passes us on to somebody who comes in his place."""
    call = house.calls_one()
    here = f"{PATH}/{house.door.post(PATH, {'participants': [{'call': call}]})['id']}"
    yield "a call is taken into it", AWHILE_S, {"one": TOLD}
    house.two.command("dial", f"sip:{house.door.user}@{house.door.address}")
    came = house.door.rung()
    house.two.wait("CALL_RINGING")
    yield "a caller waits", 0, {"one": TOLD, "two": REFUSED}
    house.door.post(f"{here}/participants", {"call": came})
    house.door.wait("conference.participant_added", came, reason="answered")
    yield "a caller is answered into it", AWHILE_S, BOTH
    house.one.command("transfer", uri(house.three))
    house.three.wait("CALL_INCOMING")
    until(lambda: len(house.door.of("call.ringing")) == 3, "the third ringing")
    yield "one passes us on", 0, ALL
    house.three.command("accept")
    house.door.final(call, cause="transferred")
    yield "another is in his place", AWHILE_S, {**ALL, "one": DONE}


COURSES = {called: 4, mixed: 4, held: 4, beside: 3, guests: 5}
assert sum(COURSES.values()) == 20


@pytest.mark.parametrize("course", COURSES, ids=[course.__name__ for course in COURSES])
def test_each_party_of_a_conference_hears_that_the_sip_process_was_killed(course, tmp_path, record_property):
    record_property("figures", kills.in_turn(tmp_path / "h", course, COURSES[course], look=closed))


def closed(door):
    """The conference is over, once, and everybody has left it; each invitation has come to something."""
    assert door.get(PATH) == {"conferences": []}
    told = Counter(e["type"].removeprefix("conference.") for e in door.since if e["type"].startswith("conference."))
    assert told["ended"] + told["canceled"] == 1, told
    assert told["participant_added"] == told["participant_removed"], told
    assert told["invitation_sending"] == told["invitation_accepted"] + told["invitation_rejected"], told
