"""The station's page: history, recordings, codes and the station itself; keys and fingers."""

import pytest

from appliance import __version__ as version
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs, orders
from appliance.core.model import CredentialId, CredentialKind, Day, Period, RecordingSearch, RequestId
from tests.api import fake
from tests.api.browser import HOLDS_BACK, START_S
from tests.api.conftest import hold, opened, press_until, show
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

HOSTILE = "<img src=x onerror=window.hit=1>"  # from SIP: a caller chooses its name


def rows(page, selector):
    return page.value(f"[...document.querySelectorAll('{selector} > li')].map((each) => each.innerText)")


def shows_rows(page, selector, *texts):
    """Wait until exactly these rows are there, each with its text in it."""

    def there():
        found = rows(page, selector)
        return len(found) == len(texts) and all(text in row for text, row in zip(texts, found, strict=True))

    until(there, f"rows {texts}", START_S, log=lambda: rows(page, selector))


def choose(page, selector, value):
    chosen = "new Event('change', {bubbles: true})"
    page.value(f"{{ const c = document.querySelector('{selector}'); c.value = '{value}'; c.dispatchEvent({chosen}); }}")


def filtered(page, kind):
    """Show one kind of the history, as soon as the page takes a press."""
    button = f"document.querySelector('[data-kind={kind}]')"
    until(lambda: page.value(f"{button}.click(); {button}.getAttribute('aria-pressed')") == "true", kind, START_S)


def remote(name):
    return {**fake.call()["remote"], "target": None, "display_name": name}


def test_the_history_lists_calls_with_filters(page, shared, station):
    end = {"cause": "canceled", "code": 487, "reason": "", "by": "remote", "explanation": "Check <b>sip</b>."}
    station.call_log.rows += [
        fake.logged("c-1"),
        fake.logged("c-2", direction="incoming", missed=True, remote=remote(HOSTILE), connected_since=None, end=end),
    ]
    opened(page, shared, station, "history")
    stranger = "Not in the directory: sip:kitchen@127.0.0.1:5070"  # its name may look like that of a contact
    shows_rows(
        page,
        "#history .line",
        f"{HOSTILE} rang, nobody answered\n06:07 · canceled\n{stranger}\nCheck <b>sip</b>.",
        "Talk with Kitchen\n06:07 · called from here · 0:12",
    )
    assert page.value("document.querySelectorAll('main img, #history b b').length + (window.hit ?? 0)") == 0
    filtered(page, "missed")
    shows_rows(page, "#history .line", HOSTILE)
    filtered(page, "doors")
    page.shows("#history-empty", "None yet.")
    filtered(page, "calls")
    shows_rows(page, "#history .line", HOSTILE, "Kitchen")
    page.type("#history-search", "talk")
    shows_rows(page, "#history .line", "Kitchen")
    page.type("#history-search", " to nobody")
    shows_rows(page, "#history .line")
    page.shows("#history-empty", "Nothing found.")


def test_the_history_reads_on_where_the_first_page_ends(page, shared, station):
    station.call_log.rows += [fake.logged(f"c-{n}", missed=n < 3) for n in range(1, 250)]
    opened(page, shared, station, "history")
    until(lambda: len(rows(page, "#history .line")) == 100, "a page", START_S)
    page.click("#history-more")
    until(lambda: len(rows(page, "#history .line")) == 200, "another", START_S)
    filtered(page, "missed")  # on the third page
    shows_rows(page, "#history .line", "nobody answered", "nobody answered")
    assert page.value("document.querySelector('#history-more').hidden") is True


