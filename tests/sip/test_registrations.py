"""The SIP process registers as ordered, and reports the outcome; names are resolved without pjsip."""

import asyncio
import socket
import threading

import pytest

from appliance.core import inputs
from appliance.core.model import CallId
from appliance.core.orders import Place, Register, Unregister
from appliance.sip.settings import RegistrarSettings, SipSettings
from appliance.sip.wire import Decoder, Start, encode
from tests.support.daemon import loopback
from tests.support.peers.registrars import Scripted, answer
from tests.support.stations import stations

pytestmark = pytest.mark.far_end

GRANTED, OVERLOADED = (200, {}), (503, {"Retry-After": "7 (busy);duration=3"})
RESOLVER = """
import socket
from pathlib import Path

real = socket.getaddrinfo

def getaddrinfo(host, *more, **named):
    if host != "pbx.test":
        return real(host, *more, **named)
    address = Path({path!r}).read_text()
    if not address:
        raise socket.gaierror(-3, "Temporary failure in name resolution")
    return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (address, 0))]

socket.getaddrinfo = getaddrinfo
"""


def account(host, port, **more):
    named = {"name": "office", "user": "201", "domain": host, "auth_user": "201", "password": "hidden", **more}
    return RegistrarSettings(**{"servers": ((host, port),), **named})


