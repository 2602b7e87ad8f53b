"""The settings of the process, which it reads in its first line."""

from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.base import times
from appliance.base.record import RecordWithSecrets
from appliance.base.times import Times


class Settings(RecordWithSecrets, kw_only=True):
    """The settings of [mqtt], and: socket, the daemon's for HTTP; cursor, the file with the place of the reader."""

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
    socket: str
    cursor: str
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


def line(table: Mapping[str, Any], password: str, socket: str, cursor: str) -> bytes:
    """The first line: the settings of the table [mqtt], and what else the process must know."""
    known = {name: table[name] for name in Settings.__struct_fields__ if name in table}
    given = {"password": password, "socket": socket, "cursor": cursor, "times": times.current}
    return msgspec.json.encode(known | given) + b"\n"
