"""Delivery to one receiver: the events of its choice, in order, from a cursor. Each is sent until it is taken.

The receiver's answer (2xx) moves the cursor. An event that it refuses for good, as one that it cannot read, is sent
three times, reported, and left out; everything else is sent until it is taken, or until the journal no longer has it.
While the clocks of both differ, each event is refused for its signature, so none is left out.
"""

import http
import logging
import random
import threading
import time
from pathlib import Path

from appliance.base.errors import IntercomError, sentences
from appliance.base.times import Times
from appliance.base.types import Json
from appliance.outlet.complete import Cursor
from appliance.outlet.live import RING_S
from appliance.outlet.settings import Settings, Webhook
from appliance.outlet.station import Station
from appliance.outlet.steadiness import Steadiness
from appliance.outlet.webhooks import faults, message
from appliance.outlet.webhooks.client import Answer, Client
from appliance.outlet.webhooks.notices import Say, notice
from appliance.outlet.webhooks.questions import Questions

log = logging.getLogger(__name__)

PART = "webhook"
NOTICES = "notification."  # a delivery of these is not reported: else each report would be one more event
TRIES = 3  # of an event that is refused for good
# Of the event itself: it cannot be read, is too large, or of a kind that the receiver does not take.
REFUSALS = {
    http.HTTPStatus.BAD_REQUEST,
    http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    http.HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    http.HTTPStatus.UNPROCESSABLE_ENTITY,
}


class Webhooks:
    """All receivers. say: gets lines for the daemon: a part that fails or works, and what became of an event."""

    def __init__(self, of: Settings, say: Say) -> None:
        self._station = Station(Path(of.socket), of.times)
        self._receivers = [Receiver(each, self._station, of.times, say) for each in of.webhooks]
        self._questions = [Questions(each, of, say) for each in of.webhooks if each.ask]

    def start(self) -> None:
        """Deliver, in threads of their own."""
        threading.Thread(target=self._station.follow, args=[self._happened], name="webhooks", daemon=True).start()
        for receiver in self._receivers:
            receiver.start()

    def stop(self) -> None:
        """End. What is on the way is sent again at the next start."""
        for receiver in self._receivers:
            receiver.stop()

    def _happened(self, envelope: Json) -> None:
        for question in self._questions:
            question.happened(envelope)
        for receiver in self._receivers:
            receiver.wake()


