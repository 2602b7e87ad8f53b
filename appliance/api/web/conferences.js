// The conference: calls that hear each other and the panel. There is one at a time.

import { $, act, make, redraw } from "./base/dom.js";
import { order } from "./base/orders.js";
import { may } from "./base/session.js";
import { t, word } from "./base/texts.js";

const path = ({ id }) => `/v1/conferences/${encodeURIComponent(id)}`;

const people = (conference) => `${path(conference)}/participants`;

/** What brings a call together with others, in a conference of its own or the one that there is. */
export function joins(call, others, conferences) {
  if (call.conference) return [];
  const [there] = conferences;
  if (there) return [act(`${call.id} join`, t("conference.add"), () => order("POST", people(there), { call: call.id }), { icon: "plus" })];
  return others.map((other) => act(`${call.id} join ${other.id}`, t("conference.begin", { name: other.name }),
    () => order("POST", "/v1/conferences", { participants: [{ call: call.id }, { call: other.id }] }), { icon: "plus" }));
}

export function showConferences(conferences) {
  const facts = conferences.map(({ duration_s, ...fixed }) => fixed);
  redraw($("conferences"), facts, () => $("conferences").replaceChildren(...conferences.map(showConference)));
}

function showConference(conference) {
  const { id, state, held, muted, recorded, participants } = conference;
  const mayChange = may("call") && state !== "disconnecting";
  const change = (what) => order("PATCH", path(conference), what);
  const facts = [
    make("li", { className: "state", data: { state } }, word("conference.state", state)),
    held ? make("li", {}, t("conference.held")) : null,
    muted ? make("li", {}, t("call.muted")) : null,
    recorded ? make("li", {}, t("call.recording")) : null,
  ];
  const acts = mayChange ? [
    act(`${id} hold`, t(held ? "conference.resume" : "conference.hold"), () => change({ held: !held })),
    act(`${id} mute`, t(muted ? "call.unmute" : "call.mute"), () => change({ muted: !muted })),
    act(`${id} end`, t("conference.end"), () => order("DELETE", path(conference)), { className: "end" }),
  ] : [];
  return make("article", { className: "call", data: { conference: id } },
    make("p", { className: "who" }, t("conference")),
    make("ul", { className: "facts" }, ...facts.filter(Boolean)),
    make("ul", { className: "rows", attrs: { "aria-label": t("conference.participants") } },
      ...participants.map((each) => showParticipant(conference, each, mayChange))),
    make("div", { className: "acts" }, ...acts));
}

function showParticipant(conference, { call, name, state, muted, hold }, mayChange) {
  const facts = [
    state === "in" ? null : word("participant", state),
    hold === "none" ? null : word("hold", hold),
    muted ? t("conference.not_heard") : null,
  ];
  const acts = mayChange && state !== "left" ? [
    act(`${call} heard`, t(muted ? "conference.hear" : "conference.silence"),
      () => order("PATCH", people(conference), { call, muted: !muted }),
      { ariaLabel: t(muted ? "conference.hear_name" : "conference.silence_name", { name }) }),
    act(`${call} leave`, t("conference.remove"),
      () => order("DELETE", `${people(conference)}?call=${encodeURIComponent(call)}`),
      { className: "end", ariaLabel: t("conference.remove_name", { name }) }),
  ] : [];
  return make("li", { data: { participant: call } },
    make("div", {}, make("b", {}, name), " ", make("small", {}, facts.filter(Boolean).join(", "))),
    acts.length ? make("div", { className: "acts" }, ...acts) : null);
}
