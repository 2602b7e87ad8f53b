"""A headless Firefox, steered by WebDriver BiDi."""

import json
import os
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection

from tests.api.browser import ERROR_PAGE, NO_ANSWER, START_S, Page, result_of, running
from tests.support.peers.namespaces import Machine
from tests.support.peers.sound_server import FOUND_BY, SoundServer
from tests.support.waiting import until

PROGRAMS = ("firefox-esr", "firefox")
FLAGS = [
    "--headless",
    "--no-remote",
    "--remote-debugging-port=0",
    "--remote-allow-system-access",  # its own settings, for the languages and the colours that a user chooses
]
QUIET = {
    "MOZ_CRASHREPORTER_DISABLE": "1",
    "MOZ_DISABLE_AUTO_SAFE_MODE": "1",
    "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1",  # else a release overlooks services.settings.server
}
PREFERENCES: dict[str, str | int | bool] = {
    "network.dns.localDomains": "door.home.test",  # a name of a house, by which a page is no secure context
    # All but loopback goes to a proxy that is not there, also what a later release asks for under other names.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "door.home.test",
    "network.proxy.failover_direct": False,
    "network.proxy.allow_bypass": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.http.speculative-parallel-limit": 0,
    # A busy machine is no network that hangs: a page that was not there after 90 s was given up.
    "network.http.connection-timeout": 600,
    "network.http.response.timeout": 600,
    "app.normandy.enabled": False,
    "app.shield.optoutstudies.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.region.network.url": "",
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    # Processor time: one process for pages, none ahead, and ten pictures a second, as nobody looks.
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "fission.autostart": False,
    "layout.frame_rate": 10,
    # No add-ons, also none of its own: to look for them takes a fourth of a start.
    "extensions.enabledScopes": 0,
    "extensions.startupScanScopes": 0,
    "extensions.installDistroAddons": False,
    # No first run, and nothing beside the page.
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.translations.automaticallyPopup": False,
    "signon.rememberSignons": False,
    "media.cubeb.backend": "alsa",
    "ui.prefersReducedMotion": 0,
    "intl.accept_languages": "en-US,en",
    "intl.locale.requested": "en-US",
}
UPGRADE = "`apt-get update && apt-get install firefox-esr` brings that of Debian's security updates."
# Without a sound card it would refuse to play. This one takes all sound at once: Firefox computes as fast as it can.
SILENT_CARD = "pcm.!default { type null }\nctl.!default { type null }\n"
KEYS = {"Enter": "\ue007", "Space": " ", "Tab": "\ue004", "ArrowLeft": "\ue012"}
NUMBERS = {"NaN", "Infinity", "-Infinity", "-0"}
DARK = {"dark": 0, "light": 1}


def plain(value: dict[str, Any]) -> Any:
    """A value of the page as JSON would have it."""
    kind, inside = value["type"], value.get("value")
    if kind == "array":
        return [plain(each) for each in inside or ()]
    if kind == "object":
        return {key: plain(each) for key, each in inside or ()}
    if kind == "number" and inside in NUMBERS:
        return 0 if inside == "-0" else None
    return inside if kind in {"string", "number", "boolean"} else None


