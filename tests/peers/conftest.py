import pytest

from tests.peers.daemon import Daemon


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One daemon for the tests of a module that leave it as they found it."""
    with Daemon(tmp_path_factory.mktemp("d")) as daemon:
        yield daemon


@pytest.fixture
def door(running):
    """It, with no call; and each call of the test has come to its one end afterwards."""
    running.begin()
    yield running
    running.hang_up_all()
    running.settle()
