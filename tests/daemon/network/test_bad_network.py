"""A network that loses, delays, reorders and doubles packets: calls come about, are one call, and end at both ends."""

import pytest

from tests.support.cabled import called_over_a_bad_cable, flows
from tests.support.shown import shows

PATIENCE_S = 120.0  # what is lost is repeated after 0.5, 1, 2 and 4 s (RFC 3261 §17.1.2.2)
KINDS = {
    "loses every tenth": {"loss": 0.1},
    "is slow": {"delay_s": 0.2},
    "has packets overtake each other": {"jitter_s": 0.15},
    "doubles half of them": {"double": 0.5},
    "does it all": {"loss": 0.05, "double": 0.2, "delay_s": 0.05, "jitter_s": 0.1},
}


@shows("POST /v1/calls/{id}/dtmf", "dtmf.sending", "dtmf.sent", "dtmf.received method=rfc4733")
@pytest.mark.parametrize("kind", KINDS)
def test_a_call_over_a_network_that(kind, tmp_path):
    with called_over_a_bad_cable(tmp_path, **KINDS[kind]) as both:
        (door, call), (far, came) = both
        door.post(f"/v1/calls/{call}/dtmf", {"digits": "5"})
        far.wait("dtmf.received", came, patience=PATIENCE_S)
        door.press("hold")
        far.wait("call.held", came, patience=PATIENCE_S, by="remote")
        door.press("hold")
        far.wait("call.resumed", came, patience=PATIENCE_S, by="remote")
        flows(*both)
        door.press("hangup")
        for each, number, by in ((door, call, "local"), (far, came, "remote")):
            each.wait("call.ended", number, patience=PATIENCE_S, cause="hangup", by=by)
        assert len(far.of("call.incoming")) == len(far.of("dtmf.received")) == 1
