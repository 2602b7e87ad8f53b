"""A recorded run is replayed with the same results, reveals no digits and no secrets, and shows where it differs."""

import asyncio
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import appliance
from appliance.__main__ import main
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record
from appliance.core import desired_state, events, inputs
from appliance.core.model import (
    CallId,
    Clock,
    Codec,
    CredentialBook,
    DoorId,
    PersistentState,
    Quality,
    RecordingId,
    RequestId,
    SensorId,
    Settings,
    State,
    TamperBlock,
    Target,
)
from appliance.core.step import step
from appliance.replay import record_format, run
from appliance.replay import redaction as masking
from appliance.replay.record import Recorder
from appliance.replay.record_format import Taken
from appliance.replay.redaction import DIGITS, Masks
from appliance.runtime import reactor
from appliance.runtime.reactor import Reactor
from tests.core.station import FRONT, KITCHEN, PCMA, SETTINGS
from tests.support.daemon import start_command
from tests.support.waiting import until

CODE_AT = Path(__file__).resolve().parents[2]
REPLAYS = CODE_AT / "tests" / "replays"
CODE = "4711"
SECRETS = replace(
    SETTINGS,
    doors=(replace(SETTINGS.doors[0], digits=CODE), replace(SETTINGS.doors[1], digits="90")),
    targets=(Target("kitchen", "sip:kitchen:hunter2@127.0.0.2:5060", doors=(FRONT,)),),
)
BEGUN = State(SECRETS, now=100.0)

FRESH = [f"{number:026}" for number in range(1, 9)]
calls = st.sampled_from(["c-a", "c-b", *(f"c-{fresh}" for fresh in FRESH)]).map(CallId)
recordings = st.sampled_from([f"r-{fresh}" for fresh in FRESH]).map(RecordingId)
doors = st.sampled_from(["front", "gate", "none"]).map(DoorId)
buttons = st.sampled_from([button.id for button in SETTINGS.buttons])
digits = st.sampled_from([*DIGITS, "*", "#", "x", "é"])
texts = st.sampled_from(["", "Grüße", 'quote"\\\n', "\ud83d"])
actions = st.one_of(
    st.builds(inputs.Dial, st.sampled_from(["kitchen", "nobody", "sip:bob:pass@example"]), st.just((("X-A", "b"),))),
    st.builds(inputs.AnswerCall, calls),
    st.builds(inputs.RejectCall, calls, st.sampled_from([400, 486])),
    st.builds(inputs.HangUpCall, calls),
    st.builds(inputs.HoldCall, calls, st.booleans()),
    st.builds(inputs.MuteCall, calls, st.booleans()),
    st.builds(inputs.SendDigits, calls, st.text(DIGITS + "*#", min_size=1, max_size=4)),
    st.builds(inputs.PressButton, buttons, st.sampled_from([0.0, 1.5])),
    st.builds(inputs.OpenDoor, doors, st.sampled_from([None, 2.0, 60.0])),
)
SECONDS = st.floats(0, 1e6)  # a time of the clock is finite
blocks = st.builds(TamperBlock, st.from_type(SensorId), SECONDS)
KNOWN = {
    "call": calls,
    "recording": recordings,
    "door": doors,
    "button": buttons,
    "digit": digits,
    "uri": st.sampled_from([KITCHEN, "sip:stranger@192.0.2.1", ""]),
    "source": st.just("127.0.0.2:5060"),
    "headers": st.sampled_from([(), (("X-Floor", "2"),)]),
    "code": st.sampled_from([0, 180, 200, 408, 486, 603]),
    "part": st.sampled_from(["panel", "audio", "storage"]),
    "pulse": st.integers(0, 200).map(lambda tenths: tenths * 10**8 + 100 * 10**9),
    "codec": st.just(PCMA) | st.just(Codec("opus", 48000)),
    "quality": st.just(Quality(10, 1, 0.5)),
    "action": actions,
    "request": st.just(RequestId("q-1")),
    "duration_s": st.just(1.0),
    "bytes": st.just(100),
    "duration_ms": st.just(100),
    "book": st.just(CredentialBook("5a" * 32)),
    "kept": st.builds(
        PersistentState,
        change=st.integers(0, 2**63 - 1),
        locked_down=st.lists(doors, max_size=3).map(tuple),
        blocks=st.lists(blocks, max_size=3).map(tuple),
        changed=...,
        configured=...,
    ),
    "settings": st.just(SECRETS) | st.just(replace(SECRETS, targets=(), record=False)),
}
ORDINARY = {bool: st.booleans(), str: texts, float: SECONDS}


