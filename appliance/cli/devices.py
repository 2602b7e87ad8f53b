"""Browsers that are notified of rings: converts the options of `intercomctl push` to requests of the HTTP interface."""

import argparse

from appliance.base.types import Json
from appliance.cli import show
from appliance.cli.client import Client, WrongUsageError, resource
from appliance.cli.moments import here


def run(client: Client, given: argparse.Namespace) -> Json:
    """Perform the command; returns the answer. Raises IntercomError."""
    if given.act == "list":
        return client.ask("GET", "/v1/push")
    if not given.device:
        raise WrongUsageError("No device is given.", "Give its id; `intercomctl push` lists them.")
    return client.ask("DELETE", resource("push", given.device))


def words(answer: Json) -> str:
    """The list of devices, or the confirmation of a removal."""
    if "subscriptions" not in answer:
        return show.done(answer)
    rows = map(_row, answer["subscriptions"])
    return "\n".join(rows) or "No devices: they are added on the page, under More."


def _row(device: Json) -> str:
    ended = "" if device["valid"] else "  (its token has ended)"
    problem = f"\n    {device['problem']}" if device["problem"] else ""
    return f"{device['id']}  {device['client']}  {device['service']}  since {here(device['created'])}{ended}{problem}"
