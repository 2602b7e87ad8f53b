// The recordings: searched by the station, played, protected, deleted.

import { $, act, keepingFocus, make, redraw, twice } from "./base/dom.js";
import { order } from "./base/orders.js";
import { called } from "./base/people.js";
import { told } from "./base/sentences.js";
import { at, fault, may, read } from "./base/session.js";
import { clock, day, t, word } from "./base/texts.js";
import { showWaveform } from "./waveform.js";

const PAGE = 30;

let found = [];
let next = null; // cursor of the next page
let newest = 0; // number of the latest question: answers to earlier ones are dropped
let playing = null;

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
  draw();
}

/** Read again from the newest. */
export const showRecordings = () => load(null);

/** Offer the doors for the search. */
export function showRecordedDoors(doors) {
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

function row(each) {
  const { id, kind, party, remote, started, duration_s, doors, outcome, complete, recovered, protected: kept, copied } = each;
  const name = party || remote || t("recording.unknown");
  const facts = [kind === "message" ? t("recording.message") : null, day(started),
    complete ? clock(duration_s) : t("call.recording"), outcome ? word("cause", outcome) : null,
    doors.length ? t("recording.doors", { doors: doors.map((id) => called("door", id)).join(", ") }) : null,
    recovered ? t("recording.recovered") : null, kept ? t("recording.protected") : null,
    copied ? t("recording.copied", { time: day(copied) }) : null];
  const path = `/v1/recordings/${encodeURIComponent(id)}`;
  const button = (what, onclick, properties = {}) => act(`${id} ${what}`, t(`recording.${what}`), onclick,
    { attrs: { "aria-label": t("recording.of", { what: t(`recording.${what}`), name, time: day(started) }) }, ...properties });
  return make("li", { data: { recording: id }, className: id === playing ? "playing" : "" },
    make("div", {}, make("b", {}, name), make("br"), make("small", {}, facts.filter(Boolean).join(" · ")), ...uncopied(each)),
    make("div", { className: "acts" },
      button("play", () => play(each, name), { disabled: !complete }),
      button(kept ? "release" : "protect", () => changed(order("PATCH", path, { protected: !kept })), { hidden: !may("admin") }),
      twice(button("delete", null, { disabled: !complete || kept, hidden: !may("admin") }), t("recording.delete_sure"),
        () => changed(order("DELETE", path)))));
}

/** Why the station could not copy it elsewhere, until it can. */
const uncopied = ({ copied, copy_error: why }) => (copied || !why ? []
  : [make("br"), make("small", { className: "failed" }, t("recording.not_copied"), " ", told("faults", why))]);

function play(each, name) {
  const { id, url, started } = each;
  playing = id;
  $("playing").textContent = `${name} · ${day(started)}`;
  $("player").hidden = false;
  $("audio").src = at(url);
  $("audio").play().catch(() => {}); // the browser shows in the player that it could not
  showWaveform(each);
  draw();
}

async function changed(done) {
  await done;
  await showRecordings();
}

$("audio").onerror = () => { $("playing").textContent = t("recording.broken"); };
$("recordings-form").onsubmit = (event) => {
  event.preventDefault();
  showRecordings();
};
$("recordings-form").onchange = showRecordings;
$("recordings-more").onclick = () => load(next);
