"""A configuration file is read whole, and every error in it is reported in a sentence with the remedy."""

# ruff: noqa: E501 - a table is read by the row

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.base import times
from appliance.base.errors import IntercomError
from appliance.base.toml import dump
from appliance.config import load as loading
from appliance.config.core_settings import core_settings
from appliance.config.load import check, load
from appliance.config.schema import Config
from appliance.config.schema.lamps import STATUS
from appliance.core.model import (
    Action,
    Announcement,
    Announcements,
    AudioSettings,
    ButtonSettings,
    ChordSettings,
    Deadlines,
    Night,
    Pattern,
    Picture,
    Plan,
    RecordingChannels,
    RingStep,
    Settings,
    Target,
)

ROOT = Path(__file__).parents[2]


def told(tmp_path, text):
    """The lines of the error, without the file's name."""
    path = tmp_path / "intercomd.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(IntercomError) as caught:
        load(path)
    assert caught.value.code == "config-invalid"
    lines = caught.value.message.split("\n")
    assert all(line.startswith("intercomd.toml:") for line in lines)
    return [line.removeprefix("intercomd.toml:").strip() for line in lines]


ONE_ERROR = [
    # syntax: with the line
    ("[station]\nname = \n", "2: invalid value (column 8)"),
    ('a = "b\n', "1: illegal character '\\n' (column 7)"),
    ("[sip]\nport = 1\nport = 2\n", "3: this key appears twice in its table"),
    ("door = {a = 1, a = 2}\n", "1: this key appears twice in its table"),
    ("[sip]\n[http]\n[sip]\n", "3: this table appears twice in the file"),
    (b"[station]\nname = '\xff'\n", "2: this is not UTF-8"),
    ("x = 1" + "0" * 5000, "it contains a number with thousands of digits"),
    # unknown keys
    ("[panel.button.flat1]\naction = 'answer'\npin = 3\ndebounse_ms = 1", "panel.button.flat1.debounse_ms: no such setting; did you mean debounce_ms?"),
    ("[sipp]", "sipp: no such setting; did you mean sip?"),
    ("[recording]\nfree_mb = 15", "recording.free_mb = 15: must be a whole number from 16 to 999999 (the journal and the system need it)"),
    ('[recording]\ncalls = "some"', 'recording.calls = "some": must be one of "none", "answered", "doorbell", "all"'),
    ('[recording]\nchannels = "two"', 'recording.channels = "two": must be one of "mixed", "separate"'),
    ('[recording]\nformat = "mp3"', 'recording.format = "mp3": must be one of "wav", "opus"'),
    ("[recording]\nkeep_count = 0", "recording.keep_count = 0: must be a whole number from 1 to 999999"),
    ("[log]\nkeep_doors = 99", "log.keep_doors = 99: must be a whole number from 100 to 999999"),
    ("[log]\nkeep_calls_days = 0", "log.keep_calls_days = 0: must be a whole number from 1 to 36500"),
    ("[audio]\nmicrophone_boost = 24.5", "audio.microphone_boost = 24.5: must be a number from 0 to 24"),
    ("[audio]\ncapture = 'null'\n[recording]\nmessage_s = 60", 'recording.message_s: needs a microphone, and audio.capture is "null": set it, or message_s = 0'),
    ("[recording]\nx = 1", "recording.x: no such setting; there are enabled, calls, channels, announce_incoming, announce_outgoing, announce_sound, announce_text, announce_required, message_s, message_text, format, keep_count, keep_days, keep_mb, free_mb, copy_to, copy_config_file, after_copy"),
    *((f'[recording]\ncopy_config_file = "/r"\ncopy_to = "{text}"', f'recording.copy_to = "{text}": must be REMOTE:PATH, or ""') for text in ("--config:x", ":sftp,pass=x:y", "nas,pass=x:y", "/media/disc", "nas")),
    ('[recording]\ncopy_to = "nas:"\ncopy_config_file = "rclone.conf"', 'recording.copy_config_file = "rclone.conf": must be an absolute path, or ""'),
    ('[recording]\nafter_copy = "move"', 'recording.after_copy = "move": must be one of "keep", "remove"'),
    ('[recording]\nannounce_incoming = "loud"', 'recording.announce_incoming = "loud": must be one of "none", "sound", "text", "tone"'),
    ('[recording]\nannounce_text = "a\\nb"', 'recording.announce_text = "a\\nb": must be at most 300 printable characters, or ""'),
    ("[panel]\nlines = 'simulated'\n[panel.lamp.a.pictures]\nidel = 'on'", "panel.lamp.a.pictures.idel: no such setting; did you mean idle?"),
    ('[station]\n"a b" = 1', 'station."a b": no such setting; there are name, user'),
    # types
    ("[sip]\nport = '5060'", 'sip.port = "5060": must be a whole number from 0 to 65535'),
    ("[sip]\nport = true", "sip.port = true: must be a whole number from 0 to 65535"),
    ("[sip]\nport = 5060.0", "sip.port = 5060.0: must be a whole number from 0 to 65535"),
    ("[sip]\ntrace = 1", "sip.trace = 1: must be true or false"),
    ("[station]\nname = 2026-11-20", "station.name = 2026-11-20: must be 1 to 64 printable characters"),
    ("[station]\nname = {a = 1}", "station.name = {…}: must be 1 to 64 printable characters"),
    ("sip = 5", "sip: must be a table, [sip]"),
    ("[[door]]\n", "door: must be a table, [door]"),
    ("door.front = 1", "door.front: must be a table, [door.front]"),
    ("[panel.button]\na = 'ring'", "panel.button.a: must be a table, [panel.button.a]"),
    ("[http]\nsocket = 1", "http.socket = 1: must be true, false, or a path of at most 101 characters that begins with /"),
    ("[http]\nsocket = 'x'", 'http.socket = "x": must be true, false, or a path of at most 101 characters that begins with /'),
    ("[sip]\ncodecs = ['opus', 'g711']", 'sip.codecs = ["opus", "g711"]: must be a list of some of "opus", "G722", "PCMA", "PCMU"'),
    ("[sip]\ncodecs = [[['opus']]]", 'sip.codecs = [[[…]]]: must be a list of some of "opus", "G722", "PCMA", "PCMU"'),
    # time profiles and holidays
    ('[profile.a]\ntimes = ["mon"]', 'profile.a.times = ["mon"]: must be a list of at most 32 of days and a time, as in "mon-fri 08:00-12:00" or "sat,sun 22:00-06:00"'),
    ('[profile.a]\ndates = ["02-30"]', 'profile.a.dates = ["02-30"]: must be a list of at most 64 texts such as "2026-12-24", "07-20..08-31"; a day is YYYY-MM-DD, or MM-DD for every year'),
    ('[profile.a]\ndates = ["2026-12-24..2026-12-01"]', 'profile.a.dates = ["2026-12-24..2026-12-01"]: must be a list of at most 64 texts such as "2026-12-24", "07-20..08-31"; a day is YYYY-MM-DD, or MM-DD for every year'),
    ('[profile.a]\ndates = ["12-24..2026-12-26"]', 'profile.a.dates = ["12-24..2026-12-26"]: must be a list of at most 64 texts such as "2026-12-24", "07-20..08-31"; a day is YYYY-MM-DD, or MM-DD for every year'),
    ('[profile.a]\nholidays = "some"', 'profile.a.holidays = "some": must be one of "any", "never", "only", "also"'),
    ('[profile.a]\nholidays = "never"', "profile.a.holidays: needs holidays.country or holidays.dates: no holidays are known"),
    ('[profile.a]\nzone = "Europe/Atlantis"', "profile.a.zone: this machine knows no zone Europe/Atlantis: see /usr/share/zoneinfo"),
    ('[profile.a]\nzone = "../../etc/passwd"', 'profile.a.zone = "../../etc/passwd": must be a name such as "Europe/Berlin", or ""'),
    ('[holidays]\nregion = "BY"', "holidays.region: has no effect without holidays.country"),
    ('[holidays]\ndates = ["24.12."]', 'holidays.dates = ["24.12."]: must be a list of at most 200 days: YYYY-MM-DD, or MM-DD for every year'),
    ('[quiet_hours]\nprofile = "nihgt"\n[profile.night]', "quiet_hours.profile: there is no [profile.nihgt] (there is night)"),
    ('[audio]\nringer_profile = "night"', "audio.ringer_profile: there is no [profile.night]; add that table"),
    ('[forwarding]\nprofile = "night"\n[profile.night]', "forwarding.profile: has no effect without forwarding.always"),
    ('[panel]\nnight_profile = "night"\n[profile.night]', "panel.night_profile: has no effect: no lamp has a night_brightness"),
    ('[panel]\nnight = "22:00-06:00"\nnight_profile = "night"\n[profile.night]\n[panel.lamp.l]\nnight_brightness = 5\npin = 3', "panel.night_profile: either night or night_profile, not both: it is night at one time"),
    # rules
    ("[rule.a]\ndoor = 'front'\non = 'ring'\n[door.front]\nchip = 'c'\nline = 'l'", 'rule.a.on = "ring": must be the type of an event, or ""'),
    ("[rule.a]\non = 'ring.started'\ndoor = 'gate'\n[door.front]\nchip = 'c'\nline = 'l'", "rule.a.door: there is no [door.gate] (there is front)"),
    ("[rule.a]\ndoor = 'front'\non = 'ring.started'\nwhere = {sensor = 'pir'}\n[door.front]\nchip = 'c'\nline = 'l'", "rule.a.where: ring.started does not report sensor (it reports ring, button, to, answer_s)"),
    ("[rule.a]\ndoor = 'front'\non = 'button.held'\nwhere = {sensor = [1]}\n[door.front]\nchip = 'c'\nline = 'l'", 'rule.a.where = {…}: must be an inline table such as { button = "ring" } or { sensor = "pir", active = true }'),
    ("[rule.a]\ndoor = 'front'\non = 'button.held'\ntimes = ['mon-son 08:00-12:00']\n[door.front]\nchip = 'c'\nline = 'l'", 'rule.a.times = ["mon-son 08:00-12:00"]: must be a list of days and a time, as in "mon-fri 08:00-12:00" or "sat,sun 22:00-06:00"'),
    ("[rule.a]\ndoor = 'front'\non = 'button.held'\ntimes = ['mon 08:00-08:00']\n[door.front]\nchip = 'c'\nline = 'l'", 'rule.a.times = ["mon 08:00-08:00"]: must be a list of days and a time, as in "mon-fri 08:00-12:00" or "sat,sun 22:00-06:00"'),
    # An empty choice never widens a right.
    ("[rule.a]\ndoor = 'front'\non = 'button.held'\ntimes = []\n[door.front]\nchip = 'c'\nline = 'l'", 'rule.a.times = []: must be a list of days and a time, as in "mon-fri 08:00-12:00" or "sat,sun 22:00-06:00"'),
    ("[rule.a]\ndoor = 'front'\non = 'button.held'\ntimes = ['']\n[door.front]\nchip = 'c'\nline = 'l'", 'rule.a.times = [""]: must be a list of days and a time, as in "mon-fri 08:00-12:00" or "sat,sun 22:00-06:00"'),
    ("[rule.a]\ndoor = 'front'\non = 'button.held'\nwhere = {}\n[door.front]\nchip = 'c'\nline = 'l'", 'rule.a.where = {}: must be an inline table such as { button = "ring" } or { sensor = "pir", active = true }'),
    ("[target.a]\nuri = 'sip:a@192.0.2.8'\npassword_file = ''", 'target.a.password_file = "": must be an absolute path, or the name of a credential'),
    # plans
    ("[plan.house]", 'plan.house.steps: is missing; it must be 1 to 8 lists of 1 to 8 names, as in [["kitchen", "hall"]]'),
    ("[plan.house]\nsteps = [[]]", 'plan.house.steps = [[]]: must be 1 to 8 lists of 1 to 8 names, as in [["kitchen", "hall"]]'),
    ("[plan.house]\nsteps = [['a']]\nstep_s = [1]\n[target.a]\nuri = 'sip:a@b'", "plan.house.step_s = [1]: must be a list of whole numbers from 2 to 600"),
    ("[plan.house]\nsteps = [['a']]\nstep_s = [20, 61]\n[target.a]\nuri = 'sip:a@b'", "plan.house.step_s: 61 s is longer than deadlines.ringing_s, 60.0 s"),
    ("[plan.house]\nsteps = [['b']]\n[target.a]\nuri = 'sip:a@b'", "plan.house.steps: there is no [target.b] (there is a)"),
    ("[plan.a]\nsteps = [['a']]\n[target.a]\nuri = 'sip:a@b'", "plan.a: there is a [target.a] too; a button needs different names"),
    ("[target.a]\nuri = 'sip:a@b'\nconfirm = '12'", 'target.a.confirm = "12": must be one of 0 to 9, * and #, or ""'),
    # ranges
    ("[sip]\nport = 65536", "sip.port = 65536: must be a whole number from 0 to 65535"),
    ("[sip]\nport = -1", "sip.port = -1: must be a whole number from 0 to 65535"),
    ("[sip]\ncodecs = []", 'sip.codecs = []: must be a list of some of "opus", "G722", "PCMA", "PCMU"'),
    ("[sip]\ncallers = 'all'", 'sip.callers = "all": must be one of "targets", "anyone"'),
    ("[sip]\naddress = 'localhost'", 'sip.address = "localhost": must be an IPv4 or IPv6 address'),
    ("[deadlines]\nringing_s = 0.5", "deadlines.ringing_s = 0.5: must be a number from 1 to 600"),
    ("[deadlines]\nringing_s = nan", "deadlines.ringing_s = nan: must be a number from 1 to 600"),
    ("[deadlines]\nringing_s = inf", "deadlines.ringing_s = inf: must be a number from 1 to 600"),
    ("[http]\naddress = 'door.local'", 'http.address = "door.local": must be an IPv4 or IPv6 address'),
    ("[http]\nproxies = ['nginx']", 'http.proxies = ["nginx"]: must be a list of IP addresses, as in ["127.0.0.1"]'),
    ("[http]\ncertificate_file = 'http.crt'\nkey_file = '/k'", 'http.certificate_file = "http.crt": must be an absolute path, or ""'),
    ("[station]\nname = ''", 'station.name = "": must be 1 to 64 printable characters'),
    ("[station]\nuser = 'a b'", 'station.user = "a b": must be 1 to 32 letters, digits and any of . _ ~ + -'),
    (f"[station]\nuser = '{'x' * 99}'", f'station.user = "{"x" * 59}…: must be 1 to 32 letters, digits and any of . _ ~ + -'),
    # targets
    ("[target.kitchen]", 'target.kitchen.uri: is missing; it must be a SIP address such as "sip:kitchen@192.0.2.8:5060"'),
    *(
        (f"[target.k]\nuri = '{uri}'", f'target.k.uri = "{uri}": must be a SIP address such as "sip:kitchen@192.0.2.8:5060"')
        for uri in ("kitchen", "sips:k@192.0.2.8", "sip:", "sip:k@", "sip:k@h:99999", "sip:k@h:0", "sip:a b@h", "<sip:k@h>", "sip:ä@h")
    ),
    ("[target.k]\nuri = 'sip:k@h'\ndoors = ['front']", "target.k.doors: there is no [door.front]; add that table"),
    ("[target.'K!']\nuri = 'sip:k@h'", 'target."K!": this name is not allowed here; it must be a name of at most 32 small letters, digits, - and _, beginning with a letter or digit'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), ONE_ERROR, ids=[sentence[:60] for _, sentence in ONE_ERROR])
