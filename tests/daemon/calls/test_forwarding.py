"""Calls that are sent on: by us, for all reasons there are, and by far ends that we call."""

from datetime import datetime, timedelta

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.baresip import Baresip
from tests.support.peers.packets import Packets
from tests.support.peers.sipp import Sipp, free_port
from tests.support.shown import shows
from tests.support.waiting import until

NOWHERE = {"always": "", "quiet": "", "busy": "", "no_answer": "", "no_answer_s": 20.0}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A daemon that knows two more: `other` and `third`."""
    daemon = Daemon(tmp_path_factory.mktemp("d"), sip={"max_calls": 1, "address": loopback(), "port": 0})
    for name in ("other", "third"):
        address = loopback()
        daemon.config["target"][name] = {"uri": f"sip:{name}@{address}:{free_port(address)}"}
    with daemon:
        yield daemon


@pytest.fixture
def door(running):
    running.begin()
    yield running
    running.hang_up_all()
    change(running, {"forwarding": NOWHERE, "quiet_hours": {"begin": "", "end": ""}, "do_not_disturb": False})
    running.settle()


def change(door, body):
    status, answer = door.ask("PATCH", "/v1/config/runtime", body)
    assert status == 200, answer
    return answer


def uri_of(door, name):
    return door.config["target"][name]["uri"]


def at(door, tmp_path, name, scenario, **options):
    """SIPp as that target."""
    user, _, place = uri_of(door, name).removeprefix("sip:").partition("@")
    address, _, port = place.partition(":")
    (tmp_path / name).mkdir(exist_ok=True)
    return Sipp(tmp_path / name, scenario, address=address, port=int(port), user=user, **options)


def calling(door, tmp_path, scenario, **options):
    """SIPp as the far end that the station knows, calling it."""
    tmp_path.mkdir(exist_ok=True)
    return Sipp(tmp_path, scenario, door.address, address=door.far_address, user="far", **options)


def sent_on(door, tmp_path, **expected):
    """It calls, and is redirected to `other`."""
    with calling(door, tmp_path, "uac-moved", contact=uri_of(door, "other")) as peer:
        call = door.wait("call.incoming")["call"]
        told = door.wait("call.forwarded", call)["data"]
        assert told == {"to": uri_of(door, "other"), "code": 302}
        door.final(call, kind="call.rejected", code=302, by="local", **expected)
        peer.done()
    return call


# -- calls to us -----------------------------------------------------------------------------------------------------


@shows("call.forwarded", "PATCH /v1/config/runtime", "call.rejected")
def test_all_calls_are_sent_on_while_a_client_wants_it(door, tmp_path):
    told = change(door, {"forwarding": {"always": "other"}})
    assert told["runtime"]["forwarding"] == {**NOWHERE, "always": "other"}
    assert door.wait("config.changed")["data"]["applied"] == "forwarding.always"
    assert door.get("/v1/state")["appliance"]["status"] == "calls are forwarded to other"
    call = sent_on(door, tmp_path, cause="rejected", missed=False)
    assert door.story(call) == ["incoming", "forwarded", "disconnecting", "rejected"]
    assert door.of("call.incoming", call)[0]["data"]["target"] == "far"
    assert change(door, {"forwarding": {"always": "other"}})["warning"]
    change(door, {"forwarding": {"always": ""}})
    with calling(door, tmp_path / "again", "uac-refused", code=603) as peer:
        until(lambda: len(door.of("call.ringing")) == 1, "a call that rings")
        door.post(f"/v1/calls/{door.of('call.ringing')[0]['call']}/reject")
        peer.done()


def test_no_one_answers_in_time(door, tmp_path):
    change(door, {"forwarding": {"no_answer": "other", "no_answer_s": 1.0}})
    call = sent_on(door, tmp_path, cause="no_answer", missed=True)
    assert door.story(call) == ["incoming", "ringing", "forwarded", "disconnecting", "rejected"]


def test_the_station_is_busy(door, tmp_path):
    change(door, {"forwarding": {"busy": "other"}})
    with at(door, tmp_path, "third", "uas-answer") as third:
        ours = door.post("/v1/calls", {"to": "third"})["id"]
        door.talk(ours)
        sent_on(door, tmp_path, cause="busy", missed=True)
        door.post(f"/v1/calls/{ours}/hangup")
        third.done()


def test_do_not_disturb_is_on(door, tmp_path):
    change(door, {"do_not_disturb": True})
    with calling(door, tmp_path / "first", "uac-refused", code=480) as peer:
        call = door.wait("call.incoming")["call"]
        door.final(call, kind="call.rejected", cause="unavailable", code=480, missed=True)
        peer.done()
    door.begin()
    change(door, {"forwarding": {"quiet": "other"}})
    sent_on(door, tmp_path, cause="unavailable", missed=True)


def test_do_not_disturb_is_still_on_after_the_station_was_killed(tmp_path):
    """A resident says good night once."""
    with Daemon(tmp_path / "door") as door:
        change(door, {"do_not_disturb": True, "quiet_hours": {"begin": "22:10", "end": "06:10"}})
        until(lambda: any("22:10" in f.read_text() for f in (tmp_path / "door").rglob("kept.json")), "it on disc")
        door.process.kill()
    with Daemon(tmp_path / "door") as door:
        runtime = door.get("/v1/state")["runtime"]
        assert runtime["do_not_disturb"]
        assert runtime["quiet_hours"] == {"begin": "22:10", "end": "06:10", "profile": ""}


def test_in_the_quiet_hours(door, tmp_path):
    now = datetime.now()  # noqa: DTZ005 - hours on the wall
    begin, end = ((now + timedelta(hours=by)).strftime("%H:%M") for by in (-2, 2))
    change(door, {"forwarding": {"quiet": "other"}, "quiet_hours": {"begin": begin, "end": end}})
    door.wait("notice", code="quiet-hours")
    assert door.get("/v1/state")["runtime"]["quiet"] is True
    sent_on(door, tmp_path, cause="unavailable", missed=True)


@shows("error:number-invalid")
def test_no_unknown_target_can_be_named(door):
    for name in ("sip:dear@192.0.2.9", "0900123456"):
        status, answer = door.ask("PATCH", "/v1/config/runtime", {"forwarding": {"always": name}})
        assert (status, answer["code"]) == (400, "number-invalid")
    assert (
        door.ask("PATCH", "/v1/config/runtime", {"quiet_hours": {"begin": "25:00", "end": ""}})[1]["code"]
        == "parameter-invalid"
    )


def test_a_call_that_was_there_already_is_not_sent_back(door, tmp_path):
    change(door, {"forwarding": {"always": "other"}})
    header = f"Diversion: <{uri_of(door, 'other')}>;reason=no-answer\n"
    with calling(door, tmp_path, "uac-asks-answer", headers=header, seconds=0) as peer:
        call = door.rung()
        door.press("answer")
        door.final(call, kind="call.ended", by="remote")
        peer.done()
    assert not door.of("call.forwarded")


def test_baresip_calls_where_it_is_redirected_to(door, tmp_path):
    change(door, {"forwarding": {"always": "other"}})
    with (
        at(door, tmp_path, "other", "uas-ends") as other,
        Baresip(tmp_path, door.far_address, hertz=440) as far,
    ):
        far.command("dial", f"sip:door@{door.address}")
        call = door.wait("call.forwarded")["call"]
        door.final(call, kind="call.rejected", code=302)
        other.done()


# -- our own calls ---------------------------------------------------------------------------------------------------


@shows("call.forwarded", "call.connected")
def test_an_outgoing_call_goes_on_to_another_target(door, tmp_path):
    contact = uri_of(door, "other")
    far = Sipp(tmp_path, "uas-moved", address=door.far_address, port=door.far_port, contact=contact)
    with far, at(door, tmp_path, "other", "uas-answer") as other:
        call = door.ring()
        door.talk(call)
        assert door.of("call.forwarded", call)[0]["data"] == {"to": contact, "code": 302}
        shown = door.get(f"/v1/calls/{call}")
        assert (shown["remote"]["target"], shown["number"]) == ("other", "far")
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        far.done()
        other.done()
    assert door.story(call) == ["dialing", "ringing", "forwarded", "connecting", "connected", "disconnecting", "ended"]


def test_an_outgoing_call_does_not_go_to_any_address_that_the_far_end_names(door, tmp_path):
    with Packets(loopback()) as dear:
        contact = f"sip:dear@{dear.address}:{dear.port}"
        far = Sipp(tmp_path, "uas-moved", address=door.far_address, port=door.far_port, contact=contact, rings=False)
        with far:
            call = door.ring()
            door.final(call, kind="call.failed", code=302, cause="unavailable", by="remote")
            far.done()
        dear.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            dear.socket.recv(1)
    assert door.story(call) == ["dialing", "failed"]


def test_far_ends_that_name_each_other_are_called_once_each(door, tmp_path):
    contact = f"sip:far@{door.far_address}:{door.far_port}"
    far = Sipp(tmp_path, "uas-moved", address=door.far_address, port=door.far_port, contact=uri_of(door, "other"))
    with far, at(door, tmp_path, "other", "uas-moved", contact=contact) as other:
        call = door.ring()
        door.final(call, kind="call.failed", code=302, by="remote")
        far.done()
        other.done()
    assert len(door.of("call.forwarded", call)) == 1
