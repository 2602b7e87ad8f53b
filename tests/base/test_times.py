"""The table of times, and the profiles that tests make of it."""

import pytest
from msgspec.structs import replace

from appliance.base import times
from tests.support.times import REAL, hasty, kinds, patient


def test_patient_times_are_longer_where_something_hangs_and_hasty_ones_shorter_where_it_is_tried_again():
    for name, kind in kinds().items():
        real, long, quick = getattr(REAL, name), getattr(patient(), name), getattr(hasty(), name)
        if kind == "hang":
            assert long == quick == 20 * real, name
        elif isinstance(real, tuple):
            assert long == real, name
            assert quick == pytest.approx([each / 20 for each in real]), name
        else:
            assert (long, quick) == (real, pytest.approx(real / 20)), name


def test_single_times_are_set_beside_a_profile():
    assert patient(sip_silent_s=1.5) == replace(patient(), sip_silent_s=1.5)
    assert hasty(line_again_s=(0.1, 0.2)) == replace(hasty(), line_again_s=(0.1, 0.2))


def test_what_a_test_sets_holds_until_its_end(set_times):
    before = times.current
    set_times(reply_s=0.5)
    set_times(copy_s=1.0)
    assert times.current == replace(before, reply_s=0.5, copy_s=1.0)


def test_the_tests_own_process_is_patient():
    assert times.current == patient()
