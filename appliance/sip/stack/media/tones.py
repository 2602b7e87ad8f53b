"""The station's own sounds, as pjsua2's tone generator plays them on the speaker."""

import pjsua2 as pj

from appliance.core.model import Tone

VOLUME = 8000  # of 32767: audible, but speech stays louder
RATE = 16000

# (frequency, second frequency, ms on, ms off), repeated while the tone is wanted. Ringback, the busy tone for errors
# and the call-waiting tone are those of European telephones (ETSI TR 101 041-2): 425 Hz.
TONES: dict[Tone, tuple[tuple[int, int, int, int], ...]] = {
    Tone.DIALING: ((425, 0, 1000, 4000),),
    Tone.RINGING: ((660, 0, 400, 0), (528, 0, 600, 2000)),
    Tone.HELD: ((425, 0, 100, 150), (425, 0, 100, 9650)),
    Tone.WAITING: ((425, 0, 200, 200), (425, 0, 200, 4400)),
    Tone.AUTO_ANSWER: ((880, 0, 150, 100), (1175, 0, 250, 700)),
    Tone.CONFIRM: ((700, 0, 150, 100), (700, 0, 150, 1600)),
    Tone.ENDING: ((950, 0, 200, 1800),),
    Tone.ERROR: ((425, 0, 250, 250),),
    Tone.TEST: ((1000, 0, 1000, 0),),
}


class Tones:
    """One generator that exists as long as the bridge."""

    def __init__(self) -> None:
        self.generator = pj.ToneGenerator()
        self.generator.createToneGenerator(RATE, 1)
        self._playing: Tone | None = None

    def play(self, tone: Tone | None) -> None:
        """Play this tone, from its beginning if another one was playing."""
        if tone == self._playing:
            return
        self.generator.stop()
        self._playing = tone
        if tone is None:
            return
        parts = pj.ToneDescVector()
        for frequency, second, on_ms, off_ms in TONES[tone]:
            part = pj.ToneDesc()
            part.freq1, part.freq2, part.on_msec, part.off_msec, part.volume = frequency, second, on_ms, off_ms, VOLUME
            parts.append(part)
        self.generator.play(parts, True)
