"""The reference of the HTTP interface at /docs: drawn from the description, without a token, from no other host."""

import pytest

from tests.api.browser import START_S
from tests.api.described import description
from tests.api.test_page_accessible import scheme, serious
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
__all__ = ["scheme"]

COLOURS = "color-contrast", "link-in-text-block"  # the rules about colours
CLOSED = "details:not([open]) > :not(summary)"


@pytest.fixture
def reference(page, shared):
    page.open(f"{shared.bound.url}docs")
    page.shows("#operations", "POST /v1/calls")
    return page


def shown(page):
    """The operations and events that are there now, by their ids."""
    return page.value("[...document.querySelectorAll('[data-words]:not([hidden])')].map(({id}) => id)")


def test_every_operation_and_every_type_of_event_is_there(reference):
    described = description()
    operations = [each["operationId"] for methods in described["paths"].values() for each in methods.values()]
    events = [name for name in described["components"]["schemas"] if name.startswith("data.")]
    assert sorted(shown(reference)) == sorted(operations + events)
    assert len(events) > 100


def test_it_begins_with_a_token_and_a_line_of_curl_for_this_station(reference, shared):
    reference.shows("main > section:first-child > p:first-child", "intercomctl token add NAME --scope view")
    reference.shows("#begin", f'curl -H "Authorization: Bearer $TOKEN" {shared.bound.url}v1/state')


def test_an_operation_shows_its_fields_examples_and_errors(reference):
    reference.value(
        "for (const each of document.querySelectorAll('#place_call, #place_call details')) each.open = true"
    )
    for text in ("timeout_s", '"to": "kitchen"', "application/problem+json", "Idempotency-Key", "too-many-calls"):
        reference.shows("#place_call", text)


def test_what_has_all_the_words_is_found(reference):
    reference.type("#search", "lamp TEST")
    until(lambda: shown(reference) == ["try_lamp"], "the request", START_S)
    reference.type("#search", " nonsense")
    reference.shows("#status", "Nothing has these words.")


def test_an_address_opens_what_it_names(page, shared):
    page.open(f"{shared.bound.url}docs#data.ring.started")
    page.shows("[id='data.ring.started'][open]", "button")


def test_the_bell_is_explained_with_the_picture_of_one_ring(page, shared):
    page.open(f"{shared.bound.url}docs#bell")
    page.shows("#tag-events", "Which event is the bell?")
    picture = "document.querySelector('#tag-events img')"
    until(lambda: page.value(f"{picture}.naturalWidth"), "the picture", START_S)
    assert "ring.started" in page.value(f"{picture}.alt")


@pytest.mark.long(60)
def test_axe_core_finds_nothing_serious_on_the_reference(reference, scheme):
    """Only rules about colours can find something else in another scheme. They take most of the time.

    They look at what is visible. So what is closed is taken away for them: 46,000 elements of 48,000.
    """
    reference.value("for (const each of document.querySelectorAll('#tag-doors details')) each.open = true")
    if scheme == "light":
        others = ", ".join(f"'{rule}': {{enabled: false}}" for rule in COLOURS)
        assert serious(reference, f"rules: {{{others}}}") == []
    reference.value(f"for (const each of document.querySelectorAll('{CLOSED}')) each.remove()")
    assert serious(reference, f"runOnly: {list(COLOURS)}") == []
    known = reference.value("axe.getRules(['cat.color']).map(({ruleId}) => ruleId)")
    assert sorted(known) == sorted([*COLOURS, "color-contrast-enhanced"])  # which is off, as it is stricter than AA


def test_axe_core_finds_a_colour_that_cannot_be_read_on_the_reference(reference):
    reference.value(f"for (const each of document.querySelectorAll('{CLOSED}')) each.remove()")
    page_colour = "getComputedStyle(document.body).backgroundColor"
    reference.value(f"document.querySelector('#place_call summary').style.color = {page_colour}")
    assert serious(reference, f"runOnly: {list(COLOURS)}")[0][0] == "color-contrast"


def test_the_reference_asks_no_other_host(reference):
    asked = reference.value("performance.getEntriesByType('resource').map(({name}) => new URL(name).origin)")
    assert set(asked) == {reference.value("location.origin")}