def test_an_error_is_reported_in_a_sentence(tmp_path, text, sentence):
    assert told(tmp_path, text) == [sentence]


SIMULATED = "panel.lines = 'simulated'\n"
BETWEEN_TABLES = [
    ('recording.copy_to = "nas:door"', "recording.copy_config_file: is missing: recording.copy_to has no effect without it"),
    ('recording.copy_config_file = "/r"', "recording.copy_to: is missing: recording.copy_config_file has no effect without it"),
    (SIMULATED + "panel.button.a.action = 'ring'\ntarget.k.uri = 'sip:k@h'",
     "panel.button.a.target: is missing: the target that the button rings (there is k); \"browsers\" rings the station's page"),
    (SIMULATED + "panel.button.a = {action = 'answer', long_action = 'ring'}",
     "panel.button.a.target: is missing: the target that the button rings; \"browsers\" rings the station's page"),
    ("target.browsers.uri = 'sip:k@h'", 'target.browsers: "browsers" means the station\'s page; choose another name'),
    ("plan.browsers.steps = [['browsers']]", 'plan.browsers: "browsers" means the station\'s page; choose another name'),
    (SIMULATED + "panel.button.a = {action = 'ring', target = 'kitchn'}\ntarget.kitchen.uri = 'sip:k@h'",
     "panel.button.a.target: there is no [target.kitchn] (there is kitchen)"),
    ("speech.engine = 'piper'", "speech.piper_voice: is missing: the voice of Piper"),
    ("speech.denied_sound = 'buzz'",
     "speech.denied_sound: there is no sound buzz: choose one of attention, chime, error, gong, knock, ok, or set audio.sounds"),
    ("recording.announce_sound = 'buzz'",
     "recording.announce_sound: there is no sound buzz: choose one of attention, chime, error, gong, knock, ok, or set audio.sounds"),
    (SIMULATED + "panel.button.a.action = 'door'",
     "panel.button.a.door: is missing: the door that the button opens, or digits for a door at the far end"),
    (SIMULATED + "panel.button.a = {action = 'door', door = 'back'}\n[door.front]",
     "panel.button.a.door: there is no [door.back] (there is front)"),
    (SIMULATED + "panel.button.a = {action = 'door', door = 'front', digits = '1'}\n[door.front]",
     "panel.button.a.digits: either door or digits, not both: a button opens one door"),
    (SIMULATED + "panel.lamp.a = {led = 'x', pin = 3}",
     "panel.lamp.a.pin: has no effect with led: the kernel knows the line of its own LED"),
    (SIMULATED + "panel.lamp.a = {led = 'x', active_low = true}",
     "panel.lamp.a.active_low: has no effect with led: the kernel knows the line of its own LED"),
    (SIMULATED + "panel.lamp.a = {led = 'x', pwm = 'b.pwm/0'}",
     "panel.lamp.a.pwm: either led or pwm, not both: a lamp has one kind of wiring"),
    (SIMULATED + "panel.lamp.a = {pwm = 'b.pwm/0', line = '3'}",
     "panel.lamp.a.line: has no effect with pwm: the channel is named in pwm"),
    (SIMULATED + "panel.lamp.a = {pwm = 'b.pwm'}",
     "panel.lamp.a.pwm = \"b.pwm\": must be a chip's name, / and a channel's number"),
    (SIMULATED + "panel.lamp.a = {rgb_lines = ['1', '2', '3'], active_low = true}",
     "panel.lamp.a.active_low: has no effect with rgb_lines: it has three lines, and common gives the level at which they shine"),
    (SIMULATED + "panel.lamp.a = {rgb_lines = ['1', '2']}",
     "panel.lamp.a.rgb_lines: must have three entries: red, green, blue"),
    (SIMULATED + "panel.lamp.a = {rgb_pwm = ['b/0', 'b/1', 'b/1']}",
     "panel.lamp.a: PWM channel b/1 is used by panel.lamp.a already"),
    (SIMULATED + "panel.lamp.a = {pin = 3, common = 'anode'}",
     "panel.lamp.a.common: has no effect: only rgb_lines and rgb_pwm use it"),
    (SIMULATED + "panel.lamp.a = {pin = 3, color = 'red'}",
     "panel.lamp.a.color: has no effect: a lamp of one line or PWM channel has one colour"),
    (SIMULATED + "panel.lamp.a = {pwm = 'b/0', colors.idle = 'red'}",
     "panel.lamp.a.color: has no effect: a lamp of one line or PWM channel has one colour"),
    (SIMULATED + "panel.lamp.a = {led = 'x', color = 'reddish'}",
     'panel.lamp.a.color = "reddish": must be red, green, blue, yellow, cyan, magenta, white, or #rrggbb'),
    (SIMULATED + "panel.lamp.a = {led = 'x', night_brightness = 20}",
     "panel.lamp.a.night_brightness: has no effect without panel.night, its hours"),
    (SIMULATED + "panel.night = '22:00-06:30'",
     "panel.night: has no effect: no lamp has a night_brightness"),
    (SIMULATED + "panel.night = '22:00-22:00'\npanel.lamp.a = {led = 'x', night_brightness = 20}",
     "panel.night: its begin and end are equal"),
    (SIMULATED + "panel.night = '22-6'\npanel.lamp.a = {led = 'x', night_brightness = 20}",
     'panel.night = "22-6": must be "", or a text such as "22:00-06:30"'),
    (SIMULATED + "panel.lamp.a = {led = 'x/y'}",
     'panel.lamp.a.led = "x/y": must be at most 63 characters, without /'),
    (SIMULATED + "panel.button.a = {action = 'talk'}",
     'panel.button.a: the action talk has no effect: set audio.mode to "push_to_talk"'),
    (SIMULATED + "panel.button.a = {action = 'talk', long_action = 'hangup'}",
     "panel.button.a.action: talk lasts while the button is down: remove its other actions, or use long_action"),
    (SIMULATED + "panel.button.a = {action = 'none', double_action = 'talk'}",
     "panel.button.a: cannot have the action talk, which lasts while one button is down"),
    (SIMULATED + "panel.button = {a = {action = 'none'}, b = {action = 'none'}}\n"
     "panel.chord.c = {buttons = ['a', 'b'], action = 'talk'}",
     "panel.chord.c: cannot have the action talk, which lasts while one button is down"),
    (SIMULATED + "panel.button.a = {action = 'answer'}\npanel.chord.c = {buttons = ['a', 'b'], action = 'hangup'}",
     "panel.chord.c.buttons: there is no [panel.button.b] (there is a)"),
    (SIMULATED + "panel.button.a = {action = 'answer'}\npanel.chord.c = {buttons = ['a', 'a'], action = 'hangup'}",
     "panel.chord.c.buttons: a chord needs two different buttons"),
    (SIMULATED + "panel.button.a = {action = 'answer'}\npanel.button.b = {action = 'answer'}\n"
     "panel.chord.a = {buttons = ['a', 'b'], action = 'hangup'}",
     "panel.chord.a: there is a [panel.button.a] too; events need different names"),
    (SIMULATED + "panel.button.a = {action = 'answer'}\npanel.button.b = {action = 'answer'}\n"
     "panel.chord.c = {buttons = ['a', 'b'], action = 'ring'}",
     "panel.chord.c.target: is missing: the target that the button rings; \"browsers\" rings the station's page"),
    (SIMULATED + "panel.button.a = {action = 'answer'}\npanel.chord.c = {buttons = ['a'], action = 'hangup'}",
     'panel.chord.c.buttons = ["a"]: must be a list of two names'),
    (SIMULATED + "panel.button.a = {action = 'answer', pin = 4}\npanel.lamp.b.pin = 4",
     "panel.lamp.b.pin: line GPIO4 is used by panel.button.a.pin already"),
    (SIMULATED + "panel.lamp.b.pin = 4\n[door.d]\nchip = 'c'\nline = 'GPIO4'",
     "door.d.line: line GPIO4 is used by panel.lamp.b.pin already"),
    (SIMULATED + "[door.d]\nchip = 'c'\nline = '4'\n[door.e]\nchip = 'c'\nline = '4'",
     "door.e.line: line c 4 is used by door.d.line already"),
    (SIMULATED + "[door.d]\nchip = 'c'\nline = '17'\n[door.e]\nchip = 'c'\nline = '017'",
     "door.e.line: line c 17 is used by door.d.line already"),
    (SIMULATED + "[door.d]\nchip = 'gpiochip0'\nline = '17'\n[door.e]\nchip = '/dev/gpiochip0'\nline = '17'",
     "door.e.line: line gpiochip0 17 is used by door.d.line already"),
    (SIMULATED + "[panel.reader.a]\nd0 = '04'\nd1 = '3'\n[panel.lamp.b]\npin = 4",
     "panel.reader.a.d0: line GPIO4 is used by panel.lamp.b.pin already"),
    ("[panel.lamp.b]", 'panel.lamp.b.pin: is missing (or chip and line): panel.lines is "gpio"'),
    ("[panel.lamp.b]\nchip = 'c'", 'panel.lamp.b.line: is missing: panel.lines is "gpio"'),
    ("[panel.lamp.b]\nline = 'l'", 'panel.lamp.b.chip: is missing: panel.lines is "gpio"'),
    ("[panel.lamp.b]\npin = 4\nline = 'l'", "panel.lamp.b.pin: either pin, or chip and line, not both"),
    ("[panel.lamp.b]\nchip = 'c'\nline = 'l'\n[door.d]\nchip = 'c'\nline = 'l'",
     "door.d.line: line c l is used by panel.lamp.b.line already"),
    ("[panel.lamp.b]\npin = 4\n[panel.lamp.c]\nchip = 'c'\nline = 'GPIO4'",
     "panel.lamp.c.line: line GPIO4 is used by panel.lamp.b.pin already"),
    # keypads and readers
    ("[panel.keypad.a]", 'panel.keypad.a.rows: is missing (or device or reader): panel.lines is "gpio"'),
    ("[panel.keypad.a]\nrows = ['GPIO5']\nkeys = ['1']", "panel.keypad.a.columns: is missing: rows has no effect without it"),
    ("[panel.keypad.a]\nrows = ['GPIO5']\ncolumns = ['GPIO6']", "panel.keypad.a.keys: 4 texts, but there are 1 rows"),
    ("[panel.keypad.a]\nrows = ['5']\ncolumns = ['6']\nkeys = ['12']",
     "panel.keypad.a.keys: each text needs 1 characters, one for each column"),
    ("[panel.keypad.a]\nrows = ['5']\ncolumns = ['6']\nkeys = ['A']",
     'panel.keypad.a.keys = ["A"]: must be a list of texts of 0 to 9, *, #, and a blank where there is no key'),
    ("[panel.keypad.a]\nrows = ['5']\ncolumns = ['GPIO5']\nkeys = ['1']",
     "panel.keypad.a.columns: line GPIO5 is used by panel.keypad.a.rows already"),
    ("[panel.keypad.a]\nrows = ['5']\ncolumns = ['6']\nkeys = ['1']\ndevice = 'x'",
     "panel.keypad.a.device: either rows and columns, or device or reader, not a mixture"),
    ("[panel.keypad.a]\ndevice = 'x'\nreader = 'r'\n[panel.reader.r]\nd0 = '3'\nd1 = '4'",
     "panel.keypad.a.reader: either rows and columns, or device or reader, not a mixture"),
    ("[panel.keypad.a]\nreader = 'r'", "panel.keypad.a.reader: there is no [panel.reader.r]; add that table"),
    ("[panel.keypad.a]\nreader = 'r'\n[panel.reader.r]\ndevice = 'x'",
     "panel.keypad.a.reader: reader r is a USB device: configure its keys as a keypad with the same device"),
    ("[panel.reader.a]", 'panel.reader.a.d0: is missing (or device): panel.lines is "gpio"'),
    ("[panel.reader.a]\nd1 = '4'", "panel.reader.a.d0: is missing: d1 has no effect without it"),
    ("[panel.reader.a]\nd0 = 'GPIO4'\nd1 = '4'", "panel.reader.a.d1: line GPIO4 is used by panel.reader.a.d0 already"),
    ("[panel.reader.a]\nchip = 'c'\nd0 = '1'\nd1 = '2'\n[panel.lamp.b]\nchip = 'c'\nline = '2'",
     "panel.reader.a.d1: line c 2 is used by panel.lamp.b.line already"),
    ("[panel.reader.a]\nd0 = '1'\nd1 = '2'\nbits = [8]", "panel.reader.a.bits = [8]: must be a list of whole numbers from 16 to 128"),
    (SIMULATED + "[door.d]\nmax_s = 60\npulse_s = 60.5", "door.d.pulse_s = 60.5: must be a number from 0.1 to 60"),
    (SIMULATED + "[door.d]\nmax_s = 61", "door.d.max_s = 61: must be a number from 0.1 to 60 (a strike left powered overheats)"),
    (SIMULATED + "[door.d]\npulse_s = 11", "door.d.pulse_s: 11 s is longer than max_s, 10.0 s"),
    (SIMULATED + "[door.d]\nmax_s = 2", "door.d.pulse_s: 3.0 s is longer than max_s, 2 s"),
    (SIMULATED + "[door.d]\nmax_hold_s = 5", "door.d.max_hold_s: 5 s is shorter than max_s, 10.0 s"),
    (SIMULATED + "[door.d]\nmax_hold_s = 43201",
     "door.d.max_hold_s = 43201: must be 0, or from max_s to 43200"),
    (SIMULATED + "[door.d]\nstrike = 'open'", 'door.d.strike = "open": must be one of "fail_secure", "fail_safe"'),
    (SIMULATED + "panel.button.a.action = 'exit'", "panel.button.a.door: is missing: the door that the button opens"),
    (SIMULATED + "panel.sensor.s = {kind = 'other', debounce_ms = 5001}",
     "panel.sensor.s.debounce_ms = 5001: must be a whole number from 0 to 5000"),
    (SIMULATED + "panel.sensor.s = {kind = 'other', debounce_ms = -1}",
     "panel.sensor.s.debounce_ms = -1: must be a whole number from 0 to 5000"),
    (SIMULATED + "panel.sensor.s.kind = 'contact'", "panel.sensor.s.door: is missing: the door that it watches"),
    (SIMULATED + "panel.sensor.s = {kind = 'contact', door = 'back'}\n[door.front]",
     "panel.sensor.s.door: there is no [door.back] (there is front)"),
    (SIMULATED + "panel.sensor.s = {kind = 'tamper', door = 'front'}\n[door.front]",
     "panel.sensor.s.door: has no effect: only a contact watches a door"),
    (SIMULATED + "panel.sensor.s = {kind = 'tamper', pin = 4}\n[panel.lamp.b]\npin = 4",
     "panel.sensor.s.pin: line GPIO4 is used by panel.lamp.b.pin already"),
    (SIMULATED + "[panel.keypad.k]\ndoors = ['x']", "panel.keypad.k.doors: there is no [door.x]; add that table"),
    (SIMULATED + "[panel.reader.r]\ndoors = ['x']", "panel.reader.r.doors: there is no [door.x]; add that table"),
    (SIMULATED + "[door.d]\ndigits = '*21'\n[door.e]\ndigits = '2'",
     "door.d.digits: they begin with those of door e, which would open first"),
    (SIMULATED + "[door.d]\ndigits = '2'\n[door.e]\ndigits = '2'",
     "door.e.digits: they begin with those of door d, which would open first"),
    ("[account.a]\nuser = 'door'\npassword_file = 'p'\nregistrar = 'pbx.example'\nother_addresses = ['pbx2.example']",
     ('account.a.other_addresses = ["pbx2.example"]: must be a list of IP addresses, with a port if it is another, such '
      'as "192.0.2.6:5080", at most 4')),
    ("[account.direct]\nuser = 'door'\npassword_file = 'p'\nregistrar = '192.0.2.1'",
     'account.direct: "direct" means no account, in requests and in events; choose another name'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), BETWEEN_TABLES, ids=[sentence for _, sentence in BETWEEN_TABLES])
