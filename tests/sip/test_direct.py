"""Calls straight to a name: it is looked up beside the SIP process's loop, however long that takes."""

import asyncio

import pytest

from appliance.core import inputs
from appliance.core.model import CallId
from appliance.core.orders import Answer, HangUp, Place, Probe, Ring, SendDigit
from appliance.sip.stack.routing.servers import Destination as Where
from appliance.sip.stack.routing.servers import destination_of
from tests.support.stations import stations

pytestmark = pytest.mark.far_end

CALL = CallId("c-1")
RESOLVER = """
import socket
import threading
from pathlib import Path

real = socket.getaddrinfo

def getaddrinfo(host, *more, **named):
    if host != "far.test":
        return real(host, *more, **named)
    while not (address := Path({path!r}).read_text()):
        threading.Event().wait(0.02)
    if address == "none":
        raise socket.gaierror(-2, "Name or service not known")
    return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (address, 0))]

socket.getaddrinfo = getaddrinfo
"""


@pytest.fixture
def far_test(tmp_path, monkeypatch):
    """Where the name far.test leads, in the SIP process; while the file is empty, no name server answers."""
    path = tmp_path / "address"
    path.write_text("")
    (tmp_path / "sitecustomize.py").write_text(RESOLVER.format(path=str(path)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    return path


@pytest.mark.parametrize(
    ("uri", "where"),
    [
        ("sip:bob@far.test", Where("far.test", 0, "udp")),
        ("sip:bob@far.test:5070;transport=TCP", Where("far.test", 5070, "tcp")),
        ("sip:far.test;x=1;transport=tls?a=b", Where("far.test", 0, "tls")),
        ("sip:bob@127.0.0.2:5060", Where("127.0.0.2", 5060, "udp")),
        ("tel:110", None),
    ],
)
def test_a_uri_says_where_to_send(uri, where):
    assert destination_of(uri) == where


def test_an_address_is_known_and_a_name_is_not():
    assert destination_of("sip:bob@127.0.0.2").known.port == 5060
    assert destination_of("sip:bob@far.test").known is None


def test_a_call_to_a_name_goes_where_it_leads_as_soon_as_that_is_known(far_test):
    async def scenario():
        async with stations({}, {"address": "127.0.0.9", "user": "kitchen"}) as (door, kitchen):
            port = kitchen.address.rpartition(":")[2]
            door.link.order(Place(CALL, f"sip:kitchen@far.test:{port}"))
            door.link.order(SendDigit(CALL, "1"))  # too early
            child = door.link.pid
            await asyncio.sleep(3)  # longer than a process may be silent before it is taken for hung
            assert door.link.pid == child
            far_test.write_text("127.0.0.9")
            theirs = (await kitchen.wait(inputs.CallArrived)).call
            kitchen.link.order(Ring(theirs))
            kitchen.link.order(Answer(theirs))
            await door.wait(inputs.CallConfirmed, call=CALL)
            kitchen.link.order(HangUp(theirs))
            assert (await door.wait(inputs.CallEnded, call=CALL)).remote
            # The next one is not sent there.
            door.link.order(Place(CallId("c-2"), "sip:nobody@127.0.0.9:9"))
            door.link.order(HangUp(CallId("c-2")))
            await door.wait(inputs.CallEnded, call="c-2")
            assert len(kitchen.of(inputs.CallArrived)) == 1

    asyncio.run(scenario())


def test_a_call_to_a_name_that_leads_nowhere_says_so(far_test):
    async def scenario():
        far_test.write_text("none")
        async with stations({}) as (door,):
            door.link.order(Place(CALL, "sip:kitchen@far.test:5060"))
            ended = await door.wait(inputs.CallEnded, call=CALL)
            assert (ended.code, ended.remote) == (0, False)
            assert ended.reason.startswith("the name far.test cannot be resolved: ")

    asyncio.run(scenario())


def test_a_call_that_is_given_up_while_its_name_is_looked_up_is_never_placed(far_test):
    async def scenario():
        async with stations({}, {"address": "127.0.0.9", "user": "kitchen"}) as (door, kitchen):
            port = kitchen.address.rpartition(":")[2]
            door.link.order(Place(CALL, f"sip:kitchen@far.test:{port}"))
            door.link.order(HangUp(CALL))
            assert (await door.wait(inputs.CallEnded, call=CALL)).code == 487
            far_test.write_text("127.0.0.9")
            door.link.order(Place(CallId("c-2"), f"sip:kitchen@far.test:{port}"))
            await kitchen.wait(inputs.CallArrived)
            assert len(kitchen.of(inputs.CallArrived)) == 1
            assert len(door.of(inputs.CallEnded)) == 1

    asyncio.run(scenario())


def test_contacts_are_asked_and_each_answer_or_silence_is_reported_for_the_right_one(far_test):
    async def scenario():
        far_test.write_text("none")
        async with stations({}, {"address": "127.0.0.9", "user": "kitchen"}) as (door, kitchen):
            where = f"127.0.0.9:{kitchen.address.rpartition(':')[2]}"
            door.link.order(Probe("kitchen", f"sip:kitchen@{where}"))
            door.link.order(Probe("again", f"sip:kitchen@{where}"))
            door.link.order(Probe("named", "sip:kitchen@far.test:5060"))
            door.link.order(Probe("odd", "no uri"))
            door.link.order(Probe("nobody", "sip:nobody@127.0.0.9:9"))
            for contact in ("kitchen", "again"):
                answered = await door.wait(inputs.ContactAnswered, contact=contact)
                assert (answered.code, answered.reason) == (200, "OK")
            assert (await door.wait(inputs.ContactAnswered, contact="odd")).code == 0
            named = await door.wait(inputs.ContactAnswered, contact="named")
            assert (named.code, "far.test cannot be resolved" in named.reason) == (0, True)
            far_test.write_text("127.0.0.9")
            door.link.order(Probe("named", f"sip:kitchen@far.test:{where.rpartition(':')[2]}"))
            assert (await door.wait(inputs.ContactAnswered, contact="named")).code == 200
            assert (await door.wait(inputs.ContactAnswered, patience=120, contact="nobody")).code == 0

    asyncio.run(scenario())
