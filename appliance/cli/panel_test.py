"""`intercomctl panel test`: tests a panel part by part, and prints each result.

No program can see a lamp or a strike, so it asks the person at the panel, who answers by a line on standard input: y,
n, or Enter to skip the part. If nobody answers, it only prints what should be seen, and opens no door except a named
one.
"""

import os
import select
import time
from collections.abc import Callable, Iterator

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.cli.client import SOUND_TEST_S, Client

PRESS_S, LAMP_S, TONE_S = 30.0, 5.0, 2.0
SHORTEST_TONE_S, LONGEST_TONE_S = 0.5, 5.0
ANSWER_S = 60.0  # for a person who looks at a lamp or listens at a door
POLL_S = 1.0  # how soon a skip is noticed
RELEASED_S = 10.0  # after the pulse; a busy board reports the release later
Prompt = Callable[[str], None]
SKIPPED = "It was skipped."
KINDS = ("lamp", "button", "keypad", "reader", "sensor")


class Person:
    """Who tests the panel and answers with lines on standard input; nobody after its end.

    It reads `descriptor` itself, not through a buffer that would hide received text.
    """

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._typed = b""
        self.there = True  # until the end of the input

    def says(self, seconds: float) -> str | None:
        """The next line in lower case, as soon as it comes; None: none came in that time, or nobody is there."""
        end = time.monotonic() + seconds
        while b"\n" not in self._typed:
            left = end - time.monotonic()
            if not self.there or not select.select([self._descriptor], [], [], max(0.0, left))[0]:
                return None
            came = os.read(self._descriptor, 1024)
            self.there = bool(came)
            self._typed += came
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode(errors="replace").strip().lower()


def run(client: Client, part: str | None, seconds: float | None, prompt: Prompt, person: Person) -> list[Json]:
    """Test `part`, all parts of its kind ("lamp"), or all; findings as the doctor's. Ctrl-C ends the test early.

    prompt: prints what to do or to look at, at its beginning. Raises IntercomError if there is no such part.
    """
    state = client.ask("GET", "/v1/state")
    known = parts(state)
    wanted = [each for each in known if part in {None, each, each.partition(".")[0]}]
    if not wanted:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"There is no {part} to test.", f"There is: {', '.join(known)}."
        )
    trial = _Trial(client, seconds, prompt, person, state, named=part in known)
    found: list[Json] = []
    try:
        for number, each in enumerate(wanted, start=1):
            if len(wanted) > 1:
                prompt(f"{number} of {len(wanted)}: {each}")
            found.append(trial.of(each))
    except KeyboardInterrupt:
        prompt(f"Ended; not tested: {', '.join(wanted[len(found) :])}.")
    return found


def parts(state: Json) -> list[str]:
    """All parts of a station that can be tested."""
    of_panel = [f"{kind}.{each['id']}" for kind in KINDS for each in state["panel"][f"{kind}s"]]
    return [*of_panel, *(f"door.{door['id']}" for door in state["doors"]), "sound"]


