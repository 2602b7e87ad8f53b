import asyncio
import signal
import socket

import pytest

from tests.e2e.harness import (
    PATIENCE_S,
    Appliance,
    alone,
    appliances,
    connect,
    kill,
    pair,
    place,
    ring,
)
from tests.peers.sipp import Sipp
from tests.support.waiting import until_async


def test_a_missing_card_is_told_and_the_call_goes_on():
    async def scenario():
        missing = {"audio": {"capture": "nosuchmicrophone", "playback": "nosuchspeaker"}}
        async with appliances(*pair(front=missing)) as (front, kitchen):
            failed = (await front.wait("audio.failed"))["data"]
            assert "nosuchspeaker" in failed["error"] and failed["resolution"]
            await connect(front, kitchen)
            await kitchen.press("hangup")
            await front.wait("call.ended", cause="hangup", by="remote")

    asyncio.run(scenario())


def test_a_sip_port_in_use_is_told_with_its_remedy_and_taken_when_it_is_free():
    async def scenario():
        async with place() as directory:
            config, _ = pair()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", config["sip"]["port"]))
                front = Appliance(directory / "front", config)
                await front.start()
                try:
                    told = (await front.wait("appliance.degraded", part="sip"))["data"]["why"]
                    assert f"port {config['sip']['port']}" in told and "in use" in told and "another SIP port" in told
                    assert (await front.get("/v1/state"))["appliance"]["ready"] is False
                    other.close()
                    await front.wait("appliance.ready", address=f"127.0.0.1:{config['sip']['port']}")
                    await front.wait("appliance.recovered", part="sip")
                finally:
                    await front.stop()

    asyncio.run(scenario())


def test_an_http_port_in_use_costs_no_call_and_is_taken_when_it_is_free():
    async def scenario():
        async with place() as directory:
            with socket.create_server(("127.0.0.1", 0)) as other:
                config, _ = pair(front={"http": {"port": other.getsockname()[1]}})
                front = Appliance(directory / "front", config)
                await front.start()
                try:
                    await until_async(
                        lambda: "appliance.degraded part=http" in front.log.read_text(), "degraded", log=front.told
                    )
                    await until_async(lambda: "appliance.ready" in front.log.read_text(), "ready", log=front.told)
                    other.close()
                    degraded = await front.wait("appliance.degraded", 2 * PATIENCE_S, part="http")  # tried each 10 s
                    assert "Another program listens on it already" in degraded["data"]["why"]
                    await front.wait("appliance.recovered", part="http")
                finally:
                    await front.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("code", "kind", "cause"),
    [
        (404, "call.failed", "not_found"),
        (408, "call.failed", "no_answer"),  # after it rang
        (486, "call.rejected", "busy"),
        (603, "call.rejected", "rejected"),
    ],
)
def test_a_far_end_that_refuses_is_told_by_cause_and_code(code, kind, cause, tmp_path):
    async def scenario():
        with Sipp(tmp_path, "uas-refuse", code=code) as peer:
            async with appliances(alone(peer.uri)) as (front,):
                await front.press("ring")
                await front.wait(kind, cause=cause, code=code, by="remote")
                assert (await front.get("/v1/state"))["panel"]["picture"] in {"error", "idle"}
                await until_async(lambda: front.of("lamp.changed", pattern="fast"), "the lamp's error", log=front.told)
                await peer.finished()

    asyncio.run(scenario())


def test_a_ring_that_nobody_answers_ends_at_both_ends():
    async def scenario():
        async with appliances(*pair(front={"deadlines": {"ringing_s": 1.0}})) as (front, kitchen):
            ours, theirs = await ring(front, kitchen)
            await front.wait("call.failed", call=ours, cause="no_answer", by="local")
            await kitchen.wait("call.canceled", call=theirs, missed=True, by="remote")

    asyncio.run(scenario())


def test_a_far_end_that_never_says_anything_is_given_up():
    async def scenario():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            config = alone(f"sip:kitchen@127.0.0.1:{silent.getsockname()[1]}", deadlines={"dialing_s": 1.0})
            async with appliances(config) as (front,):
                await front.press("ring")
                await front.wait("call.failed", cause="unavailable", by="local")
                assert not (await front.get("/v1/calls"))["calls"]

    asyncio.run(scenario())


