// The texts of the page: one file for each language in /texts. The switch decides, or else the browser's language.

import { icon } from "./icons.js";
import { LANGUAGES } from "./languages.js";
import { now, zone, zoneName } from "./moments.js";

const FIRST = "en"; // for people who read none of the others
const KEPT = "language"; // in this browser: what the switch was set to
const RETRY_MS = 1000;

const wished = [localStorage.getItem(KEPT), ...navigator.languages.map((each) => each.split("-")[0])];
export const language = wished.find((each) => LANGUAGES.includes(each)) ?? FIRST;
const locale = navigator.languages.find((each) => each.split("-")[0] === language) ?? language;

/** What the first script has asked for, once; or undefined. */
export function asked(path) {
  const answer = window.asked?.[path];
  delete window.asked?.[path];
  return answer;
}

/** A file of texts; empty if there is none of this name. */
export async function fetched(name) {
  for (;;) {
    try {
      const answer = await asked(`texts/${name}.json`) ?? await fetch(`texts/${name}.json`);
      if (answer.ok) return await answer.json();
      if (answer.status === 404) return {};
    } catch { /* the station cannot be reached: it is asked again */ }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

const texts = new Map(Object.entries(await fetched(language)));

/** A text, with values in place of the names in braces. */
export const t = (key, values = {}) => (texts.get(key) ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** The word for a value of the station; a value that the files do not know stands for itself. */
export const word = (kind, value) => texts.get(`${kind}.${value}`) ?? String(value);

export const knows = (key) => texts.has(key);

/** A length as minutes and seconds. */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

const here = zoneName(new Intl.DateTimeFormat().resolvedOptions().timeZone);
const there = () => (zone() ? { timeZone: zone() } : {});

const exactly = (moment, place) => moment.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short", ...place })
  + (elsewhereZone() ? ` (${zone()})` : "");

/** A moment by the station's time zone, which it names if this device has another. */
export const day = (time) => exactly(new Date(time), there());

/** The same of a time as the station's own clock shows it, as 2026-11-29T18:00. */
export const ownDay = (time) => exactly(new Date(`${time}Z`), { timeZone: "UTC" });

export const timeOfDay = (time) => new Date(time).toLocaleTimeString(locale, { hour12: false, ...there() });

/** The time of day, without seconds. */
export const hour = (time) => new Date(time).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...there() });

/** The date by the station's zone, as 2026-11-20. */
export const date = (time) => new Date(time).toLocaleDateString("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", ...there() });

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const present = () => (Number.isFinite(now()) ? now() : Date.now());

/** How a day is called: today, yesterday, or its date. */
export function dayName(time) {
  const days = Math.round((Date.parse(date(time)) - Date.parse(date(present()))) / 86_400_000);
  const name = days === 0 || days === -1 ? relative.format(days, "day")
    : new Date(time).toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", ...there() });
  return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
}

export const isToday = (time) => date(time) === date(present());

/** A moment as people say it: the time of day alone if it is today. */
export const when = (time) => (isToday(time) ? hour(time) : `${dayName(time)}, ${hour(time)}`);

/** Whether the station has another time zone than this device. */
export const elsewhereZone = () => (zone() && zone() !== here ? zone() : "");

/** Names in a row, as people say them: a, b and c. */
export const listed = (names) => new Intl.ListFormat(locale, { type: "conjunction" }).format(names);

/** The name of a day of the week; number: 0 for Monday. */
export const weekday = (number, length = "long") =>
  new Date(Date.UTC(2024, 0, 1 + number)).toLocaleDateString(locale, { weekday: length, timeZone: "UTC" });

/** The values of a text that says where times of day count. */
export const atStation = () => ({ zone: zone() ? `, ${zone()}` : "" });

/** Bytes as people read them. */
export function size(bytes) {
  const [unit, worth] = bytes < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(bytes / worth);
}

/** Take in the texts of a part that came later. */
export function addTexts(more) {
  for (const [key, text] of Object.entries(more)) texts.set(key, text);
}

/** Write the texts into the elements that name one. */
export function fill(parent) {
  const all = (name, write) => parent.querySelectorAll(`[data-${name}]`).forEach((each) => write(each, each.dataset[name]));
  all("text", (each, key) => { each.textContent = t(key); });
  all("icon", (each, drawing) => each.prepend(icon(drawing)));
  all("label", (each, key) => each.setAttribute("aria-label", t(key)));
  all("hint", (each, key) => { each.placeholder = t(key); });
}

/** Write all texts of the page, and show the switch. */
export function fillPage() {
  document.documentElement.lang = language;
  fill(document);
  const choice = document.getElementById("language");
  if (!choice) return;
  choice.replaceChildren(...LANGUAGES.map((each) => {
    const name = new Intl.DisplayNames([each], { type: "language" }).of(each);
    return Object.assign(document.createElement("option"), { value: each, textContent: name, lang: each });
  }));
  choice.value = language;
  choice.onchange = () => {
    localStorage.setItem(KEPT, choice.value);
    location.reload();
  };
}
