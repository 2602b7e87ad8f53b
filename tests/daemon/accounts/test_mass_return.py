"""Fifty stations at one registrar that goes and comes back, or that cannot bear them all: they come apart by chance.

What is simulated of them is the machine: ten accounts share a process, each with its own registration and chance.
"""

from contextlib import ExitStack, contextmanager
from itertools import pairwise

from tests.support.daemon import Daemon
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.registrars import Scripted, account, user
from tests.support.waiting import until

MACHINES, EACH = 5, 10
EXTENSIONS = [str(number) for number in range(201, 201 + MACHINES * EACH)]
PATIENCE_S = 120.0  # fifty registrations, and as many failures, on a machine that has other things to do


@contextmanager
def stations(directory, registrar, **settings):
    """They, all started."""
    with ExitStack() as running:
        started = []
        for machine in range(MACHINES):
            own = EXTENSIONS[machine * EACH : (machine + 1) * EACH]
            accounts = {f"station{name}": account(directory, registrar, name, **settings) for name in own}
            started.append(running.enter_context(Daemon(directory / f"d{machine}", account=accounts)))
        yield started


def told(machines, kind, **data):
    """The events of that type with these data, of all of them, and in the order of their time."""
    found = [event for machine in machines for event in machine.of(kind)]
    return sorted((e for e in found if data.items() <= e["data"].items()), key=lambda e: e["uptime"])


def all_of_them(machines, kind, **data):
    """Wait until each of the fifty has emitted it; the first event of each."""

    def each():
        first = {}
        for event in told(machines, kind, **data):
            first.setdefault(event["data"]["account"], event)
        return len(first) == len(EXTENSIONS) and list(first.values())

    return until(each, f"fifty times {kind}", PATIENCE_S)


def apart(delays):
    """Each waits a time of its own."""
    return len({round(delay, 2) for delay in delays}) > len(EXTENSIONS) // 2


def busiest(moments):
    """The most in any second."""
    return max(sum(begin <= moment < begin + 1 for moment in moments) for begin in moments)


def test_fifty_stations_come_back_one_by_one_to_an_asterisk_that_was_restarted(tmp_path, record_property):
    with Asterisk(tmp_path / "a", EXTENSIONS) as pbx, stations(tmp_path, pbx, transport="tcp") as machines:
        all_of_them(machines, "account.registered", after="start")
        for machine in machines:
            machine.begin()
        pbx.kill()
        delays = [event["data"]["retry_in_s"] for event in all_of_them(machines, "account.failed")]
        all_of_them(machines, "account.failed", code=0)  # the next try finds nobody, whatever the first fault was
        assert apart(delays)
        assert all(1 <= delay <= 5 for delay in delays)
        with pbx:
            back = all_of_them(machines, "account.registered", after="recovery")
        moments = [event["uptime"] for event in back]
        record_property("figures", f"50 are back within {moments[-1] - moments[0]:.1f} s of the first")
        record_property("at most in one second", busiest(moments))
        assert not told(machines, "appliance.degraded")


def test_a_registrar_that_asks_fifty_for_patience_has_it_and_they_come_apart(tmp_path, record_property):
    asked = 4
    with Scripted((503, {"Retry-After": str(asked)}), (200, {})) as busy, stations(tmp_path, busy) as machines:
        delays = [event["data"]["retry_in_s"] for event in all_of_them(machines, "account.failed", code=503)]
        all_of_them(machines, "account.registered")
        assert apart(delays)
        assert all(asked <= delay <= 2 * asked for delay in delays)
        came = {}
        for request, moment in zip(list(busy.requests), busy.times, strict=False):
            came.setdefault(user(request), []).append(moment)
        assert came.keys() == set(EXTENSIONS)
        second = []
        for moments in came.values():
            begin, again = next(pairwise(moments))
            assert again - begin >= asked
            second.append(again)
        record_property("at most in one second", busiest(second))
