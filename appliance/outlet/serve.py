"""The loop of the process: connects, publishes what is due, takes orders, and reports whether that works."""

import http
import json
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from appliance.base.errors import IntercomError, reason, sentences
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.outlet import faults, home_assistant
from appliance.outlet.complete import Complete, Cursor
from appliance.outlet.home_assistant import Announcements
from appliance.outlet.link import ONLINE, Down, Heard, Link, News, Taken, Unsubscribed, Up
from appliance.outlet.live import States, left_s
from appliance.outlet.orders import ANSWER_S, HOME_ASSISTANT, Answered, Orders
from appliance.outlet.settings import Settings
from appliance.outlet.station import Station
from appliance.outlet.steadiness import Steadiness

log = logging.getLogger(__name__)

ACK = "journal/ack"
MOST = 2000  # events and answers that wait for this loop; while it stands still, the others wait


class Happened(Record):
    """The daemon has reported an event."""

    envelope: Json


class Stop(Record):
    """The daemon ends, or wants this process to."""


class Outlet:
    """One broker. report: gets "" while it works, or why it does not, and what to do.

    refused: gets an order that was not carried out, why, and how many others there were since the last one.
    """

    def __init__(
        self, of: Settings, report: Callable[[str, str], None], refused: Callable[[str, str, int], None]
    ) -> None:
        self._of, self._report, self._times = of, report, of.times
        self._inbox: queue.Queue[tuple[Link | None, News | Answered | Happened | Stop]] = queue.Queue(MOST)
        self._station = Station(Path(of.socket), of.times)
        self._cursor = Cursor(Path(of.cursor), of.times)
        self._complete = Complete(self._cursor, self._station.page, of.times) if of.journal else None
        self._states = States(self._station.state, of.times) if of.live else None
        self._orders = Orders(of, self._station, self._answered, refused) if of.token else None
        self._announcements = Announcements(of)
        self._recorded = False  # a recording has come or gone
        self._token_known = False  # whether the token of orders was looked for
        self._tokenless: IntercomError | None = None
        self._link: Link | None = None
        self._old = False
        self._again_at, self._pause_s = 0.0, of.times.broker_again_s[0]
        # Two clients of one name end each other's connections, after the longest pause at most.
        self._steadiness = Steadiness(2 * of.times.broker_again_s[1])
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

    def _answered(self, link: Link, answered: Answered) -> None:
        self._inbox.put((link, answered))

    def _end(self) -> None:
        self._cursor.save(time.monotonic(), last=True)
        if self._link is not None:
            self._link.close()

    # -- what comes in -------------------------------------------------------------------------------------------------

    def _take(self, link: Link | None, news: News | Answered | Happened | Stop) -> None:
        if isinstance(news, Happened):
            self._event(news.envelope)
        elif isinstance(news, Answered):
            self._answer_order(link, news)
        elif link is not None and link is self._link:  # of a former one, nothing counts any more
            self._answer(link, news)

    def _event(self, envelope: Json) -> None:
        if envelope["type"].startswith("access.token_"):
            self._token_known = False
        if self._complete is not None:
            self._complete.touch()
        if self._states is None:
            return
        self._states.touch()
        self._recorded |= envelope["type"].startswith("recording.")
        left = left_s(envelope, time.monotonic())
        if self._link is not None and self._link.up and left > 0:
            self._publish(f"event/{envelope['type']}", _text(envelope), expires_s=left)

    def _answer(self, link: Link, news: Any) -> None:
        match news:
            case Up():
                self._begin(link)
            case Down():
                self._lost(link, news)
            case Taken():
                topic = link.taken(news.number)
                if not news.refused:
                    self._announcements.taken(topic)
                self._judge(topic, refused=news.refused)
            case Unsubscribed():
                self._judge(news.topic, refused=True)
            case _:
                self._heard(link, news)

    def _heard(self, link: Link, heard: Heard) -> None:
        if self._orders is not None and self._orders.takes(heard.topic):
            refused = self._orders.take(link, heard)
            if refused is not None:
                self._answer_order(link, refused)
        elif heard.retained:
            pass  # old news
        elif heard.topic == home_assistant.birth(self._of) and heard.payload == b"online":
            pause_s = random.uniform(*self._times.announced_again_s)  # noqa: S311 - no secret
            self._announcements.born(time.monotonic() + pause_s)
        elif (
            self._complete is not None
            and heard.topic == f"{self._of.root}/{ACK}"
            and not self._complete.acknowledged(heard.payload, time.monotonic())
        ):
            log.warning("%s got what is no id", ACK)

    def _answer_order(self, link: Link | None, news: Answered) -> None:
        """Say what became of an order: to its sender by its connection, and to the daemon if nothing was done."""
        if news.refused and self._orders is not None:
            self._orders.refused(news, time.monotonic())
        if news.topic and link is not None and link is self._link:
            link.publish(news.topic, news.text, expires_s=ANSWER_S, correlation=news.heard.correlation)

    def _begin(self, link: Link) -> None:
        log.info("broker %s, MQTT %s", self._of.where, "3.1.1" if link.old else "5")
        self._steadiness.begins(time.monotonic())
        self._denied.clear()
        self._recorded = True
        for where in self._announcements.begin():
            link.publish(where, "", retain=True)
        protocol = _text({"protocol": "3.1.1" if link.old else "5"})
        self._retain({"availability": ONLINE, "state/mqtt": protocol})
        if self._states is not None:
            self._states.forget()
        if self._complete is not None:
            self._complete.begin(time.monotonic())
        self._token_known = False
        self._report_now()

    def _lost(self, link: Link, news: Down) -> None:
        now, why = time.monotonic(), news.why
        least, most = self._times.broker_again_s
        if link.up and self._steadiness.ends(now):
            self._pause_s = least
        elif link.up and self._steadiness.doubted:
            why = faults.of_short_ones(why.cause, self._of)
        log.warning("%s", sentences(why.message, why.cause))
        self._link = None
        # An old broker is asked for the newer version again after each connection that failed.
        self._old = news.old
        self._again_at = now + (0.0 if news.old else self._pause_s * random.uniform(0.7, 1.3))  # noqa: S311 - no secret
        self._pause_s = min(max(2 * self._pause_s, least), most)
        self._report(sentences(why.message, why.cause), why.resolution)

    def _judge(self, topic: str, *, refused: bool) -> None:
        """Note whether the broker lets us use topics of that kind. For answers others chose the topics: none counts."""
        kind = "/".join(topic.split("/")[:3])
        if kind == f"{self._of.root}/answer":
            return
        above = f"{self._of.root}/", f"{self._of.home_assistant or HOME_ASSISTANT}/"
        if not topic.startswith(above) or refused == (kind in self._denied):
            return
        if refused:
            self._denied.add(kind)
        else:
            self._denied.discard(kind)
        self._report_now()

    def _report_now(self) -> None:
        """Say whether it works, as far as it is known, unless that is in doubt."""
        if self._steadiness.doubted:
            return
        why = faults.of_denial(sorted(self._denied), self._of) if self._denied else self._tokenless
        if why is None:
            self._report("", "")
            return
        log.warning("%s", why.message)
        self._report(sentences(why.message, why.cause), why.resolution)

    def _look_for_token(self) -> None:
        """Note whether the token of orders is there."""
        status, _ = self._station.order("GET", "/v1/session", None, self._of.token)
        missing = status == http.HTTPStatus.UNAUTHORIZED
        self._tokenless = faults.of_token(self._of) if missing else None
        self._report_now()

    # -- what goes out -------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        now = time.monotonic()
        if self._orders is not None:
            self._orders.report(now)
        if why := self._cursor.save(now):
            log.warning("the place of the journal's reader cannot be kept: %s", why)
        link = self._link
        if link is None:
            if now >= self._again_at:
                self._link = Link(self._of, self._news, self._topics(), old=self._old)
                self._link.start()
            return
        if not link.up:
            return
        silent = link.silent_since()
        if silent is not None and now - silent > self._times.broker_answers_s:
            link.drop()  # else what waits there would come late
            self._lost(link, Down(faults.of_end("The broker does not answer any more", self._of)))
            return
        if self._steadiness.believed(now):
            self._report_now()
        if now >= self._busy_until:
            try:
                self._send(now)
            except IntercomError as error:
                log.warning("%s", sentences(error.message, error.cause))
                self._busy_until = now + self._times.daemon_again_s
                self._again()

    def _topics(self) -> tuple[str, ...]:
        """What is subscribed to."""
        return tuple(
            filter(
                None,
                (
                    f"{self._of.root}/{ACK}" if self._complete is not None else "",
                    self._orders.topic if self._orders is not None else "",
                    home_assistant.birth(self._of) if self._of.home_assistant else "",
                ),
            )
        )

    def _send(self, now: float) -> None:
        if self._orders is not None and not self._token_known:
            self._look_for_token()
            self._token_known = True
        if self._states is not None:
            changed = self._states.changed()
            self._retain({f"state/{part}": text for part, text in changed.items()})
            if self._of.home_assistant and (changed or self._announcements.is_due(now)):
                self._announce(self._states.last, now)
        if self._complete is not None:
            for envelope in self._complete.due(now):
                if not self._publish("journal", _text(envelope)):
                    self._complete.begin(now)
                    return
        if self._recorded and self._of.home_assistant and self._states is not None:
            with suppress(IntercomError):  # the daemon reports that fault; asked again in the next turn
                self._retain({"state/recording": _text(self._station.recording() or {})})
                self._recorded = False

    def _announce(self, state: Json, now: float) -> None:
        """Announce the station to Home Assistant where it may have changed."""
        if self._link is not None and state:
            try:
                text = self._announcements.news(state, now)
            except OSError as error:  # else it could not be removed later
                log.warning("the station is not announced to Home Assistant: %s", reason(error))
            else:
                if text:
                    self._link.publish(home_assistant.topic(self._of), text, retain=True)

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

    def _retain(self, messages: Mapping[str, str]) -> None:
        """Publish messages that the broker keeps, by their topics."""
        self._announcements.keeps([f"{self._of.root}/{topic}" for topic in messages])
        for topic, text in messages.items():
            self._publish(topic, text, retain=True)

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
            self._steadiness.due,
            self._states.due if self._states is not None else None,
            self._complete.again if self._complete is not None else None,
            self._cursor.due,
            self._announcements.again,
            self._orders.again if self._orders is not None else None,
        ]


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
