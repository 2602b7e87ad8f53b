"""The daemon as a service of a booted Debian: how it starts, what it says, what it takes over, what it may do."""

import json
import re
import subprocess

import pytest

from tests.lab.far import FarEnd
from tests.lab.station import ACCOUNT, CHIP, CONFIG, Station

WORST = 2.0  # of systemd-analyze security, the exposure that is allowed
PASSWORD = "pw 201"
# A PBX that wants the password at each registration, for as long as there are any.
REGISTRAR = """<?xml version="1.0"?>
<scenario name="registrar">
<label id="1"/>
<recv request="REGISTER"/>
<send><![CDATA[
SIP/2.0 401 Unauthorized
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
WWW-Authenticate: Digest realm="lab", nonce="47[call_number]", algorithm=MD5
Content-Length: 0

]]></send>
<recv request="REGISTER">
<action><verifyauth assign_to="right" username="201" password="{password}"/></action>
</recv>
<nop next="2" test="right"/>
<send next="1"><![CDATA[
SIP/2.0 403 Wrong password
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<label id="2"/>
<send next="1"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Contact:]
Expires: 300
Content-Length: 0

]]></send>
</scenario>
"""


@pytest.fixture(scope="module")
def station(guest):
    """The configured station, whose PBX is not there, and a phone in the kitchen."""
    made = Station(guest)
    FarEnd(guest)
    guest.chip(CHIP, "BUTTON", "LED", "RELAY")
    guest.write("/etc/intercomd/office.password", PASSWORD, "600")
    made.drop_in("password", "[Service]\nLoadCredential=office.password:/etc/intercomd/office.password\n")
    made.configure(CONFIG + ACCOUNT)
    guest.check("systemctl", "restart", "intercomd-guard")
    return made


@pytest.fixture(scope="module")
def registered(station):
    """The same with its PBX."""
    station.guest.write("/root/registrar.xml", REGISTRAR.format(password=PASSWORD))
    words = ("-sf", "/root/registrar.xml", "-i", "127.0.0.1", "-p", "5080", "-nostdin", "127.0.0.1")
    station.guest.service("registrar", "sipp", *words)
    station.says("registered as 201")
    return station


@pytest.fixture
def talking(registered):
    """The same, in a call with the kitchen."""
    if not registered.state()["calls"]:
        registered.dial()
    return registered


def test_it_is_ready_without_network_and_pbx_and_says_so(station, measured):
    # The lab's interface would not come up again.
    station.guest.shell("ip route save >/root/routes; ip route flush table main")
    try:
        station.restart()
        assert station.value("ActiveState") == "active"
        station.says("not registered as 201")
        station.ready()
        station.open_door()
    finally:
        station.guest.shell("ip route restore </root/routes")
    properties = station.guest.properties(
        "intercomd", "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"
    )
    begun, ready = (int(micros) for micros in properties.values())
    measured("intercomd: start to READY", (ready - begun) / 1e6)


def test_it_registers_with_a_password_that_only_root_can_read(registered):
    guest = registered.guest
    assert guest.as_user("intercomd", "cat", "/etc/intercomd/office.password").returncode != 0
    registered.says("^registered as 201$")
    assert PASSWORD not in guest.journal() + registered.shown()


def test_its_status_line_shows_registration_and_call(talking):
    talking.says(r"^registered as 201, in a call with kitchen, \d+:\d\d$")


def test_a_reload_in_a_call_takes_over_what_it_can_and_names_what_needs_a_restart(talking):
    before, pid, start = talking.state()["calls"], talking.pid, talking.cursor()
    talking.configure(
        CONFIG.replace("pulse_s = 1.0", "pulse_s = 0.5").replace('name = "Front door"', 'name = "Back door"') + ACCOUNT
    )
    talking.guest.check("systemctl", "reload", "intercomd")
    changed = talking.guest.wait_for(lambda: talking.events("config.changed", start), "an event")
    assert changed == ["config.changed applied=door.front.pulse_s needs_restart=station.name"]
    talking.says("^a restart will change station.name; registered as 201, in a call with kitchen, ")
    state = talking.state()
    assert ([call["id"] for call in state["calls"]], talking.pid) == ([call["id"] for call in before], pid)
    assert state["doors"][0]["pulse_s"] == 0.5


def test_a_reload_of_a_broken_file_keeps_what_was_good_and_says_so(talking):
    before, start = talking.state(), talking.cursor()
    for broken, why in ((CONFIG + "[door.front", "intercomd.toml:"), (CONFIG + ACCOUNT + "colour = 1", "no such")):
        talking.configure(broken)
        talking.guest.check("systemctl", "reload", "intercomd")
        talking.guest.wait_for(
            lambda wanted=why: any(wanted in line for line in talking.events("config.rejected", start)), why
        )
    talking.says("^the changed configuration has errors and is not used; .*registered as 201, in a call with kitchen, ")
    state = talking.state()
    assert [call["id"] for call in state["calls"]] == [call["id"] for call in before["calls"]]
    assert state["doors"] == before["doors"]
    talking.configure(CONFIG + ACCOUNT)
    talking.guest.check("systemctl", "reload", "intercomd")
    talking.says("^registered as 201, in a call with kitchen, ")


