"""The options of commands that have several."""

import argparse
import math
from datetime import datetime, time
from pathlib import Path
from urllib.parse import urlsplit

from appliance.base.types import Json
from appliance.cli.moments import THERE, WRITTEN, ago, ahead_there
from appliance.cli.recordings import ITS_ID

CONFIG, STATE = Path("/etc/intercomd/intercomd.toml"), Path("/var/lib/intercomd")
TONES = ("ringback", "busy", "congestion", "call_waiting", "ringing", "door", "warning")
CONFERENCE = ("list", "make", "join", "leave", "hold", "resume", "mute", "unmute", "record", "stop-recording", "end")
DIGITS = ("rfc4733", "info", "inband")
FORWARDED = ("always", "quiet", "busy", "no-answer")
ALSO = {"log": ["logs"], "accounts": ["account"]}  # other names of commands
SHORTEST_TRIAL_S, LONGEST_TRIAL_S = 0.1, 600.0


def panel(parser: argparse.ArgumentParser) -> None:
    """Options: the parts to test, and the duration of each test."""
    parser.add_argument("act", nargs="?", choices=["test"], metavar="test", help="test each part, one after another")
    parser.add_argument(
        "part",
        nargs="?",
        help="one part: lamp.ID, button.ID, keypad.ID, reader.ID, sensor.ID, door.ID or sound; or a kind, such as lamp",
    )
    parser.add_argument("--seconds", type=trial_seconds, help="duration of each test (default: depends on the part)")


def audio(parser: argparse.ArgumentParser) -> None:
    """Options: list the cards, set levels, or test the sound."""
    parser.add_argument(
        "act",
        nargs="?",
        choices=["devices", "set", "test"],
        metavar="devices|set|test",
        help="list the cards, set the levels, or test the speaker by the microphone",
    )
    parser.add_argument("--volume", type=number, help="of the speaker, in per cent")
    parser.add_argument("--gain", type=number, help="of the microphone, in per cent")
    for side in ("speaker", "microphone"):
        parser.add_argument(f"--{side}", choices=["on", "off"], help=f"the switch of the {side} in the mixer")
    parser.add_argument("--apply", action="store_true", help="with test: set the volume that the result recommends")


def mute(parser: argparse.ArgumentParser, *, muted: bool) -> None:
    """Options: the call to mute or to unmute."""
    parser.add_argument("call", nargs="?", help=ITS_ID)
    parser.set_defaults(muted=muted)


def digits(parser: argparse.ArgumentParser) -> None:
    """Options: the accepted methods for digits, and the call."""
    parser.add_argument("dtmf", metavar="methods", type=digit_methods, help=f"{','.join(DIGITS)}: one or more, or none")
    parser.add_argument("call", nargs="?", help=ITS_ID)


def tone(parser: argparse.ArgumentParser) -> None:
    """Options: the tone, its call or the speaker, its country and its duration."""
    parser.add_argument("tone", type=tone_name, help=f"{', '.join(TONES)}; or stop")
    parser.add_argument("call", nargs="?", help="to the far end of this call (default: on the speaker)")
    parser.add_argument("--country", default="", help="country whose tone it is: two letters (default: as configured)")
    parser.add_argument("--seconds", type=number, default=10.0, help="longest duration (default 10)")


def sound(parser: argparse.ArgumentParser) -> None:
    """Options: the sound, its call or the speaker, and its volume."""
    parser.add_argument(
        "sound",
        nargs="?",
        help="name of a built-in sound or of a file in audio.sounds, without .wav; the URL of a WAV file; or "
        "recording:ID",
    )
    parser.add_argument("call", nargs="?", help="to the far end of this call (default: on the speaker)")
    parser.add_argument("--loop", action="store_true", help="again and again")
    parser.add_argument("--volume", type=number, default=100.0, help="in per cent of the file's (default 100)")
    parser.add_argument("--stop", metavar="PLACE", help="stop the sound: speaker, or the id of a call")
    parser.add_argument("--list", action="store_true", help="list the sounds")


def wanted_sound(given: argparse.Namespace) -> Json:
    """The request for that sound, which is a name, a URL, or a recording."""
    kind, colon, recording = given.sound.partition(":")
    what = {"url" if "://" in given.sound else "sound": given.sound}
    if colon and kind == "recording":
        what = {"recording": recording}
    return {**what, "loop": given.loop, "volume": given.volume}