def test_tables_that_contradict_each_other_are_reported(tmp_path, text, sentence):
    assert told(tmp_path, text) == [sentence]


REFUSED = {
    "panel.lines": "[panel]\nlines = 'gipo'\n[panel.lamp.a]",
    "panel.lamp.a.led": "[panel.lamp.a]\nled = 5",
    "panel.keypad.a.device": "[panel.keypad.a]\ndevice = 5",
    "panel.lamp.a.night_brightness": SIMULATED + "panel.night = '22:00-06:30'\npanel.lamp.a = {led = 'x', night_brightness = 0}",
    "panel.button.a.digits": SIMULATED + "panel.button.a = {action = 'door', digits = 5}",
    "door.d.max_s": SIMULATED + "[door.d]\npulse_s = 20\nmax_s = 'x'",
    "deadlines.ringing_s": "deadlines.ringing_s = 0\n[target.a]\nuri = 'sip:a@b'\n[plan.p]\nsteps = [['a']]",
    "target.a.uri": "[target.a]\nuri = 5\npassword_file = 'p'",
    "rule.r.on": "[rule.r]\non = 5\ndoor = 'd'\nwhere = {a = 'b'}\n[door.d]\nchip = 'c'\nline = 'l'",
}  # fmt: skip


@pytest.mark.parametrize("place", REFUSED)
def test_a_setting_that_is_refused_is_neither_missing_nor_in_conflict_with_another(tmp_path, place):
    (line,) = told(tmp_path, REFUSED[place])
    assert line.startswith(place)
    assert "must be" in line


