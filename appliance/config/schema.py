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

    allowed: the allowed values, if type and range do not say them; why: the reason for a bound; example: a value for
    the example file instead of the default; secret: no message shows the value.
    """
    extra = {"allowed": allowed, "why": why, "unit": unit, "example": example, "secret": secret}
    return Field(description=text, json_schema_extra={key: value for key, value in extra.items() if value}, **rest)


def _transfer_policy(calls: str) -> Any:
    return setting(
        f"How to handle transfers that the other side requests (REFER, INVITE with Replaces) in {calls}. follow: do "
        "as requested; the other side can then make this station call any address, at your cost, and put anybody in "
        "its own place. ask: report the REFER to the clients, one of which decides; a call that replaces another "
        "rings. refuse: refuse both.",
        default=TransferPolicy.REFUSE,
        strict=False,
    )


def _ice(calls: str) -> Any:
    return setting(
        f"Whether {calls} use ICE: try all addresses of both sides and select a pair that works, instead of the "
        "first address that each side names. Use it where several networks lead to the other side. Calls with a far "
        "end without ICE work as before. If ICE finds no path, the call ends.",
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
    """The name and the address of the station."""

    name: str = setting(
        "Display name of the station: on the page, in events, and in its calls.",
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
    """Calls: where SIP listens, and the rules for calls without an account."""

    address: Annotated[str, AfterValidator(_address)] = setting(
        "Address that SIP listens on. 0.0.0.0: all addresses of the machine, IPv4 and IPv6. ::: all of them, IPv6 "
        "only. With either, each far end gets the address of the route to it, even if the machine is in two "
        "networks.",
        allowed="an IPv4 or IPv6 address",
        default="0.0.0.0",  # noqa: S104 - a phone that is called from the network; strangers are refused by `callers`
    )
    port: int = setting("UDP port that SIP listens on. 0: any free one.", default=5060, ge=0, le=65535)
    rtp_ports: Annotated[str, AfterValidator(_ports)] = setting(
        "Range of UDP ports that receive sound (RTP and RTCP). Each call uses a random pair, so that nobody can "
        "send sound into a call by trying the ports in order. A firewall must let all of them through.",
        allowed=f'a range of at least {LEAST_PORTS} ports from 1024 to 65535, such as "10000-19999"',
        default="10000-19999",
    )
    callers: Literal["targets", "anyone"] = setting(
        'Which calls without an account are accepted: only those of the [target.…] tables, or all. "anyone" lets '
        "every machine that reaches the port ring this station.",
        default="targets",
    )
    transfer_policy: TransferPolicy = _transfer_policy("calls that go or come through no account")
    ice: bool = _ice("calls that go or come through no account")
    max_calls: int = setting(
        "Limit of simultaneous calls, including those that ring, wait or are held; one of them has the speaker and "
        "the microphone. Further calls are refused as busy. 1: no call waits. A conference of up to six counts as "
        "one.",
        default=4,
        ge=1,
        le=24,
    )
    max_call_s: float = setting(
        "Longest duration of a call after its answer. Both sides hear a tone ten seconds before the end. 0: no limit.",
        unit="s",
        default=3600.0,
        ge=0,
        le=86400,
    )
    updates: Literal["accept", "ask"] = setting(
        "How to handle changes that a far end requests in a call (hold, resume, codec, address). ask: a client "
        "accepts or refuses each of them within deadlines.update_s; without a decision it is refused. A request by "
        "UPDATE cannot wait and is refused at once.",
        default="accept",
    )
    max_redirects: int = setting(
        "How often a call of this station may be redirected (3xx) before it counts as refused. Redirections lead "
        "only to targets, and to numbers at the account of the call. 0: never.",
        default=4,
        ge=0,
        le=10,
    )
    digits_otherwise: DigitsBy = setting(
        "How to send digits to far ends that do not accept RFC 4733 (telephone-event): by INFO, or as tones in the "
        "sound. none: the request fails with the error digits-unsupported.",
        default=DigitsBy.NONE,
        strict=False,
    )
    codecs: list[Codec] = setting(
        "Codecs to offer and accept, the preferred one first.",
        default=["opus", "G722", "PCMA", "PCMU"],
        min_length=1,
    )
    trace: bool = setting(
        "Write each SIP message into the state directory, to search for faults. The file grows, and shows who calls "
        "whom.",
        default=False,
    )


class Account(Table):
    """An address at a registrar, such as an extension of a PBX. One [account.<name>] for each."""

    user: str = setting(
        "User part of the address: the extension.",
        allowed="1 to 64 letters, digits and any of . _ ~ + * # -",
        pattern=f"^{_USER.pattern}$",
        example="201",
    )
    registrar: Annotated[str, AfterValidator(_registrar)] = setting(
        "Address of the PBX: a name or an IP address (IPv6 in brackets), and a port. A name without a port is "
        "looked up by SRV records in DNS (RFC 3263); without them the port is 5060, or 5061 for TLS. For TLS, the "
        "certificate of the PBX must be valid for this name or address.",
        allowed='an address such as "pbx.example" or "sip:192.0.2.5:5080"',
        example="sip:pbx.example:5060",
    )
    transport: Literal["udp", "tcp", "tls"] = setting(
        "Transport protocol. tls: encrypted, and only with a PBX whose certificate is valid; see [tls].",
        default="udp",
    )
    srtp: Srtp = setting(
        "Whether sound is encrypted (SRTP with keys in the SDP). optional: if the other side supports it. "
        "mandatory: calls without it fail; use it if the PBX requires SRTP. Unless the transport is tls, the keys "
        "can be read by everyone who can read the SIP messages.",
        default="off",
    )
    proxies: list[Annotated[str, AfterValidator(_registrar)]] = setting(
        "Outbound proxies, used instead of the registrar's address. The first is used while it answers, then the "
        "second, and so on.",
        allowed='a list of addresses such as "edge1.example" or "192.0.2.5:5080", at most 4',
        default=[],
        max_length=4,
    )
    domain: str = setting(
        "Domain of the address. Empty: the host of the registrar.",
        allowed='the name of a domain, an IPv4 address, or ""',
        default="",
        pattern=r"^([A-Za-z0-9.-]{1,253})?$",
    )
    auth_user: str = setting(
        "User name for the authentication. Empty: same as `user`.",
        allowed='at most 128 printable characters without " and \\',
        default="",
        pattern=r'^[^\x00-\x1f\x7f"\\]{0,128}$',
    )
    password_file: str = setting(
        "File that contains the password and nothing else; only the service's user may read it (mode 0600). A name "
        "without a slash is the name of a systemd credential (LoadCredential=).",
        allowed="an absolute path, or the name of a credential",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})$",
        example="/etc/intercomd/office.password",
    )
    expires_s: int = setting(
        "Lifetime of the registration, if it is not renewed.",
        unit="s",
        default=300,
        ge=60,
        le=86_400,
    )
    refresh_s: int = setting(
        "How often to renew the registration. After a restart of the registrar, calls arrive again with the next "
        "renewal; the default is therefore short. Use a longer time if a provider requires it.",
        unit="s",
        default=8,
        ge=5,
        le=3600,
    )
    callers: Literal["registrar", "targets", "anyone"] = setting(
        "Which calls to this address are accepted: all from the registrar, only those of this account's targets, or "
        'all. "anyone" lets every machine that reaches the port ring this station; a caller counts as a target only '
        "if the call came from the registrar.",
        default="registrar",
    )
    inband_digits: bool = setting(
        "Whether digits that are detected in the sound may open a door, like digits by RFC 4733 or INFO. Everyone "
        "who can be heard in the call, or can play a sound into it, can send such digits. Use it only if the PBX "
        "has no other way.",
        default=False,
    )
    transfer_policy: TransferPolicy = _transfer_policy("calls through this account")
    ice: bool = _ice("calls through this account")


_FILE = r"^(/[^\x00]{1,1000})?$"


class Tls(Table):
    """Certificates, for accounts whose transport is tls. The files are read for each connection."""

    ca_file: str = setting(
        "File with the certificates (PEM) of the trusted authorities: those of the system, or the PBX's own.",
        allowed="an absolute path",
        default="/etc/ssl/certs/ca-certificates.crt",
        pattern=r"^/[^\x00]{1,1000}$",
    )
    verify: bool = setting(
        "Whether the PBX must show a valid certificate for its name, signed by one of these authorities. false: "
        "anyone between the station and the PBX can impersonate the PBX, listen to calls and open doors.",
        default=True,
    )
    certificate_file: str = setting(
        "File with the certificate (PEM) of this station, for a PBX that requires one. Empty: none.",
        allowed='an absolute path, or ""',
        default="",
        pattern=_FILE,
    )
    key_file: str = setting(
        "File with the private key of that certificate (PEM, without a password); only the service's user may read "
        "it (mode 0600). Empty: none.",
        allowed='an absolute path, or ""',
        default="",
        pattern=_FILE,
    )


class Audio(Table):
    """Speaker and microphone."""

    capture: str = setting(
        'ALSA PCM of the microphone, such as "plughw:CARD=usbphone,DEV=0". "null": no microphone; silence is sent.',
        allowed='the name of an ALSA PCM, or "null"',
        default="default",
        pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
    )
    playback: str = setting(
        'ALSA PCM of the speaker. "null": no speaker; received sound is dropped.',
        allowed='the name of an ALSA PCM, or "null"',
        default="default",
        pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
    )
    microphone_file: str = setting(
        "WAV file (16 bit, mono) to play in a loop instead of the microphone, for demonstrations. Empty: none.",
        allowed='the path of a file, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )
    hold_music: str = setting(
        "WAV file (16 bit, mono) that held far ends hear in a loop. Empty: silence.",
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
        "Unix socket that HTTP listens on as well; the mode of the file says who may use it. true: http.sock in the "
        "runtime directory of the service. A path: that socket. false: none.",
        allowed="true, false, or a path of at most 101 characters that begins with /",
        default=True,
    )


class Dbus(Table):
    """The interface on the message bus, as org.intercomd; it needs the package python3-dbus-fast.

    The policy of the bus says who may use it: the group intercom.
    """

    enabled: bool = setting("Whether the station offers the interface on the message bus.", default=False)
    address: str = setting(
        'Message bus: "system" for the system bus, or the address of another bus.',
        allowed='"system", or an address that begins with unix:path= or unix:abstract=',
        default="system",
        pattern=r"^(system|unix:(path|abstract)=[-0-9A-Za-z_/.%]{1,200})$",
    )


_LINE_WHY = 'needed where panel.lines is "gpio"'
_NAMED_WHY = 'where panel.lines is "gpio": either pin, or chip and line'


_LineName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,31}$")]


def _pin(example: int) -> Any:
    return setting(
        "Number of the GPIO line on a Raspberry Pi: 17 for GPIO17. This is not the number of the pin on the "
        "connector. On other boards give chip and line instead.",
        why=_NAMED_WHY,
        default=None,
        ge=0,
        le=53,
        example=example,
    )


def _chip(why: str, example: str = "") -> Any:
    return setting(
        "GPIO chip of the line: its label, as gpioinfo shows it (such as pinctrl-bcm2711), or its path if two chips "
        "have the same label.",
        allowed="at most 100 printable characters",
        why=why,
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,100}$",
        example=example,
    )


def _line(why: str, example: str = "") -> Any:
    return setting(
        "Name of the line on that chip, as gpioinfo shows it, or its offset.",
        allowed="at most 31 printable characters",
        why=why,
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,31}$",
        example=example,
    )


def _target() -> Any:
    return setting(
        "Target that the button rings: the name of a [target.…] or [plan.…] table. Required for the action ring.",
        default="",
        example="kitchen",
    )


def _door() -> Any:
    return setting(
        "Door of this station that the button opens: the name of a [door.…] table. For the actions door and exit.",
        default="",
    )


def _digits() -> Any:
    return setting(
        "Digits (DTMF) that the action door sends in a call, to open a door at the far end.",
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
        "Resistor inside the chip. up: the button connects the line to ground. down: the button connects it to 3.3 "
        "V. none: the panel has its own resistor to 3.3 V, and the button connects the line to ground.",
        default="up",
    )
    action: Action = setting(
        "Action of a press: ring the target, answer, hang up, hold (or resume), switch to the waiting or held call, "
        "open a door. exit: open a door from inside, by a button or a detector; tampering outside does not block "
        "it. none: only report an event.",
        example="ring",
        strict=False,
    )
    long_action: Action | None = setting(
        "Action of a long press. Without it, a press acts at once, not at the release.",
        default=None,
        example="hangup",
        strict=False,
    )
    double_action: Action | None = setting(
        "Action of a double click. With it, a single click waits for a possible second one.",
        default=None,
        example="none",
        strict=False,
    )
    target: str = _target()
    door: str = _door()
    digits: str = _digits()
    min_press_ms: int = setting(
        "Shortest press, so that a disturbance on a long cable does not ring; it delays the action. GET /v1/panel "
        "shows how many pulses were too short.",
        unit="ms",
        default=5,
        ge=0,
        le=500,
    )
    debounce_ms: int = setting(
        "Longest bounce of the contact: the button counts as released after the line has been at rest for this time.",
        unit="ms",
        default=30,
        ge=0,
        le=1000,
    )
    long_press_ms: int = setting("Duration from which a press is long.", unit="ms", default=1000, ge=200, le=10_000)
    double_ms: int = setting(
        "Longest time between a click and a second press that make a double click.",
        unit="ms",
        default=300,
        ge=100,
        le=2000,
    )
    stuck_s: int = setting(
        "Time after which a pressed button counts as stuck. An event reports it, and the button is ignored until it "
        "is released. 0: never.",
        unit="s",
        default=60,
        ge=0,
        le=3600,
    )


class Chord(Table):
    """Two buttons that do something else when they are pressed together.

    Each of them waits `within_ms` before it acts alone.
    """

    buttons: list[str] = setting(
        "The two buttons: names of [panel.button.…] tables.",
        allowed="a list of two names",
        min_length=2,
        max_length=2,
        example=["ring", "exit"],
    )
    action: Action = setting(
        "Action of both buttons together; the values are those of a button's action.", example="hangup", strict=False
    )
    target: str = _target()
    door: str = _door()
    digits: str = _digits()
    within_ms: int = setting("Longest time between the two presses.", unit="ms", default=100, ge=20, le=1000)


def _pattern(text: str, default: Pattern | None = Pattern.OFF) -> Any:
    return setting(text, default=default, strict=False)


class Pictures(Table):
    """The pattern of the lamp in each situation.

    Patterns are off, on, slow (1 Hz), fast (4 Hz), and every 2 s double (two flashes) or pulse. A pulse glows up and
    down for a second on led and pwm, and is a flash on a line.

    Without this table the lamp shows the status of the station. With it, situations that are not named show off. If
    door_open, recording or speak are given, the first of them that is true takes precedence over the others.
    """

    idle: Pattern = _pattern("No call; calls are possible.")
    dialing: Pattern = _pattern("This station is calling.")
    ringing: Pattern = _pattern("A call to this station is ringing.")
    in_call: Pattern = _pattern("A call is connected, with sound.")
    held: Pattern = _pattern("The call is held, by either side.")
    speak: Pattern | None = _pattern("The other side hears the microphone.", None)
    recording: Pattern | None = _pattern("The call is recorded.", None)
    door_open: Pattern | None = _pattern("The relay of a door is energised.", None)
    error: Pattern = _pattern("A call failed, or a part does not work.")
    unregistered: Pattern = _pattern("SIP is not available, or none of the accounts is registered.")


_COLORS = f"{', '.join(colors.NAMES)}, or #rrggbb"
_Color = Annotated[str, AfterValidator(_color)]


def _shown_in(text: str) -> Any:
    return setting(text, allowed=_COLORS, default="")


class Colors(Table):
    """Colours of the lamp for each situation, if they differ from `color`. Lines round each part to on or off."""

    idle: _Color = _shown_in("Colour of idle.")
    dialing: _Color = _shown_in("Colour of dialing.")
    ringing: _Color = _shown_in("Colour of ringing.")
    in_call: _Color = _shown_in("Colour of in_call.")
    held: _Color = _shown_in("Colour of held.")
    speak: _Color = _shown_in("Colour of speak.")
    recording: _Color = _shown_in("Colour of recording.")
    door_open: _Color = _shown_in("Colour of door_open.")
    error: _Color = _shown_in("Colour of error.")
    unregistered: _Color = _shown_in("Colour of unregistered.")


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
    """A lamp of the panel, wired to a line (on and off only), to a PWM channel, or to an LED of the kernel.

    `chip`, if given, is the chip of `line` or `rgb_lines`.
    """

    pin: int | None = _pin(22)
    chip: str = _chip(_NAMED_WHY)
    line: str = _line(_NAMED_WHY)
    active_low: bool = setting("Whether the lamp is on when its line, or PWM channel, is at 0 V.", default=False)
    led: str = setting(
        "Name of the kernel's LED device, as in /sys/class/leds, instead of a line. It has brightness, and colours "
        "if it is a multicolour LED.",
        allowed="at most 63 characters, without /",
        default="",
        pattern=r"^[^\x00-\x1f\x7f/]{0,63}$",
    )
    pwm: str = setting(
        "PWM channel of the lamp, instead of a line; it has brightness. The name of the chip is the name of its "
        "device, as `ls -l /sys/class/pwm` shows it.",
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
        "For rgb_lines and rgb_pwm: the common connection of the three LEDs. cathode: common ground, on at 3.3 V. "
        "anode: common 3.3 V, on at 0 V.",
        default="cathode",
    )
    brightness: int = setting(
        "Brightness in percent of the maximum; a lamp on a line is only on or off.", unit="%", default=100, ge=1, le=100
    )
    night_brightness: int | None = setting(
        "Brightness between the hours of panel.night. None: as by day.",
        unit="%",
        default=None,
        ge=1,
        le=100,
        example=20,
    )
    color: _Color = setting(
        "Colour for situations that `colors` does not name. Empty: white. Only with led, rgb_lines or rgb_pwm.",
        allowed=_COLORS,
        default="",
    )
    pictures: Pictures = Field(default=STATUS, description="Pattern of each situation; a table of its own.")
    colors: Colors = Field(default=Colors(), description="Colour of each situation; a table of its own.")


def _own_chip(of: str) -> Any:
    return setting(
        f"GPIO chip of the lines: its label, as gpioinfo shows it. {of}",
        allowed="at most 100 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,100}$",
    )


_RASPBERRY = '"": that of a Raspberry Pi, whose lines are GPIO0 to GPIO27.'


def _lines_of(what: str, example: list[str]) -> Any:
    return setting(
        f"Names of the lines of the {what}, as gpioinfo shows them, or their offsets.",
        allowed='a list of at most 8 texts such as ["GPIO5", "GPIO6"]',
        default=[],
        max_length=8,
        example=example,
    )


def _resistors(lines: str) -> Any:
    return setting(f"Resistors of {lines}. up: the chip's own, to 3.3 V. none: the wiring has its own.", default="up")


def _device(what: str) -> Any:
    return setting(
        f"Device of {what} on USB: its path, preferably one of /dev/input/by-id that ends in -event-kbd, or its "
        "name, as /proc/bus/input/devices shows it. No other program receives its keys.",
        allowed="at most 200 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,200}$",
    )


def _opened(how: str) -> Any:
    return setting(
        f"Doors that {how}, if the code or card is for them (intercomctl code): names of [door.…] tables.",
        default=[],
        example=["front"],
    )


class Keypad(Table):
    """A keypad. One [panel.keypad.<id>] for each.

    A keypad on lines has rows and columns, a keypad on USB has a device, and a keypad in a Wiegand reader has that
    reader.
    """

    chip: str = _own_chip(_RASPBERRY)
    rows: list[_LineName] = _lines_of("rows, from above", ["GPIO5", "GPIO6", "GPIO13", "GPIO19"])
    columns: list[_LineName] = _lines_of("columns, from the left", ["GPIO12", "GPIO16", "GPIO20"])
    keys: list[Annotated[str, Field(pattern=r"^[0-9*# ]{1,8}$")]] = setting(
        "Characters of the keys: a text for each row, with one character for each column.",
        allowed="a list of texts of 0 to 9, *, #, and a blank where there is no key",
        default=["123", "456", "789", "*0#"],
        min_length=1,
        max_length=8,
    )
    pull: Literal["up", "none"] = _resistors("the columns")
    debounce_ms: int = setting("Longest bounce of a key.", unit="ms", default=20, ge=0, le=200)
    settle_ms: int = setting(
        "How long a column takes to follow its row. Use more for long cables, or cables with capacitors.",
        unit="ms",
        default=1,
        ge=1,
        le=50,
    )
    device: str = _device("a keypad")
    doors: list[str] = _opened("codes that are typed there open")
    reader: str = setting(
        "The Wiegand reader that contains the keypad: the name of a [panel.reader.…] table.", default=""
    )


def _wiegand(which: str, example: str) -> Any:
    return setting(
        f"Name or offset of the line of a Wiegand reader's {which}.",
        allowed="at most 31 printable characters",
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,31}$",
        example=example,
    )


class Reader(Table):
    """A card reader. One [panel.reader.<id>] for each. A Wiegand reader has lines, a reader on USB has a device."""

    chip: str = _own_chip(_RASPBERRY)
    d0: str = _wiegand("D0, on which a pulse is a 0", "GPIO24")
    d1: str = _wiegand("D1, on which a pulse is a 1", "GPIO25")
    bits: list[Annotated[int, Field(ge=16, le=128)]] = setting(
        "Number of bits of the cards; frames of other lengths are discarded. For 26 and 34 bits the parity is "
        "checked and removed from the number; for others all bits are the number.",
        allowed="a list of whole numbers from 16 to 128",
        default=[26, 34],
        min_length=1,
        max_length=8,
    )
    pull: Literal["up", "none"] = _resistors("D0 and D1")
    timeout_ms: int = setting(
        "Time after the last bit at which a card is complete.", unit="ms", default=50, ge=5, le=1000
    )
    device: str = _device("a reader")
    doors: list[str] = _opened("cards that are read there open")
    tell_numbers: bool = setting(
        "Whether the event card.read contains the card's number. Anyone who can read the number can copy the card.",
        default=False,
    )


class Sensor(Table):
    """A contact to watch: of a door's leaf, of the panel's housing, or of something else."""

    pin: int | None = _pin(27)
    chip: str = _chip(_NAMED_WHY)
    line: str = _line(_NAMED_WHY)
    pull: Literal["up", "down", "none"] = setting(
        "Resistor inside the chip. up: the contact connects the line to ground. down: the contact connects it to "
        "3.3 V. none: the panel has its own resistor to 3.3 V, and the contact connects the line to ground.",
        default="up",
    )
    kind: SensorKind = setting(
        "contact: the leaf of a door; it is reported as open, or as forced if nobody had opened the door. tamper: "
        "while it is active, and for block_s after, doors open only from inside. motion: somebody comes near, as a "
        "PIR detects; displays wake up. other: only report an event.",
        example="contact",
        strict=False,
    )
    normally: Literal["closed", "open"] = setting(
        "The contact at rest, with the leaf shut or the housing intact. A contact that is closed at rest reports a "
        "cut wire as well.",
        default="closed",
    )
    door: str = setting(
        "For a contact: the door of the leaf, the name of a [door.…] table.", default="", example="front"
    )
    open_s: float = setting(
        "For a contact: how long the leaf may be open before an event reports it, unless the door is held open. 0: "
        "no limit.",
        unit="s",
        default=60.0,
        ge=0,
        le=86_400,
    )
    block_s: float = setting(
        "For a tamper contact: how long it keeps the doors locked, also after a restart; clients may end this. 0: "
        "only report an event.",
        unit="s",
        default=300.0,
        ge=0,
        le=86_400,
    )


class Panel(Table):
    """Buttons, chords, lamps, keypads, readers and sensors; each has its own table, such as [panel.button.<id>]."""

    lines: Literal["simulated", "gpio"] = setting(
        "The lines of the panel: the GPIO of the board, or simulated lines, pressed over HTTP.", default="gpio"
    )
    night: str = setting(
        "Night for lamps with a night_brightness, in local time. While the clock is not synchronised it is day. "
        "Empty: never.",
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

    To open the door, the relay is energised, for each kind of strike; docs/how-to/open-doors.md shows the wiring.
    """

    strike: Strike = setting(
        "fail_secure: current opens the strike, so the door stays locked in a power cut; wire it to the normally "
        "open contact of the relay. fail_safe: current keeps it locked, as with a magnet, so a power cut opens the "
        "door, also during a lockdown; wire it to the normally closed contact.",
        default=Strike.FAIL_SECURE,
        strict=False,
    )

    chip: str = _chip(_LINE_WHY, "pinctrl-bcm2711")
    line: str = _line(_LINE_WHY, "GPIO26")
    active_low: bool = setting("Whether the relay is energised when its line is at 0 V.", default=False)
    pulse_s: float = setting("How long one opening energises the relay.", unit="s", default=3.0, ge=0.1, le=60)
    max_s: float = setting(
        "Longest time that consecutive openings may energise the relay.",
        why="a strike left powered overheats",
        unit="s",
        default=10.0,
        ge=0.1,
        le=60,
    )
    max_hold_s: float = setting(
        "How long a client may hold the door open; an event warns a minute before the end. 0: never. Only for a "
        "strike whose manufacturer allows current for this time (100 % duty), or a fail_safe one.",
        allowed="0, or from max_s to 43200",
        unit="s",
        default=0.0,
        ge=0,
        le=43_200,
    )
    digits: str = setting(
        "Digits (DTMF) that open the door when a target that names the door types them in a call. For codes with an "
        "owner, times and limits use intercomctl code. Empty: no digits.",
        allowed="1 to 12 digits, with * or # in front, or # behind, or both",
        default="",
        pattern=r"^([*#]?[0-9]{1,12}#?)?$",
        secret=True,
    )


