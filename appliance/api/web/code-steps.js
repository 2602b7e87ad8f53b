// A new code or card, a question for each step: who, what, when. It says in words what it will do before it is made, and
// shows the digits once.

import { $, make, redraw } from "./base/dom.js";
import { attempt } from "./base/orders.js";
import { called } from "./base/people.js";
import { send } from "./base/session.js";
import { atStation, date, t, weekday, word } from "./base/texts.js";
import { DAYS, sentence, week } from "./schedule.js";

const PATTERNS = { code: "[0-9]{4,12}", card: "[0-9A-Za-z]{1,40}" };
const LENGTH = 6; // of digits that the page makes up
const STEPS = 3;

const form = $("code-form");
const chosen = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map(({ value }) => value);
let step = 1;
let made = null; // the code that was just made: its owner, digits, and what it does

/** Digits that nobody can guess; each digit is as likely as any other. */
function invented() {
  const digits = [];
  while (digits.length < LENGTH) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 250) digits.push(byte % 10);
  }
  return digits.join("");
}

const choice = (type, name, value, text) => make("label", {}, make("input", { type, name, value }), make("span", {}, text));

/** Offer the doors. Where there is one only, it is chosen: its name stands in the sentence. */
export function showCodeDoors(doors) {
  $("code-zone").textContent = t("zone", atStation());
  redraw($("code-doors"), doors.map(({ id, name }) => [id, name]), () => {
    $("code-doors").replaceChildren(...doors.map(({ id }) => choice("checkbox", "door", id, called("door", id))));
    if (doors.length === 1) form.querySelector("[name=door]").checked = true;
  });
  showState();
}

/** Show the steps from the first one, or the list. */
export function showSteps(isNew) {
  $("guests").hidden = $("code-new").hidden = isNew || made !== null;
  $("code-done").hidden = made === null;
  if (made !== null || isNew === !form.hidden) return;
  form.hidden = !isNew;
  if (isNew) go(1);
}

function go(to) {
  step = to;
  for (const each of form.querySelectorAll("[data-step]")) each.hidden = Number(each.dataset.step) !== step;
  $("code-step").textContent = t("code.step", { step, steps: STEPS });
  $("code-progress").value = step;
  $("code-lacks").textContent = "";
  if (chosen("kind")[0] === "code" && !$("code-digits").value) $("code-digits").value = invented();
  $("code-next").textContent = t(step < STEPS ? "code.next" : "code.add");
  if (!form.hidden) $(`code-title-${step}`).focus();
  showState();
}

const isDays = () => chosen("when")[0] === "days";
const isUntil = () => chosen("when")[0] === "until" || (isDays() && $("code-ends").checked);

/** The code as the form has it now. */
function wanted() {
  const whole = $("code-whole").checked;
  const expires = isUntil() && $("code-date").value ? `${$("code-date").value}T${$("code-time").value || "00:00"}` : null;
  return {
    doors: chosen("door"), expires, uses: $("code-limited").checked && $("code-uses").value ? Number($("code-uses").value) : null,
    schedule: isDays() ? [{
      days: chosen("day"), begin: whole ? "00:00" : $("code-begin").value, end: whole ? "24:00" : $("code-end").value,
    }] : null,
  };
}

/** The text that asks for the choice that is missing; "" if none is: what is half chosen must not open more. */
function lacking() {
  const { doors, schedule } = wanted();
  if (step === 1) return doors.length ? "" : "code.no_door";
  if (step < STEPS) return "";
  if (!chosen("when").length) return "code.no_when";
  if (schedule && !schedule[0].days.length) return "code.no_day";
  if (schedule && !(schedule[0].begin && schedule[0].end)) return "code.half_time";
  if (isUntil() && !$("code-date").value) return "code.no_date";
  return $("code-limited").checked && !$("code-uses").value ? "code.no_uses" : "";
}

