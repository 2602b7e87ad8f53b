"""Digits that we send in the sound itself (ITU-T Q.23), to far ends that accept no other way."""

import pjsua2 as pj

from appliance.sip.stack.media.tones import RATE

ON_MS, OFF_MS, VOLUME = 200, 50, 12000  # of 32767: ITU-T Q.24 wants 40 ms at least, and a level that survives codecs


class Keys:
    """The tone generator of one call, created when it is first needed."""

    def __init__(self) -> None:
        self._generator: pj.ToneGenerator | None = None

    def press(self, digit: str, sound: pj.AudioMedia) -> None:
        """Play a digit to the far end. Raises pj.Error."""
        if self._generator is None:
            self._generator = pj.ToneGenerator()
            self._generator.createToneGenerator(RATE, 1)
        tone = pj.ToneDigit()
        tone.digit, tone.on_msec, tone.off_msec, tone.volume = digit, ON_MS, OFF_MS, VOLUME
        digits = pj.ToneDigitVector()
        digits.append(tone)
        self._generator.startTransmit(sound)  # each time: after a re-INVITE the call has another port
        self._generator.playDigits(digits)