def test_visitors_leave_messages_by_a_file_in_place_of_the_microphone():
    audio = {"capture": "null", "microphone_file": "/voice.wav"}
    assert core_settings(check({"audio": audio, "recording": {"message_s": 60}}, "test")).message_s == 60


def test_no_message_shows_the_digits_of_a_door(tmp_path):
    (line,) = told(tmp_path, SIMULATED + "[door.d]\ndigits = '4711x'")
    assert line == "door.d.digits: must be 1 to 12 digits, with * or # in front, or # behind, or both"


def test_a_door_on_gpio_needs_chip_and_line(tmp_path):
    assert told(tmp_path, "[door.d]") == [
        'door.d.chip: is missing: panel.lines is "gpio"',
        'door.d.line: is missing: panel.lines is "gpio"',
    ]


def test_all_errors_are_reported_at_once(tmp_path):
    text = "[sip]\nport = 'x'\n[panel]\nlines = 'simulated'\n[panel.button.a]\naction = 'rign'\ntarget = 'x'\n[foo]\n"
    assert told(tmp_path, text) == [
        'sip.port = "x": must be a whole number from 0 to 65535',
        'panel.button.a.action = "rign": must be one of "ring", "answer", "hangup", "hold", "switch", "door", "exit", "volume_up", "volume_down", "audio_test", "talk", "none"',
        (
            "foo: no such setting; there are station, sip, account, tls, audio, speech, http, dbus, mqtt, webhook, panel, door, guard, rule, target, "
            "plan, directory, profile, holidays, forwarding, quiet_hours, clock, recording, log, deadlines"
        ),
        "panel.button.a.target: there is no [target.x]; add that table",
    ]


