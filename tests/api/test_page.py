import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from appliance.api import app
from appliance.api.http import server
from appliance.core import inputs, orders
from appliance.core.audio.self_test import findings
from appliance.core.model import AccessScope, Action, Pattern, RequestId, SoundMeasured, SoundResult
from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import TOKEN, hold, log_in, opened, press_until, run, show
from tests.api.test_https import Given
from tests.support.certificates import Authority
from tests.support.waiting import until

pytestmark = pytest.mark.far_end


def test_the_page_shows_the_state_and_follows_it(page, shared, station):
    opened(page, shared, station)
    page.shows("#station", "Front door")
    page.shows('[data-button="kitchen"]', "Call Kitchen")
    page.shows("#call", "No call.")

    def rings():
        station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
        station.state["panel"]["lamps"][0]["pattern"] = "fast"
        station.tell("call.incoming", call="c-1", by="sip:kitchen@127.0.0.1", display_name="<b>Kitchen</b>")

    shared.on_loop(rings)
    page.shows("#ring", "Kitchen")
    page.shows("#events", "call.incoming")
    page.shows("#events", "<b>Kitchen</b>")
    shared.tell("custom", name="lift.called", details={"floor": HOSTILE}, by="http:lift")
    page.shows("#events", HOSTILE[:30])
    assert "by by" not in page.value("document.querySelector('#events').innerText")
    assert page.value("document.querySelectorAll('#events img').length + (window.hit ?? 0)") == 0
    assert page.value("document.querySelector('[data-lamp=status] .lamp').dataset.pattern") == "fast"
    page.click('[data-key="c-1 answer"]')
    until(lambda: station.requests)
    assert station.requests == [(inputs.AnswerCall("c-1"), "http:token")]


def test_the_page_is_in_the_browsers_language_until_the_switch_says_another(page, shared, station):
    with page.languages("de-AT", "fr"):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        page.shows("#link-text", "verbunden")
        page.shows("#doors", "Zum Öffnen halten")
        assert page.value("document.documentElement.lang") == "de"
        page.value(
            "const c = document.querySelector('#language'); c.value = 'en'; c.dispatchEvent(new Event('change'))"
        )
        try:
            page.shows("#doors", "Hold to open")
            assert page.value("document.documentElement.lang") == "en"
            page.reload()
            until(lambda: page.value("document.readyState") == "complete", "the page again", START_S)
            page.shows("#doors", "Hold to open")
        finally:
            page.value("localStorage.removeItem('language')")


def test_words_are_said_once_and_are_those_of_residents(page, shared, station):
    station.state["calls"] = [
        fake.call("c-1", state="incoming", direction="incoming", connected_since=None),
        fake.call("c-2", direction="incoming"),
        fake.call("c-3", state="ringing", connected_since=None),
    ]
    station.state["doors"] = [fake.door("front", state="unlocked", unlocked=True, by="http:token", means="api")]
    opened(page, shared, station)
    page.shows("#doors .seen", "Unlocked")
    page.shows("#doors .seen", "from a page or app")
    page.shows("#ring .who", "Kitchen")
    assert page.value("document.querySelector('#ring').innerText").lower().count("rings") == 1
    facts = (
        "[...document.querySelectorAll('.call .facts')].map((each) => [...each.children].map((one) => one.innerText))"
    )
    (connected, here, _), ringing = page.value(facts)
    assert (connected, here, ringing) == ("connected", "called here", ["ringing"])
    assert not [word for word in ("http:", "sip:") if word in page.value("document.querySelector('main').innerText")]


OPENERS = [
    ("http:kitchen-tablet", "api", "by kitchen-tablet"),
    ("dbus:1000", "api", "by a program of the station"),
    ("button door", "button", "with the button door"),
    ("code of Ann, Lee, keypad gate", "keypad", "with the code of Ann, Lee, at the keypad gate"),
    ("card of Ann, reader gate", "card", "with the card of Ann, at the reader gate"),
    ("code of Ann, http:token", "dtmf", "with the code of Ann, by http:token in a call"),
    ("digits of kitchen", "dtmf", "by kitchen in a call"),
    ("code of Ann, digits of kitchen", "dtmf", "with the code of Ann, by kitchen in a call"),
    ("http:token", "dtmf", "by http:token in a call"),  # a far end chooses its own name
    ("button exit", "dtmf", "by button exit in a call"),
]


