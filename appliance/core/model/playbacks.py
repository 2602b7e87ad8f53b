"""Playbacks: sounds from files, which clients have the station play."""

from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.ids import CallId, PlaybackId

SOUND_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"  # no path: nothing outside the directory of sounds is played


class PlaybackEnd(StrEnum):
    """Why a playback stopped before its end."""

    STOPPED = "stopped"
    REPLACED = "replaced"
    CALL_ENDED = "call_ended"
    TIME_OVER = "time_over"


class Playback(Record):
    """A sound that plays to the far end of `call`, on the speaker, or both.

    sound: the name of a file in the directory of sounds. volume: in per cent of the file's. until: its begin is due
    then, or once it is `begun`, its end.
    """

    id: PlaybackId
    sound: str
    call: CallId | None
    speaker: bool
    loop: bool
    volume: float
    seconds: float
    until: float
    begun: bool = False
