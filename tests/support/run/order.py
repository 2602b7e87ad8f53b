"""The order of a run with several workers: long tests first; those that need sound paced in time last.

Such a test carries the mark `realtime`: it hears packets, tones or recordings that are right only if no process waits
for a processor. It needs a twentieth of one, but more while its programs start: eight of them, as many as `make test`
has workers, leave two processors idle for a third of the time. The other tests use up whatever there is.

A test with the mark `long` lasts for half a minute or longer; its argument is about how many seconds, on two busy
processors. It begins before the others of its kind, the longest first, each on another worker: if it began among the
last, all other workers would wait for its end.
"""

import json
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from xdist.scheduler import WorkStealingScheduling
from xdist.scheduler.worksteal import MIN_PENDING
from xdist.workermanage import WorkerController

MARKS = "realtime", "long"


class RealTimeLast(WorkStealingScheduling):  # type: ignore[misc] # xdist has no types
    """Work stealing of all tests in no real time; when these have ended, of those in real time.

    A worker begins a test only when it has the next one, or is to end. So each gets one test in real time when it has
    one other test left, and further ones when all other tests have ended.

    marked: the file in which a worker lists the tests with each mark, and its argument, before it reports what it has
    collected.
    """

    steal_requested_from_node: WorkerController | None
    pending: list[int]

    def __init__(self, config: Any, log: Any, marked: Path) -> None:
        super().__init__(config, log)
        self._marked = marked
        self._real_time: frozenset[int] | None = None  # None until all is collected
        self._long: dict[int, float] = {}  # seconds
        self._last: list[int] = []  # those in real time that no worker has
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
        self._deal(self._idle())
        super().check_schedule()

    def _set_apart(self, collection: list[str]) -> None:
        place = {test: index for index, test in enumerate(collection)}
        marked = json.loads(self._marked.read_text())
        real_time, long = ({place[test]: of for test, of in marked[mark].items()} for mark in MARKS)
        self._real_time, self._long = frozenset(real_time), long
        self._keep_back()

    def _keep_back(self) -> None:
        marked = self._real_time or frozenset()
        kept = marked.intersection(self.pending).union(self._last)
        self._last = self._longest_first(kept)
        self.pending = [index for index in self.pending if index not in marked]

    def _longest_first(self, tests: Iterable[int]) -> list[int]:
        return sorted(tests, key=lambda index: (-self._long.get(index, 0.0), index))

    def _others_have_ended(self) -> bool:
        left = chain(self.pending, *self.node2pending.values())
        return self.steal_requested_from_node is None and all(index in (self._real_time or ()) for index in left)

    def _deal(self, nodes: list[WorkerController]) -> None:
        """Divide the tests that no worker has: the long ones in turn, and then neighbours, which share fixtures."""
        if not nodes or not self.pending:
            return
        long = self._longest_first(index for index in self.pending if index in self._long)
        others = [index for index in self.pending if index not in self._long]
        self.pending.clear()
        for number, node in enumerate(nodes):
            some = len(others) // (len(nodes) - number)
            if given := [*long[number :: len(nodes)], *others[:some]]:
                self.node2pending[node].extend(given)
                node.send_runtest_some(given)
            del others[:some]

    def _give_others(self) -> None:
        """Give other tests to idle workers; where there are none, the first ones in real time."""
        self._deal([node for node in self._idle() if not self._has_sound(node)])  # one that had another would begin it
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
            if self._last:
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
