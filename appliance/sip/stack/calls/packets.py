"""Reads pjmedia's counters of a call's stream (RFC 3550 §6.4), and reports packets, their loss and their absence."""

import time
from contextlib import suppress
from math import log10

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import CallId, PacketUse, Quality, SoundLevel
from appliance.sip.stack import translate
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.calls.rtp_watch import FirstPackets, RtpWatch, SourceWatch

COUNT_S = 1.0
FULL_SCALE, LEAST_RMS = 32768, 0.5  # of samples
VOICE_MS = 200  # of a second, in which somebody speaks


class Packets:
    """The packets of one call: reports the first ones, that they stop or return, their source, and the counters."""

    def __init__(self, call: CallId, post: Post) -> None:
        self._call, self._post = call, post
        self._first, self._rtp, self._source = FirstPackets(), RtpWatch(), SourceWatch()
        self._sent, self._received = _Level(), _Level()
        self._counted_at = 0.0
        self._before: Quality | None = None  # the counters of the streams that have ended

    @property
    def busy(self) -> bool:
        """Whether a first packet is expected soon."""
        return self._first.soon(time.monotonic())

    def begin(self, now: float) -> None:
        """A stream begins, or the call is answered: report the first packets from now on."""
        self._first.begin(now)

    def turn(
        self, call: pj.Call, stream: int | None, now: float, *, both: bool, confirmed: bool, early: bool, announced: str
    ) -> None:
        """Look at the counters of a stream of the call if that is due. None: it has no stream.

        both: packets go both ways. early: the far end may be heard before its answer. announced: its address in SDP.
        """
        if stream is not None and self._first.due(now):
            self._look_for_first(call, stream, now)
        if not self._rtp.due(now):
            return
        if early and stream is not None and now - self._counted_at >= COUNT_S:
            self._counted_at = now
            self.count(call, stream)
        news = None
        if confirmed and stream is None:  # it has no codec, or none any more
            news = self._rtp.look(None, now)
        elif confirmed and stream is not None and both:
            try:
                statistics = call.getStreamStat(stream)  # kept while its parts are read: SWIG frees them with it
            except pj.Error:  # the stream is being created again
                return
            news = self._rtp.look(int(statistics.rtcp.rxStat.pkt), now)
            self._look_at_source(statistics, announced, now)
            if now - self._counted_at >= COUNT_S:
                self._counted_at = now
                self._post_counters(statistics, now)
        else:
            news = self._rtp.excuse(now)
        if news is not None:
            kind = inputs.RtpResumed if news else inputs.RtpStopped
            self._post(kind(at=now, call=self._call))

    def look_at_source(self, call: pj.Call, stream: int | None, announced: str) -> None:
        """Report now from where packets come, before the digits that they carry."""
        if stream is not None:
            with suppress(pj.Error):
                self._look_at_source(call.getStreamStat(stream), announced, time.monotonic())

    def _look_at_source(self, statistics: pj.StreamStat, announced: str, now: float) -> None:
        source = translate.clean(statistics.source)
        ssrc = getattr(statistics, "ssrc", 0)  # an older pjsua2 lacks it
        if (previous := self._source.look(source, ssrc, announced)) is not None:
            changed = inputs.SourceChanged(
                at=now,
                call=self._call,
                source=source,
                ssrc=ssrc,
                previous=previous.source,
                previous_ssrc=previous.ssrc,
                taken_over=previous.taken_over,
            )
            self._post(changed)

    def count(self, call: pj.Call, stream: int) -> None:
        """Report the counters once more, while there is still a stream."""
        with suppress(pj.Error):
            self._post_counters(call.getStreamStat(stream), time.monotonic())

    def close(self, call: pj.Call, stream: int, *, report: bool) -> None:
        """A stream ends: add its counters to the call's, and report them if people talk."""
        with suppress(pj.Error):
            statistics = call.getStreamStat(stream)
            if report:
                self._post_counters(statistics, time.monotonic())
            self._before = together(self._before, quality(statistics))

    def _post_counters(self, statistics: pj.StreamStat, now: float) -> None:
        counted = inputs.MediaCounted(
            at=now,
            call=self._call,
            quality=together(self._before, quality(statistics)),
            sent_silent_s=getattr(statistics, "txSilentMsec", 0) / 1000,  # an older pjsua2 lacks it
            received_silent_s=getattr(statistics, "rxSilentMsec", 0) / 1000,
            sent=self._sent.look(statistics, "tx"),
            received=self._received.look(statistics, "rx"),
            use=packet_use(statistics),
        )
        self._post(counted)

    def _look_for_first(self, call: pj.Call, stream: int, now: float) -> None:
        with suppress(pj.Error):
            statistics = call.getStreamStat(stream)
            sent, received = int(statistics.rtcp.txStat.pkt), int(statistics.rtcp.rxStat.pkt)
            for direction in self._first.look(sent, received, now):
                self._post(inputs.RtpStarted(at=now, call=self._call, direction=direction))


class _Level:
    """The level of each second of sound that a stream has measured in one direction (`way`: tx or rx), once."""

    def __init__(self) -> None:
        self._seconds = 0

    def look(self, statistics: pj.StreamStat, way: str) -> SoundLevel | None:
        before, self._seconds = self._seconds, getattr(statistics, f"{way}Seconds", 0)  # an older pjsua2 lacks it
        if self._seconds in {0, before}:
            return None
        power = 20 * log10(max(getattr(statistics, f"{way}Rms"), LEAST_RMS) / FULL_SCALE)
        return SoundLevel(round(power, 1), getattr(statistics, f"{way}VoiceMsec") >= VOICE_MS)


def quality(statistics: pj.StreamStat) -> Quality:
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


def together(before: Quality | None, now: Quality) -> Quality:
    """The counters of a call's earlier streams and of its present one; means by the packets of each."""
    if before is None:
        return now
    received = before.received + now.received

    def mean(earlier: float, later: float) -> float:
        return round((earlier * before.received + later * now.received) / received, 1) if received else later

    return Quality(
        received,
        before.lost + now.lost,
        mean(before.jitter_ms, now.jitter_ms),
        received_bytes=before.received_bytes + now.received_bytes,
        buffer_ms=mean(before.buffer_ms, now.buffer_ms),
        sent=before.sent + now.sent,
        sent_bytes=before.sent_bytes + now.sent_bytes,
        sent_lost=before.sent_lost if now.sent_lost is None else (before.sent_lost or 0) + now.sent_lost,
        sent_jitter_ms=before.sent_jitter_ms if now.sent_jitter_ms is None else now.sent_jitter_ms,
        rtt_ms=before.rtt_ms if now.rtt_ms is None else now.rtt_ms,
    )


def packet_use(statistics: pj.StreamStat) -> PacketUse | None:
    """The use of the received packets; None from an older pjsua2, which does not count it."""
    if not hasattr(statistics, "rxFrames"):
        return None
    return PacketUse(
        frames=int(statistics.rxFrames),
        other_codec=int(statistics.rxOtherType),
        unreadable=int(statistics.rxUnreadable),
        undecrypted=int(statistics.rxUndecrypted),
    )


def _ms(microseconds: float) -> float:
    return round(microseconds / 1000, 1)
