"""Sound cards and their levels."""

from typing import Literal, Self

from pydantic import Field, model_validator

from appliance.api.models.base import AnswerBody, OrderBody
from appliance.core.model import (
    COUNTRIES,
    FASTEST,
    LANGUAGE,
    LONGEST_TEXT,
    LONGEST_URL,
    SLOWEST,
    SOUND_NAME,
    VOICE,
    SoundMode,
    SoundResult,
    Tone,
)


class Device(AnswerBody):
    """A sound card."""

    id: str = Field(description="Its name in ALSA, the same after each boot.", examples=["usbphone"])
    name: str = Field(examples=["USB Phone"])
    usb: bool = Field(description="Whether it is connected by USB.")
    capture: list[str] = Field(
        description="ALSA PCMs for the setting `audio.capture`.", examples=[["plughw:CARD=usbphone,DEV=0"]]
    )
    playback: list[str] = Field(description="ALSA PCMs for the setting `audio.playback`.")


class Devices(AnswerBody):
    """The sound cards that exist now."""

    devices: list[Device]


class SoundSide(AnswerBody):
    """The speaker or the microphone, and its level in its card's mixer; null: the card does not say, or is absent."""

    pcm: str = Field(description="The configured ALSA PCM; null: none.", examples=["plughw:CARD=usbphone,DEV=0"])
    card: str | None = Field(description="Its card, while the card is there.")
    profile: str | None = Field(description="Which entry of the table of cards names the element.")
    element: str | None = Field(description="The element of the mixer; null: the mixer has none for this.")
    percent: float | None = Field(description="Volume of the speaker or gain of the microphone.")
    limit: float = Field(description="Highest per cent that may be set.")
    db: float | None = Field(description="The same in decibels.")
    min_db: float | None
    max_db: float | None
    muted: bool | None = Field(description="Whether the switch of the element is off.")


class Microphone(SoundSide):
    """The microphone."""

    heard: bool = Field(description="Whether somebody hears it now; see `audio.microphone_changed`.")


class Audio(AnswerBody):
    """The sound of the station."""

    speaker: SoundSide
    microphone: Microphone
    mode: SoundMode = Field(description="Which way sound flows in calls: the setting `audio.mode`.")
    tone: Tone | None = Field(description="Tone that a client plays on the speaker.")
    playback: str | None = Field(description="Id of the sound that a client plays on the speaker.")
    devices: list[Device]


class AudioChange(OrderBody):
    """Levels to set, in per cent or in decibels. Kept over restarts until the file changes; omitted fields stay."""

    volume: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False, description="Of the speaker, in %.")
    volume_db: float | None = Field(default=None, allow_inf_nan=False, description="The same in dB.")
    gain: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False, description="Of the microphone, in %.")
    gain_db: float | None = Field(default=None, allow_inf_nan=False, description="The same in dB.")
    speaker_muted: bool | None = Field(default=None, description="The switch of the speaker in the mixer.")
    microphone_muted: bool | None = Field(default=None, description="The switch of the microphone in the mixer.")


class PlayTone(OrderBody):
    """A tone to play."""

    tone: Literal[
        Tone.RINGBACK, Tone.BUSY, Tone.CONGESTION, Tone.CALL_WAITING, Tone.RINGING, Tone.DOOR, Tone.WARNING
    ] = Field(
        description="ringback, busy, congestion and call_waiting sound as on the telephones of the country; ringing is "
        "the station's bell, door and warning are its own signals."
    )
    country: str = Field(
        default="",
        pattern=f"^({'|'.join(COUNTRIES)})?$",
        description="Two letters (ISO 3166), or eu. Omitted: `audio.country`.",
        examples=["de"],
    )
    seconds: float = Field(default=10.0, gt=0, le=300, allow_inf_nan=False, description="Longest duration.")


class Talk(OrderBody):
    """The visitor's turn to speak."""

    seconds: float = Field(default=60.0, gt=0, le=300, allow_inf_nan=False, description="Longest duration.")


class NamedSound(AnswerBody):
    """A sound that can be played by its name."""

    name: str = Field(examples=["chime"])
    built_in: bool = Field(description="Whether it is one of the station's own, and no file in `audio.sounds`.")


