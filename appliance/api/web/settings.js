// Settings that may change while the station runs: where calls go on to, and quiet hours.

import { $ } from "./base/dom.js";
import { waiting } from "./base/orders.js";
import { may, send } from "./base/session.js";
import { t } from "./base/texts.js";

const form = $("settings-form");
const fields = [...form.querySelectorAll("input")];
const values = ({ forwarding, quiet_hours: { begin, end } }) => ({ ...forwarding, begin, end });
let known = null; // what the station has, as far as this page has heard
let begun = null; // what the fields showed before somebody changed one

const changed = () => fields.filter(({ name, value }) => value !== String(begun[name]));

/** Show the settings, but not over those that somebody is changing here. */
export function showSettings({ runtime }) {
  const now = values(runtime);
  const news = known !== null && JSON.stringify(now) !== JSON.stringify(known);
  known = now;
  $("settings-save").disabled = !may("admin");
  if (begun !== null && changed().length) {
    if (news) $("settings-said").textContent = t("settings.elsewhere");
  } else fill();
}

function fill() {
  begun = known;
  for (const field of fields) if (field.value !== String(begun[field.name])) field.value = begun[field.name];
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const names = changed().map(({ name }) => name);
  if (!names.length) return;
  const wanted = Object.fromEntries(fields.map(({ name, value, type }) => [name, type === "number" ? Number(value) : value]));
  const { begin, end, ...rules } = wanted;
  const forwarding = Object.fromEntries(Object.entries(rules).filter(([name]) => names.includes(name)));
  const quiet = names.includes("begin") || names.includes("end") ? { quiet_hours: { begin, end } } : {};
  const answer = await waiting($("settings-save"),
    () => send("PATCH", "/v1/config/runtime", { forwarding, ...quiet }));
  if (answer === undefined) return;
  known = values(answer.runtime);
  fill();
  $("settings-said").textContent = t("settings.saved");
};

form.onreset = (event) => {
  event.preventDefault();
  fill();
  $("settings-said").textContent = "";
};
form.oninput = () => { $("settings-said").textContent = ""; };
