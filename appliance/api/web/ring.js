// What rings owns the screen, in any view: with the name, Open, Decline and Answer where the thumb is, always in this order.

import { $, act, make, redraw, sentences } from "./base/dom.js";
import { wake } from "./awake.js";
import { letGo } from "./base/hold.js";
import { countdown, farOpener, openButton, ringingAt, showCountdowns } from "./doors.js";
import { isHushed, remind } from "./elsewhere.js";
import { order } from "./base/orders.js";
import { BROWSERS, called, caller, known } from "./base/people.js";
import { now } from "./base/moments.js";
import { may } from "./base/session.js";
import { clock, t } from "./base/texts.js";
import { isMine, mayTalk, talk } from "./talking.js";
import { closeTransfer } from "./transfer.js";

const TOO_EARLY_MS = 500;
const GOES_OUT = ["dialing", "ringing", "early_media"];

const comesIn = (call) => call.state === "incoming" && !isMine(call);

/** A visitor at this station's own door, whose ring goes out to phones. */
const isVisitor = (call) => call.ring !== null && GOES_OUT.includes(call.state);

/** A call in which people talk, with the buttons that open the doors. */
export const isTalk = ({ state, active, hold }) => state === "connected" && active && !["local", "both"].includes(hold);

export const rings = (call) => comesIn(call) || isVisitor(call);

/** Show what rings, and say each ring once to those who do not see it. */
export function showRing({ calls, doors, audio, panel }) {
  const later = farOpener({ doors, panel }) !== undefined;
  const incoming = calls.filter(comesIn);
  const visitors = calls.filter(isVisitor);
  const told = [...(visitors.length ? [[visitors[0].ring, t("ring.visitor")]] : []),
    ...incoming.map((call) => [call.id, sentences(t("ring.from", { name: caller(call.remote) }), stranger(call))])];
  const fresh = announce(told);
  remind(told, fresh);
  fresh.forEach(holdBack);
  if (fresh.length && !isHushed()) {
    closeTransfer(); // it would cover what rings
    wake();
  }
  const facts = [...visitors, ...incoming].map(({ id, state, remote }) => [id, state, remote]);
  document.body.classList.toggle("talks", calls.some(isTalk)); // then the ring need not have the buttons that open
  redraw($("rings"), [facts, doors, audio.microphone, later], () => $("rings").replaceChildren(
    ...(visitors.length ? [showVisitor(visitors, doors)] : []),
    ...incoming.map((call) => showIncoming(call, doors, audio, later))));
  cover(facts.length > 0, calls.some((call) => !rings(call)));
  showCountdowns();
  began = Math.min(...[...visitors, ...incoming].map(({ created }) => Date.parse(created)));
  showRingTime();
}

let began = Infinity; // when what rings began to, by the station's clock

/** How long it has rung. */
export function showRingTime() {
  $("ring-time").textContent = Number.isFinite(began) ? ` · ${clock(Math.max(0, (now() - began) / 1000))}` : "";
}

let before = null; // what had the focus when the ring came over it

/** Show the ring over everything else; as a note while there is a call, whose Hang up stays in view, or on a hushed device. */
function cover(is, talks) {
  const [came, owns] = [$("ring").hidden === is, is && !talks && !isHushed()];
  if (came) holdPage();
  const waits = document.activeElement === $("ring-title"); // nobody has pressed a button of the ring
  if (came && is) before = document.activeElement;
  $("ring").hidden = !is;
  $("ring").classList.toggle("waiting", !owns);
  $("ring").classList.toggle("hushed", isHushed());
  $("main").classList.toggle("rings", owns);
  document.body.classList.toggle("ringing", owns);
  if (came && owns && before !== document.body) $("ring-title").focus(); // it would be under the ring
  if (came && !is && waits) before?.focus();
}

// A tap that was meant for what was in this place before must not answer, nor open a door: neither in what appears, nor in
// what it uncovers as it goes. A further ring holds back itself alone, so that a flood of calls cannot block one that lasts.

