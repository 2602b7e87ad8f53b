"""No plug-in of another package runs in the daemon by way of pydantic."""

import subprocess
import sys

PROGRAM = """
import importlib.metadata
importlib.metadata.entry_points = lambda **_: 1 / 0
from appliance.config.schema import Config
Config()
"""


def test_a_configuration_is_read_without_a_search_for_plug_ins():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
