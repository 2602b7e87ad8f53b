"""Cards that cannot do the rate of calls: the converter of python3-pjsua2, in alsa-lib, by the unit's configuration."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "packaging/pjsua2/debian/alsa/rate_intercomd.c"
CONFIGURATION = ROOT / "packaging/debian/alsa"
LIBRARY = "libasound_module_rate_intercomd.so"
CALLS, PERIOD, SECONDS, LEVEL = 16000, 320, 2, 0.3  # of full scale
KEPT_DB, GONE_DB = 1.0, -80.0
CARD = """
pcm.card {{
    type plug
    slave {{
        pcm {{ type file file "{path}" format raw slave.pcm null }}
        rate {rate}
        channels {channels}
        format {format}
    }}
}}
"""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """A directory of plugins with the converter, and all that alsa-lib has on this machine."""
    directory = tmp_path_factory.mktemp("alsa-lib")
    made = directory / LIBRARY
    words = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-Wl,-z,defs", "-o", made, SOURCE]
    subprocess.run([*words, "-lspeexdsp"], check=True)
    for plugin in Path("/usr/lib").glob("*/alsa-lib/*.so"):
        if not (directory / plugin.name).exists():
            (directory / plugin.name).symlink_to(plugin)
    return directory


class Card:
    """A card of one rate, in software, which keeps what it plays; programs see it as the service sees cards."""

    def __init__(self, directory, plugins, rate, channels=1, format="S16_LE", chosen=""):  # noqa: A002 - ALSA's word
        self.rate, self.channels = rate, channels
        self.type = {"S16_LE": "<i2", "S32_LE": "<i4"}[format]
        self.path, self.configuration = directory / "played", directory / "alsa.conf"
        card = CARD.format(path=self.path, rate=rate, channels=channels, format=format)
        text = (CONFIGURATION / "alsa.conf").read_text().replace("/usr/share/intercomd/alsa", str(CONFIGURATION))
        self.configuration.write_text(text + card + chosen)
        self.environment = {**os.environ, "ALSA_CONFIG_PATH": str(self.configuration), "ALSA_PLUGIN_DIR": str(plugins)}

    def play(self, samples, rate=CALLS, period=0):
        """What it plays, of full scale, if a program plays that; what ALSA says."""
        period = period or PERIOD * rate // CALLS
        words = ["-q", "-D", "card", "-t", "raw", "-f", "S16_LE", "-r", rate, f"--period-size={period}"]
        told = subprocess.run(
            ["aplay", *map(str, words)],
            input=np.round(samples * 32767).astype("<i2").tobytes(),
            env=self.environment,
            capture_output=True,
            timeout=60,
            check=True,
        )
        played = np.frombuffer(self.path.read_bytes(), self.type).reshape(-1, self.channels)
        return played.astype(float) / np.iinfo(self.type).max, told.stderr.decode()


def tone(hertz, rate):
    return LEVEL * np.sin(2 * np.pi * hertz * np.arange(rate * SECONDS) / rate)


def level(samples, hertz, rate):
    """How loud that tone is in the second in the middle, in dB of the tone that was played."""
    part = samples[rate // 2 : rate // 2 + rate]
    window = np.hanning(rate)
    found = np.abs(np.fft.rfft(part * window))[hertz] / window.sum() * 2
    return 20 * np.log10(found / LEVEL + 1e-9)


CARDS = pytest.mark.parametrize(
    ("rate", "channels", "format"),
    [(48000, 1, "S16_LE"), (48000, 2, "S16_LE"), (44100, 2, "S16_LE"), (48000, 2, "S32_LE")],
)


@CARDS
@pytest.mark.parametrize("hertz", [1000, 6000, 7000])
def test_the_sound_of_a_call_is_played_without_images(tmp_path, plugins, rate, channels, format, hertz):  # noqa: A002
    played, told = Card(tmp_path, plugins, rate, channels, format).play(tone(hertz, CALLS))
    assert len(played) == pytest.approx(SECONDS * rate, abs=rate // 50)
    for channel in played.T:
        assert level(channel, hertz, rate) == pytest.approx(0, abs=KEPT_DB)
        assert level(channel, CALLS - hertz, rate) < GONE_DB
    assert "rate" not in told


@pytest.mark.parametrize("rate", [48000, 44100])
@pytest.mark.parametrize(("hertz", "kept"), [(1000, True), (6000, True), (7000, True), (9000, False), (10000, False)])
def test_sound_of_a_card_above_the_band_of_calls_does_not_come_back_within(tmp_path, plugins, rate, hertz, kept):
    """Played the other way round, as alsa-lib's file plug-in records with gaps; the lab's test records."""
    played, _ = Card(tmp_path, plugins, CALLS).play(tone(hertz, rate), rate)
    found = level(played[:, 0], hertz if kept else CALLS - hertz, CALLS)
    assert found == pytest.approx(0, abs=KEPT_DB) if kept else found < GONE_DB


@pytest.mark.parametrize("period", [100, 333])
def test_a_period_that_is_no_whole_number_on_the_card_is_converted_without_gaps(tmp_path, plugins, period):
    """100 frames of 16 kHz are 275.625 of 44.1 kHz: alsa-lib rounds that, so the pitch differs by up to 0.3 %."""
    played, _ = Card(tmp_path, plugins, 44100).play(tone(1000, CALLS), period=period)
    spectrum = np.abs(np.fft.rfft(played[22050:66150, 0] * np.hanning(44100))) ** 2
    found = int(np.argmax(spectrum))
    assert found == pytest.approx(1000, rel=0.003)
    rest = spectrum.sum() - spectrum[found - 25 : found + 26].sum()
    assert 10 * np.log10(rest / spectrum.sum()) < -70


def test_a_converter_that_somebody_has_chosen_is_kept(tmp_path, plugins):
    card = Card(tmp_path, plugins, 48000, chosen='defaults.pcm.rate_converter "linear"\n')
    played, _ = card.play(tone(6000, CALLS))
    assert level(played[:, 0], 10000, 48000) > -30  # an image, as that one has no filter


def test_without_the_converter_sound_is_played_and_nothing_is_said(tmp_path):
    empty = tmp_path / "none"
    empty.mkdir()
    played, told = Card(tmp_path, empty, 48000).play(tone(1000, CALLS))
    assert level(played[:, 0], 1000, 48000) == pytest.approx(0, abs=KEPT_DB)
    assert "libasound_module_rate" not in told
