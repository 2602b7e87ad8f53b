// Codes and cards that open doors, for those who may do everything: listed, added, removed. No digits come back.

import { $, act, make, redraw, twice } from "./base/dom.js";
import { now, zone } from "./base/moments.js";
import { attempt, order } from "./base/orders.js";
import { called } from "./base/people.js";
import { may, read, send } from "./base/session.js";
import { atStation, day, t, word } from "./base/texts.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const PATTERNS = { code: "[0-9]{4,12}", card: "[0-9A-Za-z]{1,40}" };

/** Show the list to a client that may read it. */
export async function showCodes() {
  if (!may("admin")) return;
  const { codes } = await read("/v1/codes");
  const names = codes.map(({ doors }) => doors.map((id) => called("door", id)));
  redraw($("code-list"), [codes, zone, names], () => $("code-list").replaceChildren(...codes.map(row)));
  $("codes-empty").hidden = codes.length > 0;
}

function row({ id, kind, owner, doors, schedule, uses, expires }) {
  const ended = expires !== null && Date.parse(expires) <= now();
  const facts = [word("kind", kind), t("code.opens", { doors: doors.map((id) => called("door", id)).join(", ") }),
    schedule ? `${schedule.map(period).join("; ")} ${t("code.there", atStation())}` : t("code.always"),
    uses === null ? "" : t(uses > 0 ? "code.uses" : "code.used_up", { uses }),
    expires === null ? "" : t(ended ? "token.ended" : "token.until", { time: day(expires) })];
  return make("li", { data: { code: id } },
    make("div", {}, make("b", {}, owner), make("br"), make("small", {}, facts.filter(Boolean).join(" · "))),
    twice(act(`code ${id}`, t("token.remove"), null), t("token.remove_sure", { name: owner }), () => remove(id)));
}

const period = ({ days, begin, end }) => `${days.map((each) => word("day", each)).join(", ")} ${begin}–${end}`;

async function remove(id) {
  if (await order("DELETE", `/v1/codes/${encodeURIComponent(id)}`)) $("code-said").textContent = t("token.removed");
  await showCodes();
}

const choice = (name, value, text) => make("label", {}, make("input", { type: "checkbox", name, value }), ` ${text}`);

/** Offer the doors for a new code. */
export function showCodeDoors(doors) {
  $("code-zone").textContent = t("zone", atStation());
  redraw($("code-doors"), doors.map(({ id, name }) => [id, name]),
    () => $("code-doors").replaceChildren(...doors.map(({ id }) => choice("door", id, called("door", id)))));
}

const form = $("code-form");
const chosen = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map(({ value }) => value);

function showKind() {
  const kind = form.elements.kind.value;
  $("code-digits").pattern = PATTERNS[kind];
  $("code-hint").textContent = t(`code.hint_${kind}`);
}

function clear() {
  form.reset();
  showKind();
}

/** The text that asks for the choice that is missing; "" if none is: what is half chosen must not open more. */
function lacking(days, opened, begin, end) {
  if (!opened.length) return "code.no_door";
  if ((begin || end) && !days.length) return "code.no_day";
  return Boolean(begin) === Boolean(end) ? "" : "code.half_time";
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const { kind, digits, owner, uses, expires, begin, end } = form.elements;
  const [days, opened] = [chosen("day"), chosen("door")];
  const lacks = lacking(days, opened, begin.value, end.value);
  $("code-said").textContent = lacks && t(lacks);
  if (lacks) return;
  const added = await attempt(() => send("POST", "/v1/codes", {
    owner: owner.value, [kind.value === "card" ? "card" : "digits"]: digits.value, doors: opened,
    schedule: days.length ? [{ days, begin: begin.value || "00:00", end: end.value || "24:00" }] : null,
    uses: uses.value ? Number(uses.value) : null, expires: expires.value || null,
  }));
  if (!added) return;
  $("code-said").textContent = t("code.added", { owner: added.code?.owner ?? "" });
  clear();
  await showCodes();
};

$("code-kind").replaceChildren(...Object.keys(PATTERNS).map((value) => make("option", { value }, word("kind", value))));
$("code-kind").onchange = showKind;
$("code-days").append(...DAYS.map((value) => choice("day", value, word("day", value))));
showKind();
addEventListener("hashchange", () => { // who comes next to this screen reads no digits
  clear();
  $("code-said").textContent = "";
});