def test_the_history_names_who_opened_doors_who_was_refused_and_changes_of_codes(page, shared, station):
    code = {"code": "k-1", "kind": "card", "owner": HOSTILE, "doors": ["front", "yard"], "by": "http:token"}
    wrong = {"door": "front", "by": HOSTILE, "means": "dtmf", "why": "a wrong code: 3 in a row"}
    station.audit.rows += [
        fake.event(
            "door.unlocked", 1, {"door": "front", "by": "http:unix", "means": "api", "seconds": 3, "held": False}
        ),
        fake.event("door.denied", 2, wrong),
        fake.event("code.added", 3, code),
        fake.event("access.denied", 4, {"who": "http:unknown", "from": "192.0.2.7", "scope": "door", "why": ""}),
    ]
    opened(page, shared, station, "history")
    kinds = ["Refused, from", "Card of", "not opened", "opened at"]
    shows_rows(page, "#history .line", *kinds)
    filtered(page, "doors")
    shows_rows(page, "#history .line", "front: opened at the station's command line")
    filtered(page, "refusals")
    refused = f"front: not opened by {HOSTILE} in a call: a wrong code: 3 in a row"
    shows_rows(page, "#history .line", "Refused, from 192.0.2.7: open a door", refused)
    filtered(page, "codes")
    shows_rows(page, "#history .line", f"Card of {HOSTILE} added from a page or app; it opens front, yard")
    assert page.value("document.querySelectorAll('main img').length + (window.hit ?? 0)") == 0


# What the page asks about the first recording is answered once it is let go.
HELD = """{
  const real = window.fetch;
  const gone = new Promise((resolve) => { window.go = resolve; });
  window.fetch = async (what, ...more) => {
    const answer = await real(what, ...more);
    if (!String(what).endsWith("/recordings/r-001")) return answer;
    window.held = true;
    const body = await answer.text();
    await gone;
    setTimeout(() => { window.came = true; }, 100);
    return new Response(body, answer);
  };
}"""


def test_a_recording_that_the_address_names_does_not_take_the_place_of_a_later_one(page, shared, station):
    station.recordings.add(party="Miller")
    station.recordings.add(party="Lee")
    opened(page, shared, station, "recordings")
    shows_rows(page, "#recordings", "Lee", "Miller")
    page.value(HELD)
    page.value("location.hash = 'recordings=r-001'")
    until(lambda: page.value("window.held"), "the question", START_S)
    page.click("#recordings [data-recording=r-002] button")
    page.shows("#playing", "Lee")
    page.value("window.go(); 0")
    until(lambda: page.value("window.came"), "the late answer", START_S)
    page.shows("#playing", "Lee")


def test_recordings_are_searched_and_played(page, shared, station):
    station.recordings.add(party=HOSTILE, duration_s=64.0)
    opened(page, shared, station, "recordings")
    shows_rows(page, "#recordings", HOSTILE)
    (row,) = rows(page, "#recordings")
    assert "1:04 · ended normally · opened front" in row
    page.click("summary")
    page.click('[data-key="r-001 play"]')
    until(lambda: (page.value("document.querySelector('#audio').duration") or 0) > 0.9, "the audio", START_S)
    page.shows("#playing", HOSTILE)
    assert page.value("document.querySelectorAll('main img').length + (window.hit ?? 0)") == 0
    page.type("#recordings-party", "miller")
    choose(page, "#recordings-door", "front")
    until(lambda: station.recordings.searches[-1] == RecordingSearch(party="miller", door="front"), "a search", START_S)


def test_the_player_draws_the_waveform_describes_it_and_goes_where_it_is_pressed(page, shared, station):
    station.recordings.add()
    station.recordings.add()
    station.recordings.waveform = [-8, 5, -128, 90]
    opened(page, shared, station, "recordings")
    label = "document.querySelector('#waveform').getAttribute('aria-label')"
    page.click('[data-key="r-001 play"]')
    until(lambda: page.value(label) == "Waveform of the recording. It is loudest at 0:00.", "the waveform", START_S)
    assert page.value("document.querySelector('#waveform-bars').getAttribute('d')") == "M0 -6h1V9h-1zM1 -91h1V129h-1z"
    assert page.value("document.querySelector('#waveform-drawing').getAttribute('viewBox')") == "0 -129 2 258"
    until(lambda: page.value("document.querySelector('#audio').duration") == 1, "the audio", START_S)
    page.value("document.querySelector('#audio').pause()")
    page.click("#waveform")
    at = "document.querySelector('#audio').currentTime"
    until(lambda: 0.4 < page.value(at) < 0.6, "its middle", START_S, lambda: page.value(at))
    marked = "parseFloat(document.querySelector('#waveform-played').getAttribute('width'))"
    until(lambda: 40 < page.value(marked) < 60, "the mark", START_S, lambda: page.value(marked))
    station.recordings.waveform = [-1, 0]
    page.click('[data-key="r-002 play"]')
    until(lambda: page.value(label) == "Waveform of the recording. It is silent.", "another", START_S)


