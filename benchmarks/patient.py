"""Runs the daemon like `python -m appliance`, but it waits for SIP process and guard as long as an emulator needs."""

import sys

from appliance.__main__ import main
from appliance.panel import relay
from appliance.sip import link

PATIENCE_S = 600.0

link.START_WITHIN_S = link.SILENT_S = PATIENCE_S
relay.HELLO_S = relay.ANSWER_S = relay.END_S = relay.LATE_S = PATIENCE_S
sys.exit(main())
