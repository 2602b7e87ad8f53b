// The directory for visitors: a list with a button for each flat, and what becomes of the ring.

import { $ } from "/dom.js";
import { fetched, session } from "/session.js";

const RETRY_MS = 2000;
const WAIT_S = 20;
const ENDS = { answered: "Answered.", unanswered: "Nobody answered.", canceled: "Canceled." };

const ask = async (path, options) => (await fetched(path, options)).json();

const say = (text) => { $("status").textContent = text; };

let names = new Map();  // of the flats, by the plan that rings there

function show(directory) {
  names = new Map(directory.map(({ flat, name }) => [`flat ${flat}`, name]));
  const focused = document.activeElement?.dataset.flat;
  $("directory").replaceChildren(...directory.map(({ flat, name }) => {
    const item = document.createElement("li");
    const who = document.createElement("span");
    who.textContent = `${flat}  ${name}`;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Call" });
    button.dataset.flat = flat;
    button.setAttribute("aria-label", `Call ${name}, flat ${flat}`);
    button.onclick = () => ring(flat, name);
    item.append(who, button);
    return item;
  }));
  if (focused) document.querySelector(`[data-flat="${CSS.escape(focused)}"]`)?.focus();
}

async function ring(flat, name) {
  say(`Calling ${name}`);
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  try {
    const { warning } = await ask(`/v1/contacts/${encodeURIComponent(flat)}/ring`, { method: "POST", headers });
    if (warning) say(warning);
  } catch (error) {
    say(`That did not work. ${error.message}`);
  }
}

function told({ type, data }) {
  if (type === "ring.started" && names.has(data.to)) say(`Calling ${names.get(data.to)}`);
  if (type === "ring.ended") say(ENDS[data.result] ?? "");
}

async function follow() {
  await session();
  const { appliance, directory, last_event: last } = await ask("/v1/state");
  document.title = appliance.station;
  $("station").textContent = appliance.station;
  show(directory);
  say(directory.length ? "" : "The directory is empty.");
  let since = last;
  for (;;) {
    const answer = await ask(`/v1/events?wait=${WAIT_S}&types=ring.*,config.changed,events.lost&since=${since}`);
    since = answer.since;
    answer.events.forEach(told);
    if (answer.events.some(({ type }) => type === "config.changed")) show((await ask("/v1/contacts")).directory);
  }
}

for (;;) {
  try { await follow(); } catch (error) { say(error instanceof TypeError ? "The station cannot be reached." : error.message || "Open the address with the token."); }
  await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