def test_a_recording_plays_without_its_waveform_and_the_page_says_why(page, shared, station, monkeypatch):
    async def refused(_):
        raise IntercomError(ErrorCode.UNAVAILABLE, "It was not ready in time.", "Calls come first.", "Try again later.")

    monkeypatch.setattr(station.recordings, "peaks", refused)
    station.recordings.add()
    opened(page, shared, station, "recordings")
    page.click('[data-key="r-001 play"]')
    said = "There is no waveform. The station cannot do this now. It was not ready in time. Calls come first. Try again"
    page.shows("#waveform-why", said)
    until(lambda: (page.value("document.querySelector('#audio').duration") or 0) > 0.9, "the audio", START_S)
    assert page.value("document.querySelector('#waveform').hidden") is True


def test_a_recording_says_whether_it_was_copied_elsewhere(page, shared, station):
    station.recordings.add(copied=fake.TIME, copy_tries=2)
    station.recordings.add(copy_tries=1, copy_error="<b>No</b> route to host.")
    opened(page, shared, station, "recordings")
    failed = "Not copied elsewhere; the station tries again by itself. <b>No</b> route to host."
    shows_rows(page, "#recordings", failed, "copied elsewhere")


def test_a_search_without_results_says_so_and_not_that_there_are_no_recordings(page, shared, station):
    opened(page, shared, station, "recordings")
    page.shows("#recordings-empty", "None yet.")
    choose(page, "#recordings-door", "front")
    page.shows("#recordings-empty", "Nothing found.")


def test_recordings_are_protected_and_deleted_at_the_second_press(page, shared, station):
    station.recordings.add()
    opened(page, shared, station, "recordings")
    shows_rows(page, "#recordings", "Kitchen")
    page.click('[data-key="r-001 play"]')
    page.click('[data-key="r-001 protect"]')
    shows_rows(page, "#recordings", "protected")
    assert page.value("document.querySelector('[data-key=\"r-001 delete\"]').disabled") is True
    page.click('[data-key="r-001 release"]')
    until(lambda: "protected" not in rows(page, "#recordings")[0], "the release", START_S)
    delete = "document.querySelector('[data-key=\"r-001 delete\"]')"
    double = f"performance.now = () => 0; {delete}.click(); {delete}.click(); delete performance.now"
    assert page.value(f"{double}; {delete}.textContent") == "Delete for good"
    until(lambda: page.value(f"{delete}.textContent") == "Delete", "a button that no longer asks", START_S)
    assert station.recordings.deleted == []
    press_until(page, '[data-key="r-001 delete"]', lambda: station.recordings.deleted)
    shows_rows(page, "#recordings")
    assert station.recordings.deleted == [("r-001", "http:token")]


def test_a_failed_account_has_cause_and_remedy_and_registers_on_request(page, shared, station):
    failed = {"state": "failed", "code": 403, "reason": HOSTILE, "explanation": "Check account.office.password."}
    station.state["accounts"] = [fake.account("office") | failed, fake.account("home")]
    opened(page, shared, station, "accounts")
    for told in (f"403 {HOSTILE}", "Check account.office.password."):
        shows_rows(page, "#accounts", told, "registered")
    page.shows("#accounts", "Cause")
    page.shows("#accounts", "Remedy")
    assert page.value("document.querySelectorAll('main img').length + (window.hit ?? 0)") == 0
    page.click('[data-key="account office"]')
    until(lambda: station.requests)
    assert station.requests == [(inputs.RegisterAccount("office"), "http:token")]


