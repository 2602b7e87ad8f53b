"""Several callers at once: who waits, who is held, and who gets "busy"."""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.sipp import Sipp
from tests.support.shown import shows
from tests.support.waiting import until


def calling(door, directory, scenario):
    """SIPp at the address that the station knows."""
    directory.mkdir()
    return Sipp(directory, scenario, door.address, address=door.far_address, user="far")


@pytest.fixture
def caller(door, tmp_path):
    """One after the other, each with a directory of its own."""
    numbers = iter("123")
    return lambda scenario: calling(door, tmp_path / next(numbers), scenario)


def arrived(door, count):
    """The newest of so many calls to us, once it rings."""
    until(lambda: len(door.of("call.incoming")) == count, f"{count} calls")
    call = door.of("call.incoming")[-1]["call"]
    door.wait("call.ringing", call)
    return call


def holds(door):
    """Of each call, the oldest first: who holds it, and whether it has the speaker and the microphone."""
    return [(call["hold"], call["active"]) for call in door.get("/v1/calls")["calls"]]


def offered(peer, direction):
    """Wait until our re-INVITE has come there, and the ACK of its answer."""

    def come():
        newest = peer.messages().rpartition("\nINVITE sip:far")[2]
        return f"a={direction}" in newest and "\nACK sip:far" in newest

    until(come, f"an offer of {direction}", log=peer.log)


def test_a_second_caller_waits_and_is_answered_and_the_first_goes_on_when_it_ends(door, caller):
    with caller("uac-held") as first:
        one = arrived(door, 1)
        door.press("answer")
        door.talk(one)
        with caller("uac-answered-ends") as second:
            two = arrived(door, 2)
            assert door.get("/v1/panel")["tone"] == "waiting"
            assert holds(door) == [("none", True), ("none", False)]
            door.press("switch")
            door.talk(two)
            assert holds(door) == [("local", False), ("none", True)]
            offered(first, "sendonly")
            door.press("hangup")
            door.final(two, kind="call.ended", cause="hangup", by="local")
            second.done()
        offered(first, "sendrecv")
        assert holds(door) == [("none", True)]
        door.press("hangup")
        door.final(one, kind="call.ended", cause="hangup", by="local")
        first.done()
    assert [(e["data"]["from"], e["data"]["to"]) for e in door.of("call.switched")] == [(one, two), (two, one)]
    told = ["incoming", "ringing", "answering", "connecting", "connected", "held", "resumed", "switched"]
    assert door.story(one) == [*told, "disconnecting", "ended"]


@shows("call.switched")
def test_a_client_switches_between_two_who_talk(door, caller):
    with caller("uac-held") as first:
        one = arrived(door, 1)
        door.post(f"/v1/calls/{one}/answer")
        door.talk(one)
        with caller("uac-held") as second:
            two = arrived(door, 2)
            door.post(f"/v1/calls/{two}/answer")
            door.talk(two)
            offered(first, "sendonly")
            status, answer = door.ask("PATCH", f"/v1/calls/{one}", {"active": True})
            assert (status, answer["call"]["hold"], answer["call"]["active"]) == (200, "none", True)
            assert holds(door) == [("none", True), ("local", False)]
            door.wait("call.switched", **{"from": two, "to": one})
            offered(first, "sendrecv")
            offered(second, "sendonly")
            door.ask("DELETE", f"/v1/calls/{one}")
            door.final(one, kind="call.ended", by="local")
            first.done()
            offered(second, "sendrecv")
            door.ask("DELETE", f"/v1/calls/{two}")
            door.final(two, kind="call.ended", by="local")
            second.done()


@shows("error:too-many-calls")
def test_one_caller_more_than_may_be_meets_a_busy_station(tmp_path):
    with (
        Daemon(tmp_path / "d", sip={"max_calls": 1}) as door,
        calling(door, tmp_path / "1", "uac-answered-ends") as first,
    ):
        call = door.rung()
        door.press("answer")
        door.talk(call)
        with calling(door, tmp_path / "2", "uac-refused") as second:
            second.done()
        _, refused = (door.next("call.incoming")["call"] for _ in range(2))
        door.final(refused, kind="call.rejected", cause="busy", code=486, by="local", missed=True)
        assert [c["id"] for c in door.get("/v1/calls")["calls"]] == [call]
        assert door.ask("POST", "/v1/calls", {"to": "far"})[1]["code"] == "too-many-calls"
        door.press("hangup")
        door.final(call, kind="call.ended")
        first.done()