class Guard(Table):
    """The process that holds the relays of the doors, and ends each opening whatever happens to the daemon."""

    socket: Annotated[str, Field(pattern=r"^(/[^\x00]{1,100})?$")] = setting(
        'Unix socket of a guard that runs as a separate service: "/run/intercomd/guard.sock" is the socket of '
        "intercomd-guard.service. Restart that service after a change of a door's chip, line, active_low, max_s or "
        "max_hold_s. Empty: the daemon starts a guard itself, as it always does for simulated lines.",
        allowed='a path of at most 101 characters that begins with /, or ""',
        default="",
    )


class Target(Table):
    """A person or phone that a button rings, and that may call. One [target.<name>] for each."""

    account: str = setting(
        "Account for calls to and from the target: the name of an [account.…] table. Empty: none; calls go directly "
        "to its address.",
        default="",
    )
    uri: str = setting(
        "SIP address; with an account, a number is enough. Calls and messages count as the target's only if they "
        "come from this IP address, from an address of this name (if the name cannot be resolved, the caller is a "
        "stranger), or, with an account, from the account's registrar.",
        allowed='a SIP address such as "sip:kitchen@192.0.2.8:5060"',
        example="sip:kitchen@192.0.2.8",
    )
    doors: list[str] = setting(
        "Doors that this target may open with digits: names of [door.…] tables.", default=[], example=["front"]
    )

    password_file: str = setting(
        "File that contains the password of the target's calls (digest; the user name is the user of its uri), from "
        "every address; for a target without an account. At least 8 characters. After 5 wrong passwords from one "
        "address, or 15 from addresses that the target has not called from, no password is accepted for 30 s; the "
        "time doubles with each further failure, up to an hour. Permissions as for account.password_file. Empty: "
        "none.",
        allowed='an absolute path, the name of a credential, or ""',
        default="",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})?$",
    )

    accept_address: bool = setting(
        "Accept the address as the only proof of who calls, for what this target may do: open `doors` with digits, "
        "and hear the room with `auto_answer`. Without it, --check and the doctor warn about such a target, because "
        "machines in the network can forge an address. A password_file or an account is better proof.",
        default=False,
    )
    srtp: Srtp = setting(
        "Whether sound is encrypted in calls to and from this target, if it has no account (SRTP with keys in the "
        "SDP). optional: if the other side supports it. mandatory: calls without it fail; use it if the phone "
        "requires SRTP. Set the same at two stations: optional calls mandatory in vain (488). Calls from the target "
        "are recognized by their address, or by its password. Then only machines that see the SIP messages can listen, "
        "or send sound and digits into the call.",
        default="off",
    )
    auto_answer: bool = setting(
        "Answer calls from the target automatically if they ask for it (Call-Info answer-after, Alert-Info or "
        "Answer-Mode), after a tone of at least a second, and only while no other call is in the foreground. The "
        "caller then hears the room.",
        default=False,
    )
    watch: Watch = setting(
        "Whether to check from time to time that the target can be reached, before it is rung. options: by the SIP "
        "request of that name, which every phone answers. subscribe: by a subscription at its PBX (SUBSCRIBE), "
        "which reports at once whether the target is available or talking; for a target with an account.",
        default=Watch.OFF,
        strict=False,
    )
    watch_s: int = setting(
        "How often to check. With subscribe this is the longest time until a PBX that has lost the subscription "
        "gets a new one.",
        unit="s",
        default=60,
        ge=5,
        le=3600,
    )
    confirm: str = setting(
        "Digit that must be pressed within 15 s of the answer to a visitor's ring, while a tone asks for it; only "
        "then is sound connected. This excludes answering machines. Empty: none.",
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
        f"{which}: the name of a [target.…] table, or a number at the first account. Empty: not forwarded.",
        allowed="at most 64 letters, digits and any of . _ ~ + * # -",
        default="",
        pattern=r"^[A-Za-z0-9._~+*#-]{0,64}$",
    )


