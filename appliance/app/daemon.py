"""The composition root: builds the adapters from the configuration, connects them to the reactor, runs them."""

import asyncio
import logging
import signal
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import appliance
from appliance.app.announcer import Announcer
from appliance.app.bus import Bus
from appliance.app.made_sounds import MadeSounds
from appliance.app.panel import Panel
from appliance.app.paths import Places
from appliance.app.recording_announcer import RecordingAnnouncer
from appliance.app.sip_settings import sip_settings
from appliance.app.web import StoredLists, Web
from appliance.base import signals, times
from appliance.base.errors import IntercomError
from appliance.config.core_settings import core_settings
from appliance.config.schema import Config
from appliance.core import inputs, orders
from appliance.core.model import AccountState
from appliance.core.orders import SipOrder
from appliance.runtime.counts import Counts
from appliance.runtime.reactor import Reactor
from appliance.sip.link import Link
from appliance.sip.process import SipProcess
from appliance.store.answers import Answers
from appliance.store.audit import Audit
from appliance.store.calllog import CallLog
from appliance.store.codes import CodeStore
from appliance.store.journal import Journal
from appliance.store.lists.retention import Limit, Retention
from appliance.store.persistent_state import Keeper
from appliance.store.quota import Limits
from appliance.store.recordings import Recordings
from appliance.store.writer import Writer
from appliance.system.clock import ClockMonitor
from appliance.system.descriptors import Reserve
from appliance.system.loopfaults import Rarely
from appliance.system.network import NetworkMonitor
from appliance.system.notify import Notify

if TYPE_CHECKING:
    from appliance.app.finished_recordings import FinishedRecordings
    from appliance.app.rule_acts import RuleActs
    from appliance.config.directory import Flat
    from appliance.replay.record import Recorder

log = logging.getLogger(__name__)

LAST_CALLS_S = 1.0  # how long calls have to end when the daemon stops
FEEDS = 8  # in the watchdog's time
MB, DAY_S = 1_000_000, 86_400


