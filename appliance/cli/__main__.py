"""The command line of the client: `intercomctl`."""

import argparse
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path

import appliance
from appliance.base.errors import ErrorCode, IntercomError, problem, reason
from appliance.base.printable import unread_is_dropped
from appliance.base.types import Json
from appliance.cli import codes, config, options, ordered, show, terms, tokens
from appliance.cli import recordings as recordings_
from appliance.cli.client import (
    EXAMINED_S,
    MADE_SOUND_S,
    SOUND_TEST_S,
    Client,
    LateError,
    WrongUsageError,
    call_of,
    default_socket,
    resource,
)

OUTPUT = {"--json": "print answers and errors as JSON", "--utc": "print times in UTC, not in local time"}
BUNDLE = Path("intercomd-support.json")
USAGE = "intercomctl [OPTION]... COMMAND [ARGUMENT]..."
LATE = 3

Command = Callable[[Client, argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]  # a command, by its name and help


class Program(argparse.ArgumentParser):
    """The whole command line; its help has the commands in groups, and examples."""

    def format_help(self) -> str:
        """The text of --help."""
        from appliance.cli import overview  # noqa: PLC0415  late: for this alone

        return super().format_help() + overview.text(self)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 refused or not reachable, 2 wrong usage, 3 not in time."""
    if sys.stdout is None:  # closed: nobody wants to read the answer
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            return main(arguments)
    with unread_is_dropped():
        return performed(arguments)


def performed(arguments: list[str] | None) -> int:
    """As `main`, with an output that is open."""
    given = parser().parse_args(arguments)
    try:
        return run(given)
    except IntercomError as err:
        with suppress(BrokenPipeError):  # the status counts also where nobody reads the reason
            if given.json:
                print(json.dumps(problem(err)))
            else:
                print(terms.plain(str(terms.own(err))), file=sys.stderr)
        return {WrongUsageError: 2, LateError: LATE}.get(type(err), 1)
    except BrokenPipeError:
        raise
    except OSError as err:  # of the output: each other one has its sentence
        print(f"The answer cannot be written: {reason(err)}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("The command was ended by a signal.", file=sys.stderr)
        return 128 + signal.SIGINT


def run(given: argparse.Namespace) -> int:
    """Run the command; the exit status. Raises IntercomError."""
    token = os.environ.get("INTERCOM_TOKEN", "")
    if not (token.isascii() and token.isprintable()):
        raise WrongUsageError(
            "INTERCOM_TOKEN is no token.",
            "A token has letters, digits, - and _ only: look for the end of a line in it.",
        )
    command: Command = given.command
    try:
        there = given.socket or (Path() if given.url else default_socket())
        return command(Client(there, given.url or "", token, given.ca), given)
    except UnicodeEncodeError as err:
        if err.reason != "surrogates not allowed":  # they stand for such bytes (PEP 383)
            raise
        raise WrongUsageError(
            "An argument has bytes that are no UTF-8.", "Write it in UTF-8, as terminals do by default."
        ) from err
    except KeyError as err:
        raise IntercomError(
            ErrorCode.SERVER_UNREACHABLE,
            f"The answer has no {err}.",
            "Another program answers there, or a station of another version.",
            "Check the address; `intercomctl --version` and the page show the versions.",
        ) from err


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    made = Program("intercomctl", USAGE, "Shows and controls a running intercomd.")
    made.add_argument("--socket", type=Path, metavar="PATH", help="the daemon's Unix socket")
    made.add_argument("--url", type=options.url, help="its HTTP address instead; the token comes from INTERCOM_TOKEN")
    made.add_argument("--ca", type=Path, metavar="FILE", help="certificate that an https address must have")
    for name, text in OUTPUT.items():
        made.add_argument(name, action="store_true", help=text)
    made.add_argument("--version", action="version", version=f"intercomctl {appliance.__version__}")
    commands = made.add_subparsers(
        prog=made.prog, metavar="COMMAND", required=True, help=argparse.SUPPRESS, parser_class=argparse.ArgumentParser
    )

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, aliases=options.ALSO.get(name, ()), help=text, description=text)
        sub.set_defaults(command=command)
        for option, help_ in OUTPUT.items():  # before the command or after it
            sub.add_argument(option, action="store_true", default=argparse.SUPPRESS, help=help_)
        return sub

    follow_commands(add)
    ordered.options(lambda name, made: add(name, SHOWN.get(name, order), made["help"]))
    call_commands(add)
    house_commands(add)
    station_commands(add)
    for_shell(commands.add_parser("ids"))
    return made


def follow_commands(add: Add) -> None:
    """Commands that show the whole station, or wait for it."""
    add("state", state, "show the state of the station")
    idle_ = add("idle", wait_until_idle, "wait until no call is active and no door is open; status 3 if not in time")
    idle_.add_argument("--seconds", type=options.number, default=600.0, help="longest time (default 600)")
    options.wait(add("wait", wait, "wait until it rings, and show the call; status 3 if it did not ring in time"))
    options.watch(add("watch", flow("watch"), "print events as they come, also after a restart of the station"))


def call_commands(add: Add) -> None:
    """Commands for calls, tones and sounds."""
    dial_ = add("dial", dial, "call a target or a SIP address")
    dial_.add_argument("to", help="a target, a SIP address, or a number at an account")
    options.message(
        add("message", late("follow.messages", "send", "sent"), "send a text to a target, a SIP address or a number")
    )
    options.messages(add("messages", flow("messages"), "show received texts, and whether sent ones arrived"))
    for name, muted in (("mute", True), ("unmute", False)):
        options.mute(add(name, change("muted"), f"{name} the microphone towards a call"), muted=muted)
    options.digits(add("digits", change("dtmf"), "choose the methods by which digits of the far end are taken"))
    options.tone(add("tone", tone, "play a tone on the speaker, or to the far end of a call"))
    options.sound(add("play", play, "play a sound on the speaker, or to the far end of a call"))
    options.speech(add("say", say, "speak a text on the speaker, or to the far end of a call"))
    recordings_.live_options(add("record", record, "record a call; stop, pause, resume, mute, unmute or discard it"))
    transfer_ = add("transfer", transfer, "transfer the far end of a call to another address")
    transfer_.add_argument("to", help="a target, a SIP address, a number at an account, or another call's id")
    transfer_.add_argument("call", nargs="?", help=recordings_.ITS_ID)
    options.conference(add("conference", late("conferences"), "show, begin, change or end a conference of calls"))


def house_commands(add: Add) -> None:
    """Commands for panel and sound card."""
    options.panel(add("panel", panel, "show buttons and lamps, or test every part step by step"))
    options.audio(add("audio", audio, "show, set or test volume and gain, or list the sound cards"))


def station_commands(add: Add) -> None:
    """Commands for the station's administration."""
    doctor_ = add("doctor", doctor, "check the configuration, cards, lines, accounts and calls")
    doctor_.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=options.CONFIG,
        help=f"file to check if no daemon runs (default {options.CONFIG})",
    )
    support_ = add(
        "support-bundle",
        late("support"),
        "write a file for the report of a fault: logs, findings, settings without secrets",
    )
    support_.add_argument("file", nargs="?", type=Path, default=BUNDLE, help=f"a new file (default {BUNDLE})")
    for name, (words, options_of, text) in options.UPKEEP.items():
        options_of(add(name, late("upkeep", name, words), text))
    add(
        "page",
        late("page.address"),
        "show the address of the page with its token, and how to open it on another computer",
    )
    config.options(add("config", configuration, "show the configuration in force, get a setting, or check a file"))
    add("contacts", late("residents", "contacts", "contact_words"), "show the flats of the directory, and the targets")
    add("targets", late("residents", "targets", "target_words"), "show the targets that can be called")
    dnd_ = late("residents", "do_not_disturb", "quiet_words")
    options.dnd(add("dnd", dnd_, "show, begin or end do-not-disturb: calls do not ring, its call buttons do"))
    forward_ = late("residents", "forward", "forward_words")
    options.forward(add("forward", forward_, "show or set where calls to this station are forwarded"))
    recordings_.options(add("recordings", recordings, "list recordings, or get, play, delete or protect one"))
    codes.options(add("code", code, "list codes and cards that open doors, add one, or remove one"))
    options.rules(add("rules", late("follow.rules"), "list rules, try them for a time, add or remove one"))
    tokens.options(add("token", token, "list tokens of clients over TCP, make one, or remove one"))
    push_ = late("devices")
    options.push(add("push", push_, "list the devices that are notified of rings, or remove one"))
    options.log(add("log", log, "list past calls, or openings and refusals of doors, newest first"))


