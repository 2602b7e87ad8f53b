"""Browsers as residents' phones: with a microphone that plays a tone, logged in at the station's page."""

import io
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from appliance.base.types import Json
from tests.api.browser import START_S, Page, log_in
from tests.api.chromium import chromium
from tests.api.firefox import firefox
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import Machine
from tests.support.peers.sounds import levels_of
from tests.support.waiting import until

STATION_HZ, PHONE_HZ = 700.0, 1000.0
HEARD_DB = -45.0
SCOPES = ("view", "call", "listen", "door")
FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
PREFERENCES: Mapping[str, str | int | bool] = {
    "network.proxy.type": 0,  # the cable leads nowhere else
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.navigator.audio.fake_frequency": int(PHONE_HZ),
    # No card: the silent one takes all sound at once; beside a microphone a busy Firefox filled 15 GB in ten seconds.
    "media.cubeb.force_null_context": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
}
# The page's own sound, as the tests hear it; and its microphone as it is: a tone is noise to a browser.
# What the page has asked for: the microphone, so many times; and means to work with sound.
EARS = """
  window.connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
      window.energy = 0;  // of this connection: the one before may have got far more
    }
  };
  const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  window.askings = 0;
  if (ask) navigator.mediaDevices.getUserMedia = async () => {
    window.askings += 1;
    return (window.microphone = await ask(
      { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } }));
  };
  window.contexts = [];
  window.AudioContext = class extends AudioContext {
    constructor(...given) { super(...given); window.contexts.push(this); }
  };
  window.energy = 0;
  setInterval(async () => {
    const connection = window.connections.at(-1);
    if (!connection || connection.connectionState !== "connected") return;
    const found = await connection.getStats();
    if (connection !== window.connections.at(-1)) return;
    found.forEach((each) => {
      if (each.type === "inbound-rtp") window.energy = each.totalAudioEnergy;
    });
  }, 100);
"""


EAR_HZ = 48000
# A second of what the page plays, in that rate: an AudioContext would not run in a Firefox without a card.
LISTEN = """{
  window.heard = null;
  const recorder = new MediaRecorder(document.querySelector("#talk-sound").srcObject);
  recorder.ondataavailable = async ({ data }) => {
    const decoder = new OfflineAudioContext(1, 1, 48000);
    window.heard = await data.arrayBuffer().then((file) => decoder.decodeAudioData(file)).then(
      (sound) => [...sound.getChannelData(0)], () => [0]);
  };
  recorder.start();
  setTimeout(() => recorder.stop(), 1000);
}"""
SOUND = """[window.energy, document.visibilityState, document.querySelector("#talk-sound")?.paused,
  window.connections.map((each) => [each.connectionState, each.iceConnectionState])]"""


class Phone:
    """A browser, logged in. who: the client, as the station names it."""

    def __init__(self, page: Page, door: Daemon, who: str, url: str) -> None:
        self.page, self.door, self.who, self.url = page, door, who, url

    def home(self) -> None:
        """The page as it opens, without a call."""
        self.page.open("about:blank")
        until(lambda: self.page.value("location.href") == "about:blank", patience=START_S)
        self.page.open(self.url)
        self.page.shows("#link-text", "live")
        until(lambda: self.page.value("!document.querySelector('template[data-later=talk]')"), "what talks", START_S)

    def another(self) -> "Phone":
        """A second tab, at the page."""
        other = Phone(self.page.another(), self.door, self.who, self.url)
        other.page.open(self.url)
        other.page.shows("#link-text", "live")
        until(lambda: other.page.value("!document.querySelector('template[data-later=talk]')"), "what talks", START_S)
        return other

    def talk(self) -> str:
        """Press Talk at the door: the call's id, once people can talk."""
        self.page.click("#to-talk")
        return self.talks()

    def talks(self) -> str:
        """The id of the call of this browser, once people can talk.

        On a machine that stood still, a call had no sound for 3 s and has ended: the page then calls again.
        """
        while True:
            try:
                call: str = self.door.next("call.incoming", display_name=self.who)["call"]
            except AssertionError as error:
                error.add_note(f"The page says: {self.page.value('document.body.innerText')[-2000:]}")
                raise
            heard = until(partial(self._heard, call), "sound of a call, or its end")
            if heard["type"] == "media.started":
                return self.door.talk(call)

    def _heard(self, call: str) -> Json | None:
        return next(iter([*self.door.of("media.started", call), *self.door.of("call.ended", call)]), None)

    def until_heard(self) -> None:
        """The browser hears the station."""
        before = self.page.value("window.energy")
        more = (before or 0) + 1e-3
        until(lambda: (self.page.value("window.energy") or 0) > more, "sound in the browser", START_S, self._sound)

    def until_hears(self, *hertz: float) -> None:
        """The browser plays all of these tones at once."""

        def levels() -> list[float]:
            self.page.value(LISTEN)
            samples = until(lambda: self.page.value("window.heard"), "a second of sound", START_S)
            return levels_of(np.array(samples) * 32768, EAR_HZ, *hertz)

        until(lambda: min(levels()) > HEARD_DB, f"{hertz} Hz in the browser", START_S, self._sound)

    def _sound(self) -> str:
        """What may keep sound away, for a test that fails."""
        return str((self.page.value(SOUND), self.door.told()))

    def explains(self, what: str) -> None:
        """The page says why it does not work, and what to do."""
        self.page.shows("#banner", what)
        assert self.page.value("document.querySelector('#banner-why').innerText")


