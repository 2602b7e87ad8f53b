// Screens that are seldom opened: their markup, texts and modules come when one is opened, or once the first picture stands.

import { $, drawing } from "./base/dom.js";
import { read } from "./base/session.js";
import { addTexts, fill, language, t } from "./base/texts.js";
import { offered, view } from "./views.js";

const LONGEST_LIST = 100; // of events that wait for a screen

const places = [...document.querySelectorAll("template[data-later]")];
const underWay = new Map(); // places that load now
const parts = []; // those that are here
const events = []; // the newest, for screens that come later

/** Take in what a part does: `views` by their name, `show` with each state, `hear` with each event, `leave` with each address. */
export function register({ views = {}, show = () => {}, hear = () => {}, leave = () => {} }) {
  parts.push({ views, show, hear, leave });
  for (const event of events) drawing(hear, event);
}

export const showParts = (state) => parts.forEach(({ show }) => drawing(show, state));
export const leaveParts = () => parts.forEach(({ leave }) => leave());

/** What fills a view of a part that is here. */
export const fillers = (name) => parts.flatMap(({ views }) => views[name] ?? []);

export function hearParts(event) {
  events.push(event);
  if (events.length > LONGEST_LIST) events.shift();
  for (const { hear } of parts) drawing(hear, event);
}

/** A file of the station, as text. Loading a script first means that its import, which no browser repeats, does not fail. */
const text = (address) => read(`/${address}`, {}, undefined, "text");

async function bring(place) {
  const { later, markup, script } = place.dataset;
  const [elements, texts] = await Promise.all([markup, `texts/${language}.${later}.json`, script].map(text));
  addTexts(JSON.parse(texts));
  const { body } = new DOMParser().parseFromString(elements, "text/html");
  fill(body);
  const nodes = [...body.childNodes];
  place.before(...nodes); // the script looks for them as it begins
  try {
    await import(new URL(script, document.baseURI));
  } catch (error) {
    nodes.forEach((node) => node.remove());
    throw error;
  }
  place.remove();
  places.splice(places.indexOf(place), 1);
  dispatchEvent(new CustomEvent("intercomd:arrived", { detail: place.dataset.views.split(" ") }));
}

function load(place) {
  if (!underWay.has(place)) underWay.set(place, bring(place).finally(() => underWay.delete(place)));
  return underWay.get(place);
}

function say(key, again) {
  $("later").hidden = !key;
  $("later-said").textContent = key && t(key);
  $("later-again").hidden = !again;
}

/** Load a part by its name, unless it is here. */
export async function loadPart(name) {
  const place = places.find(({ dataset }) => dataset.later === name);
  if (place) await load(place);
}

/** Load the part that the view of the address belongs to, and say so until it is here. again: somebody asks once more. */
export async function loadView(again) {
  const name = view();
  const place = places.find(({ dataset }) => dataset.views.split(" ").includes(name));
  if (!place) {
    say("");
    return;
  }
  say("later.loading");
  const failed = await load(place).then(() => null, (why) => why);
  if (again && failed?.code === "not-found") location.reload(); // the station has a newer page
  if (view() === name) say(failed ? "later.failed" : "", failed);
}

/** Load what this client may open, one after the other. What fails is loaded again when somebody opens it. */
export async function loadRest() {
  for (const place of [...places]) {
    if (place.dataset.views.split(" ").some(offered)) await load(place).catch(() => {});
  }
}

$("later-again").onclick = loadView;
