"""Texts: `intercomctl message` sends one, `intercomctl messages` shows received and sent ones."""

import argparse
import sys
from collections.abc import Iterator

from appliance.base.types import Json
from appliance.cli import show
from appliance.cli.client import Client
from appliance.cli.follow import feed

_EVENTS = "types=message.*"


def send(client: Client, given: argparse.Namespace) -> Json:
    """Send a text. Raises IntercomError."""
    return client.ask("POST", "/v1/messages", {"to": given.to, "text": text_of(given), "account": given.account})


def text_of(given: argparse.Namespace) -> str:
    """The text of the command line, or of standard input, which hides it from other users."""
    return sys.stdin.buffer.read().decode(errors="replace").strip() if given.text == "-" else str(given.text)


def sent(answer: Json) -> str:
    """The id of the message, which events name."""
    return str(answer["message"])


def read(client: Client, given: argparse.Namespace) -> Iterator[Json]:
    """The events of messages that are kept, and with --follow those to come. Raises IntercomError."""
    newest = client.ask("GET", "/v1/state")["last_event"]
    yield from (event for event in feed.kept(client, _EVENTS, newest) if event["id"] <= newest)
    if given.follow:
        yield from feed.coming(client, _EVENTS, newest)


def words(event: Json) -> str:
    """A message in a line."""
    data = event["data"]
    match event["type"]:
        case "message.received":
            known = show.called(data["target"], data.get("target_name")) if data["target"] else ""
            who = known or data["display_name"] or data["by"]
            return f"{event['time']}  {show.line(who)}: {show.line(data['body'])}"
        case "message.sent":
            return f"{event['time']}  {data['message']} was accepted by {data['to']}"
        case "message.failed":
            why = " ".join(str(part) for part in (data["code"], data["reason"]) if part)
            return f"{event['time']}  {data['message']} did not reach {data['to']}: {why}"
        case _:
            return show.event(event)
