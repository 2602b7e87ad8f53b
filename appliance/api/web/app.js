// The station's page: it shows GET /v1/state, asks for it again after each event, and gives orders.

import { $, make, sentences } from "/dom.js";
import { fetched, follow, login, logout, read, Refused, session } from "/session.js";
import { showTokens } from "/tokens.js";

const LONGEST_LIST = 100;
const PAST_EVENTS = 20;
const RETRY_MS = [500, 1000, 2000, 5000];
const LABELS = {
  ring: "Call", answer: "Answer", hangup: "Hang up", hold: "Hold", switch: "Switch calls", door: "Open the door",
  exit: "Let somebody out", volume_up: "Louder", volume_down: "Quieter", audio_test: "Test the sound", talk: "Talk",
  none: "Event only",
};
const STATES = {
  dialing: "dialing", ringing: "ringing", early_media: "ringing", incoming: "incoming",
  connecting: "connecting", connected: "connected", disconnecting: "ending", ended: "ended",
};
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

// -- the daemon -------------------------------------------------------------------------------------------------------

/** Give an order; what goes wrong is told in the banner. */
async function order(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
  try {
    const told = await (await fetched(path, { method, headers, body: body && JSON.stringify(body) })).json();
    if (told.warning) banner("Nothing changed.", told.warning);
    else hideBanner();
  } catch (error) {
    banner("That did not work.", error instanceof Refused ? error.message : "The station cannot be reached.");
  }
}

// -- banner -----------------------------------------------------------------------------------------------------------

function banner(what, why, label = "Close", act = hideBanner) {
  $("banner-what").textContent = what;
  $("banner-why").textContent = why;
  Object.assign($("banner-act"), { textContent: label, onclick: act, hidden: false });
  $("banner").hidden = false;
}

function hideBanner() { $("banner").hidden = true; }

function link(state, text) {
  $("link").dataset.state = state;
  $("link-text").textContent = text;
}

// -- state ------------------------------------------------------------------------------------------------------------

let shown = "";     // what the page shows, less what moves by itself
let answered = 0;   // performance.now() of the newest state

function show(state) {
  answered = performance.now();
  document.title = state.appliance.station;
  $("station").textContent = state.appliance.station;
  const failed = state.appliance.failed.map(({ part, why }) => `${part}: ${why}`)
    .filter((each) => !state.appliance.status.includes(each)).join("; ");
  $("status").textContent = [state.appliance.status, state.appliance.address, failed]
    .filter((text, place, all) => text && all.indexOf(text) === place).join(" · ");
  durations = new Map(state.calls.filter((call) => call.connected_since).map((call) => [call.id, call.duration_s]));
  const still = JSON.stringify({ ...state, last_event: 0, calls: state.calls.map((call) => ({ ...call, duration_s: 0 })) });
  if (still === shown) return;
  shown = still;
  showLamps(state.panel.lamps);
  showButtons(state.panel.buttons);
  keepingFocus($("calls"), () => showCalls(state.calls));
  keepingFocus($("doors"), () => showDoors(state.doors));
}

/** Draw `parent` anew and give the focus back to the element with the same data-key. */
function keepingFocus(parent, draw) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  draw();
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

function showLamps(lamps) {
  const old = new Map([...$("lamps").children].map((item) => [item.dataset.lamp, item]));
  const same = lamps.length === old.size && lamps.every(({ id }) => old.has(id));
  if (!same) {
    $("lamps").replaceChildren(...lamps.map(({ id }) => make("li", { data: { lamp: id } },
      make("span", { className: "lamp", attrs: { "aria-hidden": "true" } }), make("span", {}, id), make("small"),
      make("button", {
        type: "button", className: "quiet", onclick: () => order("POST", `/v1/panel/lamps/${encodeURIComponent(id)}/test`),
      }, "Try"))));
  }
  lamps.forEach(({ pattern }, place) => {
    const item = $("lamps").children[place];
    item.querySelector(".lamp").dataset.pattern = pattern;
    item.querySelector("small").textContent = pattern;
  });
  $("lamps").hidden = lamps.length === 0;
}

function showButtons(buttons) {
  const drawn = [...$("buttons").children].map((each) => each.dataset.button);
  if (drawn.join("\n") !== buttons.map(({ id }) => id).join("\n")) {
    // Only when they changed: a button that is drawn anew would lose the finger that is on it.
    $("buttons").replaceChildren(...buttons.map(pressable));
  }
  buttons.forEach(({ down }, place) => { $("buttons").children[place].dataset.down = down; });
  $("panel-hint").hidden = !buttons.some(({ long_action }) => long_action);
}

