"""What the configuration file may say: the single source of its checks, its example and its reference.

Every setting has a default or is required, a unit in the name of its key, a range, and a text that says what it means.
"""

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from appliance.base import schedule_text
from appliance.core.accounts import callers
from appliance.core.doors.rules import TRIGGERS
from appliance.core.model import Action, DigitsBy, Pattern, SensorKind, Strike, TransferPolicy, Watch
from appliance.core.panel import colors

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
FIRST_PORT = 1024  # those below are not for users' programs
LEAST_PORTS = 200  # two for each of 32 calls, and enough to choose from
ID_ALLOWED = "a name of at most 32 small letters, digits, - and _, beginning with a letter or digit"

Codec = Literal["opus", "G722", "PCMA", "PCMU"]
Srtp = Literal["off", "optional", "mandatory"]
_REGISTRAR = re.compile(
    r"(?:sip:)?(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
)
_USER = re.compile(r"[A-Za-z0-9._~+*#-]{1,64}")
_AFTER_HOST = re.compile(r"(?::(?P<port>[0-9]{1,5}))?(?:;[^@?]*)?")  # port and parameters, RFC 3261 §19.1.1


def setting(
    text: str,
    *,
    allowed: str = "",
    why: str = "",
    unit: str = "",
    example: Any = None,
    secret: bool = False,
    **rest: Any,
) -> Any:
    """A setting; without `default` or `default_factory` in `rest` it is required.

    allowed: what may stand there, where type and range do not tell; why: the reason for a bound; example: a value for
    the example file in place of the default; secret: no message shows the value.
    """
    extra = {"allowed": allowed, "why": why, "unit": unit, "example": example, "secret": secret}
    return Field(description=text, json_schema_extra={key: value for key, value in extra.items() if value}, **rest)


def _transfer_policy(calls: str) -> Any:
    return setting(
        f"What becomes of a far end's wish that we talk with somebody else (REFER), and of somebody else's to take its "
        f"place (Replaces), in {calls}. follow: it is done; so whoever we talk with can have this station call any "
        "address, at your cost, and put anybody in its place. ask: clients are told of the one, and one of them "
        "decides; the other rings. refuse: neither.",
        default=TransferPolicy.REFUSE,
        strict=False,
    )


def _ice(calls: str) -> Any:
    return setting(
        f"Whether {calls} try all addresses of both sides, and take a pair that works (ICE), instead of the one that "
        "each names first: for networks with more than one way between here and there. A far end without it is talked "
        "with as before; where it finds no way, the call ends.",
        default=False,
    )


def _loopback(text: str) -> str:
    if not ipaddress.ip_address(text).is_loopback:
        raise ValueError
    return text


def _address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def sip_uri(text: str) -> str:
    """The same, if it is a SIP address that can be called. Raises ValueError."""
    uri = callers.SIP_URI.fullmatch(text)
    rest = _AFTER_HOST.fullmatch(uri["rest"]) if uri else None
    if rest is None or not text.startswith("sip:") or not text.isascii() or not text.isprintable():
        raise ValueError
    if rest["port"] and not 0 < int(rest["port"]) <= 65535:  # noqa: PLR2004 - RFC 768
        raise ValueError
    return text


def registrar(text: str) -> tuple[str, int]:
    """Host and port of a registrar or proxy as configured; port 0 where none is said. Raises ValueError."""
    found = _REGISTRAR.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 1) <= 65535:  # noqa: PLR2004 - RFC 768
        raise ValueError
    if found["host"].startswith("["):
        ipaddress.IPv6Address(found["host"][1:-1])
    return found["host"].lower(), int(found["port"] or 0)


def ports(text: str) -> tuple[int, int]:
    """The first and the last of a range of UDP ports, written 10000-19999. Raises ValueError."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        raise ValueError
    if not FIRST_PORT <= int(first) <= int(last) - LEAST_PORTS + 1 <= 65536 - LEAST_PORTS:
        raise ValueError
    return int(first), int(last)


def _ports(text: str) -> str:
    ports(text)
    return text


def _color(text: str) -> str:
    """The same as #rrggbb. "" stays: none."""
    return colors.parse(text) if text else ""


def _registrar(text: str) -> str:
    registrar(text)
    return text


def _trigger(text: str) -> str:
    if text not in {kind.TYPE for kind in TRIGGERS}:
        raise ValueError
    return text


def _weekly(text: str) -> str:
    schedule_text.parse(text)
    return text


