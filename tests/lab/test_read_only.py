"""A root that can not be written, a state directory that can not be either, a wrong clock, no writing at idle."""

import json
import time

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
IDLE_S = 25


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


def state(guest):
    answer = guest.run("intercomctl", "--json", "state")
    return json.loads(answer.stdout) if answer.returncode == 0 else None


def registered(guest):
    told = state(guest)
    return told and [account["state"] for account in told["accounts"]] == ["registered"]


def newest(guest):
    return state(guest)["last_event"]


def test_at_idle_with_an_account_that_is_renewed_no_file_is_touched(station, measured):
    """What the service itself writes: the system's own log has its own rules."""

    def renewals():
        return station.journal("--unit=registrar", "--output=cat").count("REGISTER")

    seen = renewals()
    station.wait_for(lambda: renewals() > seen, "a renewal")
    look = "find /var/lib/intercomd /etc/intercomd -printf '%p %s %T@\\n' | sort"
    before, seen = station.shell(look), renewals()
    written = station.shell(WRITTEN)
    time.sleep(IDLE_S)
    assert station.shell(look) == before
    assert renewals() >= seen + 2
    measured(
        f"written in {IDLE_S} s of idle, registered every 8 s", f"{int(station.shell(WRITTEN)) - int(written)} bytes"
    )


WRITTEN = (
    "for pid in $(cat /sys/fs/cgroup/system.slice/intercomd.service/cgroup.procs); do"
    " sed -n 's/^write_bytes: //p' /proc/$pid/io; done | paste -sd+ | python3 -c 'print(eval(input()))'"
)


def test_on_a_root_that_is_read_only_but_for_the_state_directory_it_runs(station):
    station.shell(
        "mkdir -p /run/state && cp -a /var/lib/intercomd/. /run/state/ && chown intercomd:intercom /run/state"
    )
    station.shell("mount --bind /run/state /var/lib/intercomd && mount -o remount,bind,ro /")
    assert station.run("touch", "/etc/x").returncode != 0
    before = newest(station)
    restart(station)
    assert state(station)["appliance"]["failed"] == []
    assert newest(station) > before


def test_with_no_directory_to_write_to_state_is_kept_in_memory_and_told_once(station):
    station.shell("mount -o remount,bind,ro /var/lib/intercomd")
    ids = []
    for _ in range(2):
        restart(station)
        told = station.properties("intercomd", "StatusText", "ActiveState")
        assert told["ActiveState"] == "active"
        assert "storage: /var/lib/intercomd can not be written" in told["StatusText"]
        (failed,) = state(station)["appliance"]["failed"]
        assert failed["part"] == "storage"
        since = station.check("systemctl", "show", "intercomd", "--property=ActiveEnterTimestamp", "--value")
        log = station.journal("--unit=intercomd", "--output=cat", f"--since={since}")
        assert log.count("appliance.degraded part=storage") <= 1
        station.check("intercomctl", "doctor")
        ids.append(newest(station))
    assert ids[0] < ids[1]
    station.shell("mount -o remount,bind,rw /var/lib/intercomd")
    station.wait_for(lambda: not state(station)["appliance"]["failed"], "the storage works again", 120)


def test_a_wrong_clock_at_boot_is_survived_and_its_jump_told(station):
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


def events(guest, since):
    script = (
        "import json, sys; sys.path.insert(0, '/usr/share/intercomd')\n"
        "from pathlib import Path; from appliance.cli.client import Client\n"
        "client = Client(Path('/run/intercomd/http.sock'))\n"
        f"print(json.dumps(client.ask('GET', '/v1/events?wait=1&since={since}')['events']))"
    )
    return json.loads(guest.check("python3", "-c", script))
