"""An empty choice never widens a right, on the page and over HTTP; times are those of the station's zone."""

import json
import time
from datetime import datetime

import pytest

from appliance.core import inputs, orders
from appliance.core.model import CredentialId, CredentialKind, Day, Period, RequestId
from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import opened
from tests.support.waiting import until

NEW = {"owner": "Cleaner", "digits": "471108", "doors": ["front"]}
MORNING = {"days": ["mon"], "begin": "08:00", "end": "12:00"}
TOKEN = {"name": "wall", "scopes": ["view"]}


@pytest.fixture
def kept(station):
    station.book = [fake.code("a-1")]
    station.replies = lambda _: orders.Reply(RequestId("q-1"), code=CredentialId("a-1"))
    return station


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "place"),
    [
        ("POST", "/v1/codes", NEW | {"schedule": []}, "schedule"),
        ("PATCH", "/v1/codes/a-1", {"schedule": []}, "schedule"),
        ("POST", "/v1/codes", NEW | {"schedule": [MORNING | {"days": []}]}, "schedule.0.days"),
        ("POST", "/v1/codes", NEW | {"schedule": [MORNING | {"begin": ""}]}, "schedule.0.begin"),
        ("POST", "/v1/codes", NEW | {"schedule": [MORNING | {"end": ""}]}, "schedule.0.end"),
        ("POST", "/v1/codes", NEW | {"expires": ""}, "expires"),
        ("PATCH", "/v1/codes/a-1", {"expires": ""}, "expires"),
        ("POST", "/v1/codes", NEW | {"uses": ""}, "uses"),
        ("POST", "/v1/codes", NEW | {"doors": []}, "doors"),
        ("PATCH", "/v1/codes/a-1", {"doors": []}, "doors"),
        ("POST", "/v1/tokens", TOKEN | {"scopes": []}, "scopes"),
        ("POST", "/v1/tokens", TOKEN | {"expires": ""}, "expires"),
    ],
)
def test_an_empty_choice_is_refused_over_http(client, kept, method, path, body, place):
    answer = client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid"), answer.text
    assert place in answer.json()["cause"]
    assert (kept.requests, kept.token_changes) == ([], [])


def test_times_that_are_left_out_or_null_mean_always(client, kept):
    always = inputs.AddCredential(kind=CredentialKind.CODE, digits="471108", owner="Cleaner", doors=("front",))
    for body in (NEW, NEW | {"schedule": None, "uses": None, "expires": None}):
        assert client.post("/v1/codes", json=body).status_code == 201
    assert [asked for asked, _ in kept.requests] == [always, always]
    assert client.patch("/v1/codes/a-1", json={"schedule": None}).status_code == 200
    assert kept.requests[-1][0].schedule == ()


def test_a_moment_without_an_offset_is_one_of_the_stations_zone(client, kept, berlin):
    for moment in ("2026-07-01T18:00", "2026-07-01T18:00:00", "2026-07-01T16:00:00Z"):
        assert client.post("/v1/codes", json=NEW | {"expires": moment}).status_code == 201
    assert {asked.expires for asked, _ in kept.requests} == {1_782_921_600.0}
    made = client.post("/v1/tokens", json=TOKEN | {"expires": "2036-01-01T00:00"}).json()
    assert made["token"]["expires"].startswith("2035-12-31T23:00:00")


@pytest.mark.parametrize("path", ["/v1/recordings", "/v1/log/calls", "/v1/log/doors"])
def test_a_search_without_an_offset_is_by_the_stations_zone_too(client, station, berlin, path):
    assert client.get(path, params={"after": "2026-07-01T00:00"}).status_code == 200
    searched = [
        each.after for each in (*station.recordings.searches, *station.call_log.searches, *station.audit.searches)
    ]
    assert searched == ["2026-06-30T22:00:00.000000Z"]
    assert client.get(path, params={"after": "0001-01-01T00:00"}).json()["code"] == "parameter-invalid"