class Table(BaseModel):
    """A table of the file: no key that it does not know, no value that only looks like the right type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Station(Table):
    """Who the station is."""

    name: str = setting(
        "Name that people read: on the page, in events, and as the display name of its calls.",
        allowed="1 to 64 printable characters",
        default="Intercom",
        pattern=r'^[^\x00-\x1f\x7f"\\<>]{1,64}$',
    )
    user: str = setting(
        "User part of the station's SIP address, as in sip:intercom@192.0.2.7.",
        allowed="1 to 32 letters, digits and any of . _ ~ + -",
        default="intercom",
        pattern=r"^[A-Za-z0-9._~+-]{1,32}$",
    )


class Sip(Table):
    """Calls: where SIP listens, and what is taken from addresses that are no registrar's."""

    address: Annotated[str, AfterValidator(_address)] = setting(
        "Address that SIP listens on. 0.0.0.0: all of the machine's, by IPv4 and IPv6; ::: all of them, by IPv6 only. "
        "With either, each far end is given the address of the route to it, also where the machine is in two networks.",
        allowed="an IPv4 or IPv6 address",
        default="0.0.0.0",  # noqa: S104 - a phone that is called from the network; strangers are refused by `callers`
    )
    port: int = setting("UDP port that SIP listens on. 0: any free one.", default=5060, ge=0, le=65535)
    rtp_ports: Annotated[str, AfterValidator(_ports)] = setting(
        "Range of UDP ports that sound (RTP and RTCP) is received at. Each call uses a random pair of them, so that "
        "nobody can send sound into a call by trying the ports in order. A firewall must let all of them through.",
        allowed=f'a range of at least {LEAST_PORTS} ports from 1024 to 65535, such as "10000-19999"',
        default="10000-19999",
    )
    callers: Literal["targets", "anyone"] = setting(
        "Whose calls are taken, of those that come through no account: only those of the [target.…] tables, or "
        'anyone\'s. "anyone" lets every machine that reaches the port ring this station.',
        default="targets",
    )
    transfer_policy: TransferPolicy = _transfer_policy("calls that go or come through no account")
    ice: bool = _ice("calls that go or come through no account")
    max_calls: int = setting(
        "Calls at once, those that ring, wait or are held among them; one of them has the speaker and the microphone. "
        "Who calls beyond it is told that we are busy. 1: no call waits. A conference, of up to six, counts as one.",
        default=4,
        ge=1,
        le=24,
    )
    max_call_s: float = setting(
        "How long a call may last from its answer; ten seconds before its end both sides hear a tone. 0: no limit.",
        unit="s",
        default=3600.0,
        ge=0,
        le=86400,
    )
    updates: Literal["accept", "ask"] = setting(
        "What becomes of changes that far ends ask for in a call (hold, resume, codec, address). ask: a client accepts "
        "or refuses each within deadlines.update_s, else it is refused; so is one by UPDATE, which cannot wait.",
        default="accept",
    )
    max_redirects: int = setting(
        "How often a call of this station is sent on by those whom it rings (3xx), before that counts as a refusal. It "
        "goes on to targets, and to numbers at the account that it goes through; to nobody else. 0: never.",
        default=4,
        ge=0,
        le=10,
    )
    digits_otherwise: DigitsBy = setting(
        "How digits go to far ends that take none by RFC 4733 (telephone-event): by INFO, or as tones in the sound "
        "itself. none: the order fails, with the error digits-unsupported.",
        default=DigitsBy.NONE,
        strict=False,
    )
    codecs: list[Codec] = setting(
        "Codecs that are offered and accepted, the preferred one first.",
        default=["opus", "G722", "PCMA", "PCMU"],
        min_length=1,
    )
    trace: bool = setting(
        "Write each SIP message sent or received into the state directory, for the search of faults. The file grows, "
        "and tells who calls whom.",
        default=False,
    )


class Account(Table):
    """An address at a registrar, such as a PBX's extension. One [account.<name>] for each."""

    user: str = setting(
        "User part of the address: the extension.",
        allowed="1 to 64 letters, digits and any of . _ ~ + * # -",
        pattern=f"^{_USER.pattern}$",
        example="201",
    )
    registrar: Annotated[str, AfterValidator(_registrar)] = setting(
        "Where the PBX is: its name or address (IPv6 in brackets), and its port. For a name without a port DNS is "
        "asked for SRV records (RFC 3263); without those the port is 5060, or by TLS 5061. By TLS the PBX's "
        "certificate must have been made for this name or address.",
        allowed='an address such as "pbx.example" or "sip:192.0.2.5:5080"',
        example="sip:pbx.example:5060",
    )
    transport: Literal["udp", "tcp", "tls"] = setting(
        "How it is spoken with. tls: encrypted, and only with a PBX whose certificate is right; see [tls].",
        default="udp",
    )
    srtp: Srtp = setting(
        "Whether sound is encrypted (SRTP, its keys in the SDP). optional: where the other side can; mandatory: calls "
        "without it fail, and a PBX that insists on it wants that. Unless the transport is tls, whoever reads the "
        "call's messages has the keys as well.",
        default="off",
    )
    proxies: list[Annotated[str, AfterValidator(_registrar)]] = setting(
        "Outbound proxies that everything is sent to, in the registrar's place: the first is used while it answers, "
        "then the next one, and so on.",
        allowed='a list of addresses such as "edge1.example" or "192.0.2.5:5080", at most 4',
        default=[],
        max_length=4,
    )
    domain: str = setting(
        'Domain of the address, where it is not the registrar\'s host. "": that.',
        allowed='the name of a domain, an IPv4 address, or ""',
        default="",
        pattern=r"^([A-Za-z0-9.-]{1,253})?$",
    )
    auth_user: str = setting(
        'Name that goes with the password, where it is not the user. "": that.',
        allowed='at most 128 printable characters without " and \\',
        default="",
        pattern=r'^[^\x00-\x1f\x7f"\\]{0,128}$',
    )
    password_file: str = setting(
        "File that holds the password and nothing else; nobody but the service's user may read it (mode 0600). A name "
        "without a slash is that of a systemd credential (LoadCredential=).",
        allowed="an absolute path, or the name of a credential",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})$",
        example="/etc/intercomd/office.password",
    )
    expires_s: int = setting(
        "For how long the registrar is asked to keep the registration when it is not renewed.",
        unit="s",
        default=300,
        ge=60,
        le=86_400,
    )
    refresh_s: int = setting(
        "How often the registration is renewed. A registrar that was restarted and has forgotten it is noticed by this "
        "alone; so the default is short. Raise it where a provider asks for that.",
        unit="s",
        default=8,
        ge=5,
        le=3600,
    )
    callers: Literal["registrar", "targets", "anyone"] = setting(
        "Whose calls to this address are taken: all that come from the registrar, those of this account's targets "
        'only, or anyone\'s. "anyone" lets every machine that reaches the port ring this station; a caller counts as a '
        "target only if its call came from the registrar.",
        default="registrar",
    )
    inband_digits: bool = setting(
        "Whether digits that are heard in the sound itself may open a door as those do that are sent by RFC 4733 or "
        "INFO. Whoever can be heard in the call, or plays a sound into it, can make them: switch it on only where the "
        "PBX has no other way.",
        default=False,
    )
    transfer_policy: TransferPolicy = _transfer_policy("calls through this account")
    ice: bool = _ice("calls through this account")


