// The doors: each as people see it, with who opened it last, how long it stays open, and the button that opens.

import { $, act, make, redraw, twice } from "./base/dom.js";
import { holdButton, isPlain } from "./base/hold.js";
import { icon } from "./base/icons.js";
import { left } from "./base/moments.js";
import { order } from "./base/orders.js";
import { called, opener } from "./base/people.js";
import { may } from "./base/session.js";
import { clock, hour, t, when, word } from "./base/texts.js";
import { sinceWhen } from "./recent.js";

/** Show the doors; asOf: since when nothing has been heard of the station, or null. */
export function showDoors(doors, asOf = null) {
  $("doors-section").hidden = doors.length === 0;
  document.body.classList.toggle("no-doors", doors.length === 0);
  const facts = doors.map((door) => ({ ...door, name: called("door", door.id), last: last(door), since: since(door) }));
  redraw($("doors"), [facts, asOf, isPlain()], () => $("doors").replaceChildren(...doors.map((door) => make("li", { data: { door: door.id, state: door.state } },
    make("h2", { className: doors.length === 1 ? "unseen" : "" }, called("door", door.id)), look(door, asOf),
    openButton(door.id, door, doors.length === 1 ? "" : door.id, door.contact === "open" && !door.unlocked ? "again" : ""),
    ...(may("door") ? keeps(door) : [make("p", { className: "hint" }, t("door.only_seen"))])))));
  showCountdowns();
}

/**
 * The button that opens a door; named: the door's id where people must see which one it is. While the leaf stands open it says
 * so and steps back, but does not go away: a contact that sticks would keep people out.
 */
export function openButton(key, door, named, className = "") {
  const [plain, label] = [isPlain(), { door: called("door", door.id) }];
  const text = className === "again" ? [t(plain ? "door.anyway" : "hold.anyway"), named && label.door].filter(Boolean).join(": ")
    : named ? t(plain ? "door.open" : "hold.open_door", label) : t(plain ? "action.door" : "hold.open");
  return holdButton(key, text, () => order("POST", `/v1/doors/${encodeURIComponent(door.id)}/open`),
    { className, disabled: !door.available || door.state === "locked_down", hidden: !may("door") });
}

/** Keeping an open door open, and the end of that. */
function keeps({ id, state, unlocked, max_hold_s: longest }) {
  if (!unlocked) return [];
  if (state === "held") {
    return [act(`${id} release`, t("door.lock_now"), () => order("POST", `/v1/doors/${encodeURIComponent(id)}/release`), { className: "keep", icon: "lock" })];
  }
  if (longest === 0) return [];
  return [twice(act(`${id} keep`, t("door.keep"), null, { className: "keep", icon: "unlock" }), t("door.keep_sure", { time: clock(longest) }),
    () => order("POST", `/v1/doors/${encodeURIComponent(id)}/hold`))];
}

/** What the door looks like: kind of drawing, icon, word, and what is said below it. */
function seen(door, asOf) {
  const { state, alarm, unlocked, contact, available, by, means } = door;
  if (asOf !== null) return ["away", "off", t("look.unknown"), t("look.was", { state: word("door", state), time: hour(asOf) })];
  if (alarm) return ["alarm", "warn", word("look", alarm), since(door) && t("look.since", { time: since(door) })];
  if (state === "locked_down") return ["shut", "shield", t("look.locked_down"), since(door) && t("look.since", { time: since(door) })];
  if (unlocked) return ["open", "unlock", word("look", state), by ? opener(by, means) : ""];
  if (!available) return ["away", "warn", t("look.away"), last(door)];
  if (contact === "open") return ["rest", "unlock", t("look.leaf"), last(door)];
  return ["rest", "lock", t("look.locked"), last(door)];
}

function last({ last_opening: found }) {
  return found?.time ? t("look.last", { time: when(found.time), by: opener(found.by, found.means) }) : "";
}

const since = ({ id, state, alarm }) => {
  const type = alarm ? `door.${alarm}` : state === "locked_down" ? "door.locked_down" : null;
  const time = type && sinceWhen(id, type);
  return time ? when(time) : "";
};

/** A drawing of a door: at rest, open, shut for all, with an alarm, unknown, or with somebody who rings. */
export const scene = (kind, leaf = "shut") =>
  make("div", { className: "look", data: { look: kind, leaf } }, document.importNode($("scene").content, true));

function look(door, asOf) {
  const [kind, drawing, what, more] = seen(door, asOf);
  const shown = scene(kind, door.contact === "open" ? "open" : "shut");
  shown.append(sign(drawing, what, more ? make("small", {}, more) : null, asOf === null && door.unlocked ? countdown(door) : null));
  return shown;
}

/** What stands on the drawing of a door. */
const sign = (drawing, what, more = null, time = null) =>
  make("p", { className: "seen" }, icon(drawing), make("span", {}, what, more), time);

/** The drawing of somebody who rings, with the state of the door if there is one only. */
export function ringingAt(doors) {
  const shown = scene("ring");
  if (doors.length === 1) shown.append(sign(...seen(doors[0], null).slice(1, 3)));
  return shown;
}

/** The button that opens the visitor's door in a call, on a station without doors of its own; or undefined. */
export const farOpener = ({ doors, panel }) => (doors.length ? undefined : panel.buttons.find(({ action }) => action === "door"));

/** How long the door stays open: large on its drawing, else within a sentence. */
export const countdown = ({ until }) =>
  (until ? make("span", { className: "countdown", data: { until }, attrs: { role: "timer" } }) : null);

export function showCountdowns() {
  for (const place of document.querySelectorAll("[data-until]")) {
    const seconds = Math.max(0, Math.ceil(left(place.dataset.until)));
    const time = seconds < 60 ? t("seconds", { seconds }) : clock(seconds);
    if (Number.isFinite(seconds)) place.textContent = place.closest(".seen") ? time : `, ${t("door.left", { time })}`;
  }
}