def test_the_system_shows_version_network_storage_and_the_support_bundle(page, shared, station):
    station.state["storage"] = {
        "state": "low",
        "free_bytes": 5_000_000,
        "needed_bytes": 2_500_000_000,
        "recordings_bytes": 0,
    }
    opened(page, shared, station, "system")
    page.shows("#version", version)
    page.shows("#network", "192.0.2.7")
    page.shows("#storage", "low: 5 MB free, at least 2.5 GB are kept free; recordings take 0 MB")
    page.value("fetch(document.querySelector('#bundle').href).then((a) => { window.bundle = a.status; })")
    until(lambda: page.value("window.bundle") == 200, "the bundle", START_S)
    show(page, "home")
    assert page.value("document.querySelector('#version').getClientRects().length") == 0


def test_levels_are_set_by_keys_and_follow_the_mixer(page, shared, station):
    speaker = station.state["audio"]["speaker"]
    speaker["limit"] = 80.0
    opened(page, shared, station, "sound")
    page.shows("#volume-shown", "70 %")
    page.shows("#microphone-why", "Microphone: its level cannot be set here, as the sound card has no control for it.")
    assert page.value("[document.querySelector('#volume').max, document.querySelector('#gain-part').hidden]") == [
        "80",
        True,
    ]
    page.value("document.querySelector('#volume').focus()")
    page.key("ArrowLeft")
    until(lambda: station.requests)
    assert station.requests == [(inputs.ChangeAudio(volume=65.0), "http:token")]
    speaker["percent"] = 64.0  # the card has steps
    shared.tell("audio.settings_changed")
    page.shows("#volume-shown", "64 %")
    station.replies = fake.refused("audio-unavailable")
    choose(page, "#volume", 30)
    page.shows("#banner", "The sound card is not available.")
    until(lambda: page.value("document.querySelector('#volume').value") == "65", "the slider back", START_S)


def test_a_slider_that_moves_on_gives_one_order_at_a_time_and_the_last_counts(page, shared, station):
    opened(page, shared, station, "sound")
    page.shows("#volume-shown", "70 %")
    moved = "for (const n of [50, 40, 30]) { c.value = n; c.dispatchEvent(new Event('change')); }"
    page.value(f"{{ const c = document.querySelector('#volume'); {moved} }}")
    until(lambda: len(station.requests) == 2)
    assert [action.volume for action, _ in station.requests] == [50.0, 30.0]


def test_speaker_and_microphone_are_muted_by_switches(page, shared, station):
    station.state["audio"]["speaker"] |= {"card": None, "percent": None, "muted": None}
    opened(page, shared, station, "sound")
    page.shows("#speaker-why", "Speaker: its sound card is not there. Connect it.")
    assert page.value("document.querySelector('#speaker-muted').hidden") is True
    assert page.value("document.querySelector('#microphone-muted').getAttribute('aria-checked')") == "true"
    page.click("#microphone-muted")
    until(lambda: station.requests)
    assert station.requests == [(inputs.ChangeAudio(microphone_muted=False), "http:token")]
    station.state["audio"]["microphone"] |= {"pcm": "null", "muted": None}
    station.state["audio"]["speaker"] |= {"card": "usbphone", "muted": False}
    shared.tell("audio.settings_changed")
    page.shows("#microphone-why", "Microphone: not set up.")
    page.click("#speaker-muted")
    until(lambda: len(station.requests) == 2)
    assert station.requests[1][0] == inputs.ChangeAudio(speaker_muted=True)


