"""Answers and events in words for a terminal."""

from typing import Any

from appliance.base.errors import sentences
from appliance.base.printable import printable
from appliance.base.types import Json
from appliance.cli.moments import here, there

MB = 1_000_000


def state(answer: Json) -> str:
    """The whole station."""
    station = answer["appliance"]
    lines = [f"{station['station']}: {station['status']}", f"  SIP       {station['address'] or 'not ready'}"]
    lines += [f"  account   {_account(account)}" for account in answer["accounts"]]
    lines += [f"  call      {call['id']}  {call['state']}  {call['summary']}" for call in answer["calls"]]
    lines += [f"  together  {each['id']}  {each['state']}  {each['summary']}" for each in answer["conferences"]]
    lines += [f"  door      {called(door['id'], door['name'])}  {_lock(door)}" for door in answer["doors"]]
    lines += [f"  disc      {_storage(answer['storage'])}"] if answer["storage"] else []
    newer = station.get("offered_version")  # a station of an earlier version has none
    lines += [f"  update    {newer} is offered: sudo intercomctl update install"] if newer else []
    failed = [f"{part['part']}: {part['why']}" for part in station["failed"]]
    lines += [f"  failed    {each}" for each in failed if each not in station["status"]]
    return "\n".join(lines)


def _storage(storage: Json) -> str:
    parts = [f"{storage['free_bytes'] // MB} MB free", f"{storage['recordings_bytes'] / MB:.1f} MB of recordings"]
    parts += [] if storage["state"] == "ok" else [f"{storage['state']}: nothing more is recorded"]
    return ", ".join(parts)


def _lock(door: Json) -> str:
    parts = [door["state"].replace("_", " ")]
    if door["unlocked"]:
        parts = [f"{'held open' if door['state'] == 'held' else 'unlocked'} until {door['until']}, by {door['by']}"]
    parts += [] if door["available"] else ["not available"]
    parts += [door["contact"]] if door["contact"] else []
    parts += [door["alarm"].replace("_", " ")] if door["alarm"] else []
    return ", ".join(parts)


def accounts(answer: Json) -> str:
    """Accounts at registrars."""
    return "\n".join(map(_account, answer["accounts"])) or "No accounts."


def _account(account: Json) -> str:
    return f"{called(account['name'], account['display_name'])}  {account['summary']}"


def panel(answer: Json) -> str:
    """Buttons and lamps."""
    lines = [f"picture   {answer['picture']}"]
    for each in answer["buttons"]:
        pressed = "down" if each["down"] else "up"
        lines.append(f"button    {called(each['id'], each['name'])}  {each['action']}  {pressed}")
    lines += [f"lamp      {called(lamp['id'], lamp['name'])}  {_shine(lamp)}" for lamp in answer["lamps"]]
    lines += [f"sensor    {each['id']}  {each['kind']}  {_sensor(each)}" for each in answer["sensors"]]
    return "\n".join(lines)


def audio(answer: Json) -> str:
    """Speaker and microphone."""
    return "\n".join(f"{name:10}  {_level(answer[name])}" for name in ("speaker", "microphone"))


def sound_test(answer: Json) -> str:
    """The result of a self-test of speaker and microphone."""
    lines = [sentences(answer["result"].replace("_", " "), answer["advice"] or "")]
    if answer["quiet_dbfs"] is not None:
        lines.append(f"  noise   {answer['quiet_dbfs']:g} dBFS")
    if answer["tone_dbfs"] is not None:
        lines.append(f"  echo    {answer['tone_dbfs']:g} dBFS, {answer['echo_db']:g} dB against the speaker's sound")
        lines.append(f"  delay   {answer['echo_delay_ms']:g} ms")
    lines += [f"  clipped {100 * answer['clipped']:g} % of the samples"] if answer["clipped"] else []
    lines += [f"The volume is {answer['volume']:g} % now."] if answer["applied"] else []
    return "\n".join(lines)


def _level(side: Json) -> str:
    if side["card"] is None:
        return f"{side['pcm']}: no card" if side["pcm"] != "null" else "none is configured"
    if side["element"] is None:
        return f"{side['card']}: its mixer has no element for this"
    parts = [f"{side['percent']:g} %"] if side["percent"] is not None else []
    parts += [f"{side['db']:g} dB ({side['min_db']:g} to {side['max_db']:g})"] if side["db"] is not None else []
    parts += ["muted"] if side["muted"] else []
    return f"{side['card']}, {side['element']}: {', '.join(parts)}"


def devices(answer: Json) -> str:
    """The sound cards, with the names for the configuration."""
    lines = []
    for card in answer["devices"]:
        lines.append(f"{card['id']}  {card['name']}{'  USB' if card['usb'] else ''}")
        lines += [f"  {way:8}  {pcm}" for way in ("capture", "playback") for pcm in card[way]]
    return "\n".join(lines) or "No sound cards."


def sounds(answer: Json) -> str:
    """The names of the sounds, one in a line."""
    return "\n".join(f"{each['name']}{'  built-in' if each['built_in'] else ''}" for each in answer["sounds"])


def _shine(lamp: Json) -> str:
    """As "slow, #00ff00, 20 %", without defaults."""
    dimmed = f"{lamp['brightness']} %" if lamp["brightness"] not in (0, 100) else ""
    return ", ".join(filter(None, (lamp["pattern"], lamp["color"], dimmed)))


def _sensor(sensor: Json) -> str:
    known = {None: "unknown", True: "active", False: "at rest"}[sensor["active"]]
    return f"{known}, no door opens until {sensor['blocks_until']}" if sensor["blocks_until"] else known