def any_of(kind):
    """Inputs of a kind, about calls and doors that may be there."""
    hints = get_type_hints(kind)
    told = {
        name: None if hint is ErrorCode else KNOWN[name] if name in KNOWN else ORDINARY.get(hint)
        for name, hint in hints.items()
    }
    others = {name: st.from_type(hint) for name, hint in hints.items() if told[name] is None}
    return st.builds(kind, **(told | others | {"at": st.just(0.0), "fresh": st.just("")}))


sequences = st.lists(
    st.tuples(st.sampled_from([0.0, 0.01, 0.2, 3.0, 40.0]), st.one_of([any_of(kind) for kind in inputs.INPUTS])),
    max_size=40,
)


def recorded(path: Path, state: State, given_all, **bounds) -> State:
    """What a daemon would do with these inputs, recorded; the state in the end."""
    recorder = Recorder(path, **bounds)
    recorder.begin(appliance.__version__, state)
    for one in given_all:
        taken = step(state, one)
        recorder.take(one, taken, desired_state.desired(taken.state))
        state = taken.state
    recorder.close()
    return state


def numbered(pairs):
    """Inputs one after another, with ids as the reactor gives them."""
    at, made = BEGUN.now, []
    for number, (after, one) in enumerate(pairs, 1):
        at += after
        made.append(replace(one, at=at, fresh=f"{number:026}"))
    return made


def visit():
    """A visitor rings, is answered, and the kitchen types the door's code."""
    call = CallId(f"c-{4:026}")
    return numbered(
        [
            (0.0, inputs.Started(at=0, version="1")),
            (0.1, inputs.SipReady(at=0, address="127.0.0.1:5060")),
            (0.1, inputs.GuardReady(at=0)),
            (5.0, inputs.ButtonEdge(at=0, button=SETTINGS.buttons[0].id, active=True)),
            (0.2, inputs.CallConfirmed(at=0, call=call)),
            (1.0, inputs.Requested(at=0, request=RequestId("q"), who="t", action=inputs.SendDigits(call, CODE))),
            (
                1.0,
                inputs.Requested(
                    at=0, request=RequestId("q"), who="t", action=inputs.Dial("sip:a:hunter2@b", (("X-Key", "geheim"),))
                ),
            ),
            (
                0.1,
                inputs.Requested(
                    at=0, request=RequestId("q"), who="t", action=inputs.ReportCustom("a", (("key", "geheim"),))
                ),
            ),
            *((0.5, inputs.DigitReceived(at=0, call=call, digit=d, method="info", duration_ms=80)) for d in CODE),
            (0.1, inputs.CallEnded(at=0, call=call, code=200, reason="", remote=True)),
        ]
    )


@given(sequences)
def test_whatever_comes_is_decided_again_alike(pairs):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "inputs.jsonl"
        end = recorded(path, BEGUN, numbered(pairs))
        report = run.replay(path)
    assert report.difference is None, str(report.difference)
    assert report.inputs == len(pairs)
    assert report.ended == "the daemon stopped"
    # The status names the far end, with a password in its address hidden in the file.
    assert replace(desired_state.desired(report.state), status="") == replace(desired_state.desired(end), status="")
    assert [(c.id, c.state, c.end) for c in report.state.calls.living] == [
        (c.id, c.state, c.end) for c in end.calls.living
    ]


def test_the_code_that_opened_the_door_opens_it_again_but_is_not_in_the_file(tmp_path):
    path = tmp_path / "inputs.jsonl"
    recorded(path, BEGUN, visit())
    text = path.read_text()
    assert '"relays":[{"door":"front"' in text
    assert f'"{CODE}"' not in text
    assert "hunter2" not in text
    assert "geheim" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    code = lines[0]["settings"]["doors"][0]["digits"]
    received = [line["input"]["digit"] for line in lines[1:-1] if line["input"]["type"] == "DigitReceived"]
    assert "".join(received) == code != CODE
    report = run.replay(path)
    assert report.difference is None
    assert [door for door, _ in report.state.doors.pulses] == [FRONT]


def test_a_mask_leaves_no_digit_as_it_was_and_keeps_them_apart():
    masks = Masks()
    changed = masks.hide({"digits": DIGITS})["digits"]
    assert sorted(changed) == sorted(DIGITS)
    assert all(old != new for old, new in zip(DIGITS, changed, strict=True))
    assert len(set(masks.hide({"digits": "xyé"})["digits"])) == 3
    assert not set(masks.hide({"digits": "xyé"})["digits"]) & set(DIGITS + "xyé")


def test_every_secret_that_the_core_is_given_is_left_out_of_a_recording():
    seen, waiting = set(), [Settings, *inputs.INPUTS]
    while waiting:
        hint = waiting.pop()
        if hint in seen:
            continue
        seen.add(hint)
        waiting += get_args(hint)
        if isinstance(hint, type) and issubclass(hint, Record):
            for name, inner in get_type_hints(hint).items():
                secret = re.search("password|secret|token|credential|digest", name)
                assert not secret or name in masking.SECRETS, f"{hint.__name__}.{name}"
                waiting.append(inner)
    assert len(seen) > len(inputs.INPUTS)


