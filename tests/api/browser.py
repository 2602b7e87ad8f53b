"""What every headless browser does for the tests; tests/api/chromium.py and tests/api/firefox.py are how."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import traceback
import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from tests.support.peers.namespaces import Machine
from tests.support.waiting import until

ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")  # also where we are killed
START_S = 60.0  # a cold start on a loaded machine
ANSWER_S = 300.0  # of a page that computes: axe-core takes half a minute for a long page, alone on the machine
CLICK_S = 30.0  # from the mouse to the page, on a loaded machine: a second click there would be one too many
AIM = """
window.aim = "waiting";
addEventListener("click", (event) => {
  const wanted = document.querySelector(%s);
  window.aim = wanted === null || wanted.contains(event.target) ? "hit" : "missed";
  if (window.aim === "missed") {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, { capture: true, once: true });
"""
PHONE = {"width": 360, "height": 740}
NO_ANSWER = {"net::ERR_CONNECTION_TIMED_OUT", "Error: NS_ERROR_NET_TIMEOUT"}  # ETIMEDOUT; see tests/doubts.md
ERROR_PAGE = "about:neterror"  # Firefox's own; its address names the error
# How the page is: the browser's own words, where it could not connect; whether it follows the events; what has come.
SEEN = """`${location.href} (${document.documentURI}, ${document.readyState},
  ${document.querySelector("#link")?.dataset.state}, ${performance.now().toFixed()} ms): ${document.body?.innerText}
  ` + performance.getEntries().filter((each) => "responseStatus" in each).slice(-40).map((each) =>
  `${each.responseStatus} from ${each.startTime.toFixed()} to ${each.responseEnd.toFixed()} ms,` +
  ` ${each.transferSize} bytes: ${each.name}`).join("\\n")"""
# An answer to a question for an address that ends so is on its way for longer than that to a later one.
HOLDS_BACK = """{
  const real = window.fetch;
  window.late = null;
  window.fetch = async (...asked) => {
    const answer = await real(...asked);
    if (String(asked[0]).endsWith("%s") && !late) await new Promise((go) => { window.late = go; });
    return answer;
  };
} 0"""
OPENS = 3


@contextmanager
def running(
    names: Sequence[str],
    flags: Sequence[str],
    notice: Path,
    address: Callable[[str], tuple[int, str]],
    env: Mapping[str, str] | None = None,
    machine: Machine | None = None,
) -> Generator[ClientConnection, None, None]:
    """The first of these programs that is installed, and a connection to it.

    notice: the file in which it says where it listens; address: port and path, or a ValueError, from what is in there.
    machine: where it runs, another than this one.
    """
    program = next(filter(None, map(shutil.which, names)), None)
    assert program, f"{names[0]} is not installed (apt install {names[0]})."
    temporary = TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)  # a short path: sockets stand in it
    process = subprocess.Popen(
        [*(machine.within if machine else ()), *ENDS_WITH_US, program, *flags],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": temporary.name, **(env or {})},
        start_new_session=True,
    )

    def listens() -> tuple[int, str] | None:
        assert process.poll() is None, f"{program} ended."
        with suppress(FileNotFoundError, ValueError):
            return address(notice.read_text(encoding="utf-8"))
        return None

    try:
        port, path = until(listens, f"the address of {program}", START_S)
        sock = machine.socket(kind=socket.SOCK_STREAM) if machine else socket.socket()  # past any proxy
        sock.settimeout(START_S)
        sock.connect(("127.0.0.1", port))
        url = f"ws://127.0.0.1:{port}{path}"
        # A browser without processor time is not given up.
        with connect(
            url, sock=sock, max_size=None, open_timeout=START_S, ping_interval=None, close_timeout=1
        ) as connection:
            yield connection
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own group: our child's session, nobody else's
        process.wait(START_S)
        temporary.cleanup()


def result_of(answer: dict[str, Any]) -> dict[str, Any]:
    """What a command gave; it must not have failed."""
    assert "error" not in answer, answer
    result: dict[str, Any] = answer["result"]
    return result


def not_answering(url: str) -> str:
    """What can be seen of a server in this process that takes no connections.

    Its sockets, with their processes and descriptors; the descriptors for which each loop waits; what the threads do.
    """
    port = urlsplit(url).port
    words = ["ss", "--tcp", "--all", "--numeric", "--options", "--processes", f"( sport = :{port} or dport = :{port} )"]
    sockets = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    opened = {each: each.readlink().name for each in Path("/proc/self/fd").iterdir() if each.is_symlink()}
    waits = [(each.parents[1] / "fdinfo" / each.name).read_text() for each, of in opened.items() if "eventpoll" in of]
    threads = ["".join(traceback.format_stack(frame)) for frame in sys._current_frames().values()]
    return "\n".join((sockets, f"{len(opened)} descriptors", *waits, *threads))


class Page(ABC):
    """One tab."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._number = connection, 0
        self.events: deque[dict[str, Any]] = deque(maxlen=100)  # the newest that it has sent unasked

    def ask(self, method: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The answer to a command, which may be an error."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params} | more))
        while True:
            answer: dict[str, Any] = json.loads(self._connection.recv(ANSWER_S))
            if answer.get("id") == self._number:
                return answer
            self.events.append(answer)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a command."""
        return result_of(self.ask(method, params))

    def open(self, url: str) -> None:
        """Go to an address, and leave the old page; again where nothing answered, or the browser showed an error."""
        for _ in range(OPENS):
            why = self._go(url)
            if why not in NO_ANSWER and not why.startswith(ERROR_PAGE):
                return
            warnings.warn(f"{url} did not answer: {why}\n{not_answering(url)}", stacklevel=2)
        raise AssertionError(f"{url} did not answer.")

    @abstractmethod
    def _go(self, url: str) -> str:
        """Go to an address. Returns the browser's word for why it got no page; "" if it did."""

    @abstractmethod
    def reload(self) -> None: ...

    @abstractmethod
    def value(self, script: str) -> Any:
        """What `script` yields; None where it fails, as it does while the page is loading."""

    @abstractmethod
    def _mouse(self, down: bool, x: float, y: float) -> None:
        """Press the mouse's button at this place, or let it go there."""

    @abstractmethod
    def _insert(self, text: str) -> None:
        """Type into what has the focus."""

    @abstractmethod
    def key(self, name: str) -> None:
        """Press and release a key on what has the focus: Enter, Space, Tab, ArrowLeft or a digit."""

    @abstractmethod
    def _resize(self, size: tuple[int, int] | None) -> None:
        """Give the window this size, in CSS pixels, or the one that it had at first."""

    def screens(self, *sizes: tuple[int, int]) -> Generator[tuple[int, int], None, None]:
        """Windows of these sizes, one after the other; then it has its own again."""
        try:
            for each in sizes:
                self._resize(each)
                yield each
        finally:
            self._resize(None)

    @contextmanager
    def screen(self, width: int, height: int) -> Generator[None, None, None]:
        """A window of this size."""
        for _ in self.screens((width, height)):
            yield

    def phone(self) -> AbstractContextManager[None]:
        """A narrow phone."""
        return self.screen(**PHONE)

    @abstractmethod
    def languages(self, *languages: str) -> AbstractContextManager[None]:
        """People who read these languages, the first one best."""

    @abstractmethod
    def scheme(self, scheme: str) -> AbstractContextManager[None]:
        """People who like their pages light or dark."""

    @abstractmethod
    def still(self) -> AbstractContextManager[None]:
        """People who want nothing to move."""

    @abstractmethod
    def any_certificate(self) -> AbstractContextManager[None]:
        """The warning of an unknown certificate is passed over."""

    @abstractmethod
    def offline(self) -> AbstractContextManager[None]:
        """No network."""

    @abstractmethod
    def first(self, statement: str) -> AbstractContextManager[None]:
        """Each page that is opened runs this before its own scripts."""

    @abstractmethod
    def another(self) -> "Page":
        """Another tab of this browser."""

    @abstractmethod
    def close(self) -> None:
        """Close the tab, as its user does."""

    @abstractmethod
    def forget(self) -> None:
        """Forget what pages have left in the browser: cookies, storage, caches, workers and permissions."""

    @abstractmethod
    def dark(self) -> AbstractContextManager[None]:
        """In the background, as on a phone whose screen is off: frozen, or behind another tab."""

    @abstractmethod
    def frames(self) -> list[str]:
        """The addresses of what the page's frames show: of an error, where a frame was refused."""

    @abstractmethod
    def processes(self) -> list[int]:
        """The ids of those that run pages, this one among them."""

    @abstractmethod
    def die(self) -> None:
        """The process that runs the page ends, as where a phone needs its memory."""

    def shows(self, selector: str, text: str) -> None:
        """Wait until the element is there, visible, and has the text in it."""
        script = f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"
        until(
            lambda: text.lower() in (self.value(script) or "").lower(),
            f"{text!r} in {selector}",
            START_S,
            log=lambda: self.value(SEEN),
        )

    def press(self, selector: str) -> None:
        """Press the mouse's button on the middle of the element, as soon as it takes that."""
        self._mouse(True, *self._middle(selector))

    def release(self, selector: str) -> None:
        """Let the mouse's button go on the middle of the element."""
        self._mouse(False, *self._middle(selector))

    def click(self, selector: str) -> None:
        """Press the mouse's button and let it go on the element; again, where the page has just moved it away."""
        until(lambda: self._clicked(selector), f"a click on {selector}", START_S)

    def _clicked(self, selector: str) -> bool:
        """Whether a click on the middle of the element has reached it: what reaches another one is stopped."""
        self.value(AIM % json.dumps(selector))
        self.press(selector)
        self._mouse(False, *self._centre(selector))
        with suppress(AssertionError):
            until(lambda: self.value("window.aim") != "waiting", "the click", CLICK_S)
        return self.value("window.aim") not in {"waiting", "missed"}  # a page that the click opened knows nothing of it

    def type(self, selector: str, text: str) -> None:
        """Insert the text where the element has the focus, which it gets once it is shown."""
        each = f"document.querySelector({json.dumps(selector)})"
        focus = f"((each) => {{ each?.focus(); return each !== null && each === document.activeElement; }})({each})"
        until(lambda: self.value(focus), f"the focus on {selector}", START_S)
        self._insert(text)

    def _middle(self, selector: str) -> tuple[float, float]:
        held = f"document.querySelector({json.dumps(selector)}).closest('[data-held]') !== null"
        until(lambda: self.value(held) is False, selector, START_S, log=lambda: self.value(SEEN))
        return self._centre(selector)

    def _centre(self, selector: str) -> tuple[float, float]:
        seen = (
            "each.scrollIntoView({block: 'center'}); return each.getBoundingClientRect().toJSON();"  # nothing between
        )
        box = self.value(f"((each) => {{ {seen} }})(document.querySelector({json.dumps(selector)}))")
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def log_in(page: Page, address: str) -> None:
    """Open an address with a token in it, and agree to log in by it."""
    page.open(address)
    asked = "document.querySelector('#offer').hidden"
    until(lambda: page.value(asked) is False, "the question", START_S, log=lambda: page.value(SEEN))
    page.click("#offer-yes")


def live(page: Page) -> None:
    """Wait until the page follows the station."""
    state = "document.querySelector('#link').dataset.state"
    until(lambda: page.value(state) == "live", "live", START_S, log=lambda: page.value(SEEN))
