"""No plug-in of another package runs in the daemon by way of pydantic."""

import subprocess
import sys

PROGRAM = """
import sys
from appliance.config.schema import Config
Config()
sys.exit("importlib.metadata" in sys.modules)
"""


def test_a_configuration_is_read_without_a_search_for_plug_ins():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
