"""Many calls, one after the other and at once: nothing piles up, and each has its one end."""

import os
import re
import socket
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.pairs import appliances, merged, pair
from tests.support.waiting import PATIENCE_S, pause, until

FULL = bool(os.environ.get("LOAD_FULL"))  # by make test-load
CALLS, LOOK_EVERY = 1000 if FULL else 300, 50
SETTLED_AFTER = 500 if FULL else 200  # pjsip keeps what it needs to answer repetitions for 32 s; so do our lists
GROWTH_MB, MORE_DESCRIPTORS, MORE_THREADS = 4, 3, 3
# How many calls come within these seconds depends on the machine, and each of them is kept.
KEPT_S, KEPT_MB = 32.0, 0.12
AT_ONCE = 10
CROWD, ROUNDS = 20, 60 if FULL else 3
TALK_S = 2.0 if FULL else 0.0
SETTLED_ROUNDS = 25  # more than 32 s, when they talk for so long
CALL_S = 0.15  # more than ten calls a second from one address would be turned away
RTP = 0x80  # how it begins (RFC 3550 §5.1); it comes to the same port
EMPTY = "Content-Length: 0\r\n\r\n"
FINAL = {"call.ended", "call.failed", "call.canceled", "call.rejected"}


def weight(pid):
    """What a process takes of the machine: memory as PSS in MB, all and its own, descriptors, threads.

    How much of a library counts depends on how many others use it at the moment, who may be other tests.
    """
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    pss, own = (int(re.search(rf"^{name}:\s+(\d+)", rollup, re.MULTILINE)[1]) / 1024 for name in ("Pss", "Anonymous"))
    count = {what: len(list(Path(f"/proc/{pid}/{what}").iterdir())) for what in ("fd", "task")}
    return {"pss_mb": round(pss, 1), "own_mb": round(own, 1), "descriptors": count["fd"], "threads": count["task"]}


def weights(*stations):
    return {
        f"{station.config['station']['user']} {what}": weight(pid)
        for station in stations
        for what, pid in (("daemon", station.pid), ("sip", station.sip()))
    }


def short_call(front, kitchen):
    """Placed, answered, hung up."""
    begun = time.monotonic()
    ours = front.post("/v1/calls", {"to": "kitchen"})["id"]
    theirs = kitchen.next("call.ringing")["call"]
    kitchen.post(f"/v1/calls/{theirs}/answer")
    front.next("call.connected", call=ours)
    pause(max(0.0, begun + CALL_S - time.monotonic()))  # more would be turned away
    front.post(f"/v1/calls/{ours}/hangup")
    for station, call in ((front, ours), (kitchen, theirs)):
        station.next("call.ended", call=call, cause="hangup")
        ends = [event["type"] for event in station.events if event["call"] == call and event["type"] in FINAL]
        assert ends == ["call.ended"]
        del station.events[:-1]  # else each wait would look through all of them


QUIET = {"recording": {"enabled": False}, "sip": {"trace": False}}


@pytest.mark.long(60)
def test_after_hundreds_of_calls_memory_descriptors_and_threads_are_what_they_were(record_property):
    with appliances(*pair(front=QUIET, kitchen=QUIET)) as (front, kitchen):
        settled, begun, kept, kept_then = {}, [], 0, 0
        for number in range(1, CALLS + 1):
            short_call(front, kitchen)
            begun.append(time.monotonic())
            kept = max(kept, sum(each > begun[-1] - KEPT_S for each in begun))
            if number % LOOK_EVERY:
                continue
            found = weights(front, kitchen)
            for name, each in found.items():
                record_property(f"after {number} calls, {name}", str(each))
            if not settled and number >= SETTLED_AFTER:
                settled, kept_then = found, kept
        growth_mb = GROWTH_MB + KEPT_MB * (kept - kept_then)
        for name, before in settled.items():
            assert found[name]["own_mb"] < before["own_mb"] + growth_mb, (name, before, found[name], kept, kept_then)
            assert found[name]["threads"] <= before["threads"] + MORE_THREADS, (name, before, found[name])
        no_more_descriptors_than(settled, front, kitchen)


