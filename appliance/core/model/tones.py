"""Tones: the station's own, and the tones of telephone networks, which differ by country."""

from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.clock import Deadline
from appliance.core.model.ids import CallId


class Tone(StrEnum):
    """A tone. Those up to TEST are played by the station itself: CONFIRM to a far end that must press a digit first.

    Clients may play RINGING and those after TEST.
    """

    DIALING = "dialing"
    RINGING = "ringing"
    HELD = "held"
    WAITING = "waiting"
    AUTO_ANSWER = "auto_answer"
    CONFIRM = "confirm"
    ENDING = "ending"
    ERROR = "error"
    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    CALL_WAITING = "call_waiting"
    DOOR = "door"
    WARNING = "warning"


class ToneEnd(StrEnum):
    """Why a tone stopped. SITUATION: the station plays its own tones only as long as the reason for them lasts."""

    FINISHED = "finished"
    STOPPED = "stopped"
    REPLACED = "replaced"
    CALL_ENDED = "call_ended"
    SITUATION = "situation"


PLAYABLE = (
    Tone.RINGBACK,
    Tone.BUSY,
    Tone.CONGESTION,
    Tone.CALL_WAITING,
    Tone.RINGING,
    Tone.DOOR,
    Tone.WARNING,
)
# Tones of telephone networks (ITU-T E.182): the country decides how they sound. The visitor hears them while the
# station dials, while another call waits, and when a call fails.
NATIONAL = frozenset(
    {Tone.DIALING, Tone.RINGBACK, Tone.ERROR, Tone.BUSY, Tone.CONGESTION, Tone.WAITING, Tone.CALL_WAITING}
)
EUROPE = "eu"
COUNTRIES = (
    *(EUROPE, "at", "au", "be", "bg", "br", "ca", "ch", "cl", "cn", "cz", "de", "dk", "ee", "es", "fi", "fr", "gb"),
    *("gr", "hk", "hr", "hu", "ie", "il", "in", "it", "jp", "kr", "lt", "lu", "lv", "mx", "my", "nl", "no", "nz"),
    *("pl", "pt", "ru", "se", "sg", "si", "th", "tr", "tw", "us", "za"),
)


class CountryTone(Record):
    """A tone as it sounds in a country; `country` is "" where it sounds the same everywhere."""

    tone: Tone
    country: str = ""


class PlayedTone(Record):
    """A tone that a client has the station play to the far end of `call`, or on the speaker if that is None.

    own: the station plays it, since somebody else hears the far end, or the call is recorded; no client can stop or
    replace it.
    """

    call: CallId | None
    sound: CountryTone
    until: Deadline
    own: bool = False


def of_country(tone: Tone, country: str) -> CountryTone:
    """The tone as it sounds in that country."""
    return CountryTone(tone, country if tone in NATIONAL else "")
