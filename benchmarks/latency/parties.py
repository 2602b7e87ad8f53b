"""Who talks: a station, baresip or linphone, each with an ideal card of its own (card.py)."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.daemon import Daemon
from tests.support.peers.baresip import Baresip
from tests.support.peers.linphone import Linphone
from tests.support.peers.sound_server import SoundServer
from tests.support.waiting import until

# Takes real-time priority away, with which ALSA's plug-ins of sound servers spin.
PLAIN = ("setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice")
PORT = 5060
# Debian's default but for the jitter buffer's type, which its own configuration file has, too.
BUFFERS = "audio_buffer 20-160\njitter_buffer_type fixed\njitter_buffer_delay 5-10"
MODULES = {"PCMA": "g711", "PCMU": "g711", "G722": "g722", "opus": "opus"}


def mouth(end: str) -> str:
    """The name of that end's microphone."""
    return f"mouth{end}"


def ear(end: str) -> str:
    """The name of that end's speaker."""
    return f"ear{end}"


def through(name: str) -> str:
    """The name by which a card is reached through the sound server."""
    return f"served-{name}"


class Party(ABC):
    """`with Party(…) as one`: it calls, or answers a call once it is asked to.

    within: where it runs. served: whether its cards are those of a sound server (served.py).
    """

    kind: str
    user = "far"

    def __init__(
        self,
        directory: Path,
        end: str,
        address: str,
        codec: str,
        within: Sequence[str] = (),
        *,
        served: bool = False,
    ) -> None:
        self.directory, self.end, self.address, self.codec = directory / f"{self.kind}-{end}", end, address, codec
        self.within = [*within, *(PLAIN if served else ())]
        name = through if served else str
        self.capture, self.playback = name(mouth(end)), name(ear(end))

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *_: object) -> None: ...

    @property
    def uri(self) -> str:
        """Where it is called."""
        return f"sip:{self.user}@{self.address}:{PORT}"

    @abstractmethod
    def call(self, uri: str) -> None:
        """Call somebody."""

    @abstractmethod
    def wait_for_ring(self) -> None:
        """Wait for a call that rings."""

    @abstractmethod
    def answer(self) -> None:
        """Answer it."""

    @abstractmethod
    def hang_up(self) -> None:
        """End the call."""

    @abstractmethod
    def rest(self) -> None:
        """Wait until the call is over for it, too."""


class Station(Party):
    """A station."""

    kind, user = "station", "door"
    _door: Daemon

    def __enter__(self) -> Self:
        self._door = Daemon(
            self.directory,
            within=self.within,
            sip={"address": self.address, "port": PORT, "callers": "anyone", "codecs": [self.codec]},
            audio={"capture": self.capture, "playback": self.playback},
        )
        self._door.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.__exit__()

    def call(self, uri: str) -> None:
        """Call somebody."""
        self._door.begin()
        self._door.ask("POST", "/v1/calls", {"to": uri})

    def wait_for_ring(self) -> None:
        """Wait for a call that rings."""
        self._rings = self._door.rung()

    def answer(self) -> None:
        """Answer it."""
        self._door.ask("POST", f"/v1/calls/{self._rings}/answer")

    def hang_up(self) -> None:
        """End the call."""
        self._door.hang_up_all()

    def rest(self) -> None:
        """Wait until the call is over for it, too."""
        until(lambda: not self._door.get("/v1/calls")["calls"], "the end of all calls")
        self._door.begin()


class PairedBaresip(Baresip):
    """baresip with a card."""

    def __init__(self, party: "BaresipParty") -> None:
        super().__init__(party.directory, party.address, PORT, codec=party.codec.lower())
        self._party = party

    def prepare(self) -> Sequence[str]:
        """Write its configuration, with the card, and return its command."""
        argv = list(super().prepare())
        path = self.directory / "config"
        text = path.read_text(encoding="utf-8")
        for old, new in (
            ("audio_player nothing,nil", f"audio_player alsa,{self._party.playback}"),
            (f"audio_source {self.source}", f"audio_source alsa,{self._party.capture}"),
            ("ausrc_srate 48000\nausrc_channels 2\n", "ausrc_channels 0\nauplay_channels 0\n"),
            ("audio_buffer 20-160\n", ""),
            ("jitter_buffer_delay 1-5", BUFFERS),
            ("module sndfile.so\nmodule ausine.so\nmodule aufile.so\n", "module alsa.so\n"),
            ("module g711.so\n", f"module {MODULES[self._party.codec]}.so\n"),
        ):
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        return [*self._party.within, *argv]


class BaresipParty(Party):
    """Debian's baresip."""

    kind = "baresip"
    _far: PairedBaresip

    def __enter__(self) -> Self:
        self.directory.mkdir()
        self._far = PairedBaresip(self)
        self._far.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._far.__exit__()

    def call(self, uri: str) -> None:
        """Call somebody."""
        self._far.command("dial", uri)

    def wait_for_ring(self) -> None:
        """Wait for a call that rings."""
        self._far.wait("CALL_INCOMING")

    def answer(self) -> None:
        """Answer it."""
        self._far.command("accept")

    def hang_up(self) -> None:
        """End the call."""
        self._far.command("hangup")

    def rest(self) -> None:
        """Wait until the call is over for it, too."""
        self._far.wait("CALL_CLOSED")


class PairedLinphone(Linphone):
    """linphone with a card: ALSA's default PCM, which is its own in its configuration."""

    def __init__(self, party: "LinphoneParty", alsa: Path) -> None:
        super().__init__(party.directory, party.address, SoundServer(party.directory))
        self._party, self._alsa = party, alsa

    def prepare(self) -> Sequence[str]:
        """Write its configuration, with the card, and return its command."""
        argv = list(super().prepare())
        own = f"pcm.!default {{ type asym playback.pcm {self._party.playback} capture.pcm {self._party.capture} }}"
        text = self._alsa.read_text(encoding="utf-8").replace("pcm.!default { type null }", own)
        (self.directory / "alsa.conf").write_text(text, encoding="utf-8")
        config = self.directory / "rc"
        card = "[sound]\nplayback_dev_id=ALSA Unknown: default\ncapture_dev_id=ALSA Unknown: default\n"
        config.write_text(config.read_text(encoding="utf-8").replace("[sound]\n", card), encoding="utf-8")
        return [*self._party.within, *argv]

    @property
    def environment(self) -> Mapping[str, str]:
        """That of ALSA too."""
        return {**os.environ, "HOME": str(self.directory), "ALSA_CONFIG_PATH": str(self.directory / "alsa.conf")}


class LinphoneParty(Party):
    """Debian's linphone."""

    kind, user = "linphone", "linphone"
    _far: PairedLinphone

    def __enter__(self) -> Self:
        self.directory.mkdir()
        self._far = PairedLinphone(self, Path(os.environ["ALSA_CONFIG_PATH"]))
        self._far.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._far.__exit__()

    @property
    def uri(self) -> str:
        """Where it is called."""
        return self._far.uri

    def call(self, uri: str) -> None:
        """Call somebody."""
        self._far.command(f"call {uri}")

    def wait_for_ring(self) -> None:
        """Wait for a call that rings."""
        self._far.wait("IncomingReceived")

    def answer(self) -> None:
        """Answer it."""
        self._far.command("answer")

    def hang_up(self) -> None:
        """End the call."""
        self._far.command("terminate")

    def rest(self) -> None:
        """Wait until the call is over for it, too."""
        self._far.wait("End")