class Directory(Table):
    """The directory: flats that visitors ring by their number at a keypad, or from the list on the display."""

    file: str = setting(
        "CSV file with a line for each flat: flat, name, targets, and optionally doors. Empty: none. It is read "
        "again with the configuration.",
        allowed='an absolute path, or ""',
        default="",
        pattern=_FILE,
    )
    step_s: int = setting(
        "How long each target of a flat rings before the next one. At most deadlines.ringing_s.",
        unit="s",
        default=30,
        ge=2,
        le=600,
    )


class Forwarding(Table):
    """Forwarding of calls to this station (302): the caller is redirected to another address.

    Clients may change it while the station runs (PATCH /v1/config/runtime); their change lasts until the file changes.
    A rule does not apply to a call that has been at its address already.
    """

    always: str = _rule("All calls")
    quiet: str = _rule("Calls in the quiet hours, or during do not disturb; without this rule they are refused")
    busy: str = _rule("Calls beyond sip.max_calls; without this rule they are refused as busy")
    no_answer: str = _rule("Calls that are not answered in time")
    no_answer_s: float = setting(
        "How long a call rings before it is forwarded. Has no effect if deadlines.incoming_s is shorter.",
        unit="s",
        default=20.0,
        ge=1,
        le=600,
    )


def _time(what: str) -> Any:
    return setting(
        f"{what} of each day, in the machine's local time. Empty: none.",
        allowed='a time such as "22:30", or ""',
        default="",
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$",
    )