def test_codes_and_cards_are_listed_with_their_validity_and_removed_at_the_second_press(page, shared, station):
    often = {"kind": "card", "owner": HOSTILE, "schedule": None, "uses": None, "expires": None}
    station.book = [fake.code("a-1", uses=0), fake.code("a-3", expires="2126-01-02T03:04:05Z")]
    station.book.append(fake.code("a-2", **often))
    opened(page, shared, station, "codes")
    texts = (
        ("Cleaner\nCode", "Cleaner", f"{HOSTILE}\nCard"),
        ("Opens front every Monday and Friday from 08:00 to 12:00, until ", "It opens 3 times.", "at any time."),
        ("Used up", "Opens ", "Opens now"),
    )
    for told in texts:
        shows_rows(page, "#code-list", *told)
    assert page.value("document.querySelectorAll('main img').length + (window.hit ?? 0)") == 0
    press_until(page, '[data-key="code a-2"]', lambda: station.requests)
    assert station.requests[0] == (inputs.RemoveCredential("a-2"), "http:token")
    page.shows("#code-said", "Removed.")
    station.book = []
    shared.tell("code.removed")
    shows_rows(page, "#code-list")
    page.shows("#codes-empty", "None yet.")


def test_a_code_is_added_and_its_digits_leave_the_page(page, shared, station):
    station.replies = fake.refused("conflict")
    opened(page, shared, station, "codes")
    page.shows("#codes-empty", "None yet.")
    page.click("#code-new")
    page.shows("#code-step", "Step 1 of 3")
    page.type("#code-owner", "Cleaner")
    assert page.value("document.querySelector('#code-form [name=door]').checked") is True, "there is no other"
    page.click("#code-next")
    digits = "document.querySelector('#code-digits').value"
    invented = until(lambda: page.value(digits), "digits", START_S)
    assert len(invented) == 6 and invented.isdigit()
    page.click("#code-another")
    assert page.value(digits) != invented
    page.value("document.querySelector('#code-digits').value = ''")
    page.type("#code-digits", "471108")
    page.click("#code-next")
    page.shows("#code-step", "Step 3 of 3")
    page.click("#code-next")
    page.shows("#code-lacks", "Choose when it opens.")  # what is not chosen is not "always"
    page.click("[name=when][value=days]")
    page.click("#code-next")
    page.shows("#code-lacks", "Choose the days")
    assert page.value("document.querySelector('#code-says').hidden") is True
    page.click("[name=day][value=tue]")
    page.shows("#code-says", "Opens front every Tuesday from 08:00 to 12:00.")
    choose(page, "#code-end", "23:45")
    page.click("#code-limited")
    choose(page, "#code-uses", "20")
    page.shows("#code-says", "Opens front every Tuesday from 08:00 to 23:45. It opens 20 times.")
    page.click("#code-next")
    page.shows("#banner", "That did not work. No. Because. Do not.")
    station.book = [fake.code("a-1")]
    station.replies = lambda _: orders.Reply(RequestId("q-1"), code=CredentialId("a-1"))
    page.click("#code-next")
    page.shows("#code-done-title", "The code for Cleaner is ready")
    page.shows("#code-shown", "471 108")
    page.shows("#code-done-says", "Opens front every Tuesday from 08:00 to 23:45. It opens 20 times.")
    period = Period((Day.TUESDAY,), "08:00", "23:45")
    wanted = inputs.AddCredential(
        kind=CredentialKind.CODE,
        digits="471108",
        owner="Cleaner",
        doors=("front",),
        schedule=(period,),
        uses=20,
        expires=None,
    )
    assert [action for action, _ in station.requests] == [wanted, wanted]
    assert page.value(digits) == ""
    show(page, "home")
    shown = "document.querySelector('#code-shown').textContent"
    until(lambda: page.value(shown) == "", "no digits", START_S)
    page.value("location.hash = 'codes=new'")
    page.shows("#code-step", "Step 1 of 3")
    page.type("#code-owner", "Nobody")
    show(page, "home")
    assert page.value("document.querySelector('#code-owner').value") == ""