def speech(parser: argparse.ArgumentParser) -> None:
    """Options: the text to speak, its call or the speaker, and its voice."""
    parser.add_argument("text", help="the text; -: from standard input, which hides it from other users")
    parser.add_argument("call", nargs="?", help="to the far end of this call (default: on the speaker)")
    parser.add_argument("--language", default="", help="such as en-gb (default: as configured)")
    parser.add_argument("--voice", default="", help="such as f3 (default: as configured)")
    parser.add_argument("--rate", type=int, help="words a minute (default: as configured)")
    parser.add_argument("--volume", type=number, default=100.0, help="in per cent of the voice's (default 100)")


def message(parser: argparse.ArgumentParser) -> None:
    """Options: the text message, and its receiver."""
    parser.add_argument("to", help="name of a target, a SIP address, or a number at an account")
    parser.add_argument("text", help="the text; -: from standard input, which hides it from other users")
    parser.add_argument(
        "--account", default="", help="send it through this account (default: the target's, or the first)"
    )


def messages(parser: argparse.ArgumentParser) -> None:
    """Options: whether to show new messages as they come."""
    parser.add_argument("--follow", action="store_true", help="then show each that comes, until Ctrl-C")


def conference(parser: argparse.ArgumentParser) -> None:
    """Options: the order for a conference, and the calls it concerns."""
    parser.add_argument(
        "act",
        nargs="?",
        choices=CONFERENCE,
        default="list",
        metavar="|".join(CONFERENCE),
        help="(default: list); hold and resume: the panel leaves and returns; leave: these calls end; record: each "
        "call, also those that join later; end: all calls end",
    )
    parser.add_argument(
        "participant",
        nargs="*",
        help="id of a call; with make and join also a target, a SIP address or a number, which is called; with mute "
        "and unmute, default: the panel",
    )


def wait(parser: argparse.ArgumentParser) -> None:
    """For what, and how long."""
    parser.add_argument("what", nargs="?", choices=["ring"], default="ring", help="a visitor or a caller rings")
    parser.add_argument("--timeout", type=number, metavar="SECONDS", help="longest time (default: no limit)")


def watch(parser: argparse.ArgumentParser) -> None:
    """Options: the types of events, the first event, and the event at which to end."""
    parser.add_argument(
        "--types", metavar="TYPES", default="", help="only these, such as door.unlocked or call.*, with commas between"
    )
    parser.add_argument("--call", metavar="ID", default="", help="only events of this call")
    parser.add_argument("--since", type=int, metavar="ID", help="start after this event (default: from now on)")
    parser.add_argument(
        "--until", metavar="TYPE", default="", help="end after an event such as ring.started, or call.* for all calls'"
    )


def rules(parser: argparse.ArgumentParser) -> None:
    """The act, the rule, and the time of a trial."""
    acts = ("list", "try", "add", "remove")
    parser.add_argument("act", nargs="?", choices=acts, default="list", metavar="|".join(acts), help="(default: list)")
    parser.add_argument("rule", nargs="?", help="its name; of a rule to add: a file with its table [rule.NAME]")
    parser.add_argument("--at", type=ahead_there, metavar="TIME", help=f"when (try): {THERE} from now (default: now)")
    parser.add_argument(
        "--state",
        action="append",
        metavar="PATH=VALUE",
        help="suppose this value of the state (try), as runtime.do_not_disturb=true; may be given again",
    )


def dnd(parser: argparse.ArgumentParser) -> None:
    """On or off."""
    parser.add_argument("act", nargs="?", choices=["on", "off"], metavar="on|off", help="(default: show the state)")


def forward(parser: argparse.ArgumentParser) -> None:
    """Options: the calls to forward, and their destination."""
    parser.add_argument(
        "act", nargs="?", choices=FORWARDED, metavar="|".join(FORWARDED), help="which calls (default: show all)"
    )
    parser.add_argument("to", nargs="?", help="name of a target, or a number at the first account")
    parser.add_argument("--off", action="store_true", help="no longer forward these calls")
    parser.add_argument("--seconds", type=number, help="with no-answer: how long a call rings first")


