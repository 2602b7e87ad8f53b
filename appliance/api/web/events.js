// The newest events as the station sends them, for those who look after it.

import { $, make } from "./base/dom.js";
import { client } from "./base/people.js";
import { timeOfDay } from "./base/texts.js";

const LONGEST_LIST = 100;

export function showEvent({ type, time, data }) {
  const text = Object.entries(data).filter(([, value]) => value !== null && value !== "").map(plain).join(", ");
  $("events").prepend(make("li", {},
    make("time", { dateTime: time }, timeOfDay(time)),
    make("code", {}, type), make("span", { className: "data" }, text)));
  while ($("events").children.length > LONGEST_LIST) $("events").lastChild.remove();
  $("events-empty").hidden = true;
}

/** A value with its name, which the words for a client begin with. */
function plain([name, value]) {
  if (name === "by" && /^(http|dbus)/.test(value)) return client(value);
  return `${name} ${typeof value === "object" ? Object.values(value).join(" ") : value}`;
}
