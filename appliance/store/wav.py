"""Corrects WAV headers from the file's size, as the SIP stack writes sizes only when it closes a file.

Layout: RIFF, size, WAVE, then chunks of a tag, a size and their bytes (Multimedia Programming Interface and Data
Specifications 1.0, IBM and Microsoft 1991). pjmedia writes one fmt chunk of 16 bytes and then data, 44 bytes before
the first sample, with both sizes 0 until the end (pjmedia/src/pjmedia/wav_writer.c).
"""

import os
import struct

from appliance.base.record import Record

_HEAD = 4096  # bytes in which the data chunk must begin
_MAX_SIZE = 0xFFFF_FFFF


class WavContent(Record):
    """The contents of a file. `bytes`: the whole file."""

    frames: int
    rate_hz: int
    bytes: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return round(self.frames / self.rate_hz, 3)


def repair(descriptor: int) -> WavContent | None:
    """Write the sizes that follow from the file's size into its header; the caller syncs.

    None, and nothing is written, without a complete PCM header or a whole frame. May be called while another descriptor
    appends. Raises OSError.
    """
    head = os.pread(descriptor, _HEAD, 0)
    size = os.fstat(descriptor).st_size
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    rate_hz = frame_bytes = 0
    at = 12
    while at + 8 <= len(head):
        tag, length = struct.unpack_from("<4sI", head, at)
        if tag == b"fmt " and at + 24 <= len(head):
            _, _, rate_hz, _, frame_bytes = struct.unpack_from("<HHIIH", head, at + 8)
        elif tag == b"data":
            if not rate_hz or not frame_bytes:
                return None
            start = at + 8
            frames = min(size - start, _MAX_SIZE - start) // frame_bytes
            if frames <= 0:
                return None
            data = frames * frame_bytes
            os.pwrite(descriptor, struct.pack("<I", start - 8 + data), 4)
            os.pwrite(descriptor, struct.pack("<I", data), at + 4)
            return WavContent(frames, rate_hz, size)
        at += 8 + length + length % 2
    return None