def findings(answer: Json) -> str:
    """Findings: a line for each."""
    rows = answer["findings"]
    width = max((len(row["check"]) for row in rows), default=0)
    return "\n".join(
        f"{row['level']:<8} {row['check']:<{width}}  "
        + sentences(*(row[part] for part in ("message", "cause", "resolution")))
        for row in rows
    )


def recordings(answer: Json) -> str:
    """A page of recordings."""
    rows = [_recording(recording) for recording in answer["recordings"]]
    rows += [f"More: intercomctl recordings --cursor {answer['next']}"] if answer["next"] else []
    return "\n".join(rows) or "No recordings."


def _recording(recording: Json) -> str:
    about = ["message"] if recording["kind"] == "message" else []
    about += [recording["outcome"].replace("_", " "), *(f"door {door}" for door in recording["doors"])]
    about += ["time uncertain"] if recording["clock"] == "uncertain" else []
    about += ["protected"] if recording["protected"] else []
    about += ["copied"] if recording["copied"] else ["copy failed"] if recording["copy_error"] else []
    who = recording["party"] or recording["remote"]
    seconds = f"{recording['duration_s']:7.1f} s"
    parts = [recording["id"], recording["started"], seconds, who, ", ".join(filter(None, about)), recording["note"]]
    return "  ".join(filter(None, parts))


def file(answer: Json) -> str:
    """Where something was written."""
    return str(answer["file"])


def log(answer: Json) -> str:
    """A page of the call log."""
    lines = [past(call) for call in answer["calls"]]
    lines += [f"More: intercomctl log --cursor {answer['next']}"] if answer["next"] else []
    return "\n".join(lines) or "No calls."


def audit(answer: Json) -> str:
    """A page of the audit."""
    lines = [event(each) for each in answer["events"]]
    lines += [f"More: intercomctl log doors --cursor {answer['next']}"] if answer["next"] else []
    return "\n".join(lines) or "Nothing."


def codes(answer: Json) -> str:
    """All codes and cards."""
    return "\n".join(_code(code, answer["zone"]) for code in answer["codes"]) or "No codes."


def tokens(answer: Json) -> str:
    """All tokens."""
    return "\n".join(map(_token, answer["tokens"])) or "No tokens but the station's own (`intercomctl page`)."


def new_token(answer: Json) -> str:
    """A token that was made."""
    return f"{answer['text']}\n{_token(answer['token'])}\nThe first line is the token. It is not shown again."


def _token(token: Json) -> str:
    end = (
        "" if token["expires"] is None else f"  until {here(token['expires'])}{'' if token['valid'] else ' (expired)'}"
    )
    return f"{token['id']}  {token['name']}  {', '.join(token['scopes'])}{end}"


def _code(code: Json, zone: str) -> str:
    limits = [f"{','.join(time['days'])} {time['begin']}-{time['end']}" for time in code["schedule"] or ()]
    limits[-1:] = [f"{last} at the station{zone and f', {zone}'}" for last in limits[-1:]]
    limits += [f"within {code['profile']}"] if code.get("profile") else []
    limits += [] if code["uses"] is None else [f"{code['uses']} uses left"]
    limits += [] if code["expires"] is None else [f"until {there(code['expires'], zone)}"]
    about = "  ".join([", ".join(code["doors"]), *limits])
    return f"{code['id']}  {code['kind']}  {code['owner']}  {about}"


def past(call: Json) -> str:
    """A call of the log in one line."""
    remote = call["remote"]  # one that an earlier version logged has no target_name
    known = called(remote["target"], remote.get("target_name")) if remote["target"] else ""
    who = known or remote["display_name"] or remote["uri"]
    end = call["end"]
    cause = end["cause"].replace("_", " ")
    how = f"{call['duration_s']:.0f} s" if call["connected_since"] else "missed" if call["missed"] else cause
    why = " ".join(str(part) for part in (end["code"], end["reason"]) if part)
    if end["reason"].lower() == how:
        why = ""
    return f"{call['id']}  {call['created']}  {call['direction']:8}  {who}  {how}{f' ({why})' if why else ''}"


def event(envelope: Json) -> str:
    """An event in one line."""
    line = " ".join(
        f"{name}={_value(value)}" for name, value in envelope["data"].items() if value not in (None, "", [])
    )
    call = f"  {envelope['call']}" if envelope["call"] else ""
    return f"{envelope['time']}  {envelope['id']}  {envelope['type']}{call}  {line}".rstrip()


def _value(value: Any) -> str:
    """A value in the configuration's notation: false, not False; several with commas; a record's with slashes."""
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case list():
            return ",".join(map(_value, value))
        case dict():
            return "/".join(map(_value, value.values()))
        case _:
            return line(str(value))


def called(part: str, name: str | None) -> str:
    """The id of a part, which commands take, and its name if it has one."""
    return f"{part} ({line(name)})" if name else part


def line(text: str) -> str:
    """A text that others choose, in one line, without what would steer a terminal."""
    return "".join(each if printable(each) else " " for each in text)


def opened(act: str, door: Json, seconds: float | None) -> str:
    """The result of an order for a door; `seconds`: the requested length of opening."""
    match act:
        case "open":
            state = f"open for {door['pulse_s'] if seconds is None else seconds:g} s"
        case "hold":
            state = f"held open until {door['until']}"
        case "release":
            state = "no longer held open"
        case "lock":
            state = "locked down"
        case _:
            state = "no longer locked down"
    return f"Door {called(door['id'], door['name'])} is {state}."


def done(answer: Json) -> str:
    """The result of an order."""
    return answer.get("warning") or answer.get("id") or "Done."


def recorded(answer: Json) -> str:
    """The recording of a call that an order began, or the result of another order."""
    return answer.get("call", {}).get("recording") or done(answer)