def no_more_descriptors_than(settled, *stations):
    """Soon: one that is just being closed is none too many."""
    now = {}

    def few():
        now.update(weights(*stations))
        return all(now[name]["descriptors"] <= settled[name]["descriptors"] + MORE_DESCRIPTORS for name in now)

    until(few, "descriptors to be closed", log=lambda: f"{settled} before, {now} now")


class Callers:
    """One socket from which many call at once, each with a dialog of its own; knows just enough SIP for it.

    A far end that is offered another kind of sound agrees, and so does one that gets BYE.
    """

    def __init__(self, address):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.setblocking(False)
        self.far, self.port = address, self.udp.getsockname()[1]
        self.said = {}  # caller: statuses, retransmissions left out
        self.offered = {}  # caller: the direction that he was offered last
        self.gone = set()  # callers whose call is over
        self._tags = {}

    def invite(self, caller):
        self._send("INVITE", caller, "", self._body("sendrecv"))

    def hang_up(self, caller):
        self.gone.add(caller)
        self._send("BYE", caller, self._tags[caller], EMPTY, 2)

    def take(self):
        """Read all that came; a final answer is acknowledged, a request answered."""
        while True:
            try:
                packet = self.udp.recv(65536)
            except BlockingIOError:
                return
            if packet[0] >= RTP:
                continue
            text = packet.decode()
            caller = re.search(r"^Call-ID: (\S+)", text, re.MULTILINE)[1]
            if not text.startswith("SIP/2.0 "):
                self._asked(text, caller)
            elif "INVITE" in re.search(r"^CSeq:.*", text, re.MULTILINE)[0]:
                self._answered(caller, int(text.split()[1]), re.search(r"^To:.*(;tag=\S+)", text, re.MULTILINE))

    def final(self, caller):
        return next((status for status in self.said.get(caller, ()) if status >= 200), None)

    def _answered(self, caller, status, tag):
        said = self.said.setdefault(caller, [])
        if status not in said:
            said.append(status)
        if status >= 200:
            self._tags[caller] = tag[1]
            self._send("ACK", caller, tag[1], EMPTY)

    def _asked(self, text, caller):
        method = text.split()[0]
        if method == "ACK":
            return
        over, rest = caller in self.gone, EMPTY
        if method == "BYE":
            self.gone.add(caller)
        elif method == "INVITE" and not over:
            self.offered[caller] = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", text, re.MULTILINE)[1]
            rest = self._body({"sendonly": "recvonly"}.get(self.offered[caller], self.offered[caller]))
        status = "481 Gone" if over and method == "INVITE" else "200 OK"
        copied = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", text, re.MULTILINE)
        contact = f"Contact: <sip:front@127.0.0.1:{self.port}>\r\n"
        self.udp.sendto(f"SIP/2.0 {status}\r\n{''.join(copied)}{contact}{rest}".encode(), self.far)

    def _body(self, direction):
        lines = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0")
        body = "".join(f"{line}\r\n" for line in (*lines, f"m=audio {self.port} RTP/AVP 8", f"a={direction}"))
        return f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"

    def _send(self, method, caller, tag, rest, number=1):
        host, port = self.far
        us = f"127.0.0.1:{self.port}"
        head = (
            f"{method} sip:kitchen@{host}:{port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {us};branch=z9hG4bK-{caller}{number if number > 1 else ''};rport\r\n"
            f"From: <sip:front@{us}>;tag={caller}\r\nTo: <sip:kitchen@{host}:{port}>{tag}\r\nCall-ID: {caller}\r\n"
            f"CSeq: {number} {method}\r\nContact: <sip:front@{us}>\r\nMax-Forwards: 70\r\n"
        )
        self.udp.sendto(f"{head}{rest}".encode(), self.far)


@contextmanager
def callers(station):
    made = Callers(("127.0.0.1", station.config["sip"]["port"]))
    with made.udp:
        yield made


