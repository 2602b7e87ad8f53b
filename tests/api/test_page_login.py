"""A login by a link: it asks, names the token, and never ends a session by itself."""

import pytest

from appliance.core.model import AccessScope
from tests.api.browser import START_S
from tests.api.conftest import TOKEN, log_in, opened
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
VIEW, CALL = AccessScope.VIEW, AccessScope.CALL
CLIENT = "fetch('/v1/session').then((answer) => answer.json()).then(({client}) => { window.who = client ?? 'nobody'; })"


@pytest.fixture
def attacker(station):
    return station.tokens.add("attacker", (VIEW, CALL), None)[1]


def client(page):
    """Who is logged in, by the cookie."""
    page.value(f"window.who = undefined; {CLIENT}; 0")
    return until(lambda: page.value("window.who"), "an answer", START_S)


def asks(page, *, stays):
    page.shows("#offer", "This address has the token of attacker. With it this page may: see the state and the logs")
    page.shows("#offer-no", stays)
    assert page.value("document.querySelector('#main').hidden") is True


def test_a_link_asks_and_names_the_token_before_it_logs_in(page, shared, station, attacker):
    page.open(f"{shared.bound.url}#token={attacker}")
    asks(page, stays="Do not log in")
    page.click("#offer-no")
    page.shows("#link-text", "logged out")
    page.shows("#login", "Log in")
    assert client(page) == "nobody" and attacker not in page.value("location.href")


def test_a_link_of_another_token_leaves_the_session_of_who_is_logged_in(page, shared, station, attacker):
    opened(page, shared, station)
    page.open("about:blank")
    page.open(f"{shared.bound.url}#token={attacker}")
    asks(page, stays="Stay logged in as the station itself")
    assert client(page) == "http:token"
    page.click("#offer-no")
    page.shows("#link-text", "live")
    assert client(page) == "http:token" and attacker not in page.value("location.href")


def test_a_token_that_comes_into_the_address_of_an_open_page_asks_too(page, shared, station, attacker):
    opened(page, shared, station)
    page.value(f"location.hash = 'token={attacker}'")
    asks(page, stays="Stay logged in as the station itself")
    assert client(page) == "http:token"


def test_who_agrees_is_logged_in_by_the_link(page, shared, station, attacker):
    opened(page, shared, station)
    page.value(f"location.hash = 'token={attacker}'")
    asks(page, stays="Stay logged in as the station itself")
    page.click("#offer-yes")
    page.shows("#link-text", "live")
    assert client(page) == "http:attacker" and page.value("location.href") == shared.bound.url


def test_the_link_of_the_same_token_asks_nothing(page, shared, station):
    opened(page, shared, station)
    page.value(f"location.hash = 'token={TOKEN}'")
    until(lambda: page.value("location.hash") == "", "an address without a token", START_S)
    page.shows("#link-text", "live")


def test_a_link_with_a_wrong_token_leaves_the_session(page, shared, station):
    opened(page, shared, station)
    page.value("location.hash = 'token=wrong'")
    until(lambda: page.value("location.hash") == "", "an address without a token", START_S)
    page.shows("#link-text", "live")
    assert client(page) == "http:token"


def test_the_display_takes_a_link_while_nobody_is_logged_in_and_then_no_other(page, shared, station, attacker):
    station.state["directory"] = [{"flat": "12", "name": "Lee", "targets": ["Kitchen"]}]
    guest = station.tokens.add("display", (VIEW, CALL), None)[1]
    page.open(f"{shared.bound.url}display#token={guest}")
    page.shows("#directory", "Lee")
    page.open("about:blank")
    page.open(f"{shared.bound.url}display#token={attacker}")
    page.shows("#directory", "Lee")
    assert client(page) == "http:display"


def test_a_link_is_answered_by_a_person_and_not_by_a_frame(page, shared, station):
    with shared.tcp(None) as browser:
        assert "frame-ancestors 'none'" in browser.get("/").headers["content-security-policy"]
    log_in(page, f"{shared.bound.url}#token={TOKEN}")
    page.shows("#link-text", "live")