const early = new Set(); // the rings that are held back
let holding = 0; // timer of the page

function holdBack(id) {
  early.add(id);
  setTimeout(() => {
    early.delete(id);
    for (const each of $("rings").children) if (each.dataset.ring === id) delete each.dataset.held;
  }, TOO_EARLY_MS);
}

function holdPage() {
  clearTimeout(holding);
  letGo();
  $("main").dataset.held = "yes";
  holding = setTimeout(() => { delete $("main").dataset.held; }, TOO_EARLY_MS);
}

for (const kind of ["pointerdown", "click"]) {
  $("main").addEventListener(kind, (event) => {
    if (!event.target.closest("[data-held]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}

// A key that is held down repeats: it presses once, as it may have the focus of another button by then.
$("main").addEventListener("keydown", (event) => {
  if (event.repeat && event.key === "Enter" && event.target.closest("button")) event.preventDefault();
});

/** What to know of a caller that chose its name itself. */
const stranger = ({ remote }) => (known(remote) ? "" : t("call.stranger", { address: remote.uri }));

let announced = new Set();

/** Say what is new; its ids. */
function announce(ringing) {
  const fresh = ringing.filter(([id]) => !announced.has(id));
  announced = new Set(ringing.map(([id]) => id));
  if (fresh.length && !isHushed()) $("ring-said").textContent = fresh.map(([, text]) => text).join(" ");
  if (!ringing.length) $("ring-said").textContent = "";
  return fresh.map(([id]) => id);
}

function showIncoming(call, doors, audio, later) {
  const path = `/v1/calls/${encodeURIComponent(call.id)}`;
  const post = (name, properties) =>
    act(`${call.id} ${name}`, t(`call.${name}`), () => order("POST", `${path}/${name}`), { hidden: !may("call"), ...properties });
  return card(call.id, caller(call.remote), stranger(call), opens(call.id, doors),
    [post("reject", { className: "end", icon: "end" }), post("answer", { className: "go", icon: "phone" })], doors,
    may("call") ? sentences(later && may("door") ? t("ring.open_later") : "", voice(audio)) : t("ring.only_seen"));
}

function showVisitor(calls, doors) {
  const others = calls.filter(({ remote }) => remote.target !== BROWSERS);
  const stop = act(`${calls[0].ring} stop`, t("ring.stop"), () => Promise.all(calls.map((call) =>
    order("POST", `/v1/calls/${encodeURIComponent(call.id)}/hangup`))), { className: "end", icon: "end", hidden: !may("call") });
  return card(calls[0].ring, t("ring.visitor"), others.length ? t("ring.goes_to", { names: others.map((call) => caller(call.remote)).join(", ") }) : "",
    opens(calls[0].ring, doors), [stop, ...(mayTalk() ? [act(`${calls[0].ring} talk`, t("ring.answer"), talk, { className: "go", icon: "phone" })] : [])],
    doors, mayTalk() ? t("voice.here") : "");
}

const opens = (id, doors) => doors.map((door) => openButton(`${id} open ${door.id}`, door, doors.length === 1 ? "" : door.id, "open-door"));

const card = (id, who, what, opening, answering, doors, hint) => make("article", { data: { ring: id, ...(early.has(id) ? { held: "yes" } : {}) } },
  ringingAt(doors),
  make("div", {}, make("p", { className: "who" }, who), what ? make("p", { className: "uri" }, what) : null,
    ...doors.filter(({ unlocked }) => unlocked).map((door) =>
      make("p", { className: "open" }, t("door.is_open", { door: called("door", door.id) }), countdown(door))),
    hint ? make("p", { className: "hint" }, hint) : null),
  make("div", { className: "flow" }, ...opening, make("div", { className: "dial" }, ...answering)));

/** Which microphone and speaker an answer uses. */
export function voice({ microphone }) {
  if (microphone.pcm === "null") return t("voice.none");
  return t(microphone.muted ? "voice.muted" : "voice.board");
}
