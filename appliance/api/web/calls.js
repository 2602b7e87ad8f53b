// The calls, and what a person can do in each.

import { $, act, make, redraw } from "./base/dom.js";
import { order } from "./base/orders.js";
import { caller, known } from "./base/people.js";
import { joins, showConferences } from "./conferences.js";
import { holdButton, isPlain } from "./base/hold.js";
import { farOpener, openButton } from "./doors.js";
import { isTalk, rings } from "./ring.js";
import { may } from "./base/session.js";
import { isMine, isMuted, mayTalk, mute, talk } from "./talking.js";
import { clock, t, word } from "./base/texts.js";
import { checkTransfer, openTransfer } from "./transfer.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const BEGINS = ["dialing", "ringing", "early_media"]; // states that say who called whom

let keypad = null; // the call whose keypad is open

let durations = new Map();
let answered = 0; // performance.now() of the newest state

/** Note how long the calls have lasted: the page counts on by itself. */
export function countFrom(calls) {
  answered = performance.now();
  durations = new Map(calls.filter((call) => call.connected_since).map((call) => [call.id, call.duration_s]));
}

export function showDurations() {
  for (const place of document.querySelectorAll("[data-duration]")) {
    place.textContent = clock((durations.get(place.dataset.duration) ?? 0) + (performance.now() - answered) / 1000);
  }
}

const press = ({ id }) => order("POST", `/v1/panel/buttons/${encodeURIComponent(id)}/press`);

/** Show the calls, less those that ring: these are above. */
export function showCalls({ calls: all, conferences: existing, doors, panel }) {
  const calls = all.filter((call) => !rings(call));
  const opens = farOpener({ doors, panel });
  document.body.classList.toggle("in-call", calls.length > 0);
  $("no-call").hidden = all.length > 0;
  $("to-call").dataset.call = calls.length ? t("call.with", { name: caller(calls[0].remote) }) : "";
  const facts = calls.map(({ quality, duration_s, ...fixed }) => fixed);
  const conferences = existing.filter(({ state }) => state !== "disconnecting");
  showConferences(existing);
  const draw = () => $("calls").replaceChildren(...calls.map((call) => showCall(call, calls, { doors, opens }, conferences, again)));
  const again = () => redraw($("calls"), [facts, doors, opens?.id, conferences.map(({ id }) => id), keypad, isPlain()], draw);
  again();
  $("to-talk").hidden = !mayTalk() || all.length > 0;
  checkTransfer(all);
  showDurations();
}

const recording = ({ recording_paused, recording_muted }) =>
  t(recording_paused ? "call.recording_paused" : recording_muted.length === 2 ? "call.recording_muted" : "call.recording");

function showCall(call, calls, { doors, opens }, conferences, again) {
  const path = `/v1/calls/${encodeURIComponent(call.id)}`;
  const post = (name, what, properties = {}) =>
    act(`${call.id} ${name}`, t(`call.${name}`), () => order("POST", `${path}/${what}`), properties);
  const others = calls.filter(({ id, state }) => id !== call.id && state === "connected");
  const held = call.hold === "local" || call.hold === "both";
  const muted = isMuted(call);
  const [connected, open] = [call.state === "connected", keypad === call.id];
  const pad = act(`${call.id} keypad`, t("call.keys"), () => { keypad = open ? null : call.id; again(); }, { icon: "pad", attrs: { "aria-expanded": open } });
  const acts = () => (open ? [pad] : [
    held ? post("resume", "resume", { className: "main", icon: "play" }) : post("hold", "hold", { icon: "pause" }),
    act(`${call.id} mute`, t(muted ? "call.unmute" : "call.mute"),
      () => (isMine(call) ? mute(!muted) : order("PATCH", path, { muted: !muted })), { icon: muted ? "mic" : "micoff" }),
    pad,
    call.recording
      ? act(`${call.id} record`, t("call.stop_recording"), () => order("DELETE", `${path}/recording`), { icon: "record" })
      : act(`${call.id} record`, t("call.record"), () => order("POST", `${path}/recording`), { icon: "record" }),
    ...joins(call, others.map(({ id, remote }) => ({ id, name: caller(remote) })), conferences),
    act(`${call.id} transfer`, t("transfer"), () => openTransfer(call, others), { icon: "swap" }),
  ]);
  const opening = () => (!isTalk(call) ? [] : [
    ...doors.map((door) => openButton(`${call.id} open ${door.id}`, door, doors.length === 1 ? "" : door.id)),
    ...(opens && may("door") ? [holdButton(`${call.id} door`, t(isPlain() ? "action.door" : "hold.open"), () => press(opens))] : []),
  ]);
  const facts = [
    make("li", { className: "state", data: { state: call.state } }, word("state", call.state)),
    BEGINS.includes(call.state) ? null : make("li", {}, word("direction", call.direction)),
    call.connected_since ? make("li", { className: "time", data: { duration: call.id } }) : null,
    call.hold === "none" ? null : make("li", {}, word("hold", call.hold)),
    call.media === "none" ? make("li", {}, t("call.apart")) : null,
    muted || call.muted ? make("li", {}, t("call.muted")) : null,
    call.recording ? make("li", {}, recording(call)) : null,
  ];
  const keys = () => make("div", { className: "keys", attrs: { role: "group", "aria-label": t("call.keys") } },
    ...KEYS.map((digit) => act(`${call.id} ${digit}`, digit, () => order("POST", `${path}/dtmf`, { digits: digit }))));
  return make("article", { className: "call", data: { call: call.id } },
    make("p", { className: "who" }, caller(call.remote)),
    known(call.remote) ? null : make("p", { className: "uri" }, t("call.stranger", { address: call.remote.uri })),
    make("ul", { className: "facts" }, ...facts.filter(Boolean)),
    connected && may("call") ? make("div", { className: "small" }, ...acts()) : null,
    connected && may("call") && open ? keys() : null,
    ...(connected ? opening() : []),
    may("call") && !["disconnecting", "ended"].includes(call.state) ? post("hangup", "hangup", { className: "end wide", icon: "end" }) : null);
}

/** After Answer, Hang up and the end of a ring their button is gone: the focus goes on to the call, or to what is left. */
export function refocus(key) {
  if (!key || document.activeElement !== document.body) return;
  const call = CSS.escape(key.split(" ")[0]);
  const next = [`#calls [data-key="${call} hangup"]`, '#rings [data-key$=" answer"]:not([hidden])', '#calls [data-key$=" resume"]',
    '#calls [data-key$=" hangup"]', "#views [aria-current]"];
  next.map((each) => document.querySelector(each)).find((each) => each !== null && each.getClientRects().length > 0)?.focus();
}

$("to-talk").onclick = talk;
