"""A bus that is not there, hangs, hangs up, refuses or goes: reported once, retried, and no harm to the phone."""

import asyncio
import json
import secrets
import signal
import socket
import sys
from unittest.mock import Mock

import pytest
from dbus_fast import Message, MessageFlag, NameFlag

from appliance.app import bus as app
from appliance.app.bus import Bus
from appliance.base.errors import IntercomError
from appliance.bus import connection, service
from appliance.config.schema import Config
from appliance.core import inputs
from tests.api.fake import Station
from tests.bus.buses import DRIVER, PATIENCE_S, Client, TheBus, policy
from tests.bus.test_objects import APPLIANCE1, ROOT
from tests.support.daemon import Daemon
from tests.support.waiting import until, until_async


def failure(tmp_path, address, meanwhile=None, station=None):
    """The error that ends the service; `meanwhile` is awaited once it is up."""

    async def run():
        up = asyncio.Event()
        serving = asyncio.create_task(service.serve(station or Station(tmp_path), address, up.set))
        if meanwhile is not None:
            async with asyncio.timeout(PATIENCE_S):
                await up.wait()
            await meanwhile()
        async with asyncio.timeout(PATIENCE_S):
            await serving

    with pytest.raises(IntercomError) as raised:
        asyncio.run(run())
    return raised.value


def nowhere():
    return f"unix:abstract=intercomd-test-{secrets.token_hex(8)}"


def test_a_bus_that_is_not_there_is_unavailable(tmp_path):
    failed = failure(tmp_path, nowhere())
    assert (failed.code, failed.cause) == ("unavailable", "Connection refused.")


@pytest.mark.parametrize("said", [b"", b"OK 12", b"ERROR\r\n", b"REJECTED EXTERNAL\r\n", b"\xff\r\n"])
def test_a_bus_that_hangs_up_while_it_is_greeted_is_unavailable_and_holds_no_one_up(tmp_path, said):
    async def run():
        name = secrets.token_hex(8)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"\0intercomd-test-{name}")
        listener.listen()

        async def hang_up(reader, writer):
            await reader.readuntil(b"\r\n")  # unread bytes would cause a reset, not an end of file
            writer.write(said)
            writer.close()

        async with await asyncio.start_unix_server(hang_up, sock=listener):
            async with asyncio.timeout(PATIENCE_S):
                await service.serve(Station(tmp_path), f"unix:abstract=intercomd-test-{name}", pytest.fail)

    with pytest.raises(IntercomError) as raised:
        asyncio.run(run())
    assert raised.value.code == "unavailable"


def test_a_bus_that_hangs_is_unavailable(tmp_path, set_times):
    set_times(bus_answers_s=0.3)
    with TheBus(tmp_path, policy()) as bus:
        bus.process.send_signal(signal.SIGSTOP)
        assert failure(tmp_path, bus.address).cause == "It does not answer."


def test_a_bus_that_takes_nothing_any_more_is_unavailable(tmp_path, set_times):
    station = Station(tmp_path)

    async def hang():
        set_times(bus_answers_s=0.3)  # until now it has answered, if not that soon on a busy machine
        bus.process.send_signal(signal.SIGSTOP)
        for _ in range(50):
            station.tell("notice", text="x" * 100_000)

    with TheBus(tmp_path, policy()) as bus:
        assert failure(tmp_path, bus.address, hang, station).cause == "It accepts no more messages."


def test_a_bus_that_goes_ends_the_service(tmp_path):
    with TheBus(tmp_path, policy()) as bus:
        failed = failure(tmp_path, bus.address, lambda: asyncio.to_thread(bus.stop))
    assert failed.code == "unavailable"
    assert failed.cause.endswith(".")


def test_a_name_that_another_has_is_reported(bus, tmp_path):
    async def run():
        async with Client(bus.address) as other:
            await other.bus.request_name("org.intercomd", NameFlag.DO_NOT_QUEUE)
            async with asyncio.timeout(PATIENCE_S):
                await service.serve(Station(tmp_path), bus.address, pytest.fail)

    with pytest.raises(IntercomError) as raised:
        asyncio.run(run())
    assert raised.value.code == "conflict"


def test_a_name_that_is_lost_is_reported(bus, tmp_path, monkeypatch):
    made = []

    async def connect(address):
        made.append(await connection.connect(address))
        return made[0]

    monkeypatch.setattr(service, "connect", connect)

    async def release():  # without an answer, as the service may end the connection before it comes
        await made[0].send(
            Message(
                DRIVER,
                "/org/freedesktop/DBus",
                DRIVER,
                "ReleaseName",
                signature="s",
                body=["org.intercomd"],
                flags=MessageFlag.NO_REPLY_EXPECTED,
            )
        )

    assert failure(tmp_path, bus.address, release).code == "conflict"


