"""Asterisk's detector of answering machines (AMD) on the same sounds: played to it by calls within Asterisk.

AMD has the settings of its own amd.conf, as Debian ships it.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.hearing import sounds
from tests.support.peers.asterisk import ROOT, Asterisk
from tests.support.waiting import until

AT_ONCE = 20
PATIENCE_S = 120.0
ANSWERS = {"HUMAN": "person", "MACHINE": "machine", "NOTSURE": "unsure", "HANGUP": "unsure"}
DIALPLAN = """[play]
exten => _clip.,1,Answer()
 same => n,Playback(/peer/clips/${EXTEN})
 same => n,Wait(10)
 same => n,Hangup()
[judge]
exten => _clip.,1,Answer()
 same => n,AMD()
 same => n,Verbose(0,amd ${EXTEN} ${AMDSTATUS})
 same => n,Hangup()
"""
CALL = "Channel: Local/{name}@play\nContext: judge\nExtension: {name}\nPriority: 1\n"


class Judge(Asterisk):
    """An Asterisk that calls itself: one end plays a clip, the other runs AMD."""

    def _files(self, modules: str) -> dict[str, str]:
        files = super()._files(modules)
        files["modules.conf"] += "".join(f"load={name}.so\n" for name in ("app_amd", "app_playback", "pbx_spool"))
        files["extensions.conf"] += DIALPLAN
        files["amd.conf"] = (ROOT / "etc/asterisk/amd.conf").read_text(encoding="utf-8")
        return files

    def judge(self, clips: list[sounds.Clip], first: int) -> list[str]:
        """Who has answered in each clip, which all play at once."""
        names = [f"clip{first + number}" for number in range(len(clips))]
        for name, clip in zip(names, clips, strict=True):
            pcm = np.clip(np.rint(clip.sound), -32768, 32767).astype("<i2")
            (self.directory / "clips" / f"{name}.sln").write_bytes(pcm.tobytes())
        for name in names:
            made = self.directory / f"{name}.call"
            made.write_text(CALL.format(name=name), encoding="utf-8")
            made.rename(self.directory / "state" / "outgoing" / made.name)
        until(lambda: set(names) <= self.judged.keys(), "AMD", patience=PATIENCE_S)
        return [ANSWERS[self.judged[name]] for name in names]

    @property
    def judged(self) -> dict[str, str]:
        """The clips and AMD's words."""
        return dict(re.findall(r"amd (clip\d+) (\w+)", self.log))


def judged(clips: list[sounds.Clip]) -> Iterator[tuple[sounds.Clip, str]]:
    """Each clip, and who has answered in it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "clips").mkdir()
        (Path(folder) / "state" / "outgoing").mkdir(parents=True)
        with Judge(Path(folder)) as asterisk:
            for first in range(0, len(clips), AT_ONCE):
                part = clips[first : first + AT_ONCE]
                yield from zip(part, asterisk.judge(part, first), strict=True)
