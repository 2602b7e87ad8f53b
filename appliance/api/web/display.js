// The directory for visitors: a list with a button for each flat, and what becomes of the ring.

import { $, keepingFocus, make } from "./base/dom.js";
import { loadSentences, translated } from "./base/sentences.js";
import { fault, login, offered, read, send, session } from "./base/session.js";
import { fillPage, t, word } from "./base/texts.js";

const RETRY_MS = 2000;
const WAIT_S = 20;

const say = (text) => { $("status").textContent = text; };

// A page that is left stops asking: Chromium keeps it for a while, and holds the same question of the next page back.
let shown = new AbortController();
addEventListener("pagehide", () => {
  shown.abort();
  shown = new AbortController(); // it may come back
});

let names = new Map(); // of the flats, by the plan that rings there

function show(directory) {
  names = new Map(directory.map(({ flat, name }) => [`flat ${flat}`, name]));
  keepingFocus($("directory"), () => $("directory").replaceChildren(...directory.map(({ flat, name }) => make("li", {},
    make("span", {}, `${flat}  ${name}`),
    make("button", {
      type: "button", data: { flat, key: flat }, attrs: { "aria-label": t("display.call_flat", { name, flat }) },
      onclick: () => ring(flat, name),
    }, t("display.call"))))));
}

async function ring(flat, name) {
  say(t("display.calling", { name }));
  try {
    const { warning } = await send("POST", `/v1/contacts/${encodeURIComponent(flat)}/ring`);
    if (warning) say(translated("answers", warning) ?? warning);
  } catch (error) {
    say(fault(error).join(" "));
  }
}

function told({ type, data }) {
  if (type === "ring.started" && names.has(data.to)) say(t("display.calling", { name: names.get(data.to) }));
  if (type === "ring.ended") say(word("display.ended", data.result));
}

/** A token in the address counts while nobody is logged in: a display asks no visitor, and a link ends no session. */
async function enter() {
  const offer = await offered();
  if (offer && !offer.instead) await login(offer.token);
  else await session();
}

async function follow() {
  await enter();
  const { appliance, directory, last_event: last } = await read("/v1/state");
  document.title = appliance.station;
  $("station").textContent = appliance.station;
  show(directory);
  say(directory.length ? "" : t("display.empty"));
  let since = last;
  for (;;) {
    const asked = `/v1/events?wait=${WAIT_S}&types=ring.*,config.changed,events.lost&since=${since}`;
    const answer = await read(asked, { signal: shown.signal });
    since = answer.since;
    answer.events.forEach(told);
    if (answer.events.some(({ type }) => type === "config.changed")) show((await read("/v1/contacts")).directory);
  }
}

fillPage();
loadSentences();
document.documentElement.dataset.started = "yes"; // for first.js
say(t("link.connecting"));
for (;;) {
  try { await follow(); } catch (error) {
    if (error.code !== DOMException.ABORT_ERR) say(error.code === "unauthorized" && !error.message ? t("display.no_token") : fault(error)[0]);
  }
  await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
