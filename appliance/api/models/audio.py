"""Sound cards and their levels."""

from typing import Annotated

from msgspec import Meta

from appliance.api.models.base import AnswerBody, OrderBody
from appliance.core.model import (
    FASTEST,
    LANGUAGE,
    LONGEST_TEXT,
    LONGEST_URL,
    SLOWEST,
    SOUND_NAME,
    VOICE,
    SoundFindings,
    SoundResult,
    Words,
)
from appliance.core.views.audio import Device
from appliance.orders.invalid import form


class Devices(AnswerBody):
    """The sound cards that exist now."""

    devices: list[Device]


class NamedSound(AnswerBody):
    """A sound that can be played by its name."""

    name: Annotated[str, Meta(examples=["chime"])]
    built_in: Annotated[
        bool, Meta(description="Whether it is one of the station's own, and no file in `audio.sounds`.")
    ]


class Sounds(AnswerBody):
    """The sounds of the station, by name. A file in `audio.sounds` replaces the built-in sound of its name."""

    sounds: list[NamedSound]


class PlaySound(OrderBody):
    """A sound to play: one of the station, a URL, or a recording."""

    sound: (
        Annotated[
            str,
            Meta(
                pattern=form(rf"^{SOUND_NAME}\Z", "1 to 64 letters, digits, - and _, with a letter or a digit first"),
                description="Name of a built-in sound, or of a file in `audio.sounds` without `.wav`. `GET "
                "/v1/audio/sounds` lists both.",
                examples=["chime"],
            ),
        ]
        | None
    ) = None
    url: (
        Annotated[
            str,
            Meta(
                max_length=LONGEST_URL,
                description="URL of a WAV file, by HTTP or HTTPS. A host with local addresses must be in "
                "`audio.url_hosts`.",
                examples=["https://sounds.example.com/gong.wav"],
            ),
        ]
        | None
    ) = None
    recording: (
        Annotated[
            str,
            Meta(
                pattern=form(r"^r-[0-9a-z-]{1,62}\Z", "the id of a recording, as in r-01kaj3d0p9"),
                description="Id of a finished recording. `GET /v1/recordings` lists them.",
                examples=["r-01kaj3d0p9"],
            ),
        ]
        | None
    ) = None
    loop: Annotated[bool, Meta(description="Whether it begins again at its end, until it is stopped.")] = False
    volume: Annotated[float, Meta(ge=0, le=200, description="In % of the file's.")] = 100.0
    seconds: Annotated[float, Meta(gt=0, le=3600, description="Longest duration.")] = 300.0

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.sound, self.url, self.recording)) != 1:
            raise ValueError("give sound, url or recording")


class PlayInCall(PlaySound):
    """A sound to play into a call."""

    speaker: Annotated[bool, Meta(description="Whether it plays on the speaker as well.")] = False


class Say(Words):
    """A text to speak."""

    text: Annotated[str, Meta(description=f"At most {LONGEST_TEXT:,} characters.", examples=["Please take the lift."])]
    language: Annotated[
        str,
        Meta(
            pattern=form(rf"^({LANGUAGE})?\Z", "empty, or a language, as in de or en-GB"),
            description="As in BCP 47, of those that `espeak-ng --voices` lists. Omitted: `speech.language`.",
            examples=["de"],
        ),
    ] = ""
    voice: Annotated[
        str,
        Meta(
            pattern=form(rf"^({VOICE})?\Z", "empty, or 1 to 32 letters, digits, - and _"),
            description="One that `espeak-ng --voices=variant` lists. Omitted: `speech.voice`.",
            examples=["f3"],
        ),
    ] = ""
    rate: Annotated[int, Meta(ge=SLOWEST, le=FASTEST, description="Words a minute. Omitted: `speech.rate`.")] | None = (
        None
    )
    volume: Annotated[float, Meta(ge=0, le=200, description="In % of the voice's.")] = 100.0


class SayInCall(Say):
    """A text to speak into a call."""

    speaker: Annotated[bool, Meta(description="Whether it is spoken on the speaker as well.")] = False


class TestSound(OrderBody):
    """Options of a test of the speaker and the microphone."""

    seconds: Annotated[float, Meta(ge=0.5, le=5, description="Duration of the sweep.")] = 2.0
    apply: Annotated[bool, Meta(description="Set the volume that the result recommends.")] = False


class SoundTest(SoundFindings):
    """The result of a sound test. Levels are mean powers at the microphone; null: the microphone heard no sweep."""

    result: Annotated[
        SoundResult,
        Meta(
            description="`too_quiet`: hardly heard; `clipped`: the microphone is overloaded; `loud_echo`: louder than "
            "10 dB below a visitor's voice, of which callers would hear little; `no_echo`: the microphone does not "
            "hear the speaker; `no_card`: there is no working card."
        ),
    ]
    advice: Annotated[str | None, Meta(description="What to do; null if the result is `works`.")]
    heard: Annotated[bool, Meta(description="Whether the microphone heard the sweep.")]
    quiet_dbfs: Annotated[float | None, Meta(description="Noise before the sweep.")]
    tone_dbfs: Annotated[float | None, Meta(description="The sweep, without the noise.")]
    echo_db: Annotated[
        float | None, Meta(description="The sweep at the microphone against the sweep as it was played.")
    ]
    echo_delay_ms: Annotated[float | None, Meta(description="From the playing to the microphone, buffers included.")]
    clipped: Annotated[
        float, Meta(description="Share of the samples that are at the end of the scale.", examples=[0.0])
    ]
    volume: Annotated[float | None, Meta(description="Recommended volume in per cent, for `loud_echo`.")]
    applied: Annotated[bool, Meta(description="Whether that volume was set.")]