def test_a_recording_is_for_its_owner_only_and_the_one_before_is_kept(tmp_path):
    path = tmp_path / "inputs.jsonl"
    for _ in range(2):
        recorded(path, BEGUN, visit())
    assert path.stat().st_mode & 0o777 == 0o600
    assert run.replay(tmp_path / "inputs.jsonl.old").difference is None


def test_a_file_that_was_cut_off_is_replayed_as_far_as_it_goes(tmp_path, capsys):
    path = tmp_path / "inputs.jsonl"
    recorded(path, BEGUN, visit())
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"DigitReceived") + 40])
    assert main(["--replay", str(path)]) == 0
    told = capsys.readouterr().out
    assert "is incomplete" in told
    assert "call.connected" in told
    assert "dtmf.received" not in told


def test_a_difference_is_named_with_its_line(tmp_path, capsys):
    path = tmp_path / "inputs.jsonl"
    recorded(path, BEGUN, visit())
    path.write_text(path.read_text().replace('"call.connected"', '"call.held"'))
    assert main(["--replay", str(path)]) == 1
    assert 'The replay differs: line 6: events.0.0 was "call.held", is "call.connected"' in capsys.readouterr().out


def test_an_input_on_which_the_core_failed_differs_once_it_is_repaired(tmp_path):
    path = tmp_path / "inputs.jsonl"
    recorder = Recorder(path)
    recorder.begin("1", BEGUN)
    recorder.take(inputs.GuardReady(at=101.0), None, None)
    recorder.close()
    assert str(run.replay(path).difference) == "line 2: failed was true, is null"


def test_a_core_that_fails_now_is_reported_and_the_replay_goes_on(tmp_path, monkeypatch):
    path = tmp_path / "inputs.jsonl"
    recorded(path, BEGUN, visit())

    def breaks(state, one):
        if isinstance(one, inputs.GuardReady):
            raise ZeroDivisionError
        return step(state, one)

    monkeypatch.setattr(run, "step", breaks)
    report = run.replay(path)
    assert report.difference.line == 4
    assert any("FAILED" in line for line in report.timeline)
    assert report.inputs == len(visit())