class QuietHours(Table):
    """Times without ringing for calls; visitors still ring. Clients may change it, as with [forwarding]."""

    begin: str = _time("Begin")
    end: str = _time("End")


class Clock(Table):
    """Trust in the clock, for codes and rules with times."""

    trust: Literal["synchronised", "always"] = setting(
        "When the clock is trusted. synchronised: while a time server sets it. Without that, codes with a schedule "
        "or an expiry are refused, and rules with times open no door, so that nobody can open a door by setting the "
        "clock. always: for a board with a battery for its clock and no time server.",
        default="synchronised",
    )


class Rule(Table):
    """A door that opens by itself when something happens. One [rule.<name>] for each.

    It opens like any other opening: for a limited time, reported with the name of the rule, and not during a lockdown
    or while a tamper contact blocks it.
    """

    on: Annotated[str, AfterValidator(_trigger)] = setting(
        "Type of the event that opens the door (docs/reference/events.md).",
        allowed="one of " + ", ".join(f'"{kind.TYPE}"' for kind in TRIGGERS),
        example="ring.started",
    )
    where: dict[str, str | bool] = setting(
        "Conditions on the event: fields of its data with their values.",
        allowed='an inline table such as { button = "ring" } or { sensor = "pir", active = true }',
        default_factory=dict,
        example={"button": "ring"},
    )
    times: list[Annotated[str, AfterValidator(_weekly)]] = setting(
        "Times at which the rule applies, in the machine's local time. Empty: always. The clock must be "
        "synchronised (see [clock]).",
        allowed=f"a list of {schedule_text.ALLOWED}",
        default=[],
        example=["mon-fri 08:00-12:00"],
        max_length=16,
    )
    door: str = setting("Door to open.", allowed="the name of a [door.…] table", example="front")


