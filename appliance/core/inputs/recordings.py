"""Recordings: reports of the store and of the SIP process."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input
from appliance.core.model import CallId, RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPrepared(Input):
    """A recording's file and index row are on disc: it may begin."""

    call: CallId
    recording: RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingBegun(Input):
    """The first samples are being written."""

    call: CallId
    recording: RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingClosed(Input):
    """The SIP process has closed the file."""

    call: CallId
    recording: RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRefused(Input):
    """A recording failed (disc full, not writable)."""

    call: CallId
    recording: RecordingId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingAvailable(Input):
    """A recording is complete, or was repaired after an unclean end (`recovered`)."""

    recording: RecordingId
    duration_s: float
    bytes: int
    recovered: bool = False
