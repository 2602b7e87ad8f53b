// What the station does by itself: its rules, what each would do at a time, and the end of those that clients have made.

import { $, act, make, redraw, twice } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { fault, fetched, read } from "./base/session.js";
import { atStation, t } from "./base/texts.js";
import { register } from "./later.js";
import { view } from "./views.js";

const CHANGES = ["rule.added", "rule.removed"];
const form = $("rules-form");

/** Show the rules, each with what it would do as the form says. Raises what the station refuses. */
async function show() {
  $("rules-zone").textContent = t("zone", atStation());
  const { at, state } = Object.fromEntries(new FormData(form));
  const asked = new URLSearchParams(Object.entries({ at, state }).filter(([, value]) => value));
  const [{ rules }, tried] = await Promise.all([read("/v1/rules"), read(`/v1/rules/try?${asked}`)]);
  const verdicts = new Map(tried.rules.map((each) => [each.rule, each]));
  redraw($("rules"), [rules, tried], () => $("rules").replaceChildren(...rules.map((rule) => card(rule, verdicts.get(rule.name)))));
  $("rules-empty").hidden = rules.length > 0;
}

const equal = (values) => Object.entries(values).map(([name, value]) => `${name} = ${value}`);

function conditions({ times, profile, holiday, state }) {
  return [
    ...times, ...(profile ? [profile] : []),
    ...(holiday === null ? [] : [t(holiday ? "rules.holiday" : "rules.no_holiday")]), ...equal(state),
  ];
}

function card(rule, verdict) {
  const { name, by, on, at, where, then, effective } = rule;
  const orders = then.map(({ order, values }) => [order, ...equal(values)].join(" · "));
  const fact = (key, lines) => (lines.length ? [make("dt", {}, t(key)), ...lines.map((line) => make("dd", {}, line))] : []);
  const [tone, drawing] = verdict?.acts ? ["good", "check"] : ["", "off"];
  return make("li", { className: "card", data: { rule: name } },
    make("h2", {}, name),
    verdict ? make("p", {}, make("span", { className: `chip ${tone}`.trim() }, icon(drawing), t(verdict.acts ? "rules.acts" : "rules.rests")),
      " ", make("small", { lang: "en" }, verdict.why)) : null,
    effective ? null : make("p", { className: "hint" }, t("rules.shadowed")),
    make("dl", {}, ...fact("rules.when", on ? [on, ...equal(where)] : at), ...fact("rules.if", conditions(rule)),
      ...fact("rules.then", orders), ...fact("rules.by", by ? [by] : [])),
    by ? twice(act(`rule ${name}`, t("remove"), null), t("remove.sure", { name }), () => remove(name)) : null);
}

const say = (text) => { $("rules-said").textContent = text; };

async function said(work, done) {
  try {
    await work();
    say(t(done));
  } catch (error) {
    say(fault(error).join(" "));
  }
}

const remove = (name) => said(async () => {
  await fetched(`/v1/rules/${encodeURIComponent(name)}`, { method: "DELETE" });
  await show();
}, "remove.done");

form.onsubmit = (event) => {
  event.preventDefault();
  said(show, "rules.tried");
};

register({
  views: { rules: [show] },
  hear: ({ type }) => { if (CHANGES.includes(type) && view() === "rules") show().catch(() => {}); },
});
