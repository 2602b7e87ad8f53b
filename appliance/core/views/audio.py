"""The sound cards and their levels as clients read them."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import SoundMode, Tone
from appliance.core.views.base import Time


class Device(Record):
    """A sound card."""

    id: Annotated[str, Meta(description="Its name in ALSA, the same after each boot.", examples=["usbphone"])]
    name: Annotated[str, Meta(examples=["USB Phone"])]
    usb: Annotated[bool, Meta(description="Whether it is connected by USB.")]
    capture: Annotated[
        tuple[str, ...],
        Meta(description="ALSA PCMs for the setting `audio.capture`.", examples=[["plughw:CARD=usbphone,DEV=0"]]),
    ]
    playback: Annotated[tuple[str, ...], Meta(description="ALSA PCMs for the setting `audio.playback`.")]


class SoundSide(Record):
    """The speaker or the microphone, and its level in its card's mixer; null: the card does not say, or is absent."""

    pcm: Annotated[
        str, Meta(description="The configured ALSA PCM; null: none.", examples=["plughw:CARD=usbphone,DEV=0"])
    ]
    card: Annotated[str | None, Meta(description="Its card, while the card is there.")]
    profile: Annotated[str | None, Meta(description="Which entry of the table of cards names the element.")]
    element: Annotated[str | None, Meta(description="The element of the mixer; null: the mixer has none for this.")]
    percent: Annotated[float | None, Meta(description="Volume of the speaker or gain of the microphone.")]
    limit: Annotated[float, Meta(description="Highest per cent that may be set.")]
    db: Annotated[float | None, Meta(description="This volume or gain in decibels.")]
    min_db: float | None
    max_db: float | None
    muted: Annotated[bool | None, Meta(description="Whether the switch of the element is off.")]


class Microphone(SoundSide):
    """The microphone."""

    heard: Annotated[bool, Meta(description="Whether somebody hears it now; see `audio.microphone_changed`.")]


class Audio(Record):
    """The sound of the station."""

    speaker: SoundSide
    microphone: Microphone
    mode: Annotated[SoundMode, Meta(description="Which way sound flows in calls: the setting `audio.mode`.")]
    tone: Annotated[Tone | None, Meta(description="Tone that a client plays on the speaker.")]
    playback: Annotated[str | None, Meta(description="Id of the sound that a client plays on the speaker.")]
    ringer_silent_until: Annotated[Time | None, Meta(description="End of the ringer's silence; null: it rings.")]
    ringer_silent: Annotated[bool, Meta(description="Whether the bell of incoming calls is silent now.")]
    devices: tuple[Device, ...]
