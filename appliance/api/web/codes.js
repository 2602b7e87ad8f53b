// Guests: the codes and cards that open doors, each with what it does in words, and whether it opens now.

import { $, act, make, redraw, twice } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { now, zone } from "./base/moments.js";
import { order } from "./base/orders.js";
import { called } from "./base/people.js";
import { may, read } from "./base/session.js";
import { elsewhereZone, t, word } from "./base/texts.js";
import { clear, showCodeDoors, showSteps } from "./code-steps.js";
import { register } from "./later.js";
import { sentence, standing } from "./schedule.js";

let asked = 0; // number of the latest question: answers to earlier ones are dropped

/** Show the list, or the steps to a new code, to a client that may. */
async function showCodes(part = "") {
  showSteps(part === "new");
  if (!may("admin")) return;
  const mine = ++asked;
  const { codes } = await read("/v1/codes");
  if (mine !== asked) return;
  const names = codes.map(({ doors }) => doors.map((id) => called("door", id)));
  const minute = Math.floor(now() / 60_000); // whether it opens now depends on the time
  redraw($("code-list"), [codes, zone(), names, minute], () => $("code-list").replaceChildren(...codes.map(pass)));
  $("guests-zone").textContent = elsewhereZone() && t("zone", { zone: `, ${zone()}` });
  $("codes-empty").hidden = codes.length > 0;
}

function pass(code) {
  const { id, kind, owner } = code;
  const [tone, drawing, text] = standing(code);
  return make("li", { className: "card pass", data: { code: id } },
    make("span", { className: "face", attrs: { "aria-hidden": "true" } }, [...owner.trim()][0] ?? ""),
    make("h2", {}, owner), make("small", {}, word("kind", kind)), make("p", {}, sentence(code)),
    make("p", {}, make("span", { className: `chip ${tone}`.trim() }, icon(drawing), text)),
    make("div", { className: "acts" },
      twice(act(`code ${id}`, t("remove"), null, { className: "bad" }), t("remove.sure", { name: owner }), () => remove(id))));
}

async function remove(id) {
  if (await order("DELETE", `/v1/codes/${encodeURIComponent(id)}`)) $("code-said").textContent = t("remove.done");
  await showCodes();
}

/** Forget what was made and said: who comes next to this screen reads no digits. */
function leave() {
  $("code-said").textContent = "";
  clear();
}

$("title-act").append($("code-new"));

register({ views: { codes: [showCodes] }, show: ({ doors }) => showCodeDoors(doors), leave });