def for_shell(parser: argparse.ArgumentParser) -> None:
    """The command that the shell's completion runs; without a help text, as it is not for people."""
    parser.set_defaults(command=complete)
    parser.add_argument("kind", nargs="*")


def complete(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl ids`."""
    from appliance.cli.complete import words  # noqa: PLC0415  late: the other commands are quicker without

    return output({"ids": words(client, given.kind)}, given, lambda answer: "\n".join(answer["ids"]))


def state(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl state`."""
    return output(client.ask("GET", "/v1/state"), given, show.state)


def wait_until_idle(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl idle`."""
    from appliance.cli.follow import wait_idle  # noqa: PLC0415  late: the other commands are quicker without

    wait_idle.wait(client, given.seconds)
    return 0


def wait(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl wait ring`."""
    from appliance.cli.follow import wait_ring  # noqa: PLC0415  late: the other commands are quicker without

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    answer = wait_ring.wait(client, given)
    output(answer, given, wait_ring.words)
    return LATE if answer == wait_ring.NOTHING else 0


def panel(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl panel`."""
    if given.act is None:
        return output(client.ask("GET", "/v1/panel"), given, show.panel)
    from appliance.cli import panel_test  # noqa: PLC0415  late: the other commands are quicker without

    def prompt(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    found = panel_test.run(client, given.part, given.seconds, prompt, panel_test.Person())
    levels = Counter(finding["level"] for finding in found)
    prompt(f"{levels['ok']} OK, {levels['warning']} skipped or with a warning, {levels['problem']} with a problem.")
    return findings(found, given)


def audio(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl audio`."""
    switches = {f"{side}_muted": way == "off" for side in ("speaker", "microphone") if (way := getattr(given, side))}
    change = switches | {name: level for name in ("volume", "gain") if (level := getattr(given, name)) is not None}
    if (given.act == "set") != bool(change):
        raise WrongUsageError(
            "`set` and levels belong together.", "Write it as in `intercomctl audio set --volume 60`."
        )
    match given.act:
        case None:
            return output(client.ask("GET", "/v1/audio"), given, show.audio)
        case "devices":
            return output(client.ask("GET", "/v1/audio/devices"), given, show.devices)
        case "set":
            return output(client.ask("PATCH", "/v1/audio", change), given, show.done)
        case _:
            answer = client.ask("POST", "/v1/audio/self-test", {"apply": given.apply}, SOUND_TEST_S)
            output(answer, given, show.sound_test)
            return 0 if answer["result"] == "works" else 1


def doctor(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl doctor`: by the daemon, which knows more, or by ourselves if none answers."""
    try:
        found = client.ask("POST", "/v1/doctor", None, EXAMINED_S)["findings"]
    except IntercomError as err:
        if err.code != "server-unreachable":
            raise
        from msgspec.structs import asdict  # noqa: PLC0415  late: the other commands are quicker without

        from appliance.doctor.examine import examine  # noqa: PLC0415  late: pydantic
        from appliance.doctor.findings import warning  # noqa: PLC0415

        without = warning("daemon", err.message, resolution=err.resolution)
        found = [asdict(finding) for finding in (without, *examine(given.config, options.STATE, mixers=True))]
    return findings(found, given)


def findings(found: list[Json], given: argparse.Namespace) -> int:
    """Print findings; status 1 if one of them is a problem."""
    output({"findings": found}, given, show.findings)
    return 1 if any(finding["level"] == "problem" for finding in found) else 0


def configuration(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl config`."""
    if given.act != "check":
        return output(config.read(client, given), given, config.words)
    found = config.check(given.setting)
    output(found, given, lambda answer: "\n".join(answer["lines"]))
    return 0 if found["valid"] else 1


def accounts(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl accounts`."""
    if given.act is not None:
        return order(client, given)
    return output(client.ask("GET", "/v1/accounts"), given, show.accounts)


def recordings(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl recordings`."""
    answer = recordings_.run(client, given)
    return output(answer, given, recordings_.WORDS.get(given.act, show.done)) if answer or given.act == "list" else 0


def log(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl log`."""
    if given.call:
        from appliance.cli.follow import story  # noqa: PLC0415  late: the other commands are quicker without

        return output(story.read(client, given.call), given, story.words)
    from appliance.cli.follow import logs  # noqa: PLC0415  late: the other commands are quicker without

    if given.follow:
        return stream(logs.follow(client, given), given, logs.WORDS[given.what])
    return output(logs.page(client, given), given, show.log if given.what == "calls" else show.audit)


def code(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl code`."""
    return output(codes.run(client, given), given, show.codes if given.act == "list" else show.done)


def token(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl token`."""
    words = {"list": show.tokens, "add": show.new_token}.get(given.act, show.done)
    return output(tokens.run(client, given), given, words)


def dial(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl dial`."""
    return output(client.ask("POST", "/v1/calls", {"to": given.to}), given, show.done)


def change(field: str) -> Command:
    """A command that changes a call, by its option of that name: `intercomctl mute`, `unmute` and `digits`."""

    def command(client: Client, given: argparse.Namespace) -> int:
        path = resource("calls", call_of(client, given))
        return output(client.ask("PATCH", path, {field: getattr(given, field)}), given, show.done)

    return command


def tone(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl tone`."""
    path = resource("calls", given.call, "tone") if given.call else "/v1/audio/tone"
    if given.tone == "stop":
        return output(client.ask("DELETE", path), given, show.done)
    body = {"tone": given.tone, "country": given.country, "seconds": given.seconds}
    return output(client.ask("POST", path, body), given, show.done)


def play(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl play`."""
    if given.list:
        return output(client.ask("GET", "/v1/audio/sounds"), given, show.sounds)
    call = given.stop or given.call
    path = resource("calls", call, "playback") if call and call != "speaker" else "/v1/audio/playback"
    if given.stop:
        return output(client.ask("DELETE", path), given, show.done)
    if not given.sound:
        raise WrongUsageError("No sound is given.", "`intercomctl play --list` shows the names.")
    return output(client.ask("POST", path, options.wanted_sound(given), MADE_SOUND_S), given, show.done)


def say(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl say`."""
    from appliance.cli.follow.messages import text_of  # noqa: PLC0415  late: the other commands are quicker without

    path = resource("calls", given.call, "say") if given.call else "/v1/audio/say"
    settings = {"language": given.language, "voice": given.voice, "rate": given.rate, "volume": given.volume}
    return output(client.ask("POST", path, {"text": text_of(given), **settings}, MADE_SOUND_S), given, show.done)


def record(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl record`."""
    return output(recordings_.of_call(client, call_of(client, given), given), given, show.recorded)


def transfer(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl transfer`."""
    call = call_of(client, given)
    others = {each["id"] for each in client.ask("GET", "/v1/calls")["calls"]} - {call}
    body = {"call": given.to} if given.to in others else {"to": given.to}
    return output(client.ask("POST", resource("calls", call, "transfer"), body), given, show.done)


def door(client: Client, given: argparse.Namespace) -> int:
    """`intercomctl door`: print the outcome."""
    answer = ordered.send(client, given)
    if given.json or answer["warning"]:
        return output(answer, given, show.done)
    there = client.ask("GET", resource("doors", given.door))
    return output(there, given, lambda door: show.opened(given.act, door, given.seconds))


def order(client: Client, given: argparse.Namespace) -> int:
    """A command that is an order."""
    return output(ordered.send(client, given), given, show.done)


def late(module: str, run: str = "run", words: str = "words") -> Command:
    """A command by two functions of a module, which is imported when it runs: the others are quicker without."""

    def command(client: Client, given: argparse.Namespace) -> int:
        found = import_module(f"appliance.cli.{module}")
        return output(getattr(found, run)(client, given), given, getattr(found, words))

    return command


def flow(module: str) -> Command:
    """A command that prints what `read` of a module of `follow` gives, piece by piece; imported when it runs."""

    def command(client: Client, given: argparse.Namespace) -> int:
        found = import_module(f"appliance.cli.follow.{module}")
        return stream(found.read(client, given), given, found.words)

    return command


def stream(answers: Iterable[Json], given: argparse.Namespace, words: Callable[[Json], str]) -> int:
    """Print each answer as soon as it comes, until the last one, or Ctrl-C: the process then exits at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for answer in answers:
        output(answer, given, words)
        sys.stdout.flush()
    return 0


def output(answer: Json, given: argparse.Namespace, words: Callable[[Json], str]) -> int:
    """Print an answer for a person, or as JSON."""
    if given.json:
        print(json.dumps(answer), flush=True)
    else:
        print(terms.shown(words(answer), sys.stdout, utc=given.utc), flush=True)
    return 0


SHOWN: dict[str, Command] = {"accounts": accounts, "door": door}  # orders whose command shows more than the answer


if __name__ == "__main__":
    sys.exit(main())