_FILE = r"^(/[^\x00]{1,1000})?$"


class Tls(Table):
    """Certificates, for accounts whose transport is tls. The files are read for each connection."""

    ca_file: str = setting(
        "File with the certificates (PEM) of the authorities that are trusted: those of the system, or the PBX's own.",
        allowed="an absolute path",
        default="/etc/ssl/certs/ca-certificates.crt",
        pattern=r"^/[^\x00]{1,1000}$",
    )
    verify: bool = setting(
        "Whether the PBX must show a certificate for its name, by one of these authorities, that has not run out. "
        "false: anyone on the way can take the PBX's place, and hear and open all.",
        default=True,
    )
    certificate_file: str = setting(
        'File with the certificate (PEM) of this station itself, for a PBX that asks for one. "": none.',
        allowed='an absolute path, or ""',
        default="",
        pattern=_FILE,
    )
    key_file: str = setting(
        "File with that certificate's private key (PEM, without a password); nobody but the service's user may read it "
        '(mode 0600). "": none.',
        allowed='an absolute path, or ""',
        default="",
        pattern=_FILE,
    )


class Audio(Table):
    """Speaker and microphone."""

    capture: str = setting(
        'ALSA PCM of the microphone, as in "plughw:CARD=usbphone,DEV=0". "null": none, silence is sent.',
        allowed='the name of an ALSA PCM, or "null"',
        default="default",
        pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
    )
    playback: str = setting(
        'ALSA PCM of the speaker. "null": none, what comes is dropped.',
        allowed='the name of an ALSA PCM, or "null"',
        default="default",
        pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
    )
    microphone_file: str = setting(
        'WAV file (16 bit, mono) that is played in a loop in the microphone\'s place, for demonstrations. "": none.',
        allowed='the path of a file, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )
    hold_music: str = setting(
        'WAV file (16 bit, mono) that far ends hear in a loop while this station holds them. "": silence.',
        allowed='the path of a file, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )


class Http(Table):
    """The HTTP interface and its page."""

    address: Annotated[str, AfterValidator(_loopback)] = setting(
        "Address that HTTP listens on.",
        allowed="a loopback address, 127.0.0.1 or ::1",
        why="on others it would need TLS, which is not there yet",
        default="127.0.0.1",
    )
    port: int = setting("TCP port that HTTP listens on. 0: any free one.", default=8080, ge=0, le=65535)
    socket: bool | Annotated[str, Field(pattern=r"^/[^\x00]{1,100}$")] = setting(
        "Unix socket on which HTTP listens as well; who may use it, the file's mode says. true: http.sock in the "
        "service's runtime directory; or the path of another; false: none.",
        allowed="true, false, or a path of at most 101 characters that begins with /",
        default=True,
    )


class Dbus(Table):
    """The interface on the message bus, as org.intercomd; it needs the package python3-dbus-fast.

    Who may use it, the bus's own policy says: the group intercom.
    """

    enabled: bool = setting("Whether the station is on the message bus.", default=False)
    address: str = setting(
        'Which bus: "system" for the system\'s, or the address of another.',
        allowed='"system", or an address that begins with unix:path= or unix:abstract=',
        default="system",
        pattern=r"^(system|unix:(path|abstract)=[-0-9A-Za-z_/.%]{1,200})$",
    )


_LINE_WHY = 'needed where panel.lines is "gpio"'
_NAMED_WHY = 'where panel.lines is "gpio": either pin, or chip and line'


_LineName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,31}$")]


def _pin(example: int) -> Any:
    return setting(
        "Number of its GPIO line as a Raspberry Pi's maker counts (GPIO17 is 17), not of the pin on the connector; "
        "on other boards name chip and line instead.",
        why=_NAMED_WHY,
        default=None,
        ge=0,
        le=53,
        example=example,
    )


def _chip(why: str, example: str = "") -> Any:
    return setting(
        "GPIO chip that has its line: the label, as gpioinfo shows it (as in pinctrl-bcm2711), or where two chips have "
        "the same, the path.",
        allowed="at most 100 printable characters",
        why=why,
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,100}$",
        example=example,
    )


def _line(why: str, example: str = "") -> Any:
    return setting(
        "Name of its line on that chip, as gpioinfo shows it, or its offset.",
        allowed="at most 31 printable characters",
        why=why,
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,31}$",
        example=example,
    )


def _target() -> Any:
    return setting(
        "Whom it rings: the name of a [target.…] or [plan.…] table. Needed by the action ring.",
        default="",
        example="kitchen",
    )


def _door() -> Any:
    return setting(
        "Which door of this station it opens: the name of a [door.…] table. For the actions door and exit.", default=""
    )


