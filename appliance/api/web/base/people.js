// People and parts of the house, as residents call them.

import { t } from "./texts.js";

/** The far end of a call; whether the station knows it, or only repeats what it says about itself. */
export const caller = ({ target, display_name: name, user, uri }) => target || name || user || uri;

export const known = ({ target }) => Boolean(target);

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
  return kind ? t(`by.${kind}`, { id }) : by;
}

/** The far end of a call that typed digits. */
const typist = (by) => t("by.caller", { name: by.replace(/^digits of /, "") });

/** Who opened a door. `means` decides how `by` is read: a far end chooses its own name, which may look like another's. */
export function opener(by, means) {
  const [, kind, owner, where] = by.match(/^(code|card) of (.*), (.*)$/s) ?? [];
  if (kind && ["keypad", "card", "dtmf"].includes(means)) {
    return t(`by.owner_${kind}`, { owner, where: means === "dtmf" ? typist(where) : part(where) });
  }
  if (means === "dtmf") return typist(by);
  return means === "api" ? client(by) : part(by);
}
