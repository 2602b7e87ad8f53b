"""What all tests of the storage share."""

import pytest


@pytest.fixture(autouse=True)
def _a_disc_is_tried_again_soon(set_times):
    set_times(disc_again_s=(0.05, 0.1))
