"""The daemon reports packages that are half installed, once nothing installs any more, and their repair."""

import asyncio

import pytest

from appliance.app import packages as watcher
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.system import packages

HALF = IntercomError(ErrorCode.UNAVAILABLE, "An upgrade stopped", "dpkg has it as unpacked.", "Run dpkg.")


@pytest.fixture
def watched(monkeypatch, set_times):
    """Let the watcher see these answers of dpkg, one after the other; returns what it posts."""

    def play(installing, half):
        states, faults = iter(installing), iter(half)
        monkeypatch.setattr(packages, "installing", lambda: next(states, False))
        monkeypatch.setattr(packages, "half_installed", lambda: next(faults))
        set_times(packages_again_s=0.0)
        posted = []
        asyncio.run(asyncio.wait_for(watcher.watch(posted.append), 60))
        return [(type(each), each.part) for each in posted]

    return play


def test_whole_packages_are_not_reported(watched):
    assert watched([False], [None]) == []


def test_while_something_installs_packages_nothing_is_asked(watched):
    assert watched([True, True, False], [None]) == []


def test_packages_that_are_half_installed_are_reported_and_so_is_their_repair(watched):
    failed, recovered = (inputs.PartFailed, "packages"), (inputs.PartRecovered, "packages")
    assert watched([False, False, True, False], [HALF, HALF, None]) == [failed, failed, recovered]