class _Trial:
    """How long parts are tested (None: the default of each), and with whom; `named`: one part was named.

    state: the station's at the beginning.
    """

    def __init__(
        self, client: Client, seconds: float | None, prompt: Prompt, person: Person, state: Json, *, named: bool
    ) -> None:
        self._client, self._seconds, self._prompt = client, seconds, prompt
        self._person, self._named = person, named
        self._acts = {button["id"]: button["action"] for button in state["panel"]["buttons"]}
        failed = [each["why"] for each in state["appliance"]["failed"] if each["part"] == "panel"]
        self._failed = [why for several in failed for why in several.split("; ")]

    def of(self, part: str) -> Json:
        """Test a part; returns the finding. A part that is known not to work is not tested."""
        kind, _, name = part.partition(".")
        broken = next((why for why in self._failed if why.startswith(f"{kind} {name} (")), None)
        if broken is not None:
            return _finding(part, "problem", "It does not work.", f"{broken}.", "Run intercomctl doctor.")
        try:
            match kind:
                case "lamp":
                    return self._lamp(name)
                case "button":
                    return self._button(name)
                case "keypad":
                    return self._keypad(name)
                case "reader":
                    return self._reader(name)
                case "sensor":
                    return self._sensor(name)
                case "door":
                    return self._door(name)
                case _:
                    return self._sound()
        except IntercomError as err:
            return _finding(part, "problem", err.message, err.cause, err.resolution)

    def _lamp(self, name: str) -> Json:
        check, seconds = f"lamp.{name}", self._seconds or LAMP_S
        remedy = "check its line and active_low."
        self._client.ask("POST", f"/v1/panel/lamps/{name}/test", {"pattern": "fast", "seconds": seconds})
        end = time.monotonic() + seconds
        self._prompt(f"Lamp {name} flashes for {seconds:g} s. Do you see it? [y/n, Enter skips]")
        answer = self._answer()
        if answer is None:
            time.sleep(max(0.0, end - time.monotonic()))
            return _finding(
                check, "warning", SKIPPED, "Nobody confirmed whether it flashed.", f"If it did not flash: {remedy}"
            )
        return _judged(check, answer, "It flashes.", "It does not flash.", remedy.capitalize())

    def _button(self, name: str) -> Json:
        check, seconds = f"button.{name}", self._seconds or PRESS_S
        does = "" if self._acts[name] == "none" else f" Its action is carried out: {self._acts[name]}."
        begin = f"Press button {name} within {seconds:g} s.{does} [Enter skips]"
        for event in self._events("button.pressed", seconds, begin):
            if event is None:
                return _finding(check, "warning", SKIPPED)
            if event["button"] == name:
                return _finding(check, "ok", "It was pressed.")
            self._prompt(f"That was button {event['button']}.")
        return _finding(
            check,
            "problem",
            "It was not pressed.",
            f"No press was seen in {seconds:g} s.",
            "Check its line and pull; gpioinfo shows which program uses the line.",
        )

    def _keypad(self, name: str) -> Json:
        """No key is shown, as it may belong to a code; the number of keys is."""
        check, seconds, count = f"keypad.{name}", self._seconds or PRESS_S, 0
        begin = f"Press each key of keypad {name} once, within {seconds:g} s of each other; then Enter. [Enter skips]"
        for event in self._events("keypad.digit", seconds, begin, again=True):
            if event is None:
                break
            if event["keypad"] == name:
                count += 1
                self._prompt(f"That was key number {count}.")
        else:
            if not count:
                remedy = "Check its lines, its device or its reader; three keys pressed at once are ignored."
                return _finding(
                    check, "problem", "No key was received.", f"None was received in {seconds:g} s.", remedy
                )
        if not count:
            return _finding(check, "warning", SKIPPED)
        keys = f"{count} key{'' if count == 1 else 's'}"
        return _finding(check, "ok", f"{keys} came. If you pressed more, check the lines of the rows and columns.")

    def _reader(self, name: str) -> Json:
        check, seconds, broken = f"reader.{name}", self._seconds or PRESS_S, ""
        begin = f"Hold a card to reader {name} within {seconds:g} s. [Enter skips]"
        for event in self._events("card.read,card.discarded", seconds, begin):
            if event is None:
                return _finding(check, "warning", SKIPPED, broken)
            if event["reader"] == name and "bits" in event:
                bits = f" of {event['bits']} bits" if event["bits"] else ""
                return _finding(check, "ok", f"It read a card{bits}.", broken)
            if event["reader"] == name:
                broken = f"The reader sent no valid card: {event['why']}."
                self._prompt(broken)
        remedy = "Check its supply, whether D0 and D1 are swapped, and its bits." if broken else "Check its wires."
        return _finding(check, "problem", "No card was read.", broken or f"None was received in {seconds:g} s.", remedy)

    def _sensor(self, name: str) -> Json:
        """Compare states, because the contact of a door is reported by events of the door."""
        check, seconds = f"sensor.{name}", self._seconds or PRESS_S

        def active() -> bool | None:
            sensors = self._client.ask("GET", "/v1/panel")["sensors"]
            level: bool | None = next(each["active"] for each in sensors if each["id"] == name)
            return level

        before = active()
        begin = f"Change the state of sensor {name} within {seconds:g} s. [Enter skips]"
        for event in self._events("sensor.changed,door.opened,door.closed", seconds, begin):
            if event is None:
                return _finding(check, "warning", SKIPPED)
            if active() != before:
                return _finding(check, "ok", "It changed.")
        remedy = "Check its line, pull and normally; gpioinfo shows which program uses the line."
        return _finding(check, "problem", "It did not change.", f"Its state was the same for {seconds:g} s.", remedy)

    def _door(self, name: str) -> Json:
        check = f"door.{name}"
        if not self._named:
            self._prompt(f"Door {name} will be opened: its relay is energised. Open it? [y, Enter skips]")
            if (self._answer() or "") not in {"y", "yes"}:
                return _finding(check, "warning", SKIPPED)
        self._client.ask("POST", f"/v1/doors/{name}/open", {} if self._seconds is None else {"seconds": self._seconds})
        (door,) = (each for each in self._client.ask("GET", "/v1/doors")["doors"] if each["id"] == name)
        end = time.monotonic() + (self._seconds or door["pulse_s"]) + RELEASED_S
        self._prompt(f"Door {name} is open for {self._seconds or door['pulse_s']:g} s.")
        seen = False
        while time.monotonic() < end:
            unlocked = self._client.ask("GET", f"/v1/doors/{name}")["unlocked"]
            if seen and not unlocked:
                return self._heard(check)
            seen = seen or unlocked
            time.sleep(0.1)
        return _finding(check, "problem", "The relay was not energised and then released.")

    def _heard(self, check: str) -> Json:
        outcome = "The relay was energised and then released."
        answer = None
        if self._person.there:
            self._prompt("Was the strike open during that time? [y/n, Enter skips]")
            answer = self._answer()
        if answer is None:
            return _finding(check, "ok", outcome)
        remedy = "Check the relay's wires and supply, active_low, and the strike."
        return _judged(check, answer, f"{outcome} The strike opened.", "The strike did not open.", remedy)

    def _sound(self) -> Json:
        self._prompt("Be quiet for a second; then the speaker plays a rising tone.")
        seconds = min(max(self._seconds or TONE_S, SHORTEST_TONE_S), LONGEST_TONE_S)
        found = self._client.ask("POST", "/v1/audio/self-test", {"seconds": seconds}, SOUND_TEST_S)
        levels = f"Before the tone {_dbfs(found['quiet_dbfs'])}, with it {_dbfs(found['tone_dbfs'])}."
        match found["result"]:
            case "works":
                return _finding("sound", "ok", "The microphone heard the speaker.", levels)
            case "no_card":
                return _finding("sound", "problem", "The sound cannot be tested.", found["advice"])
            case "no_echo":
                return self._unheard(levels, found["advice"])
            case _:
                return _finding("sound", "problem", "The microphone heard the speaker.", levels, found["advice"])

    def _unheard(self, levels: str, advice: str) -> Json:
        unheard = "The microphone did not hear the speaker."
        if self._person.there:
            self._prompt("The microphone heard nothing. Did you hear the tone? [y/n, Enter skips]")
            answer = self._answer()
            if answer in {"y", "yes"}:
                remedy = "Check the microphone's gain, mute switch and wires."
                return _finding("sound", "problem", unheard, f"You did. {levels}", remedy)
            if answer in {"n", "no"}:
                remedy = "Check its volume and wires."
                return _finding("sound", "problem", "Nobody heard the speaker.", levels, remedy)
        return _finding("sound", "warning", unheard, levels, advice)

    def _answer(self) -> str | None:
        """y, n or nothing, asked again until it is one of these; None: nobody answers."""
        while (answer := self._person.says(ANSWER_S)) not in {None, "", "y", "yes", "n", "no"}:
            self._prompt(f"{answer} is not an answer: type y or n, or Enter to skip.")
        return answer

    def _events(self, kinds: str, seconds: float, begin: str, *, again: bool = False) -> Iterator[Json | None]:
        """The data of events as they arrive, for so long, or so long after the last one; None: somebody typed Enter.

        By long poll: no event is missed between two requests.
        """
        since, end = self._client.ask("GET", "/v1/state")["last_event"], time.monotonic() + seconds
        self._prompt(begin)
        while (left := end - time.monotonic()) > 0:
            if self._person.there and self._person.says(0.0) is not None:
                yield None
                return
            answer = self._client.ask("GET", f"/v1/events?since={since}&wait={min(left, POLL_S):.1f}&types={kinds}")
            since = answer["since"]
            for event in answer["events"]:
                if event["type"] in kinds.split(","):  # otherwise events.lost
                    end = time.monotonic() + seconds if again else end
                    yield event["data"]


def _judged(check: str, answer: str, good: str, bad: str, remedy: str) -> Json:
    """The finding from a person's answer."""
    match answer:
        case "y" | "yes":
            return _finding(check, "ok", good)
        case "n" | "no":
            return _finding(check, "problem", bad, "The person at the panel said so.", remedy)
        case _:
            return _finding(check, "warning", SKIPPED)


def _dbfs(level: float | None) -> str:
    return "nothing" if level is None else f"{level:g} dBFS"


def _finding(check: str, level: str, message: str, cause: str = "", resolution: str = "") -> Json:
    return {"check": check, "level": level, "message": message, "cause": cause, "resolution": resolution}
