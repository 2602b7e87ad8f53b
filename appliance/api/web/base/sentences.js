// The station's own sentences, which are English, in the page's language.
//
// /texts/sentences.LANGUAGE.json has the sentences of the code by their kind, with {} where a value is, and the translation
// of each: {1} stands for the first value. {1*} must be one of the parts of sentences, or empty, else it is another sentence.
// {1?} is one of them, or a list whose entries are translated if they are known. What is not found stays English.

import { make, redrawAll, sentences } from "./dom.js";
import { fetched, language } from "./texts.js";

let kinds = {};

let loading = null;

/** Take in the translations, once: the first picture does not wait for them. */
export function loadSentences() {
  loading ??= language === "en" ? Promise.resolve() : load();
  return loading;
}

async function load() {
  const known = await fetched(`sentences.${language}`);
  kinds = Object.fromEntries(Object.entries(known).map(([kind, list]) => [kind, Object.entries(list).map(
    ([english, text]) => ({ literals: english.split("{}"), text, strict: strict(text) }))
    .sort((one, other) => length(other) - length(one))]));
  redrawAll();
}

const FROM = { findings: ["findings", "explanations", "faults"] }; // the doctor repeats why something fails
const VALUE = /\{(\d)([?*]?)\}/g;

function length({ literals }) { return literals.join("").length; }

/** The numbers of the values that must be parts of sentences. */
function strict(text) { return new Set([...text.matchAll(/\{(\d)\*\}/g)].map(([, number]) => Number(number))); }

/** The values of a text between literals, or null if it has others. allowed: whether a value may be the one of a number. */
function values(text, [literal, ...others], allowed, number = 1) {
  if (!text.startsWith(literal)) return null;
  const rest = text.slice(literal.length);
  if (!others.length) return rest === "" ? [] : null;
  for (let end = rest.indexOf(others[0]); end !== -1; end = rest.indexOf(others[0], end + 1)) {
    const value = rest.slice(0, end);
    const more = allowed(value, number) ? values(rest.slice(end), others, allowed, number + 1) : null;
    if (more) return [value, ...more];
    if (end === rest.length) break; // an empty literal is found there for ever
  }
  return null;
}

/** The text in the page's language, or null; kind: where it comes from. It may have a full stop that the sentence lacks. */
export function translated(kind, text) {
  const found = exact(kind, text);
  if (found !== null || !text.endsWith(".")) return found;
  const bare = exact(kind, text.slice(0, -1));
  return bare === null ? null : `${bare}.`;
}

function exact(kind, text) {
  for (const each of (FROM[kind] ?? [kind]).flatMap((name) => kinds[name] ?? [])) {
    const found = values(text, each.literals, (value, number) => !each.strict.has(number) || value === "" || part(kind, value) !== null);
    if (found) {
      return each.text.replace(VALUE, (_, number, mark) => {
        const value = found[number - 1];
        if (!mark || !value) return value;
        return part(kind, value) ?? value.split(", ").map((one) => translated("lists", one) ?? part(kind, one) ?? one).join(", ");
      });
    }
  }
  return null;
}

const part = (kind, value) => translated("parts", value) ?? (kind === "parts" ? null : translated(kind, value));

/** Sentences as `translated` takes them, each in the language that it has. */
export const told = (kind, ...texts) => make("span", {}, ...texts.filter(Boolean).flatMap((each, place, all) => {
  const text = translated(kind, each);
  const ended = sentences(text ?? each, place === all.length - 1 ? "" : " ").trimEnd();
  return [place ? " " : "", make("span", { lang: text === null ? "en" : language }, ended)];
}));
