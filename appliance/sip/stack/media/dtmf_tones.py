"""Digits that we send in the sound itself (ITU-T Q.23), to far ends that accept no other way."""

import pjsua2 as pj

from appliance.sip.stack.calls.dtmf import Press
from appliance.sip.stack.media.tones import RATE

VOLUME = 12000  # of 32767: a level that survives codecs (ITU-T Q.24)


class Keys:
    """The tone generator of one call, created when it is first needed."""

    def __init__(self) -> None:
        self._generator: pj.ToneGenerator | None = None

    def press(self, press: Press, sound: pj.AudioMedia) -> None:
        """Play a digit to the far end. Raises pj.Error."""
        if self._generator is None:
            self._generator = pj.ToneGenerator()
            self._generator.createToneGenerator(RATE, 1)
        tone = pj.ToneDigit()
        tone.digit, tone.volume = press.digit, VOLUME
        # The next digit begins only when the generator has played this one: of the pause, a part is left to it.
        tone.on_msec, tone.off_msec = round(press.tone_s * 1000), round(press.pause_s * 500)
        digits = pj.ToneDigitVector()
        digits.append(tone)
        self._generator.startTransmit(sound)  # each time: after a re-INVITE the call has another port
        self._generator.playDigits(digits)
