// The panel: its lamps, and its buttons as the finger presses them.

import { $, act, make, redraw } from "./base/dom.js";
import { order } from "./base/orders.js";
import { called } from "./base/people.js";
import { may } from "./base/session.js";
import { t, word } from "./base/texts.js";

export function showPanel({ lamps, buttons }) {
  showLamps(lamps);
  showButtons(buttons);
}

function showLamps(lamps) {
  redraw($("lamps"), lamps.map(({ id, name }) => [id, name]), () => $("lamps").replaceChildren(...lamps.map(({ id }) =>
    make("li", { data: { lamp: id } },
      make("span", { className: "lamp", attrs: { "aria-hidden": "true" } }), make("span", {}, called("lamp", id)), make("small"),
      act(`lamp ${id}`, t("lamp.try"), () => order("POST", `/v1/panel/lamps/${encodeURIComponent(id)}/test`), {
        className: "quiet", attrs: { "aria-label": t("lamp.try_it", { id: called("lamp", id) }) }, hidden: !may("admin"),
      })))));
  lamps.forEach(({ pattern }, place) => {
    const item = $("lamps").children[place];
    item.querySelector(".lamp").dataset.pattern = pattern;
    item.querySelector("small").textContent = word("pattern", pattern);
  });
  $("lamps").hidden = lamps.length === 0;
}

function showButtons(buttons) {
  const facts = buttons.map(({ id, name, target }) => [id, name, target && called("target", target)]);
  redraw($("buttons"), facts, () => $("buttons").replaceChildren(...buttons.map(pressable)));
  buttons.forEach(({ down }, place) => { $("buttons").children[place].dataset.down = down; });
  $("panel-hint").hidden = !buttons.some(({ long_action }) => long_action);
}

/** A button of the panel: down and up are the finger's, so that a long press is one. */
function pressable({ id, action, long_action, target }) {
  const [name, whom] = [called("button", id), target && called("target", target)];
  const does = action === "ring" && target ? t("action.ring_target", { target: whom }) : word("action", action);
  const button = make("button", { type: "button", className: "press", data: { button: id }, disabled: !may("call") || !may("door") },
    make("span", {}, does), does.toLocaleLowerCase() === name.toLocaleLowerCase() ? null : make("small", {}, name),
    long_action ? make("small", {}, t("action.long", { action: word("action", long_action) })) : null);
  let since = null;
  const press = (seconds) => order("POST", `/v1/panel/buttons/${encodeURIComponent(id)}/press`, { seconds });
  const down = () => {
    if (since !== null) return;
    since = performance.now();
    button.classList.add("down");
  };
  const up = () => {
    if (since === null) return;
    const seconds = Math.min(Math.round(performance.now() - since) / 1000, 60);
    since = null;
    button.classList.remove("down");
    press(seconds);
  };
  const away = () => { since = null; button.classList.remove("down"); };
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    down();
  });
  button.addEventListener("pointerup", ({ clientX, clientY }) => {
    const { left, right, top, bottom } = button.getBoundingClientRect();
    const isOn = left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
    if (isOn) up();
    else away(); // slid off
  });
  button.addEventListener("pointercancel", away);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    down();
  });
  button.addEventListener("keyup", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault(); // else Space clicks as well
    up();
  });
  button.addEventListener("blur", away);
  button.addEventListener("click", (event) => {
    // Neither finger nor key: a screen reader or voice control.
    if (event.detail === 0 && event.pointerType === "" && since === null) press(0);
  });
  return button;
}
