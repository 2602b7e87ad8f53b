"""Journal, call log and audit on disc are one finding each."""

from appliance.doctor import logs
from appliance.doctor.findings import ok
from appliance.store.lists.examine import Examined


def test_a_list_that_is_whole_says_how_far_back_it_goes():
    (found,) = logs.stored([Examined("log.calls", 2, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")])
    said = "The call log is whole: 2 rows, from 2026-11-01T00:00:00Z to 2026-11-02T00:00:00Z."
    assert found == ok("log.calls", said)
    assert logs.stored([Examined("log.events")]) == [ok("log.events", "The journal is whole: 0 rows.")]


def test_a_list_of_chained_rows_gives_the_hash_to_compare():
    (found,) = logs.stored([Examined("log.doors", heads="newest opening: row 1, hash ab")])
    assert found.message == "The audit of doors is whole: 0 rows. Newest opening: row 1, hash ab."


def test_rows_that_were_erased_are_counted():
    (found,) = logs.stored([Examined("log.doors", rows=3, oldest="a", newest="b", erased=2)])
    assert found.message == "The audit of doors is whole: 3 rows, of which 2 were erased, from a to b."


def test_a_list_that_is_damaged_is_a_problem_with_cause_and_remedy():
    (found,) = logs.stored(
        [Examined("log.doors", 2, "", "", ("table audit: x", "table refusals: y"), "newest opening: row 1")]
    )
    assert (found.check, found.level) == ("log.doors", "problem")
    assert found.message == "The audit of doors is damaged, or was changed."
    assert found.cause == "table audit: x; table refusals: y."
    assert "Check the disc" in found.resolution