/** A button of the panel: down and up are the finger's, so that a long press is one. */
function pressable({ id, action, long_action, target }) {
  const does = LABELS[action] + (action === "ring" && target ? ` ${target}` : "");
  const button = make("button", { type: "button", className: "press", data: { button: id } },
    make("span", {}, id), make("small", {}, does),
    long_action ? make("small", {}, `long: ${LABELS[long_action]}`) : null);
  let since = null;
  const down = () => {
    if (since !== null) return;
    since = performance.now();
    button.classList.add("down");
  };
  const up = () => {
    if (since === null) return;
    const seconds = Math.min(Math.round(performance.now() - since) / 1000, 60);
    since = null;
    button.classList.remove("down");
    order("POST", `/v1/panel/buttons/${encodeURIComponent(id)}/press`, { seconds });
  };
  const away = () => { since = null; button.classList.remove("down"); };
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    down();
  });
  button.addEventListener("pointerup", up);
  button.addEventListener("pointercancel", away);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    down();
  });
  button.addEventListener("keyup", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault(); // else Space clicks as well
    up();
  });
  button.addEventListener("blur", away);
  button.addEventListener("click", (event) => {
    // Neither finger nor key: a screen reader or voice control.
    if (event.detail === 0 && event.pointerType === "" && since === null) {
      order("POST", `/v1/panel/buttons/${encodeURIComponent(id)}/press`, { seconds: 0 });
    }
  });
  return button;
}

let durations = new Map();

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function showDurations() {
  for (const place of document.querySelectorAll("[data-duration]")) {
    place.textContent = clock((durations.get(place.dataset.duration) ?? 0) + (performance.now() - answered) / 1000);
  }
}

function showCalls(calls) {
  $("calls").replaceChildren(...(calls.length ? calls.map(showCall) : [make("p", { className: "empty" }, "No call.")]));
  showDurations();
}

function showCall(call) {
  const path = `/v1/calls/${encodeURIComponent(call.id)}`;
  const act = (label, run, className = "") =>
    make("button", { type: "button", className, data: { key: `${call.id} ${label}` }, onclick: run }, label);
  const post = (label, what, className) => act(label, () => order("POST", `${path}/${what}`), className);
  const held = call.hold === "local" || call.hold === "both";
  const acts = {
    incoming: () => [post("Answer", "answer", "main"), post("Reject", "reject", "end")],
    connected: () => [
      held ? post("Resume", "resume", "main") : post("Hold", "hold"),
      act(call.muted ? "Unmute" : "Mute", () => order("PATCH", path, { muted: !call.muted })),
      post("Hang up", "hangup", "end"),
    ],
    disconnecting: () => [],
    ended: () => [],
  }[call.state] ?? (() => [post("Hang up", "hangup", "end")]);
  const facts = [
    make("li", { className: "state", data: { state: call.state } }, STATES[call.state]),
    make("li", {}, call.direction),
    call.connected_since ? make("li", { className: "time", data: { duration: call.id } }) : null,
    call.hold === "none" ? null : make("li", {}, { local: "held by us", remote: "held by them", both: "held by both" }[call.hold]),
    call.muted ? make("li", {}, "muted") : null,
    call.codec ? make("li", {}, `${call.codec.name} ${call.codec.clock_rate_hz / 1000} kHz`) : null,
    call.recording ? make("li", {}, "recording") : null,
  ];
  const keys = () => make("div", { className: "keys", attrs: { role: "group", "aria-label": "Digits" } },
    ...KEYS.map((digit) => make("button", {
      type: "button", data: { key: `${call.id} ${digit}` }, onclick: () => order("POST", `${path}/dtmf`, { digits: digit }),
    }, digit)));
  return make("article", { className: "call", data: { call: call.id } },
    make("p", { className: "who" }, call.remote.target ?? (call.remote.display_name || call.remote.uri)),
    make("p", { className: "uri" }, call.remote.uri),
    make("ul", { className: "facts" }, ...facts.filter(Boolean)),
    make("div", { className: "acts" }, ...acts()),
    call.state === "connected" ? keys() : null);
}

function showDoors(doors) {
  $("doors-section").hidden = doors.length === 0;
  $("doors").replaceChildren(...doors.map((door) => make("li", { data: { door: door.id } },
    make("div", {}, make("b", {}, door.id), " ",
      door.unlocked ? make("span", { className: "open" }, "unlocked") : make("small", {}, door.available ? door.state.replace("_", " ") : "not available"),
      door.unlocked && door.by ? make("small", {}, ` by ${door.by}`) : null),
    make("button", {
      type: "button", data: { key: door.id }, disabled: !door.available,
      onclick: () => order("POST", `/v1/doors/${encodeURIComponent(door.id)}/open`),
    }, `Open for ${door.pulse_s} s`))));
}

// -- check ------------------------------------------------------------------------------------------------------------

/** Have something tried, and hand what came of it to `show`; meanwhile its button waits. */
async function tried(button, path, show) {
  button.disabled = true;
  try {
    show(await (await fetched(path, { method: "POST" })).json());
    hideBanner();
  } catch (error) {
    banner("That did not work.", error instanceof Refused ? error.message : "The station cannot be reached.");
  } finally {
    button.disabled = false;
  }
}

function showFindings({ findings }) {
  $("findings").replaceChildren(...findings.map(({ check, level, message, cause, resolution }) => make("li", { data: { level } },
    make("b", {}, level), " ", make("code", {}, check), " ", sentences(message, cause, resolution))));
}

