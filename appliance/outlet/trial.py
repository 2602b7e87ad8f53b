"""An examination: connects to the broker, and has it bring an order to the station that it sends itself."""

import queue
import secrets
import time
from ipaddress import ip_address

from appliance.base.errors import IntercomError
from appliance.base.types import Json
from appliance.outlet import faults
from appliance.outlet.faults import finding
from appliance.outlet.link import Down, Heard, Link, News, Taken, Unsubscribed, Up
from appliance.outlet.orders import COMMAND, TRIAL
from appliance.outlet.settings import Settings

TRIES = 3  # a busy board is no slow broker
SLOW_S = 0.03  # Nagle's algorithm and delayed acknowledgments take 40 ms


def examine(of: Settings) -> list[Json]:
    """The findings: level, message, cause and resolution of each."""
    found = []
    if not of.tls and not _here(of.host):
        cause = "Everyone on the way reads who rings and calls, and the password."
        found.append(finding("warning", f"The broker {of.where} is used without TLS.", cause, "Set mqtt.tls = true."))
    try:
        found += _tried(of, old=False)
    except IntercomError as error:
        found.append(finding("problem", error.message, error.cause, error.resolution))
    return found


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tried(of: Settings, *, old: bool) -> list[Json]:
    inbox: queue.Queue[News] = queue.Queue()
    topic, secret = f"{of.root}/{COMMAND}/{TRIAL}", secrets.token_hex(8)
    link = Link(of, lambda _, news: inbox.put(news), (topic,), old=old, name="-doctor")
    link.start()
    until, sent, tries = time.monotonic() + of.times.broker_tried_s, 0.0, 0
    try:
        while True:
            try:
                news = inbox.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise faults.of_denial([topic], of) if sent else faults.of_silence(of) from None
            match news:
                case Down(old=True) if not old:
                    return _tried(of, old=True)
                case Down():
                    raise news.why
                case Unsubscribed() | Taken(refused=True):
                    raise faults.of_denial([topic], of)
                case Heard() if news.payload == secret.encode():
                    took_s, tries = time.monotonic() - sent, tries + 1
                    if took_s <= SLOW_S or tries == TRIES:
                        return [_works(of, took_s, old=old)]
            if isinstance(news, Up | Heard):
                sent, until = time.monotonic(), time.monotonic() + of.times.broker_own_message_s
                link.publish(topic, secret, expires_s=of.times.broker_own_message_s)
    finally:
        link.close()


def _works(of: Settings, took_s: float, *, old: bool) -> Json:
    if old:
        return finding(
            "warning",
            f"The broker {of.where} works, but understands MQTT 3.1.1 only.",
            "Its messages have no expiry, and it does not say what it refuses.",
            "Take a newer one: mosquitto understands MQTT 5 since its version 1.6.",
        )
    if took_s > SLOW_S:
        return finding(
            "warning",
            f"The broker {of.where} works, but took {took_s * 1000:.0f} ms for a message.",
            "It collects small messages, or is far away.",
            "For mosquitto, set set_tcp_nodelay true.",
        )
    return finding("ok", f"The broker {of.where} speaks MQTT 5 and brings a message back in {took_s * 1000:.1f} ms.")