def test_a_code_without_a_door_and_a_token_without_a_scope_are_not_sent(page, shared, station):
    station.state["doors"].append(fake.door("yard"))
    opened(page, shared, station)
    page.click("#to-guest")
    page.shows("#code-step", "Step 1 of 3")
    page.type("#code-owner", "Cleaner")
    page.click("#code-next")
    page.shows("#code-lacks", "Choose at least one door.")
    show(page, "access")
    page.type("#token-name", "wall")
    page.click("#token-form [value=view]")
    page.click("#token-form [type=submit]")
    page.shows("#token-said", "Choose at least one thing that it may do.")
    assert (station.requests, station.token_changes) == ([], [])


def test_what_was_said_about_an_order_goes_when_the_person_goes_on(page, shared, station):
    station.replies = fake.refused("conflict")
    opened(page, shared, station)
    hold(page, "#doors button", lambda: station.requests)
    page.shows("#banner", "That did not work.")
    show(page, "history")
    until(lambda: page.value("document.querySelector('#banner').hidden") is True, "no banner", START_S)


def test_a_card_is_added_by_its_number(page, shared, station):
    station.book = [fake.code("a-1")]
    station.replies = lambda _: orders.Reply(RequestId("q-1"), code=CredentialId("a-1"))
    opened(page, shared, station, "codes")
    shows_rows(page, "#code-list", "Cleaner")
    page.value("location.hash = 'codes=new'")
    page.shows("#code-step", "Step 1 of 3")
    page.type("#code-owner", "Tenant")
    page.click("#code-next")
    page.click("[name=kind][value=card]")
    page.shows("#code-digits-label", "Number of the card")
    page.type("#code-digits", "12AB")
    page.click("#code-next")
    page.click("[name=when][value=always]")
    page.shows("#code-says", "Opens front at any time.")
    page.click("#code-next")
    until(lambda: station.requests)
    assert station.requests[0][0] == inputs.AddCredential(
        kind=CredentialKind.CARD, digits="12AB", owner="Tenant", doors=("front",)
    )
    page.shows("#code-done-title", "The card of Tenant is ready")
    assert page.value("document.querySelector('#code-shown').textContent") == ""


def test_a_new_code_begins_beside_the_title_and_only_there(page, shared, station):
    opened(page, shared, station)
    seen = "document.querySelector('header #code-new').getClientRects().length"
    for view, is_seen in (("codes", 1), ("history", 0), ("codes", 1)):
        show(page, view)
        until(lambda is_seen=is_seen: page.value(seen) == is_seen, view, START_S)
    page.click("#code-new")
    page.shows("#code-step", "Step 1 of 3")
    assert page.value(seen) == 0


def test_a_time_zone_that_the_browser_does_not_know_hides_no_times(page, shared, station):
    station.state["appliance"]["zone"] = "Europe/Newtown"
    opened(page, shared, station)
    shown = "/^\\d\\d:\\d\\d$/.test(document.querySelector('#clock').textContent)"
    until(lambda: page.value(shown), "the time", START_S)


def test_a_time_zone_has_the_name_that_people_know(page, shared, station):
    station.state["appliance"]["zone"] = "Etc/UTC"
    opened(page, shared, station)
    page.value("location.hash = 'codes=new'")
    page.shows("#code-step", "Step 1 of 3")
    assert page.value("document.querySelector('#code-zone').textContent") == "Times are those of the station, UTC."


def test_a_new_token_is_on_the_page_until_the_view_changes(page, shared, station):
    opened(page, shared, station, "access")
    page.type("#token-name", "wall")
    page.click("#token-form [type=submit]")
    page.shows("#token-said", "The token of wall. It is not shown again:")
    secret = "document.querySelector('#token-text').textContent"
    assert page.value(secret)
    show(page, "home")
    assert page.value(secret) == ""


