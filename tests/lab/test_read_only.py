"""A root that cannot be written, a state directory that cannot be either, a wrong clock, no writing at idle."""

import json
import re

import pytest

CONFIG = """
[audio]
capture = "null"
playback = "null"

[account.pbx]
user = "201"
registrar = "127.0.0.1:5099"
password_file = "/etc/intercomd/pbx.password"

[target.house]
uri = "300"
account = "pbx"
"""
REGISTRAR = """
import re, socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as registrar:
    registrar.bind(("127.0.0.1", 5099))
    while True:
        data, peer = registrar.recvfrom(65535)
        text = data.decode(errors="replace")
        if not text.startswith("REGISTER "):
            continue
        print("REGISTER", flush=True)
        copied = re.findall(r"(?m)^(?:Via|From|Call-ID|CSeq|Contact):.*$", text)
        lines = ["SIP/2.0 200 OK", *(line.strip() for line in copied)]
        lines.append(re.search(r"(?m)^To:.*$", text)[0].strip() + ";tag=1")
        lines += ["Expires: 300", "Content-Length: 0", "", ""]
        registrar.sendto("\\r\\n".join(lines).encode(), peer)
"""
# Bytes that the service's processes caused to be written to discs (proc_pid_io(5)).
WRITTEN = """
for pid in $(cat /sys/fs/cgroup/system.slice/intercomd.service/cgroup.procs); do cat /proc/$pid/io; done |
    awk '/^write_bytes:/ { sum += $2 } END { print sum }'
"""
ROOT_READ_ONLY = """
/dev/ubda / ext4 ro,errors=remount-ro 0 1
tmpfs /tmp tmpfs defaults 0 0
"""
STATE_WRITABLE = """
tmpfs /var/lib/intercomd tmpfs mode=750,uid=intercomd,gid=intercom 0 0
"""


@pytest.fixture(scope="module")
def guest(own_guest):
    return own_guest


@pytest.fixture(scope="module")
def station(guest):
    guest.write("/etc/intercomd/intercomd.toml", CONFIG)
    guest.write("/etc/intercomd/pbx.password", "secret\n", "600", "intercomd:intercom")
    guest.write("/root/registrar.py", REGISTRAR)
    guest.service("registrar", "python3", "/root/registrar.py")
    restart(guest)
    return guest


def restart(guest):
    guest.check("systemctl", "restart", "intercomd")
    guest.wait_for(lambda: registered(guest), "the account is registered")


def registered(guest):
    told = guest.state()
    return told and [account["state"] for account in told["accounts"]] == ["registered"]


def newest(guest):
    return guest.state()["last_event"]


def test_at_idle_with_an_account_that_is_renewed_no_file_is_touched(station, measured):
    """What the service itself writes: the system's own log has its own rules."""

    def renewals():
        return station.journal("--unit=registrar", "--output=cat").count("REGISTER")

    seen = renewals()
    station.wait_for(lambda: renewals() > seen, "a renewal")
    look = "find /var/lib/intercomd /etc/intercomd -printf '%p %s %T@\\n' | sort"
    before, seen = station.shell(look), renewals()
    written = station.shell(WRITTEN)
    station.wait_for(lambda: renewals() >= seen + 2, "two more renewals")
    assert station.shell(look) == before
    wrote = int(station.shell(WRITTEN)) - int(written)
    measured("written to the disc at idle, in two renewals", f"{wrote} bytes")
    assert wrote == 0


def test_a_wrong_clock_at_boot_is_survived_and_its_jump_reported(station):
    right = int(station.check("date", "+%s"))
    try:
        station.check("date", "--set=@100000000")  # 1973
        before = newest(station)
        restart(station)
        assert newest(station) > before
        first = newest(station)
        station.check("date", f"--set=@{right}")
        found = station.wait_for(
            lambda: [each for each in events(station, first) if each["type"] == "notice"], "the jump is told"
        )
        assert found[0]["data"]["code"] == "clock-set"
        assert registered(station)
        restart(station)
        assert newest(station) > first
    finally:
        station.check("date", f"--set=@{right}")


@pytest.fixture(scope="module")
def read_only(station):
    """Booted again with a root that cannot be written, but for the state directory; the registrar is there again."""
    station.write("/etc/fstab", ROOT_READ_ONLY + STATE_WRITABLE)
    station.reboot()
    station.service("registrar", "python3", "/root/registrar.py")
    station.wait_for(lambda: registered(station), "the account is registered", 120)
    return station


def test_on_a_root_that_is_read_only_but_for_the_state_directory_it_runs(read_only):
    station = read_only
    assert "Read-only file system" in station.run("touch", "/etc/x").stderr
    assert station.state()["appliance"]["failed"] == []
    before = newest(station)
    restart(station)
    assert newest(station) > before
    assert station.state()["appliance"]["failed"] == []


def test_with_no_directory_to_write_to_state_is_kept_in_memory_and_reported_once(read_only):
    station = read_only
    station.check("systemctl", "stop", "intercomd")
    # A start would mount what /etc/fstab has for the state directory.
    station.write("/run/fstab", ROOT_READ_ONLY)
    station.check("mount", "--bind", "/run/fstab", "/etc/fstab")
    station.check("systemctl", "daemon-reload")
    station.check("umount", "/var/lib/intercomd")
    ids = []
    for _ in range(2):
        restart(station)
        told = station.properties("intercomd", "StatusText", "ActiveState")
        assert told["ActiveState"] == "active"
        assert "storage: /var/lib/intercomd cannot be written" in told["StatusText"]
        failed = {each["part"] for each in station.state()["appliance"]["failed"]}
        assert "storage" in failed and failed <= {"storage", "kept"}  # kept: an account's contact, once it registers
        since = station.check("systemctl", "show", "intercomd", "--property=InvocationID", "--value")
        log = station.journal("--output=cat", f"_SYSTEMD_INVOCATION_ID={since}")
        assert log.count("appliance.degraded part=storage") == 1
        assert re.search(r"storage +/var/lib/intercomd cannot be written", station.run("intercomctl", "doctor").stdout)
        ids.append(newest(station))
    assert ids[0] < ids[1]


def test_a_root_that_can_be_written_again_is_used_after_a_restart(read_only):
    station = read_only
    station.check("mount", "-o", "remount,rw", "/")
    restart(station)  # its own view of the mounts is as old as its start
    assert not station.state()["appliance"]["failed"]


def events(guest, since):
    script = (
        "import json, sys; sys.path.insert(0, '/usr/share/intercomd')\n"
        "from pathlib import Path; from appliance.cli.client import Client\n"
        "client = Client(Path('/run/intercomd/http.sock'))\n"
        f"print(json.dumps(client.ask('GET', '/v1/events?wait=1&since={since}')['events']))"
    )
    return json.loads(guest.check("python3", "-c", script))
