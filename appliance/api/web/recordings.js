// The recordings: played in the player, which protects, saves and deletes them too; searched by the station.

import { $, act, keepingFocus, make, redraw, twice } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { attempt, order } from "./base/orders.js";
import { called } from "./base/people.js";
import { told } from "./base/sentences.js";
import { at, fault, may, read } from "./base/session.js";
import { clock, day, t, when, word } from "./base/texts.js";
import { register } from "./later.js";
import { showWaveform } from "./waveform.js";

const PAGE = 30;

let found = [];
let next = null; // cursor of the next page
let newest = 0; // number of the latest question: answers to earlier ones are dropped
let playing = null; // the recording in the player
let wishes = 0; // how often a person wanted to hear or see something

const isSearch = () => ["party", "door", "after", "before"].some((name) => $("recordings-form").elements[name].value);

/** The date after a date; as a moment of the station, it has no time zone here. */
function dayAfter(date) {
  const next = new Date(`${date}T00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

async function load(cursor) {
  const mine = ++newest;
  const form = $("recordings-form").elements;
  const asked = new URLSearchParams({ limit: PAGE, party: form.party.value.trim() });
  if (form.door.value) asked.set("door", form.door.value);
  if (form.after.value) asked.set("after", `${form.after.value}T00:00`);
  if (form.before.value) asked.set("before", `${dayAfter(form.before.value)}T00:00`);
  if (cursor) asked.set("cursor", cursor);
  try {
    const answer = await read(`/v1/recordings?${asked}`);
    if (mine !== newest) return;
    found = cursor ? [...found, ...answer.recordings] : answer.recordings;
    next = answer.next;
    $("recordings-empty").textContent = found.length ? "" : t(isSearch() ? "nothing" : "none");
  } catch (error) {
    if (mine !== newest) return;
    $("recordings-empty").textContent = fault(error).join(" ");
  }
  const again = found.find(({ id }) => id === playing?.id);
  if (again) { // it may have changed
    playing = again;
    showPlayer();
  }
  draw();
}

/** Read again from the newest; wanted: one that the address names, which plays unless the person goes on meanwhile. */
async function showRecordings(wanted = "") {
  const mine = ++wishes;
  await load(null);
  if (!wanted || wanted === playing?.id || mine !== wishes) return;
  const named = await attempt(() => read(`/v1/recordings/${encodeURIComponent(wanted)}`));
  if (named && mine === wishes) play(named);
}

/** Offer the doors for the search. */
function showRecordedDoors(doors) {
  const choice = $("recordings-form").elements.door;
  redraw(choice, doors.map(({ id, name }) => [id, name]), () => {
    const { value: chosen } = choice;
    choice.replaceChildren(make("option", { value: "" }, t("recording.any_door")),
      ...doors.map(({ id }) => make("option", { value: id, selected: id === chosen }, called("door", id))));
  });
}

function draw() {
  keepingFocus($("recordings"), () => $("recordings").replaceChildren(...found.map(row)));
  $("recordings-more").hidden = next === null;
}

const name = ({ party, remote }) => party || remote || t("recording.unknown");

function facts({ kind, duration_s, doors, outcome, complete, recovered, protected: kept, copied }) {
  return [kind === "message" ? t("recording.message") : null, complete ? clock(duration_s) : t("call.recording"),
    outcome ? word("cause", outcome) : null,
    doors.length ? t("recording.doors", { doors: doors.map((id) => called("door", id)).join(", ") }) : null,
    recovered ? t("recording.recovered") : null, kept ? t("recording.protected") : null,
    copied ? t("recording.copied", { time: day(copied) }) : null].filter(Boolean).join(" · ");
}

function row(each) {
  const { id, started, complete } = each;
  return make("li", { data: { recording: id }, className: id === playing?.id ? "playing" : "" },
    make("button", { type: "button", data: { key: `${id} play` }, disabled: !complete, onclick: () => play(each) },
      icon("play"), make("span", {}, make("span", { className: "unseen" }, t("recording.play"), " "), make("b", {}, name(each)), make("small", {}, `${when(started)} · ${facts(each)}`))),
    ...uncopied(each));
}

/** Why the station could not copy it elsewhere, until it can. */
const uncopied = ({ copied, copy_error: why }) => (copied || !why ? []
  : [make("small", { className: "failed" }, t("recording.not_copied"), " ", told("faults", why))]);

function play(each) {
  const { id, url } = each;
  wishes += 1;
  playing = each;
  $("audio").src = at(url);
  $("audio").play().catch(() => {}); // the browser shows in the player that it could not
  $("save").href = at(url);
  $("save").download = id;
  showPlayer();
  showWaveform(each);
  draw();
}

/** Show the recording in the player, and what can be done with it. */
function showPlayer() {
  $("player").hidden = playing === null;
  if (playing === null) return;
  const { id, complete, protected: kept } = playing;
  $("playing").textContent = `${name(playing)} · ${day(playing.started)}`;
  $("playing-facts").textContent = facts(playing);
  const path = `/v1/recordings/${encodeURIComponent(id)}`;
  keepingFocus($("playing-acts"), () => $("playing-acts").replaceChildren(
    act(`${id} ${kept ? "release" : "protect"}`, t(kept ? "recording.release" : "recording.protect"),
      () => changed(order("PATCH", path, { protected: !kept })), { hidden: !may("admin"), attrs: { "aria-pressed": kept } }),
    twice(act(`${id} delete`, t("recording.delete"), null, { className: "bad", disabled: !complete || kept, hidden: !may("admin") }),
      t("recording.delete_sure"), () => changed(order("DELETE", path).then((done) => { if (done) stop(); })))));
}

function stop() {
  playing = null;
  $("audio").removeAttribute("src");
  showPlayer();
}

async function changed(done) {
  await done;
  await showRecordings();
}

const jump = (seconds) => { $("audio").currentTime = Math.max(0, $("audio").currentTime + seconds); };

$("back-10").onclick = () => jump(-10);
$("on-10").onclick = () => jump(10);
$("save").append(icon("save"), t("recording.save"));
$("audio").onerror = () => { $("playing").textContent = t("recording.broken"); };
$("recordings-form").onsubmit = (event) => {
  event.preventDefault();
  showRecordings();
};
$("recordings-form").onchange = () => showRecordings();
$("recordings-more").onclick = () => load(next);

register({ views: { recordings: [showRecordings] }, show: ({ doors }) => showRecordedDoors(doors), leave: () => { wishes += 1; } });
