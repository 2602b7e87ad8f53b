"""What `intercomctl` does without a station: wrong usage, the paths of its requests, and colours."""

import contextlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from appliance.__main__ import default_state
from appliance.base.errors import ErrorCode, IntercomError
from appliance.cli.__main__ import main
from appliance.cli.client import resource
from appliance.cli.terms import own, shown
from appliance.demo import workspace

WRONG = [
    ("accounts", "register"),
    ("audio", "set"),
    ("audio", "--volume", "50"),
    ("token", "add", "A\udcff", "--scope", "view"),
    ("dial", "\udcff"),
    ("door", "open", ""),
    ("door", "open", "front/../yard"),
    ("door", "open", "\udcff"),
    ("log", "--party", "\udcff"),
    ("mute", "c/1"),
    ("rules", "remove", "a/b"),
    ("code", "add", "--owner", "Ann"),
    ("code", "remove"),
    ("forward", "busy"),
    ("log", "doors", "--missed"),
    ("play",),
    ("push", "remove"),
    ("recordings", "get"),
    ("token", "add", "tablet"),
    ("token", "remove"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_an_argument_that_is_missing_or_does_not_fit_is_wrong_usage(words, tmp_path, capsys):
    place = ["--socket", str(tmp_path / "none.sock")]
    assert main([*place, *words]) == 2
    assert capsys.readouterr().err.strip().endswith(".")
    assert main([*place, "--json", *words]) == 2
    problem = json.loads(capsys.readouterr().out)
    assert problem["code"] == "parameter-invalid" and problem["resolution"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "door.local:8443",
        "127.0.0.1:8080",
        "http://",
        "https:///v1",
        "ftp://door.local",
        "https://door.local:x",
        "https://door.local:99999",
        "https://[::1",
        "https://anna:secret@door.local",
        "https://house.example.org/door/",
    ],
)
def test_an_order_goes_to_no_other_station_where_its_address_is_none(address, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--url", address, "door", "open", "front"])
    assert ended.value.code == 2
    assert "is no address of a station" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("audio", "set", "--volume", "nan"), "'nan' is no number"),
        (("door", "open", "front", "--seconds", "inf"), "'inf' is no number"),
        (("forward", "no-answer", "kitchen", "--seconds", "1e999"), "'1e999' is no number"),
        (("idle", "--seconds", ""), "'' is no number"),
        (("panel", "test", "--seconds", "long"), "'long' is no number"),
        (("wait", "--timeout", "nan"), "'nan' is no number"),
        (("update", "install", "--at", "25:00"), "'25:00' is no time of day: write it as 03:30"),
    ],
)
def test_what_is_no_number_or_time_is_wrong_usage_and_named(words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("value", ["2026-01-01T08:30:00Z", "08:30:00", "nan", "-inf"])
def test_a_value_of_a_file_that_no_request_can_carry_is_wrong_usage(value, tmp_path, capsys):
    file = tmp_path / "rule.toml"
    file.write_text(f'[rule.louder]\non = "ring.started"\nthen = [{{ order = "change_audio", volume = {value} }}]\n')
    assert main(["--socket", str(tmp_path / "none.sock"), "rules", "add", str(file)]) == 2
    assert "no request can carry" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        *("rule = 5", "[rule.a]\n[rule.b]", "[rule]\na = 5", "[rule.a]\nthen = 5", "[rule.a]\nthen = [5]"),
        *("[rule.a]\nwhere = 5", "[rule.a]\nstate = []", f"a = {'[' * 5000}", f"a = {'{b = ' * 5000}", "a = ["),
    ],
)
def test_a_file_that_is_no_rule_is_wrong_usage(text, tmp_path, capsys):
    (tmp_path / "rule.toml").write_text(text)
    assert main(["--socket", str(tmp_path / "none.sock"), "rules", "add", str(tmp_path / "rule.toml")]) == 2
    assert "A file of a rule has one table [rule.NAME]" in capsys.readouterr().err