class FirefoxPage(Page):
    """One tab of a Firefox, and Firefox's own window."""

    def __init__(self, bidi: ClientConnection, tab: str, window: str) -> None:
        super().__init__(bidi)
        self._tab, self._window = tab, window

    @classmethod
    def only(cls, bidi: ClientConnection) -> Self:
        """The tab with which it starts."""
        page = cls(bidi, "", "")
        session = page.send("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        page._tab = page.send("browsingContext.getTree")["contexts"][0]["context"]
        page._window = page.send("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"][0]["context"]
        version = session["capabilities"]["browserVersion"]
        assert page._window != page._tab, f"Firefox {version} is too old: {UPGRADE}"
        return page

    def another(self) -> "FirefoxPage":
        made = self.send("browsingContext.create", type="tab")["context"]
        return FirefoxPage(self._connection, made, self._window)

    def close(self) -> None:
        self.send("browsingContext.close", context=self._tab)

    def _go(self, url: str) -> str:
        self.value("window.left = true")
        gone = self.ask("browsingContext.navigate", {"context": self._tab, "url": url, "wait": "interactive"})
        if gone.get("message") in NO_ANSWER:
            return str(gone["message"])
        result_of(gone)
        # On a busy machine the answer may come before the old page is left.
        here = f"!window.left || location.href === new URL({json.dumps(url)}).href"
        until(lambda: self.value(here), f"another page, from {url}", START_S)
        self._own("gBrowser.selectedBrowser.focus()")  # the address bar has it first
        shown = str(self.value("document.documentURI"))
        return shown if shown.startswith(ERROR_PAGE) else ""

    def reload(self) -> None:
        self.send("browsingContext.reload", context=self._tab, wait="interactive")

    def value(self, script: str) -> Any:
        answer = self.ask("script.evaluate", {"expression": script} | self._in(self._tab))
        if "error" in answer:  # the page is being left
            return None
        result = answer["result"]
        return plain(result["result"]) if result["type"] == "success" else None

    @staticmethod
    def _in(context: str) -> dict[str, Any]:
        return {"target": {"context": context}, "awaitPromise": False, "resultOwnership": "none"}

    def _own(self, script: str) -> Any:
        """Run a script in Firefox's own window, and return what it yields."""
        result = self.send("script.evaluate", expression=script, **self._in(self._window))
        assert result["type"] == "success", result
        return plain(result["result"])

    def _act(self, kind: str, *actions: dict[str, Any], **more: Any) -> None:
        source = {"type": kind, "id": kind, "actions": actions, **more}
        self.send("input.performActions", context=self._tab, actions=[source])

    def _mouse(self, down: bool, x: float, y: float) -> None:
        move = {"type": "pointerMove", "x": int(x), "y": int(y)}
        self._act("pointer", move, {"type": "pointerDown" if down else "pointerUp", "button": 0})

    def _insert(self, text: str) -> None:
        self._act("key", *({"type": kind, "value": each} for each in text for kind in ("keyDown", "keyUp")))

    def key(self, name: str) -> None:
        self._insert(KEYS.get(name, name))

    def _resize(self, size: tuple[int, int] | None) -> None:
        wanted = {"width": size[0], "height": size[1]} if size else None
        ratio = 1 if size else None
        self.send("browsingContext.setViewport", context=self._tab, viewport=wanted, devicePixelRatio=ratio)

    @contextmanager
    def languages(self, *languages: str) -> Generator[None, None, None]:
        with self._setting("intl.accept_languages", ",".join(languages)):
            yield

    @contextmanager
    def scheme(self, scheme: str) -> Generator[None, None, None]:
        with self._setting("layout.css.prefers-color-scheme.content-override", DARK[scheme]):
            yield

    @contextmanager
    def still(self) -> Generator[None, None, None]:
        with self._setting("ui.prefersReducedMotion", 1):
            yield

    @contextmanager
    def any_certificate(self) -> Generator[None, None, None]:
        yield  # of the whole session, from its beginning

    @contextmanager
    def offline(self) -> Generator[None, None, None]:
        where = {"contexts": [self._tab]}
        self.send("emulation.setNetworkConditions", networkConditions={"type": "offline"}, **where)
        try:
            yield
        finally:
            self.send("emulation.setNetworkConditions", networkConditions=None, **where)

    def forget(self) -> None:
        done = "{ onDataDeleted: () => { window.forgotten = true; } }"
        clear = f"Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_ALL, {done})"
        self._own(f"window.forgotten = false; {clear}; 0")
        until(lambda: self._own("window.forgotten"), "what Firefox forgets", START_S)

    @contextmanager
    def dark(self) -> Generator[None, None, None]:
        front = self.send("browsingContext.create", type="tab")["context"]
        self.send("browsingContext.activate", context=front)
        try:
            yield
        finally:
            self.send("browsingContext.close", context=front)
            self.send("browsingContext.activate", context=self._tab)

    def frames(self) -> list[str]:
        children = "[...gBrowser.selectedBrowser.browsingContext.children]"
        script = f"{children}.map((each) => each.currentWindowGlobal?.documentURI.spec ?? '')"
        return [str(each) for each in self._own(script)]

    def processes(self) -> list[int]:
        return [self._own("gBrowser.selectedBrowser.frameLoader.remoteTab.osPid")]

    def die(self) -> None:
        (process,) = self.processes()
        os.kill(process, signal.SIGKILL)

    @contextmanager
    def first(self, statement: str) -> Generator[None, None, None]:
        function = f"() => {{ {statement}; }}"
        script = self.send("script.addPreloadScript", functionDeclaration=function, contexts=[self._tab])["script"]
        try:
            yield
        finally:
            self.send("script.removePreloadScript", script=script)

    @contextmanager
    def _setting(self, name: str, value: str | int) -> Generator[None, None, None]:
        """A setting of the browser, as its user would change it."""
        kind = "String" if isinstance(value, str) else "Int"
        before = f"Services.prefs.get{kind}Pref({json.dumps(name)})"
        kept = self._own(before)
        self._own(f"Services.prefs.set{kind}Pref({json.dumps(name)}, {json.dumps(value)})")
        try:
            yield
        finally:
            self._own(f"Services.prefs.set{kind}Pref({json.dumps(name)}, {json.dumps(kept)})")


def _address(notice: str) -> tuple[int, str]:
    return json.loads(notice)["ws_port"], "/session"


@contextmanager
def firefox(
    profile: Path,
    preferences: Mapping[str, str | int | bool] | None = None,
    machine: Machine | None = None,
    card: SoundServer | None = None,
) -> Generator[FirefoxPage, None, None]:
    """preferences: more of them. machine: where it runs, another than this one. card: for pages that sound."""
    sound = {"media.cubeb.backend": "pulse"} if card else {}
    wanted = PREFERENCES | sound | dict(preferences or {})
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in wanted.items())
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    alsa = profile / "asound.conf"
    alsa.write_text(SILENT_CARD, encoding="utf-8")
    flags = [*FLAGS, "--profile", str(profile)]
    env = QUIET | {"HOME": str(profile), "ALSA_CONFIG_PATH": str(alsa)}  # it keeps caches at home
    env |= {name: card.environment[name] for name in FOUND_BY} if card else {}
    with running(PROGRAMS, flags, profile / "WebDriverBiDiServer.json", _address, env, machine) as bidi:
        yield FirefoxPage.only(bidi)
