"""The support bundle of a real station after a call: it shows what happened, and no secret of any kind."""

import json
import stat
import subprocess
import sys

import msgspec
import pytest

from appliance.api.models import SupportBundle
from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets

PASSWORDS = {name: f"{name}-hidden-password" for name in ("account", "target", "uri", "url")}
CODE, WRONG_CODE, DIGITS = "48151623", "27182818", "31415926"
TEXT, HEADER, NOTE = "a private text", "a private header", "a private note"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("door")
    for name in ("account", "target"):
        (directory / name).write_text(PASSWORDS[name])
        (directory / name).chmod(0o600)
    far = loopback()
    with Daemon(
        directory,
        door={"front": {"digits": "5772156"}},
        account={"office": {"user": "201", "registrar": f"{far}:9", "password_file": str(directory / "account")}},
        target={
            "known": {"uri": f"sip:known@{far}", "password_file": str(directory / "target")},
            "guest": {"uri": f"sip:guest:{PASSWORDS['uri']}@{far}"},
        },
    ) as door:
        yield door


def test_a_support_bundle_shows_the_fault_and_no_secret(door):
    token = door.post("/v1/tokens", {"name": "tablet", "scopes": ["view"]})["text"]
    door.post("/v1/codes", {"owner": "Ann", "digits": CODE, "doors": ["front"]})
    door.ask("POST", "/v1/audio/playback", {"url": f"http://a:{PASSWORDS['url']}@{door.far_address}:9/a.wav"})
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        for number, method in ((5, "INFO"), (6, "MESSAGE")):
            content = {"body": TEXT, "kind": "text/plain", "headers": f"X-Mine: {HEADER}\r\n"}
            far.ask(far.request(method, number, **content), "SIP/2.0 200", method)
        digits = {"body": f"Signal={WRONG_CODE[0]}\r\nDuration=160\r\n", "kind": "application/dtmf-relay"}
        far.ask(far.request("INFO", 7, **digits), "SIP/2.0 200", "INFO")
        door.wait("message.received", call)
        assert door.ask("PATCH", f"/v1/calls/{call}", {"custom_data": NOTE})[0] == 200
        door.post(f"/v1/calls/{call}/dtmf", {"digits": DIGITS})
        door.wait("dtmf.sending", call)
        door.post("/v1/events", {"name": "lift.called", "details": {"key": NOTE}})
        door.wait("custom")
        bundle = door.get("/v1/support-bundle")
        far.hang_up()
        door.final(call, cause="hangup", by="remote")
    msgspec.convert(bundle, SupportBundle)
    kinds = {event["type"] for event in bundle["events"]}
    assert kinds >= {"appliance.started", "call.incoming", "call.connected", "message.received", "code.added", "custom"}
    assert bundle["state"]["calls"][0]["id"] == call
    assert bundle["configuration"]["account"]["office"]["user"] == "201"
    assert bundle["findings"]
    own = (door.directory / "http.token").read_text().strip()
    secrets = {*PASSWORDS.values(), token, own, CODE, DIGITS, "5772156", TEXT, HEADER, NOTE}
    for text in (json.dumps(bundle), json.dumps(door.get("/v1/support-bundle"))):
        assert [secret for secret in secrets if secret in text] == []


def test_the_command_writes_it_for_its_user_alone_and_over_no_file(door, tmp_path):
    file = tmp_path / "bundle.json"
    words = ["-m", "appliance.cli", "--socket", str(door.directory / "http.sock"), "support-bundle", str(file)]
    first, second = (subprocess.run([sys.executable, *words], capture_output=True, text=True) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert str(file) in first.stdout
    assert "read it before you send it" in first.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    msgspec.json.decode(file.read_bytes(), type=SupportBundle)
    assert second.returncode == 1
    assert "File exists" in second.stderr
