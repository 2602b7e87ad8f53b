"""What follows the station: which events count."""

from appliance.cli.follow import logs
from appliance.store.audit import TYPES


def test_the_log_of_doors_goes_on_with_the_events_that_the_audit_keeps():
    assert {each + "*" if each.endswith(".") else each for each in TYPES} == set(logs.DOORS.split(","))
