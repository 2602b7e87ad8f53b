// The parts of the page: one is shown, that which the address names after its #.

import { $, keepingFocus, make } from "./base/dom.js";
import { may } from "./base/session.js";
import { t } from "./base/texts.js";

const NAMES = ["home", "history", "recordings", "directory", "codes", "settings", "system"];
const NEEDS = { recordings: "call", codes: "admin", settings: "admin" };

const offered = (name) => may(NEEDS[name] ?? "view");

export const view = () => NAMES.find((name) => location.hash === `#${name}` && offered(name)) ?? NAMES[0];

/** Show the view of the address, and its place among the links. */
export function showView() {
  for (const each of document.querySelectorAll("[data-view]")) each.hidden = each.dataset.view !== view();
  const links = NAMES.filter(offered).map((name) => make("a", {
    href: `#${name}`, data: { key: name }, attrs: name === view() ? { "aria-current": "page" } : {},
  }, t(`nav.${name}`)));
  keepingFocus($("views"), () => $("views").replaceChildren(...links.map((link) => make("li", {}, link))));
}