def test_the_list_of_codes_names_the_zone_of_its_times(client, kept):
    kept.state["appliance"]["zone"] = "Europe/Berlin"
    assert client.get("/v1/codes").json()["zone"] == "Europe/Berlin"


# -- on the page -------------------------------------------------------------------------------------------------------


def fill(page, when, **fields):
    """Go through the steps to a new code, to the question when it opens."""
    page.value("location.hash = 'codes=new'")
    page.shows("#code-step", "Step 1 of 3")
    page.type("#code-owner", "Cleaner")
    page.value("document.querySelector('#code-form [name=door][value=front]').checked = true")
    page.click("#code-next")
    page.value("document.querySelector('#code-digits').value = ''")
    page.type("#code-digits", "471108")
    page.click("#code-next")
    page.click(f"[name=when][value={when}]")
    for name, value in fields.items():
        page.value(f"document.querySelector('#code-{name}').value = {json.dumps(value)}")


@pytest.mark.far_end
@pytest.mark.parametrize(
    ("days", "fields", "said"),
    [
        ((), {"begin": "08:00", "end": "18:00"}, "Choose the days"),
        ((), {"begin": "08:00", "end": ""}, "Choose the days"),
        ((), {"begin": "", "end": "18:00"}, "Choose the days"),
        (("sat",), {"begin": "08:00", "end": ""}, "Give both times"),
        (("sat",), {"begin": "", "end": "18:00"}, "Give both times"),
    ],
)
def test_times_that_are_half_chosen_are_not_sent(page, shared, kept, days, fields, said):
    opened(page, shared, kept, "codes")
    fill(page, "days", **fields)
    for day in days:
        page.click(f"[name=day][value={day}]")
    page.click("#code-next")
    page.shows("#code-lacks", said)
    assert kept.requests == []
    assert page.value("document.querySelector('#code-digits').value") == "471108"  # nothing is typed twice


@pytest.mark.far_end
@pytest.mark.parametrize(("form", "field"), [("code", "date"), ("token", "end")])
def test_a_date_without_a_time_is_not_taken_for_no_end(page, shared, kept, form, field):
    opened(page, shared, kept, "codes" if form == "code" else "access")
    if form == "code":
        fill(page, "until")
    else:
        page.type("#token-name", "wall")
    page.value(f"document.querySelector('#{form}-{field}').focus()")
    page.key("1")  # the first part of the date, or its month
    page.key("2")
    rejected = f"document.querySelector('#{form}-form').matches(':invalid')"
    until(lambda: page.value(rejected), "a date that is not complete", START_S)
    page.click(f"#{form}-form [type=submit]")
    assert page.value(rejected)
    assert (kept.requests, kept.token_changes) == ([], [])


@pytest.mark.far_end
def test_a_guests_code_ends_at_the_stations_time_and_says_so_with_the_zone(page, shared, kept):
    kept.state["appliance"]["zone"] = "Pacific/Auckland"
    kept.book = [fake.code("a-1", expires="2126-07-01T06:00:00.000000Z")]
    opened(page, shared, kept, "codes")
    page.shows("#code-list", "Opens front every Monday and Friday from 08:00 to 12:00, until Jul 1, 2126, 6:00")
    page.shows("#code-list", "(Pacific/Auckland). It opens 3 times.")  # that evening there
    page.shows("#guests-zone", "Times are those of the station, Pacific/Auckland.")
    fill(page, "days", begin="08:00", end="18:00")
    page.click("#code-ends")
    page.value("document.querySelector('#code-date').value = '2126-12-24'")
    page.click("[name=day][value=sat]")
    page.shows("#code-zone", "Times are those of the station, Pacific/Auckland.")
    page.shows("#code-says", "Opens front every Saturday from 08:00 to 18:00, until Dec 24, 2126, 6:00")
    page.click("#code-next")
    page.shows("#code-done-title", "The code for Cleaner is ready")
    period = Period((Day.SATURDAY,), "08:00", "18:00")
    asked = kept.requests[0][0]
    assert (asked.schedule, asked.expires) == ((period,), datetime.fromisoformat("2126-12-24T18:00").timestamp())
