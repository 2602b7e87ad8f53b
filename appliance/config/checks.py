"""Checks across tables: names that must exist, lines used twice, related limits.

Works on the file as read, because it also reports on a file with other errors.
"""

from collections.abc import Iterator
from typing import Any

from appliance.base.toml import dotted
from appliance.config import describe
from appliance.config.schema.doors import DoorTable
from appliance.config.schema.entry import KeypadTable
from appliance.config.schema.sip import DeadlinesTable
from appliance.core.accounts import sip_uris
from appliance.core.events import EVENTS
from appliance.core.model import DIRECT

ACTIONS = ("action", "long_action", "double_action")
# What a lamp may use instead of its own line, and the settings that then have no effect.
LIGHTS = {
    "led": (("pin", "chip", "line", "active_low"), "the kernel knows the line of its own LED"),
    "pwm": (("pin", "chip", "line"), "the channel is named in pwm"),
    "rgb_lines": (("pin", "line", "active_low"), "it has three lines, and common gives the level at which they shine"),
    "rgb_pwm": (("pin", "chip", "line", "active_low"), "the channels are named in rgb_pwm"),
}
Found = Iterator[tuple[str, str]]  # dotted place, sentence


def cross(raw: dict[str, Any]) -> Found:
    """Every contradiction between tables."""
    buttons, lamps = _tables(raw, "panel", "button"), _tables(raw, "panel", "lamp")
    keypads, readers = _tables(raw, "panel", "keypad"), _tables(raw, "panel", "reader")
    wired = _wired(raw)
    doors, targets, accounts = _tables(raw, "door"), _tables(raw, "target"), _tables(raw, "account")
    plans = _tables(raw, "plan")
    for name, button in buttons.items():
        yield from _button(_at("panel.button", name), button, doors, targets | plans)
    for name, keypad in keypads.items():
        yield from _keypad(_at("panel.keypad", name), keypad, readers, wired=wired)
    for name, reader in readers.items():
        yield from _way(_at("panel.reader", name), ("d0", "d1"), ("device",), reader, wired=wired)
    yield from _chords(raw, buttons, doors, targets | plans)
    sensors = _tables(raw, "panel", "sensor")
    yield from _sensors(sensors, doors)
    for name, plan in plans.items():
        yield from _plan(name, plan, targets, raw)
    for kind, tables in (("panel.keypad", keypads), ("panel.reader", readers)):
        for name, table in tables.items():
            yield from _opened(_at(kind, name), table, doors)
    for name, target in targets.items():
        yield from _target(_at("target", name), target, doors, accounts)
    yield from _same_users(targets)
    yield from _reserved(accounts)
    yield from _forwarding(raw, targets, accounts)
    yield from _hours(raw)
    for name, rule in _tables(raw, "rule").items():
        yield from _rule(_at("rule", name), rule, doors)
    for name, door in doors.items():
        yield from _bounds(_at("door", name), door)
    yield from _digits(doors)
    yield from _pair(raw)
    used: dict[Any, str] = {}
    yield from _lamps(raw, lamps, used)
    yield from _lines(buttons, lamps, sensors, doors, used, wired=wired)
    yield from _blocks(keypads, readers, lamps, used)


def _button(place: str, button: dict[str, Any], doors: dict[str, Any], targets: dict[str, Any]) -> Found:
    actions = {button.get(key) for key in ACTIONS} - {None} if _plain(button) else set()
    target, door, digits = (button.get(key) or None for key in ("target", "door", "digits"))
    if "ring" in actions and target is None:
        yield f"{place}.target", f"is missing: the target that the button rings{_choice(targets)}"
    if "door" in actions and door is None and digits is None:
        yield (
            f"{place}.door",
            f"is missing: the door that the button opens{_choice(doors)}, or digits for a door at the far end",
        )
    if "exit" in actions and door is None:
        yield f"{place}.door", f"is missing: the door that the button opens{_choice(doors)}"
    if door is not None and digits is not None:
        yield f"{place}.digits", "either door or digits, not both: a button opens one door"
    if isinstance(target, str):
        yield from _named(f"{place}.target", target, "target", targets)
    if isinstance(door, str):
        yield from _named(f"{place}.door", door, "door", doors)


