// The health of the station: what needs somebody comes first, each with its cause and what to do, step by step.

import { $, make } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { tried } from "./base/orders.js";
import { told, translated } from "./base/sentences.js";
import { language, t, word } from "./base/texts.js";

const MARKS = { ok: ["good", "check"], warning: ["care", "warn"], problem: ["wrong", "x"] };
const SENTENCE = /.+?[.!?](?=\s|$)|.+$/gs;

/** What to do, a step for each sentence. */
function steps(text) {
  const known = translated("findings", text);
  const each = (known ?? text).match(SENTENCE) ?? [];
  return make("ol", { className: "how", lang: known === null ? "en" : language }, ...each.map((step) => make("li", {}, step.trim())));
}

function finding({ check, level, message, cause, resolution }) {
  const [tone, drawing] = MARKS[level];
  return make("li", { data: { level } },
    make("div", { className: "facts" }, make("span", { className: `chip ${tone}` }, icon(drawing), word("level", level)), " ", make("code", {}, check)),
    make("p", {}, make("b", {}, told("findings", message)), cause ? " " : null, cause ? told("findings", cause) : null),
    resolution ? steps(resolution) : null);
}

function showFindings({ findings }) {
  const due = findings.filter(({ level }) => level !== "ok");
  const fine = findings.filter(({ level }) => level === "ok");
  const opened = $("findings").querySelector("details")?.open ?? false;
  $("check-said").textContent = t(due.length ? "check.due" : "check.fine", { count: due.length });
  $("findings").replaceChildren(...due.map(finding), ...(fine.length ? [make("li", { className: "card" }, make("details", { open: opened || !due.length },
    make("summary", {}, t("check.in_order", { count: fine.length })), make("ul", { className: "rows" }, ...fine.map(finding))))] : []));
}

/** Examine the station. */
export async function examine() {
  const found = await tried($("examine"), "/v1/doctor");
  if (found) showFindings(found);
}

$("examine").onclick = examine;
