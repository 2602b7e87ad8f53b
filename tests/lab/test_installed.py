"""What apt left on the disc, after a boot: a service that runs, not configured."""


def test_the_service_runs_after_boot_and_answers(guest):
    def active():
        return guest.run("systemctl", "is-active", "intercomd.service").returncode == 0

    guest.wait_for(active, "intercomd.service is active")
    assert "Intercom: " in guest.check("intercomctl", "state")
