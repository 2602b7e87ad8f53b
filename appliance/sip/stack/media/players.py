"""One player for each file, text or URL that a client plays."""

import time
from pathlib import Path

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import BUILT_IN_SOUNDS, PlaybackId, PlayedFile
from appliance.sip.stack.callbacks import contained
from appliance.sip.stack.calls.operations import Post

BUILT_IN = Path(__file__).with_name("sounds")


class Player(pj.AudioMediaPlayer):
    """Plays one file, once or in a loop. `ended`: set by a thread of pjsua2 when a file that does not loop is over."""

    ended = False
    begun = False

    def __init__(self, *, loop: bool) -> None:
        super().__init__()
        self._loop = loop

    @contained
    def onEof2(self) -> None:  # noqa: N802
        """The end of the file was read, in a loop each time."""
        self.ended = not self._loop


class Players:
    """Opens and closes the files. The bridge's routes take the sound from them."""

    def __init__(self, sounds: str, made: str, post: Post) -> None:
        self._sounds, self._made, self._post = Path(sounds) if sounds else BUILT_IN, Path(made), post
        self._known: dict[PlaybackId, Player | None] = {}  # None: over, or not playable; it is not begun again

    def desire(self, wanted: tuple[PlayedFile, ...]) -> None:
        """Play exactly these files."""
        ids = {each.id for each in wanted}
        for gone in [playback for playback in self._known if playback not in ids]:
            del self._known[gone]
        for each in wanted:
            if each.id not in self._known:
                self._known[each.id] = self._open(each)

    def player(self, playback: PlaybackId) -> Player | None:
        """The player of a playback; None if it is over."""
        return self._known.get(playback)

    @property
    def busy(self) -> bool:
        """Whether a file plays, whose end must be noticed."""
        return any(player is not None for player in self._known.values())

    def turn(self, now: float) -> bool:
        """Report the players that have begun or ended; returns whether a player has become free."""
        over = False
        for playback, player in self._known.items():
            if player is None:
                continue
            if not player.begun:
                player.begun = True
                self._post(inputs.PlaybackBegun(at=now, playback=playback))
            if player.ended:
                self._known[playback] = None
                self._post(inputs.PlaybackEnded(at=now, playback=playback))
                over = True
        return over

    def clear(self) -> None:
        """Close all files, before the endpoint."""
        self._known.clear()

    def _file(self, sound: str) -> Path:
        """The file of a sound: a configured one replaces a built-in one of its name."""
        path = self._sounds / f"{sound}.wav"
        return BUILT_IN / path.name if sound in BUILT_IN_SOUNDS and not path.exists() else path

    def _open(self, wanted: PlayedFile) -> Player | None:
        path, now, player = self._made / f"{wanted.id}.wav", time.monotonic(), Player(loop=wanted.loop)
        try:
            if not wanted.made:
                path = self._file(wanted.sound)
            if not path.is_file():  # nor does opening a FIFO hang
                raise FileNotFoundError(f"there is no such file in {path.parent}")
            player.createPlayer(str(path), 0 if wanted.loop else pj.PJMEDIA_FILE_NO_LOOP)
            info, port = player.getInfo(), player.getPortInfo()
            form = port.format  # a part of `port`, which must live as long
            duration = info.sizeSamples / (form.clockRate * form.channelCount)
            player.adjustTxLevel(wanted.volume / 100)  # pjsua2's Tx is the player's sound
        except (OSError, pj.Error, ZeroDivisionError) as error:
            why = error.reason if isinstance(error, pj.Error) else str(error)
            remedy = "Give a WAV file of 16 bit, mono or stereo."
            self._post(
                inputs.PlaybackFailed(at=now, playback=wanted.id, why=f"{path.name} cannot be played: {why}. {remedy}")
            )
            return None
        self._post(inputs.PlaybackOpened(at=now, playback=wanted.id, duration_s=round(duration, 3)))
        return player
