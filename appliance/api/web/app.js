// The station's page: it shows GET /v1/state, asks for it again after each event, and gives orders.

import { showCalls, countFrom, showDurations } from "/calls.js";
import "/check.js";
import { showDirectory } from "/directory.js";
import { $ } from "/base/dom.js";
import { showCountdowns, showDoors } from "/doors.js";
import { showEvent } from "/events.js";
import { showHistory } from "/history.js";
import { forget, heard } from "/base/moments.js";
import { attempt, banner, hideBanner } from "/base/orders.js";
import { showPanel } from "/panel.js";
import { showQuiet } from "/quiet.js";
import { showRecordedDoors, showRecordings } from "/recordings.js";
import { showRing, voice } from "/ring.js";
import { fault, follow, login, logout, may, read, session, tokenInAddress } from "/base/session.js";
import { loadSystem, showSystem } from "/system.js";
import { fill, t, timeOfDay, word } from "/base/texts.js";
import { showTokens } from "/tokens.js";
import { showView, view } from "/views.js";

const PAST_EVENTS = 20;
const RETRY_MS = [500, 1000, 2000, 5000];

function link(state) {
  $("link").dataset.state = state;
  $("link-text").textContent = word("link", state);
}

// -- state ------------------------------------------------------------------------------------------------------------

let asOf = null; // when the page got the newest state, by this device's clock

function show(state) {
  const { station, ready, failed } = state.appliance;
  document.title = station;
  $("station").textContent = station;
  $("status").textContent = ready ? word("picture", state.panel.picture) : t("station.not_ready");
  $("failed").textContent = failed.map(({ part, why }) => `${part}: ${why}`).join("; ");
  $("failed-part").hidden = failed.length === 0;
  asOf = Date.now();
  countFrom(state.calls);
  showPanel(state.panel);
  showRing(state);
  showCalls(state);
  showDoors(state.doors);
  showQuiet(state.runtime);
  showDirectory(state);
  showSystem(state);
  showRecordedDoors(state.doors);
  $("voice").textContent = voice(state.audio);
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

/** Show the view of the address, with what it needs beside the state. */
function load() {
  showView();
  const needs = { history: [showHistory], recordings: [showRecordings], system: [loadSystem, showTokens] }[view()] ?? [];
  for (const each of needs) each().catch(() => {}); // the link shows that the station is away
}

// -- connection -------------------------------------------------------------------------------------------------------

let feed = null;
let failures = 0;
let timer = 0;
let last = null; // id of the newest event seen: a new connection goes on from there

let inside = false; // there was a session

async function connect() {
  clearTimeout(timer);
  const mine = feed = {};
  forget();
  try {
    if (!inside) await session();
    inside = true;
    const state = await read("/v1/state");
    if (feed !== mine) return;
    within(true);
    show(state);
    last ??= Math.max(0, state.last_event - PAST_EVENTS);
    load();
  } catch (error) {
    if (feed === mine) lost(error);
    return;
  }
  const socket = feed = follow(last);
  socket.onopen = () => {
    failures = 0;
    hideBanner();
    link("live");
    $("main").classList.remove("stale");
  };
  socket.onmessage = (message) => {
    const event = JSON.parse(message.data);
    last = event.id;
    heard(event.time);
    showEvent(event);
    refresh().catch(() => {});
    if (event.type.startsWith("access.token_") || (event.type.startsWith("recording.") && view() === "recordings")) load();
  };
  socket.onclose = () => { if (feed === socket) lost(new Error()); };
}

function lost(error) {
  if (error.code === "unauthorized") {
    if (inside) location.reload(); // nothing of the station stays on the page
    else out(error.message && error.what);
    return;
  }
  feed?.close?.();
  feed = null;
  link("lost");
  $("main").classList.add("stale");
  const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
  if (failures > 1) {
    const what = asOf ? t("offline.since", { time: timeOfDay(asOf) }) : t("offline");
    banner(what, error.what ? error.message : "", t("offline.now"), connect); // not what the browser says of it
  }
  clearTimeout(timer);
  timer = setTimeout(connect, wait);
}

/** Ask at once, as the network has changed or the device was asleep: a connection that is dead does not always say so. */
function look() {
  if (!inside || document.visibilityState === "hidden") return;
  if (feed === null) connect();
  else refresh().catch(lost);
}

// -- login ------------------------------------------------------------------------------------------------------------

/** Show what is for clients with a session, or the login. */
function within(is) {
  $("login").hidden = is;
  $("main").hidden = $("logout").hidden = !is;
  $("try-sound").hidden = !may("call");
}

function out(why) {
  link("out");
  hideBanner();
  $("status").textContent = "";
  $("login-why").textContent = why;
  within(false);
  $("login-token").focus();
}

$("login-form").onsubmit = async (event) => {
  event.preventDefault();
  try {
    await login($("login-token").value);
    inside = true;
    $("login-token").value = "";
    connect();
  } catch (error) {
    [$("login-why").textContent] = fault(error);
  }
};

$("logout").onclick = () => attempt(async () => {
  await logout();
  location.reload();
});

fill();
link("connecting");
setInterval(() => { showDurations(); showCountdowns(); }, 500);
for (const each of ["online", "offline"]) addEventListener(each, look);
document.addEventListener("visibilitychange", look);
addEventListener("hashchange", () => { if (tokenInAddress()) location.reload(); else if (inside) load(); });
connect();
