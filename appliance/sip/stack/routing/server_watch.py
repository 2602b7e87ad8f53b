"""A server of calls with ICE, checked beside the calls in a thread, so that no call waits for its name or its answer.

pjsua gets the address only while the server answers (packaging/pjsua2/patches).
"""

import queue
import threading
from collections.abc import Callable

import pjsua2 as pj

from appliance.base import times
from appliance.base.errors import reason
from appliance.base.record import Record
from appliance.core import inputs
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.routing.floods import vector


class Watched(Record):
    """The server to watch: its part and its name in events, and the remedy if the server cannot be used.

    words: the parameters that pjsua gets before the address of the server.
    """

    part: str
    name: str
    resolution: str
    words: tuple[str, ...] = ()


class ServerWatch:
    """A configured server.

    check: called in the thread, which must not touch pjsua2; returns the address and port at which the server answers,
    or raises OSError. wake: called in that thread after each check, so that the loop soon calls `turn`.
    """

    def __init__(self, watched: Watched, check: Callable[[], str], post: Post, wake: Callable[[], None]) -> None:
        self._watched, self._check, self._post, self._wake = watched, check, post, wake
        self._found: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._again = threading.Event()
        self._open = threading.Lock()  # held where the engine must still exist
        self._closed = False
        threading.Thread(target=self._watch, daemon=True).start()

    def look_again(self) -> None:
        """The network has changed: check now."""
        self._again.set()

    def turn(self, now: float) -> None:
        """Pass the result of the last check to pjsua, and report it."""
        while not self._found.empty():
            address, why = self._found.get()
            watched = self._watched
            # An empty address: no server. False: without waiting.
            pj.Endpoint.instance().natUpdateStunServers(vector([*watched.words, address]), False)
            if address:
                self._post(inputs.PartRecovered(at=now, part=watched.part))
            else:
                text = f"The {watched.name} cannot be used: {why}"
                failed = inputs.PartFailed(at=now, part=watched.part, why=text, resolution=watched.resolution)
                self._post(failed)

    def close(self) -> None:
        """End the checks. One that a name server delays ends with the process."""
        with self._open:
            self._closed = True
        self._again.set()

    def _watch(self) -> None:
        """Check again and again."""
        while not self._closed:
            try:
                found = self._check(), ""
            except OSError as error:
                found = "", reason(error)
            with self._open:
                if not self._closed:
                    self._found.put(found)
                    self._wake()
            self._again.wait(times.current.ice_server_check_s if found[0] else times.current.ice_server_again_s)
            self._again.clear()