def test_of_ten_who_call_at_once_one_rings_and_nine_are_refused_at_once_as_busy():
    inside = pair()[1]
    inside["sip"]["max_calls"] = 1
    with appliances(inside) as (kitchen,):
        with callers(kitchen) as outside:
            names = [f"caller-{number}" for number in range(AT_ONCE)]
            for name in names:
                outside.invite(name)

            def told():
                outside.take()
                return [outside.final(name) for name in names].count(486) == AT_ONCE - 1 and any(
                    180 in said for said in outside.said.values()
                )

            until(told, "nine times busy, one ringing", log=lambda: f"{outside.said}{kitchen.told()}")
            (ringing,) = [name for name in names if outside.final(name) is None]
            assert outside.said[ringing][-1] == 180  # the nine did not wait for its end
            assert kitchen.call()["state"] == "incoming"
            kitchen.press("hangup")

            def over():
                outside.take()
                return outside.final(ringing)

            assert until(over, "the end of the tenth", log=kitchen.told) in {486, 603}

            def all_ended():
                return sum(event["type"] in FINAL for event in kitchen.events) >= AT_ONCE

            until(all_ended, "the end of all", PATIENCE_S, kitchen.told)
            calls = [event["call"] for event in kitchen.ever("call.incoming")]
            ends = [event["call"] for event in kitchen.events if event["type"] in FINAL]
            assert len(calls) == AT_ONCE and sorted(ends) == sorted(calls)
            assert [sum(e["call"] == call for e in kitchen.ever("call.ringing")) for call in calls].count(1) == 1
            assert not kitchen.get("/v1/calls")["calls"]


def crowd_comes_talks_and_goes(outside, kitchen, number):
    """Twenty call in one moment, all are answered, half of them hang up and half are hung up on."""
    names = [f"{number}-{caller}" for caller in range(CROWD)]

    def seen(what, condition):
        def looked():
            outside.take()
            return condition()

        until(looked, what, 3 * PATIENCE_S, lambda: f"{outside.said}{kitchen.told()}")

    for name in names:
        outside.invite(name)
    seen("ringing", lambda: all(180 in outside.said.get(name, ()) for name in names))
    seen("events of it", lambda: len(kitchen.ever("call.ringing")) == CROWD)
    calls = [event["call"] for event in kitchen.ever("call.ringing")]
    for call in calls:
        kitchen.post(f"/v1/calls/{call}/answer")
    seen("answers", lambda: all(outside.final(name) == 200 for name in names))
    seen("all talking", lambda: len(kitchen.ever("call.connected")) == CROWD)
    # One has the speaker and the microphone; the others are put on hold.
    held = "sendonly", "inactive"
    seen("holding", lambda: sum(outside.offered.get(name) in held for name in names) == CROWD - 1)
    shown = kitchen.get("/v1/calls")["calls"]
    assert [call["active"] for call in shown].count(True) == 1

    pause(TALK_S)

    def ends():
        return [event for event in kitchen.events if event["type"] in FINAL and event["call"] in calls]

    for name in names[::2]:
        outside.hang_up(name)
    seen("half of the ends", lambda: len(ends()) >= CROWD // 2)
    for call in kitchen.get("/v1/calls")["calls"]:
        kitchen.ask("DELETE", f"/v1/calls/{call['id']}")
    seen("all ends", lambda: len(ends()) >= CROWD)
    assert sorted(event["call"] for event in ends()) == sorted(calls)
    assert {(event["type"], event["data"]["cause"]) for event in ends()} == {("call.ended", "hangup")}
    assert not kitchen.get("/v1/calls")["calls"]
    seen("the last words", lambda: outside.gone >= set(names))
    del kitchen.events[:-1]


def test_twenty_calls_at_once_are_all_answered_and_leave_nothing_behind(record_property):
    patient = {"rtp_s": 600, "incoming_s": 600}  # nobody says anything, and a busy machine answers slowly
    inside = merged(pair()[1], {**QUIET, "sip": {"trace": False, "max_calls": CROWD}, "deadlines": patient})
    with appliances(inside) as (kitchen,):
        with callers(kitchen) as outside:
            settled = {}
            for number in range(1, ROUNDS + 1):
                crowd_comes_talks_and_goes(outside, kitchen, number)
                found = weights(kitchen)
                if number % 10 == 0 or number == ROUNDS:
                    for name, each in found.items():
                        record_property(f"after {number} times twenty calls, {name}", str(each))
                if number in {1, SETTLED_ROUNDS}:
                    settled = found
            for name, before in settled.items():
                assert found[name]["threads"] <= before["threads"] + MORE_THREADS, (name, before, found[name])
                if FULL:
                    assert found[name]["own_mb"] < before["own_mb"] + GROWTH_MB, (name, before, found[name])
            no_more_descriptors_than(settled, kitchen)
