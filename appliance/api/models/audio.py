"""Sound cards."""

from pydantic import Field

from appliance.api.models.base import AnswerBody


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


class Audio(AnswerBody):
    """The sound of the station."""

    devices: list[Device]
