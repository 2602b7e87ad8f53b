"""[audio] and [recording]."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from appliance.config.schema import addresses
from appliance.config.schema.base import Table, file_setting, setting
from appliance.config.schema.policy import profile_setting
from appliance.core.model import (
    COUNTRIES,
    EUROPE,
    FASTEST,
    LANGUAGE,
    SLOWEST,
    SOUND_NAME,
    VOICE,
    Announcement,
    SoundMode,
)


def _sound(text: str, example: str) -> Any:
    """A setting with the name of a sound."""
    allowed = 'a sound that `intercomctl play --list` shows, or ""'
    return setting(text, allowed=allowed, default="", pattern=f"^({SOUND_NAME})?$", example=example)


def _sentence(does: str, example: str) -> Any:
    """A setting with a text that the station says."""
    return setting(
        f"Text that {does}, in speech.language. Empty: a sentence of the station, in the languages of "
        "speech.announce, or without these in speech.language.",
        allowed='at most 300 printable characters, or ""',
        default="",
        pattern=r"^[^\x00-\x1f\x7f]{0,300}$",
        example=example,
    )


def _announced(text: str) -> Any:
    return setting(text, default=Announcement.NONE, strict=False)


class AudioTable(Table):
    """Speaker and microphone."""

    capture: str = setting(
        'ALSA PCM of the microphone, such as "plughw:CARD=usbphone,DEV=0". "null": no microphone; silence is sent. '
        '"simulated": the same, with a simulated mixer.',
        allowed='the name of an ALSA PCM, "null", or "simulated"',
        default="default",
        pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
    )
    playback: str = setting(
        'ALSA PCM of the speaker. "null": no speaker; received sound is dropped. "simulated": the same, with a '
        "simulated mixer.",
        allowed='the name of an ALSA PCM, "null", or "simulated"',
        default="default",
        pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
    )
    volume: float | None = setting(
        "Volume of the speaker, set in the mixer of its card. Clients and buttons may change it at run time. Unset: "
        "left as the card has it.",
        default=None,
        unit="%",
        example=70.0,
        ge=0,
        le=100,
        live=True,
    )
    gain: float | None = setting(
        "Gain of the microphone, set in the mixer of its card. Clients may change it at run time. Unset: left as the "
        "card has it.",
        default=None,
        unit="%",
        example=70.0,
        ge=0,
        le=100,
        live=True,
    )
    ringer_profile: str = profile_setting(
        "Time profile in which the bell of incoming calls is silent; lamps show them, and calls can be answered.",
        live=True,
    )
    max_volume: float = setting(
        "Highest volume that clients and buttons may set.", default=100.0, unit="%", ge=0, le=100, live=True
    )
    max_gain: float = setting("Highest gain that clients may set.", default=100.0, unit="%", ge=0, le=100, live=True)
    country: str = setting(
        "Country whose telephone tones the station plays: what the visitor hears while it rings (ringback), when a "
        "call fails (busy), and when another call waits. Two letters (ISO 3166), or eu: 425 Hz, as most of Europe.",
        allowed=", ".join(COUNTRIES),
        default=EUROPE,
        pattern=f"^({'|'.join(COUNTRIES)})$",
        example="de",
        live=True,
    )
    sounds: str = setting(
        "Directory of sounds that clients may play, NAME.wav each: 16 bit, mono or stereo, of any "
        "sample rate. A file replaces the built-in sound of its name. Empty: built-in sounds only.",
        allowed='the path of a directory, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )
    tones: str = setting(
        "Directory of your own tones: NAME.wav there plays in a loop in place of that tone, for example ringing.wav "
        "when somebody calls, or door.wav. 16 bit, mono or stereo, of any sample rate. Empty: none.",
        allowed='the path of a directory, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )
    url_hosts: list[Annotated[str, AfterValidator(addresses.host_text)]] = setting(
        "Hosts of your own network, by name or address, whose sounds clients may have the station play by URL. Hosts "
        "with public addresses need no entry.",
        allowed="a list of names or addresses, without ports",
        default_factory=list,
        example=["homeassistant.local"],
        max_length=32,
        live=True,
    )
    noise_suppression: bool = setting(
        "Make steady noise in the microphone's sound, such as traffic, 12 dB quieter. Applies to a sound card.",
        default=True,
    )
    microphone_boost: float = setting(
        "Digital gain of the microphone, beside that of its card (gain), for cards that are too quiet. What would be "
        "too loud is limited, not clipped. Noise and echo become louder too. Applies to a sound card.",
        default=0.0,
        unit="dB",
        ge=0,
        le=24,
    )
    echo_canceller: Literal["strong", "open"] = setting(
        "What to prefer while the caller and the visitor speak at once. strong: no echo for the caller. open: more of "
        "the visitor's voice, and more echo. Applies to a sound card.",
        default="strong",
    )
    mode: SoundMode = setting(
        "Which way sound flows in calls. full_duplex: both ways at once. half_duplex: from the louder side; the other "
        "is made 30 dB quieter. It applies to a sound card. push_to_talk: from the caller to the visitor; "
        "while a button with the action talk is down, after a * from the caller, or on a client's order, from the "
        "visitor to the caller. For places where the echo is louder than the visitor: intercomctl audio test.",
        default=SoundMode.FULL_DUPLEX,
        strict=False,
    )
    microphone_file: str = setting(
        "WAV file (16 bit, mono) to play in a loop instead of the microphone, for demonstrations. Empty: none.",
        allowed='the path of a file, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )
    statistics_s: int = setting(
        "Seconds between two reports of a call's packets (`media.statistics`) while people talk; 0: only at its end.",
        default=10,
        ge=0,
        le=300,
        live=True,
    )
    hold_music: str = setting(
        "WAV file (16 bit, mono) that held far ends hear in a loop. Empty: silence.",
        allowed='the path of a file, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )


class SpeechTable(Table):
    """Spoken texts. Requests may name other values.

    espeak-ng (the Debian package of that name) speaks them, or Piper, which you install yourself.
    """

    engine: Literal["espeak-ng", "piper"] = setting(
        "Program that speaks texts in `language`. piper sounds more natural and needs more of the processor; texts in "
        "other languages are spoken by espeak-ng.",
        default="espeak-ng",
    )
    piper_voice: str = setting(
        "File of Piper's voice, with its .json beside it.",
        allowed='the absolute path of a file, or ""',
        default="",
        pattern=r"^(/[^\x00]*)?$",
        example="/opt/piper/voices/en_GB-alba-medium.onnx",
    )
    language: str = setting(
        "Language of texts, as in BCP 47.",
        allowed="a language that `espeak-ng --voices` lists",
        default="en",
        pattern=f"^{LANGUAGE}$",
        example="de",
    )
    voice: str = setting(
        "Voice of texts. Empty: the language's own.",
        allowed='a voice that `espeak-ng --voices=variant` lists, or ""',
        default="",
        pattern=f"^({VOICE})?$",
        example="f3",
    )
    announce: list[Literal["de", "en", "es", "fr", "it", "nl", "pl", "pt"]] = setting(
        "Languages in which the station says to a visitor that the door is open, that nobody answers, or that a code "
        "or card does not open it. Several are spoken one after another. Empty: it says nothing by itself.",
        allowed="a list of de, en, es, fr, it, nl, pl, pt",
        default_factory=list,
        example=["de", "en"],
        max_length=4,
    )
    opened_sound: str = _sound(
        "Sound that a visitor hears when the door is open, before it is said. Empty: none.", "ok"
    )
    unanswered_sound: str = _sound("Sound that a visitor hears when nobody answers. Empty: none.", "attention")
    denied_sound: str = _sound(
        "Sound that a visitor hears when a code or card at the door does not open it. Empty: none.", "error"
    )
    rate: int = setting("Speed of texts, in words a minute.", default=160, ge=SLOWEST, le=FASTEST)


class RecordingTable(Table):
    """Recording of calls. Respect the law: in many countries everybody who is recorded must know it."""

    enabled: bool = setting(
        "Record calls, in both directions. Without it none is recorded, not even by order.", default=False
    )
    calls: Literal["none", "answered", "doorbell", "all"] = setting(
        "Which calls are recorded without an order: from the answer on those that are answered, or of these those that "
        "a visitor's press began; all from their first sound on, also before the answer; or none. The others are "
        "recorded when a client orders it.",
        default="answered",
    )
    channels: Literal["mixed", "separate"] = setting(
        "Channels of a recording. mixed: one, with both sides. separate: two, on the left what the station sends, on "
        "the right what the far end sends; files are twice as large, if they are not Opus files.",
        default="mixed",
    )
    announce_incoming: Announcement = _announced(
        "How the far end and the visitor learn that an incoming call is recorded. sound, text: once, before the "
        "recording begins. tone: by a short tone every 15 s while it runs. An account may have its own."
    )
    announce_outgoing: Announcement = _announced(
        "How the far end and the visitor learn that a call of this station is recorded, as for incoming calls."
    )
    announce_sound: str = setting(
        "Sound that announces a recording, of at most a minute.",
        allowed="a sound that `intercomctl play --list` shows",
        default="attention",
        pattern=f"^{SOUND_NAME}$",
    )
    announce_text: str = _sentence("announces a recording", "This call is recorded.")
    announce_required: bool = setting(
        "Record nothing if the announcement fails or is not heard to its end. false: record all the same, with a "
        "warning.",
        default=True,
    )
    message_s: int = setting(
        "Longest message that a visitor may leave when nobody answers a ring: the station asks for one, beeps, and "
        "records the microphone, which it must have. A button that rings or hangs up ends it. 0: none.",
        unit="s",
        default=0,
        example=60,
        ge=0,
        le=300,
    )
    message_text: str = _sentence("asks for the message", "Please leave a message after the tone. It will be recorded.")
    format: Literal["wav", "opus"] = setting(
        "File format of finished recordings. opus: Opus in Ogg, an eighth as large; each recording is converted in the "
        "background by opusenc (the Debian package opus-tools), and stays a WAV file until that is done.",
        default="wav",
    )
    keep_count: int | None = setting(
        "Largest number of finished recordings: the oldest are removed. Unset: no limit.",
        default=None,
        example=1000,
        ge=1,
        le=999_999,
    )
    keep_days: int | None = setting(
        "Longest time for which a recording is kept. Counts only while the station's clock is right; see [clock]. "
        "Unset: no limit.",
        default=None,
        unit="d",
        example=30,
        ge=1,
        le=36_500,
    )
    keep_mb: int | None = setting(
        "Largest size of all finished recordings together, in millions of bytes: the oldest are removed. Unset: no "
        "limit.",
        default=None,
        unit="MB",
        example=2000,
        ge=1,
        le=999_999,
    )
    free_mb: int = setting(
        "Space on the disc that recordings leave to the system, in millions of bytes. With less, the oldest recordings "
        "are removed if that wins what is missing, for what others take half of them at most. If not, they stay, no "
        "recording begins, and those that run stop at half of it.",
        default=100,
        unit="MB",
        ge=16,
        le=999_999,
        why="the journal and the system need it",
    )
    copy_to: str = setting(
        "Where finished recordings are copied by rclone (the Debian package of that name): a remote that the file in "
        "copy_config_file describes, a colon, and the path there. Empty: nowhere.",
        allowed='REMOTE:PATH, or ""',
        default="",
        pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.+@-]{0,63}:[^\x00-\x1f\x7f]{0,500})?$",
    )
    copy_config_file: str = file_setting(
        "File of rclone that describes the remote of copy_to and has its passwords; only the service's user may read "
        "it (mode 0600)."
    )
    after_copy: Literal["keep", "remove"] = setting(
        "What becomes of a recording here once rclone has checked its copy. keep: it stays until a limit removes it. "
        "remove: it is removed, unless it is protected.",
        default="keep",
    )
