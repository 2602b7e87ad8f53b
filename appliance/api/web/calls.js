// The calls, and what a person can do in each.

import { $, act, make, redraw } from "./base/dom.js";
import { order } from "./base/orders.js";
import { caller, known } from "./base/people.js";
import { joins, showConferences } from "./conferences.js";
import { farOpener } from "./doors.js";
import { rings } from "./ring.js";
import { may } from "./base/session.js";
import { clock, t, word } from "./base/texts.js";
import { checkTransfer, openTransfer } from "./transfer.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const BEGINS = ["dialing", "ringing", "early_media"]; // states that say who called whom

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
  $("call").hidden = calls.length === 0 && all.length > 0;
  const facts = calls.map(({ quality, duration_s, ...fixed }) => fixed);
  const conferences = existing.filter(({ state }) => state !== "disconnecting");
  showConferences(existing);
  redraw($("calls"), [facts, opens?.id, conferences.map(({ id }) => id)], () => $("calls").replaceChildren(...(calls.length ?
    calls.map((call) => showCall(call, calls, opens, conferences)) : [make("p", { className: "empty" }, t("call.none"))])));
  checkTransfer(all);
  showDurations();
}

const recording = ({ recording_paused, recording_muted }) =>
  t(recording_paused ? "call.recording_paused" : recording_muted.length === 2 ? "call.recording_muted" : "call.recording");

function showCall(call, calls, opens, conferences) {
  const path = `/v1/calls/${encodeURIComponent(call.id)}`;
  const post = (name, what, className = "") =>
    act(`${call.id} ${name}`, t(`call.${name}`), () => order("POST", `${path}/${what}`), { className });
  const others = calls.filter(({ id, state }) => id !== call.id && state === "connected");
  const held = call.hold === "local" || call.hold === "both";
  const acts = {
    connected: () => [
      ...(opens && call.active && may("door") ? [act(`${call.id} door`, t("action.door"), () => press(opens), { className: "main" })] : []),
      post("hangup", "hangup", "end"), // early, so that a small screen shows it
      held ? post("resume", "resume", "main") : post("hold", "hold"),
      act(`${call.id} mute`, t(call.muted ? "call.unmute" : "call.mute"), () => order("PATCH", path, { muted: !call.muted })),
      call.recording
        ? act(`${call.id} record`, t("call.stop_recording"), () => order("DELETE", `${path}/recording`))
        : act(`${call.id} record`, t("call.record"), () => order("POST", `${path}/recording`)),
      ...joins(call, others.map(({ id, remote }) => ({ id, name: caller(remote) })), conferences),
      act(`${call.id} transfer`, t("transfer"), () => openTransfer(call, others)),
    ],
    disconnecting: () => [],
    ended: () => [],
  }[call.state] ?? (() => [post("hangup", "hangup", "end")]);
  const facts = [
    make("li", { className: "state", data: { state: call.state } }, word("state", call.state)),
    BEGINS.includes(call.state) ? null : make("li", {}, word("direction", call.direction)),
    call.connected_since ? make("li", { className: "time", data: { duration: call.id } }) : null,
    call.hold === "none" ? null : make("li", {}, word("hold", call.hold)),
    call.media === "none" ? make("li", {}, t("call.apart")) : null,
    call.muted ? make("li", {}, t("call.muted")) : null,
    call.recording ? make("li", {}, recording(call)) : null,
  ];
  const keys = () => make("div", { className: "keys", attrs: { role: "group", "aria-label": t("call.keys") } },
    ...KEYS.map((digit) => act(`${call.id} ${digit}`, digit, () => order("POST", `${path}/dtmf`, { digits: digit }))));
  return make("article", { className: "call", data: { call: call.id } },
    make("p", { className: "who" }, caller(call.remote)),
    known(call.remote) ? null : make("p", { className: "uri" }, t("call.stranger", { address: call.remote.uri })),
    make("ul", { className: "facts" }, ...facts.filter(Boolean)),
    make("div", { className: "acts" }, ...(may("call") ? acts() : [])),
    call.state === "connected" && may("call") ? keys() : null);
}
