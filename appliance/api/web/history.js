// What was: calls, doors, refusals, codes; newest first. The station filters calls; events and texts are filtered here.

import { $, make } from "./base/dom.js";
import { fault, read } from "./base/session.js";
import { called, caller, client, known, opener } from "./base/people.js";
import { told } from "./base/sentences.js";
import { clock, day, t, word } from "./base/texts.js";

const ENOUGH = 30;
const MOST_PAGES = 10;
const REFUSALS = ["door.denied", "keypad.refused", "keypad.locked_out", "access.denied", "access.locked_out"];

const calls = (asked = "") => ({ path: `/v1/log/calls?limit=100${asked}`, list: "calls", passes: () => true, row: showCall });
const events = (passes) => ({ path: "/v1/log/doors?limit=100", list: "events", passes: ({ type }) => passes(type), row: showEvent });
const KINDS = {
  calls: calls(),
  missed: calls("&missed=true"),
  incoming: calls("&direction=incoming"),
  outgoing: calls("&direction=outgoing"),
  doors: events((type) => type.startsWith("door.") && type !== "door.denied"),
  refusals: events((type) => REFUSALS.includes(type)),
  codes: events((type) => !type.startsWith("door.") && !REFUSALS.includes(type)),
};

const item = (time, what, ...more) => make("li", {},
  make("div", {}, make("b", {}, what), ...more.flatMap((each) => [make("br"), each])),
  time ? make("time", { dateTime: time }, day(time)) : null);

function showCall({ remote, direction, missed, created, connected_since, duration_s, end, recording }) {
  const facts = [missed ? t("history.missed") : word("direction", direction),
    connected_since ? clock(duration_s) : null, word("cause", end.cause), recording ? t("history.recorded") : null];
  return item(created, caller(remote), make("small", {}, facts.filter(Boolean).join(" · ")),
    ...(known(remote) ? [] : [make("small", {}, t("call.stranger", { address: remote.uri }))]),
    ...(end.explanation ? [told("explanations", end.explanation)] : []));
}

function showEvent({ type, time, data }) {
  const by = data.by ? (data.means ? opener(data.by, data.means) : client(data.by)) : "";
  const [why, ...details] = (data.why ?? "").split(": ");
  const values = {
    ...data, by, door: called("door", data.door, data.door_name), to: data.to && word("digits_to", data.to), why: why && [word("denial", why), ...details].join(": "), asked: word("asked", data.scope),
    doors: data.doors?.map((id, place) => called("door", id, data.door_names?.[place])).join(", "), seconds: Math.round(data.seconds), kind: word("kind", data.kind),
  };
  return item(time, t(`event.${type}`, values));
}

let rows = [];
let cursor = ""; // of the next page; null: there is none
let newest = 0; // number of the latest question: answers to earlier ones are dropped

async function load() {
  const mine = ++newest;
  const { path, list, passes, row } = KINDS[$("history-kind").value];
  const wanted = $("history-search").value.trim().toLocaleLowerCase();
  const enough = rows.length + ENOUGH;
  $("history-more").disabled = true;
  try {
    for (let pages = 0; cursor !== null && rows.length < enough && pages < MOST_PAGES; pages += 1) {
      const answer = await read(path + (cursor && `&cursor=${cursor}`));
      if (mine !== newest) return;
      rows.push(...answer[list].filter(passes).map(row).filter((each) => each.textContent.toLocaleLowerCase().includes(wanted)));
      cursor = answer.next;
    }
    $("history-empty").textContent = rows.length ? "" : t(wanted ? "nothing" : "none");
  } catch (error) {
    if (mine !== newest) return;
    $("history-empty").textContent = fault(error).join(" ");
  }
  $("history").replaceChildren(...rows);
  $("history-more").disabled = false;
  $("history-more").hidden = cursor === null;
}

/** Read again from the newest. */
export function showHistory() {
  rows = [];
  cursor = "";
  return load();
}

for (const kind of Object.keys(KINDS)) {
  $("history-kind").append(make("option", { value: kind }, t(`history.${kind}`)));
}
$("history-kind").onchange = showHistory;
$("history-search").oninput = showHistory;
$("history-more").onclick = load;
$("history-form").onsubmit = (event) => event.preventDefault();
