"""What the SIP process is told at its start, as plain values."""

from dataclasses import dataclass, field

NULL = "null"  # in place of a PCM's name: the null device, paced by pjsua2's software clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """Our address, sip:user@domain, at a registrar.

    servers: hosts and ports of its outbound proxies or else the registrar, the preferred first; port 0: none was said.
    transport: udp, tcp or tls. srtp: off, optional or mandatory. password: for the digest, told nowhere.
    """

    name: str
    user: str
    domain: str
    servers: tuple[tuple[str, int], ...]
    transport: str = "udp"
    auth_user: str
    password: str = field(repr=False)
    expires_s: int = 300
    srtp: str = "off"
    ice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerSettings:
    """A target, by the name in the configuration, whose calls say that they are `user` and must show that password.

    host: of its URI, where it is expected to call from; only what guesses lock out goes by it.
    """

    name: str
    user: str
    host: str = ""
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Files (PEM) of the authorities that we trust, and of our own certificate and key, "" for none."""

    ca_file: str = ""
    verify: bool = True
    certificate_file: str = ""
    key_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSettings:
    """Where SIP listens, who we are, and where sound comes from and goes to.

    address: to bind to, "" for all. port: UDP, 0 for any free one. rtp_ports: first and last of those that sound is
    received at. codecs: encoding names as in SDP (RFC 4855), the
    preferred one first; all others are off. capture, playback: names of ALSA PCMs as pjsua2 lists them, or "null".
    microphone_file: a WAV (16 bit, mono) played in a loop in the microphone's place, "" for none; capture is then not
    opened. hold_music: one that held far ends hear, "" for silence. recordings: their directory. trace: file that every
    SIP message sent or received is appended to, with direction, time and peer; "" for none. ice: for calls that go
    through no account. callers: who may call through none by a password only.
    """

    address: str = ""
    port: int = 0
    rtp_ports: tuple[int, int] = (10000, 19999)
    user: str = "intercom"
    display_name: str = ""
    codecs: tuple[str, ...] = ("opus", "PCMA", "G722", "PCMU")
    capture: str = NULL
    playback: str = NULL
    microphone_file: str = ""
    hold_music: str = ""
    recordings: str = "."
    trace: str = ""
    user_agent: str = "intercomd"
    accounts: tuple[AccountSettings, ...] = ()
    tls: TlsSettings = field(default_factory=TlsSettings)
    ice: bool = False
    callers: tuple[CallerSettings, ...] = ()