def test_a_file_of_another_version_is_replayed_and_says_so(tmp_path, capsys):
    path = tmp_path / "inputs.jsonl"
    recorded(path, BEGUN, visit())
    path.write_text(path.read_text().replace(f'"version":"{appliance.__version__}"', '"version":"0.0.1"'))
    assert main(["--replay", str(path)]) == 0
    assert "by intercomd 0.0.1" in (told := capsys.readouterr().out)
    assert f"This is intercomd {appliance.__version__}" in told


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        ("", "header"),
        ('{"a":1}\n', "header"),
        ("[1]\n", "header"),
        ("nonsense\n", "not JSON"),
        ('{"intercomd_inputs":3}\n', "format is 3, not 1 to 2"),
        ('{"intercomd_inputs":2,"now":1.0}\n', "Line 1"),
        ('{"intercomd_inputs":2,"now":1.0,"settings":{"station":"x"}}\n{"input":{"type":"Flood"}}\n', "Line 2"),
        ('{"intercomd_inputs":2,"now":1.0,"settings":{"station":"x"}}\n{"input":{"type":"Tick"}}\n', "Line 2"),
        ('{"intercomd_inputs":1,"now":1.0,"settings":{"station":"x","colour":"red"}}\n', "Line 1"),
        ('{"intercomd_inputs":1,"now":1.0,"settings":{"station":"x"}}\n{"input":["Flood",{}]}\n', "Line 2"),
        ('{"intercomd_inputs":1,"now":1.0,"settings":{"station":"x"}}\n{"input":[]}\n', "Line 2"),
        ('{"intercomd_inputs":1,"now":1.0,"settings":{"station":"x"}}\n[]\n', "Line 2"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(tmp_path, capsys, content, why):
    path = tmp_path / "inputs.jsonl"
    if content is not None:
        path.write_text(content)
    assert main(["--replay", str(path)]) == 2
    assert why in capsys.readouterr().err


def test_a_recording_that_is_too_long_says_so_and_ends(tmp_path):
    path = tmp_path / "inputs.jsonl"
    recorded(path, BEGUN, visit(), longest=6000)
    assert path.stat().st_size < 9000  # the line of the settings, and the one that says why it ends
    report = run.replay(path)
    assert "longer than 6000 bytes" in report.ended
    assert report.difference is None


def test_a_disc_that_is_too_slow_ends_the_recording_without_a_gap(tmp_path):
    path = tmp_path / "inputs.jsonl"
    recorder = Recorder(path, behind=2)
    for one in visit():
        recorder.take(one, step(BEGUN, one), None)
    recorder.begin("1", BEGUN)
    recorder.close()
    report = run.replay(path)
    assert (report.inputs, report.ended) == (2, "the disc was too slow")


def test_a_directory_that_is_not_there_is_reported_before_the_daemon_starts(tmp_path):
    with pytest.raises(IntercomError, match="cannot be recorded"):
        Recorder(tmp_path / "nowhere" / "inputs.jsonl")


@pytest.mark.parametrize("path", sorted(REPLAYS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_what_was_reported_once_goes_as_it_went(path):
    report = run.replay(path)
    assert report.difference is None, str(report.difference)


def test_a_recording_of_format_1_has_the_clients_requests_that_were_recorded():
    report = run.replay(REPLAYS / "format-1.jsonl")
    assert report.inputs == 8
    (asked,) = (line for line in report.timeline if '"Dial"' in line)
    assert '"to": "kitchen"' in asked
    assert any("call.dialing" in line for line in report.timeline)
    assert report.state.runtime.do_not_disturb


def test_the_example_is_a_call_that_the_far_end_refused():
    report = run.replay(REPLAYS / "refused.jsonl")
    assert any(events.CallRejected.TYPE in line and '"busy"' in line for line in report.timeline)
    assert not report.state.calls.living


class Nowhere:
    """A journal that keeps nothing."""

    boot = "b"

    def take(self):
        return 1

    def append(self, envelope):
        pass

    def since(self, after, most):
        return None, []


def test_the_reactor_shows_every_input_with_what_it_brought_even_one_that_the_core_failed_on(monkeypatch):
    def breaks(state, one):
        if isinstance(one, inputs.GuardReady):
            raise ZeroDivisionError
        return step(state, one)

    async def go():
        made.start("1", None)

    monkeypatch.setattr(reactor, "step", breaks)
    made, seen = Reactor(SETTINGS, Nowhere()), []
    made.watch = lambda one, taken, desired: seen.append((type(one), taken, desired))
    made.post(inputs.GuardReady(at=0.0))
    asyncio.run(go())
    (started, taken, desired), failed = seen
    assert started is inputs.Started
    assert (taken.state, desired) == (made.state, made.desired)
    assert failed == (inputs.GuardReady, None, None)


@pytest.mark.far_end
def test_a_daemon_records_what_comes_in_and_ends_the_file_when_it_is_stopped(tmp_path):
    config, path = tmp_path / "station.toml", tmp_path / "inputs.jsonl"
    config.write_text(
        """
        [station]
        name = "Recorded"
        [sip]
        address = "127.0.0.1"
        port = 0
        [audio]
        capture = "null"
        playback = "null"
        [http]
        port = 0
        [panel]
        lines = "simulated"
        """
    )
    asked = start_command(config, tmp_path)
    with subprocess.Popen([*asked, "--record-inputs", str(path)], stderr=subprocess.DEVNULL, cwd=CODE_AT) as daemon:
        try:

            def flushed():
                assert daemon.poll() is None
                return path.exists() and b"appliance.ready" in path.read_bytes()

            until(flushed, "its first lines, while it runs")
            daemon.terminate()
            assert daemon.wait(120) == 0
        finally:
            daemon.kill()
    report = run.replay(path)
    assert report.difference is None, str(report.difference)
    assert report.ended == "the daemon stopped"
    assert any("StopRequested" in line for line in report.timeline)


def test_an_input_is_read_by_the_name_that_it_had_in_an_earlier_version():
    clock = {"at": 101.0, "clock": {"epoch": 0.0, "utc_offset_s": 3600.0, "trusted": True}}
    given = record_format.given({"input": ["ClockTold", clock]})
    assert given == inputs.ClockReported(at=101.0, clock=Clock(0.0, 3600.0, trusted=True))
    assert record_format.of(Taken(given, None, None))["input"]["type"] == "ClockReported"


def test_a_change_of_source_that_was_recorded_without_its_ssrc_is_read():
    line = {"type": "SourceChanged", "at": 1.0, "call": "c-1", "source": "192.0.2.9:4000", "previous": "192.0.2.7:4000"}
    given = record_format.given({"input": line})
    assert (given.ssrc, given.previous_ssrc) == (0, None)


@pytest.mark.parametrize(("body", "hidden"), [("v=0", "xxx"), ("ü", "xx"), ("\ud83d", "xxx"), ("", "")])
def test_a_body_is_hidden_byte_by_byte_whatever_it_holds(body, hidden):
    assert Masks().hide({"input": {"body": body}}) == {"input": {"body": hidden}}