/** Show what belongs to the choices, and in words what they come to. */
function showState() {
  const kind = chosen("kind")[0];
  for (const each of form.querySelectorAll(".choice > label, #code-doors > label")) each.classList.toggle("chosen", each.querySelector("input").checked);
  $("code-digits").pattern = PATTERNS[kind];
  $("code-digits-label").textContent = t(`code.digits_${kind}`);
  $("code-another").hidden = kind !== "code";
  $("code-days-part").hidden = !isDays();
  $("code-until-part").hidden = !isUntil();
  $("code-hours").hidden = $("code-whole").checked;
  $("code-uses-part").hidden = !$("code-limited").checked;
  const code = wanted();
  const complete = step === STEPS && !lacking();
  $("code-says").hidden = !complete;
  $("code-says").textContent = complete ? sentence(code) : "";
  const drawn = code.schedule && code.schedule[0].begin && code.schedule[0].end ? code.schedule : null;
  redraw($("code-week"), drawn, () => $("code-week").replaceChildren(...(drawn ? [week(drawn)] : [])));
}

/** Forget the code that was made, and the choices. */
export function clear() {
  form.reset();
  $("code-digits").value = "";
  $("code-lacks").textContent = "";
  made = null;
  for (const id of ["code-shown", "code-done-says", "code-done-title"]) $(id).textContent = "";
  const doors = form.querySelectorAll("[name=door]");
  if (doors.length === 1) doors[0].checked = true;
  form.hidden = true;
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const lacks = lacking();
  $("code-lacks").textContent = lacks && t(lacks);
  if (lacks) return;
  if (step < STEPS) {
    go(step + 1);
    return;
  }
  const [kind, owner, digits, code] = [chosen("kind")[0], $("code-owner").value, $("code-digits").value, wanted()];
  $("code-next").disabled = true;
  const added = await attempt(() => send("POST", "/v1/codes", { owner, [kind === "card" ? "card" : "digits"]: digits, ...code }));
  $("code-next").disabled = false;
  if (!added) return;
  clear();
  made = { owner, digits: kind === "code" ? digits : "", says: sentence(code) };
  showSteps(false);
  $("code-done-title").textContent = t(`code.made_${kind}`, { owner });
  $("code-shown").textContent = made.digits.replace(/(\d{3})(?=\d{2})/g, "$1 ");
  $("code-done-says").textContent = made.says;
  for (const id of ["code-share", "code-copy", "code-print"]) $(id).hidden = kind !== "code";
  if (!navigator.share) $("code-share").hidden = true;
  if (!navigator.clipboard) $("code-copy").hidden = true; // as on pages that came by plain HTTP
  $("code-done-title").focus();
};

const shared = () => `${made.digits}\n${made.says}`;
const ignore = () => {}; // the person went back

$("code-share").onclick = () => navigator.share({ text: shared() }).catch(ignore);
$("code-copy").onclick = () => navigator.clipboard.writeText(shared()).then(() => { $("said").textContent = $("code-copy").textContent = t("code.copied"); }, ignore);
$("code-print").onclick = () => print();
$("code-another").onclick = () => { $("code-digits").value = invented(); };
$("code-back").onclick = () => (step > 1 ? go(step - 1) : history.back());
for (const kind of ["oninput", "onchange"]) form[kind] = showState;
for (const each of form.querySelectorAll("[name=kind]")) each.addEventListener("change", () => {
  $("code-digits").value = each.value === "code" ? invented() : "";
});

$("code-days").append(...DAYS.map((value) => choice("checkbox", "day", value, word("day", value))));
$("code-soon").append(...[["tonight", 0], ["tomorrow", 1], ["in_a_week", 7]].map(([name, days]) => make("button", {
  type: "button", onclick: () => {
    $("code-date").value = date(Date.now() + days * 86_400_000);
    $("code-time").value = "23:59";
    showState();
  },
}, t(`soon.${name}`))));
$("code-days").querySelectorAll("input").forEach((each, number) => each.setAttribute("aria-label", weekday(number)));
