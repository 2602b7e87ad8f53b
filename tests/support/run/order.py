"""The order of a run with several workers: tests that need sound paced in time come last, four at a time.

Such a test carries the mark `realtime`: it hears packets, tones or recordings that are right only if no process waits
for a processor. It needs a twentieth of one, but more while its programs start, so four leave two processors idle most
of the time. All other tests wait for what other processes do, so many of them run side by side.
"""

import json
from pathlib import Path
from typing import Any

from xdist.scheduler import WorkStealingScheduling
from xdist.scheduler.worksteal import MIN_PENDING
from xdist.workermanage import WorkerController

TOGETHER = 4


class RealTimeLast(WorkStealingScheduling):  # type: ignore[misc] # xdist has no types
    """Work stealing of all tests without the mark; when these have ended, of those with it, on a few workers.

    A worker begins a test only when it has the next one, or is to end. So each of the few gets one test with the mark
    when it has one other test left, and further ones when all other tests have ended.

    marked: the file in which a worker lists the tests with the mark before it reports what it has collected.
    """

    steal_requested_from_node: WorkerController | None
    pending: list[int]

    def __init__(self, config: Any, log: Any, marked: Path) -> None:
        super().__init__(config, log)
        self._marked = marked
        self._real_time: frozenset[int] | None = None  # None until all is collected
        self._last: list[int] = []  # those with the mark that no worker has
        self._others_run = True

    @property
    def tests_finished(self) -> bool:
        """Whether no test is left."""
        return not self._others_run and bool(super().tests_finished)

    @property
    def has_pending(self) -> bool:
        """Whether a test is left or runs."""
        return bool(self._last or super().has_pending)

    def check_schedule(self) -> None:
        """Give tests to the workers that need some, and end those for which none is left."""
        if self.collection is None:
            return
        if self._real_time is None:
            self._set_apart(self.collection)
        elif self._others_run:  # those of a worker that died wait again
            self._keep_back()
        if self._others_run and self._others_have_ended():
            self._others_run = False
            self.pending += self._last
            self._last = []
        if self._others_run:
            self._give_others()
            return
        for node in self._not_wanted():
            node.shutdown()
        super().check_schedule()

    def _not_wanted(self) -> list[WorkerController]:
        """Return workers beyond these few in which no test with the mark is, as the one in place of one that died."""
        up = self._up()
        free = [node for node in up if not self.node2pending[node]]
        return free[max(0, TOGETHER - (len(up) - len(free))) :]

    def _set_apart(self, collection: list[str]) -> None:
        marked = set(json.loads(self._marked.read_text()))
        self._real_time = frozenset(index for index, test in enumerate(collection) if test in marked)
        self._keep_back()

    def _keep_back(self) -> None:
        marked = self._real_time or frozenset()
        self._last = sorted(marked.intersection(self.pending).union(self._last))
        self.pending = [index for index in self.pending if index not in marked]

    def _others_have_ended(self) -> bool:
        left = {index for tests in self.node2pending.values() for index in tests}.union(self.pending)
        return self.steal_requested_from_node is None and left <= (self._real_time or set())

    def _give_others(self) -> None:
        """Give tests without the mark to idle workers; where there are none, the first ones with it, to a few."""
        idle = [node for node in self._idle() if not self._has_sound(node)]  # one that had another would begin it
        for number, node in enumerate(idle):
            self._send_tests(node, len(self.pending) // (len(idle) - number))
        idle = [] if self.pending else self._idle()  # those of a worker that died wait for the one in its place
        if not idle or self.steal_requested_from_node is not None:
            return
        richest = max(self._up(), key=lambda node: len(self.node2pending[node]))
        tests = self.node2pending[richest]
        most = min(len(tests) // 2, len(tests) - MIN_PENDING)
        if most > 0:
            richest.send_steal(tests[-most:])
            self.steal_requested_from_node = richest
            return
        for node in idle:
            if self._has_sound(node):
                continue  # it has its one
            if node in self._up()[:TOGETHER] and self._last:
                self.node2pending[node].append(self._last[0])
                node.send_runtest_some([self._last.pop(0)])
            else:
                node.shutdown()

    def _has_sound(self, node: WorkerController) -> bool:
        return bool((self._real_time or frozenset()).intersection(self.node2pending[node]))

    def _up(self) -> list[WorkerController]:
        return [node for node in self.nodes if not node.shutting_down]

    def _idle(self) -> list[WorkerController]:
        return [node for node in self._up() if len(self.node2pending[node]) < MIN_PENDING]
