"""The reactor: inputs from any thread, orders before what may open a card, one fault costs one input."""

import asyncio
import os
import threading
import time

import pytest

from appliance.base.errors import IntercomError
from appliance.core import inputs, orders
from appliance.core.events import EventsLost
from appliance.core.model import (
    Action,
    ButtonId,
    ButtonSettings,
    CallId,
    LampId,
    LampSettings,
    Pattern,
    Picture,
    RequestId,
    Settings,
    Target,
)
from appliance.runtime.inbox import ROOM, Lane
from appliance.runtime.reactor import Reactor, line
from appliance.runtime.shown import Shown
from tests.support.waiting import pause, until_async

SETTINGS = Settings(
    station="Front door",
    buttons=(ButtonSettings(ButtonId("ring"), Action.RING, target="kitchen"),),
    lamps=(LampSettings(LampId("status"), ((Picture.DIALING, Pattern.SLOW),)),),
    targets=(Target("kitchen", "sip:kitchen@127.0.0.2"),),
)


class Memory:
    """A journal in memory."""

    boot = "boot"

    def __init__(self):
        self.rows, self.number = [], 0

    def take(self):
        self.number += 1
        return self.number

    def append(self, envelope):
        self.rows.append(envelope)

    def since(self, after, most):
        return None, [row for row in self.rows if row["id"] > after][:most]


@pytest.fixture
def journal():
    return Memory()


@pytest.fixture
def reactor(journal):
    made = Reactor(SETTINGS, journal)
    made.done = []
    for kind in (orders.Place, orders.HangUp, orders.Ring, orders.Refuse):
        made.perform[kind] = made.done.append
    made.perform[orders.LogCall] = lambda order: None
    made.make_so["lamps"] = lambda lamps: made.done.append(("lamps", lamps))
    made.make_so["sound"] = lambda sound: made.done.append(("sound", sound.tone))
    return made


def types(journal):
    return [row["type"] for row in journal.rows]


async def begun(reactor):
    reactor.start("1", None)
    reactor.post(inputs.SipReady(at=time.monotonic(), address="127.0.0.1:5060"))
    await until_async(lambda: reactor.state.appliance.sip_ready)


def press(active=True):
    return inputs.ButtonEdge(at=time.monotonic(), button=ButtonId("ring"), active=active)


def test_a_press_shines_first_then_invites_then_sounds(reactor):
    async def main():
        await begun(reactor)
        reactor.done.clear()
        reactor.post(press())
        await until_async(lambda: len(reactor.done) >= 3)
        kinds = [what[0] if isinstance(what, tuple) else type(what).__name__ for what in reactor.done]
        assert kinds == ["lamps", "Place", "sound"]
        reactor.stop()

    asyncio.run(main())


def test_a_call_is_placed_before_it_is_reported(reactor, journal):
    reactor.perform[orders.Place] = lambda order: journal.rows.append({"type": type(order).__name__})

    async def main():
        await begun(reactor)
        reactor.post(press())
        await until_async(lambda: "call.dialing" in types(journal))
        reactor.stop()

    asyncio.run(main())
    assert types(journal).index("Place") < types(journal).index("button.pressed")


