"""The demonstration on stations that show what each step expects, but for one thing: the step fails and names it."""

import asyncio
import io
import math
import re
import time
import wave
from ast import literal_eval
from contextlib import suppress

import pytest

from appliance.base.errors import ErrorCode, IntercomError
from appliance.demo import __main__ as demo
from appliance.demo import expectations, player
from appliance.demo.expectations import FRONT, KITCHEN, Side
from appliance.demo.scenario import STEPS
from appliance.demo.sip_trace import TracedMessage

NAMES = [step.name for step in STEPS]
SIGHTS = [(step, sight) for step in STEPS for sight in step.sights]
IDS = [f"{step.name}-{sight.side}-{sight.text}" for step, sight in SIGHTS]
LOOKS = 200  # far more than a step that succeeds needs
STATES = {"the ringing tone plays": ("tone", "ringing"), "the panel shows that it is held": ("picture", "held")}
SHAPES = {
    "event": r"event (?P<kind>\S+)(?P<data>.*)",
    "message": r"receives (?P<again>re-)?((?P<status>\d+) to )?(?P<method>[A-Z]+)( with (?P<sdp>.+))?",
    "lamp": r"lamp (?P<name>\S+) (?P<what>changes|is lit|is off)",
    "relay": r"relay of door (?P<door>\S+) is (?P<how>energised|at rest)",
    "packets": r"receives (?P<count>\d+) RTP packets",
    "ready": r"the relay of door (?P<door>\S+) can be operated",
    "page": r"the page is served",
    "speech": r"the recording holds speech .*",
}


def literal(text):
    with suppress(ValueError, SyntaxError):
        return literal_eval(text)
    return text


class Trace:
    def __init__(self, path):
        self.path, self.messages = path, []

    def read(self):
        return self.messages


class Station:
    """Stands for a DemoStation: it shows what `show` is given."""

    side: Side

    def __init__(self, directory, name):
        directory.mkdir()
        self.directory, self.name, self.log = directory, name, directory / "daemon.log"
        self.config = {"sip": {"address": "127.0.0.1", "port": 5060}}
        self.log.write_text("its last words\n")
        self.trace = Trace(directory / "sip.trace")
        self.events, self.lamps, self.ended, self.page, self.gone = [], [], None, "", False
        self.state = {"panel": {"tone": "none", "picture": "idle"}, "doors": []}
        self.received, self.arriving, self.recording = 0, 0, None

    async def press(self, _button, _seconds=0.1):
        if self.gone:
            raise IntercomError(ErrorCode.UNAVAILABLE, "It does not answer.")
        return time.monotonic()

    async def get(self, path):
        if path == "/v1/calls":
            self.received += self.arriving
            return {"calls": [{"quality": {"received": self.received}}]}
        if path == "/v1/recordings":
            return {"recordings": [{"id": "r-1", "url": "/r-1"}] if self.recording else []}
        if path == "/r-1":
            return self.recording
        assert path == "/v1/state"
        return self.state

    def show(self, sight):
        """Show what an expectation says in words."""
        if sight.text in STATES:
            name, value = STATES[sight.text]
            self.state["panel"][name] = value
            return
        matches = {kind: found for kind, shape in SHAPES.items() if (found := re.fullmatch(shape, sight.text))}
        ((said, found),) = matches.items()
        getattr(self, f"show_{said}")(**found.groupdict())

    def show_event(self, kind, data):
        pairs = re.findall(r"(\w+)=(.*?)(?= \w+=|$)", data)
        said = {name: literal(value) for name, value in pairs}
        self.events.append({"type": kind, "uptime": time.monotonic(), "data": said})

    def show_message(self, again, status, method, sdp):
        sdp = sdp or ""
        self.trace.messages.append(
            TracedMessage(
                at=time.time(),
                received=True,
                peer="",
                first_line="",
                method=method,
                status=int(status or 0),
                call_id="",
                to_tag=bool(again or status),
                direction=sdp.partition(" and ")[0],
                takes_digits="telephone-event" in sdp,
            )
        )

    def show_lamp(self, name, what):
        self.lamps.append({"lamp": name, "lit": what != "is off", "at": time.monotonic()})

    def show_relay(self, door, how):
        if how == "energised":
            (self.directory / f"relay-{door}").write_text("1")
        elif door in self.side.energised:
            (self.directory / f"relay-{door}").write_text("0")
        else:
            asyncio.get_running_loop().call_soon(self.show_relay, door, how)

    def show_packets(self, count):
        self.arriving = int(count)

    def show_ready(self, door):
        self.state["doors"].append({"id": door, "available": True})

    def show_page(self):
        self.page = "http://127.0.0.1/#token=x"

    def show_speech(self):
        file = io.BytesIO()
        with wave.open(file, "wb") as audio:
            audio.setparams((1, 2, 8000, 0, "NONE", ""))
            audio.writeframes(b"\x00\x40" * 16000)
        self.recording = file.getvalue()


class Begun(Side):
    """A side of stations that show what a step expects as soon as it has begun; a press is answered, no more."""

    def __init__(self, station, begun):
        super().__init__(station)
        station.side, self._begun = self, begun

    def begin(self):
        super().begin()
        self.station.arriving = 0
        self._begun()


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """`scene(missing)`: both sides, which show all that is expected but this sight."""

    async def until(condition, _patience_s):
        for _ in range(LOOKS):
            if condition():
                return
            await asyncio.sleep(0)

    for module, name in ((player, "LOOK_S"), (player, "AFTER_END_S"), (expectations, "ASK_EVERY_S")):
        monkeypatch.setattr(module, name, 0)
    monkeypatch.setattr(player, "until", until)

    def made(missing=None):
        began = []

        def begun():
            began.append(None)
            if len(began) % 2 == 0:  # both have
                for sight in STEPS[len(began) // 2 - 1].sights:
                    if sight is not missing:
                        sides[sight.side].station.show(sight)

        sides = {name: Begun(Station(tmp_path / name, name.title()), begun) for name in (FRONT, KITCHEN)}
        return sides

    return made


def played(sides):
    return asyncio.run(demo._call(sides, math.inf, None))


def test_a_call_of_which_everything_is_seen_succeeds(scene, capsys):
    assert played(scene()) == 0
    printed, complained = capsys.readouterr()
    assert [name for name in NAMES if f" s  {name}: " in printed] == NAMES
    assert "The recording: " in printed and not complained


@pytest.mark.parametrize(("step", "sight"), SIGHTS, ids=IDS)
def test_one_thing_that_is_not_seen_fails_its_step_which_names_it(scene, capsys, step, sight):
    sides = scene(sight)
    assert played(sides) == 1
    printed, complained = capsys.readouterr()
    assert f"Step {step.name} failed" in complained
    assert f"expected: {sides[sight.side].station.name}: {sight.text}\n" in complained
    assert "seen: " in complained and f"look in:  {sight.where(sides[sight.side])}" in complained
    assert [name for name in NAMES if f" s  {name}: " in printed] == NAMES[: NAMES.index(step.name)]


def test_a_station_that_has_ended_is_named_with_its_last_words(scene, capsys):
    missing = next(sight for step, sight in SIGHTS if step.name == "ring")
    sides = scene(missing)
    sides[KITCHEN].station.ended = -9
    assert played(sides) == 1
    assert "the daemon of Kitchen ended with status -9: its last words" in capsys.readouterr().err


def test_a_button_that_cannot_be_pressed_fails_its_step(scene, capsys):
    sides = scene()
    sides[KITCHEN].station.gone = True
    assert played(sides) == 1
    complained = capsys.readouterr().err
    assert "Step answer failed" in complained and "It does not answer." in complained