def test_its_records_in_the_journal_have_fields(talking):
    (call,) = talking.state()["calls"]
    told = talking.guest.journal("--output=json", "--unit=intercomd", f"INTERCOMD_CALL={call['id']}").splitlines()
    records = [json.loads(line) for line in told]
    assert {"call.dialing", "call.connected"} <= {record["INTERCOMD_EVENT"] for record in records}
    for record in records:
        assert record["SYSLOG_IDENTIFIER"] == "intercomd"
        assert re.fullmatch("[0-9a-f]{32}", record["MESSAGE_ID"])
        assert record["PRIORITY"] == "6"


def test_its_sound_has_a_card_and_real_time_priority_20(talking):
    # A descriptor that is closed meanwhile is an error of ls.
    held = talking.guest.run("ls", "-l", f"/proc/{talking.sip()}/fd").stdout
    assert "/dev/snd/pcm" in held
    threads = talking.guest.check("ps", "-L", "-o", "cls=,rtprio=,comm=", "-p", str(talking.sip())).splitlines()
    assert {tuple(line.split()[:2]) for line in threads} == {("TS", "-"), ("RR", "20")}
    limits = talking.guest.read(f"/proc/{talking.sip()}/limits")
    assert re.search(r"Max realtime timeout +500000 +1000000 ", limits)
    assert re.search(r"Max core file size +0 +0 ", limits)


def test_it_can_use_no_device_but_cards_and_lines_and_no_right_of_roots(station):
    """Where it is, not as whom: what its control group is denied, root is as well."""
    reads = 'echo $$ >/sys/fs/cgroup/system.slice/$1/cgroup.procs; head -c 1 "$2" >/dev/null'
    for unit in ("intercomd.service", "intercomd-guard.service"):
        refused = station.guest.run("sh", "-c", reads, "-", unit, "/dev/ubda")
        assert "Operation not permitted" in refused.stderr
        told = station.guest.read(f"/proc/{station.value('MainPID', unit)}/status")
        fields = dict(line.split(":\t", 1) for line in told.splitlines())
        assert {int(fields[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert (fields["NoNewPrivs"].strip(), fields["Seccomp"].strip()) == ("1", "2")
        # A namespace of users of its own, with root, itself and nobody else in it.
        mapped = station.guest.read(f"/proc/{station.value('MainPID', unit)}/uid_map").split("\n")
        assert sum(int(line.split()[2]) for line in mapped if line) <= 2


@pytest.mark.parametrize("unit", ["intercomd.service", "intercomd-guard.service"])
def test_what_it_is_exposed_to_is_little(station, unit, measured):
    verdict = station.guest.check("systemd-analyze", "security", "--no-pager", unit).splitlines()[-1]
    measured(f"systemd-analyze security {unit}", verdict.partition(": ")[2])
    assert float(re.search(r": ([0-9.]+) ", verdict)[1]) <= WORST


# -- a card that spins -------------------------------------------------------------------------------------------------


def ended_by_its_card(station, start):
    """Whether that has happened since then; where the process was taken for hung, another one is brought to it."""
    told = station.guest.journal("--output=cat", f"--after-cursor={start}")
    if "kept the processor busy, and the kernel ended it by SIGXCPU" in told:
        return True
    if "SIP process" in told:
        station.guest.run("intercomctl", "dial", "kitchen")
    return False


def test_a_card_that_spins_costs_one_sip_process_and_calls_go_on_without_it(station, tmp_path, measured):
    library, switch = tmp_path / "spin.so", "/run/intercomd/spin"
    source = __file__.replace("test_service.py", "spin.c")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", f'-DSWITCH="{switch}"', "-o", library, source], check=True)
    station.guest.copy_in(library, to="/root/spin")
    station.guest.check("install", "--mode=755", "/root/spin/spin.so", "/usr/local/lib")
    # Less time than the unit gives: a busy machine gives the lab little of it, and 2 s of silence count as hung.
    preload = "Environment=LD_PRELOAD=/usr/local/lib/spin.so"
    station.drop_in("spin", f"[Service]\n{preload}\nLimitRTTIME=200ms:1s\n")
    station.restart()
    station.ready()
    station.dial()
    first = station.sip()
    station.guest.wait_for(
        lambda: "/dev/snd/pcm" in station.guest.run("ls", "-l", f"/proc/{first}/fd").stdout, "the card is open"
    )
    start = station.cursor()
    station.guest.check("touch", switch)
    try:
        station.open_door()  # lines and interface go on
        station.guest.wait_for(lambda: ended_by_its_card(station, start), "the end of the SIP process", 180)
        station.guest.wait_for(
            lambda: any("hung, or kept the processor busy" in line for line in station.events("audio.failed", start)),
            "the card is told",
        )
        station.dial()
    finally:
        station.guest.check("rm", "-f", switch)
        station.drop_in("spin", "")
