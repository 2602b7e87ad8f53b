"""Checks between settings that pydantic accepted one by one: names that must exist, lines used twice, related limits.

A setting that pydantic refused is None here, and has been reported: no check reports it again.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.base.toml import dotted
from appliance.config import describe
from appliance.config.schema import Config
from appliance.config.schema.base import Table
from appliance.config.schema.buttons import ButtonTable, ChordTable
from appliance.config.schema.doors import DoorTable
from appliance.config.schema.entry import KeypadTable, ReaderTable
from appliance.config.schema.lamps import LampTable
from appliance.config.schema.panel import PanelTable, SensorTable
from appliance.config.schema.targets import PlanTable, TargetTable
from appliance.config.schema.webhooks import MOST as RECEIVERS
from appliance.config.schema.webhooks import WebhookTable
from appliance.core.accounts import sip_uris
from appliance.core.model import BROWSERS, BUILT_IN_SOUNDS, DIRECT, NULL, Action, SensorKind, SoundMode

# The hardware that a lamp may use instead of its own line, and the settings without effect then.
LIGHTS = {
    "led": (("pin", "chip", "line", "active_low"), "the kernel knows the line of its own LED"),
    "pwm": (("pin", "chip", "line"), "the channel is named in pwm"),
    "rgb_lines": (("pin", "line", "active_low"), "it has three lines, and common gives the level at which they shine"),
    "rgb_pwm": (("pin", "chip", "line", "active_low"), "the channels are named in rgb_pwm"),
}
ZONES = Path("/usr/share/zoneinfo")
SAID = ("opened", "unanswered", "denied")
PAGE = f'"{BROWSERS}" rings the station\'s page'
Found = Iterator[tuple[str, str]]  # dotted place, sentence
Named = Mapping[str, Table]  # tables by their names


def cross(config: Config) -> Found:
    """Every contradiction between settings; see `accepted` for what `config` holds."""
    wired = config.panel.lines == "gpio"
    yield from _panel(config, wired=wired)
    for name, plan in config.plan.items():
        yield from _plan(name, plan, config)
    for name, target in config.target.items():
        yield from _target(at("target", name), target, config)
    yield from _same_users(config.target)
    yield from _reserved(config)
    yield from _forwarding(config)
    yield from _both("quiet_hours", config.quiet_hours, "begin", "end")
    yield from _profiles(config)
    for name, door in config.door.items():
        yield from _bounds(at("door", name), door)
    yield from _digits(config.door)
    yield from _both("tls", config.tls, "certificate_file", "key_file")
    yield from _both("recording", config.recording, "copy_to", "copy_config_file")
    yield from _both("http", config.http, "certificate_file", "key_file")
    yield from _both("mqtt", config.mqtt, "certificate_file", "key_file")
    yield from _broker(config)
    yield from _webhooks(config)
    for name, server in (("stun_server", config.sip.stun_server), ("turn_server", config.sip.turn_server)):
        if server and ":" in (config.sip.address or ""):
            yield f"sip.{name}", f"has no effect: it is for IPv4, and sip.address is {config.sip.address}"
    yield from _turn(config)
    yield from _sounds(config)
    if config.recording.message_s and config.audio.capture == NULL and config.audio.microphone_file == "":
        yield "recording.message_s", f'needs a microphone, and audio.capture is "{NULL}": set it, or message_s = 0'
    used: dict[str, str] = {}
    yield from _lamps(config.panel, used)
    yield from _lines(config, used, wired=wired)
    yield from _blocks(config.panel, used)


def _reserved(config: Config) -> Found:
    if DIRECT in config.account:
        yield at("account", DIRECT), f'"{DIRECT}" means no account, in requests and in events; choose another name'
    callees: tuple[tuple[str, Named], ...] = (("target", config.target), ("plan", config.plan))
    for kind, named in callees:
        if BROWSERS in named:
            yield at(kind, BROWSERS), f'"{BROWSERS}" means the station\'s page; choose another name'


def _broker(config: Config) -> Found:
    mqtt = config.mqtt
    if mqtt.host and config.http.socket is False:
        yield "mqtt.host", "needs the Unix socket of HTTP: set http.socket = true"
    if mqtt.user == "" and mqtt.password_file:
        yield "mqtt.password_file", "has no effect without mqtt.user"
    if mqtt.home_assistant and mqtt.live is False:
        yield "mqtt.home_assistant", "needs mqtt.live = true: its entities read events and states"
    if mqtt.orders_without_expiry and mqtt.token == "":
        yield "mqtt.orders_without_expiry", "has no effect without mqtt.token"
    if mqtt.tls is False:
        for name in ("ca_file", "certificate_file"):
            if getattr(mqtt, name):
                yield f"mqtt.{name}", "has no effect with mqtt.tls = false"


def _webhooks(config: Config) -> Found:
    if len(config.webhook) > RECEIVERS:
        yield "webhook", f"has {len(config.webhook)} tables: at most {RECEIVERS} receivers are possible"
    asked: dict[str, str] = {}
    for name, webhook in config.webhook.items():
        place = at("webhook", name)
        if config.http.socket is False:
            yield place, "needs the Unix socket of HTTP: set http.socket = true"
        yield from _receiver(place, webhook)
        for kind in webhook.ask or ():
            if asked.setdefault(kind, name) != name:
                yield f"{place}.ask", f"names {kind}, about which {asked[kind]} is asked already"


def _receiver(place: str, webhook: WebhookTable) -> Found:
    plain = (webhook.url or "").startswith("http:")
    if plain and webhook.local is False:
        yield f"{place}.url", "begins with http:, which is for local addresses only: use https:, or set local = true"
    if plain and webhook.ca_file:
        yield f"{place}.ca_file", "has no effect with an address that begins with http:"
    if webhook.form == "station" and webhook.ask:
        yield f"{place}.ask", 'has no effect with form = "station": no station answers what to do'
    if webhook.form == "station" and not (webhook.url or "/v1/events").endswith("/v1/events"):
        yield (
            f"{place}.url",
            'is no address at which a station takes events: with form = "station" it ends in /v1/events',
        )
    if webhook.ask and webhook.token == "":
        yield f"{place}.ask", "needs token: the orders in an answer have the scopes of that token"
    if webhook.token and webhook.ask == []:
        yield f"{place}.token", "has no effect without ask"


def _turn(config: Config) -> Found:
    for name, text in (("turn_user", config.sip.turn_user), ("turn_password_file", config.sip.turn_password_file)):
        if config.sip.turn_server and text == "":
            yield f"sip.{name}", "is missing: a TURN server relays for users that it knows"
        if config.sip.turn_server == "" and text:
            yield f"sip.{name}", "has no effect without sip.turn_server"


def _sounds(config: Config) -> Found:
    if config.speech.engine == "piper" and config.speech.piper_voice == "":
        yield "speech.piper_voice", "is missing: the voice of Piper"
    named = {f"speech.{event}_sound": getattr(config.speech, f"{event}_sound") for event in SAID}
    for place, sound in {**named, "recording.announce_sound": config.recording.announce_sound}.items():
        if config.audio.sounds == "" and sound and sound not in BUILT_IN_SOUNDS:
            built_in = ", ".join(BUILT_IN_SOUNDS)
            yield place, f"there is no sound {sound}: choose one of {built_in}, or set audio.sounds"


def _panel(config: Config, *, wired: bool) -> Found:
    panel, doors = config.panel, config.door
    callees: Named = {**config.target, **config.plan}
    for name, button in panel.button.items():
        yield from _button(at("panel.button", name), button, doors, callees, config.audio.mode)
    for name, keypad in panel.keypad.items():
        yield from _keypad(at("panel.keypad", name), keypad, panel.reader, wired=wired)
        yield from _opened(at("panel.keypad", name), keypad, doors)
    for name, reader in panel.reader.items():
        yield from _way(at("panel.reader", name), ("d0", "d1"), ("device",), reader, wired=wired)
        yield from _opened(at("panel.reader", name), reader, doors)
    for name, chord in panel.chord.items():
        yield from _chord(name, chord, panel.button)
        yield from _button(at("panel.chord", name), chord, doors, callees, config.audio.mode)
    for name, sensor in panel.sensor.items():
        yield from _sensor(at("panel.sensor", name, "door"), sensor, doors)


def _button(
    place: str, button: ButtonTable | ChordTable, doors: Named, callees: Named, mode: SoundMode | None
) -> Found:
    actions = (
        {button.action, button.long_action, button.double_action}
        if isinstance(button, ButtonTable)
        else {button.action}
    )
    if Action.RING in actions and button.target == "":
        yield f"{place}.target", f"is missing: the target that the button rings{_choice(callees)}; {PAGE}"
    if Action.DOOR in actions and button.door == button.digits == "":
        yield (
            f"{place}.door",
            f"is missing: the door that the button opens{_choice(doors)}, or digits for a door at the far end",
        )
    if Action.EXIT in actions and button.door == "":
        yield f"{place}.door", f"is missing: the door that the button opens{_choice(doors)}"
    if Action.TALK in actions:
        yield from _talk(place, button, mode)
    if button.door and button.digits:
        yield f"{place}.digits", "either door or digits, not both: a button opens one door"
    if button.target and button.target != BROWSERS:
        yield from exists(f"{place}.target", button.target, "target", callees)
    if button.door:
        yield from exists(f"{place}.door", button.door, "door", doors)


def _talk(place: str, button: ButtonTable | ChordTable, mode: SoundMode | None) -> Found:
    if isinstance(button, ChordTable) or button.double_action == Action.TALK:
        yield place, "cannot have the action talk, which lasts while one button is down"
    elif button.action == Action.TALK and (button.long_action or button.double_action):
        yield f"{place}.action", "talk lasts while the button is down: remove its other actions, or use long_action"
    elif mode not in {None, SoundMode.PUSH_TO_TALK}:
        yield place, 'the action talk has no effect: set audio.mode to "push_to_talk"'


def _chord(name: str, chord: ChordTable, buttons: Named) -> Found:
    if name in buttons:
        yield (
            at("panel.chord", name),
            f"there is a [{at('panel.button', name)}] too; events need different names",
        )
    named = chord.buttons or []
    for button in named:
        yield from exists(at("panel.chord", name, "buttons"), button, "panel.button", buttons)
    if len(set(named)) < len(named):
        yield at("panel.chord", name, "buttons"), "a chord needs two different buttons"


def _sensor(place: str, sensor: SensorTable, doors: Named) -> Found:
    if sensor.kind == SensorKind.CONTACT and sensor.door == "":
        yield place, f"is missing: the door that it watches{_choice(doors)}"
    if sensor.kind in {SensorKind.TAMPER, SensorKind.OTHER} and sensor.door:
        yield place, "has no effect: only a contact watches a door"
    if sensor.door:
        yield from exists(place, sensor.door, "door", doors)


def _target(place: str, target: TargetTable, config: Config) -> Found:
    if target.account:
        yield from exists(f"{place}.account", target.account, "account", config.account)
    elif target.watch == "subscribe":
        yield f"{place}.watch", "subscribe needs an account, because its server reports the state; or use options"
    if target.account and target.srtp != "off":
        yield f"{place}.srtp", f"has no effect: set account.{target.account}.srtp"
    if target.password_file:
        if target.account:
            yield f"{place}.password_file", "has no effect: the account's registrar identifies the caller"
        elif not _user(target):
            yield f"{place}.uri", "needs a user, as in sip:kitchen@192.0.2.8: the user name for the password"
    yield from _opened(place, target, config.door)


def _same_users(targets: Mapping[str, TargetTable]) -> Found:
    """Targets with the same user: a call shows only the user before the password is requested."""
    known: dict[str, str] = {}
    for name, target in targets.items():
        if target.password_file and (user := _user(target)):
            other = known.setdefault(user, name)
            if other != name:
                yield (
                    at("target", name) + ".uri",
                    f"has the same user as target.{other}, which has a password as well",
                )


def _user(target: TargetTable) -> str:
    return (sip_uris.parts(target.uri or "") or ("", ""))[0]


def _plan(name: str, plan: PlanTable, config: Config) -> Found:
    if name in config.target:
        yield at("plan", name), f"there is a [{at('target', name)}] too; a button needs different names"
    for step in plan.steps or []:
        for target in step:
            if target != BROWSERS:
                yield from exists(at("plan", name, "steps"), target, "target", config.target)
    longest = config.deadlines.ringing_s
    for seconds in plan.step_s or []:
        if _known(longest) and seconds > longest:
            shown = describe.toml(seconds), describe.toml(longest)
            yield at("plan", name, "step_s"), f"{shown[0]} s is longer than deadlines.ringing_s, {shown[1]} s"


def _opened(place: str, table: KeypadTable | ReaderTable | TargetTable, doors: Named) -> Found:
    for door in table.doors or []:
        yield from exists(f"{place}.doors", door, "door", doors)


def exists(place: str, name: str, kind: str, there: Named) -> Found:
    """What is wrong if there is no table of that kind and name."""
    if name not in there:
        yield place, f"there is no [{at(kind, name)}]{_choice(there) or '; add that table'}"


def _choice(there: Named) -> str:
    return f" (there is {', '.join(sorted(there))})" if there else ""


def _bounds(place: str, door: DoorTable) -> Found:
    pulse_s, max_s, hold_s = door.pulse_s, door.max_s, door.max_hold_s
    if _known(pulse_s, max_s) and pulse_s > max_s:
        yield f"{place}.pulse_s", f"{describe.toml(pulse_s)} s is longer than max_s, {describe.toml(max_s)} s"
    if _known(hold_s, max_s) and 0 < hold_s < max_s:
        yield f"{place}.max_hold_s", f"{describe.toml(hold_s)} s is shorter than max_s, {describe.toml(max_s)} s"


def _digits(doors: Mapping[str, DoorTable]) -> Found:
    codes = {name: door.digits.lstrip("*#") for name, door in doors.items() if door.digits}
    for name, code in codes.items():
        for other, longer in codes.items():
            if name != other and code and longer.startswith(code) and (code != longer or name < other):
                yield at("door", other, "digits"), f"they begin with those of door {name}, which would open first"


def _both(place: str, table: Table, *names: str) -> Found:
    """Two settings that are given together."""
    given = [name for name in names if is_given(table, name)]
    if len(given) == 1:
        (missing,) = set(names) - set(given)
        yield f"{place}.{missing}", f"is missing: {place}.{given[0]} has no effect without it"


def _forwarding(config: Config) -> Found:
    for name in ("always", "quiet", "busy", "no_answer"):
        to = getattr(config.forwarding, name)
        if to and to not in config.target and not config.account:
            yield (
                f"forwarding.{name}",
                f"there is no [{at('target', to)}]{_choice(config.target)}, and no account for a number",
            )


def _profiles(config: Config) -> Found:
    """Time profiles that do not exist, zones that the machine does not know, and holidays that nobody lists."""
    used = {
        "quiet_hours.profile": config.quiet_hours.profile,
        "forwarding.profile": config.forwarding.profile,
        "panel.night_profile": config.panel.night_profile,
        "audio.ringer_profile": config.audio.ringer_profile,
        **{at("rule", name, "profile"): rule.profile for name, rule in config.rule.items()},
    }
    for place, name in used.items():
        if name:
            yield from exists(place, name, "profile", config.profile)
    if config.panel.night and config.panel.night_profile:
        yield "panel.night_profile", "either night or night_profile, not both: it is night at one time"
    if config.forwarding.profile and config.forwarding.always == "":
        yield "forwarding.profile", "has no effect without forwarding.always"
    listed = config.holidays.country or config.holidays.dates
    for name, profile in config.profile.items():
        if profile.zone and not (ZONES / profile.zone).is_file():
            yield at("profile", name, "zone"), f"this machine knows no zone {profile.zone}: see {ZONES}"
        if profile.holidays not in {None, "any"} and not listed:
            yield at("profile", name, "holidays"), "needs holidays.country or holidays.dates: no holidays are known"
    if config.holidays.region and config.holidays.country == "":
        yield "holidays.region", "has no effect without holidays.country"


def _lamp(place: str, lamp: LampTable, used: dict[str, str]) -> Found:
    given = [key for key in LIGHTS if is_given(lamp, key)]
    for other in given[1:]:
        yield f"{place}.{other}", f"either {given[0]} or {other}, not both: a lamp has one kind of wiring"
    for light in given[:1]:
        keys, why = LIGHTS[light]
        yield from ((f"{place}.{key}", f"has no effect with {light}: {why}") for key in keys if getattr(lamp, key))
    three = {key: lines for key, lines in (("rgb_lines", lamp.rgb_lines), ("rgb_pwm", lamp.rgb_pwm)) if lines}
    yield from ((f"{place}.{key}", "must have three entries: red, green, blue") for key in three if len(three[key]) < 3)  # noqa: PLR2004
    if lamp.common == "anode" and not three:
        yield f"{place}.common", "has no effect: only rgb_lines and rgb_pwm use it"
    if given in ([], ["pwm"]) and (lamp.color or any(color for _, color in lamp.colors)):
        yield f"{place}.color", "has no effect: a lamp of one line or PWM channel has one colour"
    for channel in filter(None, (lamp.pwm, *three.get("rgb_pwm", ()))):
        yield from _once(place, channel, used, "PWM channel")


def _lamps(panel: PanelTable, used: dict[str, str]) -> Found:
    for name, lamp in panel.lamp.items():
        yield from _lamp(at("panel.lamp", name), lamp, used)
    dimmed = [name for name, lamp in panel.lamp.items() if "night_brightness" in lamp.model_fields_set]
    if panel.night:
        begin, _, end = panel.night.partition("-")
        if begin == end:
            yield "panel.night", "its begin and end are equal"
        if not dimmed:
            yield "panel.night", "has no effect: no lamp has a night_brightness"
    if panel.night_profile and not dimmed:
        yield "panel.night_profile", "has no effect: no lamp has a night_brightness"
    for name in dimmed if panel.night == panel.night_profile == "" else []:
        yield at("panel.lamp", name, "night_brightness"), "has no effect without panel.night, its hours"


def _lines(config: Config, used: dict[str, str], *, wired: bool) -> Found:
    panel = config.panel
    numbered: list[tuple[str, ButtonTable | LampTable | SensorTable]] = [
        *((at("panel.button", name), button) for name, button in panel.button.items()),
        *(
            (at("panel.lamp", name), lamp)
            for name, lamp in panel.lamp.items()
            if not any(is_given(lamp, light) for light in LIGHTS)
        ),
        *((at("panel.sensor", name), sensor) for name, sensor in panel.sensor.items()),
    ]
    for place, table in numbered:
        if table.pin is not None:
            if table.chip or table.line:
                yield f"{place}.pin", "either pin, or chip and line, not both"
            yield from _once(f"{place}.pin", f"GPIO{describe.toml(table.pin)}", used)
        elif table.chip == table.line == "":
            if wired:
                yield f"{place}.pin", 'is missing (or chip and line): panel.lines is "gpio"'
        else:
            yield from _chip_and_line(place, table, used, wired=wired)
    for name, door in config.door.items():
        yield from _chip_and_line(at("door", name), door, used, wired=wired)


def _chip_and_line(
    place: str, table: ButtonTable | LampTable | SensorTable | DoorTable, used: dict[str, str], *, wired: bool
) -> Found:
    for key in ("chip", "line"):
        if getattr(table, key) == "" and wired:
            yield f"{place}.{key}", 'is missing: panel.lines is "gpio"'
    if table.chip and table.line:
        yield from _once(f"{place}.line", _line(table.chip, table.line), used)


def _line(chip: str, line: str) -> str:
    """One name for a line, in whichever way its chip and its number are written; without a chip, of a Raspberry Pi."""
    if line.startswith("GPIO"):
        return line
    number = str(int(line)) if line.isdecimal() else line
    return f"{chip.removeprefix('/dev/')} {number}" if chip else f"GPIO{number}"


def _blocks(panel: PanelTable, used: dict[str, str]) -> Found:
    """Lines of parts with several lines, which must be of one chip."""
    several = [
        *(
            (at("panel.keypad", name, key), keypad.chip, getattr(keypad, key))
            for name, keypad in panel.keypad.items()
            for key in ("rows", "columns")
        ),
        *(
            (at("panel.reader", name, key), reader.chip, [getattr(reader, key)])
            for name, reader in panel.reader.items()
            for key in ("d0", "d1")
        ),
        *((at("panel.lamp", name, "rgb_lines"), lamp.chip, lamp.rgb_lines) for name, lamp in panel.lamp.items()),
    ]
    for place, chip, lines in several:
        for line in filter(None, lines or []):
            if _known(chip):
                yield from _once(place, _line(chip, line), used)


def _keypad(place: str, keypad: KeypadTable, readers: Mapping[str, ReaderTable], *, wired: bool) -> Found:
    yield from _way(place, ("rows", "columns"), ("device", "reader"), keypad, wired=wired)
    if keypad.reader:
        yield from exists(f"{place}.reader", keypad.reader, "panel.reader", readers)
        if keypad.reader in readers and readers[keypad.reader].device:
            yield (
                f"{place}.reader",
                f"reader {keypad.reader} is a USB device: configure its keys as a keypad with the same device",
            )
    keys = keypad.keys or []
    if keys and keypad.rows and len(keypad.rows) != len(keys):
        yield f"{place}.keys", f"{len(keys)} texts, but there are {len(keypad.rows)} rows"
    if keys and keypad.columns and {len(row) for row in keys} != {len(keypad.columns)}:
        yield f"{place}.keys", f"each text needs {len(keypad.columns)} characters, one for each column"


def _way(place: str, lines: tuple[str, ...], others: tuple[str, ...], table: Table, *, wired: bool) -> Found:
    """A part must have all of `lines`, or one of `others`."""
    on_lines = [key for key in lines if is_given(table, key)]
    otherwise = [key for key in others if is_given(table, key)]
    if len(otherwise) + bool(on_lines) > 1:
        yield f"{place}.{otherwise[-1]}", f"either {' and '.join(lines)}, or {' or '.join(others)}, not a mixture"
    elif on_lines and len(on_lines) < len(lines):
        (missing,) = set(lines) - set(on_lines)
        yield f"{place}.{missing}", f"is missing: {on_lines[0]} has no effect without it"
    elif wired and not on_lines and not otherwise:
        yield f"{place}.{lines[0]}", f'is missing (or {" or ".join(others)}): panel.lines is "gpio"'


def _once(place: str, line: str, used: dict[str, str], what: str = "line") -> Found:
    if line in used:
        yield place, f"{what} {line} is used by {used[line]} already"
    used.setdefault(line, place)


def is_given(table: Table, key: str) -> bool:
    """Whether a setting that is empty by default was given, even if it was refused."""
    value: Any = getattr(table, key)
    return value is None or bool(value)


def _known(*values: object) -> bool:
    """Whether none of the values was refused."""
    return None not in values


def at(table: str, *keys: str) -> str:
    """The dotted place of a setting."""
    return f"{table}.{dotted(keys)}"