def test_a_missing_file_is_reported_with_what_to_do(tmp_path):
    with pytest.raises(IntercomError) as caught:
        load(tmp_path / "none.toml")
    assert str(caught.value) == (
        f"The configuration {tmp_path}/none.toml cannot be read. There is no such file. "
        "Name a file that exists, or copy the example file."
    )


def test_a_directory_in_its_place_is_reported(tmp_path):
    with pytest.raises(IntercomError) as caught:
        load(tmp_path)
    assert caught.value.cause == "It is a directory."


def test_a_file_that_may_not_be_read_is_reported(tmp_path):
    """In a process without the right to pass over file modes, which root has."""
    program = """
import os, sys
from pathlib import Path
from appliance.config.load import load
from appliance.base.errors import IntercomError
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)
try:
    load(Path("intercomd.toml"))
except IntercomError as error:
    print(error)
"""
    (tmp_path / "intercomd.toml").write_text("")
    (tmp_path / "intercomd.toml").chmod(0)
    # The working directory is reached before the rights are given up, whatever the modes above it are.
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == (
        "The configuration intercomd.toml cannot be read. The service's user may not read it. "
        "Let that user read the file and enter its directory.\n"
    ), done.stderr


def test_a_path_that_is_none_is_reported():
    with pytest.raises(IntercomError, match="cannot be read"):
        load(Path("a\0b"))