def test_inputs_come_from_any_thread_and_keep_each_threads_order(reactor, journal):
    async def main():
        await begun(reactor)

        def many(part):
            for number in range(200):
                reactor.post(inputs.PartFailed(at=time.monotonic(), part=part, why=f"{part} {number}"))

        threads = [threading.Thread(target=many, args=(f"p{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        await until_async(lambda: types(journal).count("appliance.degraded") == 800)
        for thread in threads:
            thread.join()
        for n in range(4):
            whys = [row["data"]["why"] for row in journal.rows if row["data"].get("part") == f"p{n}"]
            assert whys == [f"p{n} {number}" for number in range(200)]
        reactor.stop()

    asyncio.run(main())


def test_ids_are_consecutive_and_what_the_journal_lost_comes_first(reactor, journal):
    async def main():
        reactor.start("1", EventsLost(from_=3, to=9, certain=False))
        await until_async(lambda: len(journal.rows) >= 2)
        assert types(journal)[:2] == ["events.lost", "appliance.started"]
        assert journal.rows[0]["data"] == {"from": 3, "to": 9, "certain": False}
        assert [row["id"] for row in journal.rows] == list(range(1, len(journal.rows) + 1))
        reactor.stop()

    asyncio.run(main())


def test_inputs_posted_before_the_start_are_taken(reactor, journal):
    async def main():
        reactor.post(inputs.PartFailed(at=time.monotonic(), part="storage", why="full"))
        reactor.start("1", None)
        await until_async(lambda: "appliance.degraded" in types(journal))
        reactor.stop()

    asyncio.run(main())


def test_an_adapter_that_fails_costs_neither_the_others_nor_the_daemon(reactor, journal, caplog):
    def broken(_):
        raise RuntimeError("adapter")

    async def main():
        await begun(reactor)
        reactor.make_so["lamps"] = broken
        reactor.done.clear()
        reactor.post(press())
        await until_async(lambda: any(isinstance(what, orders.Place) for what in reactor.done))
        assert "adapter" in caplog.text
        reactor.stop()

    asyncio.run(main())


def test_a_core_that_fails_costs_one_input(reactor, journal, caplog, monkeypatch):
    from appliance.runtime import reactor as module

    real = module.step

    def fails_once(state, given):
        if isinstance(given, inputs.ButtonEdge) and given.active:
            monkeypatch.setattr(module, "step", real)
            raise ZeroDivisionError
        return real(state, given)

    async def main():
        await begun(reactor)
        monkeypatch.setattr(module, "step", fails_once)
        reactor.post(press())
        await until_async(lambda: "The core failed" in caplog.text)
        reactor.post(press())
        await until_async(lambda: "call.dialing" in types(journal))
        reactor.stop()

    asyncio.run(main())


def test_what_fails_is_logged_without_the_digits_it_had(reactor, caplog, monkeypatch):
    from appliance.runtime import reactor as module

    def broken(*_):
        raise RuntimeError("broken")

    async def main():
        await begun(reactor)
        reactor.perform[orders.Place] = broken
        reactor.post(press())
        await until_async(lambda: "An adapter failed on Place" in caplog.text)
        assert "127.0.0.2" not in caplog.text.split("An adapter failed on ")[1]
        monkeypatch.setattr(module, "step", broken)
        call = reactor.state.calls.living[0].id
        digit = inputs.DigitReceived(at=time.monotonic(), call=call, digit="7", method="info", duration_ms=4321)
        reactor.post(digit)
        await until_async(lambda: "The core failed on DigitReceived" in caplog.text)
        assert "digit='7'" not in caplog.text
        assert "4321" not in caplog.text
        reactor.stop()

    asyncio.run(main())


def test_a_deadline_is_met_by_a_tick_without_any_other_input(reactor, journal):
    async def main():
        await begun(reactor)
        reactor.post(press())
        await until_async(lambda: "button.pressed" in types(journal))
        reactor.post(press(active=False))
        await until_async(lambda: "button.released" in types(journal))  # within the debounce: a Tick has brought it
        reactor.stop()

    asyncio.run(main())


def test_a_full_inbox_drops_and_says_how_many(reactor, journal, caplog):
    for _ in range(ROOM[Lane.STATION] + 5):
        reactor.post(inputs.Tick(at=0.0))

    async def main():
        reactor.start("1", None)
        await until_async(lambda: "5 inputs were dropped" in caplog.text)
        reactor.stop()

    asyncio.run(main())


def call_from(number):
    return inputs.CallArrived(
        at=time.monotonic(),
        call=CallId(f"c{number}"),
        uri="sip:somebody@192.0.2.1",
        display_name="",
        source="192.0.2.1:5060",
        local_uri="sip:door@127.0.0.1",
    )


def test_calls_that_find_no_room_are_refused_and_a_press_is_taken(reactor, journal):
    async def main():
        await begun(reactor)
        reactor.done.clear()
        for number in range(ROOM[Lane.OUTSIDE] + 3):
            reactor.post(call_from(number))
        reactor.post(press())
        await until_async(lambda: any(isinstance(done, orders.Place) for done in reactor.done))
        refused = [done for done in reactor.done if isinstance(done, orders.Refuse) and done.code == 503]
        assert [refusal.call for refusal in refused] == [f"c{ROOM[Lane.OUTSIDE] + more}" for more in range(3)]
        assert "button.pressed" in types(journal)
        reactor.stop()

    asyncio.run(main())


def test_a_request_is_refused_at_once_while_too_many_wait(reactor):
    async def main():
        await begun(reactor)
        for number in range(ROOM[Lane.CLIENTS]):
            asked = inputs.PressButton(button=ButtonId("ring"))
            reactor.post(inputs.Requested(at=0.0, request=RequestId(f"q{number}"), who="local", action=asked))
        with pytest.raises(IntercomError, match="Too many requests are waiting"):
            await reactor.request(inputs.PressButton(button=ButtonId("ring")), "local")
        reactor.stop()

    asyncio.run(main())


def test_a_request_is_replied_to_or_refused(reactor):
    async def main():
        await begun(reactor)
        placed = await reactor.request(inputs.Dial("kitchen"), "test")
        assert Shown(reactor).call(placed.call).state == "dialing"
        assert [call.id for call in Shown(reactor).calls()] == [placed.call]
        refused = await reactor.request(inputs.Dial("nobody"), "test")
        assert refused.error.code == "number-invalid"
        assert Shown(reactor).call("c-none") is None
        reactor.stop()
        with pytest.raises(IntercomError, match="stopping"):
            await reactor.request(inputs.Dial("kitchen"), "test")

    asyncio.run(main())


def test_a_request_that_waits_when_the_daemon_stops_gets_an_error(reactor, monkeypatch):
    async def main():
        await begun(reactor)
        monkeypatch.setattr(reactor, "_drain", lambda: None)
        asking = asyncio.create_task(reactor.request(inputs.Dial("kitchen"), "test"))
        await asyncio.sleep(0)
        reactor.stop()
        with pytest.raises(IntercomError, match="did not answer"):
            await asking

    asyncio.run(main())


def test_the_snapshot_names_the_last_event_in_it(reactor, journal):
    async def main():
        await begun(reactor)
        shown = Shown(reactor).snapshot()
        assert shown.last_event == journal.rows[-1]["id"]
        assert shown.appliance.ready is True
        reactor.stop()

    asyncio.run(main())


def test_a_call_has_the_same_times_in_each_answer(reactor):
    async def main():
        await begun(reactor)
        placed = await reactor.request(inputs.Dial("kitchen"), "test")
        read = Shown(reactor)
        shown = [read.call(placed.call) for _ in range(100)]
        shown += [read.calls()[0], read.snapshot().calls[0]]
        assert len({call.created for call in shown}) == 1
        reactor.stop()

    asyncio.run(main())


def test_a_log_line_has_fields_and_no_empty_ones():
    envelope = {"type": "media.started", "call": "c-1", "data": {"codec": {"name": "opus", "clock_rate_hz": 48000}}}
    assert line(envelope) == "media.started call=c-1 codec=opus/48000"
    assert line({"type": "x", "call": None, "data": {"a": None, "b": "", "c": 0, "d": ()}}) == "x c=0"
    assert line({"type": "x", "call": None, "data": {"scopes": ("view", "call")}}) == "x scopes=view,call"


def test_the_id_of_a_call_that_a_client_has_made_up_begins_no_line_of_its_own():
    envelope = {"type": "error", "call": "x\ndoor.unlocked door=front", "data": {"code": "call-not-found"}}
    assert line(envelope) == 'error call="x\\ndoor.unlocked door=front" code=call-not-found'


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("a\x1b[2Jb", "a\\u001b[2Jb"),
        ("a\x9b2Jb", "a\\u009b2Jb"),  # ESC [ in one character
        ("a\u202eb", "a\\u202eb"),  # right to left from here on
        ("a\u2028b", "a\\u2028b"),  # a line's end
        ("ü\n", "ü\\n"),
        ("\ud800", "\\ud800"),
    ],
)
def test_a_text_of_others_steers_no_terminal_that_shows_the_log(given, text):
    assert line({"type": "custom", "call": None, "data": {"details": {"a": given}}}) == f'custom details="{text}"'


def test_a_deadline_believes_no_level_whose_edges_the_loop_has_not_read_yet(journal):
    """While the loop is busy a disturbance ends; the first button's deadline comes before it has heard of that."""
    first, other = (ButtonSettings(ButtonId(name), Action.NONE, min_press_s=0.05) for name in ("first", "other"))
    reactor = Reactor(Settings(station="Front door", buttons=(first, other)), journal)
    ends, begins = os.pipe()

    async def play():
        loop = asyncio.get_running_loop()
        await begun(reactor)
        now = time.monotonic()
        reactor.post(inputs.ButtonEdge(at=now, button=first.id, active=True))
        reactor.post(inputs.ButtonEdge(at=now + 0.04, button=other.id, active=True))

        def busy():
            pause(0.2)
            os.write(begins, b"x")

        def read():
            os.read(ends, 1)
            reactor.post(inputs.ButtonEdge(at=now + 0.06, button=other.id, active=False))

        loop.add_reader(ends, read)
        loop.call_at(now + 0.01, pause, 0.1)  # so that the next two are due in one turn of the loop
        loop.call_at(now + 0.049, busy)
        await until_async(lambda: reactor.state.panel.glitches)
        loop.remove_reader(ends)

    try:
        asyncio.run(play())
    finally:
        os.close(ends)
        os.close(begins)
    assert [row["data"]["button"] for row in journal.rows if row["type"] == "button.pressed"] == ["first"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        ([True, None], "true,null"),
        ({"name": "opus", "rate": None, "on": True}, "opus/null/true"),
        ([{"id": "a", "muted": False}], "a/false"),
        ("True", "True"),  # a name that somebody gave
        (0, "0"),
    ],
)
def test_a_line_of_the_log_has_no_words_of_python(value, text):
    envelope = {"type": "call.x", "call": None, "data": {"field": value, "missing": None}}
    assert line(envelope) == f"call.x field={text}"