def _chords(raw: dict[str, Any], buttons: dict[str, Any], doors: dict[str, Any], targets: dict[str, Any]) -> Found:
    for name, chord in _tables(raw, "panel", "chord").items():
        yield from _chord(name, chord, buttons)
        yield from _button(_at("panel.chord", name), chord, doors, targets)


def _chord(name: str, chord: dict[str, Any], buttons: dict[str, Any]) -> Found:
    if name in buttons:
        yield _at("panel.chord", name), f"there is a [{_at('panel.button', name)}] too; events need different names"
    named = chord.get("buttons")
    named = [button for button in named if isinstance(button, str)] if isinstance(named, list) else []
    for button in named:
        yield from _named(_at("panel.chord", name, "buttons"), button, "panel.button", buttons)
    if len(set(named)) < len(named):
        yield _at("panel.chord", name, "buttons"), "a chord needs two different buttons"


def _sensors(sensors: dict[str, Any], doors: dict[str, Any]) -> Found:
    for name, sensor in sensors.items():
        kind, door, place = sensor.get("kind"), sensor.get("door") or None, _at("panel.sensor", name, "door")
        if kind == "contact" and door is None:
            yield place, f"is missing: the door that it watches{_choice(doors)}"
        if kind in ("tamper", "other") and door is not None:  # a list could not be in a set
            yield place, "has no effect: only a contact watches a door"
        if isinstance(door, str):
            yield from _named(place, door, "door", doors)


def _target(place: str, target: dict[str, Any], doors: dict[str, Any], accounts: dict[str, Any]) -> Found:
    if isinstance(account := target.get("account") or None, str):
        yield from _named(f"{place}.account", account, "account", accounts)
    elif target.get("watch") == "subscribe":
        yield f"{place}.watch", "subscribe needs an account, because its server reports the state; or use options"
    if account and target.get("srtp", "off") != "off":
        yield f"{place}.srtp", f"has no effect: set account.{account}.srtp"
    if target.get("password_file"):
        if account:
            yield f"{place}.password_file", "has no effect: the account's registrar identifies the caller"
        elif not _user(target):
            yield f"{place}.uri", "needs a user, as in sip:kitchen@192.0.2.8: the user name for the password"
    yield from _opened(place, target, doors)


def _reserved(accounts: dict[str, Any]) -> Found:
    if DIRECT in accounts:
        yield _at("account", DIRECT), f'"{DIRECT}" means no account, in requests and in events; choose another name'


def _same_users(targets: dict[str, dict[str, Any]]) -> Found:
    """Targets with the same user: a call shows only the user before the password is requested."""
    known: dict[str, str] = {}
    for name, target in targets.items():
        if target.get("password_file") and (user := _user(target)):
            other = known.setdefault(user, name)
            if other != name:
                yield _at("target", name) + ".uri", f"has the same user as target.{other}, which has a password as well"


def _user(target: dict[str, Any]) -> str:
    return (sip_uris.parts(str(target.get("uri"))) or ("", ""))[0]


def _plan(name: str, plan: dict[str, Any], targets: dict[str, Any], raw: dict[str, Any]) -> Found:
    if name in targets:
        yield _at("plan", name), f"there is a [{_at('target', name)}] too; a button needs different names"
    steps = plan.get("steps")
    for step in steps if isinstance(steps, list) else []:
        for target in step if isinstance(step, list) else []:
            if isinstance(target, str):
                yield from _named(_at("plan", name, "steps"), target, "target", targets)
    deadlines = raw.get("deadlines")
    given = deadlines.get("ringing_s") if isinstance(deadlines, dict) else None
    longest = DeadlinesTable.model_fields["ringing_s"].default if given is None else given
    lasting = plan.get("step_s")
    for seconds in lasting if isinstance(lasting, list) else []:
        if {type(seconds), type(longest)} <= {int, float} and seconds > longest:
            shown = describe.toml(seconds), describe.toml(longest)
            yield _at("plan", name, "step_s"), f"{shown[0]} s is longer than deadlines.ringing_s, {shown[1]} s"


