"""Ideal cards behind a PulseAudio of its own: what a sound server adds."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.latency.parties import ear, mouth, through
from tests.support.peers.sound_server import SoundServer
from tests.support.waiting import until

# Four fragments of 10 ms, by the card's interrupts: the default, two seconds by timer, is for music.
CARD = "rate=48000 channels=2 tsched=0 mmap=0 fragments=4 fragment_size=1920"
PCM = """pcm.{name} {{
    type pulse
    server "unix:{socket}"
    device "{card}"
    hint {{ show on description "An ideal sound card behind PulseAudio" }}
}}
"""


class CardServer(SoundServer):
    """PulseAudio with the cards of these ends."""

    def __init__(self, directory: Path, config: Path, ends: Sequence[str]) -> None:
        super().__init__(directory)
        self._config, self._ends = config, ends
        self.environment["ALSA_CONFIG_PATH"] = str(config)

    def start(self) -> None:
        """Start it, and add the names of its cards to ALSA's configuration."""
        modules = [f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}"]
        for end in self._ends:
            modules.append(f"module-alsa-sink device={ear(end)} sink_name={ear(end)} {CARD}")
            modules.append(f"module-alsa-source device={mouth(end)} source_name={mouth(end)} {CARD}")
        argv = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"]
        argv += [argument for module in modules for argument in ("-L", module)]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, env=self.environment, stdout=log, stderr=log)
        until(lambda: ear(self._ends[-1]) in self.ask("list", "short", "sinks"), "the sound server")
        cards = [each(end) for end in self._ends for each in (mouth, ear)]
        with self._config.open("a", encoding="utf-8") as file:
            file.writelines(PCM.format(name=through(card), card=card, socket=self.socket) for card in cards)


@contextmanager
def serving(directory: Path, config: Path, ends: Sequence[str]) -> Iterator[None]:
    """Let these ends' cards be reached through a sound server, too, in the block. config: of ALSA."""
    directory.mkdir()
    server = CardServer(directory, config, ends)
    try:
        server.start()
        yield
    finally:
        server.kill()