def _digits() -> Any:
    return setting(
        "Digits (DTMF) that the action door sends in a call instead, to open the far end's door.",
        allowed="at most 8 of 0 to 9, * and #",
        default="",
        pattern=r"^[0-9*#]{0,8}$",
        secret=True,
    )


class Button(Table):
    """A button of the panel."""

    pin: int | None = _pin(17)
    chip: str = _chip(_NAMED_WHY)
    line: str = _line(_NAMED_WHY)
    pull: Literal["up", "down", "none"] = setting(
        "Resistor inside the chip. up: the button connects the line to ground; down: to 3.3 V; none: the panel has a "
        "resistor of its own to 3.3 V, and the button connects to ground.",
        default="up",
    )
    action: Action = setting(
        "What a press does: ring the target, answer, hang up, hold (or resume), switch to the call that waits or is "
        "held, open a door; exit: let out, of a button or detector inside, which tampering outside does not block; or "
        "none: it is told as an event, and that is all.",
        example="ring",
        strict=False,
    )
    long_action: Action | None = setting(
        "What a long press does instead. Without it, the action does not wait for the release.",
        default=None,
        example="hangup",
        strict=False,
    )
    double_action: Action | None = setting(
        "What a double click does instead. Only with it does a single click wait for a second one.",
        default=None,
        example="none",
        strict=False,
    )
    target: str = _target()
    door: str = _door()
    digits: str = _digits()
    min_press_ms: int = setting(
        "For how long the button must be down before that counts, so that a disturbance on a long cable does not ring; "
        "it delays the press. What is shorter is counted: GET /v1/panel shows how often that was.",
        unit="ms",
        default=5,
        ge=0,
        le=500,
    )
    debounce_ms: int = setting(
        "How long the contact may bounce: the button is up once it has been so for that long.",
        unit="ms",
        default=30,
        ge=0,
        le=1000,
    )
    long_press_ms: int = setting("From when on a press is long.", unit="ms", default=1000, ge=200, le=10_000)
    double_ms: int = setting(
        "How soon after a click a second press must come to be a double click.",
        unit="ms",
        default=300,
        ge=100,
        le=2000,
    )
    stuck_s: int = setting(
        "From when on a button that is down is taken for stuck: that is told, and it counts for nothing until it is "
        "up. 0: never.",
        unit="s",
        default=60,
        ge=0,
        le=3600,
    )


class Chord(Table):
    """Two buttons that do something else when they are pressed together; alone, each waits `within_ms` to act."""

    buttons: list[str] = setting(
        "Which two: the names of [panel.button.…] tables.",
        allowed="a list of two names",
        min_length=2,
        max_length=2,
        example=["ring", "exit"],
    )
    action: Action = setting("What they do together: as a button's action.", example="hangup", strict=False)
    target: str = _target()
    door: str = _door()
    digits: str = _digits()
    within_ms: int = setting(
        "How soon after the first the second must be pressed.", unit="ms", default=100, ge=20, le=1000
    )


def _pattern(text: str, default: Pattern | None = Pattern.OFF) -> Any:
    return setting(text, default=default, strict=False)


class Pictures(Table):
    """What the lamp shows when: off, on, slow (1 Hz), fast (4 Hz), and every 2 s double (two flashes) or pulse.

    A pulse glows up and down for a second at led and pwm, and is a flash at a line.

    Without this table the lamp shows the station's status. With it, what is not named is off. Of door_open, recording
    and speak the first that is true and named goes before the others.
    """

    idle: Pattern = _pattern("Nothing happens; calls are possible.")
    dialing: Pattern = _pattern("This station calls.")
    ringing: Pattern = _pattern("Somebody calls this station.")
    in_call: Pattern = _pattern("People are heard.")
    held: Pattern = _pattern("The call is held, by whichever side.")
    speak: Pattern | None = _pattern("Speak now: somebody hears the microphone.", None)
    recording: Pattern | None = _pattern("What is said is recorded.", None)
    door_open: Pattern | None = _pattern("A door's relay is energised.", None)
    error: Pattern = _pattern("A call failed, or a part does not work.")
    unregistered: Pattern = _pattern("SIP is not there, or there are accounts and none of them is registered.")


_COLORS = f"{', '.join(colors.NAMES)}, or #rrggbb"
_Color = Annotated[str, AfterValidator(_color)]


def _shown_in(text: str) -> Any:
    return setting(text, allowed=_COLORS, default="")


class Colors(Table):
    """The colours of the lamp's pictures, where they are others than `color`. Lines that go on and off round them."""

    idle: _Color = _shown_in("Of the picture idle.")
    dialing: _Color = _shown_in("Of dialing.")
    ringing: _Color = _shown_in("Of ringing.")
    in_call: _Color = _shown_in("Of in_call.")
    held: _Color = _shown_in("Of held.")
    speak: _Color = _shown_in("Of speak.")
    recording: _Color = _shown_in("Of recording.")
    door_open: _Color = _shown_in("Of door_open.")
    error: _Color = _shown_in("Of error.")
    unregistered: _Color = _shown_in("Of unregistered.")


STATUS = Pictures(
    idle=Pattern.PULSE,
    dialing=Pattern.SLOW,
    ringing=Pattern.FAST,
    in_call=Pattern.ON,
    held=Pattern.SLOW,
    door_open=Pattern.FAST,
    error=Pattern.FAST,
    unregistered=Pattern.OFF,
)


def _three(text: str, inner: str) -> Any:
    return setting(f"{text} for red, green and blue.", allowed=f"a list of three {inner}", default=[], max_length=3)