def test_a_far_end_that_vanishes_in_mid_call_is_missed():
    async def scenario():
        async with appliances(*pair(front={"deadlines": {"rtp_s": 1.0}})) as (front, kitchen):
            ours, _theirs = await connect(front, kitchen)
            # Stopped first, so that no end of file makes it say BYE.
            sip = await kitchen.sip()
            kill(sip, signal.SIGSTOP)
            await kitchen.kill()
            kill(sip)
            await front.wait("media.stopped", call=ours)
            await front.wait("call.ended", call=ours, cause="rtp_timeout")

    asyncio.run(scenario())


def third(kitchen, known):
    """Another caller of the kitchen, who is one of its targets or a stranger."""
    uri = f"sip:kitchen@127.0.0.1:{kitchen['sip']['port']}"
    caller = alone(uri, station={"name": "Back door", "user": "back"})
    if known:
        kitchen["target"]["back"] = {"uri": f"sip:back@127.0.0.1:{caller['sip']['port']}"}
    return caller


def test_a_second_caller_is_told_that_it_is_busy_and_the_first_call_goes_on():
    async def scenario():
        config, inside = pair()
        inside["sip"]["max_calls"] = 1
        async with appliances(config, third(inside, known=True), inside) as (front, back, kitchen):
            ours, theirs = await connect(front, kitchen)
            await back.press("ring")
            await back.wait("call.rejected", cause="busy", code=486, by="remote")
            await kitchen.wait("call.rejected", cause="busy", missed=True)
            assert (await front.call())["id"] == ours and (await kitchen.call())["id"] == theirs
            await kitchen.press("hangup")
            await front.wait("call.ended", call=ours, cause="hangup")

    asyncio.run(scenario())


def test_a_stranger_is_refused_and_nothing_rings():
    async def scenario():
        _, inside = pair()
        async with appliances(third(inside, known=False), inside) as (back, kitchen):
            await back.press("ring")
            await back.wait("call.failed", code=403, by="remote")
            await kitchen.wait("call.incoming", target="")
            assert not kitchen.of("call.ringing")
            assert not any(message.status == 180 for message in back.trace.read())

    asyncio.run(scenario())


def test_a_press_while_the_sip_process_is_dead_rings_once_it_is_back():
    async def scenario():
        async with appliances(*pair()) as (front, kitchen):
            kill(await front.sip(), signal.SIGSTOP)  # for as long as nobody notices it takes no order
            await front.press("ring")
            await front.wait("appliance.degraded", part="sip")
            await kitchen.wait("call.ringing")
            await kitchen.press("answer")
            await front.wait("call.connected")

    asyncio.run(scenario())


def test_the_panel_and_the_door_work_while_the_sip_process_cannot_start():
    async def scenario():
        async with place() as directory:
            config, _ = pair()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", config["sip"]["port"]))
                front = Appliance(directory / "front", config)
                await front.start()
                try:
                    await front.wait("appliance.degraded", part="sip")
                    await front.press("ring")
                    await front.wait("call.dialing")
                    await front.order("/v1/doors/front/open", {"seconds": 0.3})
                    await front.wait("door.unlocked")
                    await front.wait("door.locked")
                finally:
                    await front.stop()

    asyncio.run(scenario())


def test_a_daemon_that_is_told_to_end_says_bye_and_ends_well():
    async def scenario():
        async with appliances(*pair()) as (front, kitchen):
            _ours, theirs = await connect(front, kitchen)
            await front.stop()
            assert front.ended == 0
            await kitchen.wait("call.ended", call=theirs, cause="hangup", by="remote")
            assert [m for m in kitchen.trace.read() if m.received and m.method == "BYE"]

    asyncio.run(scenario())


def test_a_second_daemon_in_the_same_place_is_refused():
    async def scenario():
        config, _ = pair()
        async with appliances(config) as (front,):
            second = Appliance(front.directory, front.config)
            await second.start()
            await until_async(lambda: second.ended is not None, "its end")
            assert second.ended == 1
            assert "Another daemon uses" in front.log.read_text()
            await second.kill()  # ends what followed; the first one's sockets stay

    asyncio.run(scenario())
