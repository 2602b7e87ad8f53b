"""An examination of a receiver: sends it an event of its own, signed as all others."""

import time
import uuid

from appliance.base.errors import IntercomError
from appliance.base.times import Times
from appliance.base.types import Json
from appliance.base.wall_time import enveloped
from appliance.outlet.faults import finding
from appliance.outlet.settings import Webhook
from appliance.outlet.webhooks import faults, message
from appliance.outlet.webhooks.client import Client

KIND = "examination"
SLOW_S = 2.0  # each event waits for the one before it


def examine(of: Webhook, times: Times) -> Json:
    """The finding: level, message, cause and resolution."""
    event = message.cloud_event(enveloped(0, KIND, time.monotonic(), uuid.uuid4().hex, None, {}), of.source)
    client = Client(of, times)
    begun = time.monotonic()
    try:
        answer = client.post(*message.request(of, event), times.webhook_answers_s)
        if not answer.taken:
            raise faults.of_status(answer.status, of, clocks_apart=answer.clocks_apart)
    except IntercomError as error:
        return finding("problem", error.message, error.cause, error.resolution)
    finally:
        client.close()
    took_s = time.monotonic() - begun
    if took_s > SLOW_S:
        return finding(
            "warning",
            f"The receiver {of.name} takes events, but needs {took_s:.1f} s for one.",
            "Each event waits for the one before it.",
            "Have it answer at once, and do its work then.",
        )
    return finding("ok", f"The receiver {of.name} takes events, in {took_s * 1000:.0f} ms.")
