// Rows of the logs as sentences: who did what, when, and by what means.

import { make } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { called, caller, client, isOnly, known, opener, person } from "./base/people.js";
import { told } from "./base/sentences.js";
import { may } from "./base/session.js";
import { clock, day, hour, t, word } from "./base/texts.js";

export const REFUSALS = ["door.denied", "keypad.refused", "keypad.locked_out", "access.denied", "access.locked_out"];
const ALARMS = ["door.forced", "door.held_open"];
const NOISE = ["door.locked", "door.hold_ending", "door.opened", "door.closed", "keypad.accepted"]; // says what others have said

/** Whether it only completes another event, and no resident looks for it. */
export const isNoise = ({ type }) => NOISE.includes(type);

/** A call of the log. */
export function callEntry({ remote, direction, missed, created, connected_since, duration_s, end, recording }) {
  const name = caller(remote);
  const kind = missed ? "missed" : connected_since ? "talked" : direction === "incoming" ? "rang" : "called";
  return {
    time: created, icon: missed ? "bell" : "phone", tone: missed ? "wrong" : connected_since ? "good" : "", recording,
    what: t(`entry.${kind}`, { name }),
    facts: [connected_since ? word("direction", direction) : null, connected_since ? clock(duration_s) : null,
      word("cause", end.cause), recording ? t("history.recorded") : null],
    more: [known(remote) ? null : make("small", {}, t("call.stranger", { address: remote.uri })),
      end.explanation ? told("explanations", end.explanation) : null],
  };
}

/** An event of the doors' log. */
export function doorEntry({ type, time, data }) {
  if (type === "door.unlocked") return opening(time, data);
  const by = data.by ? (data.means ? opener(data.by, data.means) : client(data.by)) : "";
  const [why, ...details] = (data.why ?? "").split(": ");
  const values = {
    ...data, by, door: called("door", data.door, data.door_name), why: why && [word("denial", why), ...details].join(": "),
    asked: word("asked", data.scope), seconds: Math.round(data.seconds), kind: word("kind", data.kind),
    to: data.to && word("digits_to", data.to),
    doors: data.doors?.map((id, place) => called("door", id, data.door_names?.[place])).join(", "),
  };
  const refused = REFUSALS.includes(type);
  const [drawing, tone] = refused ? ["x", "wrong"] : ALARMS.includes(type) ? ["warn", "wrong"]
    : type.startsWith("door.lock") ? ["shield", ""] : type.startsWith("door.") ? ["lock", ""] : ["key", ""];
  return { time, icon: drawing, tone, what: t(`event.${type}`, values), facts: [], more: [] };
}

function opening(time, { door, door_name: then, by, means }) {
  const { who, how } = person(by, means);
  const name = called("door", door, then);
  return {
    time, icon: means === "card" ? "card" : "unlock", tone: "care", more: [],
    what: who ? t("entry.opened_by", { who }) : t("event.door.unlocked", { door: name, by: how }),
    facts: who ? [isOnly("door", door) ? null : name, how] : [],
  };
}

/** An entry as a row of a list; playable: with a link to what was recorded. */
export function row({ time, icon: drawing, tone, what, facts, more, recording }, playable = true) {
  return make("li", {},
    make("span", { className: `mark ${tone}`.trim() }, icon(drawing)),
    make("div", {}, make("b", {}, what),
      make("small", {}, make("time", { dateTime: time, title: day(time) }, hour(time)),
        facts.filter(Boolean).map((each) => ` · ${each}`).join("")),
      ...more.filter(Boolean)),
    playable && recording && may("call") ? make("a", {
      className: "button round", href: `#recordings=${encodeURIComponent(recording)}`,
      attrs: { "aria-label": t("history.play", { time: hour(time) }) },
    }, icon("play")) : null);
}