class Receiver:
    """One receiver."""

    def __init__(self, of: Webhook, station: Station, times: Times, say: Say) -> None:
        self._of, self._station, self._times, self._say = of, station, times, say
        self._client, self._cursor = Client(of, times), Cursor(Path(of.cursor), times)
        self._news, self._ended = threading.Event(), threading.Event()
        self._works: bool | None = None
        self._steadiness = Steadiness(2 * times.webhook_again_s[1])
        self._lock = threading.Lock()  # of the cursor's file

    def start(self) -> None:
        """Deliver, in a thread of its own."""
        threading.Thread(target=self._run, name=f"webhook {self._of.name}", daemon=True).start()

    def wake(self) -> None:
        """The journal has a new event. For any thread."""
        self._news.set()

    def stop(self) -> None:
        """End, and keep the place. For any thread."""
        self._ended.set()
        self._news.set()
        self._save(last=True)

    def _run(self) -> None:
        self._begin()
        while not self._ended.is_set():
            self._news.clear()
            try:
                page = self._station.page(self._cursor.at)
            except IntercomError as error:
                log.warning("%s", sentences(error.message, error.cause))
                self._ended.wait(self._times.daemon_again_s)
                continue
            for envelope in page:
                if not self._passed(envelope):
                    return
            if not page:
                self._news.wait(self._idle_s())
            self._believe()
            self._save()

    def _idle_s(self) -> float:
        """How long nothing is due."""
        due = [each for each in (self._cursor.due, self._steadiness.due if self._works else None) if each is not None]
        return max(0.0, min(due) - time.monotonic()) if due else self._times.outlet_idle_s

    def _begin(self) -> None:
        """A receiver that is new gets what happens from now on; so does another station, as what is old is over."""
        if self._of.to_station:
            self._cursor.at = 0
        while self._cursor.at == 0 and not self._ended.is_set():
            try:
                self._cursor.at = max(1, self._station.last())
            except IntercomError:  # it starts, or ends
                self._ended.wait(self._times.daemon_again_s)
        self._save(last=True)

    def _passed(self, envelope: Json) -> bool:
        """Deliver an event, if it is wanted; False: this process ends."""
        if message.wanted(self._of, envelope) and not self._delivered(envelope):
            return False
        self._cursor.at = envelope["id"]
        self._save()
        return True

    def _delivered(self, envelope: Json) -> bool:
        """Send an event until it is taken or left out; False: this process ends."""
        if self._is_over(envelope):
            self._tell(envelope, Answer(0), faults.of_age(self._of))
            return True
        event = message.cloud_event(envelope, self._of.source)
        least, most = self._times.webhook_again_s
        pause_s, tries, failed = least, 0, False
        while not self._ended.is_set():
            body, headers = message.request(self._of, event)
            answer = Answer(0)
            try:
                answer = self._client.post(body, headers, self._times.webhook_answers_s)
                apart = answer.clocks_apart
                why = None if answer.taken else faults.of_status(answer.status, self._of, clocks_apart=apart)
            except IntercomError as error:
                why = error
            if why is None:
                self._judge(None)
                self._tell(envelope, answer)
                return True
            tries = tries + 1 if answer.status in REFUSALS and not answer.clocks_apart else 0
            left_out = tries == TRIES or self._is_over(envelope)
            wait_s = min(max(pause_s, answer.wait_s), most) * random.uniform(0.7, 1.3)  # noqa: S311 - no secret
            if left_out or not failed:
                self._tell(envelope, answer, why, None if left_out else wait_s)
            if left_out:
                log.warning("event %s is left out for %s: it answers %s", event["id"], self._of.name, answer.status)
                return True
            self._judge(why)
            failed, pause_s = True, min(2 * pause_s, most)
            self._save()
            self._ended.wait(wait_s)
        return False

    def _is_over(self, envelope: Json) -> bool:
        """Whether an event is too old for another station, which acts on present events only."""
        return self._of.to_station and time.monotonic() - float(envelope["uptime"]) > RING_S

    def _tell(
        self, envelope: Json, answer: Answer, why: IntercomError | None = None, again_s: float | None = None
    ) -> None:
        """Report what became of an event, if that is wanted; an event that is left out, in any case."""
        kind = envelope["type"]
        left_out = why is not None and again_s is None
        if kind.startswith(NOTICES) or not (left_out or message.fits(kind, self._of.report)):
            return
        said = notice(self._of, envelope, answer.status, why)
        self._say({"notice": said if why is None else said | {"again_s": again_s}})

    def _judge(self, why: IntercomError | None) -> None:
        """Report when the receiver begins to fail, for another reason, and when it works again."""
        part = f"{PART}.{self._of.name}"
        if why is not None:
            if self._works is not False:
                log.warning("%s", sentences(why.message, why.cause))
                self._steadiness.ends(time.monotonic())
            self._say({"part": part, "why": sentences(why.message, why.cause), "resolution": why.resolution})
        elif self._works is not True:
            self._steadiness.begins(time.monotonic())
            if not self._steadiness.doubted:
                self._say({"part": part, "why": "", "resolution": ""})
        self._works = why is None

    def _believe(self) -> None:
        """Report that it works again, if that was in doubt and has lasted."""
        if self._works and self._steadiness.believed(time.monotonic()):
            self._say({"part": f"{PART}.{self._of.name}", "why": "", "resolution": ""})

    def _save(self, *, last: bool = False) -> None:
        with self._lock:
            if why := self._cursor.save(time.monotonic(), last=last):
                log.warning("the place of the receiver %s cannot be kept: %s", self._of.name, why)
