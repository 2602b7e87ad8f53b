"""How long a property is tried: once, as every test, or for FUZZ_SECONDS with ever new examples (make fuzz)."""

import os
import random
import time

from hypothesis import HealthCheck, seed, settings

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
if SECONDS:
    settings.register_profile(
        "fuzz", max_examples=500, database=None, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck)
    )
    settings.load_profile("fuzz")


def tried(check):
    """Call a property: `check` is decorated by @given and takes nothing more."""
    end = time.monotonic() + SECONDS
    check() if not SECONDS else seed(random.getrandbits(64))(check)()
    while time.monotonic() < end:
        seed(random.getrandbits(64))(check)()
