"""Figures of a call's sound: which counters are credible, and the MOS by a simplified E-model (ITU-T G.107).

R = 93.2 - Idd - Ie,eff: the rating with the defaults of every other parameter (G.107 §7.1). Idd is the impairment by
the delay (§7.4), Ie,eff the impairment by lost packets (§7.5), with Ie = 0, Bpl = 25.1 and BurstR = 1: G.711 with
packet loss concealment and random loss (ITU-T G.113 Appendix I). The MOS follows from R (annex B).
docs/explanation/call-quality.md has the formulas and their limits.
"""

from math import log2, pow  # noqa: A004 - of floats, and a float

from msgspec.structs import replace

from appliance.base.record import carried
from appliance.core import events
from appliance.core.model import Call, Quality, QualityClass

RATING = 93.2
ROBUSTNESS = 25.1  # Bpl
FREE_DELAY_MS = 100.0  # no delay below it is an impairment
PACKET_MS = 20.0  # of sound, collected before a packet is sent
LONGEST_MS = 10_000.0  # no call has such a delay or jitter: a longer one is a false report
FEWEST_PACKETS = 50  # the share of losses among fewer says little
# The lowest MOS of each class, for R = 80, 70 and 60: the limits of user satisfaction in G.107 annex B.
CLASSES = ((4.03, QualityClass.GOOD), (3.60, QualityClass.FAIR), (3.10, QualityClass.POOR))
MARGIN = 0.1  # of MOS beyond the limit of a class, before the class changes


def believable(counted: Quality) -> Quality:
    """The counters without what cannot be true: packets carry the far end's timestamps, and its reports on ours."""
    lost, jitter, trip = counted.sent_lost, counted.sent_jitter_ms, counted.rtt_ms
    false_lost = lost is not None and not 0 <= lost <= counted.sent
    false_jitter = jitter is not None and not 0 <= jitter <= LONGEST_MS
    false_trip = trip is not None and not 0 <= trip <= LONGEST_MS
    if not (false_lost or false_jitter or false_trip) and 0 <= counted.jitter_ms <= LONGEST_MS:
        return counted
    return replace(
        counted,
        jitter_ms=min(max(counted.jitter_ms, 0.0), LONGEST_MS),
        sent_lost=None if false_lost else lost,
        sent_jitter_ms=None if false_jitter else jitter,
        rtt_ms=None if false_trip else trip,
    )


def share_lost(received: int, lost: int) -> float | None:
    """The share of lost packets, 0 to 1; None if too few are counted."""
    expected = received + lost
    return lost / expected if expected >= FEWEST_PACKETS else None


def delay_ms(quality: Quality) -> float:
    """The delay from mouth to ear: half of the round trip, the jitter buffer, and the packet's own sound."""
    return (quality.rtt_ms or 0.0) / 2 + quality.buffer_ms + PACKET_MS


def rating(loss: float, delay: float) -> float:
    """R of G.107 for a share of lost packets, and a delay in milliseconds."""
    percent = 100 * loss
    return RATING - delay_impairment(delay) - 95 * percent / (percent + ROBUSTNESS)


def delay_impairment(delay: float) -> float:
    """Idd of G.107 §7.4."""
    if delay <= FREE_DELAY_MS:
        return 0.0
    x = log2(delay / FREE_DELAY_MS)
    return 25 * (hypot6(1, x) - 3 * hypot6(1, x / 3) + 2)


def hypot6(one: float, other: float) -> float:
    """The sixth root of the sum of two sixth powers."""
    return pow(pow(one, 6) + pow(other, 6), 1 / 6)


def mos(loss: float, delay: float) -> float:
    """The mean opinion score, 1 to 4.41 (G.107 annex B), rounded to hundredths."""
    r = max(rating(loss, delay), 0.0)
    return round(max(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1.0), 2)


def class_of(score: float, before: QualityClass | None) -> QualityClass:
    """The class of a MOS. The class before it stays while the MOS is within a margin of its limits."""
    if before is not None and lowest(before) - MARGIN <= score < highest(before) + MARGIN:
        return before
    return next((kind for limit, kind in CLASSES if score >= limit), QualityClass.BAD)


def lowest(kind: QualityClass) -> float:
    """The lowest MOS of a class."""
    return next((limit for limit, found in CLASSES if found is kind), 1.0)


def highest(kind: QualityClass) -> float:
    """The lowest MOS above a class; for the best class, one that no call reaches."""
    return min((limit for limit, _ in CLASSES if limit > lowest(kind)), default=5.0)


def statistics(call: Call, quality: Quality, *, final: bool) -> events.MediaStatistics:
    """The event with all figures of a call so far."""
    loss = share_lost(quality.received, quality.lost)
    return carried(
        events.MediaStatistics,
        quality,
        call=call.id,
        final=final,
        packets=quality.received,
        bytes=quality.received_bytes,
        mos=None if loss is None else mos(loss, delay_ms(quality)),
        codec=call.media.codec,
    )
