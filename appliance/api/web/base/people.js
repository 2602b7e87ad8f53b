// People and parts of the house, as residents call them.

import { t, word } from "./texts.js";

/** In place of a target: this page, in each browser that shows it. */
export const BROWSERS = "browsers";

const UNNAMED = ["http:token", "http:unix", "http:unknown"];

let names = {}; // those of the configuration, by the kind and the id of a part

/** Note how the parts of the newest state are called. */
export function noteNames({ doors, panel, accounts, contacts }) {
  const pairs = (parts) => new Map(parts.map(({ id, name }) => [id, name]));
  const shown = (parts) => pairs(parts.map(({ name, display_name }) => ({ id: name, name: display_name })));
  names = {
    door: pairs(doors), button: pairs(panel.buttons), lamp: pairs(panel.lamps), account: shown(accounts), target: shown(contacts).set(BROWSERS, t("browsers")),
  };
}

/** How people call a part: by its name, or by its id. `then`: its name at that time, if it is there no more. */
export const called = (kind, id, then) => (names[kind]?.has(id) ? names[kind].get(id) : then) ?? id;

/** Whether the house has no other part of this kind, so that a sentence need not name it. */
export const isOnly = (kind, id) => names[kind]?.size === 1 && names[kind].has(id);

/** The far end of a call; whether the station knows it, or only repeats what it says about itself. */
export const caller = ({ target_name: called_so, target, display_name: name, user, uri }) =>
  called_so || (target && called("target", target)) || name || user || uri;

export const known = ({ target, uri }) => Boolean(target) || uri.endsWith("@browser.invalid");

/** A client that talks from its browser. */
export const talker = (by) => (UNNAMED.includes(by) ? t("notice.page") : by.slice("http:".length));

/** A client that gave an order, as events name it. */
export function client(by) {
  if (by === "http:token") return t("by.page");
  if (by === "http:unix") return t("by.shell");
  if (by === "http:unknown") return t("by.unknown");
  if (by.startsWith("http:")) return t("by.client", { name: by.slice("http:".length) });
  if (by.startsWith("dbus")) return t("by.program");
  return part(by);
}

const PARTS = /^(button|chord|keypad|reader|rule) (.*)$/s;

function part(by) {
  const [, kind, id] = by.match(PARTS) ?? [];
  return kind ? t(`by.${kind}`, { id: called(kind, id) }) : by;
}

/** The far end of a call that typed digits. */
const typist = (by) => t("by.caller", { name: called("target", by.replace(/^digits of /, "")) });

const OWNED = /^(code|card) of (.*), (.*)$/s;

/** The person who opened a door, or undefined where only a part is known; and by what means, as `opener` reads them. */
export function person(by, means) {
  const [, kind, owner, where] = by.match(OWNED) ?? [];
  if (kind && ["keypad", "card", "dtmf"].includes(means)) {
    return { who: owner, how: `${word("kind", kind)}, ${means === "dtmf" ? typist(where) : part(where)}` };
  }
  if (means === "dtmf") return { who: called("target", by.replace(/^digits of /, "")), how: t("by.in_call") };
  const [, name] = by.match(/^http:(?!token$|unix$|unknown$)(.*)$/s) ?? [];
  return means === "api" && name ? { who: name, how: t("by.app") } : { how: opener(by, means) };
}

/** Who opened a door. `means` decides how `by` is read: a far end chooses its own name, which may look like another's. */
export function opener(by, means) {
  const [, kind, owner, where] = by.match(OWNED) ?? [];
  if (kind && ["keypad", "card", "dtmf"].includes(means)) {
    return t(`by.owner_${kind}`, { owner, where: means === "dtmf" ? typist(where) : part(where) });
  }
  if (means === "dtmf") return typist(by);
  return means === "api" ? client(by) : part(by);
}
