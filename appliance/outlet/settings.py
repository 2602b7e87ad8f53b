"""The settings of the process, which it reads in its first line."""

from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.base import times
from appliance.base.record import RecordWithSecrets
from appliance.base.times import Times


class Webhook(RecordWithSecrets, kw_only=True):
    """The settings of [webhook.NAME], and: secret, for signatures; source: the station's name; cursor: its file."""

    SECRETS = frozenset({"secret"})

    name: str
    url: str
    ca_file: str
    local: bool
    events: tuple[str, ...]
    report: tuple[str, ...]
    ask: tuple[str, ...]
    token: str
    secret: str
    source: str
    form: str = "cloudevents"
    cursor: str = ""
    version: str = ""

    @property
    def to_station(self) -> bool:
        """Whether the receiver is another station, which takes events as orders."""
        return self.form == "station"


class Settings(RecordWithSecrets, kw_only=True):
    """The settings of [mqtt], whose host is empty without a broker, and of the webhooks.

    socket: the daemon's for HTTP; cursor: the file with the place of the reader.
    announced: the file with what Home Assistant has of the station; language: of the names there.
    orders: method and path of each order that may come. call_states: all of them. version: of the station.
    """

    SECRETS = frozenset({"password"})

    host: str
    port: int
    device: str
    tls: bool
    ca_file: str
    certificate_file: str
    key_file: str
    user: str
    password: str
    live: bool
    journal: bool
    token: str
    orders_without_expiry: bool
    home_assistant: str
    language: str = "en"
    socket: str = ""
    cursor: str = ""
    announced: str = ""
    version: str = ""
    call_states: tuple[str, ...] = ()
    orders: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    webhooks: tuple[Webhook, ...] = ()
    times: Times

    @property
    def root(self) -> str:
        """What every topic of the station begins with."""
        return f"intercomd/{self.device}"

    @property
    def where(self) -> str:
        """The broker, for people."""
        return f"{self.host}:{self.port}"


def read(line: bytes) -> Settings:
    """The settings in a first line. Raises msgspec.ValidationError."""
    return msgspec.json.decode(line, type=Settings)


def webhook(name: str, table: Mapping[str, Any], secret: str, **more: Any) -> Webhook:
    """The settings of a table [webhook.NAME], and what else the process must know."""
    known = {each: table[each] for each in Webhook.__struct_fields__ if each in table}
    return msgspec.convert(known | more | {"name": name, "secret": secret}, Webhook)


def line(table: Mapping[str, Any], password: str, **more: Any) -> bytes:
    """The first line: the settings of the table [mqtt], and what else the process must know."""
    known = {name: table[name] for name in Settings.__struct_fields__ if name in table}
    return msgspec.json.encode(known | more | {"password": password, "times": times.current}) + b"\n"