def test_who_opened_a_door_is_read_by_the_means(page, shared, station):
    page.open(shared.bound.url)
    page.shows("#link-text", "logged out")
    page.value("import('/base/people.js').then((people) => { window.people = people; })")
    asked = [[by, means] for by, means, _ in OPENERS]
    said = f"{json.dumps(asked)}.map((each) => window.people.opener(...each))"
    assert until(lambda: page.value(said), "the words", START_S) == [words for *_, words in OPENERS]


def test_every_action_of_a_button_has_a_label(page, shared, station):
    like = station.state["panel"]["buttons"][0]
    station.state["panel"]["buttons"] = [
        {**like, "id": f"b-{action}", "action": action, "long_action": action, "target": ""} for action in Action
    ]
    opened(page, shared, station, "panel")
    page.shows("#buttons", "b-ring")
    lines = "[...b.children].map((each) => each.innerText)"
    told = f"[...document.querySelectorAll('#buttons button')].map((b) => [b.dataset.button, ...{lines}])"
    labels = {name: does for name, *does in page.value(told)}
    assert all(does[1] == name for name, does in labels.items()), labels
    assert labels.keys() == {f"b-{action}" for action in Action}
    assert not any("undefined" in text for does in labels.values() for text in does), labels
    assert len({does[0] for does in labels.values()}) == len(Action)


def test_a_button_that_has_the_name_of_its_action_says_it_once(page, shared, station):
    like = station.state["panel"]["buttons"][0]
    station.state["panel"]["buttons"] = [{**like, "id": "hold", "action": "hold", "long_action": None, "target": ""}]
    opened(page, shared, station, "panel")
    page.shows('[data-button="hold"]', "Hold")
    assert page.value("document.querySelector('[data-button=hold]').innerText") == "Hold"


def test_a_press_lasts_as_long_as_the_finger_stays(page, shared, station):
    opened(page, shared, station, "panel")
    page.press('[data-button="kitchen"]')
    until(lambda: page.value("document.querySelector('[data-button=kitchen]').classList.contains('down')"))
    began = page.value("performance.now()")
    until(lambda: page.value("performance.now()") > began + 300)
    assert station.requests == []
    page.release('[data-button="kitchen"]')
    (press, _) = until(lambda: station.requests)[0]
    assert press.button == "kitchen" and press.seconds >= 0.3


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_a_key_presses_once(page, shared, station, key):
    opened(page, shared, station, "panel")
    page.value("document.querySelector('[data-button=end]').focus()")
    page.key(key)
    until(lambda: station.requests)
    shared.tell("custom", done=key)
    page.shows("#events", "custom")  # what the key did beside is done by now
    assert [action.button for action, _ in station.requests] == ["end"]


def test_a_refused_order_is_reported_in_the_banner(page, shared, station):
    station.replies = fake.refused("unavailable")
    opened(page, shared, station)
    hold(page, '[data-door="front"] button', lambda: station.requests)
    page.shows("#banner", "The station cannot do this now. No. Because.")
    assert station.requests == [(inputs.OpenDoor("front", None), "http:token")]


HOSTILE = "<img src=x onerror=window.hit=1>" + "W" * 2000  # from SIP: a caller chooses its name


