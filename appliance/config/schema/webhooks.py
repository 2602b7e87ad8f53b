"""[webhook.NAME]: receivers of the station's events over HTTP."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from appliance.config.schema.addresses import registrar
from appliance.config.schema.base import Table, file_setting, setting

MOST = 8
# http or https, a host without a user, a port, path and query; no fragment.
_HOST = r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)"
_URL = rf"^https?://{_HOST}(:[0-9]{{1,5}})?(/[!\"$-~]{{0,500}})?$"
Pattern = Annotated[str, Field(pattern=r"^(\*|[a-z_]{1,32}\.\*|[a-z_]{1,32}(\.[a-z_0-9]{1,40})?)$")]
_PATTERNS = 'a list of types of events, such as "ring.started", of "door.*" for all of a kind, or of "*" for all'


def _url(text: str) -> str:
    """The address, if its host and its port can be some. Raises ValueError."""
    registrar(text.partition("//")[2].partition("/")[0])
    return text


class WebhookTable(Table):
    """A receiver that gets events by HTTP (POST), each signed, in order, until it has taken them.

    One [webhook.<name>] for each, at most 8. A process of its own sends them, which runs only where there is one.
    """

    url: Annotated[str, AfterValidator(_url)] = setting(
        "Where the receiver takes events. https, with a certificate for this name. http is possible only for a local "
        "address, with `local`.",
        allowed="an address that begins with https:// or http://, without a user name and without #",
        example="https://house.example/hooks/front",
        pattern=_URL,
    )
    secret_file: str = setting(
        "File with the secret that both sides know, by which the receiver knows what comes from this station: whsec_ "
        "and 24 to 64 bytes in base64. Two of them with a space between sign both, while you exchange one for the "
        "other. Permissions as for account.password_file, or the name of a systemd credential.",
        allowed="an absolute path, or the name of a credential",
        example="/etc/intercomd/house.secret",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})$",
    )
    form: Literal["cloudevents", "station"] = setting(
        'What the receiver gets. "cloudevents": signed CloudEvents. "station": it is another station, whose address '
        "ends in /v1/events; it gets what rules here report (report_event) as events of its own, with the access token "
        "in `secret_file`, within 10 s or never.",
        default="cloudevents",
        example="cloudevents",
    )
    ca_file: str = file_setting(
        "File with the certificates (PEM) of the authorities that may sign the receiver's. Empty: those of the system."
    )
    local: bool = setting(
        "Whether the receiver may be in the local network or on this machine: private and loopback addresses. false: "
        "its name must lead to public addresses only. Link-local addresses, and those at which clouds keep the "
        "passwords of a machine (as 169.254.169.254), are never connected to.",
        default=False,
    )
    events: list[Pattern] = setting(
        "The events that the receiver gets. events.lost comes in any case, where the journal has lost some.",
        allowed=_PATTERNS,
        default=["*"],
        example=["ring.*", "call.*", "door.*"],
        min_length=1,
        max_length=32,
    )
    report: list[Pattern] = setting(
        "The events whose delivery is itself reported, by notification.sent or notification.failed. Those two never "
        "are.",
        allowed=_PATTERNS,
        default=["ring.started", "call.incoming"],
        max_length=32,
    )
    ask: list[Literal["ring.started", "call.incoming"]] = setting(
        "The events about which the receiver is asked what to do, by a request of its own: the ring or the call "
        "waits for the answer before it rings. One receiver for each of the two.",
        default=[],
        example=["ring.started"],
        max_length=2,
    )
    answer_s: float = setting(
        "How long a ring or a call waits for that answer. Then it rings as configured.",
        unit="s",
        default=1.5,
        ge=0.2,
        le=5,
    )
    token: str = setting(
        "Name of the access token whose scopes the orders in an answer have; `intercomctl token add` makes it.",
        allowed='the name of a token, or ""',
        default="",
        example="house",
        pattern=r"^[A-Za-z0-9 ._-]{0,40}$",
    )
