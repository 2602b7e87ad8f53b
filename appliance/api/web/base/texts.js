// The texts of the page: one file for each language in /texts. The switch decides, or else the browser's language.

import { zone } from "./moments.js";

const LANGUAGES = ["en", "de"];
const KEPT = "language"; // in this browser: what the switch was set to
const RETRY_MS = 1000;

const wished = [localStorage.getItem(KEPT), ...navigator.languages.map((each) => each.split("-")[0])];
export const language = wished.find((each) => LANGUAGES.includes(each)) ?? LANGUAGES[0];
const locale = navigator.languages.find((each) => each.split("-")[0] === language) ?? language;

/** A file of texts. */
export async function fetched(name) {
  for (;;) {
    try {
      const answer = await fetch(`texts/${name}.json`);
      if (answer.ok) return await answer.json();
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

const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const there = () => (zone ? { timeZone: zone } : {});

/** A moment by the station's time zone, which it names if this device has another. */
export const day = (time) => new Date(time).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short", ...there() })
  + (zone && zone !== here ? ` (${zone})` : "");

export const timeOfDay = (time) => new Date(time).toLocaleTimeString(locale, { hour12: false, ...there() });

/** The values of a text that says where times of day count. */
export const atStation = () => ({ zone: zone ? `, ${zone}` : "" });

/** Bytes as people read them. */
export function size(bytes) {
  const [unit, worth] = bytes < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(bytes / worth);
}

/** Write the texts into the elements that name one, and show the switch. */
export function fill() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = t(each.dataset.text);
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", t(each.dataset.label));
  for (const each of document.querySelectorAll("[data-hint]")) each.placeholder = t(each.dataset.hint);
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