def test_an_empty_file_is_a_station_with_defaults(tmp_path):
    (tmp_path / "x.toml").write_text("")
    config = load(tmp_path / "x.toml")
    assert config == Config()
    assert core_settings(config) == Settings(
        station="Intercom", user="intercom", times=times.current, audio=AudioSettings(statistics_s=10)
    )
    assert (config.deadlines.ringing_s, config.deadlines.early_media_s, config.deadlines.incoming_s) == (60, 60, 60)
    assert config.deadlines.model_dump() == {name: getattr(Deadlines(), name) for name in Deadlines.__struct_fields__}


@pytest.mark.parametrize("name", ["hardware/simulated.toml", "hardware/simulated-indoor.toml"])
def test_the_simulated_stations_are_valid(name):
    config = load(ROOT / name)
    assert config.panel.lines == "simulated"
    assert config.audio.capture == "null"
    assert config.audio.playback in {"null", "simulated"}
    assert len({lamp.pin for lamp in config.panel.lamp.values()}) == len(config.panel.lamp)


def test_the_two_simulated_stations_ring_each_other_and_the_digits_of_one_open_the_door_of_the_other():
    outdoor, indoor = (load(ROOT / f"hardware/{name}.toml") for name in ("simulated", "simulated-indoor"))
    for one, other in ((outdoor, indoor), (indoor, outdoor)):
        (target,) = one.target.values()
        assert target.uri == f"sip:{other.station.user}@{other.sip.address}:{other.sip.port}"
    assert outdoor.target["kitchen"].doors == ["front"]
    assert indoor.panel.button["door"].digits == outdoor.door["front"].digits != ""
    assert {button.action for button in indoor.panel.button.values()} == set(Action) - {
        Action.NONE,
        Action.EXIT,
        Action.TALK,
    }


