// The station's page: it shows GET /v1/state, asks for it again after each event, and gives orders.

import "./awake.js";
import { countFrom, refocus, showCalls, showDurations } from "./calls.js";
import { showDirectory } from "./directory.js";
import { $, drawing, forgetDrawn, lostFocus } from "./base/dom.js";
import { showTitle } from "./elsewhere.js";
import { scene, showCountdowns, showDoors } from "./doors.js";
import { showHistory } from "./history.js";
import { fillers, hearParts, leaveParts, loadRest, loadView, showParts } from "./later.js";
import { clocks, forget, heard, setZone } from "./base/moments.js";
import { noteNames } from "./base/people.js";
import { attempt, banner, hideBanner, leaveBanner } from "./base/orders.js";
import { showMore } from "./more.js";
import { noteEnd, showNotices } from "./notices.js";
import { showQuiet } from "./quiet.js";
import { concernsRecent, loadRecent } from "./recent.js";
import { showRing, showRingTime, voice } from "./ring.js";
import { offer } from "./offer.js";
import { follow } from "./base/feed.js";
import { fault, login, logout, mayReturn, offered, readState, session, tokenInAddress } from "./base/session.js";
import { loadSentences, told } from "./base/sentences.js";
import { day, fillPage, hour, t, word } from "./base/texts.js";
import { nameStation, showCallLink, showLinks, showOffers, showView, view, within as part } from "./views.js";

const PAST_EVENTS = 20;
const RETRY_MS = [500, 1000, 2000, 5000];
const AGAIN_MS = 1000; // after a question for the state that failed
const SILENCE_MS = 10_000; // of a connection: the station sends something every 3 s, if only a mark
const LOGIN_MS = 60_000; // between two questions whether a session counts again

function link(state) {
  $("link").dataset.state = state;
  $("link-text").textContent = word("link", state);
}

// -- state ------------------------------------------------------------------------------------------------------------

let asOf = null; // when the page got the newest state, by this device's clock
let newest = null;

function show(state) {
  newest = state;
  const { station, ready, failed, zone } = state.appliance;
  setZone(zone);
  showTitle(station);
  nameStation(station);
  $("status").textContent = ready ? word("picture", state.panel.picture) : t("station.not_ready");
  $("failed").replaceChildren(...failed.flatMap(({ part, why }, place) =>
    [place ? "; " : "", word("part", part), ": ", told("faults", why)]));
  $("failed-part").hidden = failed.length === 0;
  asOf = Date.now();
  noteNames(state);
  countFrom(state.calls);
  for (const each of [showRing, showCalls, ({ doors }) => showDoors(doors), showNotices, showCallLink, showQuiet, showMore,
    showDirectory, showParts]) drawing(each, state);
  $("voice").textContent = voice(state.audio);
  refocus(lostFocus());
}

let asking = null; // the connection whose events ask for the newest state
let askAgain = false;
let another = 0; // timer of another attempt

/** The newest state, one question at a time: events come in bursts. A question that fails is asked again. */
async function refresh() {
  askAgain = true;
  if (asking === feed) return;
  const mine = asking = feed;
  clearTimeout(another);
  try {
    while (askAgain && feed === mine) {
      askAgain = false;
      const state = await readState();
      if (feed === mine) show(state);
    }
  } catch (error) {
    if (feed !== mine) return;
    if (error.code === "unauthorized") lost(error);
    else another = setTimeout(() => { if (feed === mine) refresh(); }, AGAIN_MS);
  } finally {
    if (asking === mine) asking = null;
  }
}

const NEEDS = { history: [showHistory, async () => showLinks()] };

/** Show the view of the address, with what it needs beside the state. */
function load() {
  showView();
  loadView();
  for (const each of [...NEEDS[view()] ?? [], ...fillers(view())]) each(part()).catch(() => {}); // the link shows that the station is away
}

/** Read what happened lately, and show what follows from it. */
async function lately() {
  try {
    await loadRecent();
  } catch {
    return; // the link shows that the station is away
  }
  showLinks();
  showNotices(newest);
  showDoors(newest.doors);
}

/** Read and load what the first picture does not need. */
const complete = () => lately().then(loadSentences).then(loadRest);

// -- connection -------------------------------------------------------------------------------------------------------

let feed = null;
let failures = 0;
let timer = 0;
let last = null; // id of the newest event seen: a new connection goes on from there
let heardAt = []; // clocks() at the newest message
let silent = false; // whether nothing had come for too long at the last look
let inside = false; // there was a session