@pytest.mark.parametrize(
    ("view", "asked", "event", "shown"),
    [("codes", "codes", "code.added", "#code-list"), ("access", "tokens", "access.token_added", "#token-list")],
)
def test_an_older_answer_takes_nothing_away_from_a_list(page, shared, station, view, asked, event, shown):
    station.book = []
    opened(page, shared, station, view)
    page.value(HOLDS_BACK % f"/v1/{asked}")
    shared.tell(event)
    until(lambda: page.value("late !== null"), "an answer that is held back", START_S)
    station.book = [fake.code("a-1")]
    with shared.tcp() as client:
        client.post("/v1/tokens", json={"name": "Cleaner", "scopes": ["view"]}).raise_for_status()
    shared.tell(event)
    page.shows(shown, "Cleaner")
    page.value("late() ?? 0")
    station.state["appliance"]["station"] = "Back door"
    shared.tell("custom")
    name = "document.querySelector('#station').textContent"
    until(lambda: page.value(name) == "Back door", "the newest state", START_S)
    assert "Cleaner" in page.value(f"document.querySelector('{shown}').innerText")


def test_the_page_is_worked_by_keys_alone(page, shared, station):
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    opened(page, shared, station)
    page.shows("#ring", "Kitchen")
    until(lambda: page.value("document.querySelector('[data-held]') === null"), "buttons that work", START_S)
    page.value("document.querySelector('#station').focus()")
    reached = []
    while reached[-1:] != ["c-1 answer"]:
        page.key("Tab")
        reached.append(page.value("document.activeElement.dataset.key ?? document.activeElement.id"))
        assert len(reached) < 10, reached
    outline = page.value("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.key("Enter")
    until(lambda: station.requests)
    assert station.requests == [(inputs.AnswerCall("c-1"), "http:token")]
    station.state["doors"] = [fake.door("front", contact="open")]
    shared.tell("door.opened", door="front")
    page.shows("#events", "door.opened")
    until(lambda: page.value("document.activeElement.dataset.key") == "c-1 answer", "the same focus", START_S)


def test_a_finger_on_a_button_stays_on_it_while_other_things_change(page, shared, station):
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    opened(page, shared, station)
    page.shows("#ring", "Kitchen")
    page.press('[data-key="c-1 answer"]')
    station.state["panel"]["lamps"][0]["pattern"] = "fast"
    station.state["calls"] += [fake.call("c-2")]
    shared.tell("call.connected", call="c-2")
    page.shows("#calls", "connected")
    page.release('[data-key="c-1 answer"]')
    until(lambda: station.requests)
    assert station.requests == [(inputs.AnswerCall("c-1"), "http:token")]


def test_a_finger_that_slides_off_a_button_presses_nothing(page, shared, station):
    opened(page, shared, station, "panel")
    page.press('[data-button="kitchen"]')
    page.release("#title")
    page.click('[data-button="end"]')
    until(lambda: station.requests)
    assert [action.button for action, _ in station.requests] == ["end"]
    assert page.value("getComputedStyle(document.querySelector('[data-button=end]')).touchAction") == "pan-y"  # scrolls


# A browser that passes texts on and prints, and says what it was given.
PASSES_ON = """{
  Object.defineProperty(navigator, "share", { value: async (what) => { window.given = what; }, configurable: true });
  window.print = () => { window.printed = document.querySelector("#code-shown").textContent; };
}"""


def test_a_new_code_is_sent_and_printed_with_what_it_does(page, shared, station):
    station.replies = lambda _: orders.Reply(RequestId("q-1"), code=CredentialId("a-1"))
    with page.first(PASSES_ON):
        opened(page, shared, station, "codes")
        page.click("#code-new")
        page.shows("#code-step", "Step 1 of 3")
        page.type("#code-owner", "Cleaner")
        page.click("#code-next")
        page.value("document.querySelector('#code-digits').value = '471108'")
        page.click("#code-next")
        page.click("[name=when][value=always]")
        page.shows("#code-says", "Opens front at any time.")
        page.click("#code-next")
        page.shows("#code-shown", "471 108")
        page.click("#code-share")
        until(lambda: page.value("window.given?.text") == "471108\nOpens front at any time.", "what is sent", START_S)
        page.click("#code-print")
        assert page.value("window.printed") == "471 108"
