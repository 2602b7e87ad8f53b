"""Detects that a call's packets begin, stop, return, or come from elsewhere: pjsua2 reports none of these."""

from appliance.base.record import Record
from appliance.core.model import MediaDirection

LOOK_S = 0.5
STOPPED_S = 2.0
SOON_S = 3.0  # after the beginning of a stream: most first packets go and come within it


class FirstPackets:
    """Checks one call's packet counts until a packet has gone each way."""

    def __init__(self) -> None:
        self._look_at = self._soon_until = 0.0
        self._missing: tuple[MediaDirection, ...] = ()

    def begin(self, now: float) -> None:
        """A stream begins, or the call is answered: report the first packets from now on."""
        self._missing, self._look_at, self._soon_until = tuple(MediaDirection), now, now + SOON_S

    def soon(self, now: float) -> bool:
        """Whether to check at each turn of the loop."""
        return bool(self._missing) and now < self._soon_until

    def due(self, now: float) -> bool:
        """Whether to check now."""
        return self.soon(now) or (bool(self._missing) and now >= self._look_at)

    def look(self, sent: int, received: int, now: float) -> list[MediaDirection]:
        """The directions in which a packet has gone, each once."""
        self._look_at = now + LOOK_S
        went = [way for way in self._missing if (sent if way is MediaDirection.SEND else received)]
        self._missing = tuple(way for way in self._missing if way not in went)
        return went


class RtpWatch:
    """Checks one call's packet count twice a second."""

    def __init__(self) -> None:
        self._look_at = self._moved = 0.0
        self._packets = -1
        self._stopped = False

    def due(self, now: float) -> bool:
        """Whether to check now."""
        return now >= self._look_at

    def look(self, packets: int | None, now: float) -> bool | None:
        """True: packets arrive again; False: none for a while, repeated while that lasts; None: no news.

        packets: None if the call has no stream that could receive any.
        """
        self._look_at = now + LOOK_S
        if packets is None:
            packets = max(self._packets, 0)
        if packets != self._packets:
            first, self._packets, self._moved = self._packets < 0, packets, now
            if self._stopped and not first:
                self._stopped = False
                return True
        elif now - self._moved >= STOPPED_S:
            self._stopped, self._moved = True, now
            return False
        return None

    def excuse(self, now: float) -> bool | None:
        """No packets are due now, as during a hold; True ends a stop that was reported."""
        stopped, self._stopped = self._stopped, False
        self._look_at, self._moved, self._packets = now + LOOK_S, now, -1
        return True if stopped else None


class Previous(Record):
    """The source before: its address and SSRC. taken_over: its silence alone let the new one in, no re-INVITE did."""

    source: str
    ssrc: int | None
    taken_over: bool = False


class SourceWatch:
    """Watches the source of one call's packets (packaging/pjsua2/patches, rtp-from-its-source-only)."""

    def __init__(self) -> None:
        self._source: tuple[str, int] | None = None
        self._announced = ""  # when that source came

    def look(self, source: str, ssrc: int, announced: str) -> Previous | None:
        """The previous source, if packets come from another one since the last check; None for no news.

        source: "" before any packet. announced: the address in the far end's SDP, whose SSRC nobody knows.
        """
        if not source:  # a stream that a re-INVITE has made
            self._announced = ""
        if not source or (source, ssrc) == self._source:
            return None
        before, self._source = self._source, (source, ssrc)
        asked, self._announced = self._announced, announced
        if before is None:
            return Previous(announced, None) if source != announced else None
        return Previous(*before, taken_over=source not in {before[0], announced} and announced == asked)
