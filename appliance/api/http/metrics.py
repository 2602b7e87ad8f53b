"""The station's figures as text for Prometheus; imported at the first request, as few stations need it."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

import appliance
from appliance.api.ports import Measured
from appliance.core.model import AccountState
from appliance.core.views.snapshot import Snapshot


class Station(Collector):
    """The figures of one moment."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        state = self._measured.snapshot
        yield InfoMetricFamily("intercomd_build", "Version of intercomd.", {"version": appliance.__version__})
        yield _gauge("intercomd_ready", "Whether calls are possible: 1 or 0.", float(state.appliance.ready))
        yield from self._calls(state)
        yield from self._counted()
        yield from _parts(state)
        yield from self._inside()

    def _calls(self, state: Snapshot) -> Iterator[Metric]:
        counts = self._measured.counts
        ended = CounterMetricFamily(
            "intercomd_calls", "Calls that have ended, by direction and cause.", labels=("direction", "cause")
        )
        for (direction, cause), number in counts.calls.items():
            ended.add_metric((direction, cause), number)
        yield ended
        setup = HistogramMetricFamily(
            "intercomd_call_setup_seconds",
            "Time from the INVITE to the answer of connected calls.",
            labels=("direction",),
        )
        for direction, histogram in counts.setup.items():
            setup.add_metric((direction,), histogram.cumulated(), histogram.sum)
        yield setup
        yield HistogramMetricFamily(
            "intercomd_call_mos",
            "Sound of ended calls, as a mean opinion score: 1, bad, to 4.41.",
            buckets=counts.mos.cumulated(),
            sum_value=counts.mos.sum,
        )
        yield _gauge("intercomd_calls_current", "Calls now.", len(state.calls))
        heard = [call.quality for call in state.calls if call.quality]
        jitter = GaugeMetricFamily(
            "intercomd_worst_jitter_seconds", "Largest mean jitter of the calls now; none without a call."
        )
        loss = GaugeMetricFamily(
            "intercomd_worst_packet_loss_ratio", "Largest part of lost packets of the calls now; none without a call."
        )
        if heard:
            jitter.add_metric((), max(each.jitter_ms for each in heard) / 1000)
            loss.add_metric((), max(each.lost / max(1, each.lost + each.received) for each in heard))
        yield jitter
        yield loss

    def _counted(self) -> Iterator[Metric]:
        counts = self._measured.counts
        doors = CounterMetricFamily(
            "intercomd_door_openings", "Requested openings of doors, by result.", labels=("door", "result")
        )
        for (door, result), number in counts.doors.items():
            doors.add_metric((door, result), number)
        yield doors
        xruns = CounterMetricFamily(
            "intercomd_audio_xruns", "Gaps in the sound, by the side of the card.", labels=("side",)
        )
        for side, number in counts.xruns.items():
            xruns.add_metric((side,), number)
        yield xruns
        yield CounterMetricFamily(
            "intercomd_audio_failures", "How often the sound card failed.", value=counts.audio_failures
        )

    def _inside(self) -> Iterator[Metric]:
        measured = self._measured
        yield _gauge("intercomd_inbox_inputs", "Inputs that wait for the core.", measured.waiting_inputs)
        yield _gauge("intercomd_event_subscribers", "Clients that follow the events.", measured.subscribers)
        yield _gauge(
            "intercomd_event_queue_longest",
            "Events that wait for the slowest of these clients.",
            measured.longest_queue,
        )
        lag = HistogramMetricFamily(
            "intercomd_thread_lag_seconds",
            "How long a thread made its work wait, measured about once a second: loop, of the daemon; sip, of SIP.",
            labels=("thread",),
        )
        for thread, histogram in measured.counts.lag.items():
            lag.add_metric((thread,), histogram.cumulated(), histogram.sum)
        yield lag
        free = GaugeMetricFamily("intercomd_storage_free_bytes", "Free space for the service.", labels=("place",))
        size = GaugeMetricFamily("intercomd_storage_size_bytes", "Size of the file system.", labels=("place",))
        for place, (free_bytes, size_bytes) in measured.storage.items():
            free.add_metric((place,), free_bytes)
            size.add_metric((place,), size_bytes)
        yield free
        yield size


def text(measured: Measured) -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(Station(measured))
    return generate_latest(registry)


def _parts(state: Snapshot) -> Iterator[Metric]:
    accounts = GaugeMetricFamily(
        "intercomd_account_registered", "Whether the account is registered: 1 or 0.", labels=("account",)
    )
    for account in state.accounts:
        accounts.add_metric((account.name,), float(account.state is AccountState.REGISTERED))
    yield accounts
    failed = GaugeMetricFamily("intercomd_part_failed", "Parts that do not work now: 1 each.", labels=("part",))
    for part in {each.part for each in state.appliance.failed}:
        failed.add_metric((part,), 1)
    yield failed
    guard = GaugeMetricFamily("intercomd_relay_guard_up", "Whether the relay guard runs: 1 or 0; none without a door.")
    if state.doors:
        guard.add_metric((), float(all(door.available for door in state.doors)))
    yield guard
    yield CounterMetricFamily(
        "intercomd_sip_requests_dropped",
        "SIP requests dropped because their senders sent too many.",
        value=state.appliance.dropped_requests,
    )
    yield CounterMetricFamily(
        "intercomd_sip_answers_doubted",
        "Answers to SIP requests that were dropped, or in part not believed.",
        value=state.appliance.doubted_answers,
    )


def _gauge(name: str, text_: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text_, value=value)