@pytest.fixture
def pbx_test(tmp_path, monkeypatch):
    """Where the name pbx.test leads, in the SIP process, is what this file says; nowhere while it is empty."""
    path = tmp_path / "address"
    path.write_text("")
    (tmp_path / "sitecustomize.py").write_text(RESOLVER.format(path=str(path)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    return path


def test_a_password_is_shown_nowhere_but_crosses_to_the_process():
    settings = SipSettings(accounts=(account("127.0.0.1", 5060),))
    assert "hidden" not in repr(settings)
    (start,) = Decoder().feed(encode(Start(settings)))
    assert start.settings == settings
    assert start.settings.accounts[0].password == "hidden"


def test_it_registers_refreshes_and_ends_the_registration():
    async def scenario():
        with Scripted((401, {}), GRANTED, GRANTED, OVERLOADED, GRANTED) as registrar:
            where = f"{registrar.address}:{registrar.port}"
            async with stations({"accounts": (account(registrar.address, registrar.port),)}) as (door,):
                door.link.order(Register("office"))
                told = await door.wait(inputs.Registered, account="office")
                assert (told.expires_s, told.server) == (300.0, where)
                door.link.order(Register("office"))
                await door.wait(inputs.Registered)
                door.link.order(Register("office"))
                failed = await door.wait(inputs.RegistrationFailed)
                assert (failed.code, failed.reason, failed.retry_after_s) == (503, "Said", 7.0)
                door.link.order(Register("office"))
                door.link.order(Register("office"))  # while the one before is not answered: done after it
                await door.wait(inputs.Registered)
                await door.wait(inputs.Registered)
                door.link.order(Unregister("office"))
                await door.wait(inputs.Unregistered, account="office")
            assert all("Route:" not in request for request in registrar.requests)
            assert "\r\nExpires: 0\r\n" in registrar.requests[-1]

    asyncio.run(scenario())


def test_a_registration_for_no_time_is_a_failure_and_its_end_while_another_is_wanted_is_none():
    async def scenario():
        no_time = 200, {"Expires": "0"}
        with Scripted(no_time, GRANTED, no_time, GRANTED) as registrar:
            async with stations({"accounts": (account(registrar.address, registrar.port),)}) as (door,):
                door.link.order(Register("office"))
                failed = await door.wait(inputs.RegistrationFailed)
                assert (failed.code, failed.reason) == (200, "Said, for 0 s")
                door.link.order(Register("office"))
                await door.wait(inputs.Registered)
                door.link.order(Unregister("office"))
                door.link.order(Register("office"))  # while the end is not confirmed
                await door.wait(inputs.Unregistered)
                await door.wait(inputs.Registered)

    asyncio.run(scenario())


def test_a_name_is_resolved_when_it_can_be_and_again_after_a_failure(pbx_test):
    async def scenario():
        with Scripted(GRANTED, OVERLOADED) as old, Scripted(GRANTED, port=old.port) as new:
            async with stations({"accounts": (account("pbx.test", old.port),)}) as (door,):
                door.link.order(Register("office"))
                failed = await door.wait(inputs.RegistrationFailed)
                assert failed.code == 0
                assert "the name pbx.test cannot be resolved" in failed.reason
                door.link.order(Place(CallId("c-1"), "sip:301@pbx.test", account="office"))
                ended = await door.wait(inputs.CallEnded, call="c-1")
                assert (ended.code, ended.reason) == (0, "The registrar of office has no address")
                pbx_test.write_text(old.address)
                door.link.order(Register("office"))
                assert (await door.wait(inputs.Registered)).server == f"{old.address}:{old.port}"
                pbx_test.write_text(new.address)  # it moves
                door.link.order(Register("office"))
                await door.wait(inputs.RegistrationFailed, code=503)
                door.link.order(Register("office"))
                await door.wait(inputs.Registered, server=f"{new.address}:{new.port}")

    asyncio.run(scenario())


def test_what_was_asked_by_tcp_and_not_answered_is_asked_again():
    """As of an Asterisk that is just starting: it takes the connection, and drops what comes before it is ready."""

    def deaf_at_first(listener):
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as messages:
            for number in range(2):
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    request += messages.readline()
                if number:
                    connection.sendall(answer(request.decode().lstrip(), 200, {}))
            messages.read()  # until it goes

    async def scenario():
        with socket.create_server((loopback(), 0)) as listener:
            threading.Thread(target=deaf_at_first, args=(listener,), daemon=True).start()
            settings = account(*listener.getsockname(), transport="tcp")
            async with stations({"accounts": (settings,)}) as (door,):
                door.link.order(Register("office"))
                assert (await door.wait(inputs.RegistrationFailed)).reason == "No answer"
                door.link.order(Register("office"))
                await door.wait(inputs.Registered)

    asyncio.run(scenario())


@pytest.mark.parametrize("broken", [(0, {}), (503, {})], ids=["silent", "in trouble"])
def test_the_next_proxy_is_taken_where_one_fails_and_kept_while_it_works(broken):
    async def scenario():
        with Scripted(broken) as first, Scripted(GRANTED, GRANTED, (503, {})) as second, Scripted(GRANTED) as third:
            places = tuple((each.address, each.port) for each in (first, second, third))
            addresses = [f"{address}:{port}" for address, port in places]
            async with stations({"accounts": (account("pbx.test", 0, servers=places),)}) as (door,):
                door.link.order(Register("office"))
                assert (await door.wait(inputs.ServerFailed, account="office")).server == addresses[0]
                told = await door.wait(inputs.Registered)
                assert (told.server, told.hosts) == (addresses[1], tuple(address for address, _ in places))
                door.link.order(Register("office"))
                assert (await door.wait(inputs.Registered)).server == addresses[1]
                # As soon as one fails the others are tried, the preferred ones first.
                door.link.order(Register("office"))
                assert (await door.wait(inputs.ServerFailed)).server == addresses[1]
                assert (await door.wait(inputs.ServerFailed)).server == addresses[0]
                assert (await door.wait(inputs.Registered)).server == addresses[2]
                assert not door.of(inputs.RegistrationFailed)
                door.link.order(Unregister("office"))
                await door.wait(inputs.Unregistered)
            assert len(second.requests) == 3

    asyncio.run(scenario())


def test_that_all_proxies_fail_is_reported_once_and_the_first_is_tried_first_again():
    async def scenario():
        with Scripted((503, {}), (503, {}), GRANTED) as first, Scripted((403, {}), OVERLOADED) as second:
            places = tuple((each.address, each.port) for each in (first, second))
            async with stations({"accounts": (account("pbx.test", 0, servers=places),)}) as (door,):
                door.link.order(Register("office"))
                failed = await door.wait(inputs.RegistrationFailed)  # a refusal is no reason to ask elsewhere
                assert (failed.code, failed.server) == (403, f"{second.address}:{second.port}")
                door.link.order(Register("office"))
                failed = await door.wait(inputs.RegistrationFailed)
                assert (failed.code, failed.server) == (503, f"{first.address}:{first.port}")
                door.link.order(Register("office"))
                assert (await door.wait(inputs.Registered)).server == f"{first.address}:{first.port}"

    asyncio.run(scenario())


def test_an_answer_that_cannot_be_read_is_no_silence():
    broken = (200, {"Record-Route": "sip:far@"})

    async def scenario():
        with Scripted(broken) as first, Scripted(GRANTED) as second:
            places = tuple((each.address, each.port) for each in (first, second))
            async with stations({"accounts": (account(first.address, first.port, servers=places),)}) as (door,):
                door.link.order(Register("office"))
                failed = await door.wait(inputs.ServerFailed, server=f"{first.address}:{first.port}")
                assert failed.why == f"An answer of {failed.server} did not count: Unreadable Record-Route"
                await door.wait(inputs.Registered, server=f"{second.address}:{second.port}")

    asyncio.run(scenario())
