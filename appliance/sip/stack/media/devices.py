"""The sound card: its PCMs are open while there is sound.

While it fails, and in calls that need no card, pjmedia's null device drives the bridge. Without any sound there is no
device at all, and so no thread that wakes fifty times a second.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import pjsua2 as pj

from appliance.audio import cards as audio_cards
from appliance.audio import pcm as audio_pcm
from appliance.audio.cards import card_named, card_of
from appliance.base import times
from appliance.base.errors import IntercomError
from appliance.core import inputs
from appliance.core.model import NO_CARD, NULL, SIMULATED, SoundCard
from appliance.sip.settings import SipSettings
from appliance.sip.stack.calls.operations import Post

Seen = tuple[str, list[tuple[int, ...]]]
Look = Callable[[str, str, tuple[SoundCard, ...]], audio_pcm.Fault | None]
LOG = logging.getLogger(__name__)
ECHO_TAIL_MS = 200  # AEC3 ignores it; 0 would turn the canceller off
ALSA_CONFIG = "ALSA_CONFIG_PATH"  # alsa-lib reads it each time
NO_CARDS = str(Path(__file__).with_name("no_cards.conf"))
LISTING = "listing the ALSA PCMs"
CARDS = Path("/proc/asound/cards")
XRUNS_LOOK_S = 1.0


@contextmanager
def plugins_silenced() -> Iterator[None]:
    """Silence stderr while PCMs are listed: listing tries ALSA's plugins, and some (JACK's) write there directly."""
    with Path(os.devnull).open("wb") as nowhere:
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextmanager
def no_cards(wanted: bool) -> Iterator[None]:
    """Hide all PCMs from ALSA if `wanted`: listing opens each PCM, and one of them may hang."""
    kept = os.environ.get(ALSA_CONFIG)
    if wanted:
        os.environ[ALSA_CONFIG] = NO_CARDS
    try:
        yield
    finally:
        if kept is not None:
            os.environ[ALSA_CONFIG] = kept
        elif wanted:
            del os.environ[ALSA_CONFIG]


def needs_a_card(settings: SipSettings) -> bool:
    """Whether the station uses a PCM. If not, it needs no list of PCMs, which waits for every sound server."""
    return settings.playback not in NO_CARD or (settings.capture not in NO_CARD and not settings.microphone_file)


def number_of(name: str, listed: dict[str, int]) -> int | None:
    """The number of a PCM; an incomplete name means, as in ALSA, the first device of the first card."""
    first = next((number for each, number in listed.items() if each.startswith(f"{name}:CARD=")), None)
    return listed.get(name, listed.get(f"{name},DEV=0", first))


def of_a_card(name: str) -> bool:
    """Whether a PCM needs a card of the kernel; others belong to programs such as a sound server."""
    return "CARD=" in name or name.partition(":")[0] in {"default", "sysdefault", "hw", "plughw"}


def cards() -> str:
    """The kernel's list of cards, compared every few seconds while a configured card is missing.

    Usually `CardWatch` is faster. In a container with users of its own the kernel's reports do not arrive, and nothing
    there shows it.
    """
    try:
        return CARDS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


class Devices:
    """Opens and closes the PCMs. announce: called with a text before anything that may block, and with "" after it."""

    def __init__(
        self, endpoint: pj.Endpoint, settings: SipSettings, post: Post, announce: Callable[[str], None]
    ) -> None:
        self._endpoint, self._settings = endpoint, settings
        self._post, self._announce = post, announce
        self._manager = endpoint.audDevManager()
        self._capture = NULL if settings.microphone_file or settings.capture == SIMULATED else settings.capture
        self._playback = NULL if settings.playback == SIMULATED else settings.playback
        self._wanted = self._clock = self._opened = self._at_once = False
        self._echo = True
        self._close_at: float | None = None
        self._runs, self._rest_at = False, cast("float | None", None)  # a device drives the bridge, and until when
        self._failed, self._tries, self._again_at = "", 0, 0.0
        self._absent: Seen | None = None  # what `_seen` gave when the configured cards were missing
        self._list_at = 0.0
        self._gaps: tuple[int, int] | None = None  # xruns known so far, of capture and playback
        self._gaps_at, self._gaps_told_at = 0.0, 0.0  # when to look again, and when to report again
        self._broken = False  # set by pjsua2's own threads
        self._cards: tuple[SoundCard, ...] = ()
        self._null()

    @property
    def real(self) -> bool:
        """Whether a card is configured."""
        return needs_a_card(self._settings)

    def check(self, now: float, wait_s: float) -> None:
        """Check at the start whether the card exists. wait_s: seconds for which the card must not be touched."""
        if not self.real:
            return
        if wait_s > 0:
            self._fail(f"{self._names()} hung, or kept the processor busy", "Check the card and its cable.", now)
            self._again_at = now + wait_s
        elif missing := self._missing():
            self._fail_missing(missing, now)

    @property
    def working(self) -> bool:
        """Whether a microphone is open now."""
        return self._opened and self._capture != NULL

    @property
    def busy(self) -> bool:
        """Whether a device drives the bridge, or a card is wanted."""
        return self._runs or self._wanted

    def want(self, wanted: bool, *, clock: bool, echo: bool = True) -> None:
        """Set whether there is sound to play or capture; `echo`: cancel the speaker's echo in the microphone.

        clock: sound passes the bridge, perhaps between calls and files only.
        """
        self._wanted, self._clock = wanted, clock
        if echo != self._echo:
            self._echo = echo
            if self._opened:
                with suppress(pj.Error):  # then nothing changes until the next opening
                    self._cancel_echo()

    def play_at_once(self) -> None:
        """Let the speaker play now what begins, before what waits in its buffer. The bridge then runs ahead."""
        self._at_once = True

    def broke(self) -> None:
        """The card was lost; called from any thread, so it only sets a flag."""
        self._broken = True

    def look_again(self) -> None:
        """A card of the kernel came, went or changed: try a failed card again at once."""
        self._absent, self._tries, self._again_at = None, 0, 0.0

    def found(self, cards_: tuple[SoundCard, ...]) -> None:
        """These are all cards now. One that is in use and not among them is lost, even if pjsua2 reports nothing."""
        self._cards = cards_
        gone = (pcm for pcm in self._pcms() if card_of(pcm) is not None and card_named(pcm, cards_) is None)
        if self._opened and any(gone):
            self._broken = True

    def turn(self, now: float) -> None:
        """Open, close, or try again."""
        at_once, self._at_once = self._at_once, False
        if at_once and not self._failed and (self._opened or self._wanted):
            self._manager.discardQueued()
        if self.real:
            self._attend(now)
        if self._clock and not self._runs:  # not before: it takes up to 20 ms to end the null device
            self._null()
        if self._runs and not self._opened:
            self._rest_in_time(now)

    def _attend(self, now: float) -> None:
        if self._broken:
            self._broken = False
            if self._opened:
                self._null()
                self._fail(f"{self._names()} was lost while in use", "Plug the card in again; check its cable.", now)
        if self._failed:
            if now >= self._again_at:
                self._try_again(now)
        elif self._wanted and not self._opened:
            self._open(now)
        elif self._opened:
            self._count_gaps(now)
            self._close_in_time(now)

    def _count_gaps(self, now: float) -> None:
        """Report xruns, which pjmedia counts (packaging/pjsua2/patches/xruns-counted.patch), at most once a minute."""
        if now < self._gaps_at:
            return
        self._gaps_at = now + XRUNS_LOOK_S
        counted = self._manager.getXruns(False), self._manager.getXruns(True)
        if self._gaps is None:  # gaps while the card opens are no gaps in a sound
            self._gaps = counted
        elif counted != self._gaps and now >= self._gaps_told_at:
            (capture, playback), self._gaps = self._gaps, counted
            self._gaps_told_at = now + times.current.xruns_again_s
            gaps = inputs.XrunsCounted(
                at=now, card=self._ids(), capture=counted[0] - capture, playback=counted[1] - playback
            )
            self._post(gaps)

    def _close_in_time(self, now: float) -> None:
        if self._wanted:
            self._close_at = None
        elif self._close_at is None:
            self._close_at = now + times.current.card_lingers_s
        elif now >= self._close_at:
            self._null()

    def _rest_in_time(self, now: float) -> None:
        if self._clock:
            self._rest_at = None
        elif self._rest_at is None:
            self._rest_at = now + times.current.card_lingers_s
        elif now >= self._rest_at:
            self._manager.setNoDev()
            self._runs = False

    def _pcms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in (self._capture, self._playback) if name != NULL))

    def _names(self) -> str:
        return " and ".join(f"ALSA PCM {name!r}" for name in self._pcms())

    def _listed(self) -> dict[str, int]:
        devices = self._manager.enumDev2()  # kept while its parts are read
        return {str(device.name): number for number, device in enumerate(devices)}

    def _missing(self) -> list[str]:
        listed = self._listed()
        return [name for name in self._pcms() if number_of(name, listed) is None]

    def _seen(self) -> Seen:
        """The cards that exist, and who holds our PCMs."""
        ways = (("playback", self._playback), ("capture", self._capture))
        known = [(way, card) for way, pcm in ways if (card := card_named(pcm, self._cards)) is not None]
        return cards(), [audio_cards.holders(card, way) for way, card in known]

    def _fail_missing(self, missing: list[str], now: float, seen: Seen | None = None) -> None:
        """Report that PCMs are missing. seen: before they were listed, as one may have been released since then."""
        # Listing opens every PCM, a waste while no new card has appeared, and nobody has released one.
        self._absent = (seen or self._seen()) if all(of_a_card(name) for name in missing) else None
        self._list_at = now + times.current.card_list_again_s
        unknown = (
            f"There is no ALSA PCM {' nor '.join(repr(name) for name in missing)}",
            "Plug in its card, which is detected at once, or name another; intercomctl audio devices lists them.",
        )
        # A card that another program holds is not listed either.
        self._fail(*(self._fault(audio_pcm.fault) or unknown), now)

    def _try_again(self, now: float) -> None:
        seen = self._seen()
        if now < self._list_at and self._absent == seen:
            self._again_at = now + times.current.card_again_s[-1]
            return
        self._absent = None
        self._announce(LISTING)
        with plugins_silenced():
            self._manager.refreshDevs()  # safe: no PCM is open now
        if missing := self._missing():
            self._fail_missing(missing, now, seen)
        else:
            self._open(now)
            if self._opened and not self._wanted:
                self._null()
        self._announce("")

    def _open(self, now: float) -> None:
        if self._playback == NULL:
            self._fail("Capture without playback is not possible", "Name a playback PCM as well.", now)
            return
        listed = self._listed()
        alone = self._capture == NULL
        playback = number_of(self._playback, listed)
        capture = playback if alone else number_of(self._capture, listed)
        self._announce(f"opening {self._names()}")
        try:
            if playback is None or capture is None:
                self._fail_missing(self._missing(), now)
                return
            raw = any(name.startswith("hw:") for name in self._pcms())
            if raw and (unfit := self._fault(audio_pcm.unfit_of)):
                self._null()
                self._fail(*unfit, now)
                return
            self._cancel_echo()
            # Without any device these two only store the number; otherwise each would open the card and close it again.
            self._manager.setNoDev()
            self._manager.setCaptureDev(capture)
            self._manager.setPlaybackDev(playback)
            self._manager.setSndDevMode(pj.PJSUA_SND_DEV_SPEAKER_ONLY if alone else 0)
        except pj.Error as error:
            self._null()
            unknown = f"{self._names()}: {error.reason}", "Find the program that uses it: fuser -v /dev/snd/*"
            self._fail(*(self._fault(audio_pcm.fault) or unknown), now)
        else:
            self._opened = self._runs = True
            self._gaps, self._gaps_at = None, now + XRUNS_LOOK_S
            if self._failed:
                self._failed, self._tries = "", 0
                self._post(inputs.PartRecovered(at=now, part="audio", card=self._ids()))
        finally:
            self._announce("")

    def _fault(self, look: Look) -> audio_pcm.Fault | None:
        """The first fault that `look` finds in our PCMs."""
        if not self._cards:
            with suppress(IntercomError):
                self._cards = audio_cards.cards()
        ways = (("playback", self._playback), ("capture", self._capture))
        found = (look(pcm, way, self._cards) for way, pcm in ways if pcm != NULL)
        return next(filter(None, found), None)

    def _cancel_echo(self) -> None:
        if not self._echo or self._capture == NULL:
            self._manager.setEcOptions(0, 0)
            return
        options = pj.PJMEDIA_ECHO_WEBRTC_AEC3
        if self._settings.noise_suppression:
            options |= pj.PJMEDIA_ECHO_USE_NOISE_SUPPRESSOR
        if self._settings.open_canceller:
            options |= pj.PJMEDIA_ECHO_AGGRESSIVENESS_CONSERVATIVE
        if self._settings.half_duplex:
            options |= pj.PJMEDIA_ECHO_HALF_DUPLEX
        self._manager.setEcOptions(ECHO_TAIL_MS, options)

    def _null(self) -> None:
        self._manager.setNullDev()
        self._opened, self._close_at = False, None
        self._runs, self._rest_at = True, None

    def _fail(self, why: str, resolution: str, now: float) -> None:
        pauses = times.current.card_again_s
        self._again_at = now + pauses[min(self._tries, len(pauses) - 1)]
        self._tries += 1
        if self._failed:
            LOG.debug("The card still does not work: %s", why)
            return
        self._failed = why
        failed = inputs.PartFailed(at=time.monotonic(), part="audio", why=why, resolution=resolution, card=self._ids())
        self._post(failed)

    def _ids(self) -> str:
        """The ids of the configured cards."""
        return ", ".join(dict.fromkeys(card_of(name) or name for name in self._pcms()))