class Plan(Table):
    """Targets that a press rings, step after step until one answers. One [plan.<name>] for each."""

    steps: list[Annotated[list[str], Field(min_length=1, max_length=8)]] = setting(
        "Targets of each step: names of [target.…] tables, which ring at the same time. The next step begins when "
        "the time of the step is over, or when all its targets have refused or cannot be reached; a step whose "
        "targets are known to be unavailable lasts 4 s.",
        allowed='1 to 8 lists of 1 to 8 names, as in [["kitchen", "hall"]]',
        example=[["kitchen"]],
        min_length=1,
        max_length=8,
    )
    step_s: list[Annotated[int, Field(ge=2, le=600)]] = setting(
        "How long each step rings; the last number applies to all further steps. At most deadlines.ringing_s.",
        unit="s",
        allowed="a list of whole numbers from 2 to 600",
        default=[30],
        min_length=1,
        max_length=8,
    )
    cycles: int = setting("How often to repeat all steps until a target answers.", default=1, ge=1, le=10)


class Recording(Table):
    """Recording of calls. Respect the law: in many countries everybody who is recorded must know it."""

    enabled: bool = setting("Record every call, in both directions, from its answer to its end.", default=False)


def _deadline(text: str, default: float) -> Any:
    return setting(text, unit="s", default=default, ge=1, le=600)


class Deadlines(Table):
    """Longest time of a call in each state; after it the call is ended."""

    dialing_s: float = _deadline("Our call has no answer yet, not even ringing.", 32.0)
    ringing_s: float = _deadline("Our call rings at the far end.", 60.0)
    early_media_s: float = _deadline("The far end sends sound, but does not answer.", 60.0)
    incoming_s: float = _deadline("A call to us is not answered.", 60.0)
    connecting_s: float = _deadline("The call is answered, but not confirmed (ACK).", 32.0)
    disconnecting_s: float = _deadline("We hung up, and the far end does not confirm.", 5.0)
    update_s: float = _deadline("The far end requests a change of the call, and no client decides.", 10.0)
    rtp_s: float = _deadline("No sound comes from the far end, although it should.", 30.0)
    transfer_s: float = _deadline("A transfer is in progress, and its outcome is not reported.", 90.0)
    transfer_request_s: float = _deadline("A far end requests a transfer, and no client decides.", 60.0)


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
