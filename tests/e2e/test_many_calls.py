"""Many calls, one after the other and at once: nothing piles up, and each has its one end."""

import asyncio
import re
import socket
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.harness import PATIENCE_S, appliances, pair, until

CALLS, LOOK_EVERY = 300, 50
SETTLED_AFTER = 200  # pjsip keeps what it needs to answer repetitions for 32 s, in which 200 calls are made here
GROWTH_MB, MORE_DESCRIPTORS, MORE_THREADS = 4, 3, 3
AT_ONCE = 10
CALL_S = 0.15  # more than ten calls a second from one address would be turned away
FINAL = {"call.ended", "call.failed", "call.canceled", "call.rejected"}


def weight(pid):
    """What a process takes of the machine: memory as PSS in MB, all and its own, descriptors, threads.

    How much of a library counts depends on how many others use it at the moment, who may be other tests.
    """
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    pss, own = (int(re.search(rf"^{name}:\s+(\d+)", rollup, re.MULTILINE)[1]) / 1024 for name in ("Pss", "Pss_Anon"))
    count = {what: len(list(Path(f"/proc/{pid}/{what}").iterdir())) for what in ("fd", "task")}
    return {"pss_mb": round(pss, 1), "own_mb": round(own, 1), "descriptors": count["fd"], "threads": count["task"]}


async def weights(*stations):
    return {
        f"{station.config['station']['user']} {what}": weight(pid)
        for station in stations
        for what, pid in (("daemon", station.pid), ("sip", await station.sip()))
    }


async def short_call(front, kitchen):
    """Placed, answered, hung up."""
    begun = time.monotonic()
    ours = (await front.order("/v1/calls", {"to": "kitchen"}))["id"]
    theirs = (await kitchen.wait("call.ringing"))["call"]
    await kitchen.order(f"/v1/calls/{theirs}/answer")
    await front.wait("call.connected", call=ours)
    await asyncio.sleep(max(0.0, begun + CALL_S - time.monotonic()))
    await front.order(f"/v1/calls/{ours}/hangup")
    for station, call in ((front, ours), (kitchen, theirs)):
        await station.wait("call.ended", call=call, cause="hangup")
        ends = [event["type"] for event in station.events if event["call"] == call and event["type"] in FINAL]
        assert ends == ["call.ended"]
        del station.events[:-1]  # else each wait would look through all of them


def test_after_300_calls_memory_descriptors_and_threads_are_what_they_were(record_property):
    async def scenario():
        quiet = {"recording": {"enabled": False}, "sip": {"trace": False}}
        async with appliances(*pair(front=quiet, kitchen=quiet)) as (front, kitchen):
            settled = {}
            for number in range(1, CALLS + 1):
                await short_call(front, kitchen)
                if number % LOOK_EVERY:
                    continue
                found = await weights(front, kitchen)
                for name, each in found.items():
                    record_property(f"after {number} calls, {name}", str(each))
                settled = settled or (found if number >= SETTLED_AFTER else {})
            for name, before in settled.items():
                assert found[name]["own_mb"] < before["own_mb"] + GROWTH_MB, (name, before, found[name])
                assert found[name]["threads"] <= before["threads"] + MORE_THREADS, (name, before, found[name])

            async def few_descriptors():
                now = await weights(front, kitchen)
                return all(now[n]["descriptors"] <= settled[n]["descriptors"] + MORE_DESCRIPTORS for n in now)

            for _ in range(200):  # one that is just being closed is none too many
                if await few_descriptors():
                    break
                await asyncio.sleep(0.1)
            else:
                pytest.fail(f"descriptors: {settled} before, {await weights(front, kitchen)} now")

    asyncio.run(scenario())


class Callers:
    """One socket from which many call at once, each with a dialog of its own; knows just enough SIP for it."""

    def __init__(self, address):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.setblocking(False)
        self.far, self.port = address, self.udp.getsockname()[1]
        self.said = {}  # caller: statuses, retransmissions left out
        self.tags = {}

    def invite(self, caller):
        lines = (
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=-",
            "c=IN IP4 127.0.0.1",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP 8",
        )
        body = "".join(f"{line}\r\n" for line in lines)
        self._send("INVITE", caller, "", f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}")

    def take(self):
        """Read all that came; a final answer is acknowledged."""
        while True:
            try:
                text = self.udp.recv(65536).decode()
            except BlockingIOError:
                return
            status, caller = int(text.split()[1]), re.search(r"^Call-ID: (\S+)", text, re.MULTILINE)[1]
            if "INVITE" not in re.search(r"^CSeq:.*", text, re.MULTILINE)[0]:
                continue
            said = self.said.setdefault(caller, [])
            if status not in said:
                said.append(status)
            if status >= 200:
                tag = re.search(r"^To:.*(;tag=\S+)", text, re.MULTILINE)[1]
                self._send("ACK", caller, tag, "Content-Length: 0\r\n\r\n")

    def final(self, caller):
        return next((status for status in self.said.get(caller, ()) if status >= 200), None)

    def _send(self, method, caller, tag, rest):
        host, port = self.far
        us = f"127.0.0.1:{self.port}"
        head = (
            f"{method} sip:kitchen@{host}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {us};branch=z9hG4bK-{caller};rport\r\n"
            f"From: <sip:front@{us}>;tag={caller}\r\nTo: <sip:kitchen@{host}:{port}>{tag}\r\nCall-ID: {caller}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:front@{us}>\r\nMax-Forwards: 70\r\n"
        )
        self.udp.sendto(f"{head}{rest}".encode(), self.far)


@contextmanager
def callers(station):
    made = Callers(("127.0.0.1", station.config["sip"]["port"]))
    with made.udp:
        yield made


def test_of_ten_who_call_at_once_one_rings_and_nine_are_told_at_once_that_it_is_busy():
    async def scenario():
        inside = pair()[1]
        inside["sip"]["max_calls"] = 1
        async with appliances(inside) as (kitchen,):
            with callers(kitchen) as outside:
                names = [f"caller-{number}" for number in range(AT_ONCE)]
                for name in names:
                    outside.invite(name)

                def told():
                    outside.take()
                    return [outside.final(name) for name in names].count(486) == AT_ONCE - 1 and any(
                        180 in said for said in outside.said.values()
                    )

                await until(told, "nine times busy, one ringing", told=lambda: f"{outside.said}{kitchen.told()}")
                (ringing,) = [name for name in names if outside.final(name) is None]
                assert outside.said[ringing][-1] == 180  # the nine did not wait for its end
                assert (await kitchen.call())["state"] == "incoming"
                await kitchen.press("hangup")

                def over():
                    outside.take()
                    return outside.final(ringing)

                assert await until(over, "the end of the tenth", told=kitchen.told) in {486, 603}

                def all_ended():
                    return sum(event["type"] in FINAL for event in kitchen.events) >= AT_ONCE

                await until(all_ended, "the end of all", PATIENCE_S, kitchen.told)
                calls = [event["call"] for event in kitchen.of("call.incoming")]
                ends = [event["call"] for event in kitchen.events if event["type"] in FINAL]
                assert len(calls) == AT_ONCE and sorted(ends) == sorted(calls)
                assert [sum(e["call"] == call for e in kitchen.of("call.ringing")) for call in calls].count(1) == 1
                assert not (await kitchen.get("/v1/calls"))["calls"]

    asyncio.run(scenario())
