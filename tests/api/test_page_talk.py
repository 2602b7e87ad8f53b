"""Talk at the door from the page: whom it offers it to, and what it says where it does not work."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import AccessScope
from tests.api import fake
from tests.api.browser import START_S, log_in
from tests.api.conftest import TOKEN, opened
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
REFUSED = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '%s'); }"
GIVEN = """navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  return (window.microphone = context.createMediaStreamDestination().stream);
}"""
# The answer to the offer, which lasts as long as the call, breaks off once it is cut.
CUT = """{
  const real = window.fetch;
  window.fetch = async (what, given) => {
    const answer = await real(what, given);
    if (given?.method !== "POST" || !answer.ok) return answer;
    const reader = answer.body.getReader();
    return new Response(new ReadableStream({ async start(way) {
      way.enqueue((await reader.read()).value);
      window.cut = () => way.error(new TypeError("The network has gone."));
    } }));
  };
}"""
# A device that finds its addresses later than a page likes to wait.
BUSY = """{
  const of = RTCPeerConnection.prototype;
  const told = Object.getOwnPropertyDescriptor(of, 'localDescription').get;
  const heard = Object.getOwnPropertyDescriptor(of, 'onicecandidate').set;
  Object.defineProperty(of, 'iceGatheringState', { get: () => 'gathering' });
  Object.defineProperty(of, 'onicecandidate', { set(handler) {
    heard.call(this, (event) => setTimeout(() => { this.found = true; handler(event); }, 1500));
  } });
  Object.defineProperty(of, 'localDescription', { get() {
    const { type, sdp } = told.call(this);
    return { type, sdp: this.found ? sdp : sdp.replace(/a=candidate.*\\r\\n/g, '') };
  } });
} 0"""
WHY = {
    REFUSED % "NotAllowedError": "The browser does not give the page the microphone.",
    REFUSED % "NotFoundError": "This device has no microphone.",
    REFUSED % "NotReadableError": "Another program uses the microphone.",
    "Object.defineProperty(window, 'isSecureContext', { value: false })": "it came without HTTPS",
    "window.RTCPeerConnection = undefined": "This browser cannot make calls.",
}


@contextmanager
def site(text: str) -> Generator[str, None, None]:
    """Another site, which shows this page: its address."""

    class Shown(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Shown) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://localhost:{serving.server_address[1]}/"
        serving.shutdown()


def ready(page, shared, station):
    station.state["calls"] = []
    opened(page, shared, station)


def explained(page, what):
    page.shows("#banner", what)
    assert page.value("document.querySelector('#banner-why').innerText"), "no remedy"
    until(lambda: page.value("document.querySelector('#talking').hidden"), "no call", START_S)


@pytest.mark.parametrize(("hindrance", "what"), WHY.items(), ids=WHY.values())
def test_it_says_why_it_has_no_microphone_and_what_to_do(page, shared, station, hindrance, what):
    ready(page, shared, station)
    page.value(hindrance)
    page.click("#to-talk")
    explained(page, what)
    assert station.offers == []


def test_it_says_that_somebody_else_talks_and_lets_the_microphone_go(page, shared, station):
    station.refuses_offers = IntercomError(ErrorCode.CALL_WRONG_STATE, "The station is in another call.")
    ready(page, shared, station)
    page.value(GIVEN)
    page.click("#to-talk")
    explained(page, "Somebody else talks at the door.")
    assert page.value("window.microphone.getTracks()[0].readyState") == "ended"
    assert station.offers[0][0].startswith("v=0")


def test_a_call_whose_session_has_ended_is_not_taken_up_again(page, shared, station):
    ready(page, shared, station)
    page.value(f"{GIVEN}; RTCPeerConnection.prototype.setRemoteDescription = async () => {{}}; 0")
    page.click("#to-talk")
    call = until(lambda: next((each for each in station.state["calls"] if each["led_by"]), None), "a call", START_S)
    station.refuses_offers = IntercomError(ErrorCode.UNAUTHORIZED, "It counts no longer.")
    call["end"] = {"cause": "rtp_timeout", "code": 0, "reason": "", "by": "network"}
    shared.tell("call.ended", call=call["id"])
    explained(page, "The token is missing, wrong or expired.")
    assert len(station.offers) == 2


def test_a_call_that_was_lost_is_given_up_once_another_talks(page, shared, station):
    ready(page, shared, station)
    page.value(f"{GIVEN}; RTCPeerConnection.prototype.setRemoteDescription = async () => {{}}; {CUT}; 0")
    page.click("#to-talk")
    call = until(lambda: next((each for each in station.state["calls"] if each["led_by"]), None), "a call", START_S)
    until(lambda: page.value("window.cut !== undefined"), "the answer", START_S)
    station.refuses_offers = IntercomError(ErrorCode.CALL_WRONG_STATE, "The station is in another call.")
    page.value("window.cut()")
    until(lambda: len(station.offers) > 2, "further attempts, while the station has not noticed the loss", START_S)
    assert page.value("document.querySelector('#talking').hidden") is False
    call["end"] = {"cause": "rtp_timeout", "code": 0, "reason": "", "by": "network"}
    explained(page, "Somebody else talks at the door.")


def test_an_offer_waits_for_the_first_address_of_a_busy_device(page, shared, station):
    station.refuses_offers = IntercomError(ErrorCode.CALL_WRONG_STATE, "The station is in another call.")
    ready(page, shared, station)
    page.value(f"{GIVEN}; {BUSY}")
    page.click("#to-talk")
    until(lambda: station.offers, "the offer", START_S)
    assert "a=candidate:" in str(station.offers)


def test_another_tab_that_talks_is_named(page, shared, station):
    ready(page, shared, station)
    page.value("navigator.locks.request('intercomd.talk', () => new Promise(() => {}))")
    page.click("#to-talk")
    explained(page, "Another tab of this browser talks at the door.")


def test_a_ring_offers_an_answer_by_this_device(page, shared, station):
    station.refuses_offers = IntercomError(ErrorCode.CALL_WRONG_STATE, "The station is in another call.")
    station.state["calls"] = [fake.call("c-1", state="ringing", connected_since=None, ring="v-1")]
    opened(page, shared, station)
    page.shows("#ring", "You talk with the microphone and speaker of this device.")
    page.value(GIVEN)
    page.click('[data-key="v-1 talk"]')
    until(lambda: station.offers, "an offer", START_S)


def test_an_answer_by_this_device_and_one_by_the_stations_own_microphone_have_two_labels(page, shared, station):
    station.state["calls"] = [
        fake.call("c-1", state="ringing", connected_since=None, ring="v-1"),
        fake.call("c-2", state="incoming", direction="incoming", connected_since=None),
    ]
    opened(page, shared, station)
    page.shows('[data-key="v-1 talk"]', "Answer")
    page.shows('[data-key="c-2 answer"]', "Answer at the station")
    assert "station" not in page.value("""document.querySelector('[data-key="v-1 talk"]').textContent""")


@pytest.mark.parametrize("scopes", [("view", "call"), ("view", "listen")])
def test_a_token_that_may_not_is_offered_nothing(page, shared, station, scopes):
    station.state["calls"] = [fake.call("c-1", state="ringing", connected_since=None, ring="v-1")]
    _, secret = station.tokens.add("anna", tuple(map(AccessScope, scopes)), None)
    log_in(page, f"{shared.bound.url}#token={secret}")
    page.shows("#ring", "Somebody is at the door.")
    assert page.value("document.querySelector('[data-key=\"v-1 talk\"]')") is None
    assert page.value("document.querySelector('#to-talk').hidden") is True
    assert TOKEN not in json.dumps(page.value("document.body.innerText"))


def test_another_site_shows_the_page_in_no_frame(page, shared, station):
    """The microphone that a browser gives the station's page for good is not for a page around it."""
    opened(page, shared, station)
    frame = f'<iframe id="door" allow="microphone" src="{shared.bound.url}"></iframe>'
    with site(frame) as url:
        page.open(url)
        until(lambda: page.value("document.querySelector('#door') !== null"), "the page around it", START_S)
        until(
            lambda: page.frames() and not page.frames()[0].startswith(("http", "about:blank")),
            "a frame that was refused",
            START_S,
        )
    assert station.offers == []
