// The doors: their state, who opened them, how long they stay open, and the button that opens.

import { $, act, make, redraw } from "./base/dom.js";
import { left } from "./base/moments.js";
import { order } from "./base/orders.js";
import { called, opener } from "./base/people.js";
import { may } from "./base/session.js";
import { clock, t, word } from "./base/texts.js";

export function showDoors(doors) {
  $("doors-section").hidden = doors.length === 0;
  redraw($("doors"), doors, () => $("doors").replaceChildren(...doors.map((door) => make("li", { data: { door: door.id } },
    make("div", {}, make("b", {}, called("door", door.id)), " ", state(door),
      door.unlocked && door.by ? make("small", {}, ` · ${opener(door.by, door.means)}`) : null),
    openButton(door.id, door, t("door.open_for", { seconds: door.pulse_s }))))));
  showCountdowns();
}

export const openButton = (key, door, label, className = "") => act(key, label,
  () => order("POST", `/v1/doors/${encodeURIComponent(door.id)}/open`),
  { className, disabled: !door.available, hidden: !may("door") });

function state(door) {
  if (!door.available && door.state === "locked") return make("small", {}, t("door.away"));
  if (!door.unlocked) return make("small", {}, word("door", door.state));
  return make("span", { className: "open" }, word("door", door.state), countdown(door));
}

/** The button that opens the visitor's door in a call, on a station without doors of its own; or undefined. */
export const farOpener = ({ doors, panel }) => (doors.length ? undefined : panel.buttons.find(({ action }) => action === "door"));

/** How long the door stays open. */
export const countdown = ({ until }) =>
  (until ? make("span", { className: "countdown", data: { until }, attrs: { role: "timer" } }) : null);

export function showCountdowns() {
  for (const place of document.querySelectorAll("[data-until]")) {
    const seconds = Math.max(0, Math.ceil(left(place.dataset.until)));
    const time = seconds < 60 ? t("seconds", { seconds }) : clock(seconds);
    if (Number.isFinite(seconds)) place.textContent = `, ${t("door.left", { time })}`;
  }
}
