"""What apt left on the disc, after a boot: a service that runs, not configured, and no unit that failed."""


def test_the_service_runs_after_boot_and_answers(guest):
    # READY waits for the panel and the door, not for the HTTP interface, which comes after it.
    guest.wait_for(lambda: guest.run("intercomctl", "state").returncode == 0, "the service answers")
    assert "Intercom: " in guest.check("intercomctl", "state")
    assert guest.check("systemctl", "is-active", "intercomd.service") == "active"


def test_no_unit_has_failed(guest):
    guest.run("systemctl", "is-system-running", "--wait")
    assert guest.check("systemctl", "list-units", "--failed", "--plain", "--no-legend") == ""
