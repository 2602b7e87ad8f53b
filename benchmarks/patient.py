"""Runs the daemon like `python -m appliance`, but it waits for SIP process and guard as long as an emulator needs."""

import sys

from msgspec.structs import replace

from appliance.__main__ import main
from appliance.base import times

PATIENCE_S = 600.0

times.use(
    replace(
        times.current,
        sip_starts_s=PATIENCE_S,
        sip_silent_s=PATIENCE_S,
        guard_greets_s=PATIENCE_S,
        guard_answers_s=PATIENCE_S,
        guard_ends_s=PATIENCE_S,
    )
)
sys.exit(main())
