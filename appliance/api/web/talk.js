// A call between this browser and the door (WebRTC): the microphone of this device, and the sound of the station.

import { $ } from "./base/dom.js";
import { banner, hideBanner } from "./base/orders.js";
import { expiring, fault, fetched, read } from "./base/session.js";
import { language, t } from "./base/texts.js";
import { own, provide } from "./talking.js";

const GATHER_MS = 500; // for the addresses of this device, if there is one
const FIRST_MS = 5000; // for the first one, on a busy device
const MORE_MS = 10; // for the second and third, once there is one
const ANSWER_MS = 12_000; // the station answers an offer within 10 s
const GAP_MS = 3000; // a path that has lost some checks often comes back; the station ends a call after as much silence
const AGAIN_MS = 1000; // between two attempts to take up a call that was lost
const AGAIN_ANSWER_MS = 4000; // what is asked while the network is away may wait long after its return
const LONGEST_MS = 45_000; // of these attempts
const LEVEL_MS = 100;
const LOUD = 4; // speech has about a quarter of full scale
const LOST = ["rtp_timeout", "ice_failed", "network_lost"]; // causes of a call's end that nobody wanted
const REFUSALS = { NotAllowedError: "refused", NotFoundError: "no_microphone", NotReadableError: "taken" };

let current = null; // the conversation

/** Say why it does not work, and what to do. */
const explain = (why) => banner(t(`talk.${why}`), t(`talk.${why}_help`), { lang: language });

async function talk() {
  if (!window.isSecureContext || !navigator.mediaDevices) return explain("insecure");
  if (!window.RTCPeerConnection) return explain("unsupported");
  if (!navigator.locks) return begin(); // Safari before 15.4: there the station refuses a second tab as it does others
  return navigator.locks.request("intercomd.talk", { ifAvailable: true }, (lock) => lock ? begin() : explain("elsewhere"));
}

async function begin() {
  try {
    await converse(await navigator.mediaDevices.getUserMedia({ audio: true }));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    explain(REFUSALS[error.name] ?? "no_microphone");
  }
}

/** Talk until either side hangs up; a call that is lost is taken up again for a while. */
async function converse(microphone) {
  const mine = current = { microphone, over: new AbortController(), meter: watch(microphone) };
  const ended = () => mine.over.signal.aborted;
  hideBanner();
  show();
  try {
    mine.servers = (await read("/v1/calls/from-browser")).ice_servers.map((urls) => ({ urls }));
    let lost = await call(mine);
    for (const until = performance.now() + LONGEST_MS; lost && !ended() && performance.now() < until;) {
      $("talk-said").textContent = t("talk.again");
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      lost = ended() ? false : await call(mine, AGAIN_ANSWER_MS).catch((why) => stays(why, mine));
    }
    if (lost && !ended()) explain("lost");
  } catch (error) {
    if (!ended()) tell(error);
  } finally {
    mine.meter.stop();
    microphone.getTracks().forEach((track) => track.stop());
    current = null;
    own(null);
    show();
  }
}

/** What did not go may go later, but not without a session, nor while another talks: the lost call has ended by then. */
async function stays(error, { ended }) {
  if (error.code === "unauthorized" || (error.code === "call-wrong-state" && await ended().catch(() => null))) throw error;
  return true;
}

function tell(error) {
  if (error.code === "call-wrong-state") explain("busy");
  else banner(...fault(error), { lang: error.lang });
}

