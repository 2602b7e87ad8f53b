"""A headless Chromium, steered by the DevTools protocol."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection

from tests.api.browser import START_S, Page, result_of, running
from tests.support.peers.namespaces import Machine
from tests.support.waiting import until

PROGRAMS = ("chromium", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",  # as root it starts no other way
    "--disable-gpu",
    # Processor time: no process of its own for what nobody looks at, and one for pages, none of which is kept.
    "--in-process-gpu",
    "--disable-features=BackForwardCache",
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--host-resolver-rules=MAP *.home.test 127.0.0.1",  # names of a house, by which a page is no secure context
    "--accept-lang=en-US",  # the machine's language would choose that of the page
    "--remote-debugging-port=0",
]
KEYS = {  # code, text, number
    "Enter": ("Enter", "\r", 13),
    "Space": (" ", " ", 32),
    "Tab": ("Tab", "\t", 9),
    "ArrowLeft": ("ArrowLeft", "", 37),
}
SERVER_ERROR = -32000  # the DevTools protocol's: a call that cannot be carried out, such as on a page that has gone


class ChromiumPage(Page):
    """One tab of a Chromium."""

    def __init__(self, devtools: ClientConnection) -> None:
        super().__init__(devtools)
        self._session: dict[str, str] = {}
        self._own: list[int] = []  # the size of its window
        self._target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}

    def ask(self, method: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        return super().ask(method, params, **self._session, **more)

    def another(self) -> "ChromiumPage":
        return ChromiumPage(self._connection)

    def close(self) -> None:
        result_of(super().ask("Target.closeTarget", {"targetId": self._target}))

    def _go(self, url: str) -> str:
        failed: str = self.send("Page.navigate", url=url).get("errorText", "")
        return failed

    def reload(self) -> None:
        self.send("Page.reload")

    def value(self, script: str) -> Any:
        answer = self.ask("Runtime.evaluate", {"expression": script, "returnByValue": True})
        if answer.get("error", {}).get("code") == SERVER_ERROR:  # the page is being left
            return None
        return result_of(answer)["result"].get("value")

    def _mouse(self, down: bool, x: float, y: float) -> None:
        kind = "mousePressed" if down else "mouseReleased"
        self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, x=x, y=y)

    def _insert(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def key(self, name: str) -> None:
        key, text, number = KEYS.get(name, (name, name, ord(name[0])))
        same = {"key": key, "code": name, "windowsVirtualKeyCode": number}
        self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **same)
        self.send("Input.dispatchKeyEvent", type="keyUp", **same)

    def _resize(self, size: tuple[int, int] | None) -> None:
        """The page learns its new size later: what it is asked by then, it answers for the old one."""
        self._own = self._own or self.value("[innerWidth, innerHeight]")
        if size:
            wanted = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": True}
            self.send("Emulation.setDeviceMetricsOverride", **wanted)
            has = f"matchMedia('(width: {size[0]}px) and (height: {size[1]}px)').matches"
            has += " || document.querySelector('meta[name=viewport]') === null"  # such a page gets another width
        else:
            self.send("Emulation.clearDeviceMetricsOverride")
            has = f"innerWidth === {self._own[0]} && innerHeight === {self._own[1]}"
        until(lambda: self.value(has) is not False, f"a window of {size or self._own}", START_S)

    @contextmanager
    def languages(self, *languages: str) -> Generator[None, None, None]:
        override = {"userAgent": self.value("navigator.userAgent")}
        self.send("Emulation.setUserAgentOverride", acceptLanguage=",".join(languages), **override)
        try:
            yield
        finally:
            self.send("Emulation.setUserAgentOverride", acceptLanguage="en-US,en", **override)

    @contextmanager
    def scheme(self, scheme: str) -> Generator[None, None, None]:
        with self._media("prefers-color-scheme", scheme):
            yield

    @contextmanager
    def still(self) -> Generator[None, None, None]:
        with self._media("prefers-reduced-motion", "reduce"):
            yield

    @contextmanager
    def _media(self, name: str, value: str) -> Generator[None, None, None]:
        self.send("Emulation.setEmulatedMedia", features=[{"name": name, "value": value}])
        try:
            yield
        finally:
            self.send("Emulation.setEmulatedMedia", features=[])

    @contextmanager
    def any_certificate(self) -> Generator[None, None, None]:
        self.send("Security.setIgnoreCertificateErrors", ignore=True)
        try:
            yield
        finally:
            self.send("Security.setIgnoreCertificateErrors", ignore=False)

    @contextmanager
    def offline(self) -> Generator[None, None, None]:
        limits = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.send("Network.enable")
        self.send("Network.emulateNetworkConditions", offline=True, **limits)
        try:
            yield
        finally:
            self.send("Network.emulateNetworkConditions", offline=False, **limits)
            self.send("Network.disable")

    def forget(self) -> None:
        self.send("Storage.clearDataForOrigin", origin="*", storageTypes="all")
        self.send("Network.clearBrowserCookies")
        self.send("Network.clearBrowserCache")
        self.send("Browser.resetPermissions")

    @contextmanager
    def dark(self) -> Generator[None, None, None]:
        self.send("Page.setWebLifecycleState", state="frozen")
        try:
            yield
        finally:
            self.send("Page.setWebLifecycleState", state="active")

    def frames(self) -> list[str]:
        found = self.send("Page.getFrameTree")["frameTree"].get("childFrames", [])
        return [each["frame"]["url"] for each in found]

    def processes(self) -> list[int]:
        every = result_of(super().ask("SystemInfo.getProcessInfo", {}))["processInfo"]
        return [each["id"] for each in every if each["type"] == "renderer"]

    def die(self) -> None:
        self.send("Inspector.enable")
        self._number += 1
        crash = {"id": self._number, "method": "Page.crash", "params": {}}
        self._connection.send(json.dumps(crash | self._session))  # nobody is left to answer
        while json.loads(self._connection.recv(START_S)).get("method") != "Inspector.targetCrashed":
            pass
        self.open("about:blank")  # in a new process

    @contextmanager
    def first(self, statement: str) -> Generator[None, None, None]:
        self.send("Page.enable")
        script = self.send("Page.addScriptToEvaluateOnNewDocument", source=statement)["identifier"]
        try:
            yield
        finally:
            answer = self.ask("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})
            # Between two pages both are asked, and the second one finds it gone.
            assert answer.get("error", {}).get("message") in {None, "Script not found"}, answer
            self.send("Page.disable")


def _address(notice: str) -> tuple[int, str]:
    port, path = notice.split()
    return int(port), path


@contextmanager
def chromium(
    profile: Path, flags: Sequence[str] = (), machine: Machine | None = None
) -> Generator[ChromiumPage, None, None]:
    """flags: more of them. machine: where it runs, another than this one."""
    given = [*FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
    with running(PROGRAMS, given, profile / "DevToolsActivePort", _address, machine=machine) as devtools:
        yield ChromiumPage(devtools)
