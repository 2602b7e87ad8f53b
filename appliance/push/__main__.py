"""The process: `python -m appliance.push`, started by the daemon for one ring.

Its first line of input is `First`, as JSON; a second one, `News`, says how the ring has ended. Then, or at the end of
its input, it sends what is left and ends. Each line of its output is `Outcome` or `Fault`.
"""

import ctypes
import logging
import os
import queue
import resource
import signal
import ssl
import sys
import threading
import time
from typing import TYPE_CHECKING

import msgspec

from appliance.base import libraries
from appliance.push import deliver
from appliance.push.settings import Device, Fault, First, News, Outcome, line

if TYPE_CHECKING:
    from appliance.push.message import Signer

MEMORY_BYTES = 192 * 2**20
STACK_BYTES = 512 * 1024
NICENESS = 5  # the call itself comes first
PR_SET_PDEATHSIG = 1

_speaking = threading.Lock()


def main() -> int:
    """Send; 1: a library is missing, or the key is damaged."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: the daemon ends us
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.stack_size(STACK_BYTES)
    logging.basicConfig(level=logging.INFO, format="push: %(levelname)s %(message)s")
    begin = sys.stdin.buffer.readline()
    if not begin:
        return 0
    of = msgspec.json.decode(begin, type=First)
    try:
        from appliance.push import message  # noqa: PLC0415  late: its libraries are optional
    except ImportError as error:
        remedy = libraries.remedy("python3-http-ece python3-py-vapid", "http-ece py-vapid")
        _say(Fault(f"The libraries for notifications are not installed. {error}.", remedy))
        return 1
    try:
        signer = message.Signer(of)
    except ValueError as error:
        remedy = "Remove push.key of the state, and turn notifications on again on each device."
        _say(Fault(f"The station's key for notifications is damaged: {error}.", remedy))
        return 1
    senders = [Sender(of, device, signer) for device in of.devices]
    if end := sys.stdin.buffer.readline():
        news = msgspec.json.decode(end, type=News)
        for each in senders:
            each.put(news)
    until = time.monotonic() + of.times.push_ends_s
    for each in senders:
        each.end(until)
    sys.stdout.flush()
    os._exit(0)  # a thread may still wait for a service that is silent


class Sender:
    """Sends to one device, one message after the other, in a thread of its own: no service holds the others up."""

    def __init__(self, of: First, device: Device, signer: "Signer") -> None:
        self._of, self._device, self._signer = of, device, signer
        self._news: queue.SimpleQueue[News | None] = queue.SimpleQueue()
        self.put(of.news)
        self._thread = threading.Thread(target=self._run, name=device.id, daemon=True)
        self._thread.start()

    def put(self, news: News) -> None:
        """Send this, too."""
        self._news.put(news)

    def end(self, until: float) -> None:
        """Wait until all is sent, or until that time of CLOCK_MONOTONIC."""
        self._news.put(None)
        self._thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while (news := self._news.get()) is not None:
            try:
                self._send(news)
            except deliver.RefusedError as error:
                _say(Outcome(self._device.id, str(error), error.gone))
                if error.gone:
                    return
            else:
                _say(Outcome(self._device.id))

    def _send(self, news: News) -> None:
        """Send one message; once more if the service could not be reached. Raises RefusedError."""
        from appliance.push import message  # noqa: PLC0415  late: main has imported it

        device, patience_s = self._device, self._of.times.push_answers_s
        try:
            body = message.encrypted(device, self._of.station, news)
        except ValueError as error:
            raise deliver.RefusedError("The keys of the device cannot be used.") from error
        signed = message.headers(news, self._signer.sign(device.endpoint))
        try:
            deliver.post(device.endpoint, signed, body, _context(), patience_s)
        except deliver.RefusedError as error:
            if error.gone or not isinstance(error.__cause__, OSError):
                raise
            time.sleep(self._of.times.push_again_s)
            deliver.post(device.endpoint, signed, body, _context(), patience_s)


def _context() -> ssl.SSLContext:
    global _trusted  # noqa: PLW0603 - reading the system's authorities takes longer than all else
    with _speaking:
        if _trusted is None:
            _trusted = ssl.create_default_context()
        return _trusted


_trusted: ssl.SSLContext | None = None


def _say(what: Outcome | Fault) -> None:
    with _speaking:
        sys.stdout.buffer.write(line(what))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
