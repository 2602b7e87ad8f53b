// What needs somebody, or has just happened, above all else on Home: each with what can be done now.

import { $, act, make, redraw, redrawAll, twice } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { hush, isHushed } from "./elsewhere.js";
import { order } from "./base/orders.js";
import { called, caller, person, talker } from "./base/people.js";
import { may } from "./base/session.js";
import { hour, t } from "./base/texts.js";
import { missed, noteSeen, sinceWhen } from "./recent.js";
import { isMine } from "./talking.js";

const LASTS_MS = 60_000; // of what tells only how a ring ended

let known = new Set(); // alarms whose reason somebody here knows
let past = []; // how rings ended: { key, until, ... } of a notice
let state = null;

const again = () => { if (state) showNotices(state); };

/** Note how a ring or call ended, so that those who see it only vanish learn why. */
export function noteEnd({ type, time, call, data }) {
  const at = { time: hour(time) };
  if (type === "ring.ended" && data.result === "opened") {
    const { who, how } = person(data.by, data.means);
    put("opened", "unlock", "", who ? t("entry.opened_by", { who }) : t("notice.opened", { by: how }), who ? how : "");
  } else if (type === "ring.ended" && data.result === "answered") {
    put("answered", "phone", "", t("notice.answered", { name: data.by ? talker(data.by) : called("target", data.target) }), t("notice.still_open"));
    past[past.length - 1].browser = data.by ? call : null;
  } else if (type === "ring.ended" && data.result === "unanswered") {
    put("unanswered", "bell", "", t("notice.unanswered", at), "", Infinity);
  } else if (data.cause === "answered_elsewhere" && data.direction === "incoming") {
    const ended = state?.calls.find(({ id }) => id === call);
    put("answered", "phone", "", t("notice.elsewhere", { name: ended ? caller(ended.remote) : data.from }), "");
  }
}

function put(key, drawing, tone, title, text, lasts = LASTS_MS) {
  past = [...past.filter((each) => each.key !== key), { key, icon: drawing, tone, title, text, until: performance.now() + lasts }];
  again();
  if (lasts < Infinity) setTimeout(again, lasts + 1);
}

function dismissed(key) {
  past = past.filter((each) => each.key !== key);
  again();
}

export function showNotices(newest) {
  state = newest;
  past = past.filter(({ until }) => until > performance.now());
  const talks = state.calls.some(({ state: is }) => is === "connected");
  const isNews = ({ key, browser }) => key !== "answered" || (browser ? !isMine({ id: browser }) : !talks); // a call's card has a phone's name
  const notes = [...state.doors.flatMap(alarm), ...state.doors.flatMap(lockdown), ...misses(), ...past.filter(isNews), ...quiet(state.runtime), ...hushed()];
  redraw($("notes"), notes.map(({ key, title, text }) => [key, title, text]), () => $("notes").replaceChildren(...notes.map(note)));
}

const note = ({ key, icon: drawing, tone, title, text, acts = [close(key)] }) => make("div", {
  className: `note ${tone}`.trim(), data: { note: key }, attrs: { role: tone === "alarm" ? "alert" : "status" },
}, make("h2", {}, icon(drawing), " ", title), text ? make("p", {}, text) : null,
acts.length ? make("div", { className: "acts" }, ...acts) : null);

const close = (key) => act(`note ${key}`, t("close"), () => dismissed(key));

function alarm(door) {
  const key = `${door.alarm} ${door.id} ${sinceWhen(door.id, `door.${door.alarm}`) ?? ""}`;
  if (!door.alarm || known.has(key)) return [];
  const name = called("door", door.id);
  return [{
    key, icon: "warn", tone: "alarm", title: t(`alarm.${door.alarm}`, { door: name }), text: t(`alarm.${door.alarm}_means`),
    acts: [act(`note ${key}`, t("notice.known"), () => { known.add(key); again(); })],
  }];
}

const lockdown = (door) => (door.state === "locked_down" ? [{
  key: `lockdown ${door.id}`, icon: "shield", tone: "shut", title: t("notice.lockdown", { door: called("door", door.id) }),
  text: t("notice.lockdown_means"), acts: may("door") ? [unlocks(door, "note")] : [],
}] : []);

/** The button that ends a lockdown, which asks first. */
export const unlocks = ({ id }, where) => twice(act(`${where} unlock ${id}`, t("lockdown.end"), null, { icon: "unlock" }),
  t("lockdown.end_sure", { door: called("door", id) }), () => order("POST", `/v1/doors/${encodeURIComponent(id)}/unlock`));

function misses() {
  const calls = missed();
  if (!calls.length) return [];
  return [{
    key: "missed", icon: "bell", tone: "", text: "",
    title: t(calls.length > 1 ? "notice.missed_more" : "notice.missed",
      { name: caller(calls[0].remote), time: hour(calls[0].created), count: calls.length }),
    acts: [make("a", { className: "button", href: "#history=missed", data: { key: "note-missed" } }, t("notice.see")),
      act("note-seen", t("notice.got_it"), () => {
      noteSeen();
      redrawAll(); // also the number beside History
    })],
  }];
}

const hushed = () => (isHushed() ? [{
  key: "hush", icon: "quiet", tone: "shut", title: t("hush"), text: t("hush.others"),
  acts: [act("note-hush", t("hush.end"), () => hush(false))],
}] : []);

const quiet = ({ do_not_disturb: on, quiet: hours, quiet_hours: { end } }) => (on || hours ? [{
  key: `quiet ${on}`, icon: "quiet", tone: "shut", acts: [],
  title: on ? t("notice.dnd") : t("notice.quiet", { time: end }), text: t("notice.dnd_means"),
}] : []);
