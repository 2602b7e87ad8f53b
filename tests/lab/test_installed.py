"""What apt left on the disc, after a boot: a service that runs, not configured, and no unit that failed."""

import pytest

from tests.lab.programs.pacing import pause

REST_S = 20


@pytest.fixture(scope="module")
def guest(own_guest):
    return own_guest


def test_the_service_runs_after_boot_and_answers(guest):
    # Nothing is waited for: READY, and so multi-user.target, comes after the socket.
    assert "Intercom: " in guest.check("intercomctl", "state")
    assert guest.check("systemctl", "is-active", "intercomd.service") == "active"


def test_no_unit_has_failed(guest):
    guest.run("systemctl", "is-system-running", "--wait")
    assert guest.check("systemctl", "list-units", "--failed", "--plain", "--no-legend") == ""


def test_at_rest_it_costs_next_to_no_processor_time(guest, measured):
    def used():
        return int(guest.properties("intercomd", "CPUUsageNSec")["CPUUsageNSec"])

    guest.wait_for(lambda: "not configured" in guest.check("intercomctl", "state"), "it is at rest")
    before = used()
    pause(REST_S)
    measured(f"processor time in {REST_S} s of rest, not configured", (used() - before) / 1e9)
