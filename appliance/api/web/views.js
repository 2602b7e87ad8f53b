// Two places: the residents', with tabs, and the set-up for installers. One view is shown, that which the address names.

import { $, keepingFocus, make } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { may } from "./base/session.js";
import { t } from "./base/texts.js";
import { missed } from "./recent.js";

const RESIDENTS = { home: "home", history: "clock", recordings: "wave", codes: "key", more: "more" };
const BELOW_MORE = ["directory", "settings"];
const SETUP = { system: "check", accounts: "phone", panel: "lamp", sound: "sound", access: "user", rules: "swap", events: "list" };
const NAMES = [...Object.keys(RESIDENTS), ...BELOW_MORE, ...Object.keys(SETUP)];
const NEEDS = {
  talk: "listen", recordings: "call", codes: "admin", settings: "admin",
  system: "admin", accounts: "admin", panel: "admin", sound: "call", access: "admin", rules: "admin", events: "admin",
};

export const offered = (name) => may(NEEDS[name] ?? "view");

const asked = () => location.hash.slice(1).split("=")[0];

export const view = () => NAMES.find((name) => asked() === name && offered(name)) ?? NAMES[0];

/** What the address names within the view. */
export function within() {
  const named = asked() === view() ? location.hash.split("=")[1] ?? "" : "";
  try { return decodeURIComponent(named); } catch { return ""; } // it ends in the middle of a character
}

let station = "";

export function nameStation(name) {
  station = name;
  $("station").textContent = name || t("station");
  showTitle();
}

function showTitle() {
  $("title").textContent = view() === "home" || $("main").hidden ? station || t("station") : t(`nav.${view()}`);
}

/** Show the view of the address, and its place among the links. */
export function showView() {
  const [shown, inSetup] = [view(), view() in SETUP];
  for (const each of document.querySelectorAll(".view")) each.hidden = each.dataset.view !== shown;
  document.body.classList.toggle("setup", inSetup);
  document.body.dataset.place = shown;
  $("leave").hidden = !inSetup;
  showTitle();
  showLinks();
  showCallLink();
}

/** Draw the links of the place, with what was missed as a number. */
export function showLinks() {
  const place = view() in SETUP ? SETUP : RESIDENTS;
  const current = BELOW_MORE.includes(view()) ? "more" : view();
  const links = Object.entries(place).filter(([name]) => offered(name)).map(([name, drawing]) => make("a", {
    href: `#${name}`, data: { key: name }, attrs: name === current ? { "aria-current": "page" } : {},
  }, make("span", { className: "pill" }, icon(drawing), name === "history" ? badge() : null), make("span", {}, t(`nav.${name}`))));
  keepingFocus($("views"), () => $("views").replaceChildren(...links.map((link) => make("li", {}, link))));
  if (place === SETUP) document.querySelector("#views [aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
}

function badge() {
  const count = missed().length;
  return count ? make("b", { className: "badge" }, count, make("span", { className: "unseen" }, ` ${t("history.missed_now")} `)) : null;
}

/** Lead from other views to the call that there is. */
export function showCallLink() {
  $("to-call").textContent = $("to-call").dataset.call ?? "";
  $("to-call").hidden = !$("to-call").textContent || view() === "home";
}

/** Offer what the client may do. */
export function showOffers() {
  $("to-guest").hidden = !offered("codes");
  $("to-directory").hidden = !may("call");
  $("to-settings").hidden = !offered("settings");
  $("to-setup").hidden = !offered("system");
  $("to-sound").hidden = offered("system") || !offered("sound");
  $("plain-part").hidden = !may("door");
}
