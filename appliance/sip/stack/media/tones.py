"""The station's tones, as pjsua2's tone generator plays them, or from files of the operator."""

import time
from pathlib import Path

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import EUROPE, CountryTone, Tone
from appliance.sip.stack.calls.operations import Post
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


class OwnTones:
    """The files that play in place of tones."""

    def __init__(self, directory: str, post: Post) -> None:
        self._directory, self._post = directory, post
        self._failed: dict[Tone, str] = {}  # why they cannot be played

    def player(self, tone: Tone) -> pj.AudioMediaPlayer | None:
        """Open the file of a tone; None if the file is missing or cannot be played. It may be mended at any time."""
        path = Path(self._directory) / f"{tone}.wav"
        if not self._directory or not path.is_file():  # opening a FIFO would hang
            self._note(tone, "")
            return None
        player = pj.AudioMediaPlayer()
        try:
            player.createPlayer(str(path))
        except pj.Error as error:
            self._note(tone, f"{path} cannot be played: {error.reason}")
            return None
        self._note(tone, "")
        return player

    def _note(self, tone: Tone, why: str) -> None:
        """Report what has changed: a file cannot be played ("": it can, or there is none)."""
        if self._failed.get(tone, "") == why:
            return
        self._failed = {each: cause for each, cause in {**self._failed, tone: why}.items() if cause}
        if not self._failed:
            self._post(inputs.PartRecovered(at=time.monotonic(), part="tones"))
            return
        failed = inputs.PartFailed(
            at=time.monotonic(),
            part="tones",
            why="; ".join(self._failed.values()),
            resolution="Give readable WAV files of 16 bit, mono or stereo; each is read when its tone plays.",
        )
        self._post(failed)


class Tones:
    """A generator that plays one tone at a time; it plays the file of the tone instead, if one exists."""

    def __init__(self, own: OwnTones) -> None:
        self._own, self._generator = own, pj.ToneGenerator()
        self._generator.createToneGenerator(RATE, 1)
        self._playing: CountryTone | None = None
        self.port: pj.AudioMedia = self._generator  # that the tone comes from

    def play(self, wanted: CountryTone | None) -> bool:
        """Play this tone, from its beginning if another one was playing; return whether that changes anything."""
        if wanted == self._playing:
            return False
        self._generator.stop()
        self._playing = wanted
        self.port = (None if wanted is None else self._own.player(wanted.tone)) or self._generator
        if wanted is None or self.port is not self._generator:
            return True
        parts = pj.ToneDescVector()
        for frequency, second, on_ms, off_ms in sounding(wanted):
            part = pj.ToneDesc()
            part.freq1, part.freq2, part.on_msec, part.off_msec, part.volume = frequency, second, on_ms, off_ms, VOLUME
            parts.append(part)
        self._generator.play(parts, True)
        return True


def sounding(wanted: CountryTone) -> Cadence:
    """How the tone sounds."""
    national = None if wanted.country in {"", EUROPE} else cadence(wanted.tone, wanted.country)
    return TONES[wanted.tone] if national is None else national