_CHANNEL = r"^[^\x00-\x1f\x7f/]{1,63}/[0-9]{1,3}$"
_Channel = Annotated[str, Field(pattern=_CHANNEL)]
_CHANNEL_ALLOWED = "a chip's name, / and a channel's number"


class Lamp(Table):
    """A lamp of the panel: at a line, or at what can do more than a line, which goes on and off only.

    Where a chip is named, it has the line or rgb_lines of the lamp.
    """

    pin: int | None = _pin(22)
    chip: str = _chip(_NAMED_WHY)
    line: str = _line(_NAMED_WHY)
    active_low: bool = setting("Whether the lamp shines when its line, or PWM, is at 0 V.", default=False)
    led: str = setting(
        "Name of the kernel's own device for the lamp, as /sys/class/leds has it, instead of a line. It has "
        "brightness, and colours if it is a multicolour one.",
        allowed="at most 63 characters, without /",
        default="",
        pattern=r"^[^\x00-\x1f\x7f/]{0,63}$",
    )
    pwm: str = setting(
        "Channel of a PWM chip that the lamp is at, instead of a line; that gives it brightness. The chip's name is "
        "that of its device, as `ls -l /sys/class/pwm` shows it.",
        allowed=_CHANNEL_ALLOWED,
        default="",
        pattern=rf"^$|{_CHANNEL}",
    )
    rgb_lines: list[_LineName] = _three(
        "Lines of a lamp with colours, by name, or by offset where `chip` is given. Without it they are those of a "
        "Raspberry Pi, GPIO0 to GPIO27;",
        'texts such as ["GPIO5", "GPIO6", "GPIO13"]',
    )
    rgb_pwm: list[_Channel] = _three(
        "PWM channels, each as in pwm, of a lamp with colours;",
        'texts such as ["fe20c000.pwm/0", "fe20c000.pwm/1", "fe20c800.pwm/0"]',
    )
    common: Literal["cathode", "anode"] = setting(
        "Of rgb_lines and rgb_pwm: what the three have in common. cathode: it is at ground, and they shine at 3.3 V; "
        "anode: it is at 3.3 V, and they shine at 0 V.",
        default="cathode",
    )
    brightness: int = setting(
        "How brightly it shines, of what it can; a line is on or off.", unit="%", default=100, ge=1, le=100
    )
    night_brightness: int | None = setting(
        "The same between the hours of panel.night. None: as by day.",
        unit="%",
        default=None,
        ge=1,
        le=100,
        example=20,
    )
    color: _Color = setting(
        "Its colour where `colors` has none for the picture; none is white. Only with led, rgb_lines or rgb_pwm.",
        allowed=_COLORS,
        default="",
    )
    pictures: Pictures = Field(default=STATUS, description="What it shows when; a table of its own.")
    colors: Colors = Field(default=Colors(), description="In which colours; a table of its own.")


def _own_chip(of: str) -> Any:
    return setting(
        f"GPIO chip that has its lines: the label, as gpioinfo shows it. {of}",
        allowed="at most 100 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,100}$",
    )


_RASPBERRY = '"": that of a Raspberry Pi, whose lines are GPIO0 to GPIO27.'


def _lines_of(what: str, example: list[str]) -> Any:
    return setting(
        f"Names of the lines of its {what}, as gpioinfo shows them, or their offsets.",
        allowed='a list of at most 8 texts such as ["GPIO5", "GPIO6"]',
        default=[],
        max_length=8,
        example=example,
    )


def _resistors(lines: str) -> Any:
    return setting(f"Resistors of {lines}. up: the chip's own, to 3.3 V; none: the wiring has them.", default="up")


def _device(what: str) -> Any:
    return setting(
        f"Of {what} at USB: its path, best one of /dev/input/by-id that ends in -event-kbd, or its name, as "
        "/proc/bus/input/devices shows it. Nobody else sees what it types.",
        allowed="at most 200 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,200}$",
    )


def _opened(how: str) -> Any:
    return setting(
        f"Doors that {how}, if they are given out for them (intercomctl code): names of [door.…] tables.",
        default=[],
        example=["front"],
    )


class Keypad(Table):
    """A keypad. One [panel.keypad.<id>] for each.

    On lines it has rows and columns, at USB a device, and one that is built into a Wiegand reader has that reader.
    """

    chip: str = _own_chip(_RASPBERRY)
    rows: list[_LineName] = _lines_of("rows, from above", ["GPIO5", "GPIO6", "GPIO13", "GPIO19"])
    columns: list[_LineName] = _lines_of("columns, from the left", ["GPIO12", "GPIO16", "GPIO20"])
    keys: list[Annotated[str, Field(pattern=r"^[0-9*# ]{1,8}$")]] = setting(
        "What is on its keys: a text for each row, with a character for each column.",
        allowed="a list of texts of 0 to 9, *, #, and a blank where there is no key",
        default=["123", "456", "789", "*0#"],
        min_length=1,
        max_length=8,
    )
    pull: Literal["up", "none"] = _resistors("the columns")
    debounce_ms: int = setting("How long a key may bounce.", unit="ms", default=20, ge=0, le=200)
    settle_ms: int = setting(
        "How long a column takes to follow its row: longer where the cable is, or has capacitors.",
        unit="ms",
        default=1,
        ge=1,
        le=50,
    )
    device: str = _device("a keypad")
    doors: list[str] = _opened("codes that are typed there open")
    reader: str = setting("The [panel.reader.…] table of the Wiegand reader that it is built into.", default="")


def _wiegand(which: str, example: str) -> Any:
    return setting(
        f"Name or offset of the line of a Wiegand reader's {which}.",
        allowed="at most 31 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,31}$",
        example=example,
    )