const SOUND = {
  works: "Speaker and microphone work.", too_quiet: "Too quiet.", clipped: "Too loud for the microphone.",
  loud_echo: "The echo is too loud.", no_echo: "The microphone did not hear the speaker.", no_card: "There is no sound card.",
};

function showSound({ result, advice, quiet_dbfs, tone_dbfs, echo_db, echo_delay_ms }) {
  const levels = tone_dbfs === null ? [] :
    [`Noise ${quiet_dbfs} dBFS, echo ${tone_dbfs} dBFS (${echo_db} dB) after ${echo_delay_ms} ms.`];
  $("tried").textContent = [SOUND[result], ...(advice ? [advice] : []), ...levels].join(" ");
  $("tried").hidden = false;
}

$("examine").onclick = () => tried($("examine"), "/v1/doctor", showFindings);
$("try-sound").onclick = () => tried($("try-sound"), "/v1/audio/self-test", showSound);

// -- recording --------------------------------------------------------------------------------------------------------

let recording = null;

async function showRecording() {
  const newest = (await read("/v1/recordings?limit=5")).recordings.find(({ complete }) => complete);
  if (!newest || newest.id === recording) return;
  const sound = await (await fetched(newest.url)).blob();
  recording = newest.id;
  URL.revokeObjectURL($("audio").src);
  Object.assign($("audio"), { src: URL.createObjectURL(sound), hidden: false });
  const text = `${newest.remote || "unknown"} · ${new Date(newest.started).toLocaleString()} · ${clock(newest.duration_s)}`;
  $("recording-text").textContent = newest.recovered ? `${text} · recovered` : text;
  $("recording-text").classList.remove("empty");
}

// -- events -----------------------------------------------------------------------------------------------------------

function showEvent({ type, time, data }) {
  const text = Object.entries(data).filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name} ${typeof value === "object" ? Object.values(value).join(" ") : value}`).join(", ");
  $("events").prepend(make("li", {},
    make("time", { dateTime: time }, new Date(time).toLocaleTimeString([], { hour12: false })),
    make("code", {}, type), make("span", { className: "data" }, text)));
  while ($("events").children.length > LONGEST_LIST) $("events").lastChild.remove();
  $("events-empty").hidden = true;
}

let asking = false;
let askAgain = false;

/** The newest state, one question at a time: events come in bursts. */
async function refresh() {
  askAgain = true;
  if (asking) return;
  asking = true;
  try {
    while (askAgain) {
      askAgain = false;
      show(await read("/v1/state"));
    }
  } finally {
    asking = false;
  }
}

let feed = null;
let failures = 0;
let timer = 0;
let last = null; // id of the newest event seen: a new connection goes on from there

let me = null; // the answer of GET /v1/session

async function connect() {
  clearTimeout(timer);
  const mine = feed = {};
  try {
    me ??= await session();
    const state = await read("/v1/state");
    if (feed !== mine) return;
    within(true);
    show(state);
    last ??= Math.max(0, state.last_event - PAST_EVENTS);
    showRecording().catch(() => {});
    showTokens(me).catch(() => {});
  } catch (error) {
    if (feed === mine) lost(error);
    return;
  }
  const socket = feed = follow(last);
  socket.onopen = () => {
    failures = 0;
    hideBanner();
    link("live", "live");
  };
  socket.onmessage = (message) => {
    const event = JSON.parse(message.data);
    last = event.id;
    showEvent(event);
    refresh().catch(() => {});
    if (event.type === "recording.available" || event.type === "recording.recovered") showRecording().catch(() => {});
    if (event.type.startsWith("access.token_")) showTokens(me).catch(() => {});
  };
  socket.onclose = () => { if (feed === socket) lost(new Error()); };
}

function lost(error) {
  if (error.code === "unauthorized") {
    if (me) location.reload(); // nothing of the station stays on the page
    else out(error.detail);
    return;
  }
  link("lost", "no connection");
  const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
  if (failures > 1) {
    banner("No connection to the station.", error instanceof Refused ? error.message : "Trying again every few seconds.", "Try now", connect);
  }
  timer = setTimeout(connect, wait);
}

// -- login ------------------------------------------------------------------------------------------------------------

/** Show what is for clients with a session, or the login. */
function within(is) {
  $("login").hidden = is;
  $("main").hidden = $("logout").hidden = !is;
}

function out(why) {
  link("lost", "logged out");
  hideBanner();
  $("login-why").textContent = why;
  within(false);
  $("login-token").focus();
}

$("login-form").onsubmit = async (event) => {
  event.preventDefault();
  try {
    me = await login($("login-token").value);
    $("login-token").value = "";
    connect();
  } catch (error) {
    $("login-why").textContent = error instanceof Refused ? error.detail : "The station cannot be reached.";
  }
};

$("logout").onclick = async () => {
  try {
    await logout();
    location.reload();
  } catch (error) {
    banner("That did not work.", error instanceof Refused ? error.message : "The station cannot be reached.");
  }
};

setInterval(showDurations, 500);
addEventListener("hashchange", () => location.reload());
connect();
