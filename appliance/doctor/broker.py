"""The broker of MQTT: whether it brings the station its own message. Another process speaks with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from appliance.base import times
from appliance.base.errors import IntercomError, reason
from appliance.config import secrets
from appliance.config.schema import Config
from appliance.doctor.findings import Finding, Level, problem
from appliance.outlet import settings

CHECK = "mqtt"
CODE = Path(__file__).resolve().parents[2]


def examine(config: Config) -> list[Finding]:
    """What the broker does with the station; nothing where none is named."""
    table = config.mqtt
    if not table.host:
        return []
    try:
        password = secrets.read(table.password_file) if table.password_file else ""
        paths = os.pathsep.join([str(CODE), *filter(None, [os.environ.get("PYTHONPATH")])])
        said = subprocess.run(
            [sys.executable, "-m", "appliance.outlet", "--try"],
            input=settings.line(table.model_dump(), password),
            capture_output=True,
            check=False,
            timeout=2 * times.current.broker_tried_s,
            env={**os.environ, "PYTHONPATH": paths},
        )
        return [Finding(CHECK, Level(each.pop("level")), **each) for each in json.loads(said.stdout)]
    except IntercomError as error:
        return [problem(CHECK, error.message, error.cause, error.resolution)]
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return [problem(CHECK, "The broker cannot be examined.", f"{reason(error)}.", "Look into the log.")]