class Reader(Table):
    """A card reader. One [panel.reader.<id>] for each: by Wiegand it has lines, at USB a device."""

    chip: str = _own_chip(_RASPBERRY)
    d0: str = _wiegand("D0, on which a pulse is a 0", "GPIO24")
    d1: str = _wiegand("D1, on which a pulse is a 1", "GPIO25")
    bits: list[Annotated[int, Field(ge=16, le=128)]] = setting(
        "How many bits its cards have. What comes with another number is discarded. Of 26 and 34 the parity is checked "
        "and left out of the number; of others all bits are the number.",
        allowed="a list of whole numbers from 16 to 128",
        default=[26, 34],
        min_length=1,
        max_length=8,
    )
    pull: Literal["up", "none"] = _resistors("D0 and D1")
    timeout_ms: int = setting("How long after its last bit a card is whole.", unit="ms", default=50, ge=5, le=1000)
    device: str = _device("a reader")
    doors: list[str] = _opened("cards that are read there open")
    tell_numbers: bool = setting(
        "Whether the event card.read tells the card's number. Whoever reads it can make another card with it.",
        default=False,
    )


class Sensor(Table):
    """A contact that is watched: of a door's leaf, of the panel's housing, or of something else."""

    pin: int | None = _pin(27)
    chip: str = _chip(_NAMED_WHY)
    line: str = _line(_NAMED_WHY)
    pull: Literal["up", "down", "none"] = setting(
        "Resistor inside the chip. up: the contact connects the line to ground; down: to 3.3 V; none: the panel has a "
        "resistor of its own to 3.3 V, and the contact connects to ground.",
        default="up",
    )
    kind: SensorKind = setting(
        "contact: it tells whether a door's leaf is open, and that it was forced where nobody had opened the door. "
        "tamper: while it is active, and for block_s after, no door opens but from inside. motion: somebody comes "
        "near, as a PIR tells; displays wake by that. other: it is told, and that is all.",
        example="contact",
        strict=False,
    )
    normally: Literal["closed", "open"] = setting(
        "How the contact is at rest: with the leaf shut, or the housing whole. One that is closed then tells a cut "
        "wire as well.",
        default="closed",
    )
    door: str = setting("Of a contact: whose leaf it is, the name of a [door.…] table.", default="", example="front")
    open_s: float = setting(
        "Of a contact: how long the leaf may be open before that is told, unless the door is held open. 0: for ever.",
        unit="s",
        default=60.0,
        ge=0,
        le=86_400,
    )
    block_s: float = setting(
        "Of a tamper contact: for how long no door opens after it, be it over a restart; clients may end it. 0: it is "
        "told, and that is all.",
        unit="s",
        default=300.0,
        ge=0,
        le=86_400,
    )


class Panel(Table):
    """Buttons, chords, lamps, keypads, readers and sensors; each has a table of its own, as [panel.button.<id>]."""

    lines: Literal["simulated", "gpio"] = setting(
        "Where the lines are: the board's GPIO, or simulated ones, pressed through HTTP.", default="gpio"
    )
    night: str = setting(
        "From when to when it is night for lamps with a night_brightness, in local time. While the clock is not "
        'synchronised it is day. "": never.',
        allowed='"", or a text such as "22:00-06:30"',
        default="",
        pattern=r"^$|^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
        example="22:00-06:30",
    )
    button: dict[Id, Button] = Field(default_factory=dict, description="The buttons.")
    chord: dict[Id, Chord] = Field(default_factory=dict, description="Buttons that do something together.")
    lamp: dict[Id, Lamp] = Field(default_factory=dict, description="The lamps.")
    keypad: dict[Id, Keypad] = Field(default_factory=dict, description="The keypads.")
    reader: dict[Id, Reader] = Field(default_factory=dict, description="The card readers.")
    sensor: dict[Id, Sensor] = Field(default_factory=dict, description="The sensors.")


class Door(Table):
    """A door with a strike at a relay. One [door.<id>] for each.

    The relay is energised to open, whatever the strike: docs/how-to/open-doors.md says how each kind is wired.
    """

    strike: Strike = setting(
        "fail_secure: current opens it, so it stays locked in a power cut; at the relay's normally open contact. "
        "fail_safe: current keeps it locked, as a magnet, so a power cut opens it, lockdown or not; at the relay's "
        "normally closed contact.",
        default=Strike.FAIL_SECURE,
        strict=False,
    )

    chip: str = _chip(_LINE_WHY, "pinctrl-bcm2711")
    line: str = _line(_LINE_WHY, "GPIO26")
    active_low: bool = setting("Whether the relay is energised when its line is at 0 V.", default=False)
    pulse_s: float = setting("How long one opening energises the relay.", unit="s", default=3.0, ge=0.1, le=60)
    max_s: float = setting(
        "Bound that no chain of openings exceeds.",
        why="a strike left powered overheats",
        unit="s",
        default=10.0,
        ge=0.1,
        le=60,
    )
    max_hold_s: float = setting(
        "How long a client may hold the door open; a minute before the end all are warned. 0: never. "
        "Only for a strike whose maker allows current for as long (100 % duty), or a fail_safe one.",
        allowed="0, or from max_s to 43200",
        unit="s",
        default=0.0,
        ge=0,
        le=43_200,
    )
    digits: str = setting(
        "Digits (DTMF) that open the door, typed in a call by a target whose table names the door. Codes with an "
        'owner, times and limits are added by intercomctl code. "": none do.',
        allowed="1 to 12 digits, with * or # in front, or # behind, or both",
        default="",
        pattern=r"^([*#]?[0-9]{1,12}#?)?$",
        secret=True,
    )


