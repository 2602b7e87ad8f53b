import pytest

from tests.bus.buses import TheBus, policy


@pytest.fixture(scope="session")
def bus(tmp_path_factory):
    """A bus on which we may do all, shared by the tests of this process; nobody ends it."""
    with TheBus(tmp_path_factory.mktemp("bus"), policy()) as running:
        yield running
