"""The length of an Opus file, from its first and last page (RFC 3533, RFC 7845).

A page begins with OggS, and has at 5 its flags, at 6 the position of the end of its last whole packet, in samples of
48 kHz, and at 26 the number of its segments, whose lengths follow, and then the segments. The first page holds
OpusHead, which has at 10 how many samples are skipped at the beginning.
"""

import os
import struct
from collections.abc import Iterator

from appliance.store.wav import WavContent

RATE_HZ = 48_000  # of positions, whatever the sound had before
_HEAD = 4096
_LAST = 131_072  # bytes: twice the longest page
_NO_PACKET = -1  # the position of a page in which no packet ends
_PAGE_HEAD = 27  # bytes before the lengths of the segments
_LAST_PAGE = 4  # a flag


def measure(descriptor: int) -> WavContent | None:
    """Return the length and format of an Opus file; None if it is incomplete, or has no sound. Raises OSError."""
    head, size = os.pread(descriptor, _HEAD, 0), os.fstat(descriptor).st_size
    begin = head.find(b"OpusHead")
    if not head.startswith(b"OggS") or begin < 0 or len(head) < begin + 12:
        return None
    (skipped,) = struct.unpack_from("<H", head, begin + 10)
    tail = os.pread(descriptor, _LAST, max(0, size - _LAST))
    for at in _pages(tail):
        if len(tail) >= at + 14:
            (position,) = struct.unpack_from("<q", tail, at + 6)
            if position != _NO_PACKET:
                return WavContent(position - skipped, RATE_HZ, size) if position > skipped else None
    return None


def is_whole(descriptor: int) -> bool:
    """Whether the file ends with the end of a last page: `measure` also gives the length of one that was cut off.

    Raises OSError.
    """
    tail = os.pread(descriptor, _LAST, max(0, os.fstat(descriptor).st_size - _LAST))
    for at in _pages(tail):
        lengths = at + _PAGE_HEAD
        if len(tail) >= lengths:
            begin = lengths + tail[lengths - 1]
            if begin + sum(tail[lengths:begin]) == len(tail):
                return bool(tail[at + 5] & _LAST_PAGE)
    return False


def _pages(tail: bytes) -> Iterator[int]:
    """Where a page may begin, the last one first: the letters may be sound too."""
    at = tail.rfind(b"OggS")
    while at >= 0:
        yield at
        at = tail.rfind(b"OggS", 0, at)
