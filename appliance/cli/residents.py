"""The requests of `dnd` and `forward`: changes that residents make while the station runs."""

import argparse

from appliance.base.types import Json
from appliance.cli import show
from appliance.cli.client import Client, WrongUsageError

RUNTIME = "/v1/config/runtime"


def do_not_disturb(client: Client, given: argparse.Namespace) -> Json:
    """Set do-not-disturb, or read it. Raises IntercomError."""
    if given.act is None:
        return client.ask("GET", "/v1/state")
    return client.ask("PATCH", RUNTIME, {"do_not_disturb": given.act == "on"})


def forward(client: Client, given: argparse.Namespace) -> Json:
    """Set where calls are forwarded, or read it. Raises IntercomError."""
    if given.act is None:
        return client.ask("GET", "/v1/state")
    if (given.to is None) != given.off:
        raise WrongUsageError(
            "It is not clear where to forward calls.",
            "Name a target or a number, as in `intercomctl forward busy office`, or give --off.",
        )
    change: Json = {given.act.replace("-", "_"): given.to or ""}
    if given.seconds is not None:
        change["no_answer_s"] = given.seconds
    return client.ask("PATCH", RUNTIME, {"forwarding": change})


def contacts(client: Client, _given: argparse.Namespace) -> Json:
    """The directory and the targets. Raises IntercomError."""
    return client.ask("GET", "/v1/contacts")


def targets(client: Client, _given: argparse.Namespace) -> Json:
    """The targets. Raises IntercomError."""
    return {"targets": client.ask("GET", "/v1/contacts")["contacts"]}


def quiet_words(answer: Json) -> str:
    """Do-not-disturb and quiet hours in words."""
    runtime = answer["runtime"]
    words = f"Do not disturb: {'on' if runtime['do_not_disturb'] else 'off'}."
    hours = " Quiet hours are in force." if runtime["quiet"] and not runtime["do_not_disturb"] else ""
    return _warned(answer, words + hours)


def forward_words(answer: Json) -> str:
    """The destinations of forwarded calls in words."""
    rules = answer["runtime"]["forwarding"]
    lines = [f"{name.replace('_', '-'):9}  {rules[name]}" for name in ("always", "quiet", "busy") if rules[name]]
    lines += [f"no-answer  {rules['no_answer']}, after {rules['no_answer_s']:g} s"] if rules["no_answer"] else []
    return _warned(answer, "\n".join(lines) or "No calls are forwarded.")


def contact_words(answer: Json) -> str:
    """Flats with their targets, and targets with their addresses and, if they are watched, their states."""
    lines = [f"flat {each['flat']}  {each['name']}  {', '.join(each['targets'])}" for each in answer["directory"]]
    return "\n".join([*lines, *map(_target, answer["contacts"])]) or "No contacts."


def target_words(answer: Json) -> str:
    """Targets with their addresses and, if they are watched, their states."""
    return "\n".join(map(_target, answer["targets"])) or "No targets."


def _target(target: Json) -> str:
    state = f"  {target['state'].replace('_', ' ')}" if target["watched"] else ""
    return f"{show.called(target['name'], target['display_name'])}  {target['uri']}{state}"


def _warned(answer: Json, words: str) -> str:
    return f"{words}\n{answer['warning']}" if answer.get("warning") else words
