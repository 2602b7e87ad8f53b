"""A skipped test is a failed test: whatever a test needs, the set-up installs. Only marked tests start a far end."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from msgspec.structs import replace

from appliance.base import times
from tests.support import far_ends
from tests.support.times import patient

pytest_plugins = ["tests.support.run.plugin"]
TESTS = Path(__file__).parent

# Always the same examples, so that a change breaks a test and nothing else does; on a machine however loaded.
settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

far_ends.watch()
times.use(patient())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the folders where each test starts a far end."""
    files = {item.path for item in items}  # few, as each has many tests
    theirs = {file for file in files if far_ends.FOLDERS.intersection(file.relative_to(TESTS).parts)}
    for item in items:
        if item.path in theirs:
            item.add_marker("far_end")


@pytest.fixture(autouse=True)
def _starts_no_far_end_without_the_mark(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that `make check` takes for a quick one, and that starts a far end (or whose fixtures did)."""
    yield
    started = far_ends.started()
    marked = request.node.get_closest_marker("far_end") or request.node.get_closest_marker("lab")
    assert marked or not started, f"Mark this test far_end, as it starts one: {started}"


@pytest.fixture
def set_times() -> Iterator[Callable[..., None]]:
    """`set_times(reply_s=0.05)`: have these times hold in this process during the test; see tests/support/times.py."""
    before = times.current
    yield lambda **single: times.use(replace(times.current, **single))
    times.use(before)


def _fail(report: pytest.TestReport | pytest.CollectReport, reason: object) -> None:
    report.outcome = "failed"
    remedy = "packaging/bootstrap test installs what tests need."
    report.longrepr = f"{report.nodeid}: Skipped ({reason}), which fails: {remedy}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> object:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test's skip into a failure, in the process (or xdist worker) that ran it."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail(report, _reason(report))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file skipped while it was read (importorskip, allow_module_level)."""
    report = yield
    if report.skipped:
        _fail(report, _reason(report))
    return report
