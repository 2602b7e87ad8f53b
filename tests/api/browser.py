"""A headless Chromium, steered by the DevTools protocol."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.waiting import until

START_S = 60.0  # a cold start on a loaded machine
FLAGS = [
    "--headless",
    "--no-sandbox",  # as root it starts no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--accept-lang=en-US",  # the machine's language would choose that of the page
    "--remote-debugging-port=0",
]


class Page:
    """One tab."""

    def __init__(self, devtools: ClientConnection) -> None:
        self._devtools, self._session, self._number = devtools, "", 0
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._devtools.send(json.dumps(message))
        while True:
            answer = json.loads(self._devtools.recv(START_S))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, url: str) -> None:
        self.send("Page.navigate", url=url)

    def value(self, script: str) -> Any:
        """What `script` yields; None where it fails, as it does while the page is loading."""
        return self.send("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def shows(self, selector: str, text: str) -> None:
        """Wait until the element is there, visible, and has the text in it."""
        script = f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"
        until(lambda: text.lower() in (self.value(script) or "").lower(), f"{text!r} in {selector}", START_S)

    def centre(self, selector: str) -> dict[str, float]:
        element = f"document.querySelector({json.dumps(selector)})"
        self.value(f"{element}.scrollIntoView({{block: 'center'}})")
        box = self.value(f"{element}.getBoundingClientRect().toJSON()")
        return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}

    def mouse(self, selector: str, *kinds: str) -> None:
        """`mousePressed` and `mouseReleased` on the middle of the element, as soon as it takes them."""
        held = f"document.querySelector({json.dumps(selector)}).closest('[data-held]') !== null"
        until(lambda: self.value(held) is False, selector, START_S)
        for kind in kinds:
            self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **self.centre(selector))

    def click(self, selector: str) -> None:
        self.mouse(selector, "mousePressed", "mouseReleased")

    def type(self, selector: str, text: str) -> None:
        self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        self.send("Input.insertText", text=text)

    @contextmanager
    def phone(self) -> Generator[None, None, None]:
        """A narrow screen, held upright."""
        self.send("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
        try:
            yield
        finally:
            self.send("Emulation.clearDeviceMetricsOverride")

    def key(self, key: str, code: str, text: str) -> None:
        """Press and release a key on what has the focus."""
        virtual = {"windowsVirtualKeyCode": ord(text)}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=code, text=text, **virtual)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=code, **virtual)


@contextmanager
def chromium(profile: Path) -> Generator[Page, None, None]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "Chromium is not installed (apt install chromium)."
    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        told = profile / "DevToolsActivePort"

        def address() -> list[str]:
            assert process.poll() is None, "Chromium ended."
            return told.read_text().split() if told.exists() else []

        port, path = until(lambda: len(address()) == 2 and address(), "Chromium's address", START_S)
        sock = socket.create_connection(("127.0.0.1", int(port)), START_S)  # past any proxy
        with connect(f"ws://127.0.0.1:{port}{path}", sock=sock, max_size=None, close_timeout=1) as devtools:
            yield Page(devtools)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own group: our child's session, nobody else's
        process.wait(START_S)
