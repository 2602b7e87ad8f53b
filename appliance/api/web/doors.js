// The doors: their state, who opened them, and the button that opens.

import { $, act, make } from "/dom.js";
import { order } from "/orders.js";
import { opener } from "/people.js";
import { t, word } from "/texts.js";

export const open = (door) => order("POST", `/v1/doors/${encodeURIComponent(door.id)}/open`);

export function showDoors(doors) {
  $("doors-section").hidden = doors.length === 0;
  $("doors").replaceChildren(...doors.map((door) => make("li", { data: { door: door.id } },
    make("div", {}, make("b", {}, door.id), " ", state(door),
      door.unlocked && door.by ? make("small", {}, " ", opener(door.by, door.means)) : null),
    act(door.id, t("door.open_for", { seconds: door.pulse_s }), () => open(door), { disabled: !door.available }))));
}

function state(door) {
  if (!door.available && door.state === "locked") return make("small", {}, t("door.away"));
  return door.unlocked ? make("span", { className: "open" }, word("door", door.state)) : make("small", {}, word("door", door.state));
}
