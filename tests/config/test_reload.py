"""A changed file: what is taken over while the daemon runs, and what is named as needing a restart."""

import tomllib

import pytest

from appliance.config.core_settings import core_settings
from appliance.config.load import check
from appliance.config.reload import merge

FILE = """
[sip]
callers = "targets"
[account.office]
user = "201"
registrar = "pbx.example"
password_file = "office"
[panel.button.ring]
pin = 17
action = "ring"
target = "kitchen"
long_action = "hangup"
[panel.lamp.status]
pin = 22
[door.front]
chip = "c"
line = "l"
max_s = 5.0
[target.kitchen]
uri = "sip:kitchen@192.0.2.8"
"""
CELLAR = '[target.cellar]\nuri = "sip:cellar@192.0.2.9"\n'
GATE = '[door.gate]\nchip = "c"\nline = "m"\n'
CASES = {
    "nothing": ("", "", [], []),
    "who may call": ('"targets"', '"anyone"', ["sip.callers"], []),
    "what becomes of transfers": ("[sip]", '[sip]\ntransfer_policy = "ask"', ["sip.transfer_policy"], []),
    "and through an account": ("user =", 'transfer_policy = "ask"\nuser =', ["account.office.transfer_policy"], []),
    "a comment": ("[sip]", "# hello\n[sip]", [], []),
    "a new target": ("[target.kitchen]", f"{CELLAR}[target.kitchen]", ["target.cellar"], []),
    "a target's password": (
        '192.0.2.8"',
        '192.0.2.8"\npassword_file = "k"',
        [],
        ["target.kitchen.password_file"],
    ),
    "a new target with a password": (
        "[target.kitchen]",
        f'{CELLAR}password_file = "k"\n[target.kitchen]',
        [],
        ["target.cellar"],
    ),
    "a target's encryption": ('192.0.2.8"', '192.0.2.8"\nsrtp = "optional"', ["target.kitchen.srtp"], []),
    "the ports for sound": ("[sip]", '[sip]\nrtp_ports = "20000-29999"', [], ["sip.rtp_ports"]),
    "a target's address": ("192.0.2.8", "192.0.2.7", ["target.kitchen.uri"], []),
    "what a button does": ('action = "ring"', 'action = "answer"', ["panel.button.ring.action"], []),
    "no long press": ('long_action = "hangup"\n', "", ["panel.button.ring.long_action"], []),
    "a long press": ('"hangup"', '"answer"', ["panel.button.ring.long_action"], []),
    "a door's code": ("max_s", 'digits = "12"\nmax_s', ["door.front.digits"], []),
    "a door's pulse": ("max_s", "pulse_s = 1\nmax_s", ["door.front.pulse_s"], []),
    "where calls go on to": ("[sip]", '[forwarding]\nalways = "kitchen"\n[sip]', ["forwarding.always"], []),
    "a lamp's brightness": ("pin = 22", "pin = 22\nbrightness = 20", ["panel.lamp.status.brightness"], []),
    "what a lamp is at": ("pin = 22", 'pwm = "chip/0"', [], ["panel.lamp.status.pin", "panel.lamp.status.pwm"]),
    "night": (
        "[panel.lamp.status]",
        '[panel]\nnight = "22:00-06:00"\n[panel.lamp.status]\nnight_brightness = 20',
        ["panel.lamp.status.night_brightness", "panel.night"],
        [],
    ),
    "quiet hours": (
        "[sip]",
        '[quiet_hours]\nbegin = "22:00"\nend = "06:00"\n[sip]',
        ["quiet_hours.begin", "quiet_hours.end"],
        [],
    ),
    "recording": ("[sip]", "[recording]\nenabled = true\n[sip]", ["recording.enabled"], []),
    "a deadline": ("[sip]", "[deadlines]\nrtp_s = 9\n[sip]", ["deadlines.rtp_s"], []),
    "a plan": ("[sip]", '[plan.house]\nsteps = [["kitchen"]]\n[sip]', ["plan.house"], []),
    "a rule": ("[sip]", '[rule.in]\non = "ring.started"\ndoor = "front"\n[sip]', ["rule.in"], []),
    "how often is registered": ("user =", "refresh_s = 60\nuser =", ["account.office.refresh_s"], []),
    "how recordings are announced": (
        "user =",
        'announce_incoming = "text"\nuser =',
        ["account.office.announce_incoming"],
        [],
    ),
    "an account's user": ("201", "202", [], ["account.office.user"]),
    "the port": ("[sip]", "[sip]\nport = 5070", [], ["sip.port"]),
    "a button's line": ("17", "27", [], ["panel.button.ring.pin"]),
    "a relay's line": ('line = "l"', 'line = "m"', [], ["door.front.line"]),
    "a relay's bound": ("max_s = 5.0", "max_s = 6.0", [], ["door.front.max_s"]),
    "one of each": ('"targets"', '"anyone"\nport = 5070', ["sip.callers"], ["sip.port"]),
    "a new door": ("[door.front]", f"{GATE}[door.front]", [], ["door.gate"]),
    "a new door that a target may open": (
        "[target.kitchen]",
        f'{GATE}[target.kitchen]\ndoors = ["gate"]',
        [],
        ["door.gate", "target.kitchen.doors"],
    ),
    "a pulse that only the new bound allows": (
        "max_s = 5.0",
        "pulse_s = 8\nmax_s = 9",
        [],
        ["door.front.max_s", "door.front.pulse_s"],
    ),
    "no door any more": ('[door.front]\nchip = "c"\nline = "l"\nmax_s = 5.0\n', "", [], ["door.front"]),
}


def config(text):
    return check(tomllib.loads(text), "test.toml")


@pytest.mark.parametrize(("old", "new", "applied", "needs_restart"), CASES.values(), ids=CASES.keys())
def test_what_is_taken_over_and_what_needs_a_restart(old, new, applied, needs_restart):
    assert old in FILE
    running, wanted = config(FILE), config(FILE.replace(old, new, 1))
    merged = merge(running, wanted)
    assert (list(merged.applied), list(merged.needs_restart)) == (applied, needs_restart)
    if not needs_restart:
        assert core_settings(merged.config) == core_settings(wanted)
    if not applied:
        assert core_settings(merged.config) == core_settings(running)
    again = merge(merged.config, wanted)
    assert (list(again.applied), list(again.needs_restart)) == ([], needs_restart), "told again until it is restarted"


def test_lamps_pictures_are_taken_over_one_by_one():
    wanted = config(FILE.replace("pin = 22", 'pin = 22\n[panel.lamp.status.pictures]\nidle = "on"'))
    merged = merge(config(FILE), wanted)
    assert core_settings(merged.config) == core_settings(wanted)
    assert "panel.lamp.status.pictures.idle" in merged.applied
    assert not merged.needs_restart