class Told:
    """Stands for the reactor; the first failure ends it."""

    request = snapshot = subscribe = None

    def __init__(self):
        self.posted, self.news = [], asyncio.Event()

    def post(self, given):
        self.posted.append(given)
        self.news.set()


def served_until_told(config):
    async def run():
        reactor = Told()
        serving = asyncio.create_task(Bus(config, reactor, Mock(), Mock()).serve())
        async with asyncio.timeout(PATIENCE_S):
            await reactor.news.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return reactor.posted

    return asyncio.run(run())


def test_without_dbus_fast_the_package_is_named(monkeypatch):
    for name in ("service", "connection"):
        monkeypatch.delitem(sys.modules, f"appliance.bus.{name}")
    monkeypatch.setitem(sys.modules, "dbus_fast", None)
    (told,) = served_until_told(Config.model_validate({"dbus": {"enabled": True}}))
    assert isinstance(told, inputs.PartFailed)
    assert (told.part, "dbus-fast" in told.resolution) == ("dbus", True)


def test_who_does_not_want_the_bus_hears_nothing_of_it():
    async def run():
        reactor = Told()
        await Bus(Config(), reactor, Mock(), Mock()).serve()
        assert reactor.posted == []

    asyncio.run(run())


@pytest.mark.parametrize(("lasting_s", "expected"), [(60.0, [0.5, 1, 2, 4, 8, 16]), (0.0, [0.5] * 6)])
def test_attempts_grow_rarer_till_one_lasts_and_each_kind_of_failure_is_reported_once(
    monkeypatch, set_times, lasting_s, expected
):
    set_times(bus_lasting_s=lasting_s, bus_refused_s=0.0)
    waits, reactor = [], None
    codes = iter(["unavailable", "unavailable", "forbidden", "forbidden", "up", "unavailable"])

    async def serve(daemon, address, up):
        code = next(codes, None)
        if code is None:
            return
        if code == "up":
            up()
            code = "unavailable"
        raise IntercomError(code, f"It is {code}.")

    async def sleep(seconds):
        waits.append(seconds)

    async def run():
        nonlocal reactor
        reactor = Told()
        monkeypatch.setattr(service, "serve", serve)
        monkeypatch.setattr(app.asyncio, "sleep", sleep)
        await Bus(Config.model_validate({"dbus": {"enabled": True}}), reactor, Mock(), Mock()).serve()

    asyncio.run(run())
    assert waits == expected
    assert [getattr(each, "why", "well") for each in reactor.posted] == [
        "It is unavailable.",
        "It is forbidden.",
        "well",
        "It is unavailable.",
    ]


@pytest.mark.far_end
def test_the_daemon_lives_without_its_bus_and_is_on_it_whenever_it_is_there(tmp_path):
    bus = TheBus(tmp_path, policy())

    async def dial(door):
        async with Client(bus.address) as client:
            path = await client.get(ROOT, APPLIANCE1, "Dial", "s", "far")
            call = door.wait("call.dialing")["call"]
            assert path == f"/org/intercomd/calls/{call.replace('-', '_')}"
            await client.ask(path, "org.intercomd.Call1", "Hangup")  # it may be over by itself already
            await until_async(lambda: any(each.member == "InterfacesRemoved" for each in client.heard), "its end")
            told = [json.loads(each.body[2]) for each in client.heard if each.member == "Event"]
            assert {"call.dialing"} <= {each["type"] for each in told}
            for envelope in told:
                assert envelope == until(lambda e=envelope: next((o for o in door.events if o["id"] == e["id"]), None))

    try:
        with Daemon(tmp_path / "door", dbus={"enabled": True, "address": bus.address}) as door:
            door.wait("appliance.degraded", part="dbus")
            for _ in range(2):
                bus.start()
                door.wait("appliance.recovered", part="dbus")
                asyncio.run(dial(door))
                door.begin()
                bus.stop()
                door.wait("appliance.degraded", part="dbus")
            assert len(door.of("appliance.degraded")) == 1
            assert door.process.poll() is None
    finally:
        bus.stop()


@pytest.mark.parametrize(("refused_s", "told"), [(3600.0, ["well"]), (0.0, ["It is forbidden.", "well"])])
def test_a_bus_that_reads_our_policy_late_is_no_fault_and_one_that_goes_on_refusing_is(
    monkeypatch, set_times, refused_s, told
):
    set_times(bus_refused_s=refused_s)
    outcomes, reactor = iter(["forbidden"] * 4), Told()

    async def serve(daemon, address, up):
        code = next(outcomes, None)
        if code is not None:
            raise IntercomError(code, f"It is {code}.")
        up()

    async def sleep(_seconds):
        pass

    monkeypatch.setattr(service, "serve", serve)
    monkeypatch.setattr(app.asyncio, "sleep", sleep)
    asyncio.run(Bus(Config.model_validate({"dbus": {"enabled": True}}), reactor, Mock(), Mock()).serve())
    assert [getattr(each, "why", "well") for each in reactor.posted] == told