def test_a_ring_comes_to_the_top_with_name_answer_and_open_where_the_thumb_is(page, shared, station):
    opened(page, shared, station)
    ringing = fake.call(state="incoming", direction="incoming", connected_since=None)
    ringing["remote"] = {**ringing["remote"], "target": None, "display_name": HOSTILE}
    station.state["calls"] = [ringing]
    shared.tell("call.incoming", call="c-1")
    page.shows("#ring", HOSTILE[:40])
    page.shows("#ring", "Not in the directory: sip:kitchen@127.0.0.1:5070")
    page.shows("#ring-said", "rings. Not in the directory: sip:kitchen@127.0.0.1:5070")
    assert page.value("document.querySelectorAll('main img').length + (window.hit ?? 0)") == 0
    owned = "(({left, top, right, bottom}) => [left, top, right - innerWidth, bottom - innerHeight])"
    assert page.value(f"{owned}(document.querySelector('#ring').getBoundingClientRect())") == [0, 0, 0, 0]
    covered = "['#doors', '#views'].map((each) => getComputedStyle(document.querySelector(each)).visibility)"
    assert page.value(covered) == ["hidden", "hidden"], "no key reaches what it covers"
    with page.phone():
        for key in ("c-1 answer", "c-1 open front"):
            button = f"document.querySelector('[data-key=\"{key}\"]')"
            box = f"(({{left, top, right, bottom}}) => [left, top, right, bottom])({button}.getBoundingClientRect())"
            left, top, right, bottom = until(lambda box=box: (page.value(box) or [0, 0])[1] > 370 and page.value(box))
            assert left >= 0 and right <= 360 and bottom <= 740
            at = f"document.elementFromPoint({(left + right) / 2}, {(top + bottom) / 2})"
            until(lambda at=at, button=button: page.value(f"{button}.contains({at})"), key, START_S)
        name = page.value("document.querySelector('#ring .who').getBoundingClientRect().toJSON()")
        assert name["top"] >= 0 and name["right"] <= 360
        hold(page, '[data-key="c-1 open front"]', lambda: station.requests)
        page.click('[data-key="c-1 answer"]')
        until(lambda: len(station.requests) == 2)
    assert [action for action, _ in station.requests] == [inputs.OpenDoor("front", None), inputs.AnswerCall("c-1")]


def test_a_tap_that_was_meant_for_something_else_opens_no_door(page, shared, station):
    opened(page, shared, station)
    page.value("""
        window.taps = 0;  // at the moment at which the ring appears or goes
        new MutationObserver(() => {
          for (const each of document.querySelectorAll("[data-door] button, .open-door")) {
            each.click();
            each.click();
            window.taps += 1;
          }
        }).observe(document.querySelector("#ring"), { attributes: true, attributeFilter: ["hidden"] });
    """)
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    shared.tell("call.incoming", call="c-1")
    until(lambda: page.value("window.taps") == 2, "a ring", START_S)
    page.click('[data-key="c-1 answer"]')
    station.state["calls"] = []
    shared.tell("call.ended", call="c-1")
    until(lambda: page.value("window.taps") == 3, "its end", START_S)
    hold(page, '[data-door="front"] button', lambda: len(station.requests) == 2)
    assert [action for action, _ in station.requests] == [inputs.AnswerCall("c-1"), inputs.OpenDoor("front", None)]


def test_markup_that_slipped_into_the_page_runs_nothing_and_loads_nothing_from_elsewhere(page, shared, station):
    opened(page, shared, station)
    page.value("""
        window.blocked = [];
        document.addEventListener("securitypolicyviolation", (e) => window.blocked.push(e.effectiveDirective));
        const slipped = document.createElement("div");
        slipped.innerHTML = '<img src="https://elsewhere.invalid/" onerror="window.hit = 1"><p style="color: red">' +
          '<iframe src="https://elsewhere.invalid/"></iframe><audio src="https://elsewhere.invalid/"></audio>';
        document.body.append(slipped);
        document.body.append(Object.assign(document.createElement("script"), { textContent: "window.hit = 1" }));
        fetch("https://elsewhere.invalid/").catch(() => {});
    """)
    loads, runs = {"img-src", "frame-src", "media-src", "connect-src"}, {"script-src-attr", "script-src-elem"}
    refused = loads | runs | {"style-src-attr"}
    until(lambda: refused <= set(page.value("window.blocked")), "refusals", START_S)
    assert page.value("window.hit ?? 0") == 0


def test_a_visitor_at_the_stations_own_door_rings_on_its_page(page, shared, station):
    calls = [fake.call(f"c-{n}", state="ringing", connected_since=None, ring="v-1") for n in (1, 2)]
    station.state["calls"] = calls
    opened(page, shared, station)
    page.shows("#ring", "Somebody is at the door.")
    page.shows("#ring", "It rings at Kitchen, Kitchen")
    page.click('[data-key="v-1 stop"]')
    until(lambda: len(station.requests) == 2)
    assert {action for action, _ in station.requests} == {inputs.HangUpCall("c-1"), inputs.HangUpCall("c-2")}


@pytest.mark.parametrize(
    ("microphone", "says"),
    [
        ({"muted": False}, "You talk with the microphone and speaker of the station"),
        ({"muted": True}, "The station's microphone is muted"),
        ({"muted": None, "pcm": "null"}, "The station has no microphone"),
    ],
)
def test_a_ring_says_whether_an_answer_uses_the_stations_microphone(page, shared, station, microphone, says):
    station.state["audio"]["microphone"] |= microphone
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    opened(page, shared, station)
    page.shows("#ring", says)