def log(parser: argparse.ArgumentParser) -> None:
    """Options: the log, and the part of it to show."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=["calls", "doors"],
        default="calls",
        metavar="calls|doors",
        help="(default: calls)",
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", default=50, help="number of entries (default 50, at most 200)"
    )
    parser.add_argument("--cursor", metavar="CURSOR", help="continue after the previous page, whose end shows it")
    parser.add_argument("--since", type=ago, metavar="TIME", help=f"only what happened then or later: {WRITTEN} ago")
    parser.add_argument("--party", default="", help="only calls with this in the far end's name or address")
    parser.add_argument("--direction", choices=["incoming", "outgoing"], help="only these calls")
    parser.add_argument("--missed", action="store_true", help="only incoming calls that were not answered here")
    parser.add_argument(
        "--follow", action="store_true", help="oldest first, and then each new entry as it comes, until Ctrl-C"
    )
    parser.add_argument("--call", metavar="ID", help="instead, what happened in this call, in words")


def url(text: str) -> str:
    """The address of a station. Raises ArgumentTypeError: an order must not go to another one than is meant."""
    try:
        given = urlsplit(text)
        whole = given.scheme in {"http", "https"} and given.hostname and given.port != 0 and "@" not in given.netloc
    except ValueError:  # no port, or no IPv6 address
        whole = False
    if not whole or given.path not in {"", "/"}:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no address of a station: write it as http://127.0.0.1:8080 or https://door.local:8443"
        )
    return text


def number(text: str) -> float:
    """A number. Raises ArgumentTypeError, also for those that JSON cannot carry."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is no number: write it as 10 or 2.5")
    return value


def trial_seconds(text: str) -> float:
    """The length of a part's test in seconds. Raises ArgumentTypeError."""
    seconds = number(text)
    if not SHORTEST_TRIAL_S <= seconds <= LONGEST_TRIAL_S:
        raise argparse.ArgumentTypeError(f"{text} is not from {SHORTEST_TRIAL_S:g} to {LONGEST_TRIAL_S:g}")
    return seconds


def tone_name(text: str) -> str:
    """The tone to play, or "stop". Raises ValueError."""
    if text not in {*TONES, "stop"}:
        raise argparse.ArgumentTypeError(f"{text} is not one of {', '.join(TONES)}, stop")
    return text


def digit_methods(text: str) -> list[str]:
    """The methods, which commas separate; "none": no method. Raises ValueError."""
    named = [] if text == "none" else text.split(",")
    if (unknown := next((each for each in named if each not in DIGITS), None)) is not None:
        raise argparse.ArgumentTypeError(f"{unknown or 'an empty text'} is not one of {', '.join(DIGITS)}")
    return named


def backup(parser: argparse.ArgumentParser) -> None:
    """`intercomctl backup`."""
    parser.add_argument("file", type=Path, help="a new file: for its owner only, as it has all secrets of the station")
    parser.add_argument("--recordings", action="store_true", help="with the finished recordings")
    parser.add_argument("--without-secrets", action="store_true", help="without passwords, keys and tokens")
    files(parser)


def push(parser: argparse.ArgumentParser) -> None:
    """`intercomctl push`."""
    acts = ("list", "remove")
    parser.add_argument("act", nargs="?", choices=acts, default="list", metavar="|".join(acts), help="(default: list)")
    parser.add_argument("device", nargs="?", help="id of the device to remove")


def restore(parser: argparse.ArgumentParser) -> None:
    """`intercomctl restore`."""
    parser.add_argument("file", type=Path, help="a file of intercomctl backup")
    confirmed(parser)
    files(parser)


def wipe(parser: argparse.ArgumentParser) -> None:
    """`intercomctl wipe`."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--person", metavar="NAME", help="codes, calls, events and recordings with this name")
    what.add_argument("--everything", action="store_true", help="all state and settings, as if it was new")
    confirmed(parser)
    files(parser)


def update(parser: argparse.ArgumentParser) -> None:
    """`intercomctl update`."""
    parser.add_argument(
        "act",
        nargs="?",
        choices=("install", "back"),
        metavar="install|back",
        help="install what is offered, or the version before (default: show what is offered)",
    )
    parser.add_argument("--at", type=time_of_day, metavar="HH:MM", help="with install: at the next such time, as 03:30")


def time_of_day(text: str) -> time:
    """A time of day. Raises ArgumentTypeError."""
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - the station's own zone is meant
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time of day: write it as 03:30") from None


def confirmed(parser: argparse.ArgumentParser) -> None:
    """For a command that asks before it acts."""
    parser.add_argument("--yes", action="store_true", help="do not ask; needed without a terminal")


def files(parser: argparse.ArgumentParser) -> None:
    """Of which station."""
    parser.add_argument("--config", type=Path, metavar="FILE", default=CONFIG, help=f"configuration (default {CONFIG})")
    parser.add_argument("--state", type=Path, metavar="DIR", default=STATE, help=f"state directory (default {STATE})")


# Name, what puts the answer into words, options, help.
UPKEEP = {
    "backup": ("saved", backup, "write configuration and state into a file, also while the service runs"),
    "restore": ("restored", restore, "put a backup in the place of configuration and state"),
    "update": ("updated", update, "show what apt offers for the service, install it, or go back to the version before"),
    "wipe": ("wiped", wipe, "erase all that is stored about a person, or everything (factory reset)"),
}
