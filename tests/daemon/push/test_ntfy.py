"""The guide's lines for ntfy, word for word: what its server gets. A server of the test's own takes ntfy's place.

ntfy takes a message by POST to a topic's address: the text is the body, and headers are the title and the priority.
"""

import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.daemon import CODE, Daemon
from tests.support.waiting import until

GUIDE = Path(__file__).resolve().parents[3] / "docs/how-to/talk-from-your-phone.md"


class Ntfy(ThreadingHTTPServer):
    """Notes title, priority and text of each message."""

    def __init__(self):
        self.got = []
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                got.append((self.path, self.headers["Title"], self.headers["Priority"], body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def ntfy():
    with Ntfy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_the_guides_lines_send_a_ring_and_its_end_to_ntfy(tmp_path, ntfy):
    (lines,) = re.findall(r"(?ms)^```\n(NTFY=.*?)^```$", GUIDE.read_text())
    lines = re.sub(r"https://ntfy\.example\.org", f"http://127.0.0.1:{ntfy.server_address[1]}", lines)
    # One ring is soon over; the other one lasts until the door is opened, however late its message comes.
    buttons = {name: {"action": "ring", "target": name} for name in ("house", "browsers")}
    config = {
        "station": {"name": "Door"},
        "http": {"port": 0},
        "sip": {"address": "127.0.0.1", "port": 0},
        "audio": {"capture": "simulated", "playback": "simulated"},
        "panel": {"lines": "simulated", "button": buttons},
        "plan": {"house": {"steps": [["browsers"]], "step_s": [2]}},
        "door": {"front": {"pulse_s": 2.0}},
    }
    with Daemon(tmp_path / "d", config=config) as door:
        (tmp_path / "intercomctl").write_text(
            f'#!/bin/sh\nexec {sys.executable} -m appliance.cli --socket {door.directory}/http.sock "$@"\n'
        )
        (tmp_path / "intercomctl").chmod(0o755)
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(CODE)}
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "bash", "-c", lines], env=environment)
        try:
            until(lambda: _follows(door), "a client that follows the events")
            door.press("house")
            until(lambda: len(ntfy.got) == 2, "two messages", log=lambda: ntfy.got)
            until(lambda: not door.get("/v1/calls")["calls"], "the end of the ring")
            door.press("browsers")
            until(lambda: len(ntfy.got) == 3, "another ring", log=lambda: ntfy.got)
            door.post("/v1/doors/front/open")
            until(lambda: len(ntfy.got) == 4, "its end", log=lambda: ntfy.got)
        finally:
            process.kill()
            process.wait()
    rings = ("/front-door-4f1c9a", "Front door", "urgent", "A visitor rings.")
    missed = ("/front-door-4f1c9a", "Front door", "default", "Missed: nobody answered.")
    over = ("/front-door-4f1c9a", "Front door", "low", "Somebody has answered or opened.")
    assert ntfy.got == [rings, missed, rings, over]


def _follows(door):
    """Whether the station has a second client that follows its events, beside the test."""
    text = door.get("/metrics").decode()
    return any(re.fullmatch(r"intercomd_event_subscribers ([2-9]|\d\d)(\.0)?", line) for line in text.splitlines())
