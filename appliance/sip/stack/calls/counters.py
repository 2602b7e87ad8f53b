"""Reads pjmedia's counters of a stream (RFC 3550 §6.4); the core decides what of them it believes."""

import pjsua2 as pj

from appliance.core.model import Quality


def read(statistics: pj.StreamStat) -> Quality:
    """Microseconds become milliseconds. What only the far end's reports contain is None before the first one."""
    rtcp = statistics.rtcp
    received, sent, trip = rtcp.rxStat, rtcp.txStat, rtcp.rttUsec
    heard = sent.jitterUsec.n > 0
    return Quality(
        int(received.pkt),
        int(received.loss),
        _ms(received.jitterUsec.mean),
        received_bytes=int(received.bytes),
        buffer_ms=float(statistics.jbuf.avgDelayMsec),
        sent=int(sent.pkt),
        sent_bytes=int(sent.bytes),
        sent_lost=int(sent.loss) if heard else None,
        sent_jitter_ms=_ms(sent.jitterUsec.last) if heard else None,
        rtt_ms=_ms(trip.last) if trip.n > 0 else None,
    )


def _ms(microseconds: float) -> float:
    return round(microseconds / 1000, 1)
