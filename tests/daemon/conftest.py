import pytest

from tests.support.daemon import Daemon, settled
from tests.support.peers.sipp import Sipp
from tests.support.times import hasty


@pytest.fixture(scope="module")
def hasty_stations():
    """Stations of this module try, check and refresh after a twentieth of the time."""
    before, Daemon.usual = Daemon.usual, hasty()
    yield
    Daemon.usual = before


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One daemon for the tests of a module that leave it as they found it."""
    with Daemon(tmp_path_factory.mktemp("d")) as daemon:
        yield daemon


@pytest.fixture
def door(running):
    """It, with no call; and each call of the test has come to its one end afterwards."""
    with settled(running):
        yield running


@pytest.fixture
def far(door, tmp_path):
    """SIPp at the address that the button rings."""

    def started(scenario, **options):
        return Sipp(tmp_path, scenario, address=door.far_address, port=door.far_port, **options)

    return started


@pytest.fixture
def caller(door, tmp_path):
    """SIPp at the address that the station knows, or another one, calling or writing to it."""

    def started(scenario, address="", **options):
        return Sipp(tmp_path, scenario, door.address, address=address or door.far_address, user="far", **options)

    return started