def test_the_example_is_valid_and_names_every_setting_there_is():
    path = ROOT / "docs/reference/intercomd.example.toml"
    load(path)
    written = _keys(tomli.loads(path.read_text()))
    assert written == _keys(load(path).model_dump(mode="json", exclude_none=True))


def _keys(table, at=""):
    found = set()
    for name, value in table.items():
        found |= _keys(value, f"{at}.{name}") if isinstance(value, dict) else {f"{at}.{name}"}
    return found


def test_the_core_gets_the_settings_in_its_own_words():
    config = check(
        tomli.loads(
            SIMULATED
            + """
            panel.night = "22:00-06:30"
            [panel.button.ring]
            action = "ring"
            target = "kitchen"
            debounce_ms = 20
            long_press_ms = 1500
            double_action = "hangup"
            double_ms = 250
            min_press_ms = 10
            digit_ms = 400
            digit_pause_ms = 300
            stuck_s = 90
            [panel.button.answer]
            action = "answer"
            stuck_s = 0
            [panel.chord.both]
            buttons = ["ring", "answer"]
            action = "door"
            door = "front"
            within_ms = 200
            digit_ms = 500
            digit_pause_ms = 60
            [panel.lamp.plain]
            [panel.lamp.call.pictures]
            in_call = "on"
            [panel.lamp.bright]
            pwm = "fe20c000.pwm/0"
            brightness = 60
            night_brightness = 20
            [panel.lamp.colored]
            led = "bell"
            [panel.lamp.colored.colors]
            ringing = "GREEN"
            [target.kitchen]
            uri = "sip:kitchen@192.0.2.8"
            doors = ["front"]
            [door.front]
            digits = "12#"
            [recording]
            format = "opus"
            channels = "separate"
            enabled = true
            announce_outgoing = "tone"
            announce_required = false
            """
        ),
        "x",
    )
    told = core_settings(config)
    assert told.buttons == (
        ButtonSettings(
            "ring",
            Action.RING,
            target="kitchen",
            debounce_s=0.02,
            long_press_s=1.5,
            double_action=Action.HANGUP,
            double_s=0.25,
            min_press_s=0.01,
            digit_s=0.4,
            pause_s=0.3,
            stuck_s=90,
        ),
        ButtonSettings("answer", Action.ANSWER, min_press_s=0.005),
    )
    both = ChordSettings("both", ("ring", "answer"), Action.DOOR, door="front", within_s=0.2, digit_s=0.5, pause_s=0.06)
    assert told.chords == (both,)
    assert told.targets == (Target("kitchen", "sip:kitchen@192.0.2.8", ("front",)),)
    assert told.record
    assert told.recording_channels is RecordingChannels.SEPARATE
    assert (told.announcements, told.must_announce) == (Announcements(Announcement.NONE, Announcement.TONE), False)
    plain, call, bright, colored = told.lamps
    assert told.night == Night("22:00", "06:30")
    assert (plain.color, plain.colors, plain.brightness, plain.night_brightness) == (None, (), 100, 100)
    assert (bright.color, bright.brightness, bright.night_brightness) == (None, 60, 20)
    assert (colored.color, colored.colors) == ("#ffffff", ((Picture.RINGING, "#00ff00"),))
    assert dict(plain.pictures)[Picture.IN_CALL] is STATUS.in_call is Pattern.ON
    assert {picture for picture, pattern in call.pictures if pattern is not Pattern.OFF} == {Picture.IN_CALL}
    assert told.door("front").digits == "12#"


# Files that are nearly right find more than noise does.
WORDS = st.sampled_from(
    ["panel", "button", "lamp", "a", "b", "pin", "door", "target", "uri", "sip", "http", "pictures", "digits", "pulse_s",
     "lines", "action", "doors", "chip", "line", "[key]", "", "\n"]
) | st.text(max_size=5)  # fmt: skip
LEAVES = (
    st.sampled_from(["ring", "door", "simulated", "gpio", "a", "sip:a@b", "GPIO1"])
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.datetimes()
    | st.text(max_size=9)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=25
)


def is_ours_or_none(act):
    try:
        act()
    except IntercomError as error:
        return error.code == "config-invalid" and bool(error.message)
    return True


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(WORDS, VALUES, max_size=5))
def test_whatever_the_file_holds_only_our_error_is_raised(raw):
    assert is_ours_or_none(lambda: check(raw, "x"))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="[]{}=\"'\\\n .a1#-u0", max_size=60).map(str.encode))
def test_whatever_bytes_the_file_is_made_of_only_our_error_is_raised(contents):
    assert is_ours_or_none(lambda: check(loading._parse(contents, "x"), "x"))


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 100_000,
        "x = " + "{a = " * 100_000,
        "a." * 5_000 + "b = 1",
        "sip.port = 0x" + "f" * 5000,
        "door.d.pulse_s = 0x" + "f" * 5000,
        "door.d.pulse_s = 0x" + "f" * 500,
        "panel.lamp.a.pin = 0x" + "f" * 5000,
        "sip.codecs = [0x" + "f" * 5000 + "]",
    ],
    ids=lambda text: text[:20],
)
def test_monstrous_values_are_reported(tmp_path, text):
    assert told(tmp_path, text)


