"""intercomctl against the real interface of a real daemon."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
import tomli

from appliance.api.models.tokens import TokenScope
from appliance.cli import show
from appliance.cli.__main__ import main
from appliance.cli.client import TIMEOUT_S, Client
from appliance.cli.options import TONES
from appliance.cli.tokens import SCOPES
from appliance.core.model import PLAYABLE
from appliance.orders.shared import PlayableTone
from appliance.simulator.panel import ask
from tests.support.daemon import Daemon
from tests.support.forks.commands import commands
from tests.support.times import REAL
from tests.support.waiting import until

SIMULATED = Path(__file__).resolve().parents[2] / "hardware" / "simulated.toml"

COMPLETIONS = SIMULATED.parents[1] / "packaging" / "completions"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """A door station of its own: free ports, a short path for its sockets."""
    state = tmp_path_factory.mktemp("ctl")
    config = tomli.loads(SIMULATED.read_text())
    config["sip"]["port"] = config["http"]["port"] = 0
    config["http"]["socket"] = True
    config["door"]["front"]["pulse_s"] = 8.0  # commands see it open, however late they start
    config["deadlines"] = {"dialing_s": 600, "ringing_s": 600}
    (state / "recordings").mkdir()
    with wave.open(str(state / "recordings" / "r-1.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))
    config["directory"] = {"file": str(state / "flats.csv")}
    (state / "flats.csv").write_text("flat,name,targets\n12,Miller,kitchen\n")
    with Daemon(state, config=config) as daemon:
        until((state / "http.address").exists, "the interface", log=daemon.told)
        yield state


@pytest.fixture(scope="module", autouse=True)
def _forked():
    """Commands are forked; what has a process to look at starts the program, by `command`."""
    with commands() as forked:
        ctl.run = forked.run
        yield


def placed(state, *words, url=None):
    return [*(["--url", url] if url else ["--socket", str(state / "http.sock")]), *words]


def command(state, *words, url=None):
    return [sys.executable, "-m", "appliance.cli", *placed(state, *words, url=url)]


def ctl(state, *words, token=None, url=None, given=""):
    environment = {**os.environ} | ({"INTERCOM_TOKEN": token} if token else {})
    return ctl.run(placed(state, *words, url=url), environment, given)


def test_the_client_and_http_know_the_tones_that_the_station_plays():
    """The client starts without the model, and msgspec wants literals: each has its own list."""
    assert get_args(PlayableTone) == tuple(PLAYABLE)
    assert tuple(PLAYABLE) == TONES


def test_the_client_and_http_know_the_scopes_of_tokens():
    assert get_args(TokenScope) == SCOPES


@pytest.mark.far_end
def test_the_state_is_shown_in_words_and_as_json(daemon):
    words = ctl(daemon, "state")
    assert words.returncode == 0
    assert "Front door: " in words.stdout
    assert "door      front  locked" in words.stdout
    assert json.loads(ctl(daemon, "--json", "panel").stdout)["buttons"][0]["id"] == "ring"
    assert "button    ring" in ctl(daemon, "panel").stdout
    assert ctl(daemon, "recordings").returncode == 0
    assert ctl(daemon, "accounts").stdout == "No accounts.\n"


@pytest.mark.far_end
def test_a_door_is_opened_and_what_is_wrong_is_reported_with_status_1(daemon):
    assert ctl(daemon, "door", "front", "--seconds", "0.3").returncode == 0
    until(lambda: "front  locked" in ctl(daemon, "state").stdout, daemon)
    assert ctl(daemon, "door", "front", "hold", "--seconds", "60").returncode == 0
    until(lambda: "front  held open until" in ctl(daemon, "state").stdout, daemon)
    assert ctl(daemon, "door", "front", "release").returncode == 0
    until(lambda: "front  locked" in ctl(daemon, "state").stdout, daemon)
    assert "cannot be held open for 9999.0 s" in ctl(daemon, "door", "front", "hold", "--seconds", "9999").stderr
    for words in (("hold", "front", "--seconds", "60"), ("release", "front"), ("open", "front", "--seconds", "0.3")):
        done = ctl(daemon, "door", *words)
        assert done.returncode == 0, done.stderr
    until(lambda: "front  locked" in ctl(daemon, "state").stdout, daemon)
    neither = ctl(daemon, "door", "front", "ajar")
    assert (neither.returncode, "'ajar' is nothing that a door does" in neither.stderr) == (2, True)
    wrong = ctl(daemon, "door", "cellar")
    assert wrong.returncode == 1
    assert "There is no door cellar" in wrong.stderr


@pytest.mark.far_end
def test_a_door_is_locked_down_and_opens_again_once_it_is_unlocked(daemon):
    assert ctl(daemon, "door", "front", "lock").returncode == 0
    assert "front  locked down" in ctl(daemon, "state").stdout
    refused = ctl(daemon, "door", "front")
    assert (refused.returncode, "It is locked down" in refused.stderr) == (1, True)
    assert "is locked down already" in ctl(daemon, "door", "front", "lock").stdout
    assert ctl(daemon, "door", "front", "unlock").returncode == 0
    assert "front  locked" in ctl(daemon, "state").stdout


def simulated(daemon, **request):
    """What a finger, a door or a screwdriver does to the simulated panel."""
    asyncio.run(ask(daemon / "panel.sock", request))


@pytest.mark.far_end
def test_a_simulated_leaf_that_opens_unasked_is_forced(daemon):
    until(lambda: "sensor    leaf  contact  at rest" in ctl(daemon, "panel").stdout, daemon)

    def shown():
        return next(line for line in ctl(daemon, "state").stdout.splitlines() if line.startswith("  door      front"))

    def forced():
        """Not so for a moment after the door was open, by the tests before."""
        simulated(daemon, edge="sensor.leaf", active=True)
        until(lambda: ", open" in shown(), daemon)
        was = shown().endswith("front  locked, open, forced")
        simulated(daemon, edge="sensor.leaf", active=False)
        until(lambda: shown().endswith("front  locked, closed"), daemon)
        return was

    until(forced, daemon)


@pytest.mark.far_end
def test_simulated_tampering_blocks_opening_until_it_is_cleared(daemon):
    until(lambda: "sensor    housing  tamper  at rest" in ctl(daemon, "panel").stdout, daemon)
    simulated(daemon, edge="sensor.housing", active=True)
    until(lambda: "no door opens until" in ctl(daemon, "panel").stdout, daemon)
    assert "Sensor housing reported tampering" in ctl(daemon, "door", "front").stderr
    simulated(daemon, edge="sensor.housing", active=False)
    assert ctl(daemon, "clear", "housing").returncode == 0
    assert "There is no sensor none" in ctl(daemon, "clear", "none").stderr
    until(lambda: ctl(daemon, "door", "front", "--seconds", "0.3").returncode == 0, daemon)
    until(lambda: "front  locked" in ctl(daemon, "state").stdout, daemon)


@pytest.mark.far_end
def test_a_call_is_placed_and_ended_without_naming_it(daemon):
    assert ctl(daemon, "hangup").returncode == 1
    placed = ctl(daemon, "dial", "sip:nobody@127.0.0.1:9")
    assert placed.returncode == 0, placed.stderr
    assert placed.stdout.startswith("c-")
    call = placed.stdout.strip()
    ctl(daemon, "hangup")  # it may have failed meanwhile: nobody is there
    until(lambda: not json.loads(ctl(daemon, "--json", "state").stdout)["calls"], daemon)
    logged = json.loads(ctl(daemon, "--json", "log", "--limit", "1").stdout)["calls"]
    assert [each["id"] for each in logged] == [call]
    assert f"{call}  " in ctl(daemon, "log").stdout


@pytest.mark.far_end
def test_a_token_is_made_used_listed_and_removed(daemon):
    assert ctl(daemon, "token").stdout == "No tokens but the station's own (`intercomctl page`).\n"
    made = ctl(daemon, "token", "add", "tablet", "--scope", "view", "--expires", "2099-01-01T00:00")
    assert made.returncode == 0, made.stderr
    text, row, _ = made.stdout.splitlines()
    zone = datetime(2099, 1, 1).astimezone().tzname()
    assert row.endswith(f"  until 2099-01-01 00:00:00, {zone}")
    assert ctl(daemon, "token", "--utc").stdout.endswith(
        f"  until {datetime(2099, 1, 1).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
    )
    url = (daemon / "http.address").read_text()
    assert ctl(daemon, "state", url=url, token=text).returncode == 0
    refused = ctl(daemon, "door", "front", url=url, token=text)
    assert (refused.returncode, "The token tablet does not allow this. It lacks door." in refused.stderr) == (1, True)
    assert ctl(daemon, "token").stdout == f"{row}\n"
    token = row.split()[0]
    for wrong in (["add", "tablet", "--scope", "door"], ["remove", "t-none"]):
        assert ctl(daemon, "token", *wrong).returncode == 1
    assert ctl(daemon, "token", "remove", token).returncode == 0
    assert ctl(daemon, "state", url=url, token=text).returncode == 1


@pytest.mark.far_end
def test_a_code_is_added_listed_and_removed_and_its_digits_are_no_argument(daemon):
    assert ctl(daemon, "code").stdout == "No codes.\n"
    options = ["--owner", "Cleaner", "--door", "front", "--uses", "3", "--expires", "2036-12-24T18:00:00+00:00"]
    words = [*options, "--time", "fri-sun 22:00-06:00", "--time", "mon,wed 08:00-12:00"]
    added = ctl(daemon, "code", "add", *words, given="47110815\n")
    assert added.returncode == 0, added.stderr
    code = added.stdout.strip()
    told = ctl(daemon, "code", "list", "--utc").stdout
    zone = json.loads(ctl(daemon, "--json", "code").stdout)["zone"]
    assert zone
    until = "until 2036-12-24T18:00:00.000000Z"  # --utc names no time zone beside a moment
    times = f"fri,sat,sun 22:00-06:00  mon,wed 08:00-12:00 at the station, {zone}  3 uses left  {until}"
    assert told == f"{code}  code  Cleaner  front  {times}\n"
    assert "47110815" not in json.dumps(json.loads(ctl(daemon, "--json", "code").stdout))
    twice = ctl(daemon, "code", "add", "--owner", "Postman", "--door", "front", given="47110815\n")
    assert twice.returncode == 1
    assert "This code exists already. It belongs to Cleaner." in twice.stderr
    assert ctl(daemon, "code", "remove", code).returncode == 0
    assert ctl(daemon, "code", "remove", code).returncode == 1
    card = ctl(daemon, "code", "add", "--card", "--owner", "Tenant", "--door", "front", given="12345678\n")
    assert ctl(daemon, "code", "remove", card.stdout.strip()).returncode == 0
    audit = ctl(daemon, "log", "doors", "--limit", "2").stdout
    assert "code.removed" in audit
    assert "owner=Tenant" in audit
    assert "More: intercomctl log doors --cursor" in audit


@pytest.mark.far_end
def test_a_recording_that_is_not_there_cannot_be_deleted(daemon):
    assert ctl(daemon, "recordings", "list", "--party", "nobody").stdout == "No recordings.\n"
    wrong = ctl(daemon, "recordings", "delete", "r-none")
    assert (wrong.returncode, "`intercomctl recordings` lists them" in wrong.stderr) == (1, True), wrong.stderr
    assert "No recording is given." in ctl(daemon, "recordings", "delete").stderr
    assert "There is no recording" in ctl(daemon, "recordings", "protect", "r-none").stderr


@pytest.mark.far_end
@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (["add"], 2, "The owner or the door is missing"),
        (["remove"], 2, "No code is given."),
        (["add", "--owner", "x", "--door", "front", "--time", "always"], 2, "is not a time of the week"),
        (["add", "--owner", "x", "--door", "front", "--time", "mon-foo 08:00-09:00"], 2, "is not a time of the week"),
        (
            ["add", "--owner", "x", "--door", "front", "--expires", "tomorrow"],
            2,
            "is not a time. Write 2026-11-20T08:30",
        ),
        (["add", "--owner", "x", "--door", "cellar"], 1, "There is no door cellar"),
        (["add", "--owner", "x", "--door", "front", "--uses", "-1"], 1, "uses: "),
    ],
)
def test_what_is_wrong_with_a_code_is_reported_without_its_digits(daemon, words, status, why):
    wrong = ctl(daemon, "code", *words, given="5678\n")
    assert (wrong.returncode, why in wrong.stderr, "5678" in wrong.stderr) == (status, True, False), wrong.stderr


@pytest.mark.far_end
def test_json_stands_before_or_after_the_command_and_an_error_is_then_the_problem_object(daemon, tmp_path):
    before, after = ctl(daemon, "--json", "panel"), ctl(daemon, "panel", "--json")
    assert json.loads(before.stdout) == json.loads(after.stdout)
    wrong = ctl(daemon, "door", "cellar", "--json")
    told = json.loads(wrong.stdout)
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert (told["code"], told["status"], told["type"]) == ("door-not-found", 404, "urn:intercomd:error:door-not-found")
    assert {"title", "detail", "cause", "resolution"} <= told.keys()
    assert json.loads(ctl(tmp_path, "state", "--json").stdout)["code"] == "server-unreachable"


@pytest.mark.far_end
def test_an_order_for_a_door_says_what_became_of_the_door(daemon):
    said = [ctl(daemon, "door", "front", *words).stdout for words in (["--seconds", "0.3"], ["lock"], ["unlock"])]
    assert said == [
        "Door front is open for 0.3 s.\n",
        "Door front is locked down.\n",
        "Door front is no longer locked down.\n",
    ]
    until(lambda: "front  locked" in ctl(daemon, "state").stdout, daemon)


@pytest.mark.far_end
def test_what_is_wrong_is_reported_in_the_words_of_the_command_line(daemon):
    assert "`intercomctl code` lists them" in ctl(daemon, "code", "remove", "a-none").stderr
    assert "`intercomctl state` lists them" in ctl(daemon, "hangup", "c-none").stderr
    short = ctl(daemon, "code", "add", "--owner", "x", "--door", "front", given="12\n")
    assert "digits: must be 4 to 12 digits" in short.stderr


@pytest.mark.far_end
def test_the_space_for_recordings_is_shown(daemon):
    until(lambda: "MB of recordings" in ctl(daemon, "state").stdout, daemon)


@pytest.mark.far_end
def test_recordings_are_searched_by_the_options_of_the_command(daemon):
    until(lambda: "r-1" in ctl(daemon, "recordings").stdout, daemon)
    assert "1.0 s  time uncertain" in ctl(daemon, "recordings", "--after", "2026-01-01T00:00").stdout
    for nothing in (["--before", "2026-01-01"], ["--door", "front"], ["--outcome", "busy"], ["--note", "x"]):
        assert ctl(daemon, "recordings", *nothing).stdout == "No recordings.\n", nothing
    wrong = ctl(daemon, "recordings", "--after", "yesterday")
    assert (wrong.returncode, "Write 2026-11-20T08:30" in wrong.stderr) == (2, True)
    assert ctl(daemon, "recordings", "--outcome", "perhaps").returncode == 1


@pytest.mark.far_end
def test_a_recording_is_fetched_and_played_and_no_file_is_overwritten(daemon, tmp_path, monkeypatch):
    until(lambda: "r-1" in ctl(daemon, "recordings").stdout, daemon)
    file, sound = tmp_path / "copy.wav", (daemon / "recordings" / "r-1.wav").read_bytes()
    assert ctl(daemon, "recordings", "get", "r-1", "--output", str(file)).stdout == f"{file}\n"
    assert file.read_bytes() == sound
    again = ctl(daemon, "recordings", "get", "r-1", "--output", str(file))
    assert (again.returncode, "Give another file with --output." in again.stderr) == (1, True)
    piped = subprocess.run(
        command(daemon, "recordings", "get", "r-1", "--output", "-"), capture_output=True, timeout=120
    )
    assert (piped.returncode, piped.stdout) == (0, sound)
    missing = tmp_path / "none.wav"
    assert ctl(daemon, "recordings", "get", "r-none", "--output", str(missing)).returncode == 1
    assert not missing.exists()
    player = tmp_path / "pw-play"
    player.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/played.wav\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert ctl(daemon, "recordings", "play", "r-1").returncode == 0
    assert (tmp_path / "played.wav").read_bytes() == sound
    player.write_text("#!/bin/sh\nexit 3\n")
    assert "pw-play ended with status 3." in ctl(daemon, "recordings", "play", "r-1").stderr
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert "Install alsa-utils" in ctl(daemon, "recordings", "play", "r-1").stderr


@pytest.mark.parametrize(("space", "more"), [("ok", ""), ("low", ", low: nothing more is recorded")])
def test_space_that_is_short_is_named(space, more):
    lists = {key: [] for key in ("accounts", "calls", "conferences", "doors")}
    station = {"station": "Door", "status": "ready", "address": "127.0.0.1:5060", "failed": []}
    storage = {"state": space, "free_bytes": 99_999_999, "needed_bytes": 1, "recordings_bytes": 1_234_567}
    text = show.state({"appliance": station, "storage": storage, **lists})
    assert f"  disc      99 MB free, 1.2 MB of recordings{more}" in text.splitlines()


def test_a_fault_that_the_status_line_names_is_shown_once():
    fault = {"part": "audio", "why": "There is no ALSA PCM 'x'"}
    station = {"station": "Door", "status": "audio: There is no ALSA PCM 'x'", "address": "127.0.0.1:5060"}
    lists = {key: [] for key in ("accounts", "calls", "conferences", "doors")} | {"storage": None}
    assert show.state({"appliance": {**station, "failed": [fault]}, **lists}).count("no ALSA PCM") == 1
    station["status"] = "stopping"
    assert "failed    audio: There is" in show.state({"appliance": {**station, "failed": [fault]}, **lists})


@pytest.mark.far_end
def test_moments_are_local_time_or_utc_and_values_are_as_in_the_configuration(daemon, monkeypatch):
    monkeypatch.setenv("TZ", "XXX-5:30")
    words = ["--owner", "Night", "--door", "front", "--expires", "2036-12-24T18:00:00+00:00"]
    code = ctl(daemon, "code", "add", *words, given="90210\n").stdout.strip()
    there = datetime(2036, 12, 24, 18, tzinfo=UTC).astimezone()  # as the station, which has the machine's time zone
    assert f"until {there:%Y-%m-%d %H:%M:%S}, " in ctl(daemon, "code").stdout
    assert "until 2036-12-24T18:00:00.000000Z\n" in ctl(daemon, "code", "--utc").stdout
    ctl(daemon, "code", "remove", code)
    told = ctl(daemon, "log", "doors", "--limit", "2").stdout
    assert "Z  " not in told
    event = {
        "time": "",
        "id": 1,
        "type": "x",
        "call": None,
        "data": {"a": False, "b": ["front"], "c": {"d": 1, "e": True}},
    }
    assert show.event(event).endswith("x  a=false b=front c=1/true")


# Each shell prints what it would offer for the last word of its arguments: a line for each, and its text if it has one.
SHELLS = {
    "bash": """
        compopt() { :; }  # may be called by a completion only
        source "$FILES/bash/intercomctl"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _intercomctl
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        _describe() { local offered=$@[-1]; print -rl -- ${(M)${(P)offered}:#$PREFIX*} }
        _files() { print -rl -- $PREFIX* }
        fpath=("$FILES/zsh")
        autoload -Uz _intercomctl
        words=("$@") CURRENT=$# PREFIX=$@[-1]
        _intercomctl
    """,
    "fish": """
        source "$FILES/fish/intercomctl.fish"
        complete -C "$(string join ' ' -- $argv)"
    """,
}


@pytest.mark.far_end
@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_completes_the_words_of_choices_and_ids(daemon, tmp_path, shell):
    wrapper = tmp_path / "intercomctl"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m appliance.cli "$@"\n')
    wrapper.chmod(0o755)
    surroundings = {**os.environ, "FILES": str(COMPLETIONS), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    named = [] if shell == "fish" else [shell]  # bash and zsh have a name before the arguments

    def completed(*words):
        line = [str(wrapper), "--socket", str(daemon / "http.sock"), *words]
        done = subprocess.run(
            [shell, "-c", SHELLS[shell], *named, *line], capture_output=True, text=True, timeout=120, env=surroundings
        )
        assert not done.stderr
        return {re.split(r"[:\t]", offered)[0] for offered in done.stdout.splitlines()} - {""}

    assert {"front", "open", "hold", "lock"} <= completed("door", "")
    assert completed("door", "fr") == {"front"}
    assert {"--seconds", "--json"} <= completed("door", "--")
    assert "ring" in completed("press", "")
    assert completed("panel", "test", "door.") == {"door.front"}
    assert {"list", "add", "remove"} <= completed("code", "")
    assert {"calls", "doors"} <= completed("log", "")
    assert "kitchen" in completed("dial", "")
    assert completed("reco") == {"record", "recordings"}
    assert completed("audio", "--speaker", "") == {"on", "off"}
    assert str(wrapper) in completed("doctor", "--config", str(wrapper)[:-1])


@pytest.mark.far_end
def test_watch_prints_events_from_the_one_named(daemon):
    argv = [sys.executable, "-m", "appliance.cli", "--socket", str(daemon / "http.sock"), "watch", "--since", "0"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert "appliance.started" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == -signal.SIGINT
    finally:
        process.kill()
        process.wait()


@pytest.mark.far_end
def test_watch_ends_after_the_event_that_is_waited_for(daemon):
    argv = command(daemon, "--json", "watch", "--since", "0", "--until")
    for until_, last in (("appliance.ready", "appliance.ready"), ("appliance.*", "appliance.started")):
        ended = subprocess.run([*argv, until_], capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0
        kinds = [json.loads(line)["type"] for line in ended.stdout.splitlines()]
        assert kinds.index(last) == len(kinds) - 1


@pytest.mark.far_end
def test_the_methods_of_a_calls_digits_are_chosen(daemon):
    def methods():
        (only,) = json.loads(ctl(daemon, "--json", "state").stdout)["calls"]
        return only["dtmf"]

    with silent_far_end() as uri:
        call = ctl(daemon, "dial", uri).stdout.strip()
        assert methods() == ["rfc4733", "info"]
        for given, wanted in (("info,inband", ["info", "inband"]), ("none", [])):
            done = ctl(daemon, "digits", given)
            assert (done.returncode, methods()) == (0, wanted), done.stderr
        assert "already" in ctl(daemon, "digits", "none", call).stdout
        assert [ctl(daemon, "digits", wrong).returncode for wrong in ("info,pulses", "")] == [2, 2]
        assert ctl(daemon, "hangup").returncode == 0


@pytest.mark.far_end
def test_what_happened_in_a_call_is_shown_in_words(daemon):
    with silent_far_end() as uri:
        call = ctl(daemon, "dial", uri).stdout.strip()
        assert ctl(daemon, "hangup").returncode == 0
        until(lambda: f"{call}  " in ctl(daemon, "log").stdout, "its end")
    first, *_, last = ctl(daemon, "log", "--call", call).stdout.splitlines()
    assert first.endswith(f"the station calls {uri}")
    assert "  canceled, by this station" in last
    events = json.loads(ctl(daemon, "--json", "log", "--call", call).stdout)["events"]
    assert {event["call"] for event in events} == {call}
    nothing = ctl(daemon, "log", "--call", "c-never")
    assert (nothing.returncode, "There are no events of call c-never." in nothing.stderr) == (1, True), nothing


@pytest.mark.far_end
@pytest.mark.parametrize(("words", "given"), [(["hello"], ""), (["-"], "hello\n")], ids=["argument", "input"])
def test_a_text_of_the_command_line_or_of_standard_input_is_sent(daemon, words, given):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(120)
        sent = ctl(daemon, "message", f"sip:nobody@127.0.0.1:{far.getsockname()[1]}", *words, given=given)
        assert (sent.returncode, sent.stdout[:2]) == (0, "m-"), sent.stderr
        came = far.recv(65536)
        assert came.startswith(b"MESSAGE ")
        assert came.endswith(b"hello")


@pytest.mark.far_end
def test_a_flat_is_rung_and_one_that_is_not_there_is_refused(daemon):
    assert ctl(daemon, "ring", "12").returncode == 0
    until(lambda: "kitchen" in ctl(daemon, "state").stdout, "the call")
    for call in json.loads(ctl(daemon, "--json", "state").stdout)["calls"]:
        ctl(daemon, "hangup", call["id"])
    until(lambda: not json.loads(ctl(daemon, "--json", "state").stdout)["calls"], "its end")
    assert "99" in ctl(daemon, "ring", "99").stderr


@pytest.mark.far_end
def test_do_not_disturb_is_shown_begun_and_ended(daemon):
    assert ctl(daemon, "dnd").stdout == "Do not disturb: off.\n"
    assert ctl(daemon, "dnd", "on").stdout == "Do not disturb: on.\n"
    assert json.loads(ctl(daemon, "--json", "dnd").stdout)["runtime"]["do_not_disturb"] is True
    assert ctl(daemon, "dnd", "off").stdout == "Do not disturb: off.\n"


@pytest.mark.far_end
def test_forwarding_is_shown_set_and_ended(daemon):
    assert ctl(daemon, "forward").stdout == "No calls are forwarded.\n"
    assert ctl(daemon, "forward", "quiet", "kitchen").stdout == "quiet      kitchen\n"
    both = ctl(daemon, "forward", "no-answer", "kitchen", "--seconds", "30").stdout.splitlines()
    assert both == ["quiet      kitchen", "no-answer  kitchen, after 30 s"]
    for when in ("quiet", "no-answer"):
        shown = ctl(daemon, "forward", when, "--off")
    assert shown.stdout == "No calls are forwarded.\n"
    for words in (["busy"], ["busy", "kitchen", "--off"]):
        unclear = ctl(daemon, "forward", *words)
        assert (unclear.returncode, "give --off" in unclear.stderr) == (2, True)
    assert "cannot be forwarded to 'cellar'" in ctl(daemon, "forward", "busy", "cellar").stderr


@pytest.mark.far_end
def test_contacts_are_listed_and_an_account_that_is_not_there_is_refused(daemon):
    listed = ctl(daemon, "contacts").stdout
    assert listed.startswith("flat 12  Miller  kitchen\n")
    assert "\nkitchen  sip:" in listed
    for act in ("register", "unregister"):
        assert "There is no account office" in ctl(daemon, "accounts", act, "office").stderr
        assert "No account is given" in ctl(daemon, "accounts", act).stderr


@pytest.mark.far_end
def test_targets_are_listed_without_flats(daemon):
    assert ctl(daemon, "targets").stdout.startswith("kitchen  sip:")
    assert json.loads(ctl(daemon, "--json", "targets").stdout)["targets"][0]["name"] == "kitchen"


@pytest.mark.far_end
def test_a_conference_is_made_shown_changed_and_ended(daemon):
    assert ctl(daemon, "conference").stdout == "No conference.\n"
    for words in (["end"], ["join", "kitchen"], ["mute"]):
        assert (
            "There is no conference. Begin one by `intercomctl conference make`."
            in ctl(daemon, "conference", *words).stderr
        )
    assert "No participant is given." in ctl(daemon, "conference", "make").stderr
    with ringing_far_end() as one, ringing_far_end() as other, ringing_far_end() as third:
        call = ctl(daemon, "dial", one).stdout.strip()
        made = ctl(daemon, "conference", "make", call, other)
        assert (made.returncode, made.stdout[:2], one in made.stdout, other in made.stdout) == (0, "k-", True, True), (
            made
        )
        assert ctl(daemon, "conference", "join", third).returncode == 0
        shown = ctl(daemon, "conference").stdout
        assert [line.split()[1] for line in shown.splitlines()[1:]] == [one, other, third]
        assert ctl(daemon, "conference", "mute").stdout.splitlines()[0].split("  ")[1].endswith(", muted")
        assert "The panel is muted already." in ctl(daemon, "conference", "mute").stdout
        assert "muted" not in ctl(daemon, "conference", "unmute").stdout
        muted = ctl(daemon, "conference", "mute", call).stdout.splitlines()
        assert [line for line in muted if "muted" in line] == [muted[1]]
        assert call in muted[1]
        assert "Only the panel leaves and returns." in ctl(daemon, "conference", "hold", call).stderr
        assert "cannot be held now" in ctl(daemon, "conference", "hold").stderr  # nobody has joined yet
        assert ctl(daemon, "conference", "record").stdout.splitlines()[0].split("  ")[1].endswith(", recorded")
        assert "recorded" not in ctl(daemon, "conference", "stop-recording").stdout
        assert "is not being recorded." in ctl(daemon, "conference", "stop-recording").stderr
        assert ctl(daemon, "conference", "leave", call).returncode == 0
        assert ctl(daemon, "conference", "end").returncode == 0
        until(lambda: not json.loads(ctl(daemon, "--json", "state").stdout)["calls"], "its end")
    assert ctl(daemon, "conference").stdout == "No conference.\n"


@pytest.mark.far_end
def test_a_text_that_was_accepted_is_shown_among_the_messages(daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(120)
        address = f"sip:nobody@127.0.0.1:{far.getsockname()[1]}"
        sent = ctl(daemon, "message", address, "hello").stdout.strip()
        came, sender = far.recvfrom(65536)
        far.sendto(answer(came, b"200 OK"), sender)
        until(lambda: f"  {sent} was accepted by {address}" in ctl(daemon, "messages").stdout, "its event")


@pytest.mark.far_end
def test_wait_ring_ends_when_a_visitor_rings_and_shows_the_call_or_after_its_time(daemon):
    late = ctl(daemon, "wait", "ring", "--timeout", "0.2")
    assert (late.returncode, late.stdout) == (3, "It did not ring.\n")
    waiting = subprocess.Popen(command(daemon, "--json", "wait", "ring"), stdout=subprocess.PIPE, text=True)

    def calls():
        return json.loads(ctl(daemon, "--json", "state").stdout)["calls"]

    def rung():
        """Again and again, as the first press may come before it waits."""
        ctl(daemon, "press", "ring")
        for call in calls():
            ctl(daemon, "hangup", call["id"])
        until(lambda: not calls(), "the end of the ring")
        return waiting.poll() is not None

    try:
        until(rung, "the ring")
        found = json.loads(waiting.stdout.read())
    finally:
        waiting.kill()
        waiting.wait()
        waiting.stdout.close()
    assert waiting.returncode == 0
    assert (found["ring"]["button"], found["ring"]["to"]) == ("ring", "kitchen")
    assert found["call"]["ring"] == found["ring"]["ring"]


@pytest.mark.far_end
@pytest.mark.parametrize("what", ["calls", "doors"])
def test_log_follows_new_entries_after_those_since_a_time_oldest_first(daemon, tmp_path, what):
    def act():
        """Cause an entry; returns its id and time."""
        if what == "doors":
            ctl(daemon, "door", "front", "lock")
            ctl(daemon, "door", "front", "unlock")
        else:
            with silent_far_end() as uri:
                call = ctl(daemon, "dial", uri).stdout.strip()
                ctl(daemon, "hangup")
                until(lambda: call in ctl(daemon, "log").stdout, "its end")
        (newest,) = json.loads(ctl(daemon, "--json", "log", what, "--limit", "1").stdout)[key]
        return newest["id"], newest[began]

    key, began = ("events", "time") if what == "doors" else ("calls", "created")
    first, at = act()
    shown = tmp_path / "shown"
    with shown.open("w") as output:
        following = subprocess.Popen(command(daemon, "--json", "log", what, "--follow", "--since", at), stdout=output)

    def ids():
        return [json.loads(line)["id"] for line in shown.read_text().rpartition("\n")[0].splitlines()]

    try:
        until(lambda: first in ids(), "what there was")
        second, _ = act()
        until(lambda: second in ids(), "what came")
    finally:
        following.kill()
        following.wait()
    assert (ids()[0], len(ids()), ids().index(first) < ids().index(second)) == (first, len(set(ids())), True)


@pytest.mark.far_end
def test_the_logs_are_searched(daemon):
    for what, nothing in (("calls", "No calls.\n"), ("doors", "Nothing.\n")):
        assert ctl(daemon, "log", what, "--since", "2100-01-01").stdout == nothing
    assert "The log of doors has no calls. Leave out --party" in ctl(daemon, "log", "doors", "--missed").stderr
    assert "is not a time" in ctl(daemon, "log", "--since", "yesterday").stderr
    assert ctl(daemon, "log", "--missed").stdout == "No calls.\n"  # nobody has called this station
    assert ctl(daemon, "log", "--direction", "incoming", "--party", "kitchen").stdout == "No calls.\n"


@pytest.mark.far_end
def test_idle_waits_for_the_end_of_calls_and_of_a_doors_opening(daemon):
    assert ctl(daemon, "idle").returncode == 0
    assert ctl(daemon, "door", "front", "--seconds", "1").returncode == 0
    assert ctl(daemon, "idle", "--seconds", "25").returncode == 0
    (door,) = json.loads(ctl(daemon, "--json", "state").stdout)["doors"]
    assert (door["unlocked"], door["until"]) == (False, None)
    with silent_far_end() as uri:
        assert ctl(daemon, "dial", uri).returncode == 0
        late = ctl(daemon, "idle", "--seconds", "0.5")
        assert late.returncode == 3
        assert "The station is still busy after 0.5 s" in late.stderr
        waiting = subprocess.Popen(command(daemon, "idle", "--seconds", "60"))
        try:
            with pytest.raises(subprocess.TimeoutExpired):  # a call is on
                waiting.wait(0.5)
            assert ctl(daemon, "hangup").returncode == 0
            assert waiting.wait(60) == 0
        finally:
            waiting.kill()
            waiting.wait()
    assert json.loads(ctl(daemon, "--json", "state").stdout)["calls"] == []


@contextmanager
def silent_far_end():
    """The address of one who takes an INVITE and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        yield f"sip:nobody@127.0.0.1:{far.getsockname()[1]}"


@contextmanager
def ringing_far_end():
    """The address of one who rings, and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))

        def ring():
            while True:
                came, sender = far.recvfrom(65536)
                if not came:
                    return
                if came.startswith(b"INVITE"):
                    far.sendto(answer(came, b"180 Ringing"), sender)

        with ThreadPoolExecutor() as rings:
            rings.submit(ring)
            try:
                yield f"sip:nobody@127.0.0.1:{far.getsockname()[1]}"
            finally:
                far.sendto(b"", far.getsockname())


def answer(request, status):
    """A SIP response to it."""
    kept = [
        line + (b";tag=1" if line.startswith(b"To:") else b"")
        for line in request.split(b"\r\n")
        if line.partition(b":")[0] in {b"Via", b"From", b"To", b"Call-ID", b"CSeq"}
    ]
    return b"\r\n".join([b"SIP/2.0 " + status, *kept, b"Content-Length: 0", b"", b""])


@pytest.mark.far_end
def test_the_page_of_a_board_without_a_screen_is_shown_with_token_and_tunnel(daemon, tmp_path):
    told = ctl(daemon, "page").stdout.splitlines()
    url, token = (daemon / "http.address").read_text(), (daemon / "http.token").read_text().strip()
    assert told[0] == f"{url.rstrip('/')}/#token={token}"
    port = url.rstrip("/").rpartition(":")[2]
    assert f"ssh -L {port}:127.0.0.1:{port} " in told[2]
    known = json.loads(ctl(daemon, "page", "--json").stdout)
    assert known["address"] == told[0]
    assert ctl(daemon, "state", url=url, token=known["address"].partition("token=")[2]).returncode == 0
    nowhere = ctl(tmp_path, "page")
    assert nowhere.returncode == 1
    assert "No station serves a page" in nowhere.stderr


@pytest.mark.far_end
def test_over_tcp_the_token_is_needed(daemon):
    url = (daemon / "http.address").read_text()
    token = (daemon / "http.token").read_text().strip()
    assert ctl(daemon, "state", url=url, token=token).returncode == 0
    refused = ctl(daemon, "state", url=url)
    assert refused.returncode == 1
    assert "token" in refused.stderr.lower()


@pytest.mark.far_end
@pytest.mark.parametrize("words", [["fly"], [], ["dial"]])
def test_wrong_usage_has_status_2(daemon, words):
    assert ctl(daemon, *words).returncode == 2


def test_without_a_daemon_the_place_and_the_remedy_are_named(tmp_path):
    told = ctl(tmp_path, "state")
    assert told.returncode == 1
    assert "No daemon answers" in told.stderr
    assert "Start intercomd" in told.stderr
    assert "No such file or directory. Start intercomd" in told.stderr
    assert "Errno" not in told.stderr


@pytest.mark.far_end
def test_each_part_of_the_panel_is_tried_and_reported_in_a_line(daemon):
    lamp = ctl(daemon, "panel", "test", "lamp.ring", "--seconds", "0.2")
    assert lamp.returncode == 0, lamp.stderr
    assert lamp.stdout.startswith("warning  lamp.ring  It was skipped. Nobody confirmed whether it flashed.")
    assert "Lamp ring flashes for 0.2 s." in lamp.stderr
    assert "0 OK, 1 skipped or with a warning, 0 with a problem." in lamp.stderr
    seen = ctl(daemon, "panel", "test", "lamp.ring", "--seconds", "0.2", given="y\n")
    assert seen.stdout.startswith("ok       lamp.ring  It flashes.")
    door = ctl(daemon, "panel", "test", "door.front", "--seconds", "5")
    assert "ok       door.front  The relay was energised and then released." in door.stdout, door.stderr
    assert "Door front is open for 5 s." in door.stderr
    unpressed = ctl(daemon, "panel", "test", "button.ring", "--seconds", "0.2")
    assert unpressed.returncode == 1
    assert "It was not pressed." in unpressed.stdout
    missing = ctl(daemon, "panel", "test", "lamp.cellar")
    assert missing.returncode == 1
    assert "There is: lamp.ring" in missing.stderr
    for seconds in ("0", "-1", "nan", "soon"):
        assert ctl(daemon, "panel", "test", "button.ring", "--seconds", seconds).returncode == 2
    # These stations have no microphone.
    sound = ctl(daemon, "--json", "panel", "test", "sound", "--seconds", "0.1")
    (finding,) = json.loads(sound.stdout)["findings"]
    assert (finding["check"], finding["level"], sound.returncode) == ("sound", "problem", 1)
    assert finding["cause"].endswith("Name its card: audio.playback.")
    no_card = ctl(daemon, "audio", "test", "--apply")
    assert no_card.returncode == 1, no_card.stderr
    assert no_card.stdout == "no card. No speaker is configured. Name its card: audio.playback.\n"
    assert ctl(daemon, "panel", "fly").returncode == 2


LEVELS = {"quiet_dbfs": -58.2, "tone_dbfs": -21.4, "echo_db": -6.1, "echo_delay_ms": 84.3}
UNHEARD = dict.fromkeys(LEVELS) | {"quiet_dbfs": -90.3}


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (
            {"result": "loud_echo", "advice": "Lower the volume.", **LEVELS, "clipped": 0.0, "applied": True},
            (
                "loud echo. Lower the volume.\n"
                "  noise   -58.2 dBFS\n"
                "  echo    -21.4 dBFS, -6.1 dB against the speaker's sound\n"
                "  delay   84.3 ms\n"
                "The volume is 62 % now."
            ),
        ),
        (
            {"result": "clipped", "advice": "Lower it.", **UNHEARD, "clipped": 0.25, "applied": False},
            "clipped. Lower it.\n  noise   -90.3 dBFS\n  clipped 25 % of the samples",
        ),
        ({"result": "works", "advice": None, **dict.fromkeys(LEVELS), "clipped": 0.0, "applied": False}, "works"),
    ],
)
def test_the_result_of_a_test_of_the_sound_is_shown_with_levels_and_remedy(answer, shown):
    assert show.sound_test(answer | {"volume": 62.0}) == shown


@pytest.mark.far_end
def test_a_button_that_is_tried_is_seen_pressed(daemon):
    place = ["--socket", str(daemon / "http.sock")]
    argv = [sys.executable, "-m", "appliance.cli", *place, "panel", "test", "button.ring", "--seconds", "60"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert "Press button ring" in process.stderr.readline()
        assert ctl(daemon, "press", "ring").returncode == 0
        assert "ok       button.ring  It was pressed." in process.communicate(timeout=120)[0]
    finally:
        process.kill()
        process.wait()
        ctl(daemon, "hangup")


class Guided:
    """`panel test` with somebody who follows it: says what to do, and is answered."""

    def __init__(self, state, *words):
        self.state = state
        argv = command(state, "--json", "panel", "test", *words)
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        argv = ["env", "--default-signal=INT", *argv]  # ignored where the tests were begun in a shell's background
        self.process = subprocess.Popen(argv, **pipes, text=True)

    def said(self, beginning):
        """Wait until it says that."""
        for line in self.process.stderr:
            if line.startswith(beginning):
                return line
        raise AssertionError(f"it never said {beginning!r}")

    def answer(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def simulate(self, **request):
        asyncio.run(ask(self.state / "panel.sock", request))

    def ends(self):
        """Its findings and its status."""
        told, _ = self.process.communicate(timeout=120)
        found = {finding["check"]: finding for finding in json.loads(told)["findings"]}
        return found, self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


@pytest.mark.far_end
def test_a_person_at_the_panel_is_led_through_every_part(daemon):
    try:
        with Guided(daemon) as guided:
            for lamp, answer in (("ring", "y"), ("speak", "n"), ("open", "")):
                guided.said(f"Lamp {lamp} flashes")
                guided.answer(answer)
            guided.said("Press button ring")
            guided.simulate(press="ring")
            guided.said("Press button leave")
            guided.answer("")
            guided.said("Press each key of keypad front")
            for number, key in enumerate("12", start=1):
                guided.simulate(keys=key, keypad="front")
                guided.said(f"That was key number {number}.")
            guided.answer("")
            guided.said("Hold a card to reader front")
            guided.simulate(card="4711", reader="front")
            guided.said("Change the state of sensor leaf")
            guided.simulate(edge="sensor.leaf", active=True)
            guided.said("Change the state of sensor housing")
            guided.answer("")
            guided.said("Door front will be opened")
            guided.answer("y")
            guided.said("Was the strike open")
            guided.answer("y")
            guided.said("Be quiet")
            found, status = guided.ends()
    finally:
        guided.simulate(edge="sensor.leaf", active=False)
        ctl(daemon, "hangup")
    levels = {check: finding["level"] for check, finding in found.items()}
    assert levels == {
        "lamp.ring": "ok",
        "lamp.speak": "problem",
        "lamp.open": "warning",
        "button.ring": "ok",
        "keypad.front": "ok",
        "button.leave": "warning",
        "reader.front": "ok",
        "sensor.leaf": "ok",
        "sensor.housing": "warning",
        "door.front": "ok",
        "sound": "problem",  # there is no microphone
    }
    assert status == 1
    assert found["lamp.speak"]["message"] == "It does not flash."
    assert found["keypad.front"]["message"].startswith("2 keys came.")
    assert found["reader.front"]["message"] == "It read a card of 26 bits."


@pytest.mark.far_end
def test_all_parts_of_a_kind_are_tried_and_an_unclear_answer_is_asked_for_again(daemon):
    with Guided(daemon, "lamp") as guided:
        guided.said("1 of 3: lamp.ring")
        guided.answer("perhaps")
        guided.said("perhaps is not an answer: type y or n, or Enter to skip.")
        for answer in ("Y", "n", ""):
            guided.answer(answer)
        found, status = guided.ends()
    levels = {check: finding["level"] for check, finding in found.items()}
    assert (levels, status) == ({"lamp.ring": "ok", "lamp.speak": "problem", "lamp.open": "warning"}, 1)


@pytest.mark.far_end
def test_a_test_that_is_ended_early_shows_what_was_found_and_what_was_not_tried(daemon):
    with Guided(daemon) as guided:
        guided.said("Lamp ring flashes")
        guided.answer("y")
        guided.said("Lamp speak flashes")
        guided.process.send_signal(signal.SIGINT)
        assert "lamp.speak, lamp.open, button.ring" in guided.said("Ended; not tested: ")
        found, _ = guided.ends()
    assert {check: finding["level"] for check, finding in found.items()} == {"lamp.ring": "ok"}


@pytest.mark.far_end
@pytest.mark.parametrize(
    ("part", "says"), [("button.ring", "Press button"), ("keypad.front", "Press each"), ("reader.front", "Hold")]
)
def test_enter_skips_a_part(daemon, part, says):
    with Guided(daemon, part) as guided:
        guided.said(says)
        guided.answer("")
        found, status = guided.ends()
    assert (found[part]["level"], found[part]["message"], status) == ("warning", "It was skipped.", 0)


@pytest.mark.far_end
def test_without_a_person_to_answer_no_door_opens_that_was_not_named(daemon):
    with Guided(daemon, "--seconds", "0.2") as guided:
        guided.process.stdin.close()
        guided.process.stdin = None
        found, status = guided.ends()
    assert found["door.front"]["message"] == "It was skipped."
    assert found["keypad.front"]["message"] == "No key was received."
    assert found["reader.front"]["message"] == "No card was read."
    assert found["lamp.ring"]["level"] == "warning"
    assert status == 1


@pytest.mark.far_end
def test_the_doctor_examines_the_station_through_the_daemon_and_without_it(daemon, tmp_path):
    told = ctl(daemon, "doctor")
    assert told.returncode == 0, told.stdout
    assert "ok       configuration" in told.stdout
    assert re.search(r"^ok       lines +They are simulated\.$", told.stdout, re.MULTILINE)
    file = tmp_path / "x.toml"
    file.write_text('[audio]\ncapture = "null"\nplayback = "null"\n[target.x]\nuri = "sip:x@y"\n')
    alone = ctl(tmp_path, "doctor", "--config", str(file))
    assert alone.returncode == 0, alone.stdout
    assert alone.stdout.startswith("warning  daemon ")
    assert f"{file}: OK" in alone.stdout
    file.write_text("[audio]\ncapture = 5\n")
    wrong = ctl(tmp_path, "doctor", "--config", str(file))
    assert wrong.returncode == 1
    assert "problem  configuration  x.toml: audio.capture = 5" in wrong.stdout


def test_the_doctor_is_waited_for_until_each_thing_that_may_hang_is_given_up(monkeypatch, tmp_path):
    """Else the command would say that no daemon answers, and examine without it, as with a broker that is silent."""
    waited = []

    def ask(_client, _method, _path, _body=None, wait_s=TIMEOUT_S):
        waited.append(wait_s)
        return {"findings": []}

    monkeypatch.setattr(Client, "ask", ask)
    assert main(["--socket", str(tmp_path / "x"), "doctor"]) == 0
    assert main(["--socket", str(tmp_path / "x"), "support-bundle", str(tmp_path / "bundle")]) == 0
    longest = 2 * REAL.broker_tried_s + 2 * REAL.webhook_answers_s + REAL.routes_found_s
    assert len(waited) == 2
    assert min(waited) > longest


@pytest.mark.far_end
def test_a_tone_is_refused_where_there_is_no_speaker_and_an_unknown_one_is_wrong_usage(daemon):
    refused = ctl(daemon, "tone", "door")
    assert (refused.returncode, "audio.playback" in refused.stderr) == (1, True), refused.stderr
    assert ctl(daemon, "tone", "stop").returncode == 0
    missing = ctl(daemon, "tone", "busy", "c-1", "--country", "de")
    assert (missing.returncode, "There is no call c-1." in missing.stderr) == (1, True), missing.stderr
    assert ctl(daemon, "tone", "loud").returncode == 2


@pytest.mark.far_end
def test_a_sound_is_refused_where_there_are_none_and_only_one_that_plays_is_stopped(daemon):
    for words, says in (
        (["parcel"], "or set audio.sounds."),
        (["gong"], "audio.playback"),
        (["http://127.0.0.1:1/gong.wav"], "add it to audio.url_hosts."),
        (["recording:r-none"], "There is no recording 'r-none'."),
        (["--stop", "speaker"], "No sound"),
    ):
        refused = ctl(daemon, "play", *words)
        assert (refused.returncode, says in refused.stderr) == (1, True), refused.stderr
    assert "chime  built-in\n" in ctl(daemon, "play", "--list").stdout


@pytest.mark.far_end
def test_a_text_may_be_spoken_from_standard_input_and_may_look_like_an_option(daemon):
    refused = ctl(daemon, "say", "x" * 1501)
    assert (refused.returncode, "1501 characters are too long." in refused.stderr) == (1, True), refused.stderr
    unknown = ctl(daemon, "say", "Hello", "--language", "xx", "--voice", "f3", "--rate", "200", "--volume", "50")
    assert (unknown.returncode, "espeak-ng --voices lists them." in unknown.stderr) == (1, True), unknown.stderr
    nobody = ctl(daemon, "say", "-", "c-1", given="4711\n")
    assert (nobody.returncode, "There is no call c-1." in nobody.stderr) == (1, True), nobody.stderr
    empty = ctl(daemon, "say", "-", given="\n")
    assert (empty.returncode, "There is nothing to say." in empty.stderr) == (1, True), empty.stderr
    for odd, status in (("-w /etc/passwd", 1), (b"\xff\xfe".decode(errors="surrogateescape"), 2)):
        strange = ctl(daemon, "say", "--", odd)
        assert strange.returncode == status, strange.stdout  # 1: it has no speaker
        assert "Traceback" not in strange.stderr