def _plain(button: dict[str, Any]) -> bool:
    return all(isinstance(button.get(key), str | None) for key in ACTIONS)


def _opened(place: str, table: dict[str, Any], doors: dict[str, Any]) -> Found:
    for door in table["doors"] if isinstance(table.get("doors"), list) else []:
        if isinstance(door, str):
            yield from _named(f"{place}.doors", door, "door", doors)


def _named(place: str, name: str, kind: str, there: dict[str, Any]) -> Found:
    if name not in there:
        yield place, f"there is no [{_at(kind, name)}]{_choice(there) or '; add that table'}"


def _choice(there: dict[str, Any]) -> str:
    return f" (there is {', '.join(sorted(there))})" if there else ""


def _bounds(place: str, door: dict[str, Any]) -> Found:
    pulse_s, max_s, hold_s = (
        door.get(key, DoorTable.model_fields[key].default) for key in ("pulse_s", "max_s", "max_hold_s")
    )
    if {type(pulse_s), type(max_s)} <= {int, float} and pulse_s > max_s:
        yield f"{place}.pulse_s", f"{describe.toml(pulse_s)} s is longer than max_s, {describe.toml(max_s)} s"
    if {type(hold_s), type(max_s)} <= {int, float} and 0 < hold_s < max_s:
        yield f"{place}.max_hold_s", f"{describe.toml(hold_s)} s is shorter than max_s, {describe.toml(max_s)} s"


def _digits(doors: dict[str, Any]) -> Found:
    codes = {name: door["digits"].lstrip("*#") for name, door in doors.items() if isinstance(door.get("digits"), str)}
    for name, code in codes.items():
        for other, longer in codes.items():
            if name != other and code and longer.startswith(code) and (code != longer or name < other):
                yield _at("door", other, "digits"), f"they begin with those of door {name}, which would open first"


def _pair(raw: dict[str, Any]) -> Found:
    tls = raw.get("tls")
    names = ("certificate_file", "key_file")
    given = [name for name in names if tls.get(name)] if isinstance(tls, dict) else []
    if len(given) == 1:
        (missing,) = set(names) - set(given)
        yield f"tls.{missing}", f"is missing: tls.{given[0]} has no effect without it"


def _forwarding(raw: dict[str, Any], targets: dict[str, Any], accounts: dict[str, Any]) -> Found:
    rules = raw.get("forwarding")
    for name in ("always", "quiet", "busy", "no_answer"):
        to = rules.get(name) or None if isinstance(rules, dict) else None
        if isinstance(to, str) and to not in targets and not accounts:
            yield (
                f"forwarding.{name}",
                f"there is no [{_at('target', to)}]{_choice(targets)}, and no account for a number",
            )


def _hours(raw: dict[str, Any]) -> Found:
    hours = raw.get("quiet_hours")
    names = ("begin", "end")
    given = [name for name in names if isinstance(hours, dict) and hours.get(name)]
    if len(given) == 1:
        (missing,) = set(names) - set(given)
        yield f"quiet_hours.{missing}", f"is missing: quiet_hours.{given[0]} has no effect without it"


