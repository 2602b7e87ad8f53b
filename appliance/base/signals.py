"""Signals that end a program: the first signal ends the program in order, and a later signal disturbs nothing."""

import asyncio
import signal
from collections.abc import Iterable


def ignore(numbers: Iterable[signal.Signals], loop: asyncio.AbstractEventLoop | None = None) -> None:
    """Ignore these signals from now on. loop: has handlers of them, which its end would replace by the default."""
    for number in numbers:
        if loop is not None:
            loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
