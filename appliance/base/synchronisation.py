"""Whether something corrects the wall clock."""

import ctypes

UNKNOWN_US = 16_000_000  # the kernel's maximum error of an uncorrected clock (NTP_PHASE_LIMIT)


class _Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)); microseconds."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_char * 512),
    )


def synchronised() -> bool:
    """Whether the clock is being corrected, as timedatectl reports it: by the kernel's limit of its error."""
    timex = _Timex()
    return int(ctypes.CDLL(None).adjtimex(ctypes.byref(timex))) >= 0 and int(timex.maxerror) < UNKNOWN_US
