"""The loop of the process: connects, publishes what is due, and reports to the daemon whether that works."""

import json
import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.base.errors import IntercomError, sentences
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.outlet import faults
from appliance.outlet.complete import Complete, Cursor
from appliance.outlet.link import ONLINE, Down, Link, News, Taken, Unsubscribed, Up
from appliance.outlet.live import States, left_s
from appliance.outlet.settings import Settings
from appliance.outlet.station import Station

log = logging.getLogger(__name__)

ACK = "journal/ack"
MOST = 2000  # events and answers that wait for this loop; while it stands still, the others wait


class Happened(Record):
    """The daemon has reported an event."""

    envelope: Json


class Stop(Record):
    """The daemon ends, or wants this process to."""


class Outlet:
    """One broker. report: gets "" while it works, or why it does not, and what to do."""

    def __init__(self, of: Settings, report: Callable[[str, str], None]) -> None:
        self._of, self._report, self._times = of, report, of.times
        self._inbox: queue.Queue[tuple[Link | None, News | Happened | Stop]] = queue.Queue(MOST)
        self._station = Station(Path(of.socket), of.times)
        self._cursor = Cursor(Path(of.cursor), of.times)
        self._complete = Complete(self._cursor, self._station.page, of.times) if of.journal else None
        self._states = States(self._station.state, of.times) if of.live else None
        self._link: Link | None = None
        self._old = False
        self._again_at, self._pause_s = 0.0, of.times.broker_again_s[0]
        self._denied: set[str] = set()
        self._busy_until = 0.0  # the daemon did not answer

    def run(self) -> None:
        """Work until the daemon ends."""
        threading.Thread(target=self._station.follow, args=[self._happened], name="events", daemon=True).start()
        while True:
            try:
                link, news = self._inbox.get(timeout=self._idle_s())
            except queue.Empty:
                pass
            else:
                if isinstance(news, Stop):
                    self._end()
                    return
                self._take(link, news)
            self._turn()

    def stop(self) -> None:
        """End. For any thread."""
        self._inbox.put((None, Stop()))

    def _happened(self, envelope: Json) -> None:
        self._inbox.put((None, Happened(envelope)))

    def _news(self, link: Link, news: News) -> None:
        self._inbox.put((link, news))

    def _end(self) -> None:
        self._cursor.save(time.monotonic(), last=True)
        if self._link is not None:
            self._link.close()

    # -- what comes in -------------------------------------------------------------------------------------------------

    def _take(self, link: Link | None, news: News | Happened | Stop) -> None:
        if isinstance(news, Happened):
            self._event(news.envelope)
        elif link is not None and link is self._link:  # of a former one, nothing counts any more
            self._answer(link, news)

    def _event(self, envelope: Json) -> None:
        if self._complete is not None:
            self._complete.touch()
        if self._states is None:
            return
        self._states.touch()
        left = left_s(envelope, time.monotonic())
        if self._link is not None and self._link.up and left > 0:
            self._publish(f"event/{envelope['type']}", _text(envelope), expires_s=left)

    def _answer(self, link: Link, news: Any) -> None:
        match news:
            case Up():
                self._begin(link)
            case Down():
                self._lost(news)
            case Taken():
                self._judge(link.taken(news.number), refused=news.refused)
            case Unsubscribed():
                self._judge(f"{self._of.root}/{ACK}", refused=True)
            case _ if self._complete is not None and news.topic == f"{self._of.root}/{ACK}" and not news.retained:
                if not self._complete.acknowledged(news.payload, time.monotonic()):
                    log.warning("%s got what is no id", ACK)

    def _begin(self, link: Link) -> None:
        log.info("broker %s, MQTT %s", self._of.where, "3.1.1" if link.old else "5")
        self._pause_s = self._times.broker_again_s[0]
        self._denied.clear()
        self._publish("availability", ONLINE, retain=True)
        self._publish("state/mqtt", _text({"protocol": "3.1.1" if link.old else "5"}), retain=True)
        if self._states is not None:
            self._states.forget()
        if self._complete is not None:
            self._complete.begin(time.monotonic())
        self._report("", "")

    def _lost(self, news: Down) -> None:
        log.warning("%s", sentences(news.why.message, news.why.cause))
        self._link = None
        # An old broker is asked for the newer version again after each connection that failed.
        self._old = news.old
        least, most = self._times.broker_again_s
        self._again_at = time.monotonic() + (0.0 if news.old else self._pause_s * random.uniform(0.7, 1.3))  # noqa: S311 - no secret
        self._pause_s = min(max(2 * self._pause_s, least), most)
        self._report(sentences(news.why.message, news.why.cause), news.why.resolution)

    def _judge(self, topic: str, *, refused: bool) -> None:
        """Note whether the broker lets us use the topics of that kind."""
        kind = "/".join(topic.split("/")[:3])
        if not topic or refused == (kind in self._denied):
            return
        if refused:
            self._denied.add(kind)
        else:
            self._denied.discard(kind)
        if not self._denied:
            self._report("", "")
            return
        why = faults.of_denial(", ".join(sorted(self._denied)), self._of)
        log.warning("%s", why.message)
        self._report(sentences(why.message, why.cause), why.resolution)

    # -- what goes out -------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        now = time.monotonic()
        if why := self._cursor.save(now):
            log.warning("the place of the journal's reader cannot be kept: %s", why)
        link = self._link
        if link is None:
            if now >= self._again_at:
                topics = (f"{self._of.root}/{ACK}",) if self._complete is not None else ()
                self._link = Link(self._of, self._news, topics, old=self._old)
                self._link.start()
            return
        if not link.up:
            return
        silent = link.silent_since()
        if silent is not None and now - silent > self._times.broker_answers_s:
            link.drop()  # else what waits there would come late
            self._lost(Down(faults.of_end("The broker does not answer any more", self._of)))
            return
        if now >= self._busy_until:
            try:
                self._send(now)
            except IntercomError as error:
                log.warning("%s", sentences(error.message, error.cause))
                self._busy_until = now + self._times.daemon_again_s
                self._again()

    def _send(self, now: float) -> None:
        if self._states is not None:
            for part, text in self._states.changed().items():
                self._publish(f"state/{part}", text, retain=True)
        if self._complete is not None:
            for envelope in self._complete.due(now):
                if not self._publish("journal", _text(envelope)):
                    self._complete.begin(now)
                    return

    def _again(self) -> None:
        if self._states is not None:
            self._states.forget()
        if self._complete is not None:
            self._complete.touch()

    def _publish(self, topic: str, payload: str, *, retain: bool = False, expires_s: float | None = None) -> bool:
        link = self._link
        return link is not None and link.publish(
            f"{self._of.root}/{topic}", payload, retain=retain, expires_s=expires_s
        )

    def _idle_s(self) -> float:
        """How long nothing is due."""
        now = time.monotonic()
        if self._link is None:
            return max(0.0, self._again_at - now)
        due = [now + self._times.outlet_idle_s]
        if self._link.up:
            silent = self._link.silent_since()
            due += [silent + self._times.broker_answers_s] if silent is not None else []
            due += [each for each in self._waits() if each is not None]
        if self._busy_until > now:
            return self._busy_until - now
        return max(0.0, min(due) - now)

    def _waits(self) -> list[float | None]:
        return [
            self._states.due if self._states is not None else None,
            self._complete.again if self._complete is not None else None,
            self._cursor.due,
        ]


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