/** One call: whether it was lost. patience_ms: until the station has answered. */
async function call(mine, patience_ms = ANSWER_MS) {
  const { microphone, over, servers } = mine;
  const connection = new RTCPeerConnection({ iceServers: servers });
  const dead = new AbortController(); // closes the answer to the offer: the station then hangs up
  const end = () => dead.abort();
  over.signal.addEventListener("abort", end);
  let gap = 0; // timer
  connection.onconnectionstatechange = () => {
    clearTimeout(gap);
    if (connection.connectionState === "failed") end();
    if (connection.connectionState === "disconnected") gap = setTimeout(end, GAP_MS);
  };
  connection.ontrack = ({ track }) => { $("talk-sound").srcObject = new MediaStream([track]); };
  try {
    const tracks = microphone.getAudioTracks();
    connection.addTrack(tracks[0], microphone);
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection, !servers.length, dead.signal);
    const late = setTimeout(end, patience_ms);
    const lines = await offered(connection.localDescription.sdp, dead.signal, patience_ms);
    const { call: id, answer } = JSON.parse((await lines.next()).value);
    clearTimeout(late);
    // The browser connects while the page draws the call, which takes time.
    const joined = connection.setRemoteDescription({ type: "answer", sdp: answer });
    own(id);
    mine.ended = async () => (await read(`/v1/calls/${encodeURIComponent(id)}`)).end;
    scrollTo(0, 0); // what a person can do in a call is there
    $("talk-said").textContent = "";
    try {
      await joined;
      for await (const line of lines) if (line) break; // it has empty lines only, for as long as the call lasts
    } catch (error) {
      if (over.signal.aborted) return false;
      if (error instanceof DOMException && error.code !== DOMException.ABORT_ERR) throw error;
      return true;
    }
    return LOST.includes((await mine.ended())?.cause);
  } finally {
    clearTimeout(gap);
    over.signal.removeEventListener("abort", end);
    dead.abort();
    connection.close();
    $("talk-sound").srcObject = null;
  }
}

/** Wait for the addresses of this device; `alone`: no server tells it others. An offer without one is of no use. */
const gathered = (connection, alone, signal) => new Promise((resolve) => {
  const done = () => { if (connection.iceGatheringState === "complete") resolve(); };
  let known = false;
  let late = false;
  connection.onicegatheringstatechange = done;
  // Chromium finds those for UDP at once, and then looks 0.1 s for TCP's and relays', which are not needed.
  connection.onicecandidate = ({ candidate }) => {
    known ||= / udp /i.test(candidate?.candidate);
    if (known && (alone || late)) setTimeout(resolve, MORE_MS);
  };
  done();
  setTimeout(() => { late = true; if (known) resolve(); }, GATHER_MS);
  setTimeout(resolve, FIRST_MS);
  signal.addEventListener("abort", resolve);
});

/** Give the station the offer: the lines of its answer, of which the last comes at the end of the call. */
async function offered(offer, signal, patience_ms) {
  const headers = { "Content-Type": "application/json", ...expiring(patience_ms) };
  const answer = await fetched("/v1/calls/from-browser", { method: "POST", headers, body: JSON.stringify({ offer }), signal });
  return split(answer.body.getReader());
}

async function* split(reader) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (text + decoder.decode(value, { stream: true })).split("\n");
    text = lines.pop();
    yield* lines;
  }
}

/** Show how loud the microphone is, until it is stopped. */
function watch(microphone) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const wave = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(microphone).connect(analyser);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    $("talk-level").value = Math.min(1, LOUD * Math.hypot(...wave) / Math.sqrt(wave.length));
  }, LEVEL_MS);
  return { stop: () => {
    clearInterval(timer);
    context.close();
  } };
}

function show() {
  $("talking").hidden = current === null;
  $("talk-said").textContent = "";
  $("talk-speaker").hidden = !navigator.mediaDevices?.selectAudioOutput || !("setSinkId" in $("talk-sound"));
}

/** Have the microphone heard, or not, also when the call is taken up again. */
function muffle(muted) {
  for (const track of current?.microphone.getTracks() ?? []) track.enabled = !muted;
}

$("talk-volume").oninput = () => { $("talk-sound").volume = $("talk-volume").value / 100; };
$("talk-speaker").onclick = () => navigator.mediaDevices.selectAudioOutput()
  .then(({ deviceId }) => $("talk-sound").setSinkId(deviceId), () => {}); // the person has chosen none
$("talk-end").onclick = () => current?.over.abort();

provide(talk, muffle);
