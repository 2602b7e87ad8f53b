"""The sound of a call as it is counted and judged: directions, levels, packets, and why nothing is heard."""

from enum import StrEnum

from appliance.base.record import Record


class MediaDirection(StrEnum):
    """Which way sound goes: to the far end, or from it."""

    SEND = "send"
    RECEIVE = "receive"


class SilenceCause(StrEnum):
    """Why nothing is heard one way: no packets arrive, none can be played, or each sample is zero; or it is muted.

    NOT_SENT: the far end only listens, by agreement (recvonly).

    Packets that cannot be played: of a codec that was not agreed, too short or damaged, or not decrypted by the agreed
    keys.
    """

    NO_PACKETS = "no_packets"
    OTHER_CODEC = "other_codec"
    UNREADABLE = "unreadable"
    UNDECRYPTED = "undecrypted"
    DIGITAL_SILENCE = "digital_silence"
    MUTED = "muted"
    NOT_SENT = "not_sent"


class SoundRefusal(StrEnum):
    """Why there is no sound: no answer came, the answer refuses the sound (RFC 3264 §6), or we refuse theirs."""

    NO_ANSWER = "no_answer"
    NO_AUDIO = "no_audio"  # no line for it
    PORT_ZERO = "port_zero"
    OTHER_CODEC = "other_codec"  # than we offered
    ENCRYPTION = "encryption"  # that we did not offer, or none although we demand it
    ADDRESS = "address"  # of an IP version that we do not use
    USED_KEY = "used_key"  # of encryption, in an earlier call


class Quality(Record):
    """Counters of a call's RTP, over holds and changes of codec. None: the far end has not reported it (RFC 3550 §6.4).

    What begins with `sent_` but for the bytes, and the round trip, follows from the far end's reports.
    """

    received: int
    lost: int
    jitter_ms: float  # the mean
    received_bytes: int = 0
    buffer_ms: float = 0.0  # the mean delay in the jitter buffer
    sent: int = 0
    sent_bytes: int = 0
    sent_lost: int | None = None
    sent_jitter_ms: float | None = None  # the latest, as the round trip
    rtt_ms: float | None = None


class QualityClass(StrEnum):
    """The rating of a call's received sound, by its MOS."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    BAD = "bad"


class SoundSource(StrEnum):
    """The sender of a call's sound: the station or the far end."""

    LOCAL = "local"
    REMOTE = "remote"


class SoundLevel(Record):
    """Sound of one direction in its last second: the mean power in dBFS, and whether somebody spoke."""

    dbfs: float
    speaking: bool


class PacketUse(Record):
    """The use of a call's received packets: frames that were decoded, and packets that cannot be played."""

    frames: int
    other_codec: int = 0
    unreadable: int = 0
    undecrypted: int = 0


class SoundWatch(Record):
    """The reports that clients want about a call's sound, and how its last window of time was judged."""

    interval_s: int | None = None  # of the statistics; 0: none are reported; None: as configured
    reported_at: float = 0.0
    since: float | None = None  # beginning of the present window; None: when the call was connected
    received: int = 0  # the counters at that time
    lost: int = 0
    loss: float | None = None  # of the last window
    mos: float | None = None
    rating: QualityClass | None = None
    slow: bool = False
    warned: int = 0  # warnings since its packets stopped
    silent: tuple[tuple[MediaDirection, SilenceCause], ...] = ()
    use: PacketUse | None = None  # as last counted
    useless: int = 0  # counts in a row, about one a second, in which packets came and none could be played
    unplayed: SilenceCause | None = None  # why none can be played
    unsent: bool = False  # the far end only listens, by agreement
    levels: bool = False  # whether levels are reported
    microphone: bool = False  # whether a client wants to know about the microphone
    heard: tuple[SoundLevel | None, SoundLevel | None] = (None, None)  # sent and received; None: no sound
