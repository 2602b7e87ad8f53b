// What was, as a timeline: calls, doors, refusals, codes; newest first, a list for each day.

import { $, make, redraw } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { fault, read } from "./base/session.js";
import { date, dayName, elsewhereZone, t } from "./base/texts.js";
import { callEntry, doorEntry, isNoise, REFUSALS, row } from "./entries.js";
import { noteSeen } from "./recent.js";

const ENOUGH = 30;
const MOST_PAGES = 10;

const calls = (asked = "") => ({ path: `/v1/log/calls?limit=100${asked}`, list: "calls", passes: () => true, entry: callEntry });
const events = (passes) => ({ path: "/v1/log/doors?limit=100", list: "events", passes, entry: doorEntry });
const isDoor = ({ type }) => type.startsWith("door.") && type !== "door.denied";
const isRefusal = ({ type }) => REFUSALS.includes(type);
const KINDS = {
  all: ["list", () => [calls(), events((event) => !isNoise(event))]],
  missed: ["bell", () => [calls("&missed=true")]],
  calls: ["phone", () => [calls()]],
  doors: ["unlock", () => [events(isDoor)]],
  refusals: ["x", () => [events(isRefusal)]],
  codes: ["key", () => [events((event) => !isDoor(event) && !isRefusal(event))]],
};

let kind = "all";
let sources = []; // each with what was read of it, and the cursor of its next page; null: there is none
let newest = 0; // number of the latest question: answers to earlier ones are dropped

const moment = ({ time }) => Date.parse(time);

/** Up to where all sources have been read: what is older waits, as something newer may yet come. */
function horizon() {
  return Math.max(...sources.filter(({ cursor }) => cursor !== null).map(({ read: entries }) =>
    (entries.length ? moment(entries[entries.length - 1]) : Infinity)));
}

/** The entries that can be shown, newest first, with what somebody searches in them. */
function shown() {
  const [limit, wanted] = [horizon(), $("history-search").value.trim().toLocaleLowerCase()];
  const found = sources.flatMap(({ read: entries, passes }) => entries.filter(({ of }) => passes(of)));
  return found.filter((entry) => moment(entry) >= limit && row(entry).textContent.toLocaleLowerCase().includes(wanted))
    .sort((one, other) => moment(other) - moment(one));
}

async function more(source) {
  const answer = await read(source.path + (source.cursor && `&cursor=${source.cursor}`));
  return () => {
    source.read.push(...answer[source.list].map((of) => ({ ...source.entry(of), of })));
    source.cursor = answer.next;
  };
}

/** Read on until so many entries can be shown. */
async function load(enough) {
  const mine = ++newest;
  const searched = $("history-search").value.trim() !== "";
  $("history-more").disabled = true;
  try {
    for (let pages = 0; shown().length < enough && pages < MOST_PAGES; pages += 1) {
      const limit = horizon();
      const due = sources.filter(({ cursor, read: entries }) =>
        cursor !== null && (!entries.length || moment(entries[entries.length - 1]) >= limit));
      if (!due.length) break;
      const answers = await Promise.all(due.map(more));
      if (mine !== newest) return;
      answers.forEach((take) => take());
    }
    $("history-empty").textContent = shown().length ? "" : t(searched ? "nothing" : "none");
  } catch (error) {
    if (mine !== newest) return;
    $("history-empty").textContent = fault(error).join(" ");
  }
  draw(shown());
  $("history-more").disabled = false;
  $("history-more").hidden = sources.every(({ cursor }) => cursor === null);
}

function draw(entries) {
  const days = new Map();
  for (const entry of entries) days.set(date(entry.time), [...(days.get(date(entry.time)) ?? []), entry]);
  $("history").replaceChildren(...[...days.values()].map((each) => make("section", { className: "card" },
    make("h2", {}, dayName(each[0].time)), make("ol", { className: "line" }, ...each.map((entry) => row(entry))))));
}

/** Read again from the newest; wanted: the kind that the address names. */
export function showHistory(wanted = "") {
  if (wanted in KINDS) kind = wanted;
  const zone = elsewhereZone();
  $("history-zone").textContent = zone && t("zone", { zone: `, ${zone}` });
  redraw($("history-kinds"), kind, () => $("history-kinds").replaceChildren(...Object.entries(KINDS).map(([name, [drawing]]) =>
    make("button", {
      type: "button", data: { key: `history ${name}`, kind: name }, attrs: { "aria-pressed": name === kind },
      onclick: () => { showHistory(name); },
    }, icon(drawing), t(`history.${name}`)))));
  sources = KINDS[kind][1]().map((each) => ({ ...each, cursor: "", read: [] }));
  noteSeen();
  return load(ENOUGH);
}

$("history-search").oninput = () => load(ENOUGH);
$("history-more").onclick = () => load(shown().length + ENOUGH);
$("history-form").onsubmit = (event) => event.preventDefault();
