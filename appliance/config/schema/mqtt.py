"""[mqtt]: the broker that gets the station's events and states, and brings orders."""

from typing import Annotated

from pydantic import AfterValidator

from appliance.config.schema.addresses import host_text
from appliance.config.schema.base import ID_ALLOWED, Id, Table, file_setting, key_file_setting, setting


def _host(text: str) -> str:
    return host_text(text) if text else ""


class MqttTable(Table):
    """The connection to an MQTT broker, which needs the package python3-paho-mqtt.

    A process of its own keeps it, which runs only where a broker is named here.
    """

    host: Annotated[str, AfterValidator(_host)] = setting(
        "Name or IP address of the broker. Empty: no MQTT.",
        allowed='a host name, an IP address, or ""',
        default="",
        example="broker.example",
    )
    port: int = setting("TCP port of the broker. Without TLS, brokers use 1883.", default=8883, ge=1, le=65535)
    device: Id = setting(
        "Name of the station in topics, which begin with intercomd/ and this name, and in the source of webhooks. Two "
        "stations at one broker or receiver need two names.",
        allowed=ID_ALLOWED,
        default="door",
    )
    tls: bool = setting(
        "Whether the connection is encrypted, and the broker must show a certificate for its name. false: everyone on "
        "the way reads who rings and calls, and the password. Only for a broker on this machine.",
        default=True,
    )
    ca_file: str = file_setting(
        "File with the certificates (PEM) of the authorities that may sign the broker's. Empty: those of the system."
    )
    certificate_file: str = file_setting(
        "File with the certificate (PEM) of this station, for a broker that asks for one. Empty: none."
    )
    key_file: str = key_file_setting()
    user: str = setting(
        "User name at the broker. Empty: none.",
        allowed='at most 64 letters, digits, and any of . _ @ + -, or ""',
        default="",
        example="front-door",
        pattern=r"^[A-Za-z0-9._@+-]{0,64}$",
    )
    password_file: str = setting(
        "File with the password of that user, with permissions as for account.password_file, or the name of a systemd "
        "credential. Empty: none.",
        allowed='an absolute path, the name of a credential, or ""',
        default="",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})?$",
    )
    live: bool = setting(
        "Whether each event is published when it happens, as event/TYPE, and the state as state/PART. Nothing is sent "
        "later: a ring is published within 10 s of its start or never.",
        default=True,
    )
    journal: bool = setting(
        "Whether all events are published in their order, as journal, for one reader that keeps them. It publishes the "
        "id up to which it has all as journal/ack; until then the station sends them again.",
        default=False,
    )
    token: str = setting(
        "Name of the access token whose scopes orders by MQTT have (command/ORDER); `intercomctl token add` makes it. "
        "Empty: no orders are taken.",
        allowed='the name of a token, or ""',
        default="",
        example="home",
        pattern=r"^[A-Za-z0-9 ._-]{0,40}$",
    )
    orders_without_expiry: bool = setting(
        "Whether orders without an expiry are carried out, as clients of MQTT 3.1.1 send them. false: they are "
        "refused, as they may be old.",
        default=False,
    )
    home_assistant: str = setting(
        "Discovery prefix of Home Assistant. The station then appears there, with names in English or, if "
        'speech.language is "de", in German. Empty: it does not; if it did, it removes itself there.',
        allowed='at most 64 letters, digits, and any of / _ -, or ""',
        default="",
        example="homeassistant",
        pattern=r"^[A-Za-z0-9/_-]{0,64}$",
    )