def _rule(place: str, rule: dict[str, Any], doors: dict[str, Any]) -> Found:
    kind, where, door = rule.get("on"), rule.get("where"), rule.get("door")
    if isinstance(door, str):
        yield from _named(f"{place}.door", door, "door", doors)
    event = EVENTS.get(kind) if isinstance(kind, str) else None
    known = event.__struct_fields__ if event is not None else ()
    for name in where if isinstance(where, dict) and known else ():
        if name not in known:
            yield f"{place}.where", f"{kind} does not report {name} (it reports {', '.join(known)})"


def _wired(raw: dict[str, Any]) -> bool:
    panel = raw.get("panel")
    return not isinstance(panel, dict) or panel.get("lines", "gpio") == "gpio"


def _lamp(place: str, lamp: dict[str, Any], used: dict[Any, str]) -> Found:
    given = [key for key in LIGHTS if lamp.get(key)]
    for other in given[1:]:
        yield f"{place}.{other}", f"either {given[0]} or {other}, not both: a lamp has one kind of wiring"
    for light in given[:1]:
        keys, why = LIGHTS[light]
        yield from ((f"{place}.{key}", f"has no effect with {light}: {why}") for key in keys if lamp.get(key))
    three = {key: lamp[key] for key in ("rgb_lines", "rgb_pwm") if isinstance(lamp.get(key), list) and lamp[key]}
    yield from ((f"{place}.{key}", "must have three entries: red, green, blue") for key in three if len(three[key]) < 3)  # noqa: PLR2004
    if lamp.get("common") == "anode" and not three:
        yield f"{place}.common", "has no effect: only rgb_lines and rgb_pwm use it"
    table = lamp.get("colors")
    if given in ([], ["pwm"]) and (lamp.get("color") or (isinstance(table, dict) and any(table.values()))):
        yield f"{place}.color", "has no effect: a lamp of one line or PWM channel has one colour"
    for channel in (lamp.get("pwm"), *three.get("rgb_pwm", ())):
        if isinstance(channel, str) and channel:
            yield from _once(place, channel, used, "PWM channel")


def _lamps(raw: dict[str, Any], lamps: dict[str, Any], used: dict[Any, str]) -> Found:
    for name, lamp in lamps.items():
        yield from _lamp(_at("panel.lamp", name), lamp, used)
    panel = raw.get("panel")
    night = panel.get("night") if isinstance(panel, dict) else None
    dimmed = [name for name, lamp in lamps.items() if lamp.get("night_brightness") is not None]
    if isinstance(night, str) and night:
        begin, _, end = night.partition("-")
        if begin == end:
            yield "panel.night", "its begin and end are equal"
        if not dimmed:
            yield "panel.night", "has no effect: no lamp has a night_brightness"
    for name in dimmed if not night else []:
        yield _at("panel.lamp", name, "night_brightness"), "has no effect without panel.night, its hours"


def _lines(
    buttons: dict[str, Any],
    lamps: dict[str, Any],
    sensors: dict[str, Any],
    doors: dict[str, Any],
    used: dict[Any, str],
    *,
    wired: bool,
) -> Found:
    named = [(_at("panel.button", name), button) for name, button in buttons.items()]
    named += [(_at("panel.lamp", name), lamp) for name, lamp in lamps.items() if not any(map(lamp.get, LIGHTS))]
    named += [(_at("panel.sensor", name), sensor) for name, sensor in sensors.items()]
    named += [(_at("door", name), door) for name, door in doors.items()]
    for place, table in named:
        pin, chip, line = table.get("pin"), table.get("chip") or None, table.get("line") or None
        by_number = not place.startswith("door.")
        if by_number and pin is None and chip is None and line is None:
            if wired:
                yield f"{place}.pin", 'is missing (or chip and line): panel.lines is "gpio"'
        elif by_number and pin is not None:
            if chip is not None or line is not None:
                yield f"{place}.pin", "either pin, or chip and line, not both"
            if type(pin) is int:
                yield from _once(f"{place}.pin", f"GPIO{describe.toml(pin)}", used)
        else:
            for key, value in (("chip", chip), ("line", line)):
                if value is None and wired:
                    yield f"{place}.{key}", 'is missing: panel.lines is "gpio"'
            if isinstance(chip, str) and isinstance(line, str):
                yield from _once(f"{place}.line", line if line.startswith("GPIO") else f"{chip} {line}", used)


