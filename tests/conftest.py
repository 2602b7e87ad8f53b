"""A skipped test is a failed test: whatever a test needs, the set-up installs."""

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# Always the same examples, so that a change breaks a test and nothing else does; on a machine however loaded.
settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


def _fail(report: pytest.TestReport | pytest.CollectReport, reason: object) -> None:
    report.outcome = "failed"
    report.longrepr = f"Skipped ({reason}), which fails: packaging/bootstrap test installs what tests need."


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
