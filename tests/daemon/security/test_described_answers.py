"""Schemathesis sends what the OpenAPI document allows, and what it forbids: each answer is a described one."""

import json
import subprocess
import sys

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.baresip import Baresip
from tests.support.peers.namespaces import DOOR, PBX, Cable

PORT = 8080  # on a machine of the test's own
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
EXAMPLES = 5  # of each operation, beside those that the document has and those at the limits of each parameter
ENOUGH = 2000
PATIENCE_S = 1200.0
APART = {"GET /v1/events", "POST /v1/doctor", "POST /v1/audio/self-test"}  # streams, or takes seconds each time
SETTINGS = """
[parameters]
"path.call" = ["{call}"]

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503]  # 503, as without a speaker, has to be described like all others
"""


@pytest.mark.long(170)
def test_no_answer_is_a_failure_of_the_server_or_one_that_openapi_does_not_describe(tmp_path):
    described, settings, report = (tmp_path / name for name in ("openapi.json", "schemathesis.toml", "report.json"))
    with (
        Cable(tmp_path) as cable,  # so that no call that is asked for leaves this machine
        Baresip(tmp_path, PBX, within=cable.pbx.within) as far,
        Daemon(
            tmp_path / "d",
            cable.door.within,
            sip={"address": DOOR},
            http={"port": PORT},
            target={"far": {"uri": f"sip:far@{PBX}:{far.port}"}},
        ) as door,
    ):
        token = door.post("/v1/tokens", {"name": "schemathesis", "scopes": ["admin"]})["text"]
        call = door.post("/v1/calls", {"to": "far"})["id"]
        door.wait("call.connected", call)
        described.write_text(json.dumps(door.get("/openapi.json")))
        settings.write_text(SETTINGS.format(call=call))
        argv = [*cable.door.within, sys.executable, "-m", "schemathesis.cli", f"--config-file={settings}", "run"]
        argv += [described, f"--url=http://127.0.0.1:{PORT}", f"--header=Authorization: Bearer {token}"]
        argv += [f"--checks={','.join(CHECKS)}", "--phases=examples,coverage,fuzzing", f"--max-examples={EXAMPLES}"]
        argv += [f"--exclude-name={name}" for name in APART]
        argv += ["--generation-deterministic", "--workers=1", "--continue-on-failure", "--no-color", "--warnings=off"]
        argv += [f"--report-json-path={report}"]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, f"{done.stdout[-20000:]}{done.stderr}{door.told()}"
        assert door.get("/v1/state")["appliance"]
    found = json.loads(report.read_text())
    assert found["operations"]["total"] - found["operations"]["tested"] == len(APART)
    assert found["test_cases"]["generated"] > ENOUGH
