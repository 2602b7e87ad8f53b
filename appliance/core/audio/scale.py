"""Per cent and decibels of a mixer's element: the scale of alsamixer, which follows the ear.

A short range is linear in dB. A longer one is not: half of 100 dB would be silence (alsa-utils, volume_mapping.c).
"""

from math import log10

LINEAR_UP_TO_DB = 24.0
PER_DECADE_DB = 60.0


def percent_of(db: float, low: float, high: float) -> float:
    """The per cent of a level between the ends of a range, in dB."""
    if high - low <= LINEAR_UP_TO_DB:
        share = (db - low) / (high - low)
    else:
        silent = _loudness(low - high)
        share = (_loudness(db - high) - silent) / (1 - silent)
    return round(100 * min(max(share, 0.0), 1.0), 1)


def db_of(percent: float, low: float, high: float) -> float:
    """The level in dB of a per cent between the ends of a range."""
    share = min(max(percent / 100, 0.0), 1.0)
    if high - low <= LINEAR_UP_TO_DB:
        return round(low + share * (high - low), 2)
    silent = _loudness(low - high)
    return round(max(low, high + PER_DECADE_DB * log10(silent + share * (1 - silent))), 2)


def _loudness(below: float) -> float:
    """The loudness of a level as a share of the maximum's; `below`: dB from the maximum, negative."""
    return float(10 ** (below / PER_DECADE_DB))
