"""Lists the sound cards at the start and after each report of the kernel or of udev; costs nothing in between."""

import logging
import select
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.audio.cards import cards
from appliance.base.errors import IntercomError
from appliance.base.uevents import FROM_KERNEL, FROM_UDEV, LARGEST, listen
from appliance.core import inputs
from appliance.core.model import DevicesReason, SoundCard
from appliance.sip.stack.calls.operations import Post

if TYPE_CHECKING:
    import socket

LOG = logging.getLogger(__name__)
FIRST_S = 0.5  # after the start, which has more urgent things to do
SETTLED_S = 0.1  # a card comes in a dozen reports, one for each of its devices; later ones lead to another list
OURS = b"\0SUBSYSTEM=sound\0"


class CardWatch:
    """Posts CardsFound. `fileno` is readable when there is something to do for `turn`."""

    def __init__(
        self, post: Post, changed: Callable[[], None], use: Callable[[float, tuple[SoundCard, ...]], None]
    ) -> None:
        """`changed`: called after each report about a card; `use`: called with each list."""
        self._post, self._changed, self._use = post, changed, use
        self._due: float | None = time.monotonic() + FIRST_S
        self._reason = DevicesReason.START
        self._waits = select.epoll()
        self._socket: socket.socket | None = None
        try:
            self._socket = listen(FROM_KERNEL | FROM_UDEV)
        except OSError as error:
            LOG.warning("Cards that are plugged in later will be noticed within seconds only: %s", error)
        else:
            self._waits.register(self._socket, select.EPOLLIN)

    def fileno(self) -> int:
        """The descriptor, for poll()."""
        return self._waits.fileno()

    @property
    def busy(self) -> bool:
        """Whether cards will be listed soon."""
        return self._due is not None

    def turn(self, now: float) -> None:
        """List the cards if the kernel has reported one, once its reports are complete."""
        if self._waits.poll(0) and self._heard() and self._due is None:
            self._due = now + SETTLED_S
        if self._due is None or now < self._due:
            return
        self._due = None
        try:
            found = cards()
        except IntercomError as error:
            LOG.warning("%s", error)
            return
        if self._reason is DevicesReason.KERNEL:
            self._changed()
        self._post(inputs.CardsFound(at=now, cards=found, reason=self._reason))
        self._reason = DevicesReason.KERNEL
        self._use(now, found)

    def close(self) -> None:
        """Stop listening."""
        self._waits.close()
        if self._socket is not None:
            self._socket.close()

    def _heard(self) -> bool:
        """Read all reports; returns whether one of them is about a sound card."""
        ours = False
        while self._socket is not None:
            try:
                ours = OURS in self._socket.recv(LARGEST) or ours
            except BlockingIOError:
                break
            except OSError:  # overflow: more came than the socket stores, perhaps about a card
                ours = True
        return ours
