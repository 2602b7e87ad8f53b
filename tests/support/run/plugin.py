"""What the project adds to pytest: a keeper for what tests start, the order of tests, and a list of the slowest."""

import gc
import json
import os
import shlex
import sys
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support import waiting
from tests.support.run import keeper

SLOWEST = 10
MOST_WAITS = 3  # of each of the slowest
MARKED = "marked"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run tests below a keeper: this process, if it has no workers."""
    option = config.option
    if hasattr(config, "workerinput") or option.help or option.version or option.collectonly:
        return
    if getattr(option, "numprocesses", None) or getattr(option, "tx", None):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    status = keeper.keep_in_a_fork()
    if status is not None:
        os._exit(status)  # what pytest does at its end is done already, below the keeper


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Run each worker below a keeper of its own."""
    for spec in specs:
        if spec.popen and not spec.python:
            spec.python = shlex.join([sys.executable, "-IS", keeper.__file__, sys.executable])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Collect without a search for garbage: there is none, and each worker would need a fifth more of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


# -- long tests come first, and those in real time last ----------------------------------------------------------------


class Marked:
    """The file with the tests that carry each mark, which the workers write for the one that distributes tests."""

    def __init__(self) -> None:
        self._directory = TemporaryDirectory(prefix="intercomd-tests-")
        self.path = Path(self._directory.name) / MARKED

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Name the file to a worker."""
        node.workerinput[MARKED] = str(self.path)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Distribute tests in the project's order, where work is stolen."""
        from tests.support.run.order import RealTimeLast  # without workers there is no xdist to load

        return RealTimeLast(config, log, self.path) if config.getoption("dist") == "worksteal" else None

    def pytest_unconfigure(self) -> None:
        """Remove the file."""
        self._directory.cleanup()


def pytest_configure(config: pytest.Config) -> None:
    """Make what only the process above the workers has, or the only process."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Marked(), "order-of-tests")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """List the tests with each mark, in a worker, before it reports what it has collected: all write the same."""
    path = getattr(session.config, "workerinput", {}).get(MARKED)
    if path is not None:
        from tests.support.run.order import MARKS

        marked = {
            mark: {item.nodeid: sum(its.args) for item in session.items if (its := item.get_closest_marker(mark))}
            for mark in MARKS
        }
        written = Path(f"{path}-{os.getpid()}")
        written.write_text(json.dumps(marked))
        written.rename(path)


# -- the slowest tests, and what they waited for -----------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Note in a report of each part of a test what it waited for."""
    report = yield
    report.waited = waiting.waited()
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the slowest tests, slowest first, and the longest waits of all tests."""
    seconds: dict[str, float] = {}
    waits: dict[str, dict[str, float]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid] = seconds.get(report.nodeid, 0.0) + report.duration
                of_test = waits.setdefault(report.nodeid, {})
                for what, lasted in getattr(report, "waited", ()):
                    of_test[what] = of_test.get(what, 0.0) + lasted
    slowest = sorted(seconds, key=seconds.__getitem__, reverse=True)[:SLOWEST]
    if not slowest or seconds[slowest[0]] < 1.0 or terminalreporter.config.option.verbose < 0:
        return
    terminalreporter.ensure_newline()
    terminalreporter.section("slowest tests, and what they waited for")
    for test in slowest:
        longest = sorted(waits[test].items(), key=lambda each: -each[1])[:MOST_WAITS]
        told = ", ".join(f"{what} {lasted:.1f} s" for what, lasted in longest if lasted >= 0.1)
        terminalreporter.write_line(f"{seconds[test]:7.1f} s  {test}: {told or 'nothing that is known'}")
    terminalreporter.section("what all tests together waited for most")
    together: dict[str, list[float]] = {}
    for of_test in waits.values():
        for what, lasted in of_test.items():
            together.setdefault(what, []).append(lasted)
    for what in sorted(together, key=lambda each: -sum(together[each]))[:SLOWEST]:
        terminalreporter.write_line(f"{what}: {sum(together[what]):.0f} s in {len(together[what])} tests")