def test_steps_of_a_plan_without_a_time_of_their_own_have_the_last_one():
    text = """
        [plan.house]
        steps = [["a", "b"], ["b"], ["a"]]
        step_s = [20, 10]
        cycles = 3
        [target.a]
        uri = "sip:a@192.0.2.1"
        [target.b]
        uri = "sip:b@192.0.2.2"
        confirm = "#"
    """
    station = core_settings(check(tomli.loads(text), "x"))
    steps = RingStep(("a", "b"), 20), RingStep(("b",), 10), RingStep(("a",), 10)
    assert station.plan("house") == Plan("house", steps, 3)
    assert station.plan("b") == Plan("b", (RingStep(("b",)),))
    assert station.plan("c") is None
    assert station.target("b").confirm == "#"


def test_a_rule_names_a_field_of_an_event_as_the_event_does():
    text = """
        [rule.mother]
        on = "call.incoming"
        where = { from = "sip:mother@192.0.2.1" }
        then = [{ order = "report_event", name = "mother.calls" }]
        allow = ["call"]
    """
    (rule,) = core_settings(check(tomli.loads(text), "x")).rules
    assert rule.where == (("from", "sip:mother@192.0.2.1"),)


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        *(("door.example.org", True), ("Door", True), ("door.example.org:1", True), ("door.example.org:65535", True)),
        *(("", False), ("-door", False), ("door:0", False), ("door:65536", False), ("door:443443", False)),
        *(("https://door.example.org", False), ("door.example.org/", False), ("door:", False), ("door:x", False)),
    ],
)
def test_a_name_of_the_station_has_no_port_but_one_that_there_is(name, fits):
    tables = {"http": {"names": [name]}}
    if fits:
        assert check(tables, "x").http.names == [name.lower()]
    else:
        with pytest.raises(IntercomError, match=r"http\.names"):
            check(tables, "x")


def test_a_receiver_of_webhooks_is_an_address_with_a_secret(tmp_path):
    def found(url="https://house.example/hooks", **more):
        table = {"url": url, "secret_file": "house", **more}
        (tmp_path / "i.toml").write_text(dump({"webhook": {"house": table}}))
        try:
            load(tmp_path / "i.toml")
        except IntercomError as error:
            return str(error)
        return ""

    for url in ("https://[2001:db8::1]:8443/a?b=c", "https://house.example", "https://192.0.2.1/"):
        assert found(url) == ""
    for url in (
        *("ftp://house.example/", "https://user:secret@house.example/", "https://house.example/#x", "house.example"),
        *("https://", "https://house.example/a b", "https://house.example:port/", "http:/house.example/"),
        *("https://house.example:99999/", "https://house.example:0/", "https://[::::]/", "https://[192.0.2.1]/"),
    ):
        assert "webhook.house.url" in found(url)
    assert "is for local addresses only" in found("http://house.example/")
    assert found("http://house.example/", local=True) == ""
    assert "has no effect with an address that begins with http:" in found("http://h/", local=True, ca_file="/ca.crt")
    assert found(events=["*", "ring.*", "call.incoming"]) == ""
    for pattern in ("ring*", "Ring.started", "", "a.b.c", "*.started"):
        assert "webhook.house.events" in found(events=[pattern])
    assert "webhook.house.events" in found(events=[])


RING, CALL, STATION = ["ring.started"], ["call.incoming"], "https://gate.example/v1/events"


@pytest.mark.parametrize(
    ("house", "said"),
    [
        ({"ask": RING}, "webhook.house.ask: needs token"),
        ({"token": "house"}, "webhook.house.token: has no effect without ask"),
        ({"ask": RING, "token": "house"}, ""),
        ({"ask": RING + CALL, "token": "house"}, "about which gate is asked already"),
        ({"form": "station", "url": STATION}, ""),
        ({"form": "station"}, "webhook.house.url: is no address at which a station takes events"),
        ({"form": "station", "url": STATION, "ask": RING, "token": "house"}, "no station answers what to do"),
    ],
)
def test_a_receiver_that_is_asked_has_a_token_and_one_that_is_a_station_is_not_asked(tmp_path, house, said):
    usual = {"url": "https://house.example/hooks", "secret_file": "secret"}
    tables = {"gate": {**usual, "ask": CALL, "token": "gate"}, "house": usual | house}
    (tmp_path / "i.toml").write_text(dump({"webhook": tables}))
    with pytest.raises(IntercomError, match=said) if said else nullcontext():
        load(tmp_path / "i.toml")


def test_an_ipv4_address_that_is_mapped_into_ipv6_is_the_ipv4_address():
    loaded = check(tomli.loads("[http]\nproxies = ['::ffff:192.0.2.7', '2001:DB8::7']"), "x")
    assert loaded.http.proxies == ["192.0.2.7", "2001:db8::7"]


def test_at_most_eight_receivers_and_only_with_the_socket_of_http(tmp_path):
    many = {f"h{number}": {"url": "https://house.example/", "secret_file": "house"} for number in range(9)}
    (tmp_path / "i.toml").write_text(dump({"webhook": many, "http": {"socket": False}}))
    with pytest.raises(IntercomError, match="at most 8 receivers") as raised:
        load(tmp_path / "i.toml")
    assert "webhook.h0: needs the Unix socket of HTTP" in str(raised.value)


def test_a_broker_s_settings_are_held_against_each_other(tmp_path):
    def found(text):
        (tmp_path / "i.toml").write_text(text)
        try:
            load(tmp_path / "i.toml")
        except IntercomError as error:
            return str(error)
        return ""

    assert found('[mqtt]\nhost = "Broker.example"\nuser = "door"\npassword_file = "mqtt"\n') == ""
    assert "needs the Unix socket of HTTP" in found('[http]\nsocket = false\n[mqtt]\nhost = "broker.example"\n')
    assert "has no effect without mqtt.user" in found('[mqtt]\npassword_file = "mqtt"\n')
    assert "has no effect with mqtt.tls = false" in found('[mqtt]\ntls = false\nca_file = "/ca.crt"\n')
    assert "mqtt.host" in found('[mqtt]\nhost = "mqtt://broker"\n')
    assert "mqtt.device" in found('[mqtt]\ndevice = "front/#"\n')