class Sounds(AnswerBody):
    """The sounds of the station, by name. A file in `audio.sounds` takes the place of a built-in sound of its name."""

    sounds: list[NamedSound]


class PlaySound(OrderBody):
    """A sound to play: one of the station, a URL, or a recording."""

    sound: str | None = Field(
        default=None,
        pattern=f"^{SOUND_NAME}$",
        description="Name of a built-in sound, or of a file in `audio.sounds` without `.wav`. `GET /v1/audio/sounds` "
        "lists both.",
        examples=["chime"],
    )
    url: str | None = Field(
        default=None,
        max_length=LONGEST_URL,
        description="URL of a WAV file, by HTTP or HTTPS. A host with local addresses must be in `audio.url_hosts`.",
        examples=["https://sounds.example.com/gong.wav"],
    )
    recording: str | None = Field(
        default=None,
        pattern="^r-[0-9a-z-]{1,62}$",
        description="Id of a finished recording. `GET /v1/recordings` lists them.",
        examples=["r-01kaj3d0p9"],
    )
    loop: bool = Field(default=False, description="Whether it begins again at its end, until it is stopped.")
    volume: float = Field(default=100.0, ge=0, le=200, allow_inf_nan=False, description="In % of the file's.")
    seconds: float = Field(default=300.0, gt=0, le=3600, allow_inf_nan=False, description="Longest duration.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.sound, self.url, self.recording)) != 1:
            raise ValueError("give sound, url or recording")
        return self


class PlayInCall(PlaySound):
    """A sound to play into a call."""

    speaker: bool = Field(default=False, description="Whether it plays on the speaker as well.")


class Say(OrderBody):
    """A text to speak."""

    text: str = Field(description=f"At most {LONGEST_TEXT:,} characters.", examples=["Please take the lift."])
    language: str = Field(
        default="",
        pattern=f"^({LANGUAGE})?$",
        description="As in BCP 47, of those that `espeak-ng --voices` lists. Omitted: `speech.language`.",
        examples=["de"],
    )
    voice: str = Field(
        default="",
        pattern=f"^({VOICE})?$",
        description="One that `espeak-ng --voices=variant` lists. Omitted: `speech.voice`.",
        examples=["f3"],
    )
    rate: int | None = Field(
        default=None, ge=SLOWEST, le=FASTEST, description="Words a minute. Omitted: `speech.rate`."
    )
    volume: float = Field(default=100.0, ge=0, le=200, allow_inf_nan=False, description="In % of the voice's.")


class SayInCall(Say):
    """A text to speak into a call."""

    speaker: bool = Field(default=False, description="Whether it is spoken on the speaker as well.")


class TestSound(OrderBody):
    """Options of a test of the speaker and the microphone."""

    seconds: float = Field(default=2.0, ge=0.5, le=5, allow_inf_nan=False, description="Duration of the sweep.")
    apply: bool = Field(default=False, description="Set the volume that the result recommends.")


class SoundTest(AnswerBody):
    """The result of a sound test. Levels are mean powers at the microphone; null: the microphone heard no sweep."""

    result: SoundResult = Field(
        description="`too_quiet`: hardly heard; `clipped`: the microphone is overloaded; `loud_echo`: louder than 10 "
        "dB below a visitor's voice, of which callers would hear little; `no_echo`: the microphone does not hear the "
        "speaker; `no_card`: there is no working card."
    )
    advice: str | None = Field(description="What to do; null if the result is `works`.")
    heard: bool = Field(description="Whether the microphone heard the sweep.")
    quiet_dbfs: float | None = Field(description="Noise before the sweep.")
    tone_dbfs: float | None = Field(description="The sweep, without the noise.")
    echo_db: float | None = Field(description="The sweep at the microphone against the sweep as it was played.")
    echo_delay_ms: float | None = Field(description="From the playing to the microphone, buffers included.")
    clipped: float = Field(description="Share of the samples that are at the end of the scale.", examples=[0.0])
    volume: float | None = Field(description="Recommended volume in per cent, for `loud_echo`.")
    applied: bool = Field(description="Whether that volume was set.")
