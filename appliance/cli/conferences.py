"""Conferences: converts the options of `intercomctl conference` to requests of the HTTP interface."""

import argparse
from urllib.parse import quote

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.cli.client import Client, WrongUsageError

_PATH = "/v1/conferences"
_CHANGES = {"hold": {"held": True}, "resume": {"held": False}, "mute": {"muted": True}, "unmute": {"muted": False}}


def run(client: Client, given: argparse.Namespace) -> Json:
    """Perform the command; returns the answer. Raises IntercomError."""
    match given.act:
        case "list":
            return client.ask("GET", _PATH)
        case "make":
            return client.ask("POST", _PATH, {"participants": _joining(client, given.participant)})
        case "join":
            path = f"{_the_one(client)}/participants"
            return [client.ask("POST", path, each) for each in _joining(client, given.participant)][-1]
        case "leave":
            path = f"{_the_one(client)}/participants"
            wanted = [f"{path}?call={quote(call, safe='')}" for call in _named(given.participant)]
            return [client.ask("DELETE", each) for each in wanted][-1]
        case "end":
            return client.ask("DELETE", _the_one(client))
        case "record" | "stop-recording":
            return client.ask("POST" if given.act == "record" else "DELETE", f"{_the_one(client)}/recording")
        case _:
            return _change(client, given)


def words(answer: Json) -> str:
    """The conferences with their participants, or the result of an order."""
    if "conferences" in answer:
        return "\n".join(map(_shown, answer["conferences"])) or "No conference."
    if answer["warning"]:
        return str(answer["warning"])
    return "The conference ends." if answer["conference"] is None else _shown(answer["conference"])


def _change(client: Client, given: argparse.Namespace) -> Json:
    """Change the panel's part in the conference, or mute participants."""
    path, change = _the_one(client), _CHANGES[given.act]
    if not given.participant:
        return client.ask("PATCH", path, change)
    if "held" in change:
        raise WrongUsageError("Only the panel leaves and returns.", f"Use `intercomctl {given.act}` for a single call.")
    answers = [client.ask("PATCH", f"{path}/participants", {"call": call, **change}) for call in given.participant]
    return answers[-1]


def _the_one(client: Client) -> str:
    """The path of the conference: there is one at a time. Raises IntercomError."""
    conferences = client.ask("GET", _PATH)["conferences"]
    if not conferences:
        raise IntercomError(
            ErrorCode.CONFERENCE_NOT_FOUND, "There is no conference.", "", "Begin one by `intercomctl conference make`."
        )
    return f"{_PATH}/{conferences[0]['id']}"


def _joining(client: Client, participants: list[str]) -> list[Json]:
    """The participants as bodies: each is a call that there is, or somebody to call."""
    calls = {call["id"] for call in client.ask("GET", "/v1/calls")["calls"]}
    return [{"call": each} if each in calls else {"to": each} for each in _named(participants)]


def _named(participants: list[str]) -> list[str]:
    if not participants:
        raise WrongUsageError(
            "No participant is given.",
            "Give the id of a call; `intercomctl state` shows them. `make` and `join` also take targets and addresses.",
        )
    return participants


def _shown(conference: Json) -> str:
    """A conference, and a line for each participant."""
    about = [conference["state"], *(name for name in ("muted", "recorded") if conference[name])]
    lines = [f"{conference['id']}  {', '.join(about)}  {conference['summary']}"]
    for each in conference["participants"]:
        state = [each["state"]] + (["muted"] if each["muted"] else [])
        lines.append(f"  {each['call']}  {each['name']}  {', '.join(state)}")
    return "\n".join(lines)