def test_a_call_is_recorded_until_that_is_ended(page, shared, station):
    station.state["calls"] = [fake.call()]
    opened(page, shared, station)
    page.shows('[data-key="c-1 record"]', "Record")
    page.click('[data-key="c-1 record"]')
    until(lambda: station.requests)

    def begun():
        station.state["calls"] = [fake.call(recording="r-1")]
        station.tell("recording.started", call="c-1", recording="r-1")

    shared.on_loop(begun)
    page.shows('[data-key="c-1 record"]', "Stop recording")
    page.click('[data-key="c-1 record"]')
    until(lambda: len(station.requests) == 2)
    assert [order for order, _ in station.requests] == [
        inputs.StartRecording("c-1"),
        inputs.StopRecording("c-1"),
    ]


def test_an_open_door_counts_down(page, shared, station):
    until_then = (datetime.now(UTC) + timedelta(seconds=300)).isoformat().replace("+00:00", "Z")
    station.state["doors"] = [fake.door("front", state="unlocked", unlocked=True, until=until_then)]
    opened(page, shared, station)
    text = "document.querySelector('#doors .countdown').innerText.trim()"
    first = until(lambda: page.value(text), "a countdown", START_S)
    assert re.fullmatch(r"[0-5]:[0-5]\d", first), first
    until(lambda: (page.value(text) or first) < first, "a later one", START_S)


def test_do_not_disturb_is_a_switch_for_every_resident_who_may_call(page, shared, station):
    _, text = station.tokens.add("kitchen-tablet", (AccessScope.VIEW, AccessScope.CALL), None)
    log_in(page, f"{shared.bound.url}#token={text}")
    page.shows("#link-text", "live")
    until(lambda: station.subscribers, patience=START_S)
    page.click("#dnd")
    until(lambda: station.requests)
    assert station.requests == [(inputs.ChangeRuntime(do_not_disturb=True), "http:kitchen-tablet")]
    station.state["runtime"]["do_not_disturb"] = True
    shared.tell("config.changed", applied="do_not_disturb", needs_restart="")
    until(lambda: page.value("document.querySelector('#dnd').ariaChecked") == "true", "the switch", START_S)


def test_the_ringer_is_silenced_for_a_while_and_rings_again(page, shared, station):
    opened(page, shared, station)
    page.shows("#ringer", "30 minutes")
    page.click("#ringer")
    until(lambda: station.requests)
    station.state["audio"]["ringer_silent_until"] = "2026-11-20T06:07:08Z"
    shared.tell("audio.ringer_changed", seconds=1800.0, by="http:station")
    page.shows("#ringer", "Ring again")
    page.click("#ringer")
    until(lambda: len(station.requests) == 2)
    assert [action for action, _ in station.requests] == [inputs.SilenceRinger(30), inputs.SilenceRinger(0)]


def test_a_call_is_passed_on_by_name_or_to_another_call(page, shared, station):
    station.state["calls"] = [fake.call("c-1"), fake.call("c-2", active=False, hold="local")]
    opened(page, shared, station)
    page.shows("#calls", "held here")
    page.click('[data-key="c-1 transfer"]')
    page.shows("#transfer", "Transfer Kitchen")
    page.type("#transfer-to", "office")
    page.key("Enter")
    until(lambda: station.requests)
    page.click('[data-key="c-1 transfer"]')
    page.shows("#transfer-calls", "Connect with Kitchen")
    page.click('[data-key="transfer c-2"]')
    until(lambda: len(station.requests) == 2)
    assert [action for action, _ in station.requests] == [
        inputs.TransferCall("c-1", "office"),
        inputs.ConnectCalls("c-1", "c-2"),
    ]


def test_a_resident_calls_from_the_directory(page, shared, station):
    station.replies = fake.placed("c-1")
    station.state["contacts"].append(fake.contact("<i>Workshop</i>"))
    opened(page, shared, station, "directory")
    page.shows("#directory", "Miller flat 12")
    page.shows("#directory", "<i>Workshop</i> available")
    page.type("#directory-search", "work")
    until(lambda: page.value("document.querySelectorAll('#directory li').length") == 1, "the search", START_S)
    page.click("#directory button")
    until(lambda: station.requests)
    page.type("#dial-to", "201")
    page.key("Enter")
    until(lambda: len(station.requests) == 2)
    assert [action.to for action, _ in station.requests] == ["<i>Workshop</i>", "201"]


