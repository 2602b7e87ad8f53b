"""Searches in the sound of far ends for clients: for beeps, progress tones, and whether a person or a machine answered.

Each such call has a listener, which is part of our build of pjsua2 (packaging/pjsua2/src/tone_hearing.c), runs in
the bridge's own thread, and is read by the loop.
"""

import time
from collections.abc import Callable, Mapping

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import Answerer, CallId, DetectionKind, HeardTone
from appliance.sip.stack.media.national_tones import Cadence, countries, parse

# Tones of most of Europe, Britain and North America, in the form of national_tones.toml. A dial tone has no pause.
COMMON = (
    (HeardTone.DIAL, "425 2500/0"),
    (HeardTone.DIAL, "350+440 2500/0"),
    (HeardTone.RINGBACK, "425 1000/4000"),
    (HeardTone.RINGBACK, "400+450 400/200 400/2000"),
    (HeardTone.RINGBACK, "440+480 2000/4000"),
    (HeardTone.BUSY, "425 500/500"),
    (HeardTone.BUSY, "480+620 500/500"),
    (HeardTone.CONGESTION, "425 250/250"),
    (HeardTone.CONGESTION, "480+620 250/250"),
)
Heard = inputs.ToneHeard | inputs.AnswererHeard | inputs.DetectionFailed
NATIONAL = HeardTone.RINGBACK, HeardTone.BUSY, HeardTone.CONGESTION  # by their names in national_tones.toml


def patterns(country: str) -> list[tuple[HeardTone, Cadence]]:
    """The known progress tones. The country's tones come first, as a sound counts as the first tone that it fits."""
    there = countries().get(country, {})
    rows = [(tone, there[tone]) for tone in NATIONAL if tone in there]
    return [(tone, parse(row)) for tone, row in (*rows, *COMMON)]


class _Ears:
    """The listener of one call, with the kinds of its searches and its country."""

    def __init__(self, kinds: tuple[DetectionKind, ...], country: str) -> None:
        """Raise pj.Error if the bridge takes no further port."""
        self.kinds, self._known, self._answered = kinds, patterns(country), False
        self.port = pj.ToneListener()
        for _, steps in self._known:
            on, off = pj.IntVector(), pj.IntVector()
            for _, _, sounds_ms, pause_ms in steps:
                on.append(sounds_ms)
                off.append(pause_ms)
            self.port.addPattern(steps[0][0], steps[0][1], on, off)
        self.port.createToneListener()

    def tones(self) -> list[HeardTone]:
        """The tones that it has heard since the last call of this."""
        heard = self.port.take()  # kept while its parts are read
        return [HeardTone.BEEP if each.pattern < 0 else self._known[each.pattern][0] for each in heard]

    def answerer(self, tones: list[HeardTone]) -> Answerer | None:
        """Who has answered, once, when it is known: whatever beeps is a machine."""
        name = Answerer.MACHINE if HeardTone.BEEP in tones else str(self.port.answerer())
        if self._answered or not name or DetectionKind.ANSWERING_MACHINE not in self.kinds:
            return None
        self._answered = True
        return Answerer(name)


class ToneListeners:
    """The listeners of all calls that need one."""

    def __init__(self, post: Callable[[Heard], None]) -> None:
        self._post = post
        self._ears: dict[CallId, _Ears] = {}

    def desire(self, wanted: Mapping[CallId, tuple[DetectionKind, ...]], country: str) -> None:
        """Listen to exactly these calls.

        A listener with fewer searches than before continues, so that it keeps its progress.
        """
        for call in [each for each in self._ears if not wanted.get(each)]:
            del self._ears[call]
        for call, kinds in wanted.items():
            if kinds and (call not in self._ears or not {*kinds} <= {*self._ears[call].kinds}):
                self._listen(call, kinds, country)

    def _listen(self, call: CallId, kinds: tuple[DetectionKind, ...], country: str) -> None:
        why, resolution = "", ""
        if hasattr(pj, "ToneListener"):
            try:
                self._ears[call] = _Ears(kinds, country)
            except pj.Error as error:
                why, resolution = f"The sound cannot be heard: {error.reason}", "End other calls, and ask again."
        else:
            why = "The pjsua2 that is installed cannot hear tones"
            resolution = "Install the python3-pjsua2 that came with this intercomd, and restart it."
        if why:
            self._ears.pop(call, None)
            self._post(inputs.DetectionFailed(at=time.monotonic(), call=call, why=why, resolution=resolution))

    @property
    def busy(self) -> bool:
        """Whether something may be heard soon."""
        return bool(self._ears)

    @property
    def ports(self) -> Mapping[CallId, pj.AudioMedia]:
        """The ports to which the received sound of each call must flow."""
        return {call: ears.port for call, ears in self._ears.items()}

    def turn(self) -> None:
        """Report the tones and answers that the listeners have heard."""
        now = time.monotonic()
        for call, ears in self._ears.items():
            tones = ears.tones()
            for tone in tones:
                self._post(inputs.ToneHeard(at=now, call=call, tone=tone))
            if (answerer := ears.answerer(tones)) is not None:
                self._post(inputs.AnswererHeard(at=now, call=call, answerer=answerer))

    def clear(self) -> None:
        """Free all listeners, before the endpoint."""
        self._ears.clear()
