"""The station's tones, as pjsua2's tone generator plays them."""

import pjsua2 as pj

from appliance.core.model import EUROPE, CountryTone, Tone
from appliance.sip.stack.media.national_tones import Cadence, cadence

VOLUME = 8000  # of 32767: audible, but speech stays louder
RATE = 16000

# Repeated while the tone is wanted. Those of telephones are European (ETSI TR 101 041-2): 425 Hz.
TONES: dict[Tone, Cadence] = {
    Tone.DIALING: ((425, 0, 1000, 4000),),
    Tone.RINGING: ((660, 0, 400, 0), (528, 0, 600, 2000)),
    Tone.HELD: ((425, 0, 100, 150), (425, 0, 100, 9650)),
    Tone.WAITING: ((425, 0, 200, 200), (425, 0, 200, 4400)),
    Tone.AUTO_ANSWER: ((880, 0, 150, 100), (1175, 0, 250, 700)),
    Tone.CONFIRM: ((700, 0, 150, 100), (700, 0, 150, 1600)),
    Tone.ENDING: ((950, 0, 200, 1800),),
    Tone.ERROR: ((425, 0, 250, 250),),
    Tone.RINGBACK: ((425, 0, 1000, 4000),),
    Tone.BUSY: ((425, 0, 500, 500),),
    Tone.CONGESTION: ((425, 0, 200, 200),),
    Tone.CALL_WAITING: ((425, 0, 200, 200), (425, 0, 200, 4400)),
    Tone.DOOR: ((784, 0, 120, 40), (988, 0, 120, 40), (1175, 0, 240, 1440)),
    Tone.WARNING: ((950, 0, 300, 200),),
}


class Tones:
    """One generator, which plays one tone at a time."""

    def __init__(self) -> None:
        self.generator = pj.ToneGenerator()
        self.generator.createToneGenerator(RATE, 1)
        self._playing: CountryTone | None = None

    def play(self, wanted: CountryTone | None) -> None:
        """Play this tone, from its beginning if another one was playing."""
        if wanted == self._playing:
            return
        self.generator.stop()
        self._playing = wanted
        if wanted is None:
            return
        parts = pj.ToneDescVector()
        for frequency, second, on_ms, off_ms in sounding(wanted):
            part = pj.ToneDesc()
            part.freq1, part.freq2, part.on_msec, part.off_msec, part.volume = frequency, second, on_ms, off_ms, VOLUME
            parts.append(part)
        self.generator.play(parts, True)


def sounding(wanted: CountryTone) -> Cadence:
    """How the tone sounds."""
    national = None if wanted.country in {"", EUROPE} else cadence(wanted.tone, wanted.country)
    return TONES[wanted.tone] if national is None else national