def test_a_client_that_may_only_look_sees_no_buttons_for_what_it_may_not(page, shared, station):
    station.state["calls"] = [fake.call(state="incoming", direction="incoming", connected_since=None)]
    _, text = station.tokens.add("wall", (AccessScope.VIEW,), None)
    log_in(page, f"{shared.bound.url}#token={text}")
    page.shows("#ring", "You may see who rings, but not answer.")
    usable = "(each) => each.getClientRects().length && !each.disabled"
    # More has what concerns this device.
    stations = "document.querySelectorAll('main .view:not([data-view=more]) button')"
    buttons = f"[...{stations}].filter({usable}).map(({{id}}) => id)"
    assert page.value(buttons) == []
    assert page.value("document.querySelector('#quiet-section').hidden") is True
    station.state["runtime"]["do_not_disturb"] = True
    shared.tell("config.changed", applied="do_not_disturb", needs_restart="")
    page.shows("#quiet-section", "Do not disturb is on: no call rings here")
    assert page.value(buttons) == []
    station.state["calls"] = []
    shared.tell("call.ended", call="c-1")
    until(lambda: page.value("document.querySelector('#ring').hidden") is True, "the end of the ring", START_S)
    page.shows("#doors", "You may see this door, but not open it.")
    links = page.value("[...document.querySelectorAll('#views a')].map((each) => each.innerText)")
    assert links == ["Home", "History", "More"]
    views = "[...document.querySelectorAll('.view')]"
    for view in ("system", "accounts", "panel", "sound", "access", "events", "codes", "settings", "recordings"):
        page.value(f"location.hash = '{view}'")
        shown = f"{views}.filter((each) => !each.hidden).map((each) => each.dataset.view)"
        until(lambda shown=shown: page.value(shown) == ["home"], view, START_S)
    assert page.value("document.querySelector('#sound')") is None
    show(page, "more")
    pressed = "[...document.querySelectorAll('main [data-view=more] :is(a, button)')]"
    found = page.value(f"{pressed}.filter((each) => each.getClientRects().length).map(({{id}}) => id)")
    assert set(found) <= {"hush", "elsewhere-notify", "awake", "logout", "more-directory", "push"}


def test_an_installer_tries_lamp_and_sound_and_has_the_station_examined(page, shared, station):
    station.findings = [
        {
            "check": "door.front",
            "level": "problem",
            "message": "It is <b>taken</b>.",
            "cause": "By x.",
            "resolution": "",
        }
    ]
    opened(page, shared, station, "panel")
    page.click('[data-lamp="status"] button')
    until(lambda: station.requests)
    assert station.requests[0][0] == inputs.TestLamp("status", Pattern.FAST, 5.0)
    show(page, "system")
    page.click("#examine")
    for told in ("problem", "door.front", "It is <b>taken</b>. By x."):
        page.shows("#findings", told)
    show(page, "sound")
    measured = SoundMeasured(56000, -60.0, -20.0, -5.0, 40.0, 0.0)
    trial = findings(measured, SoundResult.LOUD_ECHO, "Lower <b>it</b>.", 62.0)
    station.replies = lambda _: orders.Reply(RequestId("q-1"), trial=trial)
    page.click("#try-sound")
    page.shows("#tried", "The echo is too loud: callers would hear little of a visitor. Set the volume lower")
    page.click("#tried summary")
    page.shows("#tried", "Lower <b>it</b>. Noise -60 dBFS, echo -20 dBFS (-5 dB) after 40 ms.")
    station.requests.clear()
    page.click("#tried button")
    until(lambda: station.requests)
    assert station.requests == [(inputs.ChangeAudio(volume=62.0), "http:token")]


def test_a_wrong_token_is_reported_and_nothing_is_shown(page, shared, station):
    page.open(f"{shared.bound.url}#token=wrong")
    page.shows("#login-why", "The token is missing, wrong or expired.")
    page.shows("#link-text", "logged out")
    assert station.subscribers == 0
    mains = "[...document.querySelectorAll('main, [role=main]')].filter((each) => each.getClientRects().length)"
    assert page.value(f"{mains}.map(({{id}}) => id)") == ["login"]


