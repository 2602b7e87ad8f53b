// What happened lately, by the logs: today's entries on Home, since when a door is as it is, and what was missed.

import { $, make, redraw } from "./base/dom.js";
import { now } from "./base/moments.js";
import { read } from "./base/session.js";
import { isToday } from "./base/texts.js";
import { callEntry, doorEntry, isNoise, row } from "./entries.js";

const SEEN = "intercomd.seen"; // in this browser: up to when missed calls have been looked at
const SHOWN = 5;
const KINDS = /^(door|keypad|code|access)[.]|^call[.](ended|failed|canceled|rejected)$|^ring[.]ended$/;

let events = []; // of doors, newest first
let calls = [];

export const concernsRecent = ({ type }) => KINDS.test(type);

let asked = 0; // number of the latest question: answers to earlier ones are dropped

export async function loadRecent() {
  const mine = ++asked;
  const [doors, log] = await Promise.all([read("/v1/log/doors?limit=100"), read("/v1/log/calls?limit=50")]);
  if (mine !== asked) return;
  ({ events } = doors);
  ({ calls } = log);
  showToday();
}

const newest = (door, type) => events.find((event) => event.type === type && event.data.door === door);

/** When the newest event of this type was, or undefined. */
export const sinceWhen = (door, type) => newest(door, type)?.time;

/** Calls that nobody has answered, since somebody last looked here. */
export function missed() {
  const seen = Number(localStorage.getItem(SEEN) ?? 0);
  return calls.filter((call) => call.missed && Date.parse(call.created) > seen && isToday(call.created));
}

export function noteSeen() {
  if (calls.length) localStorage.setItem(SEEN, Math.max(now(), ...calls.map(({ created }) => Date.parse(created))));
}

function showToday() {
  const entries = [...events.filter((event) => !isNoise(event)).map(doorEntry), ...calls.map(callEntry)]
    .filter(({ time }) => isToday(time)).sort((one, other) => Date.parse(other.time) - Date.parse(one.time)).slice(0, SHOWN);
  redraw($("today"), entries.map(({ time, what, facts }) => [time, what, facts]),
    () => $("today").replaceChildren(...entries.map((entry) => row(entry, false))));
  $("today-empty").hidden = entries.length > 0;
}
