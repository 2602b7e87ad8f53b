"""Recordings: requests of clients, and reports of the store and of the SIP process."""

from typing import Annotated

from msgspec import Meta

from appliance.core.inputs.base import Action, Input
from appliance.core.model import (
    NO_CALL,
    CallId,
    RecordingChannels,
    RecordingFormat,
    RecordingId,
    RecordingOrder,
    RecordingSide,
    Removal,
    Storage,
)


class RecordingAnnounced(Input, kw_only=True):
    """The announcement of a recording is over. `why`: it was not heard to its end. held: because a hold began."""

    call: CallId
    recording: RecordingId
    why: str = ""
    held: bool = False


class RecordingPrepared(Input, kw_only=True):
    """A recording's file and index row are on disc: it may begin."""

    call: CallId
    recording: RecordingId


class RecordingBegun(Input, kw_only=True):
    """The first samples are being written."""

    call: CallId
    recording: RecordingId


class RecordingClosed(Input, kw_only=True):
    """The SIP process has closed the file, which has so many bytes."""

    call: CallId
    recording: RecordingId
    bytes: int = 0


class RecordingRefused(Input, kw_only=True):
    """A recording failed (disc full, not writable)."""

    call: CallId
    recording: RecordingId
    why: str


class OfFinished(Input, kw_only=True):
    """Base of inputs about a recording whose file is closed."""

    recording: RecordingId
    call: CallId = NO_CALL


class OfFile(OfFinished, kw_only=True):
    """Base of inputs about the file of such a recording: how long it lasts, and how large it is."""

    duration_s: float
    bytes: int


class RecordingAvailable(OfFile, kw_only=True):
    """A recording is complete, or was repaired after an unclean end (`recovered`)."""

    recovered: bool = False


class RecordingConverted(OfFile, kw_only=True):
    """The file of a recording is an Opus file from now on."""


class RecordingCopied(OfFile, kw_only=True):
    """A recording was copied elsewhere; `to`: the remote of rclone, and the path there."""

    to: str


class RecordingCopyFailed(OfFinished, kw_only=True):
    """A recording could not be copied elsewhere; it is tried again. tries: so far."""

    tries: int
    why: str


class RecordingDeleted(OfFinished, kw_only=True):
    """A finished recording, file and index row, was removed from the disc."""

    why: Removal
    by: str = ""
    duration_s: float = 0.0
    bytes: int = 0


class RecordingChanged(OfFinished, kw_only=True):
    """A finished recording is protected from now on, or no longer."""

    protected: bool
    by: str


class SpaceMeasured(Input, kw_only=True):
    """The space for recordings is different from before."""

    storage: Storage


class StartRecording(Action):
    """Record a call from now on. channels, format: None as the station is configured. note: "" the call's own."""

    call: CallId
    channels: RecordingChannels | None = None
    format: RecordingFormat | None = None
    note: str = ""


class StopRecording(Action):
    """End a call's recording; the call goes on."""

    call: CallId


class SteerRecording(Action):
    """Order a running recording to pause, resume, mute or unmute a side, stop, or stop and delete its sound.

    side: the side to mute or unmute, None for both.
    """

    recording: RecordingId
    to: RecordingOrder
    side: Annotated[
        RecordingSide | None,
        Meta(
            description="local: what the station sends; remote: what the far end sends. Default: both.",
            examples=["remote"],
        ),
    ] = None