class Guard(Table):
    """The process that holds the doors' relays, and ends each opening whatever happens to the daemon."""

    socket: Annotated[str, Field(pattern=r"^(/[^\x00]{1,100})?$")] = setting(
        'Unix socket of a guard that runs as a service of its own: "/run/intercomd/guard.sock" is that of '
        "intercomd-guard.service, which must be restarted when a door's chip, line, active_low, max_s or max_hold_s "
        "is changed. "
        '"": the daemon starts a guard itself, as it does for simulated lines anyhow.',
        allowed='a path of at most 101 characters that begins with /, or ""',
        default="",
    )


class Target(Table):
    """Somebody who is rung by a button, and may call. One [target.<name>] for each."""

    account: str = setting(
        'Account through which the target is called, and calls: the name of an [account.…] table. "": none, calls go '
        "straight to its address.",
        default="",
    )
    uri: str = setting(
        "SIP address; with an account, its number alone is enough. Calls and messages count as the target's only if "
        "they come from there: from that IP address, from an address that the name leads to (a name that cannot be "
        "looked up makes its caller a stranger), or, with an account, from the account's registrar.",
        allowed='a SIP address such as "sip:kitchen@192.0.2.8:5060"',
        example="sip:kitchen@192.0.2.8",
    )
    doors: list[str] = setting(
        "Doors that this target may open by digits: names of [door.…] tables.", default=[], example=["front"]
    )

    password_file: str = setting(
        "File that holds the password which its calls must show (digest, with the user of its uri as the name), from "
        "whatever address they come; for one without an account. At least 8 characters. After 5 wrong ones from one "
        "address, or 15 from addresses that the target has not called from, none is taken for 30 s, then for twice as "
        'long each time, up to an hour. As account.password_file otherwise. "": none.',
        allowed='an absolute path, the name of a credential, or ""',
        default="",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})?$",
    )

    accept_address: bool = setting(
        "Accept that nothing but its address proves who calls, for what this target may do: open `doors` by digits, "
        "and hear the room by `auto_answer`. Without it, --check and the doctor warn of such a target: machines in the "
        "network can forge an address. A password_file or an account is better proof, and needs no such acceptance.",
        default=False,
    )
    srtp: Srtp = setting(
        "Whether sound is encrypted in calls to and from this target, where it has no account (SRTP, its keys in the "
        "SDP). optional: where the other side can; mandatory: calls without it fail, and a phone that insists on it "
        "wants that. Its own calls are recognized by the address that they come from. Only machines that see the SIP "
        "messages can then listen, or send sound and digits into the call.",
        default="off",
    )
    auto_answer: bool = setting(
        "Answer by itself a call of theirs that asks for it (Call-Info answer-after, Alert-Info or Answer-Mode), after "
        "a tone of at least a second, and only while no other call is in front. They hear the room then.",
        default=False,
    )
    watch: Watch = setting(
        "Whether it is asked now and then if it is there, so that it is known before it is rung. options: by the SIP "
        "request of that name, which every phone answers. subscribe: its PBX is asked to tell whether it is there, and "
        "whether it talks, as soon as that changes (SUBSCRIBE); for a target with an account.",
        default=Watch.OFF,
        strict=False,
    )
    watch_s: int = setting(
        "How often it, or its PBX, is asked. With subscribe this is how soon a PBX is noticed that has forgotten it.",
        unit="s",
        default=60,
        ge=5,
        le=3600,
    )
    confirm: str = setting(
        "Digit that who answers a visitor's ring must press within 15 s, while a tone asks for it, before anybody is "
        'heard: an answering machine never does. "": none.',
        allowed='one of 0 to 9, * and #, or ""',
        default="",
        pattern=r"^[0-9*#]?$",
    )

    @field_validator("uri")
    @classmethod
    def _is_address(cls, text: str, known: ValidationInfo) -> str:
        return text if known.data.get("account") and _USER.fullmatch(text) else sip_uri(text)


def _rule(which: str) -> Any:
    return setting(
        f'{which}: the name of a [target.…] table, or a number at the first account. "": nowhere.',
        allowed="at most 64 letters, digits and any of . _ ~ + * # -",
        default="",
        pattern=r"^[A-Za-z0-9._~+*#-]{0,64}$",
    )


class Directory(Table):
    """The directory: flats that visitors ring by their number at a keypad, or from the list on the display."""

    file: str = setting(
        'CSV file with a line for each flat: flat, name, targets, and if wanted doors. "": none. It is read again with '
        "the configuration.",
        allowed='an absolute path, or ""',
        default="",
        pattern=_FILE,
    )
    step_s: int = setting(
        "How long each of a flat's targets rings before the next one does. At most deadlines.ringing_s.",
        unit="s",
        default=30,
        ge=2,
        le=600,
    )


class Forwarding(Table):
    """Where calls to this station are sent on to (302): whoever calls is told to call there instead.

    Clients may change it while the station runs (PATCH /v1/config/runtime), until the file is changed. A rule does not
    hold for a call that has been at that address already.
    """

    always: str = _rule("All calls")
    quiet: str = _rule("Calls in the quiet hours, or while nobody is to be disturbed; those are refused otherwise")
    busy: str = _rule("Calls beyond sip.max_calls; those are told that we are busy otherwise")
    no_answer: str = _rule("Calls that nobody has answered in time")
    no_answer_s: float = setting(
        "How long a call rings before that. Nothing happens where deadlines.incoming_s is shorter.",
        unit="s",
        default=20.0,
        ge=1,
        le=600,
    )


