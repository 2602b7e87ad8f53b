"""The settings that the SIP process receives at its start, as plain values."""

from appliance.base.record import Record, RecordWithSecrets
from appliance.core.model import NULL


class RegistrarSettings(RecordWithSecrets, kw_only=True):
    """Our address at a registrar, sip:user@domain.

    servers: hosts and ports of its outbound proxies or else of the registrar, the preferred first; port 0: not given.
    others: more addresses and ports, from which its servers answer and call.
    transport: udp, tcp or tls. srtp: off, optional or mandatory. password: for digest authentication, never printed.
    """

    SECRETS = frozenset({"password"})

    name: str
    user: str
    domain: str
    servers: tuple[tuple[str, int], ...]
    others: tuple[tuple[str, int], ...] = ()
    transport: str = "udp"
    auth_user: str
    password: str
    expires_s: int = 300
    srtp: str = "off"
    ice: bool = False


class TurnSettings(RecordWithSecrets, kw_only=True):
    """A TURN server: its host and port, and who we are there."""

    SECRETS = frozenset({"password"})

    server: tuple[str, int]
    user: str
    password: str


class CallerSettings(RecordWithSecrets, kw_only=True):
    """A target, by its configured name, whose calls claim to be `user` and must prove that password.

    host: of its URI, from where it is expected to call; only lockouts after wrong guesses depend on it.
    """

    SECRETS = frozenset({"password"})

    name: str
    user: str
    host: str = ""
    password: str


class TlsSettings(Record, kw_only=True):
    """PEM files of the trusted authorities and of our own certificate and key; "" for none."""

    ca_file: str = ""
    verify: bool = True
    certificate_file: str = ""
    key_file: str = ""


class SipSettings(Record, kw_only=True):
    """Where SIP listens, who we are, and which devices carry sound.

    address: to bind to, "" for all. port: UDP, 0 for any free one. rtp_ports: first and last port for received
    sound. codecs: encoding names as in SDP (RFC 4855), the preferred one first; all others are off.
    opus_complexity: 0 to 10. capture, playback: names of ALSA PCMs as pjsua2 lists them, "null", or "simulated".
    microphone_file: a WAV file (16 bit, mono) played in a loop instead of the microphone, "" for none; capture is
    then not opened. noise_suppression, open_canceller: of a card's sound. hold_music: a WAV file that held far ends
    hear, "" for silence. recordings: their directory. trace: file to which every SIP message is appended, with
    direction, time and peer; "" for none. ice: for calls outside accounts. stun_server: host and port, for calls by
    ICE; None for none. callers: who may call outside accounts only with a password. realm: of the challenges
    to them. sounds: directory of files that clients may play. tones: directory of files that play in place of tones, ""
    for none. made_sounds: directory of the files that the station makes, of texts and URLs.
    """

    address: str = ""
    port: int = 0
    rtp_ports: tuple[int, int] = (10000, 19999)
    user: str = "intercom"
    display_name: str = ""
    codecs: tuple[str, ...] = ("opus", "PCMA", "G722", "PCMU")
    opus_complexity: int = 5
    capture: str = NULL
    playback: str = NULL
    microphone_file: str = ""
    noise_suppression: bool = True
    open_canceller: bool = False
    half_duplex: bool = False  # only the louder side of a card is heard
    boost_db: float = 0.0  # of the microphone's sound, limited
    hold_music: str = ""
    sounds: str = ""
    tones: str = ""
    made_sounds: str = ""
    recordings: str = "."
    trace: str = ""
    user_agent: str = "intercomd"
    accounts: tuple[RegistrarSettings, ...] = ()
    tls: TlsSettings = TlsSettings()
    ice: bool = False
    stun_server: tuple[str, int] | None = None
    turn: TurnSettings | None = None  # for calls by ICE
    callers: tuple[CallerSettings, ...] = ()
    realm: str = "intercom"