@pytest.mark.parametrize("token", ["abc\r", "abc\n", "t\u014dken"])
def test_a_token_that_no_header_can_carry_is_named_and_not_shown(token, monkeypatch, capsys):
    monkeypatch.setenv("INTERCOM_TOKEN", token)
    assert main(["--url", "http://127.0.0.1:9", "state"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("INTERCOM_TOKEN is no token.")
    assert token.strip() not in said


@contextlib.contextmanager
def answering(status, body, cut=0, length=True, version="HTTP/1.0"):
    """Another program, which answers each request in this way, and its address. cut: bytes that it does not send.

    length: it says in advance how long the body is; else it sends it in one chunk, where the version has these.
    """

    class Other(http.server.BaseHTTPRequestHandler):
        protocol_version = version

        def do_GET(self):
            chunk = not length and version == "HTTP/1.1"
            self.close_connection = True
            self.send_response(status)
            if length:
                self.send_header("Content-Length", str(len(body) + cut))
            elif chunk:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n" % (len(body) + cut) * chunk + body)
            if chunk and not cut:
                self.wfile.write(b"\r\n0\r\n\r\n")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("body", [b"<html></html>", b"[]", b"null", b'"x"', b'"\xff"', b"[" * 100_000])
@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("command", ["state", "watch"])
def test_another_program_at_the_address_is_no_station(command, status, body, capsys):
    with answering(status, body) as address:
        assert main(["--url", address, command]) == 1
    assert "What answers there is no intercomd." in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [("state",), ("accounts",), ("rules",), ("rules", "try"), ("recordings",), ("code",)], ids=" ".join
)
@pytest.mark.parametrize(("status", "body"), [(200, b"{}"), (204, b""), (200, b'{"ok": true}')])
def test_an_answer_without_what_it_should_have_is_named(command, status, body, capsys):
    with answering(status, body) as address:
        assert main(["--url", address, *command]) == 1
    assert "Another program answers there, or a station of another version." in capsys.readouterr().err


def test_a_rule_that_is_not_there_is_not_tried(capsys):
    with answering(200, b'{"rules": [{"rule": "louder", "acts": true, "why": "always", "then": []}]}') as address:
        assert main(["--url", address, "rules", "try", "louder"]) == 0
        assert main(["--url", address, "rules", "try", "quieter"]) == 1
    said = capsys.readouterr()
    assert said.out == "louder  acts: : always\n"
    assert said.err == "There is no rule quieter. `intercomctl rules` lists them.\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("front", "front"), (True, "true"), (2.5, "2.5"), (["a", "ü"], '["a", "ü"]'), ({"a": None}, '{"a": null}')],
)
def test_a_value_of_an_order_is_shown_as_json_has_it(value, shown, capsys):
    given = {"order": "ring", "values": {"it": value}}
    body = json.dumps({"rules": [{"rule": "a", "acts": True, "why": "always", "then": [given]}]})
    with answering(200, body.encode()) as address:
        assert main(["--url", address, "rules", "try"]) == 0
    assert capsys.readouterr().out == f"a  acts: ring it={shown}: always\n"


def test_who_closes_the_output_has_the_order_carried_out(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", None)
    with answering(200, b'{"rules": []}') as address:
        assert main(["--url", address, "rules"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("appliance.cli door --help", 0),
        ("appliance.cli --version", 0),
        ("appliance.cli --socket /none/s --json state", 1),
        ("appliance --help", 0),
        ("appliance --print-config-schema", 0),
        ("appliance.setup --help", 0),
    ],
)
def test_an_output_that_nobody_reads_any_more_is_no_fault(words, status, unbuffered):
    """As behind `| head -1`. Python writes at its end what waits then, unless it is unbuffered."""
    reads, writes = os.pipe()
    os.close(reads)
    given = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(
        [sys.executable, "-m", *words.split()], stdout=writes, stderr=subprocess.PIPE, env=given, check=False
    )
    os.close(writes)
    assert (done.stderr, done.returncode) == (b"", status)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"detail": 5, "code": null}', "The daemon answered 404.\n"),
        (b'{"detail": "No.\\u001b[2J\\u0007", "code": "not-found"}', "No. [2J \n"),
    ],
)
def test_an_error_steers_no_terminal_and_has_texts_alone(body, said, capsys):
    with answering(404, body) as address:
        assert main(["--url", address, "state"]) == 1
    assert capsys.readouterr().err == said


def test_an_answer_for_which_the_disc_has_no_room_is_an_error_in_words(capsys, monkeypatch):
    with answering(200, b"{}") as address, Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert main(["--json", "--url", address, "state"]) == 1
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()
    assert capsys.readouterr().err == "The answer cannot be written: No space left on device.\n"


