"""When what works again is believed: at once, but for what has failed soon, time after time."""

from appliance.outlet.steadiness import Steadiness


def worked(steadiness, since, until):
    """It works, and fails; whether that has lasted."""
    steadiness.begins(since)
    return steadiness.ends(until)


def test_what_fails_for_the_first_time_or_soon_once_is_not_doubted():
    steadiness = Steadiness(10.0)
    assert steadiness.ends(5.0)
    assert not worked(steadiness, 6.0, 7.0)
    assert (steadiness.doubted, steadiness.due) == (False, None)


def test_what_fails_soon_twice_in_a_row_is_doubted_until_it_has_lasted():
    steadiness = Steadiness(10.0)
    assert not worked(steadiness, 1.0, 2.0)
    assert not worked(steadiness, 3.0, 12.9)
    steadiness.begins(20.0)
    assert (steadiness.doubted, steadiness.due) == (True, 30.0)
    assert not steadiness.believed(29.9)
    assert steadiness.believed(30.0)
    assert not steadiness.doubted
    assert not steadiness.believed(31.0)


def test_what_has_lasted_may_fail_soon_once_more():
    steadiness = Steadiness(10.0)
    worked(steadiness, 1.0, 2.0)
    assert worked(steadiness, 3.0, 13.0)
    worked(steadiness, 14.0, 15.0)
    assert not steadiness.doubted
