"""Opus by libopus, as a far end uses it: at 16 kHz, one channel, in frames of 20 ms."""

import ctypes
from typing import Self

import numpy as np

from tests.support.peers.sounds import Samples

RATE, FRAME = 16000, 320
STEP = 960  # of RTP's timestamp from frame to frame: always 48 kHz (RFC 7587 §4.1)
LONGEST = 1500
VOIP = 2048
BITRATE, INBAND_FEC, EXPECTED_LOSS, SIGNAL, VOICE = 4002, 4012, 4014, 4024, 3001
WIDEBAND = 1103

LIB = ctypes.CDLL("libopus.so.0")
LIB.opus_encoder_create.restype = LIB.opus_decoder_create.restype = ctypes.c_void_p


def bandwidth(packet: bytes) -> int:
    """What is in a packet: one of OPUS_BANDWIDTH_."""
    return int(LIB.opus_packet_get_bandwidth(packet))


class Encoder:
    """`with Encoder() as encoder`: with in-band FEC, for a network that loses every fifth packet."""

    def __enter__(self) -> Self:
        self._state = ctypes.c_void_p(LIB.opus_encoder_create(RATE, 1, VOIP, None))
        for what, value in ((BITRATE, 32000), (INBAND_FEC, 1), (EXPECTED_LOSS, 20), (SIGNAL, VOICE)):
            assert LIB.opus_encoder_ctl(self._state, what, ctypes.c_int(value)) == 0
        return self

    def __exit__(self, *_: object) -> None:
        LIB.opus_encoder_destroy(self._state)

    def encode(self, samples: Samples) -> bytes:
        """A packet of one frame."""
        frame = samples.astype("<i2").tobytes()
        packet = ctypes.create_string_buffer(LONGEST)
        size = LIB.opus_encode(self._state, frame, FRAME, packet, LONGEST)
        assert size > 0
        return packet.raw[:size]


class Decoder:
    """`with Decoder() as decoder`."""

    def __enter__(self) -> Self:
        self._state = ctypes.c_void_p(LIB.opus_decoder_create(RATE, 1, None))
        return self

    def __exit__(self, *_: object) -> None:
        LIB.opus_decoder_destroy(self._state)

    def decode(self, packet: bytes | None, *, before: bool = False) -> Samples:
        """The frame of a packet; None: one that is lost; before: what it says of the lost one before it."""
        found = ctypes.create_string_buffer(2 * FRAME)
        size = len(packet) if packet else 0
        assert LIB.opus_decode(self._state, packet, size, found, FRAME, ctypes.c_int(before)) == FRAME
        return np.frombuffer(found.raw, dtype="<i2").astype(float)
