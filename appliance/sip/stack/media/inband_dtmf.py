"""Digits that far ends send in the sound itself (ITU-T Q.23), in calls whose account accepts them.

Each such call has two detectors: one for received sound, one for our sent sound, whose digits some far ends return as
an echo and which do not count. They are part of our build of pjsua2 (packaging/pjsua2/src/dtmf_detector.c), run in
the bridge's own thread, and are read by the loop.
"""

import logging
import time
from collections.abc import Callable, Mapping

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import CallId
from appliance.sip.stack.calls.table import CallTable
from appliance.sip.stack.media.dtmf_echo import RATE, Echoes, HeardDigit

LOG = logging.getLogger(__name__)
# Twist, reverse twist (dB) and the least level of each tone (dBm0). For received sound: ITU-T Q.24, table A-1. For sent
# sound: everything that might be heard as a digit after filters and amplifiers on its way.
THEIRS, OURS = (8, 4, -36), (20, 20, -50)


class Ears:
    """Both detectors of one call."""

    def __init__(self) -> None:
        self.heard, self.sent = pj.DtmfDetector(), pj.DtmfDetector()
        self.heard.createDtmfDetector(*THEIRS)
        self.sent.createDtmfDetector(*OURS)
        self._echoes, self._ignored = Echoes(), 0

    def digits(self) -> list[tuple[str, int]]:
        """The digits that the far end has pressed since the last call of this, with durations in milliseconds."""
        # In this order: our digit began before its echo, so it is known by then.
        heard, sent = taken(self.heard), taken(self.sent)
        for each in sent:
            self._echoes.sent(each)
        pressed = []
        for each in heard:
            if each.end is None:
                continue
            if self._echoes.is_ours(each):
                self._ignore()
            else:
                pressed.append((each.digit, (each.end - each.begin) * 1000 // RATE))
        return pressed

    def _ignore(self) -> None:
        """Log an ignored echo. Music may cause several a second for hours: logged after one, two, four, and so on."""
        self._ignored += 1
        if self._ignored.bit_count() == 1:
            LOG.info("Ignored in the sound of a call: %d echoes of our own digits", self._ignored)


class Inband:
    """The detectors of all calls that need any."""

    def __init__(self, calls: CallTable, post: Callable[[inputs.PartFailed], None]) -> None:
        self._calls, self._post = calls, post
        self._ears: dict[CallId, Ears] = {}
        self._failed = False

    def desire(self, wanted: set[CallId]) -> None:
        """Run detectors for exactly these calls."""
        for call in set(self._ears) - wanted:
            del self._ears[call]
        if wanted and not hasattr(pj, "DtmfDetector"):
            self._fail()
            return
        for call in wanted - set(self._ears):
            self._ears[call] = Ears()

    @property
    def ears(self) -> Mapping[CallId, Ears]:
        """The detectors in use."""
        return self._ears

    def turn(self) -> None:
        """Report pressed digits."""
        for call, ears in self._ears.items():
            if (digits := ears.digits()) and (living := self._calls.get(call)) is not None:
                living.heard(digits)

    def clear(self) -> None:
        """Free all detectors, before the endpoint."""
        self._ears.clear()

    def _fail(self) -> None:
        if not self._failed:
            self._failed = True
            failed = inputs.PartFailed(
                at=time.monotonic(),
                part="digits in the sound",
                why="The pjsua2 that is installed cannot detect them",
                resolution="Install the python3-pjsua2 that came with this intercomd, and restart it.",
            )
            self._post(failed)


def taken(detector: "pj.DtmfDetector") -> list[HeardDigit]:  # quoted: an older pjsua2 lacks this name
    """The digits that the detector has heard since the last call of this."""
    digits = detector.take()  # kept while its parts are read
    return [HeardDigit(str(each.digit), int(each.begin), int(each.end) or None) for each in digits]