async function connect() {
  clearTimeout(timer);
  feed?.close?.();
  const mine = feed = {};
  forget();
  try {
    if (!inside) {
      const login = await offered();
      if (feed !== mine) return;
      if (login) {
        link("out");
        await offer(login);
        if (feed !== mine) return;
      } else await session();
    }
    inside = true;
    const state = await readState();
    if (feed !== mine) return;
    within(true);
    show(state);
    last ??= Math.max(0, state.last_event - PAST_EVENTS);
    if (!isLive()) drawing(load);
    drawing(showOffers);
    complete();
  } catch (error) {
    if (feed === mine) lost(error);
    return;
  }
  heardAt = clocks();
  const socket = feed = follow(last);
  socket.onopen = () => {
    if (failures > 1) hideBanner();
    failures = 0;
    heardAt = clocks();
    link("live");
    stale(false);
  };
  socket.onmessage = (event) => {
    if (feed !== socket) return; // the next connection brings it again
    heardAt = clocks();
    if ("since" in event) return;
    last = event.id;
    heard(event.time);
    refresh();
    hearParts(event);
    drawing(noteEnd, event);
    if (concernsRecent(event)) lately();
    const concerned = { access: /^access[.]token_/, codes: /^code[.]/, recordings: /^recording[.]/ }[view()];
    if (concerned?.test(event.type)) load();
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
  leaveBanner();
  link("lost");
  stale(true);
  const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
  if (failures > 1) {
    const what = asOf ? t("offline.since", { time: day(asOf) }) : t("offline");
    banner(what, error.what ? error.message : "",
      { lang: error.lang, label: t("offline.now"), onclick: connect }); // not what the browser says of it
  }
  clearTimeout(timer);
  timer = setTimeout(connect, wait);
}

const isLive = () => $("link").dataset.state === "live";

/** Mark what is shown as old, and take no order that a station which is away would get late. */
function stale(is) {
  $("main").classList.toggle("stale", is);
  if (newest) showDoors(newest.doors, is ? asOf : null);
  for (const each of document.querySelectorAll(".orders")) each.disabled = is;
}

/** Connect again, as the network has changed or the device was asleep: a connection that is dead does not always say so. */
function look() {
  if (inside && document.visibilityState !== "hidden") connect();
}

/** After a silence the station hangs, or its network has gone without a word. */
function listen() {
  const before = silent;
  silent = isLive() && clocks().some((now, place) => now - heardAt[place] > SILENCE_MS);
  if (silent && before) lost(new Error()); // at the first look, a page that was held up has not read yet what came
}

// -- login ------------------------------------------------------------------------------------------------------------

/** Show what is for clients with a session, or the login. */
function within(is) {
  $("login").hidden = is;
  $("main").hidden = $("logout").hidden = $("tabs").hidden = !is;
  document.body.classList.toggle("out", !is);
}

function out(why) {
  link("out");
  hideBanner();
  $("status").textContent = "";
  nameStation("");
  $("login-why").textContent = why;
  if ($("login").hidden) {
    within(false);
    $("login-token").focus();
  }
  if (mayReturn()) timer = setTimeout(connect, LOGIN_MS);
}

$("login").prepend(scene("rest"));
$("login-form").onsubmit = async (event) => {
  event.preventDefault();
  $("login-why").textContent = word("link", "connecting");
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

fillPage();
document.documentElement.dataset.started = "yes"; // for first.js
link("connecting");
nameStation("");
setInterval(() => {
  showDurations();
  showCountdowns();
  showRingTime();
  listen();
  $("clock").textContent = hour(Date.now());
}, 500);
addEventListener("intercomd:redraw", () => {
  forgetDrawn();
  if (!inside || !newest) return;
  show(newest);
  load();
});
addEventListener("intercomd:arrived", ({ detail: views }) => {
  showParts(newest);
  stale(!isLive());
  if (views.includes(view())) load();
});
for (const each of ["online", "offline"]) addEventListener(each, look);
document.addEventListener("visibilitychange", look);
addEventListener("hashchange", () => {
  if (tokenInAddress()) location.reload();
  else if (inside) {
    scrollTo(0, 0); // browsers scroll to an element whose id is the view's name
    leaveParts();
    load();
    showNotices(newest);
  }
  leaveBanner();
});
connect();
