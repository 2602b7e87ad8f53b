"""`intercomctl panel test`: has each part of the panel tried, and tells what came of it.

What no program can see (a lamp, a strike) is for whoever stands there to judge: it is said what should be seen.
"""

import time
from collections.abc import Callable
from typing import Any

from appliance.cli.client import Client
from appliance.errors import IntercomError

Json = dict[str, Any]
PRESS_S, LAMP_S, TONE_S = 30.0, 5.0, 2.0
Prompt = Callable[[str], None]


def run(client: Client, part: str | None, seconds: float | None, prompt: Prompt) -> list[Json]:
    """Try `part`, or all there are; findings as the doctor's. Raises IntercomError where the part is not there.

    prompt: says what to do or to look at, when it begins.
    """
    state = client.ask("GET", "/v1/state")
    parts = [f"lamp.{lamp['id']}" for lamp in state["panel"]["lamps"]]
    parts += [f"button.{button['id']}" for button in state["panel"]["buttons"]]
    parts += [f"door.{door['id']}" for door in state["doors"]]
    parts.append("sound")
    if part is not None and part not in parts:
        raise IntercomError("parameter-invalid", f"There is no {part} to test.", f"There is: {', '.join(parts)}.")
    return [_try(client, each, seconds, prompt) for each in (parts if part is None else [part])]


def _try(client: Client, part: str, seconds: float | None, prompt: Prompt) -> Json:
    kind, _, name = part.partition(".")
    try:
        match kind:
            case "lamp":
                return _lamp(client, name, seconds or LAMP_S, prompt)
            case "button":
                return _button(client, name, seconds or PRESS_S, prompt)
            case "door":
                return _door(client, name, seconds, prompt)
            case _:
                return _sound(client, seconds or TONE_S, prompt)
    except IntercomError as err:
        return _finding(part, "problem", err.message, err.cause, err.resolution)


def _lamp(client: Client, name: str, seconds: float, prompt: Prompt) -> Json:
    client.ask("POST", f"/v1/panel/lamps/{name}/test", {"pattern": "fast", "seconds": seconds})
    prompt(f"Lamp {name} flashes for {seconds:g} s.")
    time.sleep(seconds)
    return _finding(f"lamp.{name}", "ok", "It was to flash. If it did not: see its line and active_low.")


def _button(client: Client, name: str, seconds: float, prompt: Prompt) -> Json:
    """What comes is asked for by long poll: no press is missed between two questions."""
    since, end = client.ask("GET", "/v1/state")["last_event"], time.monotonic() + seconds
    prompt(f"Press button {name} within {seconds:g} s.")
    while (left := end - time.monotonic()) > 0:
        answer = client.ask("GET", f"/v1/events?since={since}&wait={min(left, 5.0):.1f}&types=button.pressed")
        since = answer["since"]
        for event in answer["events"]:
            pressed = event["data"].get("button")  # none in events.lost
            if pressed == name:
                return _finding(f"button.{name}", "ok", "It was pressed.")
            if pressed:
                prompt(f"That was button {pressed}.")
    return _finding(
        f"button.{name}",
        "problem",
        "It was not pressed.",
        f"No press was seen in {seconds:g} s.",
        "See its line and its pull; gpioinfo shows who holds the line.",
    )


def _door(client: Client, name: str, seconds: float | None, prompt: Prompt) -> Json:
    client.ask("POST", f"/v1/doors/{name}/open", {} if seconds is None else {"seconds": seconds})
    prompt(f"Door {name} is open.")
    (door,) = (each for each in client.ask("GET", "/v1/doors")["doors"] if each["id"] == name)
    end = time.monotonic() + (seconds or door["pulse_s"]) + 2.0
    seen = False
    while time.monotonic() < end:
        unlocked = client.ask("GET", f"/v1/doors/{name}")["unlocked"]
        if seen and not unlocked:
            return _finding(f"door.{name}", "ok", "Its relay was energised and is at rest again.")
        seen = seen or unlocked
        time.sleep(0.1)
    return _finding(f"door.{name}", "problem", "Its relay was not seen energised and then at rest.")


def _sound(client: Client, seconds: float, prompt: Prompt) -> Json:
    prompt("Be quiet for 2 s; then the speaker plays a tone.")
    heard = client.ask("POST", "/v1/audio/self-test", {"seconds": seconds})
    levels = f"Before the tone {_dbfs(heard['quiet_dbfs'])}, with it {_dbfs(heard['tone_dbfs'])}."
    if heard["heard"]:
        return _finding("sound", "ok", "The microphone heard the speaker.", levels)
    if heard["quiet_dbfs"] is None and heard["tone_dbfs"] is None:
        return _finding(
            "sound",
            "problem",
            "Nothing came from the microphone.",
            "No card is configured for it, or it does not work.",
            "See intercomctl doctor.",
        )
    return _finding(
        "sound",
        "warning",
        "The microphone did not hear the speaker.",
        levels,
        "If you did not hear it either, see the speaker's volume and wires, else the microphone's.",
    )


def _dbfs(level: float | None) -> str:
    return "nothing" if level is None else f"{level:g} dBFS"


def _finding(check: str, level: str, message: str, cause: str = "", resolution: str = "") -> Json:
    return {"check": check, "level": level, "message": message, "cause": cause, "resolution": resolution}