def _time(what: str) -> Any:
    return setting(
        f'{what} of each day, in the machine\'s local time. "": none.',
        allowed='a time such as "22:30", or ""',
        default="",
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$",
    )


class QuietHours(Table):
    """When calls do not ring here; visitors ring all the same. Clients may change it as they may [forwarding]."""

    begin: str = _time("Begin")
    end: str = _time("End")


class Clock(Table):
    """The clock, where codes or rules hold at certain times only."""

    trust: Literal["synchronised", "always"] = setting(
        "When it is believed. synchronised: while a time server keeps it right; else codes with a schedule or an "
        "expiry are refused, and rules with times open nothing, lest whoever sets the clock opens the door. always: "
        "for a board with a battery for its clock and no time server.",
        default="synchronised",
    )


class Rule(Table):
    """A door that opens by itself when something happens. One [rule.<name>] for each.

    It opens as any other opening does: bounded, told with the rule's name, and neither in a lockdown nor while a tamper
    contact blocks it.
    """

    on: Annotated[str, AfterValidator(_trigger)] = setting(
        "What happens: the type of an event (docs/reference/events.md).",
        allowed="one of " + ", ".join(f'"{kind.TYPE}"' for kind in TRIGGERS),
        example="ring.started",
    )
    where: dict[str, str | bool] = setting(
        "What the event must say besides: fields of its data with their values.",
        allowed='an inline table such as { button = "ring" } or { sensor = "pir", active = true }',
        default_factory=dict,
        example={"button": "ring"},
    )
    times: list[Annotated[str, AfterValidator(_weekly)]] = setting(
        "When it holds, in the machine's local time; none: always. The clock must be right (see [clock]).",
        allowed=f"a list of {schedule_text.ALLOWED}",
        default=[],
        example=["mon-fri 08:00-12:00"],
        max_length=16,
    )
    door: str = setting("Which door opens.", allowed="the name of a [door.…] table", example="front")


class Plan(Table):
    """Whom a press rings: step after step until somebody answers. One [plan.<name>] for each."""

    steps: list[Annotated[list[str], Field(min_length=1, max_length=8)]] = setting(
        "Who is rung, as names of [target.…] tables: those in one list at once, list after list. The next one comes "
        "when the time of the one before is over, or all in it have refused or cannot be reached; one whose targets "
        "are known to be away has 4 s.",
        allowed='1 to 8 lists of 1 to 8 names, as in [["kitchen", "hall"]]',
        example=[["kitchen"]],
        min_length=1,
        max_length=8,
    )
    step_s: list[Annotated[int, Field(ge=2, le=600)]] = setting(
        "How long each step rings; the last number is that of all that follow. At most deadlines.ringing_s.",
        unit="s",
        allowed="a list of whole numbers from 2 to 600",
        default=[30],
        min_length=1,
        max_length=8,
    )
    cycles: int = setting("How often all steps are gone through, until somebody answers.", default=1, ge=1, le=10)


class Recording(Table):
    """Recording of calls. Mind the law: in many countries everybody heard must know."""

    enabled: bool = setting("Record every call, both directions, from its answer to its end.", default=False)


def _deadline(text: str, default: float) -> Any:
    return setting(text, unit="s", default=default, ge=1, le=600)


class Deadlines(Table):
    """How long a call may wait in each state; then it is ended."""

    dialing_s: float = _deadline("Our call has had no answer at all, not even ringing.", 32.0)
    ringing_s: float = _deadline("Our call rings at the far end.", 60.0)
    early_media_s: float = _deadline("The far end sends sound, but does not answer.", 60.0)
    incoming_s: float = _deadline("Somebody calls us and nobody answers.", 60.0)
    connecting_s: float = _deadline("Answered, but not confirmed (ACK).", 32.0)
    disconnecting_s: float = _deadline("We hung up and hear nothing.", 5.0)
    update_s: float = _deadline("The far end asks for a change of the call, and no client accepts or refuses it.", 10.0)
    rtp_s: float = _deadline("No sound has come from the far end though it should.", 30.0)
    transfer_s: float = _deadline("A transfer is under way, and nobody tells what came of it.", 90.0)
    transfer_request_s: float = _deadline("A far end asks for a transfer, and no client decides.", 60.0)


class Config(Table):
    """The whole file."""

    station: Station = Field(default_factory=Station)
    sip: Sip = Field(default_factory=Sip)
    account: dict[Id, Account] = Field(default_factory=dict)
    tls: Tls = Field(default_factory=Tls)
    audio: Audio = Field(default_factory=Audio)
    http: Http = Field(default_factory=Http)
    dbus: Dbus = Field(default_factory=Dbus)
    panel: Panel = Field(default_factory=Panel)
    door: dict[Id, Door] = Field(default_factory=dict)
    guard: Guard = Field(default_factory=Guard)
    rule: dict[Id, Rule] = Field(default_factory=dict)
    target: dict[Id, Target] = Field(default_factory=dict)
    plan: dict[Id, Plan] = Field(default_factory=dict)
    directory: Directory = Field(default_factory=Directory)
    forwarding: Forwarding = Field(default_factory=Forwarding)
    quiet_hours: QuietHours = Field(default_factory=QuietHours)
    clock: Clock = Field(default_factory=Clock)
    recording: Recording = Field(default_factory=Recording)
    deadlines: Deadlines = Field(default_factory=Deadlines)