def _blocks(keypads: dict[str, Any], readers: dict[str, Any], lamps: dict[str, Any], used: dict[Any, str]) -> Found:
    """Lines of parts with several lines, which must be of one chip."""
    several = [
        (f"{_at('panel.keypad', name)}.{key}", keypad.get("chip"), keypad.get(key))
        for name, keypad in keypads.items()
        for key in ("rows", "columns")
    ]
    several += [
        (f"{_at('panel.reader', name)}.{key}", reader.get("chip"), [reader.get(key)])
        for name, reader in readers.items()
        for key in ("d0", "d1")
    ]
    several += [
        (_at("panel.lamp", name, "rgb_lines"), lamp.get("chip"), lamp.get("rgb_lines")) for name, lamp in lamps.items()
    ]
    for place, chip, lines in several:
        for line in lines if isinstance(lines, list) else []:
            if isinstance(line, str) and line:
                known = line if line.startswith("GPIO") else f"{chip} {line}" if chip else f"GPIO{line}"
                yield from _once(place, known, used)


def _keypad(place: str, keypad: dict[str, Any], readers: dict[str, Any], *, wired: bool) -> Found:
    rows, columns = keypad.get("rows"), keypad.get("columns")
    keys = keypad.get("keys", KeypadTable.model_fields["keys"].default)
    yield from _way(place, ("rows", "columns"), ("device", "reader"), keypad, wired=wired)
    if isinstance(reader := keypad.get("reader") or None, str):
        yield from _named(f"{place}.reader", reader, "panel.reader", readers)
        if readers.get(reader, {}).get("device"):
            yield (
                f"{place}.reader",
                f"reader {reader} is a USB device: configure its keys as a keypad with the same device",
            )
    if not isinstance(keys, list) or not all(isinstance(row, str) for row in keys):
        return
    if isinstance(rows, list) and rows and len(rows) != len(keys):
        yield f"{place}.keys", f"{len(keys)} texts, but there are {len(rows)} rows"
    if isinstance(columns, list) and columns and {len(row) for row in keys} != {len(columns)}:
        yield f"{place}.keys", f"each text needs {len(columns)} characters, one for each column"


def _way(place: str, lines: tuple[str, ...], others: tuple[str, ...], table: dict[str, Any], *, wired: bool) -> Found:
    """A part must have all of `lines`, or one of `others`."""
    on_lines = [key for key in lines if table.get(key)]
    otherwise = [key for key in others if table.get(key)]
    if len(otherwise) + bool(on_lines) > 1:
        yield f"{place}.{otherwise[-1]}", f"either {' and '.join(lines)}, or {' or '.join(others)}, not a mixture"
    elif on_lines and len(on_lines) < len(lines):
        (missing,) = set(lines) - set(on_lines)
        yield f"{place}.{missing}", f"is missing: {on_lines[0]} has no effect without it"
    elif wired and not on_lines and not otherwise:
        yield f"{place}.{lines[0]}", f'is missing (or {" or ".join(others)}): panel.lines is "gpio"'


def _once(place: str, line: str, used: dict[Any, str], what: str = "line") -> Found:
    if line in used:
        yield place, f"{what} {line} is used by {used[line]} already"
    used.setdefault(line, place)


def _tables(raw: dict[str, Any], *path: str) -> dict[str, dict[str, Any]]:
    """The tables with names of the user; the schema reports values that are not tables."""
    found: Any = raw
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return {name: table for name, table in found.items() if isinstance(table, dict)} if isinstance(found, dict) else {}


def _at(table: str, *keys: str) -> str:
    return f"{table}.{dotted(keys)}"
