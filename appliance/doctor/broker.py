"""The broker of MQTT, and receivers of webhooks: whether they work with the station. Another process speaks with them.

The broker has to bring the station its own message, and a receiver to take an event that says that it is a trial.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import msgspec

import appliance
from appliance.base import times
from appliance.base.errors import IntercomError, reason
from appliance.config import secrets
from appliance.config.schema import Config
from appliance.core.events import EVENTS
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import problem, warning
from appliance.outlet import settings
from appliance.outlet.webhooks.message import fits

CHECK, WEBHOOKS = "mqtt", "webhooks"


def examine(config: Config) -> list[Finding]:
    """What the broker does with the station, and what receivers do; nothing where none is named."""
    return [*_broker(config), *_receivers(config)]


def tokens(config: Config, known: Callable[[str], bool]) -> list[Finding]:
    """The tokens that orders need, and that are not there. known: whether there is a valid token of a name."""
    named = [(CHECK, "mqtt.token", config.mqtt.token)] if config.mqtt.host and config.mqtt.token else []
    named += [(WEBHOOKS, f"webhook.{name}.token", table.token) for name, table in config.webhook.items() if table.ask]
    return [
        problem(
            check,
            f"There is no valid token {token}, which {setting} names.",
            "Orders are refused without it.",
            f"Make one with intercomctl token add {token}, or correct {setting}.",
        )
        for check, setting, token in named
        if not known(token)
    ]


def _broker(config: Config) -> list[Finding]:
    table = config.mqtt
    if not table.host or (table.password_file and secrets.out_of_sight(table.password_file)):
        return []
    try:
        password = secrets.read(table.password_file) if table.password_file else ""
    except IntercomError as error:
        return [problem(CHECK, error.message, error.cause, error.resolution)]
    line = settings.line(table.model_dump(), password)
    return _said(line, 2 * times.current.broker_tried_s, CHECK, "The broker cannot be examined.")


def _receivers(config: Config) -> list[Finding]:
    found, known = [*_unknown(config)], []
    for name, table in config.webhook.items():
        if secrets.out_of_sight(table.secret_file):
            continue
        try:
            secret = secrets.read(table.secret_file)
            if table.form == "cloudevents":
                secrets.signing(secret, table.secret_file)
        except IntercomError as error:
            found.append(problem(WEBHOOKS, error.message, error.cause, error.resolution))
        else:
            known.append(settings.webhook(name, table.model_dump(), secret, source=config.mqtt.device))
    if known:
        line = settings.line(config.mqtt.model_dump(), "", webhooks=known)
        wait_s = 2 * times.current.webhook_answers_s
        found += _said(line, wait_s, WEBHOOKS, "The receivers of webhooks cannot be examined.")
    return found


def _unknown(config: Config) -> Iterator[Finding]:
    """A warning for each pattern that no event fits: the receiver gets nothing by it."""
    for name, table in config.webhook.items():
        for setting, patterns in (("events", table.events), ("report", table.report)):
            for pattern in patterns:
                if not any(fits(kind, [pattern]) for kind in EVENTS):
                    yield warning(
                        WEBHOOKS,
                        f"No event is {pattern}, which webhook.{name}.{setting} names.",
                        "It is misspelt, or a kind without .* behind it.",
                        "docs/reference/events.md lists the types; door.* is all of a kind.",
                    )


def _said(line: bytes, wait_s: float, check: str, otherwise: str) -> list[Finding]:
    """The findings of the other process."""
    try:
        said = subprocess.run(
            [sys.executable, "-m", "appliance.outlet", "--try"],
            input=line,
            capture_output=True,
            check=False,
            timeout=wait_s,
            env=appliance.environment(),
        )
        return [msgspec.convert({"check": check, **each}, Finding) for each in json.loads(said.stdout)]
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return [problem(check, otherwise, f"{reason(error)}.", "Look into the log.")]