class App:
    """The daemon. `run` returns when SIGTERM or SIGINT has stopped it.

    `passwords`: by table, as in account.office. `file`: the source of the configuration; under systemd SIGHUP reads it
    again. flats: the directory's. first: a SIP process that has been started already.
    """

    def __init__(
        self,
        config: Config,
        passwords: dict[str, str],
        places: Places,
        *,
        simulated: bool,
        file: Path,
        flats: tuple["Flat", ...] = (),
        recorder: "Recorder | None" = None,
        first: SipProcess | None = None,
    ) -> None:
        self._file = file
        self._reloading: asyncio.Task[None] | None = None
        self._status_timer: asyncio.TimerHandle | None = None
        self._config, self._places, self._simulated, self._recorder = config, places, simulated, recorder
        self._passwords, self._first = passwords, first
        self._notify = Notify()
        self._flats = flats
        self._stop = asyncio.Event()
        self._finished: FinishedRecordings | None = None
        self._clock: ClockMonitor | None = None
        self._reloaded = asyncio.Event()
        self._rule_acts: RuleActs | None = None

    async def run(self) -> None:  # noqa: PLR0915 - the order of start and stop, on one screen
        """Start everything, wait for the end, stop in reverse."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(Rarely())
        writer = Writer(self._places.state, self._post)
        journal = Journal(self._places.state, writer, self._config.log.keep_events)
        reactor = self._reactor = Reactor(core_settings(self._config, self._flats), journal)
        lost = await asyncio.to_thread(journal.open)
        kept = Keeper(self._places.state, reactor.post)
        found, fault = await asyncio.to_thread(kept.read)
        recordings = self._recordings = Recordings(
            self._places.recordings, writer, reactor.post, limits=self._limits, trusted=self._clock_is_right
        )
        call_log = CallLog(writer, journal.boot, self._config.log.keep_calls)
        audit, answers = Audit(writer, self._config.log.keep_doors), Answers(writer)
        retention = self._retention = Retention(writer, self._log_limits, journal.tidy, call_log.tidy, audit.tidy)
        codes = CodeStore(writer, reactor.post)
        reserve = Reserve()
        settings = sip_settings(self._config, self._passwords, self._places)
        counts = Counts(self._config.door)
        link = Link(settings, reactor.post, reserve.lend, self._first, counts.lagged)
        reactor.perform |= dict.fromkeys(SipOrder.__args__, link.order)
        reactor.perform |= {orders.PrepareRecording: recordings.prepare, orders.FinishRecording: recordings.finish}
        reactor.perform[orders.LogCall] = partial(_log_call, call_log, recordings)
        reactor.perform |= {orders.KeepCredential: codes.keep, orders.DropCredential: codes.drop}
        reactor.perform[orders.KeepLockouts] = codes.lock
        sounds = MadeSounds(lambda: self._config, self._places, reactor, recordings.sound)
        announcer = Announcer(lambda: self._config, sounds)
        recording_announcer = RecordingAnnouncer(lambda: self._config, sounds, reactor.post)
        reactor.perform[orders.AnnounceRecording] = recording_announcer.announce
        reactor.perform[orders.DropAnnouncement] = recording_announcer.drop
        reactor.on_event += [audit.append, counts.take, sounds.take, recordings.take, announcer.take]
        reactor.on_event.append(recording_announcer.take)
        reactor.make_so |= {"sound": link.desire, "recordings": recordings.desire, "status": self._report_status}
        reactor.make_so["kept"] = kept.desire
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_stop)
        if self._notify.there:  # elsewhere SIGHUP means a closed terminal, which ends us
            loop.add_signal_handler(signal.SIGHUP, self._asked_to_reload)
        panel = Panel(self._config, self._places, reactor, simulated=self._simulated, spare=reserve.lend)
        stored = StoredLists(recordings, call_log, audit, answers)
        web = Web(
            lambda: self._config,
            self._places,
            reactor,
            stored,
            self._file,
            counts,
            sounds,
            link.offer,
        )
        reactor.on_event.append(web.take)
        reactor.perform[orders.GiveOrders] = partial(self._give_orders, web)
        bus = Bus(self._config, reactor, sounds, stored)
        always = self._config.clock.trust == "always"
        clock = ClockMonitor(reactor.post, trusted=always, zones=self._zones, right_s=journal.right_s)
        self._clock = clock
        network = NetworkMonitor(reactor.post)
        if self._recorder is not None:
            self._recorder.begin(appliance.__version__, reactor.state)
            reactor.watch = self._recorder.take
        reactor.start(appliance.__version__, lost, found, fault)
        try:
            await link.start()  # first: the new process starts while we claim the lines
            await panel.start()
            network.start()
            recordings.completed = lambda: loop.call_soon_threadsafe(self._look_after_recordings, writer)
            recordings.open()
            call_log.open()
            retention.open()
            codes.open()
            audit.open(reactor.post, self._config.door)
            watchdog = asyncio.create_task(self._feed_watchdog())
            serving = [asyncio.create_task(self._serve(link, part)) for part in (web, bus)]
            serving.append(asyncio.create_task(self._report_ready(web, reactor)))
            serving.append(asyncio.create_task(self._watch_packages(web)))
            serving.append(asyncio.create_task(self._know_holidays(web)))
            if web.is_announced:
                serving.append(asyncio.create_task(self._announce(web)))
            if self._config.mqtt.host or self._config.webhook:
                serving.append(asyncio.create_task(self._publish_events(web)))
            await self._stop.wait()
            self._notify.send("STOPPING=1")
            await self._last_calls(reactor)
            for task in (watchdog, *serving):
                task.cancel()
            await asyncio.gather(watchdog, *serving, return_exceptions=True)
        finally:
            clock.stop()
            network.stop()
            if self._rule_acts is not None:
                await self._rule_acts.stop()
            await announcer.stop()
            await recording_announcer.stop()
            await web.stop()
            await link.stop()
            await panel.stop()
            if self._finished is not None:
                await self._finished.stop()
            await asyncio.sleep(0)  # the core processes the adapters' last inputs
            reactor.stop()
            sounds.clear()
            await kept.stop()
            journal.close()
            call_log.close()
            audit.close()
            answers.close()
            await asyncio.to_thread(writer.close)
            reserve.close()
            if self._recorder is not None:
                await asyncio.to_thread(self._recorder.close)
            signals.ignore((signal.SIGTERM, signal.SIGINT), loop)  # while the loop ends

    async def _serve(self, link: Link, part: Web | Bus) -> None:
        """Serve once SIP is ready: loading HTTP or D-Bus takes the time that calls need to be possible."""
        with suppress(TimeoutError):
            await asyncio.wait_for(link.tried.wait(), times.current.sip_tried_s)
        await part.serve()

    def _post(self, given: inputs.Input) -> None:
        self._reactor.post(given)

    async def _report_ready(self, web: Web, reactor: Reactor) -> None:
        """Report to systemd that we are ready: relays are at rest, and clients find us at our socket.

        Buttons work before that. This waits for neither network nor far ends, and only briefly for a missing guard.
        """
        deadline = time.monotonic() + times.current.guard_ready_s
        while time.monotonic() < deadline:
            if reactor.state.doors.relay_ready or not reactor.state.settings.doors:
                break
            await asyncio.sleep(0.02)
        await web.tried.wait()
        self._notify.send("READY=1")

    async def _watch_packages(self, web: Web) -> None:
        """Look at the packages, where they have installed this program: an upgrade may have stopped half way."""
        await web.tried.wait()
        if Path(appliance.__file__).is_relative_to("/usr/share/intercomd"):
            from appliance.app import packages  # noqa: PLC0415  late: a start needs no answer of dpkg

            await packages.watch(self._post)
            await packages.offers(self._post)

    def _give_orders(self, web: Web, wanted: orders.GiveOrders) -> None:
        """Give the orders of a rule."""
        if self._rule_acts is None:
            from appliance.app.rule_acts import RuleActs  # noqa: PLC0415  late: few stations have such rules

            self._rule_acts = RuleActs(self._post, web.interface)
        self._rule_acts.give(wanted)

    async def _know_holidays(self, web: Web) -> None:
        """Have the holidays of a country computed, from when the configuration names one."""
        await web.tried.wait()
        while not self._config.holidays.country:
            self._reloaded.clear()
            await self._reloaded.wait()
        from appliance.system.holidays import PublicHolidays  # noqa: PLC0415  late: few stations need them

        await PublicHolidays(self._holidays_of, self._post, self._reloaded).serve()

    def _holidays_of(self) -> tuple[str, str]:
        return self._config.holidays.country, self._config.holidays.region

    async def _publish_events(self, web: Web) -> None:
        from appliance.app.outlet import Outlet  # noqa: PLC0415  late: few stations have a broker or receivers

        outlet = Outlet(self._config, self._passwords, self._places, self._post)
        await outlet.serve(web.tried)

    async def _announce(self, web: Web) -> None:
        port = await web.listening()
        try:
            from appliance.bus.announced import announce  # noqa: PLC0415  late: only where HTTP is for other machines
        except ImportError:
            return  # the interface on the bus reports that dbus-fast is missing
        device, name = self._config.mqtt.device, self._config.station.name
        facts = {"device": device, "name": name, "scheme": "https", "version": appliance.__version__}
        await announce(self._config.dbus.address, name, port, facts)

    def _asked_to_stop(self) -> None:
        self._reactor.post(inputs.StopRequested(at=time.monotonic()))
        self._stop.set()

    def _asked_to_reload(self) -> None:
        # At once, before anything is waited for: systemd takes it for the answer to its signal.
        self._notify.reloading()
        before = self._reloading
        self._reloading = asyncio.create_task(self._reload(before), name="reload")

    async def _reload(self, before: asyncio.Task[None] | None) -> None:
        """Read the file again; calls continue."""
        from appliance.config import directory  # noqa: PLC0415  late: each start reads the file in another process
        from appliance.config.load import load  # noqa: PLC0415
        from appliance.config.reload import merge  # noqa: PLC0415

        if before is not None:
            await asyncio.wait([before])
        try:
            merged = merge(self._config, await asyncio.to_thread(load, self._file))
            flats = await asyncio.to_thread(directory.read, merged.config)
        except IntercomError as err:
            self._post(inputs.ConfigRejected(at=time.monotonic(), errors="; ".join(str(err).split("\n"))))
        else:
            applied = (*merged.applied, *(["directory"] if flats != self._flats else []))
            self._config, self._flats = merged.config, flats
            self._recordings.tidy()
            self._recordings.completed()
            self._retention.tidy()
            self._post(
                inputs.ConfigChanged(
                    at=time.monotonic(),
                    settings=core_settings(merged.config, flats),
                    applied=", ".join(applied),
                    needs_restart=", ".join(merged.needs_restart),
                )
            )
            if self._clock is not None:
                self._clock.look()
            self._reloaded.set()
        finally:
            self._notify.send("READY=1")

    def _zones(self) -> list[str]:
        """The zones that time profiles name."""
        return sorted({profile.zone for profile in self._config.profile.values() if profile.zone})

    def _limits(self) -> Limits:
        """The limits of recordings that hold now; for any thread."""
        table = self._config.recording
        return Limits(
            free_bytes=table.free_mb * MB,
            bytes=None if table.keep_mb is None else table.keep_mb * MB,
            count=table.keep_count,
            age_s=self._age_s(table.keep_days),
            copied=bool(table.copy_to) and table.after_copy == "remove",
        )

    def _look_after_recordings(self, writer: Writer) -> None:
        """Convert and copy finished recordings as the configuration demands."""
        if self._finished is None:
            table = self._config.recording
            if table.format == "wav" and not table.copy_to and not self._recordings.opus_ordered:
                return
            # Late: few stations convert or copy.
            from appliance.app.finished_recordings import FinishedRecordings  # noqa: PLC0415

            self._finished = FinishedRecordings(self._recordings, writer, self._reactor, lambda: self._config)
        self._finished.look()

    def _log_limits(self) -> tuple[Limit, ...]:
        """The limits of journal, call log and audit that hold now; for any thread."""
        table = self._config.log
        return (
            Limit(table.keep_events, self._age_s(table.keep_events_days)),
            Limit(table.keep_calls, self._age_s(table.keep_calls_days)),
            Limit(table.keep_doors, self._age_s(table.keep_doors_days)),
        )

    def _age_s(self, days: int | None) -> float | None:
        """A limit of age, which counts only while the clock is right, and from a day after a leap on.

        A leap since the newest event before the start counts, too, and so does one on the day before the start. A
        server of time that is years ahead would cost everything at once.
        """
        leapt = self._clock is not None and time.monotonic() < self._clock.leapt + DAY_S
        return days * DAY_S if days is not None and self._clock_is_right() and not leapt else None

    def _clock_is_right(self) -> bool:
        """For any thread."""
        clock = self._reactor.state.appliance.clock
        return clock is not None and clock.trusted

    def _report_status(self, text: str) -> None:
        """Set the status line, in a call with its length, which is updated during the call."""
        if self._status_timer is not None:
            self._status_timer.cancel()
            self._status_timer = None
        call = self._reactor.state.calls.active
        if call is None or call.times.connected_since is None or not self._notify.there:
            self._notify.status(text)
            return
        seconds = int(max(0.0, time.monotonic() - call.times.connected_since))
        self._notify.status(f"{text}, {seconds // 60}:{seconds % 60:02}")
        self._status_timer = asyncio.get_running_loop().call_later(
            times.current.status_line_again_s, self._report_status, text
        )

    async def _last_calls(self, reactor: Reactor) -> None:
        """Allow time for BYE, CANCEL and the ends of registrations, and for the recordings."""
        deadline = time.monotonic() + LAST_CALLS_S
        while time.monotonic() < deadline:
            await asyncio.sleep(0.02)
            state = reactor.state
            left = any(account.state is not AccountState.UNREGISTERED for account in state.accounts.begun)
            if state.appliance.stopping and not state.calls.living and not state.calls.recordings and not left:
                return

    async def _feed_watchdog(self) -> None:
        """Report to systemd that the core processes inputs in time; without this report systemd restarts us.

        A turning loop is not enough: a posted input must come through inbox and core.
        """
        if self._notify.watchdog_s is None:
            return
        period = self._notify.watchdog_s / FEEDS
        while True:
            asked = time.monotonic()
            self._post(inputs.Tick(at=asked, edges=0.0))
            await asyncio.sleep(period)
            if self._reactor.state.now >= asked and time.monotonic() - asked - period < times.current.core_answers_s:
                self._notify.send("WATCHDOG=1")


def _log_call(call_log: CallLog, recordings: Recordings, order: orders.LogCall) -> None:
    call_log.write(order)
    if order.ended is not None:
        recordings.describe(order.call)
