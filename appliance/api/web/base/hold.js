// A button that opens a door: it is held, or pressed twice, so that no stray finger opens. A setting has it act at once.

import { $, make } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

const KEPT = "intercomd.press"; // in this browser: "plain" if one press is enough
const HOLD_MS = 600;
const ARMED_MS = 4000;
const BOUNCE_MS = 150; // a finger that trembles presses once

export const isPlain = () => localStorage.getItem(KEPT) === "plain";

export const setPlain = (is) => localStorage.setItem(KEPT, is ? "plain" : "hold");

const held = new Set(); // what lets go each button that a finger is on

/** Let all buttons go: something else has come over them. */
export const letGo = () => held.forEach((release) => release());

export function holdButton(key, label, run, { className = "", ...properties } = {}) {
  const text = make("span", {}, label);
  const button = make("button", { type: "button", data: { key }, className: `hold ${className}`.trim(), ...properties },
    icon("unlock"), text);
  if (isPlain()) button.onclick = run;
  else watch(button, text, label, run);
  return button;
}

function watch(button, text, label, run) {
  let [timer, armed, tapped, opened] = [0, 0, 0, false];
  const open = () => {
    rest();
    if (button.isConnected && !button.matches(":disabled")) run();
  };
  const rest = () => {
    clearTimeout(armed);
    armed = 0;
    button.classList.remove("armed");
    text.textContent = label;
  };
  const arm = () => {
    rest();
    tapped = performance.now();
    armed = setTimeout(rest, ARMED_MS);
    button.classList.add("armed");
    text.textContent = t("hold.again");
    $("said").textContent = t("hold.again");
  };
  const release = () => {
    clearTimeout(timer);
    held.delete(release);
    button.classList.remove("holding");
  };
  button.title = t("hold.how");
  button.onpointerdown = (event) => {
    if (event.button !== 0) return;
    opened = false;
    button.classList.add("holding");
    held.add(release);
    timer = setTimeout(() => {
      opened = true;
      release();
      open();
    }, HOLD_MS);
  };
  button.onpointermove = ({ clientX, clientY }) => {
    const { left, right, top, bottom } = button.getBoundingClientRect();
    if (clientX < left || clientX > right || clientY < top || clientY > bottom) release();
  };
  for (const kind of ["onpointerup", "onpointerleave", "onpointercancel", "onblur"]) button[kind] = release;
  button.oncontextmenu = (event) => event.preventDefault();
  button.onclick = ({ detail }) => {
    if (opened && detail > 0) opened = false; // the end of the hold that has opened
    else if (!armed) arm();
    else if (performance.now() - tapped >= BOUNCE_MS) open();
  };
}
