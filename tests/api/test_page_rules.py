"""The station's page: rules, what each would do at a time, and the end of one that a client has made."""

import pytest

from appliance.core import inputs
from appliance.core.views.rules import GivenOrder, Rule, Verdict
from tests.api.conftest import opened, press_until
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
THEN = (GivenOrder(order="lock_door", values={"door": "front"}),)


def rule(name, **more):
    given = {"by": None, "on": None, "at": (), "where": {}, "times": (), "profile": None, "holiday": None, "state": {}}
    return Rule(name=name, then=THEN, allow=(), effective=True, **given | more)


def test_rules_are_listed_tried_at_a_time_and_a_clients_is_removed(page, shared, station):
    evening = rule("evening", at=("mon-fri 18:00",), holiday=False)
    custom = rule("lift", by="http:tablet", on="custom", where={"name": "<b>lift"}, state={"runtime.quiet": "false"})
    station.known_rules = evening, custom
    station.verdicts = (Verdict(rule="evening", acts=False, why="its times are other ones", then=THEN),)
    opened(page, shared, station, "rules")
    for text in ("mon-fri 18:00", "not on holidays", "lock_door · door = front", "would not act", "other ones"):
        page.shows('[data-rule="evening"]', text)
    for text in ("custom", "name = <b>lift", "runtime.quiet = false", "http:tablet"):
        page.shows('[data-rule="lift"]', text)
    assert page.value("document.querySelectorAll('#rules button').length") == 1  # that of the client's
    station.verdicts = (Verdict(rule="evening", acts=True, why="all conditions hold", then=THEN),)
    suppose(page, "2026-12-24T18:00", "runtime.quiet=true")
    page.shows("#rules-said", "nothing was done")
    page.shows('[data-rule="evening"]', "all conditions hold")
    at, supposed = station.tried
    assert (at.isoformat(), supposed) == ("2026-12-24T18:00:00", {"runtime.quiet": "true"})
    suppose(page, "", "quiet")
    page.shows("#rules-said", "The rule is not valid")
    assert station.requests == []

    suppose(page, "", "")
    page.shows("#rules-said", "nothing was done")  # the page has read the rules, and does so next after the removal
    station.known_rules = (evening,)
    press_until(page, '[data-key="rule lift"]', lambda: station.requests)
    assert station.requests == [(inputs.RemoveRule("lift", "", True), "http:token")]
    page.shows("#rules-said", "Removed")
    until(lambda: page.value("document.querySelectorAll('#rules > li').length") == 1)


def suppose(page, at, state):
    """Fill the form, and try."""
    page.value(f"document.querySelector('#rules-at').value = '{at}'")
    page.value(f"document.querySelector('#rules-state').value = '{state}'")
    page.click("#rules-form [type=submit]")
