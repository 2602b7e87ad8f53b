"""Brings about the desired sound: who hears whom, recordings, tones, and whether the card is open."""

import logging
import time
from contextlib import suppress
from pathlib import Path

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.desired import CallMedia, Sound
from appliance.core.model import NO_CALL, CallId, CountryTone, PlaybackId, RecordingId, Tone, of_country
from appliance.sip.settings import SipSettings
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.calls.table import CallTable
from appliance.sip.stack.media.devices import Devices
from appliance.sip.stack.media.inband_dtmf import Inband
from appliance.sip.stack.media.players import Players
from appliance.sip.stack.media.recorders import Recorders
from appliance.sip.stack.media.self_test import SelfTest
from appliance.sip.stack.media.tone_listeners import ToneListeners
from appliance.sip.stack.media.tones import RATE, OwnTones, Tones

LOG = logging.getLogger(__name__)
MICROPHONE, SPEAKER, SILENCE, TONE = "microphone", "speaker", "silence", "tone"
CONFIRM, MUSIC = "confirm", "music"
LOCAL, REMOTE = "local", "remote"  # sides of a recording
Route = tuple[str, str]  # from, to: names of ports
SWEEP, HEARD = "sweep", "self-test"


class Media:
    """The bridge of the SIP process, adjusted whenever the desired sound or a call's audio has changed."""

    def __init__(
        self, endpoint: pj.Endpoint, settings: SipSettings, calls: CallTable, devices: Devices, post: Post
    ) -> None:
        self._manager = endpoint.audDevManager()
        self._calls, self._devices, self._post = calls, devices, post
        self._recorders = Recorders(Path(settings.recordings).absolute(), post)
        self._inband, self._listeners = Inband(calls, post), ToneListeners(post)
        self._players = Players(settings.sounds, settings.made_sounds, post)
        self._test = SelfTest(post)
        self._boost = 1.0 if settings.microphone_file else 10 ** (settings.boost_db / 20)
        self._own_tones = OwnTones(settings.tones, post)
        self._tones, self._confirm = Tones(self._own_tones), Tones(self._own_tones)
        self._confirm.play(CountryTone(Tone.CONFIRM))
        self._ordered: dict[str, Tones] = {}  # by the name of the port that hears the tone
        # A port without a source gets nothing at all: a recorder would skip that time, and RTP would stop.
        self._silence = pj.ToneGenerator()
        self._silence.createToneGenerator(RATE, 1)
        self._player = self._open_player(settings.microphone_file, "audio")
        self._hold_music = settings.hold_music
        self._music = self._open_player(settings.hold_music, "hold music")
        self._sound = Sound()
        self._changed = True
        self._made: dict[Route, tuple[int, int, float]] = {}  # numbers of the ports in the bridge, and the gain
        self._spoken: frozenset[CallId] = frozenset()  # calls that have heard the microphone

    @property
    def held(self) -> frozenset[CallId]:
        """The calls that we should hold."""
        return frozenset(media.call for media in self._sound.calls if media.held)

    @property
    def busy(self) -> bool:
        """Whether there is something to look at soon: digits or tones in the sound, a level, or a file to close."""
        listens = bool(self._inband.ears) or self._listeners.busy
        return self._changed or self._test.busy or listens or self._recorders.closing or self._players.busy

    @property
    def runs(self) -> bool:
        """Whether the bridge runs, or a card is wanted."""
        return self._devices.busy

    def desire(self, sound: Sound) -> None:
        """Set the desired sound."""
        before, self._sound, self._changed = self.held, sound, True
        if self._music is None and self._hold_music and self.held - before:  # its file may have been mended
            self._music = self._open_player(self._hold_music, "hold music")
            if self._music is not None:
                self._post(inputs.PartRecovered(at=time.monotonic(), part="hold music"))
        self._test.desire(sound.test)

    def turn(self, now: float) -> None:
        """Adjust the bridge if something has changed, and attend to files and card."""
        self._changed |= self._test.turn(self._devices.working)
        if self._changed or self._calls.media_changed:
            self._changed = self._calls.media_changed = False
            self._apply()
        if self._players.busy and self._players.turn(now):
            self._apply()
        self._inband.turn()
        self._listeners.turn()
        self._recorders.turn(now)
        self._devices.turn(now)

    def clear(self) -> None:
        """Free everything, before the endpoint."""
        self._made.clear()
        self._recorders.clear()
        self._inband.clear()
        self._listeners.clear()
        self._players.clear()
        self._ordered.clear()
        self._test.clear()
        del self._tones, self._confirm, self._silence, self._player, self._music

    def _apply(self) -> None:
        living = [media for media in self._sound.calls if self._calls.get(media.call) is not None]
        recorded = {media.recording: media for media in living if media.recording is not None}
        if (message := self._sound.message) is not None:
            alone = CallMedia(NO_CALL, held=False, microphone=False, speaker=False, tone=False, recording=message)
            recorded[message] = alone
        self._recorders.desire(recorded)
        self._inband.desire({media.call for media in living if media.inband})
        self._listeners.desire({media.call: media.detect for media in living}, self._sound.country)
        tone = self._sound.tone
        changed = self._tones.play(None if tone is None else of_country(tone, self._sound.country))
        self._play_ordered(living)
        self._players.desire(self._sound.files)
        ports = self._ports(living)
        wanted = self._listening(self._wanted(living))
        wanted = {route for route in wanted if route[0] in ports and route[1] in ports}
        if self._boost > 1:  # a self-test compares speaker and microphone as the card gives them
            self._manager.getCaptureDevMedia().adjustTxLevel(1.0 if self._test.listens else self._boost)
        gains = self._gains(living)
        for route, (*numbers, gain) in list(self._made.items()):
            source, sink = ports.get(route[0]), ports.get(route[1])
            there = source is not None and sink is not None and numbers == [source.getPortId(), sink.getPortId()]
            if route in wanted and there and gain == gains.get(route, 1.0):
                continue
            del self._made[route]  # a port that is gone, or has another number, has lost its routes
            if source and sink and there:
                with suppress(pj.Error):
                    source.stopTransmit(sink)
        for route in sorted(wanted):
            source, sink, gain = ports[route[0]], ports[route[1]], gains.get(route, 1.0)
            level = pj.AudioMediaTransmitParam()
            level.level = gain
            # Always: after a re-INVITE a new port may have the old one's number, but none of its routes.
            with suppress(pj.Error):
                source.startTransmit2(sink, level)
                self._made[route] = source.getPortId(), sink.getPortId(), gain
        self._forget_echo(living)
        card = {SPEAKER} if self._player else {SPEAKER, MICROPHONE}
        self._devices.want(any(card & set(route) for route in wanted), clock=bool(wanted), echo=not self._test.listens)
        # Who has pressed a button hears the answer now. Not beside a call: its sound would be lost, or come in a burst.
        if changed and all(route == (TONE, SPEAKER) or route[0] == SILENCE for route in wanted):
            self._devices.play_at_once()

    def _forget_echo(self, living: list[CallMedia]) -> None:
        """Where the first call begins to hear the microphone, take no tone before it for an echo.

        See packaging/pjsua2/patches/ringing-tone-forgotten.patch.
        """
        before = self._spoken & {media.call for media in living}
        now = {media.call for media in living if (MICROPHONE, _port(media.call)) in self._made}
        if now and not before:
            self._manager.forgetEcho()
        self._spoken = before | now

    def _gains(self, living: list[CallMedia]) -> dict[Route, float]:
        """The gains of links, also on the routes that record a hearer's sound or search it for digits."""
        recordings = {media.call: media.recording for media in living}
        gains: dict[Route, float] = {}
        for source, hearer, gain in self._sound.sent:
            sinks = [SPEAKER]
            if hearer is not None:
                sinks = [_port(hearer), _sent(hearer), _recording(recordings.get(hearer), LOCAL)]
            gains |= {(_port(source), sink): gain / 100 for sink in sinks}
        return gains

    def _play_ordered(self, living: list[CallMedia]) -> None:
        """Play the tones and files of clients, each by its own generator or player, which exists only for this time."""
        wanted = {_port(media.call): media.plays for media in living if media.plays is not None}
        if self._sound.plays is not None:
            wanted[SPEAKER] = self._sound.plays
        for hearer in [each for each in self._ordered if each not in wanted]:
            del self._ordered[hearer]
        for hearer, tone in wanted.items():
            if hearer not in self._ordered:
                self._ordered[hearer] = Tones(self._own_tones)
            self._ordered[hearer].play(tone)

    def _wanted(self, living: list[CallMedia]) -> set[Route]:
        routes: set[Route] = {(SILENCE, _port(call.call)) for call in self._calls} | self._tested()
        if self._sound.tone is not None:
            routes.add((TONE, SPEAKER))
        if SPEAKER in self._ordered:
            routes.add((_ordered(SPEAKER), SPEAKER))
        routes |= {(_file(each.id), SPEAKER) for each in self._sound.files if each.speaker}
        routes |= {(_port(source), SPEAKER) for source, hearer, _ in self._sound.sent if hearer is None}
        if self._sound.message is not None:
            routes |= {(source, _recording(self._sound.message, LOCAL)) for source in (MICROPHONE, SILENCE)}
        for media in living:
            routes |= self._of_call(media)
        return routes

    def _of_call(self, media: CallMedia) -> set[Route]:
        """The routes to and from one call, and into its recording."""
        port = _port(media.call)
        routes, sinks = _recorded(media), [port]
        if media.recording is not None and media.capture.local:
            sinks.append(_recording(media.recording, LOCAL))
        if media.microphone and not media.held:
            routes |= {(MICROPHONE, sink) for sink in sinks}
        routes |= {(_port(one), sink) for one, other in self._sound.links if other == media.call for sink in sinks}
        routes |= {
            (_port(source), sink) for source, hearer, _ in self._sound.sent if hearer == media.call for sink in sinks
        }
        if port in self._ordered:
            routes |= {(_ordered(port), sink) for sink in sinks}
        files = [_file(each.id) for each in self._sound.files if each.call == media.call]
        routes |= {(file, sink) for file in files for sink in sinks}
        if media.tone:
            routes.add((TONE, port))
        if media.confirm:
            routes.add((CONFIRM, port))
        if media.held:  # RFC 3264 §8.4: we continue to send
            routes.add((MUSIC, port))
        if media.speaker:
            routes.add((port, SPEAKER))
        return routes

    def _tested(self) -> set[Route]:
        """The routes of a self-test: first routes of silence, which open the card, then the routes of the sweep."""
        if self._test.sound is not None:
            return {(MICROPHONE, HEARD), (SWEEP, SPEAKER)}
        return {(MICROPHONE, SILENCE), (SILENCE, SPEAKER)} if self._test.listens else set()

    def _listening(self, routes: set[Route]) -> set[Route]:
        """Return `routes` and the routes to the detectors of calls: received sound, and for digits also sent sound."""
        heard = {(_port(call), _heard(call)) for call in self._inband.ears}
        heard |= {(_port(call), _listened(call)) for call in self._listeners.ports}
        sent = {(source, _sent(call)) for call in self._inband.ears for source, sink in routes if sink == _port(call)}
        return routes | heard | sent

    def _ports(self, living: list[CallMedia]) -> dict[str, pj.AudioMedia]:
        ports: dict[str, pj.AudioMedia] = {
            MICROPHONE: self._player or self._manager.getCaptureDevMedia(),
            SPEAKER: self._manager.getPlaybackDevMedia(),
            SILENCE: self._silence,
            TONE: self._tones.port,
            CONFIRM: self._confirm.port,
        }
        ports |= {_ordered(hearer): tones.port for hearer, tones in self._ordered.items()}
        for file in self._sound.files:
            if (player := self._players.player(file.id)) is not None:
                ports[_file(file.id)] = player
        if self._music is not None:
            ports[MUSIC] = self._music
        if self._test.sound is not None:
            ports[SWEEP], ports[HEARD] = self._test.sound
        for call in self._calls:
            if (audio := call.audio_media()) is not None:
                ports[_port(call.call)] = audio
        for recording in (self._sound.message, *(media.recording for media in living)):
            if (sides := self._recorders.sides(recording)) is not None:
                ports |= zip((_recording(recording, side) for side in (LOCAL, REMOTE)), sides, strict=True)
        for each, ears in self._inband.ears.items():
            ports |= {_heard(each): ears.heard, _sent(each): ears.sent}
        return ports | {_listened(call): port for call, port in self._listeners.ports.items()}

    def _open_player(self, path: str, part: str) -> pj.AudioMediaPlayer | None:
        if not path:
            return None
        player = pj.AudioMediaPlayer()
        why = ""
        if Path(path).exists() and not Path(path).is_file():  # opening a FIFO would hang
            why = "it is not a regular file"
        else:
            try:
                player.createPlayer(path)
            except pj.Error as error:
                why = error.reason
        if not why:
            return player
        failed = inputs.PartFailed(
            at=time.monotonic(),
            part=part,
            why=f"{path} cannot be played: {why}",
            resolution="Give a readable WAV file of 16 bit, mono.",
        )
        self._post(failed)
        return None


def _port(call: CallId) -> str:
    return f"call {call}"


def _recording(recording: RecordingId | None, side: str) -> str:
    return f"recording {recording} {side}"


def _recorded(media: CallMedia) -> set[Route]:
    """The routes into a call's recording, without the sound that its far end hears."""
    routes: set[Route] = set()
    if media.recording is None:
        return routes
    if not media.capture.paused:
        routes.add((SILENCE, _recording(media.recording, LOCAL)))
    if media.capture.remote:
        routes.add((_port(media.call), _recording(media.recording, REMOTE)))
    return routes


def _ordered(hearer: str) -> str:
    """The port of the tone that a client has ordered for that port."""
    return f"tone for {hearer}"


def _file(playback: PlaybackId) -> str:
    """The port of a file that plays."""
    return f"file {playback}"


def _listened(call: CallId) -> str:
    """The port that listens for tones in a call's received sound."""
    return f"listened {call}"


def _heard(call: CallId) -> str:
    """The port that searches a call's received sound for digits."""
    return f"heard {call}"


def _sent(call: CallId) -> str:
    """The port that analyses a call's sent sound."""
    return f"sent {call}"
