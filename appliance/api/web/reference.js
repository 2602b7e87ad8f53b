// The reference of the HTTP interface, drawn from /openapi.json, which is in English.

import { $, make } from "./base/dom.js";
import { addTexts, fetched, fillPage, language, t } from "./base/texts.js";

const REF = /^#\/components\/(\w+)\/(.+)$/;
const EVENTS = "events";
const DATA = "data.";
const PICTURE = "one-ring.svg";
const RETRY_MS = 2000;
const CODE = "\x60"; // encloses what is code in descriptions

let api; // the description

addTexts(await fetched(`${language}.reference`)); // which only this page shows

/** What a reference stands for, with the name that it has. */
function resolved(part) {
  const [, group, name] = REF.exec(part?.$ref ?? "") ?? [];
  if (!name) return { name: "", part };
  const [outer, ...inner] = name.split("/");
  return { name: inner[inner.length - 1] ?? outer, part: inner.reduce((at, step) => at[step], api.components[group][outer]) };
}

/** Text whose `code` is set apart. */
const prose = (text = "", lang = "en") => make("p", { lang },
  ...text.split(CODE).map((each, place) => (place % 2 ? make("code", {}, each) : each)));

/** The type of a schema in few words. */
function kind(schema) {
  const { name, part } = resolved(schema);
  const choices = (part.anyOf ?? []).map(kind);
  if (choices.length) return choices.join(" | ");
  if (part.enum) return part.enum.map((each) => JSON.stringify(each)).join(" | ");
  if ("const" in part) return JSON.stringify(part.const);
  if (part.type === "array") return `${kind(part.items)}[]`;
  return name || part.type || "";
}

/** Names with their types and what they mean, and the fields of objects below them. */
function fields(schema, seen = []) {
  const { name, part } = resolved((schema?.anyOf ?? [schema])[0]);
  const inner = part?.items ?? part?.additionalProperties;
  if (!part?.properties) return inner?.$ref ? fields(inner, seen) : null;
  if (seen.includes(name)) return null;
  return make("dl", { lang: "en" }, ...Object.entries(part.properties).flatMap(([field, of]) => [
    make("dt", {}, make("code", {}, field), " ", make("small", {}, kind(of)),
      (part.required ?? []).includes(field) ? make("small", {}, ` ${t("reference.required")}`) : null),
    make("dd", {}, of.description ? prose(of.description) : null, fields(of, [...seen, name])),
  ]));
}

const example = (value) => make("pre", { tabIndex: 0, lang: "en" }, JSON.stringify(value, null, 2));

const part = (title, ...children) => [make("h4", {}, title), ...children];

function parameters(operation) {
  return make("dl", { lang: "en" }, ...operation.parameters.flatMap((each) => [
    make("dt", {}, make("code", {}, each.name), " ", make("small", {}, `${each.in}, ${kind(each.schema)}`)),
    make("dd", {}, each.description ? prose(each.description) : null),
  ]));
}

function content(of) {
  const [type, given] = Object.entries(of?.content ?? {})[0] ?? [];
  if (!given?.schema) return [];
  return [make("p", {}, make("small", {}, type)), "example" in given ? example(given.example) : null, fields(given.schema)];
}

function answer(status, of) {
  const found = resolved(of).part;
  const error = !status.startsWith("2");
  return make("details", {}, make("summary", {}, make("code", {}, status), " ", ...prose(found.description).childNodes),
    ...(error ? content(found).slice(0, 2) : content(found)));
}

function drawn(path, method, operation) {
  const given = [
    ...(operation.parameters?.length ? part(t("reference.parameters"), parameters(operation)) : []),
    ...(operation.requestBody ? part(t("reference.body"), ...content(operation.requestBody)) : []),
    ...part(t("reference.answers"), ...Object.entries(operation.responses).map((each) => answer(...each))),
  ];
  const summary = make("summary", { lang: "en" }, make("code", {}, `${method.toUpperCase()} ${path}`), " ",
    operation.description.split("\n\n")[0].split(CODE).join(""));
  const words = `${method} ${path} ${operation.operationId} ${operation.description}`.toLowerCase();
  return make("details", { id: operation.operationId, data: { words } }, summary,
    ...operation.description.split("\n\n").slice(1).map(prose),
    ...given.filter(Boolean));
}

function event(type) {
  const schema = api.components.schemas[`${DATA}${type}`];
  const summary = make("summary", { lang: "en" }, make("code", {}, type), " ", schema.description);
  return make("details", { id: `${DATA}${type}`, data: { words: `${type} ${schema.description}`.toLowerCase() } }, summary,
    fields(schema) ?? "");
}

/** One ring as a picture, which the address #bell names. */
const bell = () => [make("h3", { id: "bell" }, t("reference.bell")), prose(t("reference.bell_is"), language),
  make("figure", {}, make("a", { href: PICTURE, ariaLabel: t("reference.picture") },
    make("img", { src: PICTURE, alt: t("reference.sequence"), onload: open })))];

/** The operations of each tag, in the order of the tags. */
function show() {
  const found = new Map(api.tags.map(({ name }) => [name, []]));
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      found.get(operation.tags[0]).push(drawn(path, method, operation));
    }
  }
  const types = Object.keys(api.components.schemas).filter((each) => each.startsWith(DATA));
  found.get(EVENTS).push(...bell(), make("h3", {}, t("reference.events")),
    ...types.map((each) => event(each.slice(DATA.length))));
  $("operations").replaceChildren(...api.tags.map(({ name, description }) => make("section",
    { id: `tag-${name}`, attrs: { "aria-labelledby": `title-${name}` } },
    make("h2", { id: `title-${name}`, lang: "en" }, name), prose(description), ...found.get(name))));
  const links = [make("a", { href: "#bell" }, t("reference.bell")),
    ...api.tags.map(({ name }) => make("a", { href: `#tag-${name}`, lang: "en" }, name))];
  $("parts").replaceChildren(...links.map((link) => make("li", {}, link)));
}

/** Show what has all the words. */
function search() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const each of document.querySelectorAll("[data-words]")) {
    each.hidden = !words.every((word) => each.dataset.words.includes(word));
  }
  let any = false;
  for (const each of document.querySelectorAll("#operations > section")) {
    each.hidden = !each.querySelector("[data-words]:not([hidden])");
    any ||= !each.hidden;
  }
  $("status").textContent = any ? "" : t("reference.nothing");
}

/** Open what the address names. */
function open() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named?.matches("details")) named.open = true;
  named?.scrollIntoView();
}

fillPage();
document.documentElement.dataset.started = "yes"; // for first.js
while (!api) {
  try {
    const reply = await fetch("openapi.json");
    if (reply.ok) api = await reply.json();
  } catch { /* the station cannot be reached: it is asked again */ }
  if (!api) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
$("begin").textContent = `curl -H "Authorization: Bearer $TOKEN" ${new URL("v1/state", document.baseURI).href}`;
document.title = `${api.info.title} ${api.info.version}`;
show();
open();
$("search").oninput = search;
addEventListener("hashchange", open);