def recorded(door: Daemon, call: str) -> tuple[Any, int]:
    """The two sides of the recording of a call that is over, and its rate in Hz."""
    made = door.wait("recording.available", call)["data"]["recording"]
    with wave.open(io.BytesIO(door.get(f"/v1/recordings/{made}/audio"))) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
        return frames.reshape(-1, file.getnchannels()).T, file.getframerate()


def received(door: Daemon, call: str) -> int:
    """How many packets of the far end the station has got."""
    return int((door.get(f"/v1/calls/{call}")["quality"] or {}).get("received", 0))


def until_received(door: Daemon, call: str, more: int = 50) -> None:
    """The station gets so many more packets."""
    before = received(door, call)
    until(lambda: received(door, call) >= before + more, "packets of the browser")


def note_end(
    record: Callable[[str, object], None], door: Daemon, call: str, what: str, since: float | None = None
) -> None:
    """Note how long after a moment, or after its answer, a call has ended, by the station's clock; no limit for it."""
    (ended,) = door.of("call.ended", call)
    begin = door.of("call.connected", call)[0]["uptime"] if since is None else since
    words, seconds = f"{what}: seconds to the end of the call", round(ended["uptime"] - begin, 3)
    record(words, seconds)
    print(f"{words}: {seconds}")


@contextmanager
def phone(
    kind: str,
    directory: Path,
    machine: Machine,
    door: Daemon,
    scopes: tuple[str, ...] = SCOPES,
    *,
    flags: tuple[str, ...] = (),
    preferences: Mapping[str, str | int | bool] | None = None,
    who: str = "",
) -> Iterator[Phone]:
    """A browser that is logged in by a token of its own, with the name of its kind unless `who` is another."""
    directory.mkdir(exist_ok=True)
    who = who or f"{kind}-{directory.name}"
    made = door.post("/v1/tokens", {"name": who, "scopes": list(scopes)})
    url = (door.directory / "http.address").read_text().strip()
    with BROWSERS[kind](directory, machine, flags, preferences or {}) as page, page.first(EARS):
        log_in(page, f"{url}#token={made['text']}")
        page.shows("#link-text", "live")
        yield Phone(page, door, who, url)
    door.ask("DELETE", f"/v1/tokens/{made['token']['id']}")


@contextmanager
def _chromium(
    directory: Path, machine: Machine, flags: tuple[str, ...], _: Mapping[str, str | int | bool]
) -> Iterator[Page]:
    sound = directory / "microphone.wav"
    rate = 48000
    samples = (8000 * np.sin(2 * np.pi * PHONE_HZ * np.arange(rate * 2) / rate)).astype("<i2")
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    given = (*FLAGS, f"--use-file-for-fake-audio-capture={sound}", *flags)
    with chromium(directory / "profile", given, machine) as page:
        yield page


@contextmanager
def _firefox(
    directory: Path, machine: Machine, _: tuple[str, ...], preferences: Mapping[str, str | int | bool]
) -> Iterator[Page]:
    profile = directory / "profile"
    profile.mkdir()
    with firefox(profile, {**PREFERENCES, **preferences}, machine) as page:
        yield page


BROWSERS: dict[str, Any] = {"chromium": _chromium, "firefox": _firefox}
MICROPHONE = tuple(BROWSERS)