def test_half_a_recording_leaves_no_file(tmp_path, capsys):
    with answering(200, b"RIFF", cut=100) as address:
        assert main(["--url", address, "recordings", "get", "r-1", "--output", str(tmp_path / "r-1.wav")]) == 1
    assert "The connection ended early." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_recording_may_come_in_chunks_as_by_a_proxy_and_half_of_it_leaves_no_file(tmp_path, capsys):
    file = tmp_path / "r-1.wav"
    get = ["recordings", "get", "r-1", "--output", str(file)]
    for how in ({"version": "HTTP/1.1", "cut": 100}, {"version": "HTTP/1.0"}):
        with answering(200, b"RIFF", length=False, **how) as address:
            assert main(["--url", address, *get]) == 1
        assert "No daemon answers" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []
    with answering(200, b"RIFF", length=False, version="HTTP/1.1") as address:
        assert main(["--url", address, *get]) == 0
    assert file.read_bytes() == b"RIFF"


def test_a_support_bundle_for_which_the_disc_has_no_room_leaves_no_file(tmp_path, capsys, monkeypatch):
    full = partial(Path("/dev/full").open, "w", encoding="utf-8")
    monkeypatch.setattr("os.fdopen", lambda descriptor, *_, **__: os.close(descriptor) or full())
    with answering(200, b"{}") as address:
        assert main(["--url", address, "support-bundle", str(tmp_path / "bundle.json")]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_id_is_one_part_of_the_path_whatever_is_in_it():
    assert resource("doors", "front door", "open") == "/v1/doors/front%20door/open"
    assert resource("calls", "a?c#d%e") == "/v1/calls/a%3Fc%23d%25e"


def test_a_query_has_what_is_given_and_a_number_of_zero():
    assert resource("log", "calls", limit=0, cursor=None, party="") == "/v1/log/calls?limit=0"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET /v1/contacts lists them.", "`intercomctl contacts` lists them."),
        ("GET /v1/state shows the faults.", "`intercomctl state` shows the faults."),
        ("GET /v1/recordings/live lists those that run.", "GET /v1/recordings/live lists those that run."),
        ("GET /v1/events?since=3 has the event.", "GET /v1/events?since=3 has the event."),
    ],
)
def test_a_command_stands_for_a_path_only_if_it_is_the_whole_path(said, shown):
    assert own(IntercomError(ErrorCode.CONFLICT, "No.", "", said)).resolution == shown


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("line", "colored"),
    [
        ("ok       lines  They work.", "\x1b[32mok\x1b[0m       lines  They work."),
        ("  failed    audio: none", "  \x1b[31mfailed\x1b[0m    audio: none"),
        ("2026-11-20 06:07:08.123  4  warning  code=x", "2026-11-20 06:07:08.123  4  \x1b[33mwarning\x1b[0m  code=x"),
        ("kitchen  ok  sip:ok@192.0.2.9", "kitchen  ok  sip:ok@192.0.2.9"),
        ("\x1b[2J", " [2J"),
    ],
)
def test_levels_have_colours_on_a_terminal_and_nowhere_else(line, colored, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert shown(line, Terminal(), utc=True) == colored
    bare = line.replace("\x1b", " ")
    assert shown(line, io.StringIO(), utc=True) == bare
    monkeypatch.setenv("TERM", "dumb")
    assert shown(line, Terminal(), utc=True) == bare
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown(line, Terminal(), utc=True) == bare


@pytest.fixture
def homeless(monkeypatch):
    """A user whom the system does not know, as in a container or with a number after `sudo -u`."""

    def unknown(number):
        raise KeyError(number)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")  # such a path does not count (XDG Base Directory)


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_needs_one_only_where_nothing_else_says_where_the_station_is(capsys, tmp_path):
    service = Path("/run/intercomd")
    if not service.exists():
        assert main(["state"]) == 1
        assert "Name one with --socket." in capsys.readouterr().err
    assert main(["--url", "http://127.0.0.1:9", "state"]) == 1
    assert "No daemon answers at 127.0.0.1:9." in capsys.readouterr().err
    assert main(["--socket", str(tmp_path / "x"), "state"]) == 1
    assert f"No daemon answers at {tmp_path / 'x'}." in capsys.readouterr().err


@pytest.mark.usefixtures("homeless")
def test_a_daemon_and_a_demonstration_without_a_home_name_the_option(monkeypatch):
    for default, option in ((default_state, "--state"), (workspace.default, "--directory")):
        with pytest.raises(IntercomError, match=f"Name one with {option}"):
            default()
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    assert default_state() == Path("/var/state/intercomd")
