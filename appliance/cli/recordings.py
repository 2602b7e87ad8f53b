"""Recordings: converts the options of `intercomctl recordings` and `record` to requests of the HTTP interface."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.cli import show
from appliance.cli.client import Client, WrongUsageError, resource
from appliance.cli.moments import WRITTEN, ago

LIVE = ("start", "stop", "pause", "resume", "mute", "unmute", "discard")
ITS_ID = "id of the call (default: the only one that fits)"
ACTS = ("list", "get", "play", "delete", "protect", "unprotect")
WORDS = {"list": show.recordings, "get": show.file}
FORMATS = {"audio/ogg": "opus"}  # by the answer's type; each other type is wav
PLAYERS = {"wav": (("pw-play",), ("paplay",), ("aplay", "-q")), "opus": (("pw-play",), ("paplay",))}
PLAYER_PACKAGE = {"wav": "alsa-utils", "opus": "pipewire-bin or pulseaudio-utils"}
FILTERS = {
    "party": "only those with this in the far end's name or address",
    "door": "only those during which this door was opened",
    "outcome": "only recordings of calls that ended so, such as hangup or no_answer",
    "note": "only recordings of calls with this in their note",
    "kind": "only call or message: a visitor's",
}
TIMES = {"after": "only those that began then or later", "before": "only those that began earlier"}


def options(parser: argparse.ArgumentParser) -> None:
    """All options."""
    parser.add_argument("act", nargs="?", choices=ACTS, default="list", metavar="|".join(ACTS), help="(default: list)")
    parser.add_argument("recording", nargs="?", help="id of the recording")
    for name, text in FILTERS.items():
        parser.add_argument(f"--{name}", default="", help=text)
    for name, text in TIMES.items():
        parser.add_argument(f"--{name}", type=ago, metavar="TIME", help=f"{text}: {WRITTEN} ago")
    parser.add_argument(
        "--limit", type=int, metavar="N", default=50, help="number of recordings (default 50, at most 200)"
    )
    parser.add_argument("--cursor", help="continue after the previous page, whose end shows it")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="with get: a new file (default ID.wav, or ID.opus); -: standard output",
    )


def live_options(parser: argparse.ArgumentParser) -> None:
    """Options: the order for the recording of a call."""
    parser.add_argument(
        "act", nargs="?", choices=LIVE, default="start", metavar="|".join(LIVE), help="(default: start)"
    )
    parser.add_argument("call", nargs="?", help=ITS_ID)
    parser.add_argument(
        "--channels",
        choices=["mixed", "separate"],
        help="with start: both sides in one channel, or the station left, the far end right (default: as configured)",
    )
    parser.add_argument(
        "--format", choices=["wav", "opus"], help="with start: of the finished file (default: as configured)"
    )
    parser.add_argument("--note", help="with start: name or note of the recording (default: the call's custom_data)")
    parser.add_argument(
        "--side",
        choices=["local", "remote"],
        help="with mute and unmute: what the station sends, or what the far end sends (default: both)",
    )


def of_call(client: Client, call: str, given: argparse.Namespace) -> Json:
    """Perform `intercomctl record` for a call; returns the answer. Raises IntercomError."""
    if given.act == "start":
        wanted = {"channels": given.channels, "format": given.format, "note": given.note or ""}
        return client.ask("POST", resource("calls", call, "recording"), wanted)
    if given.act == "stop":
        return client.ask("DELETE", resource("calls", call, "recording"))
    recording = client.ask("GET", resource("calls", call))["recording"]
    if recording is None:
        raise IntercomError(ErrorCode.RECORDING_NOT_RUNNING, f"Call {call} is not being recorded.")
    path = resource("recordings", "live", recording)
    if given.act == "discard":
        return client.ask("DELETE", path)
    return client.ask("POST", f"{path}/{given.act}", {"side": given.side} if given.act in {"mute", "unmute"} else None)


def run(client: Client, given: argparse.Namespace) -> Json:
    """Perform the command; returns the answer, empty if there is nothing to print. Raises IntercomError."""
    if given.act == "list":
        wanted = {name: getattr(given, name) for name in (*FILTERS, *TIMES, "limit", "cursor")}
        return client.ask("GET", resource("recordings", **wanted))
    if not given.recording:
        raise WrongUsageError("No recording is given.", "Give its id; `intercomctl recordings` lists them.")
    path = resource("recordings", given.recording)
    match given.act:
        case "get":
            return _get(client, path, given.output, given.recording)
        case "play":
            return _play(client, path)
        case "delete":
            return client.ask("DELETE", path)
        case _:
            return client.ask("PATCH", path, {"protected": given.act == "protect"})


def _get(client: Client, path: str, output: Path | None, recording: str) -> Json:
    """Fetch the sound into a file, which must not be there yet; "-" is standard output."""
    with client.fetch(f"{path}/audio") as (media_type, parts):
        kind = FORMATS.get(media_type, "wav")
        output = output or Path(f"{recording}.{kind}")
        if str(output) == "-":
            sys.stdout.buffer.writelines(parts)
            return {}
        try:
            with ExitStack() as undo, output.open("xb") as file:
                undo.callback(output.unlink)  # half of it would pass for the whole, and stand in the way
                file.writelines(parts)
                file.flush()
                undo.pop_all()
        except OSError as err:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"{output} cannot be written.",
                reason(err),
                "Give another file with --output.",
            ) from err
    return {"file": str(output)}


def _play(client: Client, path: str) -> Json:
    """Play the sound on this machine, and wait for its end."""
    import shutil  # noqa: PLC0415  late: for this alone
    import subprocess  # noqa: PLC0415
    import tempfile  # noqa: PLC0415

    with tempfile.NamedTemporaryFile() as file:
        with client.fetch(f"{path}/audio") as (media_type, parts):
            kind = FORMATS.get(media_type, "wav")
            player = next((each for each in PLAYERS[kind] if shutil.which(each[0])), None)
            if player is None:
                raise IntercomError(
                    ErrorCode.UNAVAILABLE,
                    "No program that plays sound was found.",
                    f"None of {', '.join(each[0] for each in PLAYERS[kind])} is installed.",
                    f"Install {PLAYER_PACKAGE[kind]}, or fetch the file with `intercomctl recordings get`.",
                )
            file.writelines(parts)
        file.flush()
        status = subprocess.run([*player, file.name], check=False).returncode
    if status:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The recording could not be played.",
            f"{player[0]} ended with status {status}.",
            "Its own message is above.",
        )
    return {}