def test_who_logs_in_stays_logged_in_until_the_logout_and_no_script_sees_token_or_cookie(page, shared, station):
    page.open(shared.bound.url)
    page.shows("#link-text", "logged out")
    page.type("#login-token", TOKEN)
    page.key("Enter")
    page.shows("#link-text", "live")
    page.reload()
    until(lambda: page.value("document.readyState") == "complete", "the page again", START_S)
    page.shows("#link-text", "live")
    kept = page.value("JSON.stringify([document.cookie, {...localStorage}, location.href])")
    assert TOKEN not in kept and "intercom" not in kept
    hold(page, '[data-door="front"] button', lambda: station.requests)
    assert station.requests == [(inputs.OpenDoor("front", None), "http:token")]
    show(page, "more")
    page.value("localStorage.setItem('intercomd.push', 's-1')")
    page.click("#logout")
    page.shows("#link-text", "logged out")
    assert page.value("document.querySelector('#station').innerText") == "Station"
    kept = page.value("Object.keys(localStorage)")
    assert not {"session", "intercomd.push"} & {*kept}, "who logs in next is not notified unless they want it"
    until(lambda: not station.subscribers, "the end of the events", START_S)


def test_a_token_in_the_address_is_used_once_and_taken_out_of_it(page, shared, station):
    opened(page, shared, station)
    assert page.value("location.href") == shared.bound.url


def test_an_administrator_makes_a_token_and_removes_it(page, shared, station):
    opened(page, shared, station, "access")
    page.shows("#tokens", "No client has a token of its own.")
    page.type("#token-name", "kitchen")
    page.click("[name=scope][value=door]")
    page.value("document.querySelector('#token-end').value = '2040-01-02T03:04'")
    page.click("#token-form [type=submit]")
    page.shows("#token-said", "The token of kitchen. It is not shown again:")
    (made,) = station.tokens.list()
    assert (made["name"], made["scopes"]) == ("kitchen", ["view", "door"])
    assert made["expires"].startswith("2040-01-0")
    assert station.tokens.find(page.value("document.querySelector('#token-text').innerText").encode())
    shared.tell("access.token_added", id=made["id"], name="kitchen", scopes=["view", "door"], expires=None, by="")
    page.shows("#token-list", "see the state and the logs, open doors")
    pressed = "{ const b = document.querySelector('#token-list button'); b.click(); b.textContent }"
    assert page.value(pressed) == "Remove kitchen for good"
    assert station.tokens.list()
    press_until(page, "#token-list button", lambda: not station.tokens.list())
    page.shows("#token-said", "Removed.")


def test_the_list_of_tokens_is_for_those_who_may_do_everything(page, shared, station):
    _, text = station.tokens.add("tablet", (AccessScope.VIEW,), None)
    log_in(page, f"{shared.bound.url}#token={text}")
    page.shows("#link-text", "live")
    page.value("location.hash = 'access'")
    page.shows("#views", "More")
    assert page.value("document.querySelector('#tokens, #upkeep')") is None
    station.tokens.remove(station.tokens.list()[0]["id"])
    shared.tell("custom", note="ends the stream")
    page.shows("#login-why", "The token is missing, wrong or expired.")
    page.shows("#station", "Station")


def test_by_https_the_page_logs_in_and_follows_the_events(page, station, loop, tmp_path):
    made = Given(*Authority(tmp_path).sign("door", "door", "IP:127.0.0.1"))
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, made)
    try:
        with page.any_certificate():
            log_in(page, f"{run(loop, listening.start()).url}#token={TOKEN}")
            page.shows("#link-text", "live")
            until(lambda: station.subscribers, patience=START_S)
            loop.call_soon_threadsafe(station.tell, "custom")
            page.shows("#events", "custom")
            hold(page, '[data-door="front"] button', lambda: station.requests)
    finally:
        run(loop, listening.stop())


def test_the_page_comes_back_by_itself_and_misses_no_event(page, shared, station):
    opened(page, shared, station)
    shared.tell("custom", n="first")
    page.shows("#events", "first")

    def cut():
        station.close()
        station.tell("custom", n="between")

    shared.on_loop(cut)
    page.shows("#events", "between")
    page.shows("#link-text", "live")
    texts = page.value("[...document.querySelectorAll('#events .data')].map((each) => each.innerText)")
    assert texts == ["n between", "n first"], json.dumps(texts)
